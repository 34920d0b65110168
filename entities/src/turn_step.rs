//! The journal of side effects within an unfinished turn.
//!
//! Columns and relations only: no query, no logic.

use crate::instant::Instant;
use sea_orm::entity::prelude::*;

/// A row of `turn_step`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "turn_step")]
pub struct Model {
    /// The tenant.
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: Uuid,
    /// The conversation.
    #[sea_orm(primary_key, auto_increment = false)]
    pub conversation_id: Uuid,
    /// The turn.
    #[sea_orm(primary_key, auto_increment = false)]
    pub turn_no: i64,
    /// Place within the turn.
    #[sea_orm(primary_key, auto_increment = false)]
    pub ordinal: i64,
    /// The idempotency key of the call.
    pub step_key: String,
    /// The tool's name.
    pub tool: String,
    /// JSON: canonical arguments.
    pub arguments: String,
    /// JSON: what it answered.
    pub result: String,
    /// When the effect was made.
    pub created_at: Instant,
}

/// What a row of `turn_step` refers to.
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
