//! Zones and daylight saving.

use super::kit::*;
use crate::domain::booking::slot::day;
use crate::domain::booking::*;
use crate::domain::time::Timestamp;
use crate::domain::when::zone::{closing, opening, wall};
use chrono_tz::{America, Tz};

const BEFORE: &str = "2027-03-01T00:00:00Z";
const AUTUMN: &str = "2027-10-25T00:00:00Z";

fn ats(texts: &[&str]) -> Vec<Timestamp> {
    texts.iter().map(|text| at(text)).collect()
}

fn of(zone: Tz, text: &str) -> Timestamp {
    opening(zone, text.parse().unwrap())
}

#[test]
fn sched_a01_spring_forward_keeps_the_wall_hours() {
    let shop = Shop::t("09:00-17:00", BEFORE);
    assert_eq!(shop.open("2027-03-14"), [span("2027-03-14T16:00:00Z", "2027-03-15T00:00:00Z")]);
    assert_eq!(shop.starts("2027-03-14").len(), 8);
    assert_eq!(shop.open("2027-03-13"), [span("2027-03-13T17:00:00Z", "2027-03-14T01:00:00Z")]);
    assert_eq!(shop.starts("2027-03-13").len(), 8);
}

#[test]
fn sched_a02_an_afternoon_opens_on_time_on_the_day_of_the_change() {
    let shop = Shop::t("13:00-18:00", BEFORE);
    assert_eq!(shop.open("2027-03-14"), [span("2027-03-14T20:00:00Z", "2027-03-15T01:00:00Z")]);
}

#[test]
fn sched_a03_the_grid_steps_over_the_gap() {
    let mut shop = Shop::t("01:00-05:00", BEFORE);
    shop.service().duration = 30;
    shop.service().step = Some(30);
    let wanted = ats(&[
        "2027-03-14T09:00:00Z",
        "2027-03-14T09:30:00Z",
        "2027-03-14T10:00:00Z",
        "2027-03-14T10:30:00Z",
        "2027-03-14T11:00:00Z",
        "2027-03-14T11:30:00Z",
    ]);
    assert_eq!(shop.starts("2027-03-14"), wanted);
    assert_eq!(shop.walls("2027-03-14"), ["1:00", "1:30", "3:00", "3:30", "4:00", "4:30"]);
}

#[test]
fn sched_a04_hours_that_begin_in_the_gap_begin_after_it() {
    for hours in ["02:00-04:00", "02:30-04:00"] {
        assert_eq!(Shop::t(hours, BEFORE).open("2027-03-14"), [span("2027-03-14T10:00:00Z", "2027-03-14T11:00:00Z")], "{hours}");
    }
}

#[test]
fn sched_a05_hours_within_the_gap_are_none() {
    let shop = Shop::t("02:00-03:00", BEFORE);
    assert_eq!(shop.open("2027-03-14"), []);
    assert_eq!(shop.starts("2027-03-14"), []);
}

#[test]
fn sched_a06_hours_that_end_in_the_gap_end_before_it() {
    assert_eq!(Shop::t("00:30-02:30", BEFORE).open("2027-03-14"), [span("2027-03-14T08:30:00Z", "2027-03-14T10:00:00Z")]);
}

#[test]
fn sched_a07_a_night_is_an_hour_shorter_or_longer() {
    let night = |date: &str, now| Shop::t("22:00-04:00", now).open(date).pop().unwrap();
    assert_eq!(night("2027-03-13", BEFORE), span("2027-03-14T06:00:00Z", "2027-03-14T11:00:00Z"));
    assert_eq!(night("2027-11-06", AUTUMN), span("2027-11-07T05:00:00Z", "2027-11-07T12:00:00Z"));
}

#[test]
fn sched_a08_the_hour_that_comes_twice_is_two_slots() {
    let shop = Shop::t("00:00-03:00", AUTUMN);
    let wanted = ats(&["2027-11-07T07:00:00Z", "2027-11-07T08:00:00Z", "2027-11-07T09:00:00Z", "2027-11-07T10:00:00Z"]);
    assert_eq!(shop.starts("2027-11-07"), wanted);
    assert_eq!(shop.walls("2027-11-07"), ["0:00", "1:00", "1:00", "2:00"]);
    for start in wanted {
        assert!(judge(&shop.book(), &Ask::of(SERVICE), start).is_ok());
    }
}

#[test]
fn sched_a09_nothing_opens_longer_than_written_when_clocks_go_back() {
    assert_eq!(Shop::t("01:30-05:00", AUTUMN).open("2027-11-07"), [span("2027-11-07T09:30:00Z", "2027-11-07T13:00:00Z")]);
    assert_eq!(Shop::t("00:00-01:30", AUTUMN).open("2027-11-07"), [span("2027-11-07T07:00:00Z", "2027-11-07T08:30:00Z")]);
}

#[test]
fn sched_a10_the_day_of_the_autumn_change_has_its_wall_hours() {
    assert_eq!(Shop::t("09:00-17:00", AUTUMN).open("2027-11-07"), [span("2027-11-07T17:00:00Z", "2027-11-08T01:00:00Z")]);
}

#[test]
fn sched_a11_a_long_service_may_cross_the_gap() {
    let mut shop = Shop::t("00:00-04:00", BEFORE);
    shop.service().duration = 90;
    shop.service().step = Some(60);
    assert_eq!(shop.starts("2027-03-14"), ats(&["2027-03-14T08:00:00Z", "2027-03-14T09:00:00Z"]));
    let slots = shop.slots(shop.day("2027-03-14"));
    assert_eq!(slots[1].span.end, at("2027-03-14T10:30:00Z"));
    assert_eq!(wall(America::Tijuana, slots[1].span.end).format("%H:%M").to_string(), "03:30");
}

#[test]
fn sched_a14_mexico_city_has_no_change() {
    for date in ["2027-03-14", "2027-04-04", "2027-11-07"] {
        let span = day(America::Mexico_City, date.parse().unwrap());
        assert_eq!(span.end.since(span.start), minutes(24 * 60));
    }
    assert_eq!(of(America::Mexico_City, "2027-04-04T02:30:00"), at("2027-04-04T08:30:00Z"));
}

#[test]
fn sched_a15_neighbours_have_other_rules() {
    assert_eq!(of(America::Hermosillo, "2027-03-14T02:30:00"), at("2027-03-14T09:30:00Z"));
    assert_eq!(of(America::Chihuahua, "2027-03-14T02:30:00"), at("2027-03-14T08:30:00Z"));
    assert_eq!(of(America::Ciudad_Juarez, "2027-03-14T02:30:00"), at("2027-03-14T09:00:00Z"));
}

#[test]
fn sched_a16_santo_domingo_keeps_its_offset_all_year() {
    let shop = Shop::new(America::Santo_Domingo, week("08:00-17:00", "", ""), 30, 120, BEFORE);
    assert_eq!(shop.open("2027-03-15"), [span("2027-03-15T12:00:00Z", "2027-03-15T21:00:00Z")]);
    let in_new_york =
        |date: &str| wall(America::New_York, of(America::Santo_Domingo, &format!("{date}T09:00:00"))).format("%H:%M").to_string();
    assert_eq!([in_new_york("2027-01-15"), in_new_york("2027-07-15")], ["08:00", "09:00"]);
}

#[test]
fn sched_a17_chicago_is_an_hour_ahead_in_summer() {
    for (date, clock) in [("2027-01-15", "09:00"), ("2027-07-15", "10:00")] {
        let nine = of(America::Mexico_City, &format!("{date}T09:00:00"));
        assert_eq!(nine, at(&format!("{date}T15:00:00Z")));
        assert_eq!(wall(America::Chicago, nine).format("%H:%M").to_string(), clock);
    }
}

#[test]
fn sched_a18_local_days_have_their_own_length() {
    let days = [
        (America::Tijuana, "2027-03-14", "2027-03-14T08:00:00Z", "2027-03-15T07:00:00Z"),
        (America::Tijuana, "2027-11-07", "2027-11-07T07:00:00Z", "2027-11-08T08:00:00Z"),
        (America::Santiago, "2027-09-05", "2027-09-05T04:00:00Z", "2027-09-06T03:00:00Z"),
    ];
    for (zone, date, start, end) in days {
        assert_eq!(day(zone, date.parse().unwrap()), span(start, end), "{zone} {date}");
    }
    assert_eq!(wall(America::Santiago, at("2027-09-05T04:00:00Z")).format("%H:%M").to_string(), "01:00");
}

#[test]
fn sched_a19_a_wall_time_follows_the_law_of_its_date() {
    let dates = [("2022-07-04", "15:00"), ("2022-11-07", "16:00"), ("2027-07-05", "16:00")];
    for (date, instant) in dates {
        assert_eq!(of(America::Mexico_City, &format!("{date}T10:00:00")), at(&format!("{date}T{instant}:00Z")));
    }
}

#[test]
fn sched_a20_mexico_city_had_changes_until_2022() {
    let gap = "2022-04-03T02:30:00".parse().unwrap();
    assert_eq!(opening(America::Mexico_City, gap), at("2022-04-03T08:00:00Z"));
    let fold = "2022-10-30T01:30:00".parse().unwrap();
    assert_eq!(closing(America::Mexico_City, fold), at("2022-10-30T06:30:00Z"));
    assert_eq!(opening(America::Mexico_City, fold), at("2022-10-30T07:30:00Z"));
}

#[test]
fn sched_a21_notice_is_elapsed_time() {
    let mut shop = Shop::t("09:00-17:00", "2027-03-13T18:00:00Z");
    shop.service().min_notice = 24 * 60;
    assert_eq!(shop.starts("2027-03-14")[0], at("2027-03-14T18:00:00Z"));
    assert_eq!(shop.walls("2027-03-14")[0], "11:00");
}
