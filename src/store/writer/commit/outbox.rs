//! What steps want to send, and what they call back.

use super::{Winner, called_by};
use crate::domain::content::Content;
use crate::domain::conversation::effect::Writes;
use crate::ports::store::OutboxRow;
use crate::store::rows::{Columns, Kind, Rows, Tx, get};
use crate::store::spelling::{from_json, json, key};
use crate::store::writer::called_back;
use crate::store::writer::feed::Feed;
use sea_orm::DbErr;
use std::collections::HashMap;
use uuid::Uuid;

const CONVERSATIONS: Columns = &[("tenant_id", Kind::Id), ("id", Kind::Id), ("at", Kind::At)];

const OUTBOX: Columns = &[
    ("tenant_id", Kind::Id),
    ("id", Kind::Id),
    ("conversation_id", Kind::Id),
    ("message_id", Kind::Id),
    ("inbox_id", Kind::Id),
    ("part", Kind::Small),
    ("ord", Kind::Int),
    ("class", Kind::Text),
    ("state", Kind::Text),
    ("due_at", Kind::At),
    ("to_kind", Kind::Text),
    ("to_value", Kind::Text),
    ("payload", Kind::Text),
    ("in_reply_to", Kind::Text),
    ("turn_no", Kind::Int),
    ("created_at", Kind::At),
    ("leave_until", Kind::At),
    ("appointment_id", Kind::Id),
    ("appointment_status", Kind::Text),
    ("appointment_start", Kind::At),
    ("ended_cycle", Kind::Int),
];

/// Texts under way, by conversation.
pub(super) type StillToCome = HashMap<Uuid, Vec<String>>;

/// What was said by itself: the assistant's own words have another author.
const BY_ITSELF: &str = "AND EXISTS (SELECT 1 FROM message m WHERE m.tenant_id = outbox.tenant_id AND m.id = outbox.message_id
                         AND m.author = 'system')";

/// Calls back what the assistant had queued before these steps, or only what was said by itself; returns what is under way and may still
/// arrive.
pub(super) async fn cancel(tx: Tx<'_>, winners: &[Winner<'_>], feed: &mut Feed) -> Result<StillToCome, DbErr> {
    let rows = conversations(tx, winners, |writes| writes.cancel_assistant);
    call_back(tx, winners, (&rows, ""), feed).await?;
    let by_itself = conversations(tx, winners, |writes| writes.cancel_automatic);
    call_back(tx, winners, (&by_itself, BY_ITSELF), feed).await?;
    under_way(tx, &rows).await
}

fn conversations(tx: Tx<'_>, winners: &[Winner<'_>], meant: fn(&Writes) -> bool) -> Rows {
    let mut rows = tx.rows(CONVERSATIONS);
    for step in winners.iter().map(|winner| winner.step).filter(|step| meant(&step.writes)) {
        rows.push([step.key.tenant.into(), step.key.id.into(), step.at.into()]);
    }
    rows
}

/// SQLite uses the partial index of open rows only if its condition is repeated word by word.
async fn call_back(tx: Tx<'_>, winners: &[Winner<'_>], (rows, which): (&Rows, &str), feed: &mut Feed) -> Result<(), DbErr> {
    let sql = format!(
        "UPDATE outbox SET state = 'cancelled', finished_at = r.at FROM {{rows}}
         WHERE outbox.tenant_id = r.tenant_id AND outbox.conversation_id = r.id AND outbox.class = 'assistant'
         AND outbox.state IN ('pending', 'retry', 'sending') AND outbox.state <> 'sending' {which}
         RETURNING outbox.conversation_id, outbox.message_id"
    );
    let cancelled = tx.all(&sql, rows).await?;
    called_back::end(tx, called_by(&cancelled, winners, None)?, feed).await
}

async fn under_way(tx: Tx<'_>, rows: &Rows) -> Result<StillToCome, DbErr> {
    let sql = "UPDATE outbox SET cancelling = true FROM {rows}
               WHERE outbox.tenant_id = r.tenant_id AND outbox.conversation_id = r.id AND outbox.class = 'assistant'
               AND outbox.state IN ('pending', 'retry', 'sending') AND outbox.state = 'sending' RETURNING outbox.conversation_id, outbox.payload";
    let mut still = StillToCome::new();
    for row in tx.all(sql, rows).await? {
        let payload: String = get(&row, "payload")?;
        let content: Content = from_json(&payload)?;
        still.entry(get(&row, "conversation_id")?).or_default().push(content.text);
    }
    Ok(still)
}

pub(super) async fn insert(tx: Tx<'_>, winners: &[Winner<'_>]) -> Result<(), DbErr> {
    let mut rows = tx.rows(OUTBOX);
    for winner in winners {
        let step = winner.step;
        for (new, id) in step.writes.outbox.iter().zip(&winner.outbox) {
            let payload = json(&new.content)?;
            let still = new.proviso.and_then(|it| it.appointment);
            let to = key(&step.to.value);
            rows.push([
                step.key.tenant.into(),
                id.0.into(),
                step.key.id.into(),
                winner.message(new.seq).map(|id| id.0).into(),
                step.inbox.into(),
                i64::from(step.key.part.0).into(),
                new.ord.into(),
                new.class.as_str().into(),
                "pending".into(),
                step.at.into(),
                step.to.kind.as_str().into(),
                (&to).into(),
                (&payload).into(),
                new.in_reply_to.as_ref().into(),
                new.turn_no.into(),
                step.at.into(),
                new.proviso.map(|it| it.until).into(),
                still.map(|it| it.id.0).into(),
                still.map(|it| it.status.as_str()).into(),
                still.map(|it| it.start).into(),
                new.proviso.and_then(|it| it.ended_cycle).into(),
            ]);
        }
    }
    tx.insert("outbox", &rows).await
}

/// Returns the new rows as a lane holds them.
pub(super) fn rows_of(winner: &Winner<'_>) -> Vec<OutboxRow> {
    let step = winner.step;
    let rows = step.writes.outbox.iter().zip(&winner.outbox).map(|(new, id)| OutboxRow {
        id: *id,
        key: step.key,
        inbox: step.inbox,
        message: winner.message(new.seq),
        ord: new.ord,
        class: new.class,
        sending_since: None,
        attempt: 0,
        due_at: step.at,
        to: step.to.clone(),
        content: new.content.clone(),
        in_reply_to: new.in_reply_to.clone(),
        survey: new.proviso.and_then(|it| it.ended_cycle),
    });
    rows.collect()
}
