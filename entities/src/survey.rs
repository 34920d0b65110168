//! What a customer was asked after a stretch of a conversation, and what they answered.
//!
//! Columns and relations only: no query, no logic.

use crate::instant::Instant;
use sea_orm::entity::prelude::*;

/// A row of `survey`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "survey")]
pub struct Model {
    /// The tenant.
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: Uuid,
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The conversation.
    pub conversation_id: Uuid,
    /// Which stretch of it.
    pub cycle: i64,
    /// The inbox.
    pub inbox_id: Uuid,
    /// The message that asks.
    pub message_seq: i64,
    /// The customer's language, in which the page asks.
    pub language: String,
    /// Who resolved: `assistant`, `person` or `silence`.
    pub resolved_by: String,
    /// The member or API key, if it was a person.
    pub resolver_id: Option<Uuid>,
    /// Who held it then: `assistant` or `people`.
    pub held_by: String,
    /// The member for whom the answer counts.
    pub member_id: Option<Uuid>,
    /// When it was asked.
    pub asked_at: Instant,
    /// 1 to 5; null: not answered.
    pub rating: Option<i16>,
    /// In the customer's words.
    pub comment: Option<String>,
    /// When it was first answered.
    pub answered_at: Option<Instant>,
    /// When it was last answered.
    pub changed_at: Option<Instant>,
    /// How far the question got: `queued`, `sent`, `uncertain` or `lost`. Follows the outbox by a trigger.
    pub state: String,
    /// How often the answer was changed.
    pub changes: i16,
}

/// What a row of `survey` refers to.
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
