//! How long something in a conversation took: a fact, written once.
//!
//! Columns and relations only: no query, no logic.

use crate::instant::Instant;
use sea_orm::entity::prelude::*;

/// A row of `timing`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "timing")]
pub struct Model {
    /// The tenant.
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: Uuid,
    /// The fact.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The conversation.
    pub conversation_id: Uuid,
    /// Its inbox.
    pub inbox_id: Uuid,
    /// The number of the stretch.
    pub cycle: i64,
    /// What: `first_reply`, `reply`, `handed_off`, `resolved`, `resolved_by_assistant` or `reopened`.
    pub kind: String,
    /// From when.
    pub from_at: Instant,
    /// Until when.
    pub to_at: Instant,
    /// The whole seconds between them.
    pub seconds: i64,
    /// Those of them that fell into business hours; null where the inbox has none.
    pub business_seconds: Option<i64>,
    /// Whether the person was at the business's own phone.
    pub by_phone: bool,
    /// The person whose deed it was.
    pub agent_id: Option<Uuid>,
}

/// What a row of `timing` refers to.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// Its conversation.
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
