//! The customer's answer to a question of the service, kept with the hold until it is confirmed.

use crate::domain::booking::act::Refusal;
use crate::domain::booking::appointment::{Appointment, Status};
use crate::domain::booking::decide::{Case, Decision, ask_of};
use crate::domain::booking::questions::email_in;

/// Decides an answer. A hold that has run out keeps it too, and is not revived by it; what stands already is left as it is.
pub(super) fn decide(case: Case<'_>, row: &Appointment, key: &str, answer: &str) -> Decision {
    match row.status {
        Status::Held | Status::Expired => {}
        Status::Confirming | Status::PendingOwner | Status::Confirmed => return Decision::unchanged(row),
        Status::Cancelled | Status::Completed | Status::NoShow | Status::Released | Status::Failed => {
            return case.refuse(Refusal::HoldGone, Some(row), &ask_of(row), row.span.start);
        }
    }
    let questions = case.agenda().service(row.service).map(|service| service.questions.as_slice()).unwrap_or_default();
    if !questions.iter().any(|question| question.key == key) || row.answers.get(key).is_some_and(|before| before == answer) {
        return Decision::unchanged(row);
    }
    let status = if row.protects_at(case.now()) { Status::Held } else { Status::Expired };
    let mut after = Appointment { version: row.version + 1, status, updated_at: case.now(), ..row.clone() };
    after.answers.insert(key.to_owned(), answer.to_owned());
    // The address that they give for this appointment is the one that its mails go to.
    after.email = email_in(questions, &after.answers).or(after.email);
    let mut decision = Decision::done(&after, None);
    decision.put(row, after);
    decision
}
