//! Busy times, buffers, outside calendars, capacity, several needs.

use super::kit::*;
use crate::domain::booking::act::Refusal;
use crate::domain::booking::*;
use crate::domain::when::zone::opening;

const MONDAY: &str = "2027-03-15";

/// M with the first resource's outside calendar busy from and to these local wall times of Monday, and a grid of `duration`/`step`.
fn lunch(duration: u32, step: u32, busy: &[(&str, &str)]) -> Shop {
    let mut shop = Shop::m();
    shop.service().duration = duration;
    shop.service().step = Some(step);
    shop.one().outside_calendar = true;
    let mexico = chrono_tz::America::Mexico_City;
    let whole = |wall: &str| if wall.len() == 5 { format!("{MONDAY}T{wall}:00") } else { format!("{MONDAY}T{wall}") };
    let instant = |wall: &str| opening(mexico, whole(wall).parse().unwrap());
    let spans = busy.iter().map(|(start, end)| Span { start: instant(start), end: instant(end) }).collect();
    shop.busy = vec![Busy { resource: ONE, spans: Some(spans) }];
    shop
}

/// The last start before 12:30 and the first after 11:59, around lunch.
fn around(shop: &Shop) -> (String, String) {
    let walls = shop.walls(MONDAY);
    let minute = |wall: &String| {
        let (hour, minute) = wall.split_once(':').unwrap();
        hour.parse::<u32>().unwrap() * 60 + minute.parse::<u32>().unwrap()
    };
    let before = walls.iter().rfind(|wall| minute(wall) < 12 * 60).unwrap().clone();
    let after = walls.iter().find(|wall| minute(wall) >= 12 * 60).unwrap().clone();
    (before, after)
}

fn pair(before: &str, after: &str) -> (String, String) {
    (before.into(), after.into())
}

#[test]
fn sched_a39_busy_times_are_left_out() {
    assert_eq!(around(&lunch(30, 30, &[("12:00", "13:00")])), pair("11:30", "13:00"));
    assert_eq!(around(&lunch(60, 30, &[("12:00", "13:00")])), pair("11:00", "13:00"));
}

#[test]
fn sched_a40_buffers_keep_a_distance() {
    let mut shop = lunch(30, 30, &[("12:00", "13:00")]);
    shop.service().buffer_before = 15;
    assert_eq!(around(&shop), pair("11:30", "13:30"));
    shop.service().buffer_before = 0;
    shop.service().buffer_after = 15;
    assert_eq!(around(&shop), pair("11:00", "13:00"));
}

#[test]
fn sched_a41_a_fine_grid_fits_between_buffers() {
    let mut shop = lunch(30, 15, &[("12:00", "13:00")]);
    shop.service().buffer_before = 10;
    shop.service().buffer_after = 10;
    assert_eq!(around(&shop), pair("11:15", "13:15"));
}

#[test]
fn sched_a42_a_second_too_many_is_too_many() {
    assert_eq!(around(&lunch(30, 30, &[("12:00:01", "13:00")])), pair("11:30", "13:00"));
    assert_eq!(around(&lunch(30, 30, &[("12:00", "13:00:01")])), pair("11:30", "13:30"));
}

#[test]
fn sched_a43_touching_is_not_overlapping() {
    let shop = lunch(30, 30, &[("12:30", "13:00"), ("11:00", "12:00")]);
    assert_eq!(around(&shop), pair("10:30", "12:00"));
}

#[test]
fn sched_a44_a_buffer_reaches_in_from_outside_the_question() {
    let mut shop = Shop::m();
    shop.one().hours = every_day("08:00-18:00");
    shop.service().buffer_after = 30;
    shop.service().duration = 50;
    shop.service().step = Some(30);
    shop.booked(1, "2027-03-15T14:00:00Z");
    shop.service().buffer_after = 0;
    shop.one().hours = every_day("09:00-18:00");
    assert_eq!(shop.walls(MONDAY)[0], "9:30");
}

#[test]
fn a_buffer_reaches_over_the_end_of_a_week() {
    let mut shop = Shop::m();
    shop.one().hours = every_day("00:00-24:00");
    shop.service().buffer_after = 45;
    shop.booked(1, "2027-03-15T05:30:00Z");
    shop.service().buffer_after = 0;
    assert_eq!(shop.walls(MONDAY)[0], "1:00");
    assert_eq!(refused(shop.hold(2, "2027-03-15T06:30:00Z")).0, Refusal::Taken);
    shop.service().limits.per_week = Some(1);
    assert_eq!(refused(shop.hold(2, "2027-03-14T18:00:00Z")).0, Refusal::LimitReached);
    assert!(changed(&shop.hold(2, "2027-03-15T07:00:00Z")));
}

#[test]
fn between_two_appointments_the_larger_buffer_counts_and_not_the_sum() {
    let mut shop = Shop::m();
    shop.service().step = Some(5);
    shop.service().buffer_before = 10;
    shop.service().buffer_after = 20;
    shop.booked(1, "2027-03-15T18:00:00Z");
    assert_eq!(around(&shop), pair("11:10", "12:50"));
}

#[test]
fn a_long_earlier_event_is_seen_behind_a_short_later_one() {
    let shop = lunch(30, 30, &[("09:00", "15:00"), ("10:00", "10:30")]);
    assert_eq!(shop.walls(MONDAY)[0], "15:00");
}

#[test]
fn an_event_without_end_blocks_its_instant() {
    let shop = lunch(30, 30, &[("12:10", "12:10")]);
    assert_eq!(around(&shop), pair("11:30", "12:30"));
}

#[test]
fn sched_a53_an_unknown_calendar_offers_nothing_and_busy_in_either_blocks() {
    let mut shop = lunch(30, 30, &[("12:00", "13:00")]);
    shop.busy.push(Busy { resource: ONE, spans: Some(vec![span("2027-03-15T17:00:00Z", "2027-03-15T18:00:00Z")]) });
    assert_eq!(around(&shop), pair("10:30", "13:00"));
    let refusal = |shop: &Shop| judge(&shop.book(), &Ask::of(SERVICE), at("2027-03-15T15:00:00Z")).unwrap_err();
    shop.busy.push(Busy { resource: ONE, spans: None });
    assert_eq!((shop.starts(MONDAY), refusal(&shop)), (Vec::new(), Refusal::CalendarUnknown));
    shop.busy.clear();
    assert_eq!((shop.starts(MONDAY), refusal(&shop)), (Vec::new(), Refusal::CalendarUnknown));
    let id = shop.next_id();
    assert_eq!(refused(shop.act(customer(1), &hold(id, "2027-03-15T15:00:00Z"))), (Refusal::CalendarUnknown, Vec::new()));
    let known = shop.colleague(2);
    shop.agenda.resources[1].outside_calendar = false;
    assert_eq!(shop.slots(shop.day(MONDAY))[0].free, [[known]]);
}

#[test]
fn sched_a71_three_seats_take_three() {
    let mut shop = Shop::m();
    shop.one().capacity = 3;
    let start = "2027-03-15T15:00:00Z";
    let mut ids = Vec::new();
    for who in 1..=3 {
        assert_eq!(shop.slots(shop.day(MONDAY))[0].capacity_left, 4 - u32::try_from(who).unwrap());
        let row = done(shop.hold(who, start));
        assert_eq!(row.seats, [Seat { resource: ONE, number: u16::try_from(who).unwrap() }]);
        ids.push(row.id);
    }
    assert_eq!(refused(shop.hold(4, start)).0, Refusal::Taken);
    assert!(!shop.starts(MONDAY).contains(&at(start)));
    assert!(changed(&shop.cancel(2, ids[1])));
    assert_eq!(done(shop.hold(4, start)).seats, [Seat { resource: ONE, number: 2 }]);
    // A capacity that shrinks later still counts the seats beyond it.
    shop.one().capacity = 2;
    assert!(changed(&shop.cancel(1, ids[0])));
    assert_eq!(refused(shop.hold(5, start)).0, Refusal::Taken);
}

#[test]
fn sched_a72_two_at_once_go_to_two_people() {
    let mut shop = Shop::m();
    let two = shop.colleague(2);
    let start = "2027-03-15T15:00:00Z";
    let first = shop.booked(1, start);
    let second = shop.booked(2, start);
    assert_eq!((first.seats[0].resource, second.seats[0].resource), (ONE, two));
    assert_eq!(refused(shop.hold(3, start)).0, Refusal::Taken);
    // Whoever has the fewest appointments in the week is next, then whoever has been idle longest.
    shop.booked(3, "2027-03-15T16:00:00Z");
    assert_eq!(shop.booked(4, "2027-03-15T17:00:00Z").seats[0].resource, two);
    assert_eq!(shop.booked(5, "2027-03-15T18:00:00Z").seats[0].resource, ONE);
    assert_eq!(shop.booked(6, "2027-03-22T18:00:00Z").seats[0].resource, ONE);
    shop.agenda.resources[1].outside_calendar = true;
    assert_eq!(shop.slots(shop.day(MONDAY))[0].free, [[ONE]]);
    shop.one().outside_calendar = true;
    shop.busy = vec![Busy { resource: two, spans: Some(Vec::new()) }];
    assert_eq!(shop.slots(shop.day(MONDAY))[0].free, [[two]]);
}

/// A dentist and a chair; a second service takes the chair alone.
fn dentist_and_chair() -> Shop {
    let mut shop = Shop::m();
    let chair = resource(TWO, chrono_tz::America::Mexico_City, every_day("00:00-24:00"));
    shop.agenda.resources.push(Resource { kind: ResourceKind::Equipment, ..chair });
    shop.service().needs.push(Need { any_of: vec![TWO] });
    let whitening = crate::domain::ids::ServiceId(uuid::Uuid::from_u128(2));
    shop.agenda.services.push(super::kit::service(whitening, 45, 0, &[&[TWO]]));
    shop
}

#[test]
fn sched_a73_a_busy_chair_keeps_the_dentist_waiting() {
    let mut shop = dentist_and_chair();
    assert_eq!(shop.walls(MONDAY).len(), 18);
    let whitening = shop.agenda.services[1].id;
    let id = shop.next_id();
    let act = act::Act::Book {
        id,
        service: whitening,
        start: at("2027-03-15T18:00:00Z"),
        resource: None,
        who: act::Who::default(),
        request_key: None,
    };
    assert_eq!(done(shop.act(people(), &act)).status, Status::Confirmed);
    assert_eq!(around(&shop), pair("11:30", "13:00"));
    let row = shop.booked(1, "2027-03-15T15:00:00Z");
    assert_eq!(row.seats, [Seat { resource: ONE, number: 1 }, Seat { resource: TWO, number: 1 }]);
    let other = Ask::of(whitening);
    assert_eq!(judge(&shop.book(), &other, at("2027-03-15T15:00:00Z")), Err(Refusal::Taken));
    assert_eq!(judge(&shop.book(), &other, at("2027-03-15T14:15:00Z")), Ok(vec![Seat { resource: TWO, number: 1 }]));
}

#[test]
fn one_resource_does_not_serve_two_needs_of_one_appointment() {
    let mut shop = Shop::m();
    let two = shop.colleague(2);
    // Whoever of the two assists: the first need must leave the only assistant to the second.
    shop.service().needs = vec![Need { any_of: vec![ONE, two] }, Need { any_of: vec![ONE] }];
    let row = shop.booked(1, "2027-03-15T15:00:00Z");
    assert_eq!(row.seats.iter().map(|seat| seat.resource).collect::<Vec<_>>(), [two, ONE]);
    shop.service().needs = vec![Need { any_of: vec![ONE] }, Need { any_of: vec![ONE] }];
    assert_eq!(shop.starts(MONDAY), []);
    // The one that is asked for may serve any of the needs.
    shop.service().needs = vec![Need { any_of: vec![ONE, two] }, Need { any_of: vec![ONE, two] }];
    for resource in [ONE, two] {
        let ask = Ask { choice: Choice::With(resource), ..Ask::of(SERVICE) };
        assert!(judge(&shop.book(), &ask, at("2027-03-15T16:00:00Z")).is_ok());
    }
}
