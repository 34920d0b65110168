//! The assistant's turn: gather, think, use tools, settle. Every result is fenced by the turn that asked for it.

use crate::domain::content::Content;
use crate::domain::conversation::Conversation;
use crate::domain::conversation::answer::say;
use crate::domain::conversation::booked::{is_booked, tell};
use crate::domain::conversation::books::{Used, Verdict, end};
use crate::domain::conversation::draft::{Draft, Origin};
use crate::domain::conversation::effect::Effect;
use crate::domain::conversation::event::Reply;
use crate::domain::conversation::gather::LONGEST;
use crate::domain::conversation::handoff::{Handoff, hand_off};
use crate::domain::conversation::message::Author;
use crate::domain::conversation::standing::Standing;
use crate::domain::conversation::tools;
use crate::domain::notes;
use crate::domain::prompt::Asked;
use crate::domain::time::Timestamp;
use crate::domain::tool::{HandoffReason, ToolCall};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::sync::Arc;
use std::time::Duration;

/// Names one attempt of one turn. `turn_no` names what is answered, `attempt` who answers: never reused within a process.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct TurnId {
    /// `last_turn + 1` while it is open.
    pub turn_no: i64,
    /// Drawn anew whenever the model is asked: at every start, restart, reload and round of tools.
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
    /// How many of them, from the first, an earlier attempt had committed.
    pub continued: usize,
    /// Which of them took how many milliseconds.
    pub took: Vec<(usize, u64)>,
    /// When the tool that runs was called.
    pub called_at: Timestamp,
    /// The round in which the model was last told that a call was invalid.
    pub repaired_in: u8,
    /// The round in which the model was told that it has made enough calls; 0: never.
    pub enough_in: u8,
    /// A call that binds, for which the answer must ask first.
    pub proposed: Option<u64>,
    /// How often an answer was held back and asked for again.
    pub held: u8,
    /// What the guards found, for the trace.
    pub verdicts: Vec<Verdict>,
    /// What the model was asked last.
    pub asked: Option<Arc<Asked>>,
    /// What the model was and used, over all rounds.
    pub used: Used,
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
        return hand_off(draft, Handoff::silent(draft.policy.why_silent()));
    }
    match draft.next.phase.clone() {
        Phase::Idle => match wait {
            Some(wait) if !wait.is_zero() => gather(draft, draft.at, wait),
            Some(_) | None => open(draft),
        },
        Phase::Gathering { since, .. } => match wait {
            Some(wait) if !wait.is_zero() => gather(draft, since, wait),
            Some(_) => open(draft),
            // A note, a reaction or a delivery tells nothing about the burst.
            None => {}
        },
        Phase::Thinking { turn } | Phase::UsingTools { turn, .. } => {
            if draft.fresh && may_restart(draft, &turn) {
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

/// The customer took a message back before anybody looked at it: no answer is owed to it any more. An open turn goes on without it.
pub(super) fn forget(draft: &mut Draft<'_>, seq: i64) {
    let untouched = draft.next.phase.turn().is_none() && draft.next.journal.is_empty();
    let Some(place) = draft.next.owed.iter().position(|owed| untouched && owed.seq == Some(seq)) else { return };
    let owed = draft.next.owed.remove(place);
    draft.settle_one(owed.id, "deleted");
    if draft.next.owed.is_empty() {
        draft.next.phase = Phase::Idle;
        draft.next.state.waiting_since = None;
    }
}

/// Opens the turn that rows are owed after a restart: no second gathering.
pub(super) fn resume(draft: &mut Draft<'_>) {
    match draft.next.phase {
        Phase::Idle if draft.next.state.standing == Standing::Pending && !draft.next.owed.is_empty() => open(draft),
        Phase::Idle if draft.next.owed.is_empty() => draft.drop_event("nothing_owed"),
        Phase::Idle => draft.settle_owed(None, "people_hold"),
        Phase::Gathering { .. } | Phase::Thinking { .. } | Phase::UsingTools { .. } => draft.drop_event("already_running"),
    }
}

/// Opens the next turn over all owed rows. Needs no commit; calls that are already journaled are part of it.
pub(super) fn open(draft: &mut Draft<'_>) {
    let turn_no = draft.next.state.last_turn + 1;
    let done = draft.next.journal.iter().filter(|entry| entry.turn_no == turn_no);
    let mut exchanges: Vec<Exchange> = done.map(|entry| entry.exchange.clone()).collect();
    let booked = exchanges.pop_if(|exchange| is_booked(&exchange.result));
    let turn = Turn {
        id: TurnId { turn_no, attempt: draft.attempt },
        covers: draft.next.owed.len(),
        restarts: 0,
        rounds: 0,
        repairs: 0,
        journaled: !exchanges.is_empty() || booked.is_some(),
        continued: exchanges.len(),
        exchanges,
        took: Vec::new(),
        called_at: draft.at,
        repaired_in: 0,
        enough_in: 0,
        proposed: None,
        held: 0,
        verdicts: Vec::new(),
        asked: None,
        used: Used::default(),
        started_at: draft.at,
    };
    match booked {
        // What an earlier attempt has booked is told, before anybody is asked again.
        Some(Exchange { call, result }) => tell(draft, turn, call, Vec::new(), result),
        None => think(draft, turn),
    }
}

/// Asks the model, under a new name, so that an answer that comes twice is not taken for the answer of the next round.
pub(super) fn think(draft: &mut Draft<'_>, mut turn: Turn) {
    if !draft.policy.assistant {
        draft.next.phase = if turn.rounds == 0 { Phase::Idle } else { Phase::Thinking { turn } };
        return hand_off(draft, Handoff::silent(draft.policy.why_silent()));
    }
    turn.id.attempt = draft.attempt;
    turn.rounds = turn.rounds.saturating_add(1);
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
        covers: draft.next.owed.len(),
        restarts: turn.restarts.saturating_add(1),
        rounds: 0,
        repaired_in: 0,
        enough_in: 0,
        proposed: None,
        exchanges: Vec::new(),
        took: Vec::new(),
        continued: 0,
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
        let note = notes::interrupted(draft.policy.language);
        draft.add_message(Author::Note(None), Content::text(note), Origin::default());
    } else if let Some(turn) = turn {
        draft.effects.push(Effect::AbortTurn { turn: turn.id });
    }
    draft.next.phase = Phase::Idle;
}

/// Returns the open turn if the result is for it.
fn current(now: &Conversation, id: TurnId) -> Option<Turn> {
    let assistant_speaks = now.state.standing == Standing::Pending;
    now.phase.turn().filter(|turn| assistant_speaks && turn.id == id).cloned()
}

pub(super) fn replied(draft: &mut Draft<'_>, id: TurnId, reply: Reply) {
    let thinking = matches!(draft.next.phase, Phase::Thinking { .. });
    let Some(mut turn) = current(&draft.next, id).filter(|_| thinking) else {
        return draft.drop_event("superseded");
    };
    turn.used.add(&reply);
    turn.asked = reply.asked.or(turn.asked);
    draft.next.phase = Phase::Thinking { turn: turn.clone() };
    if !draft.policy.assistant {
        return hand_off(draft, Handoff::silent(draft.policy.why_silent()));
    }
    if !reply.calls.is_empty() {
        return tools::use_tools(draft, turn, reply.calls);
    }
    let text = reply.text.unwrap_or_default();
    if text.trim().is_empty() {
        let bundle = Handoff { summary: Some("the model gave no answer".into()), ..Handoff::told(draft, HandoffReason::AssistantFailed) };
        hand_off(draft, bundle);
    } else {
        say(draft, turn, &text);
    }
}

pub(super) fn failed(draft: &mut Draft<'_>, id: TurnId, failure: String) {
    if current(&draft.next, id).is_none() {
        return draft.drop_event("superseded");
    }
    let bundle = Handoff { summary: Some(failure), ..Handoff::told(draft, HandoffReason::AssistantFailed) };
    hand_off(draft, bundle);
}
