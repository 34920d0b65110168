//! Answers on their way out: every text that a model wrote for a customer passes the guards here, whichever way it leaves. What they find is
//! asked again once, then people take over. A text with a fault never leaves as it is.

use crate::domain::booking::Brief;
use crate::domain::content::{Content, truncate};
use crate::domain::conversation::Proposed;
use crate::domain::conversation::books::{Then, Verdict, end};
use crate::domain::conversation::draft::{Draft, Origin};
use crate::domain::conversation::effect::OutboxClass;
use crate::domain::conversation::handoff::{Handoff, hand_off};
use crate::domain::conversation::learning::after_answer;
use crate::domain::conversation::message::{Author, Recent};
use crate::domain::conversation::turn::{Phase, Turn, open, think};
use crate::domain::guard::deeds::Deed;
use crate::domain::guard::shape::{shaped, shortened};
use crate::domain::guard::{Finding, Grounds, judge};
use crate::domain::tool::HandoffReason;
use serde_json::Value;

/// Most bytes of a text that was held back, in the trace.
const HELD_BACK: usize = 1_000;

/// Answers, if the guards let it.
pub(super) fn say(draft: &mut Draft<'_>, mut turn: Turn, text: &str) {
    let text = shaped(text, draft.policy.markup);
    let found = faults(draft, &turn, &text);
    if found.is_empty() {
        return answer(draft, &turn, text);
    }
    if found == [Finding::TooLong] && turn.held > 0 {
        let short = shortened(&text, draft.policy.max_answer.unwrap_or(usize::MAX));
        note(&mut turn, found, Then::Shortened, &text);
        draft.next.phase = Phase::Thinking { turn: turn.clone() };
        return answer(draft, &turn, short);
    }
    let promised = found.contains(&Finding::PromisedPerson);
    if !promised && turn.held == 0 {
        turn.held = 1;
        note(&mut turn, found, Then::AskedAgain, &text);
        return think(draft, turn);
    }
    note(&mut turn, found, Then::HandedOver, &text);
    draft.next.phase = Phase::Thinking { turn };
    let reason = if promised { HandoffReason::PromiseRepaired } else { HandoffReason::AnswerHeldBack };
    let bundle = Handoff::told(draft, reason);
    hand_off(draft, bundle);
}

/// Returns a text of a hand-over or a good-bye as it may leave; `None`: the fixed one must stand in. A person may be promised where one comes.
pub(super) fn checked(draft: &Draft<'_>, turn: &mut Turn, text: Option<String>) -> Option<String> {
    let text = text.filter(|text| !text.trim().is_empty())?;
    let text = shaped(&text, draft.policy.markup);
    let mut found = faults(draft, turn, &text);
    found.retain(|fault| !matches!(fault, Finding::PromisedPerson | Finding::TooLong));
    if found.is_empty() {
        return Some(text);
    }
    note(turn, found, Then::Replaced, &text);
    None
}

fn note(turn: &mut Turn, found: Vec<Finding>, then: Then, text: &str) {
    turn.verdicts.push(Verdict { round: turn.rounds, found, then, text: truncate(text, HELD_BACK).to_owned() });
}

/// Asks the guards, with all that the answer may rest on.
fn faults(draft: &Draft<'_>, turn: &Turn, text: &str) -> Vec<Finding> {
    let state = &draft.next.state;
    let current = || state.recent.iter().filter(|message| message.cycle == state.cycle);
    let by = |wanted: fn(&Recent) -> bool| current().filter(move |message| wanted(message)).map(|message| message.text.as_str());
    let results: Vec<String> = turn.exchanges.iter().map(|exchange| leaves(&exchange.result)).collect();
    let memory = state.learnt.memory.as_ref().map(|memory| memory.text.as_str());
    let prompt = turn.asked.as_ref().map(|asked| &asked.prompt);
    let book = prompt.and_then(|prompt| prompt.book.as_deref());
    let labels = book.into_iter().flat_map(Brief::labels);
    let facts = draft.policy.facts.texts().chain(results.iter().map(String::as_str)).chain(labels);
    judge(
        text,
        &Grounds {
            facts: facts.collect(),
            said: by(|message| matches!(message.author, Author::Assistant | Author::Human(_) | Author::Automatic)).collect(),
            customer: by(|message| message.author == Author::Contact).chain(memory).collect(),
            performed: turn.exchanges.iter().flat_map(|exchange| performed(&exchange.result)).collect(),
            book,
            prompt,
            max_chars: draft.policy.max_answer,
        },
    )
}

/// Reads what a tool says that it did: `"performed": ["booking"]`.
fn performed(result: &Value) -> Vec<Deed> {
    let all = result.get("performed").and_then(Value::as_array);
    all.into_iter().flatten().filter_map(|deed| serde_json::from_value(deed.clone()).ok()).collect()
}

/// Returns the texts and numbers in a tool's result, a line each. A number in it may be an amount.
fn leaves(result: &Value) -> String {
    match result {
        Value::String(text) => text.clone(),
        Value::Number(number) => format!("{number} ${number}"),
        Value::Array(items) => items.iter().map(leaves).collect::<Vec<_>>().join("\n"),
        Value::Object(fields) => fields.values().map(leaves).collect::<Vec<_>>().join("\n"),
        Value::Null | Value::Bool(_) => String::new(),
    }
}

/// Answers with words that the product made from rows that stand.
pub(super) fn say_as_is(draft: &mut Draft<'_>, turn: &Turn, content: Content) {
    draft.next.phase = Phase::Thinking { turn: turn.clone() };
    reply(draft, turn, content);
}

fn answer(draft: &mut Draft<'_>, turn: &Turn, text: String) {
    reply(draft, turn, Content::text(text));
}

/// Commits an answer: message, outbox row, the rows it covers. What came in meanwhile opens the next turn.
fn reply(draft: &mut Draft<'_>, turn: &Turn, content: Content) {
    let answers = draft.next.owed.iter().take(turn.covers).filter_map(|owed| owed.seq).max();
    let turn_no = end(draft, "replied", None);
    let origin = Origin { turn_no, answers, ..Origin::default() };
    draft.send(Author::Assistant, content, OutboxClass::Assistant, origin);
    let asked_at = draft.next.state.last_seq;
    draft.next.state.proposed = turn.proposed.zip(turn_no).map(|(call, turn_no)| Proposed { call, turn_no, seq: asked_at });
    draft.settle_owed(Some(turn.covers), "answered");
    draft.next.state.waiting_since = draft.next.owed.first().map(|owed| owed.received_at.min(draft.at));
    after_answer(draft, turn.asked.as_ref().and_then(|asked| asked.prompt.shown_from));
    if !draft.next.owed.is_empty() {
        open(draft);
    }
}
