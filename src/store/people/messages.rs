//! Messages as people read them, by their `seq`. A deleted message keeps its place and loses its words, here and not later.

use crate::domain::content::Content;
use crate::domain::ids::{ConversationId, MessageId};
use crate::domain::time::Timestamp;
use crate::ports::store::StoreError;
use crate::store::TenantScope;
use crate::store::people::visible::in_seen_conversation;
use crate::store::time::timestamp;
use entities::message::{Column, Entity, Model};
use entities::outbox;
use sea_orm::{ColumnTrait, Condition, DatabaseTransaction, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use serde_json::{Map, Value};
use std::collections::HashMap;
use uuid::Uuid;

/// A message for people.
#[derive(Clone, Debug, PartialEq)]
pub struct MessageRow {
    /// Its id.
    pub id: MessageId,
    /// The conversation.
    pub conversation: ConversationId,
    /// Its place.
    pub seq: i64,
    /// The stretch that it belongs to.
    pub cycle: i64,
    /// `in`, `out`, `note` or `system`.
    pub direction: String,
    /// `contact`, `assistant`, `agent`, `phone` or `system`; the last with `out`: a text of the business that left by itself.
    pub author: String,
    /// The person who wrote it.
    pub author_id: Option<Uuid>,
    /// What it says; empty once deleted.
    pub content: Content,
    /// How far it got, if it went out.
    pub status: Option<String>,
    /// Why it failed.
    pub error: Option<String>,
    /// The turn that wrote it.
    pub turn_no: Option<i64>,
    /// Reactions by who made them; an empty object if none.
    pub reactions: Value,
    /// Came late.
    pub late: bool,
    /// When it was written.
    pub occurred_at: Timestamp,
    /// When it was recorded.
    pub created_at: Timestamp,
    /// When it was last edited.
    pub edited_at: Option<Timestamp>,
    /// Whether it was deleted.
    pub deleted: bool,
    /// The person who deleted it; none: its writer, at the channel.
    pub deleted_by: Option<Uuid>,
}

/// Which messages of a conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MessagePage {
    /// Above this `seq`, oldest first.
    After(i64),
    /// Below this `seq`, newest first.
    Before(i64),
}

impl TenantScope {
    /// Lists messages of a conversation.
    ///
    /// # Errors
    /// [`StoreError`] if the database is away or a stored content cannot be read.
    pub async fn messages(&self, conversation: ConversationId, page: MessagePage, limit: u64) -> Result<Vec<MessageRow>, StoreError> {
        let tenant = self.id().0;
        let seen = in_seen_conversation(tenant, self.sight(), Column::ConversationId);
        self.read(move |tx| {
            Box::pin(async move {
                let own = Entity::find().filter(Column::TenantId.eq(tenant)).filter(seen);
                let mine = own.filter(Column::ConversationId.eq(conversation.0));
                let page = match page {
                    MessagePage::After(seq) => mine.filter(Column::Seq.gt(seq)).order_by_asc(Column::Seq),
                    MessagePage::Before(seq) => mine.filter(Column::Seq.lt(seq)).order_by_desc(Column::Seq),
                };
                page.limit(limit).all(tx).await?.into_iter().map(read_message).collect()
            })
        })
        .await
    }

    /// Finds messages by conversation and `seq`, in no order; absent ones are left out.
    ///
    /// # Errors
    /// As [`TenantScope::messages`].
    pub async fn messages_at(&self, places: Vec<(ConversationId, i64)>) -> Result<Vec<MessageRow>, StoreError> {
        let tenant = self.id().0;
        let places: Vec<(Uuid, i64)> = places.into_iter().map(|(conversation, seq)| (conversation.0, seq)).collect();
        let seen = in_seen_conversation(tenant, self.sight(), Column::ConversationId);
        self.read(move |tx| Box::pin(async move { at(tx, tenant, &places, seen).await })).await
    }

    /// Returns the assistant's texts that are under way to the customer and may still arrive.
    ///
    /// # Errors
    /// As [`TenantScope::messages`].
    pub async fn may_still_arrive(&self, conversation: ConversationId) -> Result<Vec<String>, StoreError> {
        let tenant = self.id().0;
        let seen = in_seen_conversation(tenant, self.sight(), outbox::Column::ConversationId);
        self.read(move |tx| {
            Box::pin(async move {
                let mine = outbox::Entity::find()
                    .filter(seen)
                    .filter(outbox::Column::TenantId.eq(tenant))
                    .filter(outbox::Column::ConversationId.eq(conversation.0));
                let under_way = mine.filter(outbox::Column::State.eq("sending")).filter(outbox::Column::Class.eq("assistant"));
                let rows = under_way.order_by_asc(outbox::Column::Ord).all(tx).await?;
                rows.iter().map(|row| Ok(read_content(&row.payload)?.text)).collect()
            })
        })
        .await
    }
}

/// Finds messages by conversation and `seq` inside a transaction, as far as they are seen.
pub(super) async fn at(tx: &DatabaseTransaction, tenant: Uuid, places: &[(Uuid, i64)], seen: Condition) -> Result<Vec<MessageRow>, DbErr> {
    let mut found = Vec::with_capacity(places.len());
    // SQLite bounds the depth of an expression, so a long list goes in parts.
    for part in places.chunks(100) {
        let place =
            |(conversation, seq): &(Uuid, i64)| Condition::all().add(Column::ConversationId.eq(*conversation)).add(Column::Seq.eq(*seq));
        let any = part.iter().map(place).fold(Condition::any(), Condition::add);
        let rows = Entity::find().filter(Column::TenantId.eq(tenant)).filter(seen.clone()).filter(any).all(tx).await?;
        for row in rows {
            found.push(read_message(row)?);
        }
    }
    Ok(found)
}

/// Finds messages by their ids inside a transaction. Whoever asks looks whether their conversations are seen.
pub(super) async fn by_id(tx: &DatabaseTransaction, tenant: Uuid, ids: Vec<Uuid>) -> Result<HashMap<Uuid, MessageRow>, DbErr> {
    let mine = Entity::find().filter(Column::TenantId.eq(tenant)).filter(Column::Id.is_in(ids));
    mine.all(tx).await?.into_iter().map(|row| Ok((row.id, read_message(row)?))).collect()
}

fn read_message(row: Model) -> Result<MessageRow, DbErr> {
    let deleted = row.deleted_at.is_some();
    let content = if deleted { Content::default() } else { read_content(&row.content)? };
    let reactions = row.reactions.as_deref().map_or_else(|| Ok(Value::Object(Map::new())), serde_json::from_str);
    Ok(MessageRow {
        id: row.id.into(),
        conversation: row.conversation_id.into(),
        seq: row.seq,
        cycle: row.cycle,
        direction: row.direction,
        author: row.author,
        author_id: row.author_id,
        content,
        status: row.status,
        error: row.error,
        turn_no: row.turn_no,
        reactions: reactions.map_err(|error| DbErr::Json(error.to_string()))?,
        late: row.late,
        occurred_at: timestamp(row.occurred_at),
        created_at: timestamp(row.created_at),
        edited_at: row.edited_at.map(timestamp),
        deleted,
        deleted_by: row.deleted_by,
    })
}

fn read_content(text: &str) -> Result<Content, DbErr> {
    serde_json::from_str(text).map_err(|error| DbErr::Json(error.to_string()))
}
