//! Turns of the assistant: what it did, for people.

use crate::domain::ids::ConversationId;
use crate::domain::time::Timestamp;
use crate::ports::store::StoreError;
use crate::store::TenantScope;
use crate::store::people::visible::in_seen_conversation;
use crate::store::time::timestamp;
use entities::turn::{Column, Entity};
use sea_orm::{ColumnTrait, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use serde_json::Value;

/// A turn that ended.
#[derive(Clone, Debug, PartialEq)]
pub struct TurnRow {
    /// Its number in the conversation.
    pub turn_no: i64,
    /// `replied`, `handed_off`, `resolved` or `abandoned`.
    pub outcome: String,
    /// Why, if not replied.
    pub reason: Option<String>,
    /// What answered.
    pub model: String,
    /// The tools it used and its notes.
    pub trace: Value,
    /// When it began.
    pub started_at: Timestamp,
    /// When it ended.
    pub finished_at: Timestamp,
    /// The messages as the model was sent them; `Null`: not kept, or not any more.
    pub messages: Value,
}

impl TenantScope {
    /// Lists turns of a conversation with a number above `after`, oldest first.
    ///
    /// # Errors
    /// [`StoreError`] if the database is away or a stored trace cannot be read.
    pub async fn turns(&self, conversation: ConversationId, after: i64, limit: u64) -> Result<Vec<TurnRow>, StoreError> {
        let tenant = self.id().0;
        let seen = in_seen_conversation(tenant, self.sight(), Column::ConversationId);
        self.read(move |tx| {
            Box::pin(async move {
                let own = Entity::find().filter(Column::TenantId.eq(tenant)).filter(seen);
                let mine = own.filter(Column::ConversationId.eq(conversation.0));
                let page = mine.filter(Column::TurnNo.gt(after)).order_by_asc(Column::TurnNo).limit(limit);
                page.all(tx).await?.into_iter().map(read_turn).collect()
            })
        })
        .await
    }
}

fn read_turn(row: entities::turn::Model) -> Result<TurnRow, DbErr> {
    Ok(TurnRow {
        turn_no: row.turn_no,
        outcome: row.outcome,
        reason: row.reason,
        model: row.model,
        trace: serde_json::from_str(&row.trace).map_err(|error| DbErr::Json(error.to_string()))?,
        started_at: timestamp(row.started_at),
        finished_at: timestamp(row.finished_at),
        messages: row.messages.and_then(|messages| serde_json::from_str(&messages).ok()).unwrap_or(Value::Null),
    })
}
