//! Calling an appointment off, giving a hold back.

use crate::domain::booking::act::{Job, JobKind, Refusal};
use crate::domain::booking::appointment::{Appointment, Status};
use crate::domain::booking::decide::{Case, Decision, moves_of};

/// Decides a cancellation. One that is called off or given back already is a success.
pub(super) fn decide(case: Case<'_>, row: &Appointment, version: Option<i64>, reason: &str) -> Decision {
    let held = match row.status {
        Status::Cancelled | Status::Released | Status::Expired => return Decision::unchanged(row),
        Status::Completed | Status::NoShow | Status::Failed => return Decision::refused(Refusal::WrongState, Some(row)),
        Status::Held => true,
        Status::Confirming | Status::PendingOwner | Status::Confirmed => false,
    };
    if version.is_some_and(|version| version != row.version) {
        return Decision::refused(Refusal::Stale, Some(row));
    }
    if held {
        let after = Appointment { reason: Some(reason.to_owned()), ..case.given_back(row) };
        let mut decision = Decision::done(&after, None);
        decision.put(row, after);
        return decision;
    }
    if let Some(why) = case.too_late(row) {
        return Decision::refused(why, Some(row));
    }
    let after = Appointment { reason: Some(reason.to_owned()), ..case.next(row, Status::Cancelled) };
    let mut decision = Decision::done(&after, None);
    for hold in moves_of(case, row.id) {
        decision.put(hold, case.given_back(hold));
    }
    decision.jobs.extend((after.generation > 0).then(|| Job::of(JobKind::Delete, &after)));
    decision.put(row, after);
    decision
}
