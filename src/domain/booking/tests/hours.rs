//! Opening hours, the grid, notice, window, limits.

use super::kit::*;
use crate::domain::booking::act::Refusal;
use crate::domain::booking::*;
use crate::domain::time::Timestamp;
use crate::domain::when::zone::opening;

const MONDAY: &str = "2027-03-15";

fn why(shop: &Shop, start: &str) -> Option<Refusal> {
    judge(&shop.book(), &Ask::of(SERVICE), at(start)).err()
}

fn last(starts: &[Timestamp]) -> Timestamp {
    *starts.last().unwrap()
}

#[test]
fn sched_a26_an_empty_day_has_every_start() {
    let starts = Shop::m().starts(MONDAY);
    assert_eq!((starts.len(), starts[0], last(&starts)), (18, at("2027-03-15T15:00:00Z"), at("2027-03-15T23:30:00Z")));
}

#[test]
fn sched_a27_longer_services_end_earlier() {
    for duration in [60, 45] {
        let mut shop = Shop::m();
        shop.service().duration = duration;
        let starts = shop.starts(MONDAY);
        assert_eq!((starts.len(), last(&starts)), (17, at("2027-03-15T23:00:00Z")), "{duration}");
    }
}

#[test]
fn sched_a28_a_slot_may_end_at_closing_and_not_a_second_later() {
    let mut shop = Shop::m();
    assert_eq!(why(&shop, "2027-03-15T23:30:00Z"), None);
    assert_eq!(why(&shop, "2027-03-15T23:30:01Z"), Some(Refusal::Closed));
    shop.service().duration = 31;
    assert_eq!(why(&shop, "2027-03-15T23:30:00Z"), Some(Refusal::Closed));
    assert_eq!(last(&shop.starts(MONDAY)), at("2027-03-15T23:00:00Z"));
}

#[test]
fn sched_a29_an_override_counts_for_its_date_only() {
    let mut shop = Shop::m();
    let date = "2027-03-16".parse().unwrap();
    shop.one().exceptions = vec![Exception { date, kind: ExceptionKind::Replace(vec![hours("11:00-13:00")]) }];
    assert_eq!(shop.open("2027-03-16"), [span("2027-03-16T17:00:00Z", "2027-03-16T19:00:00Z")]);
    assert_eq!((shop.starts("2027-03-16").len(), shop.starts("2027-03-17").len()), (4, 18));
    shop.one().exceptions = vec![Exception { date, kind: ExceptionKind::Closed }];
    assert_eq!((shop.starts("2027-03-16").len(), shop.starts("2027-03-17").len()), (0, 18));
    shop.one().exceptions = vec![Exception { date, kind: ExceptionKind::Add(vec![hours("18:00-19:00")]) }];
    assert_eq!((shop.starts("2027-03-16").len(), shop.starts("2027-03-17").len()), (20, 18));
}

#[test]
fn sched_a30_a_slot_crosses_midnight_only_into_open_hours() {
    let mut shop = Shop::m();
    shop.service().duration = 60;
    shop.one().exceptions = vec![Exception { date: MONDAY.parse().unwrap(), kind: ExceptionKind::Replace(vec![hours("00:00-24:00")]) }];
    assert_eq!(shop.open(MONDAY), [span("2027-03-15T06:00:00Z", "2027-03-16T06:00:00Z")]);
    assert_eq!(why(&shop, "2027-03-16T05:30:00Z"), Some(Refusal::Closed));
    let tuesday = Exception { date: "2027-03-16".parse().unwrap(), kind: ExceptionKind::Replace(vec![hours("00:00-09:00")]) };
    shop.one().exceptions.push(tuesday);
    assert_eq!(why(&shop, "2027-03-16T05:30:00Z"), None);
    assert!(shop.starts(MONDAY).contains(&at("2027-03-16T05:30:00Z")));
}

#[test]
fn an_exception_cuts_what_spills_over_from_the_evening_before() {
    let mut shop = Shop::m();
    shop.one().hours = every_day("22:00-02:00");
    assert_eq!(shop.open("2027-03-16")[0], span("2027-03-16T04:00:00Z", "2027-03-16T08:00:00Z"));
    let tuesday = "2027-03-16".parse().unwrap();
    for kind in [ExceptionKind::Closed, ExceptionKind::Replace(vec![hours("09:00-10:00")])] {
        shop.one().exceptions = vec![Exception { date: tuesday, kind }];
        assert_eq!(shop.open(MONDAY).pop().unwrap(), span("2027-03-16T04:00:00Z", "2027-03-16T06:00:00Z"));
    }
    shop.one().exceptions = vec![Exception { date: tuesday, kind: ExceptionKind::Add(vec![hours("09:00-10:00")]) }];
    assert_eq!(shop.open("2027-03-16")[0].end, at("2027-03-16T08:00:00Z"));
    shop.one().exceptions.clear();
    shop.agenda.holidays.push(Holiday { date: tuesday, name: "Fiesta".into() });
    assert_eq!(shop.open(MONDAY).pop().unwrap().end, at("2027-03-16T06:00:00Z"));
}

#[test]
fn sched_a31_the_grid_is_anchored_at_opening_and_not_at_now() {
    let shop = Shop { now: at("2027-03-15T16:17:00Z"), ..Shop::m() };
    assert_eq!(shop.starts(MONDAY)[0], at("2027-03-15T18:30:00Z"));
}

#[test]
fn sched_a32_notice_is_exact_to_the_second() {
    let shop = Shop { now: at("2027-03-15T16:30:00Z"), ..Shop::m() };
    assert_eq!(shop.starts(MONDAY)[0], at("2027-03-15T18:30:00Z"));
    let late = Shop { now: at("2027-03-15T16:30:01Z"), ..shop };
    assert_eq!(late.starts(MONDAY)[0], at("2027-03-15T19:00:00Z"));
    assert_eq!(why(&late, "2027-03-15T18:30:00Z"), Some(Refusal::TooSoon));
}

#[test]
fn sched_a33_the_window_is_local_days() {
    let shop = Shop::t("00:00-24:00", "2027-01-20T20:00:00Z");
    let starts: Vec<_> = shop.slots(span("2027-03-20T00:00:00Z", "2027-04-20T00:00:00Z")).iter().map(|slot| slot.span.start).collect();
    assert_eq!(last(&starts), at("2027-03-22T06:00:00Z"));
    assert_eq!(why(&shop, "2027-03-22T06:00:00Z"), None);
    assert_eq!(why(&shop, "2027-03-22T07:00:00Z"), Some(Refusal::TooFar));
}

#[test]
fn sched_a34_the_past_and_the_present_are_never_listed() {
    let shop = Shop::t("09:00-17:00", "2027-03-10T18:00:00Z");
    assert_eq!(shop.starts("2027-03-10")[0], at("2027-03-10T19:00:00Z"));
    assert_eq!(shop.starts("2027-03-09"), []);
    for start in ["2027-03-10T18:00:00Z", "2027-03-10T17:00:00Z", "1970-01-01T00:00:00Z", "0001-01-01T00:00:00Z"] {
        assert_eq!(why(&shop, start), Some(Refusal::Past), "{start}");
    }
    assert_eq!(why(&shop, "9999-12-31T23:00:00Z"), Some(Refusal::TooFar));
}

#[test]
fn sched_a35_nothing_crosses_the_pause_and_the_grid_begins_anew() {
    let mut shop = Shop::m();
    shop.service().duration = 50;
    shop.service().step = None;
    shop.one().hours = every_day("09:00-13:00,15:00-18:00");
    assert_eq!(shop.walls(MONDAY), ["9:00", "9:50", "10:40", "11:30", "15:00", "15:50", "16:40"]);
}

#[test]
fn sched_a36_overlapping_hours_are_one() {
    let mut shop = Shop::m();
    shop.one().hours = every_day("12:00-18:00,09:00-13:00");
    assert_eq!(shop.open(MONDAY), [span("2027-03-15T15:00:00Z", "2027-03-16T00:00:00Z")]);
    assert_eq!(shop.starts(MONDAY), Shop::m().starts(MONDAY));
}

#[test]
fn sched_a37_a_holiday_on_a_saturday_has_no_slots() {
    let mut shop = Shop::m();
    assert_eq!(shop.starts("2027-03-20").len(), 8);
    shop.agenda.holidays.push(Holiday { date: "2027-03-20".parse().unwrap(), name: "Fiesta".into() });
    assert_eq!(shop.starts("2027-03-20"), []);
    assert_eq!(why(&shop, "2027-03-20T17:00:00Z"), Some(Refusal::Closed));
}

#[test]
fn sched_a38_the_limit_of_a_day_counts_its_local_day() {
    let mut shop = Shop::m();
    shop.one().hours = every_day("00:00-24:00");
    shop.service().limits.per_day = Some(5);
    for hour in ["06", "15", "16", "17"] {
        shop.booked(1, &format!("2027-03-15T{hour}:00:00Z"));
    }
    assert_eq!(shop.slots(shop.day(MONDAY))[0].capacity_left, 1);
    shop.booked(1, "2027-03-16T05:30:00Z");
    assert_eq!(shop.starts(MONDAY), []);
    assert_eq!(why(&shop, "2027-03-15T18:00:00Z"), Some(Refusal::LimitReached));
    assert_eq!(why(&shop, "2027-03-16T06:00:00Z"), None);
    assert_eq!(why(&shop, "2027-03-15T05:30:00Z"), None);
    let (refusal, alternatives) = refused(shop.hold(2, "2027-03-15T18:00:00Z"));
    assert_eq!(refusal, Refusal::LimitReached);
    assert!(alternatives.iter().all(|slot| !shop.day(MONDAY).contains(slot.span)), "{alternatives:?}");
}

#[test]
fn limits_of_weeks_minutes_and_contacts_count() {
    let mut shop = Shop::m();
    shop.service().limits = Limits { per_week: Some(1), ..Limits::default() };
    shop.booked(1, "2027-03-15T15:00:00Z");
    assert_eq!(why(&shop, "2027-03-20T17:00:00Z"), Some(Refusal::LimitReached));
    assert_eq!(why(&shop, "2027-03-22T17:00:00Z"), None);
    shop.service().limits = Limits { minutes_per_day: Some(89), ..Limits::default() };
    assert_eq!(why(&shop, "2027-03-15T16:00:00Z"), None);
    shop.booked(2, "2027-03-15T16:00:00Z");
    assert_eq!(why(&shop, "2027-03-15T17:00:00Z"), Some(Refusal::LimitReached));
    shop.service().limits = Limits { per_contact: Some(1), ..Limits::default() };
    assert_eq!(refused(shop.hold(2, "2027-03-29T15:00:00Z")), (Refusal::LimitReached, Vec::new()));
    assert!(changed(&shop.hold(3, "2027-03-29T15:00:00Z")));
    // The hold that is given back for another one does not count.
    assert!(changed(&shop.hold(3, "2027-03-29T16:00:00Z")));
}

#[test]
fn sched_a12_after_the_gap_comes_the_next_slot() {
    let shop = Shop::t("00:00-24:00", "2027-03-10T12:00:00Z");
    let skipped = opening(shop.agenda.zone, "2027-03-14T02:30:00".parse().unwrap());
    assert_eq!(nearest(&shop.book(), &Ask::of(SERVICE), skipped, 1)[0].span.start, at("2027-03-14T10:00:00Z"));
}

#[test]
fn sched_a13_both_readings_of_an_hour_that_comes_twice_can_be_had() {
    let mut shop = Shop::t("00:00-24:00", "2027-11-01T12:00:00Z");
    shop.service().step = Some(30);
    for start in ["2027-11-07T08:30:00Z", "2027-11-07T09:30:00Z"] {
        assert_eq!(why(&shop, start), None);
    }
    shop.booked(1, "2027-11-07T08:30:00Z");
    shop.booked(2, "2027-11-07T09:30:00Z");
}

#[test]
fn sched_a81_a82_a86_what_cannot_be_had_brings_the_nearest_that_can() {
    let mut m = Shop { now: at("2027-03-03T20:30:00Z"), ..Shop::m() };
    let (refusal, offers) = refused(m.hold(1, "2027-03-03T21:00:00Z"));
    assert_eq!((refusal, offers[0].span.start), (Refusal::TooSoon, at("2027-03-03T22:30:00Z")));
    assert!(changed(&m.hold(1, "2027-03-04T23:00:00Z")));
    let (refusal, offers) = refused(m.hold(1, "2027-03-05T06:00:00Z"));
    let starts: Vec<Timestamp> = offers.iter().map(|slot| slot.span.start).collect();
    assert!(refusal == Refusal::Closed && starts.contains(&at("2027-03-04T23:30:00Z")), "{starts:?}");
    assert!(starts.is_sorted(), "the nearest ones, in order of time: {starts:?}");
    let hours = week("08:00-17:00", "", "");
    let mut d = Shop::new(chrono_tz::America::Santo_Domingo, hours, 30, 120, "2027-03-03T20:30:00Z");
    let (refusal, offers) = refused(d.hold(1, "2027-03-04T21:00:00Z"));
    assert_eq!((refusal, offers.len()), (Refusal::Closed, 3));
    assert!(offers.iter().any(|slot| slot.span.start == at("2027-03-04T20:30:00Z")));
}

#[test]
fn what_is_unknown_is_refused_as_such() {
    let mut shop = Shop::m();
    let ask = Ask { choice: Choice::With(TWO), ..Ask::of(SERVICE) };
    assert_eq!(judge(&shop.book(), &ask, at("2027-03-15T15:00:00Z")), Err(Refusal::UnknownResource));
    let stranger = Ask::of(crate::domain::ids::ServiceId(uuid::Uuid::nil()));
    assert_eq!(judge(&shop.book(), &stranger, at("2027-03-15T15:00:00Z")), Err(Refusal::UnknownService));
    for needs in [Vec::new(), vec![Need { any_of: Vec::new() }], vec![Need { any_of: vec![TWO] }]] {
        shop.service().needs = needs;
        assert_eq!(shop.starts(MONDAY), []);
        assert_eq!(why(&shop, "2027-03-15T15:00:00Z"), Some(Refusal::Closed));
    }
}

#[test]
fn settings_beyond_reason_do_no_harm() {
    let mut shop = Shop::m();
    shop.service().step = Some(0);
    shop.service().duration = 0;
    shop.service().min_notice = u32::MAX;
    shop.service().max_advance_days = u32::MAX;
    shop.service().buffer_after = u32::MAX;
    shop.service().buffer_before = u32::MAX;
    shop.one().hours = every_day("00:00-24:00");
    let ever = Span { start: Timestamp::from_micros(i64::MIN), end: Timestamp::from_micros(i64::MAX) };
    assert_eq!(shop.slots(ever), []);
    for start in [i64::MIN, -1, 0, i64::MAX] {
        assert!(judge(&shop.book(), &Ask::of(SERVICE), Timestamp::from_micros(start)).is_err());
        let id = shop.next_id();
        refused(shop.act(
            customer(1),
            &Act::Hold {
                id,
                service: SERVICE,
                start: Timestamp::from_micros(start),
                resource: None,
                moves: None,
                who: act::Who::default(),
                request_key: None,
            },
        ));
    }
}
