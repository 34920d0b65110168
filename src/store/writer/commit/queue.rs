//! What steps do to the queue: rows that move on, quarantined rows that come back, timers.

use super::Winner;
use crate::domain::conversation::effect::InboundState;
use crate::domain::conversation::event::Happening;
use crate::store::rows::{Columns, Kind, Tx};
use crate::store::spelling::json;
use sea_orm::DbErr;
use uuid::Uuid;

const MOVES: Columns = &[
    ("tenant_id", Kind::Id),
    ("id", Kind::Id),
    ("state", Kind::Text),
    ("reason", Kind::Text),
    ("outcome", Kind::Text),
    ("settled_at", Kind::At),
];
const FORGOTTEN: Columns = &[("tenant_id", Kind::Id), ("id", Kind::Id), ("payload", Kind::Text)];
const CONVERSATIONS: Columns = &[("tenant_id", Kind::Id), ("id", Kind::Id)];
const TIMERS: Columns = &[
    ("tenant_id", Kind::Id),
    ("id", Kind::Id),
    ("conversation_id", Kind::Id),
    ("kind", Kind::Text),
    ("key", Kind::Text),
    ("due_at", Kind::At),
    ("part", Kind::Small),
];
const DROPPED: Columns = &[("tenant_id", Kind::Id), ("conversation_id", Kind::Id), ("kind", Kind::Text)];

pub(super) async fn apply(tx: Tx<'_>, winners: &[Winner<'_>]) -> Result<(), DbErr> {
    move_rows(tx, winners).await?;
    forget_words(tx, winners).await?;
    release(tx, winners).await?;
    set_timers(tx, winners).await?;
    drop_timers(tx, winners).await
}

async fn move_rows(tx: Tx<'_>, winners: &[Winner<'_>]) -> Result<(), DbErr> {
    let mut rows = tx.rows(MOVES);
    for step in winners.iter().map(|winner| winner.step) {
        for row in &step.writes.inbound {
            let outcome = row.outcome.as_ref().map(json).transpose()?;
            let settled = matches!(row.to, InboundState::Settled | InboundState::Dead).then_some(step.at);
            rows.push([
                step.key.tenant.into(),
                row.id.0.into(),
                row.to.as_str().into(),
                row.reason.into(),
                outcome.as_ref().into(),
                settled.into(),
            ]);
        }
    }
    // An outcome once told stays: a hand-back is answered when it is recorded and settled later.
    let sql = "UPDATE inbound SET state = r.state, reason = r.reason, outcome = COALESCE(r.outcome, inbound.outcome),
               settled_at = r.settled_at FROM {rows} WHERE inbound.tenant_id = r.tenant_id AND inbound.id = r.id";
    tx.update("rows of the queue", sql, &rows).await
}

/// Takes the words from rows that nobody reads any more. Few steps have some.
async fn forget_words(tx: Tx<'_>, winners: &[Winner<'_>]) -> Result<(), DbErr> {
    if winners.iter().all(|winner| winner.step.writes.forgotten.is_empty()) {
        return Ok(());
    }
    let forgotten = json(&Happening::Forgotten)?;
    let mut rows = tx.rows(FORGOTTEN);
    for step in winners.iter().map(|winner| winner.step) {
        for id in &step.writes.forgotten {
            rows.push([step.key.tenant.into(), id.0.into(), (&forgotten).into()]);
        }
    }
    let sql = "UPDATE inbound SET payload = r.payload FROM {rows} WHERE inbound.tenant_id = r.tenant_id AND inbound.id = r.id";
    tx.update("words of rows of the queue", sql, &rows).await
}

/// After the moves: a row that this very step quarantined comes back too.
async fn release(tx: Tx<'_>, winners: &[Winner<'_>]) -> Result<(), DbErr> {
    let mut rows = tx.rows(CONVERSATIONS);
    for step in winners.iter().map(|winner| winner.step).filter(|step| step.writes.release_quarantine) {
        rows.push([step.key.tenant.into(), step.key.id.into()]);
    }
    let sql = "UPDATE inbound SET state = 'new', reason = NULL, settled_at = NULL FROM {rows}
               WHERE inbound.tenant_id = r.tenant_id AND inbound.conversation_id = r.id
               AND inbound.state = 'settled' AND inbound.reason = 'quarantined'";
    tx.run(sql, &rows).await.map(drop)
}

async fn set_timers(tx: Tx<'_>, winners: &[Winner<'_>]) -> Result<(), DbErr> {
    let mut rows = tx.rows(TIMERS);
    for step in winners.iter().map(|winner| winner.step) {
        for (kind, due) in &step.writes.timers_set {
            rows.push([
                step.key.tenant.into(),
                tx.id::<Uuid>().into(),
                step.key.id.into(),
                kind.as_str().into(),
                "".into(),
                (*due).into(),
                i64::from(step.key.part.0).into(),
            ]);
        }
    }
    let suffix = "ON CONFLICT (tenant_id, conversation_id, kind, key) DO UPDATE SET due_at = excluded.due_at";
    tx.put("timer", &rows, suffix).await.map(drop)
}

async fn drop_timers(tx: Tx<'_>, winners: &[Winner<'_>]) -> Result<(), DbErr> {
    let mut rows = tx.rows(DROPPED);
    for step in winners.iter().map(|winner| winner.step) {
        for kind in &step.writes.timers_dropped {
            rows.push([step.key.tenant.into(), step.key.id.into(), kind.as_str().into()]);
        }
    }
    tx.delete("timer", &rows, "AND key = ''").await.map(drop)
}
