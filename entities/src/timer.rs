//! Something that is due later: snooze, reminder, idle check, expiry.
//!
//! Columns and relations only: no query, no logic.

use crate::instant::Instant;
use sea_orm::entity::prelude::*;

/// A row of `timer`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "timer")]
pub struct Model {
    /// The tenant.
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: Uuid,
    /// The timer.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The conversation.
    pub conversation_id: Uuid,
    /// What it is for.
    pub kind: String,
    /// Tells timers of one kind apart.
    pub key: String,
    /// When it fires.
    pub due_at: Instant,
    /// The conversation's partition.
    pub part: i16,
}

/// What a row of `timer` refers to.
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
