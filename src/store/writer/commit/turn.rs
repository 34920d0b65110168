//! Turns: the journal of their side effects, their end, and what they used.

use super::Winner;
use crate::crypto::mac::sha256_hex;
use crate::domain::conversation::booked::journal_result;
use crate::domain::conversation::effect::JournalEntry;
use crate::domain::tool::ToolCall;
use crate::ports::store::CommitStep;
use crate::store::rows::{Columns, Kind, Rows, Tx};
use crate::store::spelling::json;
use sea_orm::DbErr;
use serde_json::Value;
use uuid::Uuid;

const STEPS: Columns = &[
    ("tenant_id", Kind::Id),
    ("conversation_id", Kind::Id),
    ("turn_no", Kind::Int),
    ("ordinal", Kind::Int),
    ("step_key", Kind::Text),
    ("tool", Kind::Text),
    ("arguments", Kind::Text),
    ("result", Kind::Text),
    ("created_at", Kind::At),
];
const SETTLED: Columns = &[("tenant_id", Kind::Id), ("conversation_id", Kind::Id), ("turn_no", Kind::Int)];
const TURNS: Columns = &[
    ("tenant_id", Kind::Id),
    ("id", Kind::Id),
    ("conversation_id", Kind::Id),
    ("turn_no", Kind::Int),
    ("outcome", Kind::Text),
    ("reason", Kind::Text),
    ("model", Kind::Text),
    ("trace", Kind::Text),
    ("started_at", Kind::At),
    ("finished_at", Kind::At),
    ("messages", Kind::Text),
];
pub(in crate::store::writer) const USAGE: Columns = &[
    ("tenant_id", Kind::Id),
    ("id", Kind::Id),
    ("kind", Kind::Text),
    ("amount", Kind::Int),
    ("conversation_id", Kind::Id),
    ("cycle", Kind::Int),
    ("at", Kind::At),
];

pub(super) async fn apply(tx: Tx<'_>, winners: &[Winner<'_>]) -> Result<(), DbErr> {
    let mut steps = tx.rows(STEPS);
    let mut settled = tx.rows(SETTLED);
    let mut turns = tx.rows(TURNS);
    let mut usage = tx.rows(USAGE);
    for winner in winners {
        let step = winner.step;
        for JournalEntry { turn_no, ordinal, occurrence, exchange } in &step.writes.journal {
            journal(&mut steps, step, (*turn_no, *ordinal, *occurrence), &exchange.call, &exchange.result.to_string());
        }
        if let (Some(booking), Some(outcome)) = (&step.writes.booking, &winner.booked) {
            let place = (booking.turn_no, booking.ordinal, booking.occurrence);
            journal(&mut steps, step, place, &booking.call, &journal_result(outcome).to_string());
        }
        if let Some(turn) = &step.writes.turn {
            settled.push([step.key.tenant.into(), step.key.id.into(), turn.turn_no.into()]);
            let trace = json(&turn.trace)?;
            turns.push([
                step.key.tenant.into(),
                tx.id::<Uuid>().into(),
                step.key.id.into(),
                turn.turn_no.into(),
                turn.outcome.into(),
                turn.reason.into(),
                (&turn.model).into(),
                (&trace).into(),
                turn.started_at.into(),
                step.at.into(),
                turn.messages.as_ref().into(),
            ]);
        }
        for (kind, amount) in &step.writes.usage {
            let (id, cycle) = (tx.id::<Uuid>(), step.state.cycle);
            usage.push([
                step.key.tenant.into(),
                id.into(),
                (*kind).into(),
                (*amount).into(),
                step.key.id.into(),
                cycle.into(),
                step.at.into(),
            ]);
        }
    }
    tx.insert("turn_step", &steps).await?;
    // What a settled turn journaled is no longer needed to continue it; the turn's trace keeps the story.
    tx.delete("turn_step", &settled, "").await?;
    tx.insert("turn", &turns).await?;
    tx.insert("usage_fact", &usage).await
}

/// Adds a call with its result; `place` is its turn, its place there, and which of several equal calls it is.
fn journal(rows: &mut Rows, step: &CommitStep, place: (i64, i64, u32), call: &ToolCall, result: &str) {
    let (turn_no, ordinal, occurrence) = place;
    let arguments = canonical(&call.arguments);
    let hash = sha256_hex(arguments.as_bytes());
    let hash = hash.get(..16).unwrap_or_default();
    let key = format!("{}:{turn_no}:{}:{hash}:{occurrence}", step.key.id, call.name);
    rows.push([
        step.key.tenant.into(),
        step.key.id.into(),
        turn_no.into(),
        ordinal.into(),
        (&key).into(),
        (&call.name).into(),
        (&arguments).into(),
        result.into(),
        step.at.into(),
    ]);
}

/// Spells JSON with the keys of every object in order, so that equal arguments have equal names.
fn canonical(value: &Value) -> String {
    match value {
        Value::Object(fields) => {
            let mut fields: Vec<_> = fields.iter().collect();
            fields.sort_unstable_by_key(|(name, _)| *name);
            let fields: Vec<String> =
                fields.into_iter().map(|(name, value)| format!("{}:{}", Value::from(name.as_str()), canonical(value))).collect();
            format!("{{{}}}", fields.join(","))
        }
        Value::Array(items) => format!("[{}]", items.iter().map(canonical).collect::<Vec<_>>().join(",")),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => value.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn equal_arguments_have_one_spelling_whatever_their_order() {
        let one: Value = serde_json::from_str(r#"{"b": [1, {"d": "x", "c": null}], "a": "\""}"#).unwrap_or_default();
        assert_eq!(canonical(&one), r#"{"a":"\"","b":[1,{"c":null,"d":"x"}]}"#);
        assert_ne!(canonical(&json!({"a": 1})), canonical(&json!({"a": "1"})));
    }
}
