//! Acts on the book within a turn: written and journaled in one commit, then told. What an earlier attempt has booked is told first of all,
//! so that a crash between the two loses no word.

use crate::domain::booking::{Act, Actor, Outcome};
use crate::domain::conversation::Journaled;
use crate::domain::conversation::draft::Draft;
use crate::domain::conversation::effect::{BookingWrite, Effect};
use crate::domain::conversation::tools::running;
use crate::domain::conversation::turn::{Exchange, Phase, Turn, TurnId};
use crate::domain::tool::ToolCall;
use serde_json::{Value, json};

/// Marks the journaled result of an act on the book: `{"booked": outcome}`.
pub const BOOKED: &str = "booked";

/// Returns an outcome as the journal keeps it.
#[must_use]
pub fn journal_result(outcome: &Outcome) -> Value {
    json!({ BOOKED: outcome })
}

/// A call with what comes after it.
pub(super) struct Asked {
    /// The call, with what the tool said of it before the act.
    pub exchange: Exchange,
    /// The calls after it.
    pub rest: Vec<ToolCall>,
    /// Which of several equal calls it is.
    pub occurrence: usize,
}

/// Returns true for the result of an act on the book.
pub(super) fn is_booked(result: &Value) -> bool {
    result.get(BOOKED).is_some()
}

/// Writes the act, and the call with it. Its outcome comes back by [`booked`].
pub(super) fn book(draft: &mut Draft<'_>, mut turn: Turn, asked: Asked, actor: Actor, act: Act) {
    let Asked { exchange, rest, occurrence } = asked;
    let turn_no = turn.id.turn_no;
    let earlier = draft.next.journal.iter().filter(|entry| entry.turn_no == turn_no).count();
    draft.writes.booking = Some(Box::new(BookingWrite {
        actor,
        act,
        turn_no,
        ordinal: i64::try_from(earlier).unwrap_or(i64::MAX),
        occurrence: u32::try_from(occurrence).unwrap_or(u32::MAX),
        call: exchange.call.clone(),
    }));
    turn.journaled = true;
    draft.next.phase = Phase::UsingTools { turn, call: exchange.call, rest };
}

/// The act is committed: remembers it as the journal has it, and asks what to tell.
pub(super) fn booked(draft: &mut Draft<'_>, id: TurnId, call_id: &str, result: Value) {
    let Some((turn, call, rest)) = running(&draft.next, id, call_id) else {
        return draft.drop_event("superseded");
    };
    let turn_no = id.turn_no;
    let earlier = draft.next.journal.iter().filter(|entry| entry.turn_no == turn_no).count();
    let exchange = Exchange { call: call.clone(), result: result.clone() };
    draft.next.journal.push(Journaled { turn_no, ordinal: i64::try_from(earlier).unwrap_or(i64::MAX), exchange });
    tell(draft, turn, call, rest, result);
}

/// Asks the tool what to tell of an act that stands.
pub(super) fn tell(draft: &mut Draft<'_>, mut turn: Turn, call: ToolCall, rest: Vec<ToolCall>, result: Value) {
    turn.id.attempt = draft.attempt;
    turn.called_at = draft.at;
    draft.effects.push(Effect::Tell { turn: turn.id, call: call.clone(), result });
    draft.next.phase = Phase::UsingTools { turn, call, rest };
}
