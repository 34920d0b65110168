//! The assistant's turn: gather, think, use tools, settle. Every result is fenced by the turn that asked for it.

use crate::domain::content::Content;
use crate::domain::conversation::Conversation;
use crate::domain::conversation::draft::{Draft, Origin};
use crate::domain::conversation::effect::{Effect, JournalEntry, OutboxClass, TimelineKind, TurnRecord};
use crate::domain::conversation::event::{Reply, ToolFailure};
use crate::domain::conversation::gather::LONGEST;
use crate::domain::conversation::handoff::{Handoff, hand_off};
use crate::domain::conversation::message::Author;
use crate::domain::conversation::standing::Standing;
use crate::domain::guard::promises_person;
use crate::domain::time::Timestamp;
use crate::domain::tool::{HandoffReason, ToolCall, ToolEffect, ToolOutcome};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::time::Duration;

/// Names one attempt of one turn. `turn_no` names what is answered, `attempt` who answers: never reused within a process.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct TurnId {
    /// `last_turn + 1` while it is open.
    pub turn_no: i64,
    /// Drawn at every start, restart and reload.
    pub attempt: u64,
}

/// A call with what it answered, as the model is shown it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Exchange {
    /// The call.
    pub call: ToolCall,
    /// Its result.
    pub result: Value,
}

/// A turn under way.
#[derive(Clone, Debug, PartialEq)]
pub struct Turn {
    /// Its name.
    pub id: TurnId,
    /// How many of the owed rows, from the oldest, it answers.
    pub covers: usize,
    /// How often new messages have restarted it.
    pub restarts: u8,
    /// How often the model was asked.
    pub rounds: u8,
    /// How often the model was told that a call was invalid.
    pub repairs: u8,
    /// True once a side effect is committed: it is no longer restarted.
    pub journaled: bool,
    /// The tools used so far, in order.
    pub exchanges: Vec<Exchange>,
    /// When it began.
    pub started_at: Timestamp,
}

/// What the assistant is doing. Memory only.
#[derive(Clone, Debug, PartialEq)]
pub enum Phase {
    /// Nothing.
    Idle,
    /// A burst is still arriving.
    Gathering {
        /// Since when.
        since: Timestamp,
        /// Until when.
        until: Timestamp,
        /// The wait that counts; older ones are dropped.
        token: u64,
    },
    /// The model is asked.
    Thinking {
        /// The turn.
        turn: Turn,
    },
    /// A tool runs.
    UsingTools {
        /// The turn.
        turn: Turn,
        /// The tool.
        call: ToolCall,
        /// What comes after it.
        rest: Vec<ToolCall>,
    },
}

impl Phase {
    /// Returns the open turn.
    #[must_use]
    pub const fn turn(&self) -> Option<&Turn> {
        match self {
            Self::Idle | Self::Gathering { .. } => None,
            Self::Thinking { turn } | Self::UsingTools { turn, .. } => Some(turn),
        }
    }

    /// Returns the name that people see.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Idle => "idle",
            Self::Gathering { .. } => "gathering",
            Self::Thinking { .. } => "thinking",
            Self::UsingTools { .. } => "using_tools",
        }
    }
}

/// After a record step: wait for more, open a turn, restart the open one, or leave the new rows for the next.
pub(super) fn go_on(draft: &mut Draft<'_>, wait: Option<Duration>) {
    if draft.next.state.standing != Standing::Pending || draft.next.owed.is_empty() {
        return;
    }
    if !draft.policy.assistant {
        return hand_off(draft, Handoff::silent(HandoffReason::NeedsPerson));
    }
    match draft.next.phase.clone() {
        Phase::Idle => match wait {
            Some(wait) if !wait.is_zero() => gather(draft, draft.at, wait),
            Some(_) | None => open(draft),
        },
        Phase::Gathering { since, .. } => match wait {
            Some(wait) if !wait.is_zero() => gather(draft, since, wait),
            Some(_) | None => open(draft),
        },
        Phase::Thinking { turn } | Phase::UsingTools { turn, .. } => {
            if may_restart(draft, &turn) {
                restart(draft, &turn);
            }
        }
    }
}

fn gather(draft: &mut Draft<'_>, since: Timestamp, wait: Duration) {
    let until = draft.at.after(wait).min(since.after(LONGEST));
    if until <= draft.at {
        return open(draft);
    }
    let token = draft.attempt;
    draft.next.phase = Phase::Gathering { since, until, token };
    draft.effects.push(Effect::Gather { token, until });
}

pub(super) fn gathering_elapsed(draft: &mut Draft<'_>, elapsed: u64) {
    match draft.next.phase {
        Phase::Gathering { token, .. } if token == elapsed => open(draft),
        Phase::Gathering { .. } | Phase::Idle | Phase::Thinking { .. } | Phase::UsingTools { .. } => {
            draft.drop_event("gathering_superseded")
        }
    }
}

/// Opens the turn that rows are owed after a restart: no second gathering.
pub(super) fn resume(draft: &mut Draft<'_>) {
    match draft.next.phase {
        Phase::Idle if draft.next.state.standing == Standing::Pending && !draft.next.owed.is_empty() => open(draft),
        Phase::Idle => draft.settle_owed(None, "people_hold"),
        Phase::Gathering { .. } | Phase::Thinking { .. } | Phase::UsingTools { .. } => draft.drop_event("already_running"),
    }
}

/// Opens the next turn over all owed rows. Needs no commit; calls that are already journaled are part of it.
fn open(draft: &mut Draft<'_>) {
    let turn_no = draft.next.state.last_turn + 1;
    let done = draft.next.journal.iter().filter(|entry| entry.turn_no == turn_no);
    let exchanges: Vec<Exchange> = done.map(|entry| entry.exchange.clone()).collect();
    think(
        draft,
        Turn {
            id: TurnId { turn_no, attempt: draft.attempt },
            covers: draft.next.owed.len(),
            restarts: 0,
            rounds: 0,
            repairs: 0,
            journaled: !exchanges.is_empty(),
            exchanges,
            started_at: draft.at,
        },
    );
}

fn think(draft: &mut Draft<'_>, mut turn: Turn) {
    turn.rounds += 1;
    if turn.rounds > draft.policy.max_rounds {
        draft.next.phase = Phase::Thinking { turn };
        let bundle = Handoff::told(draft, HandoffReason::TooManySteps);
        return hand_off(draft, bundle);
    }
    draft.effects.push(Effect::CallLlm { turn: turn.id });
    draft.next.phase = Phase::Thinking { turn };
}

/// At most two restarts, none after 20 s since the oldest row, none once a side effect is committed.
fn may_restart(draft: &Draft<'_>, turn: &Turn) -> bool {
    let oldest = draft.next.owed.first().map_or(draft.at, |owed| owed.received_at);
    !turn.journaled && turn.restarts < draft.policy.max_restarts && draft.at.since(oldest) < draft.policy.restart_within
}

fn restart(draft: &mut Draft<'_>, turn: &Turn) {
    draft.effects.push(Effect::AbortTurn { turn: turn.id });
    let restarted = Turn {
        id: TurnId { attempt: draft.attempt, ..turn.id },
        covers: draft.next.owed.len(),
        restarts: turn.restarts + 1,
        rounds: 0,
        exchanges: Vec::new(),
        ..turn.clone()
    };
    think(draft, restarted);
}

/// Ends the open turn without an answer: cancelled by a person. A committed side effect is kept, and said so.
pub(super) fn abandon(draft: &mut Draft<'_>, reason: &'static str) {
    let turn = draft.next.phase.turn().cloned();
    let journaled = draft.next.journal.iter().any(|entry| entry.turn_no == draft.next.state.last_turn + 1);
    if journaled {
        end(draft, "abandoned", Some(reason));
        let note = "the assistant was interrupted; what its tools had already done stays";
        draft.add_message(Author::Note(None), Content::text(note), Origin::default());
    } else if let Some(turn) = turn {
        draft.effects.push(Effect::AbortTurn { turn: turn.id });
    }
    draft.next.phase = Phase::Idle;
}

/// Closes the books of the open turn and returns its number: `last_turn` moves, the record is written, nothing runs any more.
pub(super) fn end(draft: &mut Draft<'_>, outcome: &'static str, reason: Option<&'static str>) -> Option<i64> {
    let turn_no = draft.next.state.last_turn + 1;
    let turn = draft.next.phase.turn().cloned();
    draft.next.phase = Phase::Idle;
    let journaled = draft.next.journal.iter().any(|entry| entry.turn_no == turn_no);
    draft.next.journal.clear();
    let Some(turn) = turn else {
        if journaled {
            draft.next.state.last_turn = turn_no;
        }
        return journaled.then_some(turn_no);
    };
    draft.effects.push(Effect::AbortTurn { turn: turn.id });
    draft.next.state.last_turn = turn_no;
    let trace = json!({ "rounds": turn.rounds, "restarts": turn.restarts, "tools": turn.exchanges });
    draft.writes.turn = Some(TurnRecord { turn_no, outcome, reason, model: String::new(), trace, started_at: turn.started_at });
    draft.writes.timeline.push(TimelineKind::TurnEnded { turn_no, outcome });
    draft.writes.usage.push(("turn", 1));
    Some(turn_no)
}

/// Returns the open turn if the result is for it.
fn current(now: &Conversation, id: TurnId) -> Option<Turn> {
    now.phase.turn().filter(|turn| turn.id == id).cloned()
}

pub(super) fn replied(draft: &mut Draft<'_>, id: TurnId, reply: Reply) {
    let Some(turn) = current(&draft.next, id) else {
        return draft.drop_event("superseded");
    };
    let mut calls = reply.calls.into_iter();
    if let Some(first) = calls.next() {
        return use_tools(draft, turn, first, calls.collect());
    }
    let text = reply.text.unwrap_or_default();
    if text.trim().is_empty() {
        let bundle = Handoff { summary: Some("the model gave no answer".into()), ..Handoff::told(draft, HandoffReason::AssistantFailed) };
        hand_off(draft, bundle);
    } else if promises_person(&text) {
        hand_off(draft, Handoff { reason: HandoffReason::PromiseRepaired, text: Some(text), summary: None });
    } else {
        answer(draft, &turn, text);
    }
    describe(draft, reply.model, reply.note, reply.tokens);
}

/// Adds to the turn's record what answered and why.
fn describe(draft: &mut Draft<'_>, model: String, note: Option<String>, tokens: (u32, u32)) {
    let Some(record) = &mut draft.writes.turn else { return };
    if let Some(trace) = record.trace.as_object_mut() {
        trace.insert("tokens".into(), json!([tokens.0, tokens.1]));
        note.map(|note| trace.insert("note".into(), note.into()));
    }
    record.model = model;
    let tokens = i64::from(tokens.0) + i64::from(tokens.1);
    if tokens > 0 {
        draft.writes.usage.push(("model_tokens", tokens));
    }
}

/// Commits an answer: message, outbox row, the rows it covers. What came in meanwhile opens the next turn.
fn answer(draft: &mut Draft<'_>, turn: &Turn, text: String) {
    let turn_no = end(draft, "replied", None);
    draft.send(Author::Assistant, Content::text(text), OutboxClass::Assistant, Origin { turn_no, ..Origin::default() });
    draft.next.state.waiting_since = None;
    draft.settle_owed(Some(turn.covers), "answered");
    if !draft.next.owed.is_empty() {
        draft.next.state.waiting_since = Some(draft.at);
        open(draft);
    }
}

pub(super) fn failed(draft: &mut Draft<'_>, id: TurnId, failure: String) {
    if current(&draft.next, id).is_none() {
        return draft.drop_event("superseded");
    }
    let bundle = Handoff { summary: Some(failure), ..Handoff::told(draft, HandoffReason::AssistantFailed) };
    hand_off(draft, bundle);
}

/// Runs a call, or takes its journaled result if an earlier attempt already made it.
fn use_tools(draft: &mut Draft<'_>, turn: Turn, call: ToolCall, rest: Vec<ToolCall>) {
    draft.effects.push(Effect::CallTool { turn: turn.id, call: call.clone() });
    draft.next.phase = Phase::UsingTools { turn, call, rest };
}

/// Returns the open turn and what follows the call, if the result is for the call that runs.
fn running(now: &Conversation, id: TurnId, call_id: &str) -> Option<(Turn, ToolCall, Vec<ToolCall>)> {
    match &now.phase {
        Phase::UsingTools { turn, call, rest } if turn.id == id && call.id == call_id => Some((turn.clone(), call.clone(), rest.clone())),
        Phase::UsingTools { .. } | Phase::Idle | Phase::Gathering { .. } | Phase::Thinking { .. } => None,
    }
}

pub(super) fn tool_returned(draft: &mut Draft<'_>, id: TurnId, call_id: &str, outcome: ToolOutcome) {
    let Some((mut turn, call, rest)) = running(&draft.next, id, call_id) else {
        return draft.drop_event("superseded");
    };
    let exchange = Exchange { call, result: outcome.result };
    turn.exchanges.push(exchange.clone());
    match outcome.effect {
        ToolEffect::None => go_on_with_tools(draft, turn, rest),
        ToolEffect::Note { text } => {
            leave_note(draft, &mut turn, exchange, text);
            go_on_with_tools(draft, turn, rest);
        }
        ToolEffect::HandOff { reason, text, summary } => {
            draft.next.phase = Phase::Thinking { turn };
            let standard = Handoff::told(draft, reason);
            let text = text.filter(|text| !text.trim().is_empty()).or(standard.text);
            hand_off(draft, Handoff { reason, text, summary });
        }
        ToolEffect::Resolve { text, note } => resolve(draft, turn, text, &note),
    }
}

/// Leaves a note for people, in the commit that journals the call. A call that an earlier attempt committed is not made again.
fn leave_note(draft: &mut Draft<'_>, turn: &mut Turn, exchange: Exchange, text: String) {
    let turn_no = turn.id.turn_no;
    let same = |entry: &&super::Journaled| {
        entry.turn_no == turn_no
            && entry.exchange.call.name == exchange.call.name
            && entry.exchange.call.arguments == exchange.call.arguments
    };
    if draft.next.journal.iter().any(|entry| same(&entry)) {
        return;
    }
    let ordinal = i64::try_from(draft.next.journal.len()).unwrap_or(i64::MAX);
    draft.next.journal.push(super::Journaled { turn_no, ordinal, exchange: exchange.clone() });
    draft.writes.journal.push(JournalEntry { turn_no, ordinal, occurrence: 0, exchange });
    draft.add_message(Author::Note(None), Content::text(text), Origin { turn_no: Some(turn_no), ..Origin::default() });
    turn.journaled = true;
}

fn go_on_with_tools(draft: &mut Draft<'_>, turn: Turn, rest: Vec<ToolCall>) {
    let mut rest = rest.into_iter();
    match rest.next() {
        Some(call) => use_tools(draft, turn, call, rest.collect()),
        None => think(draft, turn),
    }
}

fn resolve(draft: &mut Draft<'_>, turn: Turn, text: Option<String>, note: &str) {
    let covers = turn.covers;
    draft.next.phase = Phase::Thinking { turn };
    if draft.next.owed.len() > covers {
        // Somebody wrote meanwhile: the matter is not settled. The next turn decides.
        let text = text.filter(|text| !text.trim().is_empty());
        let turn_no = end(draft, "replied", None);
        if let Some(text) = text {
            draft.send(Author::Assistant, Content::text(text), OutboxClass::Assistant, Origin { turn_no, ..Origin::default() });
        }
        draft.settle_owed(Some(covers), "answered");
        return open(draft);
    }
    let turn_no = end(draft, "resolved", None);
    if let Some(text) = text.filter(|text| !text.trim().is_empty()) {
        draft.send(Author::Assistant, Content::text(text), OutboxClass::Assistant, Origin { turn_no, ..Origin::default() });
    }
    draft.add_message(Author::Note(None), Content::text(format!("resolved: {note}")), Origin { turn_no, ..Origin::default() });
    draft.settle_owed(None, "resolved");
    draft.stand(Standing::Resolved, "assistant_resolved", None);
}

/// An invalid call is told to the model once; anything else, or a second one, goes to people.
pub(super) fn tool_failed(draft: &mut Draft<'_>, id: TurnId, call_id: &str, failure: &ToolFailure) {
    let Some((mut turn, call, rest)) = running(&draft.next, id, call_id) else {
        return draft.drop_event("superseded");
    };
    match failure {
        ToolFailure::Invalid(why) if turn.repairs == 0 => {
            turn.repairs += 1;
            turn.exchanges.push(Exchange { call, result: json!({ "error": why }) });
            go_on_with_tools(draft, turn, rest);
        }
        ToolFailure::Invalid(why) | ToolFailure::Failed(why) => {
            let summary = Some(format!("{}: {why}", call.name));
            draft.next.phase = Phase::Thinking { turn };
            let bundle = Handoff { summary, ..Handoff::told(draft, HandoffReason::ToolFailed) };
            hand_off(draft, bundle);
        }
    }
}
