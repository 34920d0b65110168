//! Holding a slot, and booking at once.

use crate::domain::booking::act::{Act, Actor, Job, Refusal, Who};
use crate::domain::booking::appointment::{Appointment, Seat, Status};
use crate::domain::booking::availability::{Ask, Choice, judge};
use crate::domain::booking::decide::{Case, Decision, Freed, Put};
use crate::domain::booking::slot::Span;
use crate::domain::booking::waiting::offer_key;
use crate::domain::ids::{AppointmentId, ResourceId, ServiceId};
use crate::domain::time::Timestamp;
use std::time::Duration;

/// What is asked for, by a hold or at once.
struct Request {
    id: AppointmentId,
    service: ServiceId,
    start: Timestamp,
    resource: Option<ResourceId>,
    moves: Option<AppointmentId>,
    who: Who,
    key: Option<String>,
    at_once: bool,
    /// Offered to somebody who waits: it lasts as long as the rules say for that.
    offered: bool,
}

impl Request {
    /// Reads an act; a customer asks for nobody but themselves.
    fn of(actor: Actor, act: &Act) -> Option<Self> {
        let mut request = match act.clone() {
            Act::Hold { id, service, start, resource, moves, who, request_key } => {
                Self { id, service, start, resource, moves, who, key: request_key, at_once: false, offered: false }
            }
            Act::Book { id, service, start, resource, who, request_key } => {
                Self { id, service, start, resource, moves: None, who, key: request_key, at_once: true, offered: false }
            }
            Act::Offer { id, entry, service, start, resource, moves, who } if actor == Actor::System => {
                Self { id, service, start, resource, moves, who, key: Some(offer_key(entry, id)), at_once: false, offered: true }
            }
            Act::Show { .. }
            | Act::Answer { .. }
            | Act::Confirm { .. }
            | Act::Move { .. }
            | Act::Cancel { .. }
            | Act::Set { .. }
            | Act::Settled { .. }
            | Act::Refused { .. }
            | Act::Anew { .. }
            | Act::Join { .. }
            | Act::Leave { .. }
            | Act::Offer { .. } => return None,
        };
        if let Actor::Contact { contact, conversation } = actor {
            request.who.contact = Some(contact);
            request.who.conversation = Some(conversation);
        }
        Some(request)
    }

    /// Returns true if a row is what this very request once made.
    fn made(&self, row: &Appointment) -> bool {
        row.service == self.service
            && row.span.start == self.start
            && row.moves == self.moves
            && (self.who.contact.is_none() || row.contact == self.who.contact)
            && self.resource.is_none_or(|resource| row.seats.iter().any(|seat| seat.resource == resource))
    }

    /// Returns true if a hold must be given back for this one: one live hold a conversation, one a customer and service, one a move.
    fn replaces(&self, row: &Appointment) -> bool {
        let who = &self.who;
        row.status == Status::Held
            && !self.at_once
            && ((who.conversation.is_some() && row.conversation == who.conversation)
                || (who.contact.is_some() && row.contact == who.contact && row.service == self.service)
                || (self.moves.is_some() && row.moves == self.moves))
    }

    fn choice(&self) -> Choice {
        self.resource.map_or(Choice::Any, Choice::With)
    }
}

/// Decides a hold, or a booking at once.
pub(super) fn decide(case: Case<'_>, current: Option<&Appointment>, act: &Act) -> Decision {
    let Some(request) = Request::of(case.actor, act) else { return Decision::refused(Refusal::WrongState, None) };
    let case = case.on_behalf(&request);
    if let Some(decision) = repeat(case, current, &request) {
        return decision;
    }
    let apart: Vec<&Appointment> = case.book.appointments.iter().filter(|row| request.replaces(row)).collect();
    // What a customer is deciding about is not taken from them by an offer.
    if let Some(other) = apart.iter().find(|row| request.offered && row.protects_at(case.now())) {
        return Decision::refused(Refusal::WrongState, Some(other));
    }
    let ask = Ask {
        service: request.service,
        choice: request.choice(),
        group: request.moves,
        apart: apart.iter().map(|row| row.id).collect(),
        contact: request.who.contact,
    };
    let moved = match moved(case, &request, &ask) {
        Ok(moved) => moved,
        Err(decision) => return *decision,
    };
    if too_many(case) {
        return case.refuse(Refusal::TooMany, None, &ask, request.start);
    }
    let seats = match seats(case, &ask, moved, request.start) {
        Ok(seats) => seats,
        Err(why) => return case.refuse(why, None, &ask, request.start),
    };
    let Some((row, job)) = row(case, &request, moved, seats) else { return Decision::refused(Refusal::UnknownService, None) };
    let mut decision = Decision::done(&row, None);
    for old in apart {
        decision.put(old, case.given_back(old));
    }
    case.flip(&mut decision, &row.seats, row.span, &row);
    let taken_again =
        |freed: &Freed| freed.span == row.span && freed.resources.iter().all(|id| row.seats.iter().any(|s| s.resource == *id));
    decision.freed.retain(|freed| !taken_again(freed));
    decision.jobs.extend(job);
    decision.puts.push(Put { before: None, after: row });
    decision
}

impl<'a> Case<'a> {
    /// An offer may do no more than the customer who waits could do: move what is theirs, while it may be moved, a few times a day.
    fn on_behalf(self, request: &Request) -> Self {
        match (request.offered, request.who.contact, request.who.conversation) {
            (true, Some(contact), Some(conversation)) => Self { actor: Actor::Contact { contact, conversation }, ..self },
            _ => self,
        }
    }
}

/// Answers a request that was made before.
fn repeat(case: Case<'_>, current: Option<&Appointment>, request: &Request) -> Option<Decision> {
    let named = |row: &&Appointment| row.id == request.id || (request.key.is_some() && row.request_key == request.key);
    let row = current.or_else(|| case.book.appointments.iter().find(named))?;
    if case.owns(row) && request.made(row) {
        return Some(Decision::unchanged(row));
    }
    Some(Decision::refused(Refusal::KeyReused, Some(row).filter(|row| case.owns(row))))
}

/// Returns the appointment that would be moved, if it can be.
fn moved<'a>(case: Case<'a>, request: &Request, ask: &Ask) -> Result<Option<&'a Appointment>, Box<Decision>> {
    let Some(id) = request.moves else { return Ok(None) };
    let row = case.book.appointments.iter().find(|row| row.id == id && case.owns(row));
    let Some(row) = row else { return Err(Box::new(Decision::refused(Refusal::NotFound, None))) };
    if row.status != Status::Confirmed || row.service != request.service {
        return Err(Box::new(case.refuse(Refusal::WrongState, Some(row), ask, request.start)));
    }
    // What an owner has approved, an owner moves.
    let approved = case.is_customer() && case.agenda().service(row.service).is_some_and(|service| service.approval);
    let why = case.too_late(row).or_else(|| approved.then_some(Refusal::TooLate));
    why.map_or(Ok(Some(row)), |why| Err(Box::new(Decision::refused(why, Some(row)))))
}

/// Judges a start; an appointment that is moved stays with whom it is, if that can be.
pub(super) fn seats(case: Case<'_>, ask: &Ask, moved: Option<&Appointment>, start: Timestamp) -> Result<Vec<Seat>, Refusal> {
    if let (Some(row), Choice::Any) = (moved, &ask.choice) {
        let same = Choice::Only(row.seats.iter().map(|seat| seat.resource).collect());
        if let Ok(seats) = judge(case.book, &Ask { choice: same, ..ask.clone() }, start) {
            return Ok(seats);
        }
    }
    judge(case.book, ask, start)
}

/// Returns true if a customer has made enough holds for a day.
fn too_many(case: Case<'_>) -> bool {
    let Actor::Contact { contact, conversation } = case.actor else { return false };
    let since = case.now().before(Duration::from_hours(24));
    let own = |row: &&Appointment| row.contact == Some(contact) || row.conversation == Some(conversation);
    let made = case.book.appointments.iter().filter(own).filter(|row| row.created_at > since).count();
    made >= usize::try_from(case.agenda().rules.holds_per_day).unwrap_or(usize::MAX)
}

/// Makes the row.
fn row(case: Case<'_>, request: &Request, moved: Option<&Appointment>, seats: Vec<Seat>) -> Option<(Appointment, Option<Job>)> {
    let service = case.agenda().service(request.service)?;
    let rules = &case.agenda().rules;
    let minutes = if request.offered { rules.waitlist_minutes } else { rules.hold_minutes };
    let ends = case.now().after(Duration::from_secs(60 * u64::from(minutes)));
    let ends = if request.offered { ends.min(request.start) } else { ends };
    let who = request.who.clone();
    let mut row = Appointment {
        id: request.id,
        version: 1,
        status: Status::Held,
        service: request.service,
        span: Span { start: request.start, end: request.start },
        seats: Vec::new(),
        buffer_before: 0,
        buffer_after: 0,
        hold_expires_at: (!request.at_once).then_some(ends),
        renewed: 0,
        moves: request.moves,
        contact: who.contact.or_else(|| moved.and_then(|row| row.contact)),
        conversation: who.conversation,
        name: who.name,
        phone: who.phone,
        email: who.email,
        answers: who.answers,
        language: who.language,
        zone: String::new(),
        local_start: String::new(),
        told: None,
        reason: None,
        generation: 0,
        request_key: request.key.clone(),
        created_at: case.now(),
        updated_at: case.now(),
    };
    if !request.at_once {
        row.reach_by_answers(&service.questions);
    }
    case.place(&mut row, service, request.start, seats);
    let job = if request.at_once { case.agreed(&mut row, service.approval) } else { None };
    // What is offered, nobody has asked for: its news tells it, and it keeps the limit that it is offered with.
    row.told = (case.is_customer() && !request.offered).then(|| row.status.as_str().to_owned());
    Some((row, job))
}
