//! The books of a turn: what it used, and its record when it ends.

use crate::domain::conversation::draft::Draft;
use crate::domain::conversation::effect::{Effect, TimelineKind, TurnRecord};
use crate::domain::conversation::event::Reply;
use crate::domain::conversation::turn::{Phase, Turn};
use crate::domain::guard::Finding;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

/// One try of one provider, for the trace.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempt {
    /// The provider's name in the tenant's chain, such as `openrouter`, or `offline`.
    pub provider: String,
    /// The model asked.
    pub model: String,
    /// Why it gave no answer; `None`: it did.
    pub failure: Option<String>,
    /// How long it took, in milliseconds.
    pub millis: u64,
}

/// What a turn's calls of the model come to.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Used {
    /// What answered last.
    pub model: String,
    /// Its newest note for the trace.
    pub note: Option<String>,
    /// Tokens in and out.
    pub tokens: (u32, u32),
    /// What they cost, in millionths of the provider's currency, as far as prices are known.
    pub cost_micros: u64,
    /// Every try of every provider.
    pub attempts: Vec<Attempt>,
}

/// What became of an answer that a guard found fault with.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Then {
    /// The model was asked once more.
    AskedAgain,
    /// People took over; the customer read the fixed text.
    HandedOver,
    /// The fixed text stood in.
    Replaced,
    /// Only whole sentences up to the limit were sent.
    Shortened,
}

/// A guard's verdict about one answer, for the trace.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Verdict {
    /// The round of the model.
    pub round: u8,
    /// What was found.
    pub found: Vec<Finding>,
    /// What was done.
    pub then: Then,
    /// The answer that did not leave, cut: people may see what was held back.
    pub text: String,
}

impl Used {
    /// Adds what an answer used.
    pub(super) fn add(&mut self, reply: &Reply) {
        self.model.clone_from(&reply.model);
        self.note = reply.note.clone().or(self.note.take());
        self.tokens = (self.tokens.0.saturating_add(reply.tokens.0), self.tokens.1.saturating_add(reply.tokens.1));
        self.cost_micros = self.cost_micros.saturating_add(reply.cost_micros.unwrap_or(0));
        self.attempts.extend(reply.attempts.iter().cloned());
    }
}

/// Closes the books of the open turn and returns its number: `last_turn` moves, the record is written, nothing runs any more.
pub(super) fn end(draft: &mut Draft<'_>, outcome: &'static str, reason: Option<&'static str>) -> Option<i64> {
    let turn_no = draft.next.state.last_turn + 1;
    let turn = draft.next.phase.turn().cloned();
    draft.next.phase = Phase::Idle;
    draft.next.state.proposed = None;
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
    let trace = Value::Object(trace(&turn));
    let messages = turn.asked.as_ref().and_then(|asked| asked.messages.clone());
    let (tokens, cost_micros) = (i64::from(turn.used.tokens.0) + i64::from(turn.used.tokens.1), turn.used.cost_micros);
    draft.writes.turn = Some(TurnRecord { turn_no, outcome, reason, model: turn.used.model, trace, messages, started_at: turn.started_at });
    draft.writes.timeline.push(TimelineKind::TurnEnded { turn_no, outcome });
    draft.writes.usage.push(("turn", 1));
    if tokens > 0 {
        draft.writes.usage.push(("model_tokens", tokens));
    }
    if cost_micros > 0 {
        draft.writes.usage.push(("model_cost_micros", i64::try_from(cost_micros).unwrap_or(i64::MAX)));
    }
    Some(turn_no)
}

fn trace(turn: &Turn) -> Map<String, Value> {
    let Used { note, tokens, cost_micros, attempts, .. } = &turn.used;
    let mut trace = Map::new();
    trace.insert("rounds".into(), turn.rounds.into());
    trace.insert("restarts".into(), turn.restarts.into());
    trace.insert("tools".into(), tools(turn).into());
    trace.insert("tokens".into(), json!([tokens.0, tokens.1]));
    if let Some(note) = note {
        trace.insert("note".into(), note.as_str().into());
    }
    if *cost_micros > 0 {
        trace.insert("cost_micros".into(), (*cost_micros).into());
    }
    if !attempts.is_empty() {
        trace.insert("attempts".into(), json!(attempts));
    }
    if let Some(asked) = &turn.asked {
        trace.insert("prompt".into(), json!({ "name": asked.prompt.name, "version": asked.prompt.version }));
    }
    if !turn.verdicts.is_empty() {
        trace.insert("guards".into(), json!(turn.verdicts));
    }
    trace
}

fn tools(turn: &Turn) -> Vec<Value> {
    let took = |at: usize| turn.took.iter().find(|(place, _)| *place == at).map(|(_, millis)| *millis);
    let tool = |(at, exchange)| {
        let mut tool = json!(exchange);
        if let (Some(millis), Some(fields)) = (took(at), tool.as_object_mut()) {
            fields.insert("millis".into(), millis.into());
        }
        tool
    };
    turn.exchanges.iter().enumerate().map(tool).collect()
}
