use super::*;
use crate::domain::booking::Span;
use crate::domain::ids::{AppointmentId, ServiceId};
use crate::domain::language::Language;
use std::collections::BTreeMap;

fn at(text: &str) -> Timestamp {
    Timestamp::parse(text).unwrap()
}

fn appointment(start: &str) -> Appointment {
    Appointment {
        id: AppointmentId(Uuid::from_u128(1)),
        version: 2,
        status: Status::Confirmed,
        service: ServiceId(Uuid::from_u128(1)),
        span: Span { start: at(start), end: at(start).after(Duration::from_mins(30)) },
        seats: vec![],
        buffer_before: 0,
        buffer_after: 0,
        hold_expires_at: None,
        renewed: 0,
        moves: None,
        contact: None,
        conversation: None,
        name: None,
        phone: None,
        email: None,
        answers: BTreeMap::new(),
        language: Language::Es,
        zone: "America/Tijuana".to_owned(),
        local_start: String::new(),
        told: None,
        reason: None,
        generation: 0,
        request_key: None,
        created_at: Timestamp::default(),
        updated_at: Timestamp::default(),
    }
}

fn reminders(start: &str, now: &str) -> Vec<(String, Timestamp)> {
    due(&appointment(start), &Rules::default(), at(now))
}

/// Elapsed time.
#[test]
fn sched_a78_a_reminder_is_due_so_many_hours_before_whatever_the_clocks_do() {
    for (start, day_before) in [
        ("2027-03-15T15:00:00Z", "2027-03-14T15:00:00Z"),
        ("2027-03-14T16:00:00Z", "2027-03-13T16:00:00Z"),
        ("2027-11-07T17:00:00Z", "2027-11-06T17:00:00Z"),
        ("2027-03-15T09:30:00Z", "2027-03-14T09:30:00Z"),
    ] {
        let two_hours = at(start).before(Duration::from_hours(2));
        let expected = [("2h".to_owned(), two_hours), ("24h".to_owned(), at(day_before))];
        assert_eq!(reminders(start, "2027-03-01T00:00:00Z"), expected);
    }
}

#[test]
fn sched_a79_a_reminder_that_would_follow_the_booking_closely_is_left_out() {
    let kinds = |now: &str| reminders("2027-03-15T15:00:00Z", now).into_iter().map(|(kind, _)| kind).collect::<Vec<_>>();
    assert_eq!(kinds("2027-03-15T12:00:00Z"), ["2h"], "three hours ahead");
    assert_eq!(kinds("2027-03-15T13:30:00Z"), Vec::<String>::new(), "ninety minutes ahead");
    assert_eq!(kinds("2027-03-14T14:30:00Z"), ["2h", "24h"], "half an hour is enough");
    assert_eq!(kinds("2027-03-14T14:30:00.000001Z"), ["2h"]);
}
