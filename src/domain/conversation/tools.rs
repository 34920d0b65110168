//! Tools within a turn: what is called next, what is committed with it, what it does to the conversation. Never runs a tool itself.

use crate::domain::content::Content;
use crate::domain::conversation::answer::{checked, say, say_as_is};
use crate::domain::conversation::booked::{Asked, book, is_booked, tell};
use crate::domain::conversation::books::end;
use crate::domain::conversation::bounds::{Refusal, fingerprint, refuse};
use crate::domain::conversation::draft::{Draft, Origin};
use crate::domain::conversation::effect::{Effect, JournalEntry, OutboxClass};
use crate::domain::conversation::event::ToolFailure;
use crate::domain::conversation::handoff::{Handoff, hand_off};
use crate::domain::conversation::message::Author;
use crate::domain::conversation::standing::Standing;
use crate::domain::conversation::turn::{Exchange, Phase, Turn, TurnId, open, think};
use crate::domain::conversation::{Conversation, Journaled};
use crate::domain::guard::promises_person;
use crate::domain::notes;
use crate::domain::phrases;
use crate::domain::tool::{HandoffReason, ToolCall, ToolEffect, ToolOutcome};
use serde_json::{Value, json};

/// Most calls of one answer that are looked at.
const MOST_AT_ONCE: usize = 32;

/// Runs the next call; one that an earlier attempt has committed is not made again: its journaled result stands. Then asks the model.
/// A model that was told that it has made enough calls, and makes more, ends with people.
pub(super) fn use_tools(draft: &mut Draft<'_>, mut turn: Turn, calls: Vec<ToolCall>) {
    let mut calls = calls.into_iter().take(MOST_AT_ONCE);
    for call in calls.by_ref() {
        let occurrence = occurrence(&turn, &call);
        let done = journaled(&draft.next, &turn, &call).nth(occurrence).cloned();
        if let Some(result) = done.as_ref().filter(|result| is_booked(result)) {
            return tell(draft, turn, call, calls.collect(), result.clone());
        }
        if let Some(result) = done {
            turn.exchanges.push(Exchange { call, result });
            continue;
        }
        let result = match refuse(draft, &turn, &call) {
            None => {
                turn.called_at = draft.at;
                draft.effects.push(Effect::CallTool { turn: turn.id, call: call.clone() });
                draft.next.phase = Phase::UsingTools { turn, call, rest: calls.collect() };
                return;
            }
            Some(Refusal::Unconfirmed(result)) => {
                turn.proposed = Some(fingerprint(&call));
                result
            }
            Some(Refusal::Enough(result)) => {
                if turn.enough_in > 0 && turn.enough_in < turn.rounds {
                    draft.next.phase = Phase::Thinking { turn };
                    let bundle = Handoff::told(draft, HandoffReason::TooManySteps);
                    return hand_off(draft, bundle);
                }
                turn.enough_in = turn.rounds;
                result
            }
        };
        turn.exchanges.push(Exchange { call, result });
    }
    think(draft, turn);
}

/// Tells which of several equal calls of this attempt a call is, from 0.
fn occurrence(turn: &Turn, call: &ToolCall) -> usize {
    turn.exchanges.iter().skip(turn.continued).filter(|made| same_call(&made.call, call)).count()
}

/// The committed results of calls like this one, in order.
fn journaled<'a>(now: &'a Conversation, turn: &'a Turn, call: &'a ToolCall) -> impl Iterator<Item = &'a Value> {
    let of_turn = now.journal.iter().filter(|entry| entry.turn_no == turn.id.turn_no);
    of_turn.filter(|entry| same_call(&entry.exchange.call, call)).map(|entry| &entry.exchange.result)
}

/// Models name their calls anew each time: what counts is the tool and what it is asked.
fn same_call(one: &ToolCall, other: &ToolCall) -> bool {
    one.name == other.name && one.arguments == other.arguments
}

/// Returns the open turn and what follows the call, if the result is for the call that runs.
pub(super) fn running(now: &Conversation, id: TurnId, call_id: &str) -> Option<(Turn, ToolCall, Vec<ToolCall>)> {
    match &now.phase {
        Phase::UsingTools { turn, call, rest } if turn.id == id && call.id == call_id => Some((turn.clone(), call.clone(), rest.clone())),
        Phase::UsingTools { .. } | Phase::Idle | Phase::Gathering { .. } | Phase::Thinking { .. } => None,
    }
}

pub(super) fn tool_returned(draft: &mut Draft<'_>, id: TurnId, call_id: &str, outcome: ToolOutcome) {
    let Some((mut turn, call, rest)) = running(&draft.next, id, call_id) else {
        return draft.drop_event("superseded");
    };
    let occurrence = occurrence(&turn, &call);
    let exchange = Exchange { call, result: outcome.result };
    let millis = u64::try_from(draft.at.since(turn.called_at).as_millis()).unwrap_or(u64::MAX);
    turn.took.push((turn.exchanges.len(), millis));
    turn.exchanges.push(exchange.clone());
    match outcome.effect {
        ToolEffect::None => use_tools(draft, turn, rest),
        ToolEffect::Note { text } => {
            leave_note(draft, &mut turn, exchange, occurrence, text);
            use_tools(draft, turn, rest);
        }
        ToolEffect::Book { actor, act } => book(draft, turn, Asked { exchange, rest, occurrence }, actor, *act),
        ToolEffect::Say { content, note } => {
            note_once(draft, &turn, note);
            say_as_is(draft, &turn, *content);
        }
        ToolEffect::HandOff { reason, text, summary } => {
            let text = checked(draft, &mut turn, text);
            draft.next.phase = Phase::Thinking { turn };
            let text = text.or(Handoff::told(draft, reason).text);
            hand_off(draft, Handoff { reason, text, summary });
        }
        ToolEffect::Resolve { text, note } => resolve(draft, turn, text, &note),
    }
}

/// Leaves a note for people, in the commit that journals the call.
fn leave_note(draft: &mut Draft<'_>, turn: &mut Turn, exchange: Exchange, occurrence: usize, text: String) {
    let turn_no = turn.id.turn_no;
    let earlier = draft.next.journal.iter().filter(|entry| entry.turn_no == turn_no).count();
    let ordinal = i64::try_from(earlier).unwrap_or(i64::MAX);
    let occurrence = u32::try_from(occurrence).unwrap_or(u32::MAX);
    draft.next.journal.push(Journaled { turn_no, ordinal, exchange: exchange.clone() });
    draft.writes.journal.push(JournalEntry { turn_no, ordinal, occurrence, exchange });
    draft.add_message(Author::Note(None), Content::text(text), Origin { turn_no: Some(turn_no), ..Origin::default() });
    turn.journaled = true;
}

/// Leaves a note that goes with an answer, unless it stands there: a button may be tapped twice.
fn note_once(draft: &mut Draft<'_>, turn: &Turn, note: Option<String>) {
    let Some(text) = note else { return };
    let stands = draft.next.state.recent.iter().any(|one| one.author == Author::Note(None) && one.text == text);
    if !stands {
        draft.add_message(Author::Note(None), Content::text(text), Origin { turn_no: Some(turn.id.turn_no), ..Origin::default() });
    }
}

/// Closes the matter, if the customer wrote nothing meanwhile and the last words keep what they say.
fn resolve(draft: &mut Draft<'_>, mut turn: Turn, text: Option<String>, note: &str) {
    let wanted = text.as_ref().is_some_and(|text| !text.trim().is_empty()).then(|| phrases::closing(draft.customer_language()).to_owned());
    let text = checked(draft, &mut turn, text).or(wanted);
    let more_came = draft.next.owed.len() > turn.covers;
    draft.next.phase = Phase::Thinking { turn: turn.clone() };
    match text {
        Some(text) if more_came || promises_person(&text) => say(draft, turn, &text),
        // Not answered and not settled: the next turn decides about all of it.
        None if more_came => {
            end(draft, "replied", Some("more_came"));
            open(draft);
        }
        Some(text) => {
            let turn_no = end(draft, "resolved", None);
            draft.send(Author::Assistant, Content::text(text), OutboxClass::Assistant, Origin { turn_no, ..Origin::default() });
            close(draft, turn_no, note);
        }
        None => {
            let turn_no = end(draft, "resolved", None);
            close(draft, turn_no, note);
        }
    }
}

fn close(draft: &mut Draft<'_>, turn_no: Option<i64>, note: &str) {
    draft.add_message(
        Author::Note(None),
        Content::text(format!("{}: {note}", notes::resolved_title(draft.policy.language))),
        Origin { turn_no, ..Origin::default() },
    );
    draft.settle_owed(None, "resolved");
    draft.stand(Standing::Resolved, "assistant_resolved", None);
}

/// Invalid calls of one round are told to the model once; anything else, or more of them in a later round, goes to people.
pub(super) fn tool_failed(draft: &mut Draft<'_>, id: TurnId, call_id: &str, failure: &ToolFailure) {
    let Some((mut turn, call, rest)) = running(&draft.next, id, call_id) else {
        return draft.drop_event("superseded");
    };
    match failure {
        ToolFailure::Invalid(why) if turn.repairs == 0 || turn.repaired_in == turn.rounds => {
            turn.repairs = 1;
            turn.repaired_in = turn.rounds;
            turn.exchanges.push(Exchange { call, result: json!({ "error": why }) });
            use_tools(draft, turn, rest);
        }
        ToolFailure::Invalid(why) | ToolFailure::Failed(why) => {
            let summary = Some(format!("{}: {why}", call.name));
            draft.next.phase = Phase::Thinking { turn };
            let bundle = Handoff { summary, ..Handoff::told(draft, HandoffReason::ToolFailed) };
            hand_off(draft, bundle);
        }
    }
}
