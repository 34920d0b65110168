//! What was said, in the order of `seq`.
//!
//! Columns and relations only: no query, no logic.

use crate::instant::Instant;
use sea_orm::entity::prelude::*;

/// A row of `message`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "message")]
pub struct Model {
    /// The tenant.
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: Uuid,
    /// The message.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The conversation.
    pub conversation_id: Uuid,
    /// Place in the conversation; never rewritten.
    pub seq: i64,
    /// The conversation's cycle.
    pub cycle: i64,
    /// `in`, `out`, `note` or `system`.
    pub direction: String,
    /// `contact`, `assistant`, `agent`, `phone` or `system`.
    pub author: String,
    /// The agent who wrote it.
    pub author_id: Option<Uuid>,
    /// JSON: the content.
    pub content: String,
    /// The provider's id.
    pub external_id: Option<String>,
    /// The queue row it came from.
    pub inbound_id: Option<Uuid>,
    /// How far an outgoing message got.
    pub status: Option<String>,
    /// Rank of `status`; only grows.
    pub status_rank: i16,
    /// Why it failed.
    pub error: Option<String>,
    /// The turn that wrote it.
    pub turn_no: Option<i64>,
    /// JSON: reactions to it.
    pub reactions: Option<String>,
    /// Whether it was older than 10 minutes when recorded.
    pub late: bool,
    /// When it was written.
    pub occurred_at: Instant,
    /// When it was recorded.
    pub created_at: Instant,
    /// When it was last edited.
    pub edited_at: Option<Instant>,
    /// When it was deleted; the content is then gone.
    pub deleted_at: Option<Instant>,
    /// The person who deleted it; none: its writer, at the channel.
    pub deleted_by: Option<Uuid>,
}

/// What a row of `message` refers to.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// A conversation: the unit that one actor owns. The row is also the actor's snapshot.
    #[sea_orm(
        belongs_to = "super::conversation::Entity",
        from = "(Column::TenantId, Column::ConversationId)",
        to = "(super::conversation::Column::TenantId, super::conversation::Column::Id)"
    )]
    Conversation,
}

impl Related<super::conversation::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Conversation.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}
