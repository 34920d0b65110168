//! The rows of the queue themselves: unique per inbox and provider's id, so that a repeat changes nothing.

use super::entry::{Entry, Fate};
use crate::domain::conversation::echo::EchoVerdict;
use crate::domain::conversation::event::Happening;
use crate::store::rows::{Columns, Kind, Tx, get};
use crate::store::spelling::json;
use sea_orm::DbErr;
use std::collections::HashSet;
use uuid::Uuid;

const INBOUND: Columns = &[
    ("tenant_id", Kind::Id),
    ("id", Kind::Id),
    ("inbox_id", Kind::Id),
    ("external_id", Kind::Text),
    ("kind", Kind::Text),
    ("conversation_id", Kind::Id),
    ("part", Kind::Small),
    ("payload", Kind::Text),
    ("state", Kind::Text),
    ("occurred_at", Kind::At),
    ("event_at", Kind::At),
    ("delivery_index", Kind::Int),
    ("received_at", Kind::At),
];

/// Inserts placed items, sorted by key; those that went in are stored, the others repeats.
pub(super) async fn insert(tx: Tx<'_>, entries: &mut [Entry<'_>]) -> Result<(), DbErr> {
    let placed = |entry: &&Entry<'_>| matches!(entry.fate, Fate::Placed(_));
    let mut order: Vec<&Entry<'_>> = entries.iter().filter(placed).collect();
    order.sort_by(|a, b| (a.ingest.tenant, a.ingest.inbox, &a.external_id).cmp(&(b.ingest.tenant, b.ingest.inbox, &b.external_id)));
    let mut rows = tx.rows(INBOUND);
    for entry in order {
        let Fate::Placed(conversation) = entry.fate else { continue };
        let payload = json(&Happening::ItemArrived { item: Box::new(entry.item.clone()), echo: EchoVerdict::default() })?;
        rows.push([
            conversation.tenant.into(),
            entry.row.0.into(),
            entry.ingest.inbox.into(),
            (&entry.external_id).into(),
            "item".into(),
            conversation.id.into(),
            i64::from(conversation.part.0).into(),
            (&payload).into(),
            "new".into(),
            entry.occurred_at().into(),
            entry.item.occurred_at.into(),
            entry.index.into(),
            entry.ingest.received_at.into(),
        ]);
    }
    let suffix = "ON CONFLICT (tenant_id, inbox_id, external_id) DO NOTHING RETURNING id";
    let mut inserted: HashSet<Uuid> = HashSet::with_capacity(rows.len());
    for row in tx.insert_returning("inbound", &rows, suffix).await? {
        inserted.insert(get(&row, "id")?);
    }
    for entry in entries {
        if let Fate::Placed(key) = entry.fate {
            entry.fate = if inserted.contains(&entry.row.0) { Fate::Stored(key) } else { Fate::Repeat };
        }
    }
    Ok(())
}
