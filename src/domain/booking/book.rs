//! The book that a decision is made on: rows that a store has loaded and, where something is to be written, locked.
//!
//! [`reach`] and [`reach_of`] say which rows these must be; with fewer a decision may be wrong, with more it is the same.

use crate::domain::booking::act::{Act, Actor, Shown, Who};
use crate::domain::booking::agenda::{Agenda, Service};
use crate::domain::booking::appointment::Appointment;
use crate::domain::booking::slot::{Busy, Span, Wanted, weeks};
use crate::domain::booking::waiting::offer_key;
use crate::domain::ids::{AppointmentId, ContactId, ConversationId, ResourceId, ServiceId};
use crate::domain::time::Timestamp;
use crate::domain::when::zone::{later, start_of_day, wall};
use std::time::Duration;

/// How far before and after a refused time alternatives are looked for.
pub const AROUND: Duration = Duration::from_hours(7 * 24);
/// The longest service or buffer that is allowed for.
const LONGEST: Duration = Duration::from_hours(24);

/// What a tenant's store knows that bears on a question. Rows may come in any order, in any state, and more than asked for.
#[derive(Clone, Copy, Debug)]
pub struct Book<'a> {
    /// What is offered, when.
    pub agenda: &'a Agenda,
    /// Appointments and holds of the tenant, each once.
    pub appointments: &'a [Appointment],
    /// Outside calendars, without the events that are our own. A resource that has one and is missing here is unknown.
    pub busy: &'a [Busy],
    /// What was shown last in the conversation.
    pub shown: &'a [Shown],
    /// The present.
    pub now: Timestamp,
}

/// What a store must load for a question, and lock for an act. An appointment belongs to it if any part names it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reach {
    /// Resources, sorted: locked in this order for an act. Their outside calendars are needed over `span`.
    pub resources: Vec<ResourceId>,
    /// Appointments that overlap this and take one of the resources or are of the service: protecting, completed or no-show.
    pub span: Option<Span>,
    /// The service whose limits count.
    pub service: Option<ServiceId>,
    /// Rows of this contact that protect (at any time), or were made within 24 hours, whatever they are.
    pub contact: Option<ContactId>,
    /// Rows of this conversation that are held, or were made within 24 hours, whatever they are.
    pub conversation: Option<ConversationId>,
    /// This row, and the holds that would move it.
    pub group: Option<AppointmentId>,
    /// The row with this key.
    pub request_key: Option<String>,
}

impl Reach {
    /// Returns what is needed of an act's reach to decide, without the weeks in which alternatives are looked for. What is carried out on it is
    /// right; a refusal is right but for its alternatives.
    #[must_use]
    pub fn narrow(&self) -> Self {
        // Weeks in which clocks change differ in length: an hour is left to each side.
        let less = AROUND.saturating_sub(Duration::from_hours(2));
        let span = self.span.map(|span| Span { start: span.start.after(less), end: span.end.before(less) });
        Self { span, ..self.clone() }
    }
}

/// Returns what a list needs; `None`: nothing, for nothing can be listed.
#[must_use]
pub fn reach_of(agenda: &Agenda, wanted: &Wanted, now: Timestamp) -> Option<Reach> {
    let service = agenda.service(wanted.service)?;
    let within = Span { start: wanted.within.start.max(now), end: wanted.within.end.min(window_end(agenda, service, now)) };
    (within.start < within.end).then(|| Reach { group: wanted.moving, ..over(agenda, service, within) })
}

/// Returns the first instant that can no longer be booked: the end of the last local day of a service's window.
#[must_use]
pub fn window_end(agenda: &Agenda, service: &Service, now: Timestamp) -> Timestamp {
    let days = u64::from(service.max_advance_days.min(3_660)) + 1;
    start_of_day(agenda.zone, later(wall(agenda.zone, now).date(), days))
}

/// Returns what an act needs besides the row that it names; `None`: nothing.
///
/// `current` is that row. It must be read again under the locks: should another version stand there, its reach is asked for anew.
#[must_use]
pub fn reach(agenda: &Agenda, actor: Actor, act: &Act, current: Option<&Appointment>) -> Option<Reach> {
    let at = |service: ServiceId, start: Timestamp| {
        let around = Span { start: start.before(AROUND), end: start.after(AROUND) };
        agenda.service(service).map_or_else(Reach::default, |service| over(agenda, service, around))
    };
    let customer = |who: &Who| match actor {
        Actor::Contact { contact, conversation } => (Some(contact), Some(conversation)),
        Actor::People { .. } | Actor::System => (who.contact, who.conversation),
    };
    let mut reach = match act {
        Act::Hold { service, start, moves, who, request_key, .. } => Reach {
            contact: customer(who).0,
            conversation: customer(who).1,
            group: *moves,
            request_key: request_key.clone(),
            ..at(*service, *start)
        },
        Act::Book { service, start, who, request_key, .. } => {
            Reach { contact: customer(who).0, conversation: customer(who).1, request_key: request_key.clone(), ..at(*service, *start) }
        }
        Act::Confirm { .. } => {
            let row = current?;
            Reach { contact: row.contact, group: Some(row.group()), ..at(row.service, row.span.start) }
        }
        Act::Move { start, .. } => {
            let row = current?;
            Reach { contact: row.contact, group: Some(row.group()), ..at(row.service, *start) }
        }
        Act::Answer { .. } | Act::Cancel { .. } => Reach { group: Some(current?.id), ..Reach::default() },
        Act::Set { .. } | Act::Settled { .. } | Act::Refused { .. } | Act::Anew { .. } => {
            // Only a move that waits touches more than its own row.
            let moved = current?.moves?;
            Reach { group: Some(moved), ..Reach::default() }
        }
        Act::Offer { id, entry, service, start, moves, who, .. } => Reach {
            contact: who.contact,
            conversation: who.conversation,
            group: *moves,
            request_key: Some(offer_key(*entry, *id)),
            ..at(*service, *start)
        },
        Act::Show { .. } | Act::Join { .. } | Act::Leave { .. } => return None,
    };
    reach.resources.extend(current.into_iter().flat_map(|row| row.seats.iter().map(|seat| seat.resource)));
    reach.resources.sort_unstable();
    reach.resources.dedup();
    Some(reach)
}

/// Returns what a service needs so that starts within a span can be judged: whole local weeks, for limits and for the choice.
fn over(agenda: &Agenda, service: &Service, within: Span) -> Reach {
    let whole = weeks(agenda.zone, within);
    let mut resources: Vec<ResourceId> = service.resources().collect();
    resources.sort_unstable();
    resources.dedup();
    let buffers = agenda.services.iter().map(|service| service.buffer_before.max(service.buffer_after)).max().unwrap_or(0);
    let margin = LONGEST + LONGEST.max(Duration::from_secs(60 * u64::from(buffers)));
    let span = Span { start: whole.start.before(margin), end: whole.end.after(margin) };
    Reach { resources, span: Some(span), service: Some(service.id), ..Reach::default() }
}
