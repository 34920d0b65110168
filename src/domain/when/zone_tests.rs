//! Clock times of zones: the acceptance statements about them.

use super::*;

fn zone(name: &str) -> Tz {
    name.parse().unwrap()
}

fn at(text: &str) -> Timestamp {
    Timestamp::parse(text).unwrap()
}

fn local(text: &str) -> NaiveDateTime {
    text.parse().unwrap()
}

fn date(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

#[test]
fn sched_a12_a_gap_ends_at_the_first_instant_after_it() {
    let gap = Resolved::Gap { after: at("2027-03-14T10:00:00Z") };
    for time in ["02:00:00", "02:30:00", "02:59:59"] {
        assert_eq!(resolve(zone("America/Tijuana"), local(&format!("2027-03-14T{time}"))), gap, "{time}");
    }
    assert_eq!(opening(zone("America/Tijuana"), local("2027-03-14T02:30:00")), at("2027-03-14T10:00:00Z"));
    assert_eq!(closing(zone("America/Tijuana"), local("2027-03-14T02:30:00")), at("2027-03-14T10:00:00Z"));
}

#[test]
fn sched_a13_a_fold_opens_late_and_closes_early() {
    let (first, second) = (at("2027-11-07T08:30:00Z"), at("2027-11-07T09:30:00Z"));
    let half_past_one = local("2027-11-07T01:30:00");
    assert_eq!(resolve(zone("America/Tijuana"), half_past_one), Resolved::Fold { first, second });
    assert_eq!(opening(zone("America/Tijuana"), half_past_one), second);
    assert_eq!(closing(zone("America/Tijuana"), half_past_one), first);
}

#[test]
fn sched_a14_mexico_city_changes_no_clocks() {
    for day in ["2027-03-14", "2027-04-04", "2027-11-07"] {
        for hour in 0..24 {
            let time = date(day).and_hms_opt(hour, 30, 0).unwrap();
            assert!(matches!(resolve(zone("America/Mexico_City"), time), Resolved::Unique(_)), "{time}");
        }
    }
    let resolved = resolve(zone("America/Mexico_City"), local("2027-04-04T02:30:00"));
    assert_eq!(resolved, Resolved::Unique(at("2027-04-04T08:30:00Z")));
}

#[test]
fn sched_a15_neighbours_of_one_country_differ() {
    let time = local("2027-03-14T02:30:00");
    assert_eq!(resolve(zone("America/Hermosillo"), time), Resolved::Unique(at("2027-03-14T09:30:00Z")));
    assert_eq!(resolve(zone("America/Chihuahua"), time), Resolved::Unique(at("2027-03-14T08:30:00Z")));
    assert_eq!(resolve(zone("America/Ciudad_Juarez"), time), Resolved::Gap { after: at("2027-03-14T09:00:00Z") });
}

#[test]
fn sched_a18_a_local_day_has_the_length_that_it_has() {
    for (name, day, from, until) in [
        ("America/Tijuana", "2027-03-14", "2027-03-14T08:00:00Z", "2027-03-15T07:00:00Z"),
        ("America/Tijuana", "2027-11-07", "2027-11-07T07:00:00Z", "2027-11-08T08:00:00Z"),
        ("America/Santiago", "2027-09-05", "2027-09-05T04:00:00Z", "2027-09-06T03:00:00Z"),
    ] {
        assert_eq!(local_day(zone(name), date(day)), (at(from), at(until)), "{name} {day}");
    }
    let santiago = zone("America/Santiago");
    assert_eq!(wall(santiago, start_of_day(santiago, date("2027-09-05"))), local("2027-09-05T01:00:00"));
}

#[test]
fn sched_a20_the_past_has_the_rules_of_its_time() {
    let mexico = zone("America/Mexico_City");
    assert_eq!(resolve(mexico, local("2022-04-03T02:30:00")), Resolved::Gap { after: at("2022-04-03T08:00:00Z") });
    let fold = Resolved::Fold { first: at("2022-10-30T06:30:00Z"), second: at("2022-10-30T07:30:00Z") };
    assert_eq!(resolve(mexico, local("2022-10-30T01:30:00")), fold);
}

#[test]
fn sched_a24_zones_with_newer_rules_than_the_database_are_told() {
    let vancouver = zone("America/Vancouver");
    let nine = resolve(vancouver, local("2027-01-15T09:00:00"));
    let fresh = Resolved::Unique(at("2027-01-15T16:00:00Z"));
    assert_eq!(is_stale(vancouver), nine != fresh, "release {}", database_version());
    assert_eq!(is_stale(zone("Canada/Pacific")), is_stale(vancouver));
    for name in ["America/Mexico_City", "America/Tijuana", "America/Santo_Domingo", "Europe/Madrid", "America/Bogota"] {
        assert!(!is_stale(zone(name)), "{name}");
    }
    assert!(CHANGED_SINCE.iter().all(|name| name.parse::<Tz>().is_ok()));
    assert_eq!(database_version().len(), 5);
}

#[test]
fn sched_a25_windows_names_are_read_and_unknown_ones_refused() {
    assert_eq!(parse_zone("Central Standard Time (Mexico)"), Ok(zone("America/Mexico_City")));
    assert_eq!(parse_zone(" america/mexico_city "), Ok(zone("America/Mexico_City")));
    assert_eq!(parse_zone("Mexico/General").map(|zone| zone.name()), Ok("Mexico/General"));
    for unknown in ["", "Mexico time", "GMT-6", "UTC-06:00", "America/Nowhere", "Central Standard Time (Mars)", "Hora de México"] {
        assert_eq!(parse_zone(unknown), Err(ZoneError::Unknown), "{unknown}");
    }
    assert!(WINDOWS_ZONES.iter().all(|(_, iana)| iana.parse::<Tz>().is_ok()));
}
