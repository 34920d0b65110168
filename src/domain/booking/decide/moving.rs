//! Moving an appointment: the same row, a new version, and the same outside event where the calendar is the same.

use crate::domain::booking::act::{Job, JobKind, Refusal};
use crate::domain::booking::agenda::Service;
use crate::domain::booking::appointment::{Appointment, Seat, Status};
use crate::domain::booking::availability::{Ask, Choice};
use crate::domain::booking::decide::{Case, Decision, Put, ask_of, hold, moves_of};
use crate::domain::ids::ResourceId;
use crate::domain::time::Timestamp;

/// Decides a move at once.
pub(super) fn decide(case: Case<'_>, row: &Appointment, version: Option<i64>, start: Timestamp, resource: Option<ResourceId>) -> Decision {
    let ask = Ask { choice: resource.map_or(Choice::Any, Choice::With), ..ask_of(row) };
    let refuse = |why| case.refuse(why, Some(row), &ask, start);
    let there = row.span.start == start && resource.is_none_or(|id| row.seats.iter().any(|seat| seat.resource == id));
    if row.status != Status::Confirmed {
        return refuse(Refusal::WrongState);
    }
    if there {
        return Decision::unchanged(row);
    }
    if version.is_some_and(|version| version != row.version) {
        return refuse(Refusal::Stale);
    }
    if let Some(why) = case.too_late(row) {
        return Decision::refused(why, Some(row));
    }
    let Some(service) = case.agenda().service(row.service) else { return refuse(Refusal::UnknownService) };
    match hold::seats(case, &ask, Some(row), start) {
        Ok(seats) => swapped(case, row, service, start, seats, None),
        Err(why) => refuse(why),
    }
}

/// Writes the new time of an appointment. `hold` kept the time until now, and is done with.
pub(super) fn swapped(
    case: Case<'_>,
    row: &Appointment,
    service: &Service,
    start: Timestamp,
    seats: Vec<Seat>,
    hold: Option<&Appointment>,
) -> Decision {
    let mut after = case.next(row, Status::Confirmed);
    case.place(&mut after, service, start, seats);
    if let Some(hold) = hold.filter(|hold| hold.protects_at(case.now())) {
        // What was held is what was agreed, also if the service has changed since.
        after.span = hold.span;
        (after.buffer_before, after.buffer_after) = (hold.buffer_before, hold.buffer_after);
    }
    after.told = if case.is_customer() { Some("moved".to_owned()) } else { after.told };
    let jobs = jobs(case, row, &mut after);
    let mut decision = Decision::done(&after, Some(row.span));
    // The time of the hold is not free: the appointment has it now.
    let kept = |status| matches!(status, Status::Held | Status::Confirming | Status::PendingOwner);
    let held = hold.filter(|hold| kept(hold.status));
    decision.puts.extend(held.map(|hold| Put { before: Some(hold.version), after: case.given_back(hold) }));
    // A move that was agreed before and still waits must not undo this one.
    let waits = |other: &&Appointment| matches!(other.status, Status::Confirming | Status::PendingOwner);
    for older in moves_of(case, row.id).filter(waits).filter(|older| hold.is_none_or(|hold| hold.id != older.id)) {
        decision.puts.push(Put { before: Some(older.version), after: case.given_back(older) });
    }
    case.flip(&mut decision, &after.seats, after.span, hold.unwrap_or(&after));
    decision.jobs = jobs;
    decision.put(row, after);
    decision
}

/// Returns what outside calendars have to do: change the event, or make it anew elsewhere under the next generation.
fn jobs(case: Case<'_>, before: &Appointment, after: &mut Appointment) -> Vec<Job> {
    let (old, new) = (case.outside(&before.seats), case.outside(&after.seats));
    // A calendar that is not used any more keeps what it has until it is changed or removed where it is.
    let stays =
        old == new && (!new.is_empty() || before.seats.iter().all(|seat| after.seats.iter().any(|it| it.resource == seat.resource)));
    if stays && before.generation > 0 {
        return vec![Job::of(JobKind::Change, after)];
    }
    let mut jobs = Vec::new();
    if before.generation > 0 {
        jobs.push(Job::of(JobKind::Delete, after));
        after.generation += 1;
    }
    if !new.is_empty() {
        after.generation = after.generation.max(1);
        jobs.push(Job::of(JobKind::Create, after));
    }
    jobs
}
