//! What a turn may do with tools: so many calls, none again and again, and nothing that binds before the customer has seen the question.

use crate::domain::conversation::draft::Draft;
use crate::domain::conversation::turn::Turn;
use crate::domain::tool::ToolCall;
use serde_json::{Value, json};
use std::hash::{DefaultHasher, Hash, Hasher};

/// Why a call is answered without running it.
pub(super) enum Refusal {
    /// The turn has made enough calls, or this one often enough: answer with what is there.
    Enough(Value),
    /// It binds, and the customer has not yet answered the question.
    Unconfirmed(Value),
}

/// Returns why a call may not run now; `None`: it may.
pub(super) fn refuse(draft: &Draft<'_>, turn: &Turn, call: &ToolCall) -> Option<Refusal> {
    let made = turn.exchanges.iter().skip(turn.continued);
    let (all, same) = made.fold((0, 0), |(all, same), made| (all + 1, same + usize::from(alike(&made.call, call))));
    if all >= draft.policy.max_calls || same >= draft.policy.max_same_calls {
        return Some(Refusal::Enough(json!({
            "error": "enough",
            "message": "This call was not made: enough calls were made in this turn. Answer the customer with what you have, or call hand_off.",
        })));
    }
    let binds = draft.policy.binding.contains(&call.name);
    (binds && !confirmed(draft, turn, call)).then(|| {
        Refusal::Unconfirmed(json!({
            "error": "needs_confirmation",
            "message": "Nothing was done. Tell the customer exactly what you would do and ask for a yes; make this same call after that answer.",
        }))
    })
}

/// The newest answer of the assistant asked for this very call, and the customer has written after it.
fn confirmed(draft: &Draft<'_>, turn: &Turn, call: &ToolCall) -> bool {
    let Some(proposed) = draft.next.state.proposed else { return false };
    let asked_last = proposed.turn_no == draft.next.state.last_turn && proposed.call == fingerprint(call);
    let answered = draft.next.owed.iter().take(turn.covers).any(|owed| owed.seq.is_some_and(|seq| seq > proposed.seq));
    asked_last && answered
}

fn alike(one: &ToolCall, other: &ToolCall) -> bool {
    one.name == other.name && fingerprint(one) == fingerprint(other)
}

/// Names a call by its tool and what it is asked, whatever the order of fields, case or blanks.
pub(super) fn fingerprint(call: &ToolCall) -> u64 {
    let mut hasher = DefaultHasher::new();
    call.name.hash(&mut hasher);
    feed(&call.arguments, &mut hasher);
    hasher.finish()
}

fn feed(value: &Value, hasher: &mut DefaultHasher) {
    match value {
        Value::Null => 0_u8.hash(hasher),
        Value::Bool(yes) => yes.hash(hasher),
        Value::Number(number) => number.to_string().hash(hasher),
        Value::String(text) => {
            text.split_whitespace().for_each(|word| word.to_lowercase().hash(hasher));
            1_u8.hash(hasher);
        }
        Value::Array(items) => {
            items.iter().for_each(|item| feed(item, hasher));
            2_u8.hash(hasher);
        }
        Value::Object(fields) => {
            let mut fields: Vec<_> = fields.iter().collect();
            fields.sort_unstable_by_key(|(name, _)| *name);
            for (name, value) in fields {
                name.hash(hasher);
                feed(value, hasher);
            }
            3_u8.hash(hasher);
        }
    }
}
