//! The customer's yes to a hold, also a late one and a repeated one.

use crate::domain::booking::act::{Job, JobKind, Refusal};
use crate::domain::booking::agenda::Service;
use crate::domain::booking::appointment::{Appointment, Seat, Status};
use crate::domain::booking::availability::{Ask, Choice, judge};
use crate::domain::booking::decide::{Case, Decision, ask_of, moves_of, moving};
use crate::domain::booking::questions::answered;

/// Decides a confirmation. A name that was missing comes with it.
pub(super) fn decide(case: Case<'_>, row: &Appointment, name: Option<&str>) -> Decision {
    let named = Appointment { name: row.name.clone().or_else(|| name.map(str::to_owned)), ..row.clone() };
    agreed_to(case, &named)
}

fn agreed_to(case: Case<'_>, row: &Appointment) -> Decision {
    let refuse = |why| case.refuse(why, Some(row), &ask_of(row), row.span.start);
    match row.status {
        Status::Held | Status::Expired => {}
        Status::Confirming | Status::PendingOwner | Status::Confirmed => return Decision::unchanged(row),
        Status::Released => return moved_already(case, row).unwrap_or_else(|| refuse(Refusal::HoldGone)),
        Status::Cancelled | Status::Completed | Status::NoShow | Status::Failed => return refuse(Refusal::WrongState),
    }
    if !row.protects_at(case.now())
        && let Some(done) = moved_already(case, row)
    {
        return done;
    }
    if row.span.start <= case.now() {
        return refuse(Refusal::Past);
    }
    let Some(service) = case.agenda().service(row.service) else { return refuse(Refusal::UnknownService) };
    // A move asks nothing: what was answered once stays.
    if row.moves.is_none() && !answered(&service.questions, &row.answers) {
        return Decision::refused(Refusal::QuestionOpen, Some(row));
    }
    if let Some(decision) = not_any_more(case, row) {
        return decision;
    }
    let Some(seats) = seats(case, row) else { return refuse(Refusal::HoldGone) };
    if row.moves.is_some() {
        return moved(case, row, service, seats).unwrap_or_else(|| refuse(Refusal::WrongState));
    }
    agree(case, row, service, seats)
}

/// Returns the seats: those of a live hold, or the same resources once more if they are still free.
fn seats(case: Case<'_>, row: &Appointment) -> Option<Vec<Seat>> {
    if row.protects_at(case.now()) {
        return Some(row.seats.clone());
    }
    let same = Choice::Only(row.seats.iter().map(|seat| seat.resource).collect());
    judge(case.book, &Ask { choice: same, ..ask_of(row) }, row.span.start).ok()
}

/// Makes an appointment of a hold.
fn agree(case: Case<'_>, row: &Appointment, service: &Service, seats: Vec<Seat>) -> Decision {
    let mut after = row.clone();
    let live = row.protects_at(case.now());
    if !live {
        case.place(&mut after, service, row.span.start, seats);
    }
    let job = case.agreed(&mut after, service.approval);
    let next = case.next(row, after.status);
    let after = Appointment { hold_expires_at: None, version: next.version, told: next.told, updated_at: next.updated_at, ..after };
    let mut decision = Decision::done(&after, None);
    if !live {
        case.flip(&mut decision, &after.seats, after.span, &after);
    }
    decision.jobs.extend(job.map(|job| Job { version: after.version, ..job }));
    decision.put(row, after);
    decision
}

/// Refuses a yes to a move that may not be made any more: the limit for changes has passed, or the appointment is not the one of which the
/// question spoke. No version is stored with a hold: whatever was written of the appointment since the hold was made came after the question.
fn not_any_more(case: Case<'_>, hold: &Appointment) -> Option<Decision> {
    let id = hold.moves?;
    let old = case.book.appointments.iter().find(|row| row.id == id && case.owns(row))?;
    let changed = old.status == Status::Confirmed && old.updated_at > hold.created_at;
    let why = if changed { Some(Refusal::Stale) } else { case.too_late(old) };
    why.map(|why| Decision::refused(why, Some(old)))
}

/// Moves an appointment at once, or lets the move wait for its outside calendars.
fn moved(case: Case<'_>, hold: &Appointment, service: &Service, seats: Vec<Seat>) -> Option<Decision> {
    if case.outside(&seats).is_empty() {
        return swap(case, hold, service, seats);
    }
    // It must be possible now: what cannot be moved is not promised either.
    swap(case, hold, service, seats.clone()).map(|_| wait(case, hold, service, seats))
}

/// Gives an appointment the time of the hold that moves it; the hold is done with.
fn swap(case: Case<'_>, hold: &Appointment, service: &Service, seats: Vec<Seat>) -> Option<Decision> {
    let old = case.book.appointments.iter().find(|row| Some(row.id) == hold.moves && case.owns(row))?;
    if old.status != Status::Confirmed || old.service != hold.service || old.span.start <= case.now() {
        return None;
    }
    let mut with = old.clone();
    with.name = hold.name.clone().or(with.name);
    with.phone = hold.phone.clone().or(with.phone);
    with.email = hold.email.clone().or(with.email);
    with.answers.extend(hold.answers.clone());
    with.conversation = hold.conversation.or(with.conversation);
    Some(moving::swapped(case, &with, service, hold.span.start, seats, Some(hold)))
}

/// Lets an agreed move wait until the outside calendars have been asked once more: the old time stands, the new one is kept.
fn wait(case: Case<'_>, hold: &Appointment, service: &Service, seats: Vec<Seat>) -> Decision {
    let mut after = case.next(hold, Status::Confirming);
    after.hold_expires_at = None;
    if !hold.protects_at(case.now()) {
        case.place(&mut after, service, hold.span.start, seats);
    }
    let mut decision = Decision::done(&after, None);
    // The last yes wins.
    for older in hold.moves.into_iter().flat_map(|id| moves_of(case, id)).filter(|older| older.id != hold.id) {
        decision.put(older, case.given_back(older));
    }
    case.flip(&mut decision, &after.seats, after.span, &after);
    decision.jobs.push(Job::of(JobKind::Create, &after));
    decision.put(hold, after);
    decision
}

/// Makes an agreed move that has waited: the calendars know nothing against it, or an owner has said yes.
pub(super) fn finish(case: Case<'_>, hold: &Appointment) -> Option<Decision> {
    let service = case.agenda().any_service(hold.service)?;
    swap(case, hold, service, hold.seats.clone())
}

/// Answers a repeated yes to a hold that has moved its appointment already.
fn moved_already(case: Case<'_>, hold: &Appointment) -> Option<Decision> {
    let id = hold.moves?;
    let row = case.book.appointments.iter().find(|row| row.id == id && case.owns(row))?;
    (row.status == Status::Confirmed && row.span == hold.span).then(|| Decision::unchanged(row))
}
