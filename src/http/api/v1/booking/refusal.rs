//! What the book refuses, as problems: a stable word for programs, and for people a sentence that says what to do.

use crate::domain::booking::{Agenda, Appointment, Outcome, Refusal};
use crate::domain::ids::ResourceId;
use crate::http::api::v1::slots::SlotView;
use crate::http::problem::Problem;
use actix_web::http::StatusCode;

/// How a refusal is told.
struct Telling {
    status: StatusCode,
    code: &'static str,
    /// The field that must change, if one is to blame.
    field: Option<&'static str>,
    detail: &'static str,
}

/// Returns the appointment of an outcome, and whether anything changed.
///
/// # Errors
/// What the book refused, with what is free instead; `resource`: with whom it was asked for.
pub fn done(outcome: Outcome, agenda: Option<&Agenda>, resource: Option<ResourceId>) -> Result<(Appointment, bool), Problem> {
    match outcome {
        Outcome::Done { appointment, changed, .. } => Ok((*appointment, changed)),
        Outcome::Refused { why, alternatives, .. } => {
            let shown = agenda.map(|agenda| alternatives.into_iter().map(|slot| SlotView::of(slot, agenda, resource)).collect());
            Err(problem(why).with_alternatives(shown.unwrap_or_default()))
        }
        Outcome::Shown { .. } | Outcome::Waiting { .. } => Err(Problem::internal()),
    }
}

/// Tells a refusal.
pub fn problem(why: Refusal) -> Problem {
    if why == Refusal::NotFound {
        return Problem::not_found().with_code("not_found");
    }
    let Telling { status, code, field, detail } = telling(why);
    let problem = Problem::new(status, detail).with_code(code);
    match field {
        Some(field) => problem.with_error(field, detail),
        None => problem,
    }
}

fn telling(why: Refusal) -> Telling {
    let wrong = |code, field, detail| Telling { status: StatusCode::UNPROCESSABLE_ENTITY, code, field: Some(field), detail };
    let conflict = |code, detail| Telling { status: StatusCode::CONFLICT, code, field: None, detail };
    match why {
        Refusal::Taken => conflict("taken", "somebody else has this time: choose one of the alternatives, or list the slots again"),
        Refusal::NotFound => {
            Telling { status: StatusCode::NOT_FOUND, code: "not_found", field: None, detail: "there is no such thing here" }
        }
        Refusal::UnknownService => wrong("unknown_service", "service_id", "is no service that you offer: see GET /api/v1/services"),
        Refusal::UnknownResource => {
            wrong("unknown_resource", "resource_id", "is no resource of this service: see the needs in GET /api/v1/services")
        }
        Refusal::HoldGone => conflict("hold_gone", "the hold ran out and the time is gone: choose one of the alternatives"),
        Refusal::Past => wrong("past", "starts_at", "has passed: choose a later time"),
        Refusal::TooSoon => wrong("too_soon", "starts_at", "is earlier than the service's min_notice allows: choose a later time"),
        Refusal::TooFar => wrong("too_far", "starts_at", "is later than the service's max_advance_days allows: choose an earlier time"),
        Refusal::Closed => {
            wrong("closed", "starts_at", "is outside the hours, on a holiday or off the grid: choose a time of GET /api/v1/slots")
        }
        Refusal::LimitReached => {
            conflict("limit_reached", "a limit of the service for the day, the week or the customer is reached: choose another day")
        }
        Refusal::CalendarUnknown => {
            conflict("calendar_unknown", "the outside calendar does not say whether this time is free: try again in a minute")
        }
        Refusal::WrongState => conflict(
            "wrong_state",
            "the appointment's status, or the present time, does not allow this: read it again and look at its status",
        ),
        Refusal::Stale => {
            conflict("stale", "the appointment has changed since you looked at it: read it again and repeat with its version")
        }
        Refusal::TooLate => conflict("too_late", "it is too late to change this appointment: see change_until_hours in the booking rules"),
        Refusal::TooMany => Telling {
            status: StatusCode::TOO_MANY_REQUESTS,
            code: "too_many",
            field: None,
            detail: "this customer has made too many holds today: see holds_per_day in the booking rules",
        },
        Refusal::QuestionOpen => wrong("question_open", "answers", "must hold an answer to every required question of the service"),
        Refusal::OutOfSight => Telling {
            status: StatusCode::FORBIDDEN,
            code: "out_of_sight",
            field: None,
            detail: "this customer waits for this service already, by a conversation that you do not see: ask somebody who sees it",
        },
        Refusal::KeyReused => wrong("key_reused", "Idempotency-Key", "was used for another request: use a new one"),
    }
}
