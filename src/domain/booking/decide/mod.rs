//! What an act does to the book: rows to write, jobs for outside calendars, and what to answer. Pure; the caller writes all of it in one
//! transaction or nothing.
//!
//! ```text
//!            hold            confirm                    settled
//!   (none) ───────▶ held ───────────────▶ confirming ───────────▶ confirmed ──▶ completed | no_show
//!                    │ └──▶ expired ──┘        │  └▶ pending_owner ──▶ ▲ │
//!                    └────▶ released           └───▶ failed              └──▶ cancelled
//! ```
//!
//! A move is one new version of the same row; until it is confirmed, a hold that names it stands beside it. Where an outside calendar must be
//! asked again first, the agreed hold waits as `confirming` and is released by the swap; the old time stands until then. Every put names the version that
//! it replaces: should another stand there, the caller reads anew and asks again.

mod answer;
mod cancel;
mod confirm;
mod hold;
mod moving;
mod renew;
mod settle;

pub use renew::renewed;

use crate::domain::booking::act::{Act, Actor, Job, JobKind, Outcome, Purpose, Refusal, Shown};
use crate::domain::booking::agenda::{Agenda, Service};
use crate::domain::booking::appointment::{Appointment, Seat, Status};
use crate::domain::booking::availability::{Ask, nearest};
use crate::domain::booking::book::Book;
use crate::domain::booking::choice::next_handle;
use crate::domain::booking::slot::{Slot, Span};
use crate::domain::ids::{AppointmentId, ResourceId, ServiceId};
use crate::domain::time::Timestamp;
use crate::domain::when::zone::wall;
use std::time::Duration;

/// Alternatives that a refusal brings at the most.
const ALTERNATIVES: usize = 3;

/// What comes of an act.
#[derive(Clone, Debug, PartialEq)]
pub struct Decision {
    /// The answer.
    pub outcome: Outcome,
    /// Rows to write, in this order: what gives a slot back stands before what takes it.
    pub puts: Vec<Put>,
    /// Jobs to write with them, in this order.
    pub jobs: Vec<Job>,
    /// What the conversation was shown now; `None`: as before.
    pub shown: Option<Vec<Shown>>,
    /// Times that are free now, for whoever waits for one. Ask again before offering them.
    pub freed: Vec<Freed>,
}

/// A row to write.
#[derive(Clone, Debug, PartialEq)]
pub struct Put {
    /// The version that stands there now; `None`: there is no such row yet.
    pub before: Option<i64>,
    /// The row as it must stand.
    pub after: Appointment,
}

/// A time that was taken and is not any more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Freed {
    /// What it was taken for.
    pub service: ServiceId,
    /// When.
    pub span: Span,
    /// On which resources.
    pub resources: Vec<ResourceId>,
}

/// Decides an act. `current` is the row that the act names by its id, if there is one.
#[must_use]
pub fn decide(book: &Book<'_>, current: Option<&Appointment>, actor: Actor, act: &Act) -> Decision {
    let case = Case { book, actor };
    let mut decision = decided(case, current, act);
    if case.is_customer() {
        decision.shown = decision.shown.or_else(|| shown_after(case, &decision.outcome, current, act));
    }
    decision
}

/// What a customer stands before after an act: the alternatives of a refusal, to be chosen from; nothing once an appointment stands or is
/// called off, so that an old list is not taken for a new one.
fn shown_after(case: Case<'_>, outcome: &Outcome, current: Option<&Appointment>, act: &Act) -> Option<Vec<Shown>> {
    let (moves, resource) = match act {
        Act::Hold { moves, resource, .. } => (*moves, *resource),
        Act::Confirm { .. } => (current.and_then(|row| row.moves), None),
        Act::Cancel { .. } => (None, None),
        Act::Show { .. }
        | Act::Answer { .. }
        | Act::Book { .. }
        | Act::Move { .. }
        | Act::Set { .. }
        | Act::Settled { .. }
        | Act::Refused { .. }
        | Act::Anew { .. }
        | Act::Join { .. }
        | Act::Leave { .. }
        | Act::Offer { .. } => return None,
    };
    match outcome {
        Outcome::Refused { alternatives, .. } if !alternatives.is_empty() => {
            let one = |(at, slot): (usize, &Slot)| Shown {
                handle: next_handle(case.book.shown, at),
                service: slot.service,
                span: slot.span,
                resource,
                moves,
                purpose: Purpose::Take,
            };
            Some(alternatives.iter().enumerate().map(one).collect())
        }
        Outcome::Done { appointment, .. } if appointment.status != Status::Held => Some(Vec::new()),
        Outcome::Done { .. } | Outcome::Refused { .. } | Outcome::Shown { .. } | Outcome::Waiting { .. } => None,
    }
}

fn decided(case: Case<'_>, current: Option<&Appointment>, act: &Act) -> Decision {
    match act {
        Act::Show { shown } => Decision { shown: Some(shown.clone()), ..Decision::of(Outcome::Shown { shown: shown.clone() }) },
        Act::Hold { .. } | Act::Book { .. } | Act::Offer { .. } => hold::decide(case, current, act),
        Act::Answer { key, answer, .. } => case.with(current, |row| answer::decide(case, row, key, answer)),
        Act::Confirm { name, .. } => case.with(current, |row| confirm::decide(case, row, name.as_deref())),
        Act::Move { version, start, resource, .. } => case.with(current, |row| moving::decide(case, row, *version, *start, *resource)),
        Act::Cancel { version, reason, .. } => case.with(current, |row| cancel::decide(case, row, *version, reason)),
        Act::Set { status, reason, .. } => case.inside(current, |row| settle::set(case, row, *status, reason.as_deref())),
        Act::Settled { generation, .. } => case.inside(current, |row| settle::settled(case, row, *generation)),
        Act::Refused { generation, reason, .. } => case.inside(current, |row| settle::refused(case, row, *generation, reason)),
        Act::Anew { generation, .. } => case.inside(current, |row| settle::anew(case, row, *generation)),
        // The line is no part of the book: `waiting` decides these.
        Act::Join { .. } | Act::Leave { .. } => Decision::refused(Refusal::WrongState, None),
    }
}

/// Says what a job of the calendar worker comes to, now that the row stands as it does: a job may be old, and an event that nobody wants any
/// more must go, also if it was just made. A row that is gone wants nothing.
#[must_use]
pub fn job_now(job: &Job, row: Option<&Appointment>) -> JobKind {
    let wanted = row.is_some_and(|row| {
        row.generation == job.generation
            && match row.status {
                Status::Confirming | Status::PendingOwner | Status::Confirmed | Status::Completed | Status::NoShow => true,
                Status::Held | Status::Cancelled | Status::Expired | Status::Released | Status::Failed => false,
            }
    });
    if wanted { job.kind } else { JobKind::Delete }
}

/// Who asks, and what is known.
#[derive(Clone, Copy)]
struct Case<'a> {
    book: &'a Book<'a>,
    actor: Actor,
}

impl<'a> Case<'a> {
    const fn now(self) -> Timestamp {
        self.book.now
    }

    const fn agenda(self) -> &'a Agenda {
        self.book.agenda
    }

    const fn is_customer(self) -> bool {
        matches!(self.actor, Actor::Contact { .. })
    }

    /// Returns true if the caller may see an appointment at all.
    fn owns(self, row: &Appointment) -> bool {
        match self.actor {
            Actor::Contact { contact, conversation } => {
                row.contact == Some(contact) || (row.contact.is_none() && row.conversation == Some(conversation))
            }
            Actor::People { .. } | Actor::System => true,
        }
    }

    /// Goes on with a row that the caller may see.
    fn with(self, row: Option<&Appointment>, go: impl FnOnce(&Appointment) -> Decision) -> Decision {
        match row.filter(|row| self.owns(row)) {
            Some(row) => go(row),
            None => Decision::refused(Refusal::NotFound, None),
        }
    }

    /// Goes on with an act that is not for customers.
    fn inside(self, row: Option<&Appointment>, go: impl FnOnce(&Appointment) -> Decision) -> Decision {
        self.with(row.filter(|_| !self.is_customer()), go)
    }

    /// Refuses, and says what is free instead.
    fn refuse(self, why: Refusal, row: Option<&Appointment>, ask: &Ask, start: Timestamp) -> Decision {
        let mut alternatives = nearest(self.book, ask, start, ALTERNATIVES);
        // The nearest ones, read as a calendar is.
        alternatives.sort_by_key(|slot| slot.span.start);
        Decision::of(Outcome::Refused { why, alternatives, appointment: row.cloned().map(Box::new) })
    }

    /// Returns why a customer may not change an appointment that stands, if so.
    fn too_late(self, row: &Appointment) -> Option<Refusal> {
        if !self.is_customer() {
            return None;
        }
        let hours = u64::from(self.agenda().rules.change_until_hours);
        if row.span.start <= self.now() {
            return Some(Refusal::Past);
        }
        (self.now() > row.span.start.before(Duration::from_secs(3_600 * hours))).then_some(Refusal::TooLate)
    }

    /// Returns the next version of a row.
    fn next(self, row: &Appointment, status: Status) -> Appointment {
        debug_assert!(row.status.may_become(status), "{:?} to {status:?}", row.status);
        let told = if self.is_customer() { Some(status.as_str().to_owned()) } else { row.told.clone() };
        Appointment { version: row.version + 1, status, told, updated_at: self.now(), ..row.clone() }
    }

    /// Returns a hold, or a move that was agreed and waits, that is no longer wanted as it must stand.
    fn given_back(self, row: &Appointment) -> Appointment {
        let status = if row.protects_at(self.now()) { Status::Released } else { Status::Expired };
        Appointment { told: row.told.clone(), ..self.next(row, status) }
    }

    /// Writes the time of an appointment, as instants and as it is named to the customer.
    fn place(self, row: &mut Appointment, service: &Service, start: Timestamp, seats: Vec<Seat>) {
        row.span = Span { start, end: start.after(Duration::from_secs(60 * u64::from(service.duration))) };
        row.seats = seats;
        row.buffer_before = service.buffer_before;
        row.buffer_after = service.buffer_after;
        row.zone = self.agenda().zone.name().to_owned();
        row.local_start = wall(self.agenda().zone, start).format("%Y-%m-%dT%H:%M").to_string();
    }

    /// Returns the resources of an appointment whose outside calendars must have it, sorted.
    fn outside(self, seats: &[Seat]) -> Vec<ResourceId> {
        let has = |id: &ResourceId| self.agenda().any_resource(*id).is_some_and(|resource| resource.outside_calendar);
        let mut ids: Vec<ResourceId> = seats.iter().map(|seat| seat.resource).filter(has).collect();
        ids.sort_unstable();
        ids
    }

    /// Returns where an appointment stands once its customer has agreed; a calendar's first event is its generation 1.
    fn agreed(self, row: &mut Appointment, approval: bool) -> Option<Job> {
        let outside = !self.outside(&row.seats).is_empty();
        row.status = match (approval, outside) {
            (true, _) => Status::PendingOwner,
            (false, true) => Status::Confirming,
            (false, false) => Status::Confirmed,
        };
        row.generation = if row.status == Status::Confirming { row.generation.max(1) } else { row.generation };
        (row.status == Status::Confirming).then(|| Job::of(JobKind::Create, row))
    }

    /// Flips the holds whose time has run out and that still stand where something is to be written.
    fn flip(self, decision: &mut Decision, seats: &[Seat], span: Span, but: &Appointment) {
        let meets = |row: &Appointment| row.seats.iter().any(|seat| seats.iter().any(|taken| taken.resource == seat.resource));
        let stale = |row: &&Appointment| row.status == Status::Held && !row.protects_at(self.now()) && row.span.overlaps(span);
        for row in self.book.appointments.iter().filter(stale).filter(|row| row.id != but.id && meets(row)) {
            if !decision.puts.iter().any(|put| put.after.id == row.id) {
                decision.puts.push(Put { before: Some(row.version), after: self.given_back(row) });
            }
        }
    }
}

impl Job {
    fn of(kind: JobKind, row: &Appointment) -> Self {
        Self { kind, appointment: row.id, version: row.version, generation: row.generation }
    }
}

impl Decision {
    const fn of(outcome: Outcome) -> Self {
        Self { outcome, puts: Vec::new(), jobs: Vec::new(), shown: None, freed: Vec::new() }
    }

    /// Refuses without alternatives.
    fn refused(why: Refusal, row: Option<&Appointment>) -> Self {
        Self::of(Outcome::Refused { why, alternatives: Vec::new(), appointment: row.cloned().map(Box::new) })
    }

    /// Answers that a row stands as it stood: a repeat.
    fn unchanged(row: &Appointment) -> Self {
        Self::of(Outcome::Done { appointment: Box::new(row.clone()), moved_from: None, changed: false })
    }

    /// Answers with a row as it will stand; it is not written yet.
    fn done(row: &Appointment, moved_from: Option<Span>) -> Self {
        Self::of(Outcome::Done { appointment: Box::new(row.clone()), moved_from, changed: true })
    }

    /// Writes a changed row, and notes what it sets free.
    fn put(&mut self, before: &Appointment, after: Appointment) {
        if before.status.protects() && (!after.status.protects() || after.span != before.span || after.seats != before.seats) {
            let resources = before.seats.iter().map(|seat| seat.resource).collect();
            self.freed.push(Freed { service: before.service, span: before.span, resources });
        }
        self.puts.push(Put { before: Some(before.version), after });
    }
}

/// Returns the moves of an appointment that are under way: held, or agreed and waiting for an outside calendar.
fn moves_of<'a>(case: Case<'a>, id: AppointmentId) -> impl Iterator<Item = &'a Appointment> {
    let under_way = |row: &&Appointment| matches!(row.status, Status::Held | Status::Confirming | Status::PendingOwner);
    case.book.appointments.iter().filter(under_way).filter(move |row| row.moves == Some(id))
}

/// Returns the slots' own type for a question about the row's service, as far as its customer is concerned.
fn ask_of(row: &Appointment) -> Ask {
    Ask { group: Some(row.group()), contact: row.contact, ..Ask::of(row.service) }
}

/// Returns the alternatives of an outcome.
#[must_use]
pub fn alternatives(outcome: &Outcome) -> &[Slot] {
    match outcome {
        Outcome::Refused { alternatives, .. } => alternatives,
        Outcome::Done { .. } | Outcome::Shown { .. } | Outcome::Waiting { .. } => &[],
    }
}
