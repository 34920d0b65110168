//! What people and the sweep set, and what outside calendars answer.

use crate::domain::booking::act::{Job, JobKind, Refusal};
use crate::domain::booking::appointment::{Appointment, Status};
use crate::domain::booking::decide::{Case, Decision, confirm};
use std::time::Duration;

/// How long after the start a customer may still come.
const GRACE: Duration = Duration::from_mins(10);

/// The calendar does not say; an owner must.
const UNKNOWN: &str = "calendar_unknown";

/// Decides a new status: an approval, an end.
pub(super) fn set(case: Case<'_>, row: &Appointment, status: Status, reason: Option<&str>) -> Decision {
    if row.status == status || (status == Status::Confirmed && row.status == Status::Confirming) {
        return Decision::unchanged(row);
    }
    let began = |grace| row.span.start.after(grace) <= case.now();
    let may = match status {
        Status::Confirmed => row.status == Status::PendingOwner && row.span.start > case.now(),
        Status::Completed => began(Duration::ZERO),
        Status::NoShow => began(GRACE),
        Status::Failed => true,
        Status::Expired => row.status == Status::Held && !row.protects_at(case.now()),
        Status::Held | Status::Confirming | Status::PendingOwner | Status::Cancelled | Status::Released => false,
    };
    if !may || !row.status.may_become(status) {
        return Decision::refused(Refusal::WrongState, Some(row));
    }
    match status {
        Status::Confirmed => approve(case, row),
        Status::Failed => fail(case, row, reason.unwrap_or("failed")),
        Status::Completed
        | Status::NoShow
        | Status::Expired
        | Status::Held
        | Status::Confirming
        | Status::PendingOwner
        | Status::Cancelled
        | Status::Released => change(row, case.next(row, status)),
    }
}

/// Makes a move that has waited; one whose appointment cannot be moved any more comes to nothing.
fn finish(case: Case<'_>, row: &Appointment) -> Decision {
    confirm::finish(case, row).unwrap_or_else(|| fail(case, row, "wrong_state"))
}

/// Decides that the event of a generation is not in the calendar and its name is spent: the next generation is made.
pub(super) fn anew(case: Case<'_>, row: &Appointment, generation: i64) -> Decision {
    let stands = matches!(row.status, Status::Confirming | Status::Confirmed) || row.reason.as_deref() == Some(UNKNOWN);
    if generation != row.generation || !stands || row.moves.is_some() || case.outside(&row.seats).is_empty() {
        return Decision::unchanged(row);
    }
    let mut after = Appointment { version: row.version + 1, updated_at: case.now(), ..row.clone() };
    let old = (generation > 0).then(|| Job::of(JobKind::Delete, &after));
    after.generation += 1;
    let mut decision = Decision::done(&after, None);
    decision.jobs.extend(old);
    decision.jobs.push(Job::of(JobKind::Create, &after));
    decision.put(row, after);
    decision
}

/// Approves. Where a calendar could not say, the owner's word is enough, and the event is made when it can be.
fn approve(case: Case<'_>, row: &Appointment) -> Decision {
    if row.moves.is_some() {
        return finish(case, row);
    }
    let mut after = case.next(row, Status::Confirmed);
    let mut job = case.agreed(&mut after, false);
    if row.reason.as_deref() == Some(UNKNOWN) {
        after.status = Status::Confirmed;
        after.reason = None;
        job = (after.generation > 0).then(|| Job::of(JobKind::Create, &after));
    }
    let mut decision = change(row, after);
    decision.jobs.extend(job);
    decision
}

/// Decides that the outside calendar has an event. One that is not wanted any more must go.
pub(super) fn settled(case: Case<'_>, row: &Appointment, generation: i64) -> Decision {
    let unwanted = || {
        let job = Job { kind: JobKind::Delete, appointment: row.id, version: row.version, generation };
        Decision { jobs: vec![job], ..Decision::unchanged(row) }
    };
    if generation != row.generation {
        return unwanted();
    }
    match row.status {
        Status::Confirming | Status::PendingOwner if row.moves.is_some() => {
            let owners = row.status == Status::PendingOwner && row.reason.as_deref() != Some(UNKNOWN);
            if owners { Decision::unchanged(row) } else { finish(case, row) }
        }
        Status::Confirming => change(row, case.next(row, Status::Confirmed)),
        Status::PendingOwner if row.reason.as_deref() == Some(UNKNOWN) => {
            change(row, Appointment { reason: None, ..case.next(row, Status::Confirmed) })
        }
        Status::Confirmed | Status::Completed | Status::NoShow | Status::PendingOwner => Decision::unchanged(row),
        Status::Held | Status::Cancelled | Status::Expired | Status::Released | Status::Failed => unwanted(),
    }
}

/// Decides that the outside calendar will not have an event, or does not say. What stands is never called off by it.
pub(super) fn refused(case: Case<'_>, row: &Appointment, generation: i64, reason: &str) -> Decision {
    if generation != row.generation {
        return Decision::unchanged(row);
    }
    match row.status {
        Status::Confirming if reason == UNKNOWN && case.agenda().rules.unknown_to_owner => {
            change(row, Appointment { reason: Some(reason.to_owned()), ..case.next(row, Status::PendingOwner) })
        }
        Status::Confirming => fail(case, row, reason),
        Status::PendingOwner if row.reason.as_deref() == Some(UNKNOWN) && reason != UNKNOWN => fail(case, row, reason),
        Status::Confirmed => Decision::refused(Refusal::WrongState, Some(row)),
        Status::PendingOwner
        | Status::Held
        | Status::Cancelled
        | Status::Completed
        | Status::NoShow
        | Status::Expired
        | Status::Released
        | Status::Failed => Decision::unchanged(row),
    }
}

/// Lets an appointment fail; an event that may have been made all the same must go.
fn fail(case: Case<'_>, row: &Appointment, reason: &str) -> Decision {
    let after = Appointment { reason: Some(reason.to_owned()), ..case.next(row, Status::Failed) };
    let job = (after.generation > 0).then(|| Job::of(JobKind::Delete, &after));
    let mut decision = change(row, after);
    decision.jobs.extend(job);
    decision
}

fn change(row: &Appointment, after: Appointment) -> Decision {
    let mut decision = Decision::done(&after, None);
    decision.put(row, after);
    decision
}
