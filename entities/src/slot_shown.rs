//! What a conversation was shown last.
//!
//! Columns and relations only: no query, no logic.

use crate::instant::Instant;
use sea_orm::entity::prelude::*;

/// A row of `slot_shown`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "slot_shown")]
pub struct Model {
    /// The tenant.
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: Uuid,
    /// The conversation.
    #[sea_orm(primary_key, auto_increment = false)]
    pub conversation_id: Uuid,
    /// JSON: slots with their handles.
    pub shown: String,
    /// When.
    pub shown_at: Instant,
}

/// What a row of `slot_shown` refers to.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// A conversation: the unit that one actor owns.
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
