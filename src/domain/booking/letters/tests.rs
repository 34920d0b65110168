//! Which change asks for which mail.

use super::*;
use crate::domain::booking::slot::Span;
use crate::domain::booking::{Resource, Retired, Seat, Service};
use crate::domain::ids::{AppointmentId, ResourceId, ServiceId};
use std::collections::BTreeMap;
use std::time::Duration;
use uuid::Uuid;

fn at(text: &str) -> Timestamp {
    Timestamp::parse(text).unwrap()
}

fn row(status: Status) -> Appointment {
    let start = at("2027-03-15T15:00:00Z");
    Appointment {
        id: AppointmentId(Uuid::from_u128(7)),
        version: 2,
        status,
        service: ServiceId(Uuid::from_u128(1)),
        span: Span { start, end: start.after(Duration::from_mins(30)) },
        seats: vec![],
        buffer_before: 0,
        buffer_after: 0,
        hold_expires_at: None,
        renewed: 0,
        moves: None,
        contact: None,
        conversation: None,
        name: Some("Luz".to_owned()),
        phone: None,
        email: Some("luz@example.com".to_owned()),
        answers: BTreeMap::new(),
        language: Language::Es,
        zone: "America/Tijuana".to_owned(),
        local_start: "2027-03-15T08:00".to_owned(),
        told: None,
        reason: None,
        generation: 0,
        request_key: None,
        created_at: at("2027-03-01T00:00:00Z"),
        updated_at: at("2027-03-01T00:00:00Z"),
    }
}

fn later(row: Appointment) -> Appointment {
    let hour = Duration::from_hours(1);
    Appointment { span: Span { start: row.span.start.after(hour), end: row.span.end.after(hour) }, ..row }
}

/// A book under rules, with two people and a room.
fn book(rules: Rules) -> Agenda {
    use crate::domain::booking::tests::kit::{every_day, resource};
    let with = |kind, nth| Resource { kind, ..resource(ResourceId(Uuid::from_u128(nth)), chrono_tz::UTC, every_day("09:00-18:00")) };
    let resources = vec![with(ResourceKind::Person, 1), with(ResourceKind::Person, 2), with(ResourceKind::Room, 3)];
    Agenda {
        zone: chrono_tz::America::Mexico_City,
        locale: "es-MX".to_owned(),
        services: vec![],
        resources,
        holidays: vec![],
        retired: Retired::default(),
        rules,
    }
}

fn with(row: Appointment, resource: u128) -> Appointment {
    Appointment { seats: vec![Seat { resource: ResourceId(Uuid::from_u128(resource)), number: 1 }], ..row }
}

const EARLY: &str = "2027-03-10T00:00:00Z";

#[test]
fn what_was_agreed_moved_or_called_off_is_mailed_and_nothing_else() {
    let book = book(Rules::default());
    let of = |before: Option<Appointment>, after: Appointment| mail_of(before.as_ref(), &after, &book, at(EARLY));
    use MailKind::{AppointmentCancelled as Cancelled, AppointmentConfirmed as Confirmed, AppointmentMoved as Moved};
    for before in [None, Some(Status::Held), Some(Status::Confirming), Some(Status::PendingOwner), Some(Status::Expired)] {
        assert_eq!(of(before.map(row), row(Status::Confirmed)), Some(Confirmed), "{before:?}");
        assert_eq!(of(before.map(row), row(Status::Cancelled)), None, "nobody was told of it: {before:?}");
    }
    assert_eq!(of(Some(row(Status::Confirmed)), later(row(Status::Confirmed))), Some(Moved));
    assert_eq!(of(Some(row(Status::Confirmed)), row(Status::Confirmed)), None, "the same time");
    let by = |resource| with(row(Status::Confirmed), resource);
    assert_eq!(of(Some(by(1)), by(2)), Some(Moved), "with somebody else");
    assert_eq!(of(Some(by(3)), by(4)), None, "customers are not told of rooms");
    assert_eq!(of(Some(row(Status::Confirmed)), row(Status::Cancelled)), Some(Cancelled));
    for after in [Status::Held, Status::Confirming, Status::PendingOwner, Status::Completed, Status::NoShow, Status::Failed] {
        assert_eq!(of(Some(row(Status::Confirmed)), row(after)), None, "{after:?}");
    }
}

#[test]
fn nothing_is_mailed_against_the_rules_or_of_what_has_begun() {
    let confirmed = row(Status::Confirmed);
    let (usual, quiet) = (book(Rules::default()), book(Rules { email_confirmations: false, ..Rules::default() }));
    assert_eq!(mail_of(None, &confirmed, &quiet, at(EARLY)), None);
    assert_eq!(mail_of(None, &confirmed, &usual, confirmed.span.start), None);
}

#[test]
fn a_mail_tells_of_its_own_version_only() {
    let (confirmed, cancelled, now) = (row(Status::Confirmed), row(Status::Cancelled), at(EARLY));
    let of = |kind, version| Subject { kind, version, start: None };
    assert!(tells(of(MailKind::AppointmentConfirmed, 2), &confirmed, now));
    assert!(tells(of(MailKind::AppointmentMoved, 2), &confirmed, now));
    assert!(tells(of(MailKind::AppointmentCancelled, 2), &cancelled, now));
    assert!(!tells(of(MailKind::AppointmentConfirmed, 1), &confirmed, now), "another version stands");
    assert!(!tells(of(MailKind::AppointmentConfirmed, 2), &cancelled, now));
    assert!(!tells(of(MailKind::AppointmentCancelled, 2), &confirmed, now));
    assert!(!tells(of(MailKind::AppointmentConfirmed, 2), &confirmed, confirmed.span.start), "it has begun");
    // An event that was made anew raises the version of an appointment that customers see unchanged.
    let same = Subject { start: Some(confirmed.span.start), ..of(MailKind::AppointmentConfirmed, 1) };
    assert!(tells(same, &confirmed, now));
    assert!(!tells(same, &later(confirmed), now), "it was moved");
    assert!(!tells(same, &cancelled, now));
}

#[test]
fn customers_may_cancel_what_stands_until_the_rules_say() {
    let rules = Rules { change_until_hours: 4, ..Rules::default() };
    let confirmed = row(Status::Confirmed);
    let start = confirmed.span.start;
    let border = start.before(Duration::from_hours(4));
    assert!(customer_may_cancel(&confirmed, &rules, border));
    assert!(!customer_may_cancel(&confirmed, &rules, border.after(Duration::from_secs(1))));
    assert!(!customer_may_cancel(&confirmed, &Rules::default(), start), "it has begun");
    assert!(!customer_may_cancel(&row(Status::Cancelled), &rules, border));
}

#[test]
fn times_are_told_in_the_appointments_own_zone_which_is_named() {
    let agenda = book(Rules::default());
    let head = Letterhead { business: "Clínica", place: None, link: Some("https://x.example/a") };
    let letter = AppointmentLetter::of(MailKind::AppointmentMoved, &row(Status::Confirmed), &agenda, head);
    assert_eq!((letter.when.as_str(), letter.zone.as_str()), ("lunes 15 de marzo a las 8:00 a. m.", "hora de Tijuana"));
    assert_eq!((letter.about, letter.link.as_str()), ("moved", "https://x.example/a"));
    let gone = AppointmentLetter::of(MailKind::AppointmentCancelled, &row(Status::Cancelled), &agenda, head);
    assert_eq!((gone.about, gone.link.as_str()), ("cancelled", ""), "there is nothing left to do");
}

#[test]
fn what_stands_is_told_by_the_names_of_what_is_retired() {
    use crate::domain::booking::tests::kit::{SERVICE, service};
    let mut agenda = book(Rules::default());
    let name = BTreeMap::from([("es".to_owned(), "Limpieza".to_owned())]);
    agenda.retired.services.push(Service { name, ..service(SERVICE, 30, 0, &[]) });
    agenda.retired.resources.push(Resource { name: "Ana".to_owned(), ..agenda.resources.remove(0) });
    let head = Letterhead { business: "Clínica", place: None, link: None };
    let row = Appointment { service: SERVICE, ..with(row(Status::Confirmed), 1) };
    let letter = AppointmentLetter::of(MailKind::AppointmentConfirmed, &row, &agenda, head);
    assert_eq!((letter.service.as_str(), letter.with.as_str()), ("Limpieza", "Ana"));
    let voice = crate::domain::booking::voice::Voice { agenda: &agenda, language: Language::Es };
    assert!(voice.reminder(&row).text.contains("su cita: Limpieza, ") && voice.reminder(&row).text.contains("con Ana"));
    assert!(agenda.service(SERVICE).is_none() && agenda.resource(ResourceId(Uuid::from_u128(1))).is_none(), "neither is offered");
}
