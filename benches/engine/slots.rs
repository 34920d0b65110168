//! How long a month of slots takes for a business of twenty people. Nothing but the computation: no database, no HTTP.

use crate::table::Better::Less;
use crate::table::Figure;
use anyhow::{Context, ensure};
use recado::domain::booking::agenda::Retired;
use recado::domain::booking::{
    Agenda, Appointment, Book, DayHours, Limits, Need, Resource, ResourceKind, Rules, Seat, Service, Slot, Span, Status, Wanted, WeekHours,
    slots,
};
use recado::domain::ids::{AppointmentId, ResourceId, ServiceId};
use recado::domain::language::Language;
use recado::domain::time::Timestamp;
use std::collections::BTreeMap;
use std::time::Duration;
use tokio::time::Instant;
use uuid::Uuid;

const PEOPLE: u128 = 20;
const DAYS: u64 = 31;
const ROUNDS: usize = 50;

/// Lists a month for twenty people a third of whose time is booked, with and without limits; the median of many rounds.
pub fn slots_of_a_month() -> anyhow::Result<Vec<Figure>> {
    let now = Timestamp::parse("2027-03-01T12:00:00Z").context("an instant")?;
    let mut agenda = agenda();
    let appointments = partly_booked(&agenda, now);
    let plain = median(&agenda, &appointments, now)?;
    for service in &mut agenda.services {
        service.limits = Limits { per_day: Some(400), per_week: Some(2_000), ..Limits::default() };
    }
    let limited = median(&agenda, &appointments, now)?;
    Ok(vec![
        Figure::new("slots: a month, 20 resources, a third booked", plain, "ms", Less, 5.0),
        Figure::new("  the same with limits of day and week", limited, "ms", Less, 5.0),
        Figure::plain("  appointments in that month", appointments.len() as f64, ""),
    ])
}

fn median(agenda: &Agenda, appointments: &[Appointment], now: Timestamp) -> anyhow::Result<f64> {
    let mut spent = Vec::with_capacity(ROUNDS);
    for _ in 0..ROUNDS {
        let began = Instant::now();
        let found = list(agenda, appointments, now);
        spent.push(began.elapsed());
        ensure!(found.len() > 100, "only {} slots", found.len());
    }
    spent.sort_unstable();
    Ok(spent.get(ROUNDS / 2).context("no round")?.as_secs_f64() * 1e3)
}

fn list(agenda: &Agenda, appointments: &[Appointment], now: Timestamp) -> Vec<Slot> {
    let service = agenda.services.first().map_or(ServiceId(Uuid::nil()), |service| service.id);
    let within = Span { start: now, end: now.after(Duration::from_hours(24 * DAYS)) };
    let wanted = Wanted { service, within, resource: None, moving: None, limit: usize::MAX };
    slots(&Book { agenda, appointments, busy: &[], shown: &[], now }, &wanted)
}

fn agenda() -> Agenda {
    let zone = chrono_tz::America::Tijuana;
    let ids: Vec<ResourceId> = (1..=PEOPLE).map(|nth| ResourceId(Uuid::from_u128(nth))).collect();
    let day = || vec![DayHours { from: 9 * 60, to: 13 * 60 }, DayHours { from: 14 * 60, to: 18 * 60 }];
    let resource = |id: &ResourceId| Resource {
        id: *id,
        name: "Ana".to_owned(),
        aliases: Vec::new(),
        kind: ResourceKind::Person,
        capacity: 1,
        zone,
        hours: WeekHours(std::array::from_fn(|_| day())),
        exceptions: Vec::new(),
        outside_calendar: false,
    };
    let service = Service {
        id: ServiceId(Uuid::from_u128(99)),
        name: BTreeMap::new(),
        aliases: Vec::new(),
        duration: 30,
        step: Some(15),
        buffer_before: 5,
        buffer_after: 5,
        min_notice: 60,
        max_advance_days: 60,
        price: None,
        needs: vec![Need { any_of: ids.clone() }],
        limits: Limits::default(),
        questions: Vec::new(),
        approval: false,
    };
    Agenda {
        zone,
        locale: "es-MX".to_owned(),
        services: vec![service],
        resources: ids.iter().map(resource).collect(),
        holidays: Vec::new(),
        retired: Retired::default(),
        rules: Rules::default(),
    }
}

/// Every third half hour of everybody, in turns.
fn partly_booked(agenda: &Agenda, now: Timestamp) -> Vec<Appointment> {
    let mut appointments = Vec::new();
    for slot in list(agenda, &[], now) {
        let minute = slot.span.start.micros() / 60_000_000;
        if minute % 30 != 0 {
            continue;
        }
        for (nth, resource) in agenda.resources.iter().enumerate().filter(|(nth, _)| (minute / 30 + *nth as i64) % 3 == 0) {
            appointments.push(appointment(appointments.len() * 32 + nth, resource.id, &slot, now));
        }
    }
    appointments
}

fn appointment(nth: usize, resource: ResourceId, slot: &Slot, now: Timestamp) -> Appointment {
    Appointment {
        id: AppointmentId(Uuid::from_u128(nth as u128)),
        version: 1,
        status: Status::Confirmed,
        service: slot.service,
        span: slot.span,
        seats: vec![Seat { resource, number: 1 }],
        buffer_before: 5,
        buffer_after: 5,
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
        zone: String::new(),
        local_start: String::new(),
        told: None,
        reason: None,
        generation: 0,
        request_key: None,
        created_at: now,
        updated_at: now,
    }
}
