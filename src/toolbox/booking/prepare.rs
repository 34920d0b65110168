//! Before a model is asked: what it is told of the book, and what the customer wants beyond doubt.

use super::{Look, reference_of, specs};
use crate::domain::booking::questions::Reading;
use crate::domain::booking::voice::{Tapped, Voice, Wish, tapped};
use crate::domain::booking::{Brief, BriefAppointment, BriefHold, BriefService, BriefSlot, Purpose, ResourceKind, Status};
use crate::domain::tool::ToolCall;
use crate::domain::when::zone::wall;
use crate::domain::when::{Answer, Times, Understood};
use crate::domain::words::Words;
use serde_json::{Value, json};

/// Longest message that is read as a choice of a time, in words.
const SHORT: usize = 8;

/// Says where the customer stands.
pub fn brief(look: &Look<'_>) -> Brief {
    let voice = look.voice();
    Brief {
        today: wall(look.agenda.zone, look.context.at).date(),
        services: look.agenda.services.iter().map(|service| brief_service(&voice, service)).collect(),
        people: look.agenda.resources.iter().filter(|one| one.kind == ResourceKind::Person).map(|one| one.name.clone()).collect(),
        shown: look
            .desk
            .shown
            .iter()
            .filter(|one| one.purpose == Purpose::Take)
            .map(|one| BriefSlot { handle: one.handle.clone(), label: voice.shown(one) })
            .collect(),
        hold: look.desk.hold.as_ref().map(|hold| BriefHold {
            id: hold.id,
            label: voice.appointment(hold),
            live: hold.protects_at(look.context.at),
            moves: hold.moves.is_some(),
            asks: voice.pending(hold).map(|question| question.text_in(voice.language).to_owned()),
            asks_name: hold.name.is_none(),
        }),
        appointments: look
            .desk
            .appointments
            .iter()
            .map(|one| BriefAppointment {
                reference: reference_of(one),
                id: one.id,
                service: one.service,
                starts: wall(look.agenda.zone, one.span.start),
                label: voice.appointment(one),
                waits: matches!(one.status, Status::PendingOwner | Status::Confirming),
            })
            .collect(),
        asks_to_cancel: look.desk.shown.iter().any(|one| one.purpose == Purpose::Cancel),
        may_wait: look.desk.shown.iter().any(|one| matches!(one.purpose, Purpose::Wait { .. })),
        waiting: look.desk.waiting.iter().map(|entry| voice.service(entry.service).to_owned()).collect(),
        asks_to_move: look.desk.shown.iter().any(|one| one.purpose == Purpose::Move),
    }
}

fn brief_service(voice: &Voice<'_>, service: &crate::domain::booking::Service) -> BriefService {
    BriefService {
        id: service.id,
        name: voice.service(service.id).to_owned(),
        words: service.name.values().chain(&service.aliases).cloned().collect(),
        minutes: service.duration,
        price: service.price.clone(),
    }
}

/// Returns the call that the customer's newest words or tap ask for beyond doubt: no model needs to be asked, and none can get it wrong.
pub fn beyond_doubt(look: &Look<'_>) -> Option<ToolCall> {
    if let Some(hold) = &look.desk.hold
        && let Some(question) = look.voice().pending(hold)
        && matches!(look.answered(hold, question), Some(Reading::Answer(_) | Reading::Skipped))
    {
        return Some(call(specs::ANSWER, json!({})));
    }
    if look.declines_offer() {
        return Some(call(specs::LEAVE, json!({})));
    }
    if let Some(button) = look.tapped() {
        return tapped(button).and_then(|tapped| of_tap(look, tapped));
    }
    let newest = look.context.customer.said.last()?;
    if look.desk.hold.as_ref().is_some_and(|hold| look.agreed(hold)) {
        return Some(call(specs::CONFIRM, json!({})));
    }
    if look.agreed_to_cancel().is_some() || look.chosen(Purpose::Cancel).is_some() {
        return Some(call(specs::CANCEL, json!({})));
    }
    if look.agreed_to_wait().is_some() {
        return Some(call(specs::JOIN, json!({})));
    }
    if look.chosen(Purpose::Move).is_some() {
        return Some(call(specs::MOVE, json!({"when": ""})));
    }
    let chosen = look.chosen(Purpose::Take).or_else(|| named_time(look, &newest.text))?;
    Some(call(specs::HOLD, json!({"slot": chosen.handle})))
}

/// A short message that names the time of one that was shown.
fn named_time<'a>(look: &'a Look<'_>, text: &str) -> Option<&'a crate::domain::booking::Shown> {
    let shown: Vec<_> = look.desk.shown.iter().filter(|one| one.purpose == Purpose::Take).cloned().collect();
    let first = shown.first()?;
    if Words::of(text).len() > SHORT || text.contains(['?', '¿']) || look.zone_is_unknown(text) {
        return None;
    }
    let found = match look.understand(text, look.agenda.service(first.service)) {
        Understood::Sure(Answer::Moment(moment)) => crate::domain::booking::choice::at(moment.at, &look.desk.shown),
        Understood::Sure(Answer::Times(Times::At(time))) => {
            let minutes = chrono::Timelike::num_seconds_from_midnight(&time) / 60;
            crate::domain::booking::choice::at_clock(minutes, look.zone(), &look.desk.shown)
        }
        Understood::Sure(_)
        | Understood::Nothing
        | Understood::Ask { .. }
        | Understood::Missing { .. }
        | Understood::Past(_)
        | Understood::Impossible { .. } => None,
    };
    found.filter(|one| one.purpose == Purpose::Take)
}

fn of_tap(look: &Look<'_>, tap: Tapped<'_>) -> Option<ToolCall> {
    match tap {
        Tapped::Yes(id) if look.desk.hold.as_ref().is_some_and(|hold| hold.id == id) => Some(call(specs::CONFIRM, json!({}))),
        Tapped::Yes(_) => Some(call(specs::LIST, json!({}))),
        Tapped::Other => Some(call(specs::FIND, json!({"service": "", "when": ""}))),
        Tapped::Service(_) => Some(call(specs::FIND, json!({"service": "", "when": ""}))),
        // A button of a question that is not open any more: what stands is shown.
        Tapped::Answer { .. } => Some(call(specs::LIST, json!({}))),
        Tapped::Keep => Some(call(specs::LIST, json!({}))),
        Tapped::Pick(handle) => {
            let shown = look.desk.shown.iter().find(|one| one.handle == handle);
            Some(match shown.map(|one| one.purpose) {
                Some(Purpose::Take) => call(specs::HOLD, json!({"slot": handle})),
                Some(Purpose::Cancel) => call(specs::CANCEL, json!({})),
                Some(Purpose::Move) => call(specs::MOVE, json!({"when": ""})),
                Some(Purpose::Wait { .. }) => call(specs::JOIN, json!({})),
                // A button of an older list: the newest times are shown instead.
                None => call(specs::FIND, json!({"service": "", "when": ""})),
            })
        }
        Tapped::Reminded { id, version, wish } => {
            let current = look.desk.appointments.iter().find(|one| one.id == id && one.version == version);
            let reference = current.map(reference_of);
            Some(match (wish, reference) {
                (Wish::Cancel, Some(reference)) => call(specs::CANCEL, json!({"appointment": reference})),
                (Wish::Move, Some(reference)) => call(specs::MOVE, json!({"appointment": reference, "when": ""})),
                // A button of an older version changes nothing: the customer sees what stands. Who comes is thanked instead.
                (Wish::Come, _) | (Wish::Cancel | Wish::Move, None) => call(specs::LIST, json!({})),
            })
        }
    }
}

fn call(name: &str, arguments: Value) -> ToolCall {
    ToolCall { id: "understood".to_owned(), name: name.to_owned(), arguments, extra: None }
}
