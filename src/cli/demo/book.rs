//! The first appointments of the demo's clinic: a week around today, the same for everybody on the same day.
//!
//! They go through the same door as everybody's: what the book refuses (a holiday, a Sunday) is left out. Never touches a day that has some.

use super::clinic::Clinic;
use crate::domain::booking::act::Who;
use crate::domain::booking::slot::day;
use crate::domain::booking::{Act, Actor, Agenda, Outcome, Service, Span, Status};
use crate::domain::ids::{AppointmentId, TenantId};
use crate::domain::language::Language;
use crate::domain::time::Timestamp;
use crate::domain::when::zone::{later, opening, wall};
use crate::ports::bookings::{Bookings, Filter};
use crate::ports::ids::IdSource;
use chrono::{Datelike, NaiveDate, NaiveTime, Weekday};
use std::collections::HashSet;
use std::time::Duration;

/// The days of the week, counted from the first one, three days ago.
const DAYS: u64 = 8;
const BEFORE: Duration = Duration::from_hours(3 * 24);
/// How long before its day an appointment was made.
const EARLIER: Duration = Duration::from_hours(4 * 24);

/// A time of the day, what is done then, and with whom.
type Plan = [(u32, u32, &'static str, &'static str); 4];

const PLANS: [Plan; 3] = [
    [
        (9, 0, "visit", "Dra. Marina Valdés"),
        (10, 0, "cleaning", "Lucía Amaya"),
        (12, 30, "whitening", "Dr. Óscar Leyva"),
        (16, 30, "braces", "Dra. Marina Valdés"),
    ],
    [
        (9, 30, "cleaning", "Lucía Amaya"),
        (11, 0, "visit", "Dr. Óscar Leyva"),
        (13, 0, "braces", "Dra. Marina Valdés"),
        (17, 0, "visit", "Dr. Óscar Leyva"),
    ],
    [
        (10, 15, "braces", "Dra. Marina Valdés"),
        (11, 30, "cleaning", "Lucía Amaya"),
        (12, 15, "xray", "Dr. Óscar Leyva"),
        (16, 0, "whitening", "Dra. Marina Valdés"),
    ],
];

/// A Saturday on which nobody is free for a whitening any more: some wait for it.
const SATURDAY: Plan = [
    (9, 0, "whitening", "Dr. Óscar Leyva"),
    (10, 15, "whitening", "Dr. Óscar Leyva"),
    (11, 30, "whitening", "Dr. Óscar Leyva"),
    (12, 45, "whitening", "Dr. Óscar Leyva"),
];

/// Returns the Saturday that some wait for: far enough off that what becomes free on it can still be taken.
pub(super) fn full_day(today: NaiveDate) -> NaiveDate {
    let mut day = later(today, 2);
    while day.weekday() != Weekday::Sat {
        day = later(day, 1);
    }
    day
}

/// Who writes, where and when.
pub(super) struct Scribe<'a> {
    pub book: &'a dyn Bookings,
    pub ids: &'a dyn IdSource,
    pub tenant: TenantId,
    pub agenda: &'a Agenda,
    pub now: Timestamp,
}

/// Fills the days of the week that have no appointment yet.
pub(super) async fn seed(it: &Scribe<'_>, clinic: &Clinic) -> anyhow::Result<()> {
    let first = wall(it.agenda.zone, it.now.before(BEFORE)).date();
    let full = full_day(wall(it.agenda.zone, it.now).date());
    let end = later(first, DAYS).max(full);
    let within = Span { start: day(it.agenda.zone, first).start, end: day(it.agenda.zone, end).end };
    let there = it.book.appointments(it.tenant, Filter { within: Some(within), limit: 1_000, ..Filter::default() }).await?;
    let taken: HashSet<NaiveDate> = there.iter().map(|row| wall(it.agenda.zone, row.span.start).date()).collect();
    let week = (0..DAYS).map(|days| later(first, days)).filter(|date| *date != full);
    for date in week.chain([full]).filter(|date| !taken.contains(date)) {
        it.day(date, clinic).await?;
    }
    Ok(())
}

impl Scribe<'_> {
    async fn day(&self, date: NaiveDate, clinic: &Clinic) -> anyhow::Result<()> {
        let number = usize::try_from(date.num_days_from_ce()).unwrap_or_default();
        let saturday = date.weekday() == Weekday::Sat;
        let Some(plan) = PLANS.get(number % PLANS.len()).map(|plan| if saturday { &SATURDAY } else { plan }) else { return Ok(()) };
        for (place, (hour, minute, key, person)) in plan.iter().enumerate() {
            let customer = (number * plan.len() + place) % clinic.customers.len().max(1);
            let (Some(service), Some(name)) = (self.service(clinic, key), clinic.customers.get(customer)) else { continue };
            let start = date.and_time(NaiveTime::from_hms_opt(*hour, *minute, 0).unwrap_or_default());
            let start = opening(self.agenda.zone, start);
            let who =
                Who { name: Some(name.clone()), phone: Some(format!("662 555 01{customer:02}")), language: Language::Es, ..Who::default() };
            let act = Act::Book {
                id: AppointmentId(self.ids.uuid()),
                service: service.id,
                start,
                resource: self.agenda.resources.iter().find(|resource| resource.name == *person).map(|resource| resource.id),
                who,
                request_key: Some(format!("demo:{date}:{place}")),
            };
            let made = self.book.act(self.tenant, Actor::System, act, self.now.min(start.before(EARLIER))).await?;
            self.end(&made, if saturday { 0 } else { (number + place) % 7 }).await?;
        }
        Ok(())
    }

    /// Lets what is over have ended: nearly everybody came.
    async fn end(&self, made: &Outcome, lot: usize) -> anyhow::Result<()> {
        let Outcome::Done { appointment, .. } = made else { return Ok(()) };
        let (id, version) = (appointment.id, None);
        let act = match (appointment.span.end <= self.now, lot) {
            (true, 3) => Act::Set { id, status: Status::NoShow, reason: None },
            (true, _) => Act::Set { id, status: Status::Completed, reason: None },
            (false, 5) => Act::Cancel { id, version, reason: "customer".to_owned() },
            (false, _) => return Ok(()),
        };
        self.book.act(self.tenant, Actor::System, act, self.now).await?;
        Ok(())
    }

    /// Finds a service of the seed among what is offered, by its Spanish name.
    fn service(&self, clinic: &Clinic, key: &str) -> Option<&Service> {
        let seed = clinic.services.iter().find(|service| service.key == key)?;
        self.agenda.services.iter().find(|service| service.name.get("es") == seed.name.get("es"))
    }
}
