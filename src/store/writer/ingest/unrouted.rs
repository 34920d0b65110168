//! What came in and belongs to no conversation: kept raw for 30 days.

use super::entry::{Entry, Fate};
use crate::store::rows::{Columns, Kind, Tx};
use crate::store::spelling::json;
use sea_orm::DbErr;

const UNROUTED: Columns = &[
    ("id", Kind::Id),
    ("tenant_id", Kind::Id),
    ("inbox_id", Kind::Id),
    ("reason", Kind::Text),
    ("raw", Kind::Text),
    ("received_at", Kind::At),
];

pub(super) async fn insert(tx: Tx<'_>, entries: &[Entry<'_>]) -> Result<(), DbErr> {
    let mut rows = tx.rows(UNROUTED);
    for entry in entries {
        let Fate::Unrouted(reason) = entry.fate else { continue };
        let raw = entry.item.raw.as_ref().map_or_else(|| json(entry.item), json)?;
        rows.push([
            entry.row.0.into(),
            entry.ingest.tenant.into(),
            entry.ingest.inbox.into(),
            reason.into(),
            (&raw).into(),
            entry.ingest.received_at.into(),
        ]);
    }
    let sql = "INSERT INTO unrouted (id, channel, tenant_id, inbox_id, reason, raw, received_at)
               SELECT r.id, COALESCE((SELECT i.channel FROM inbox i WHERE i.tenant_id = r.tenant_id AND i.id = r.inbox_id), 'unknown'),
               r.tenant_id, r.inbox_id, r.reason, r.raw, r.received_at FROM {rows}";
    tx.update("unrouted", sql, &rows).await
}
