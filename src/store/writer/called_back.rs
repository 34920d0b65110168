//! How a message ends whose row in the outbox was cancelled before it left: the same, whoever calls it back.

use crate::domain::ids::{ConversationId, TenantId};
use crate::domain::time::Timestamp;
use crate::store::rows::{Columns, Kind, Tx};
use crate::store::writer::feed::{Draft, Feed, Source};
use sea_orm::DbErr;
use serde_json::json;
use uuid::Uuid;

const MESSAGES: Columns = &[("tenant_id", Kind::Id), ("id", Kind::Id), ("code", Kind::Text)];

/// A message that leaves no more.
pub(super) struct CalledBack {
    /// The operation that called it back.
    pub source: Source,
    pub tenant: TenantId,
    pub conversation: ConversationId,
    pub message: Uuid,
    /// Why, where that is not plain from what else happens: people who take over need no word for it.
    pub code: Option<&'static str>,
    pub at: Timestamp,
}

/// Marks the messages, and says so where people read it.
pub(super) async fn end(tx: Tx<'_>, messages: Vec<CalledBack>, feed: &mut Feed) -> Result<(), DbErr> {
    let mut rows = tx.rows(MESSAGES);
    for CalledBack { source, tenant, conversation, message, code, at } in messages {
        rows.push([tenant.into(), message.into(), code.into()]);
        let data = json!({ "message_id": message, "status": "cancelled" });
        feed.event(source, Draft { tenant, conversation, kind: "message.status", data, at });
    }
    let sql =
        "UPDATE message SET status = 'cancelled', error = r.code FROM {rows} WHERE message.tenant_id = r.tenant_id AND message.id = r.id";
    tx.update("messages called back", sql, &rows).await
}
