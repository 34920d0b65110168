//! What came of an act, told to the customer in fixed words from the rows that stand.

use super::Look;
use crate::domain::booking::voice::Voice;
use crate::domain::booking::waiting::WaitState;
use crate::domain::booking::{Appointment, Outcome, Purpose, Refusal, Shown, Slot, Status};
use crate::domain::content::Content;
use crate::domain::conversation::booked::BOOKED;
use crate::domain::time::Timestamp;
use crate::domain::tool::{HandoffReason, ToolCall, ToolEffect, ToolOutcome};
use crate::ports::toolbox::ToolError;
use serde::Deserialize;
use serde_json::Value;

/// Tells an outcome from the journal.
pub fn told(look: &Look<'_>, call: &ToolCall, result: &Value) -> Result<ToolOutcome, ToolError> {
    let outcome = result.get(BOOKED).map(Outcome::deserialize).transpose();
    let outcome = outcome.ok().flatten().ok_or_else(|| ToolError::Failed("the journal holds no outcome of the book".to_owned()))?;
    let voice = look.voice();
    if is_for_people(&outcome) {
        return Ok(hand_over(&voice, &outcome));
    }
    let starts = starts_of(look, &outcome);
    let content = match outcome {
        Outcome::Shown { shown } => shown_content(look, &voice, call, &shown),
        Outcome::Done { appointment, moved_from, changed } => {
            let from = moved_from.or_else(|| moving_from(look, &appointment));
            let said = voice.done(&appointment, from, changed);
            if changed { look.tools.with_file(look.context.customer.key.tenant, &voice, &appointment, said) } else { said }
        }
        Outcome::Waiting { entry, changed } => match &look.desk.hold {
            // It has just become free: that time is to be decided.
            Some(hold) if entry.state == WaitState::Offered && hold.protects_at(look.context.at) => voice.held(hold, None),
            Some(_) | None => voice.on_the_list(&entry, changed),
        },
        Outcome::Refused { why: Refusal::QuestionOpen, appointment, .. } => open_question(&voice, appointment.as_deref()),
        Outcome::Refused { why, alternatives, .. } => match alternatives.first() {
            Some(first) => {
                let service = first.service;
                voice.times(Voice::lead_after(why), service, &as_shown(look, &alternatives))
            }
            None => voice.refused(why),
        },
    };
    Ok(look.say(look.told_abroad(content, &starts)))
}

/// The times that an outcome speaks of.
fn starts_of(look: &Look<'_>, outcome: &Outcome) -> Vec<Timestamp> {
    match outcome {
        Outcome::Shown { shown } => {
            shown.iter().filter(|one| !matches!(one.purpose, Purpose::Wait { .. })).map(|one| one.span.start).collect()
        }
        Outcome::Done { appointment, .. } => vec![appointment.span.start],
        Outcome::Waiting { .. } => {
            look.desk.hold.iter().filter(|hold| hold.protects_at(look.context.at)).map(|hold| hold.span.start).collect()
        }
        Outcome::Refused { alternatives, .. } => alternatives.iter().map(|slot| slot.span.start).collect(),
    }
}

/// Asks what must be answered before a time can be confirmed.
fn open_question(voice: &Voice<'_>, hold: Option<&Appointment>) -> Content {
    let opening = voice.refused(Refusal::QuestionOpen);
    match hold.and_then(|hold| voice.pending(hold)) {
        Some(question) => voice.ask(&opening.text, question),
        None => opening,
    }
}

/// What only people can settle: a request that they must approve, a change that comes too late, a calendar that cannot be seen.
fn is_for_people(outcome: &Outcome) -> bool {
    match outcome {
        Outcome::Refused { why, alternatives, .. } => {
            alternatives.is_empty() && matches!(why, Refusal::TooLate | Refusal::LimitReached | Refusal::TooMany | Refusal::CalendarUnknown)
        }
        Outcome::Done { appointment, changed, .. } => *changed && appointment.status == Status::PendingOwner,
        Outcome::Shown { .. } | Outcome::Waiting { .. } => false,
    }
}

fn hand_over(voice: &Voice<'_>, outcome: &Outcome) -> ToolOutcome {
    let (text, about) = match outcome {
        Outcome::Done { appointment, .. } => (Some(voice.done(appointment, None, true).text), Some(appointment)),
        Outcome::Refused { why, appointment, .. } => (Some(voice.refused(*why).text), appointment.as_ref()),
        Outcome::Shown { .. } | Outcome::Waiting { .. } => (None, None),
    };
    let summary = about.map(|one| format!("{}{}", voice.appointment(one), voice.answers(one)));
    ToolOutcome { result: Value::Null, effect: ToolEffect::HandOff { reason: HandoffReason::NeedsPerson, text, summary } }
}

/// The time that a hold would move away from.
fn moving_from(look: &Look<'_>, hold: &Appointment) -> Option<crate::domain::booking::Span> {
    let moves = hold.moves.filter(|_| hold.status == Status::Held)?;
    look.desk.appointments.iter().find(|one| one.id == moves).map(|one| one.span)
}

/// The store has remembered the alternatives under these handles; the desk has them, in order.
fn as_shown(look: &Look<'_>, alternatives: &[Slot]) -> Vec<Shown> {
    let remembered: Vec<Shown> =
        look.desk.shown.iter().filter(|one| alternatives.iter().any(|slot| slot.span == one.span)).cloned().collect();
    if remembered.len() == alternatives.len() {
        return remembered;
    }
    let made = |slot: &Slot| Shown {
        handle: String::new(),
        service: slot.service,
        span: slot.span,
        resource: None,
        moves: None,
        purpose: Purpose::Take,
    };
    alternatives.iter().map(made).collect()
}

fn shown_content(look: &Look<'_>, voice: &Voice<'_>, call: &ToolCall, shown: &[Shown]) -> Content {
    match shown.first() {
        None => Content::text(voice.none_here()),
        Some(only) if matches!(only.purpose, Purpose::Wait { .. }) => voice.ask_to_wait(only),
        Some(first) if first.purpose != Purpose::Take => voice.which_appointment(shown),
        Some(first) => {
            let when = call.arguments.get("when").and_then(Value::as_str).unwrap_or_default();
            let takes: Vec<Shown> = shown.iter().filter(|one| one.purpose == Purpose::Take).cloned().collect();
            voice.times(look.lead(when, &takes), first.service, shown)
        }
    }
}
