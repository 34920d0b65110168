//! One stretch of a conversation from open to resolved.
//!
//! Columns and relations only: no query, no logic.

use crate::instant::Instant;
use sea_orm::entity::prelude::*;

/// A row of `conversation_cycle`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "conversation_cycle")]
pub struct Model {
    /// The tenant.
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: Uuid,
    /// The conversation.
    #[sea_orm(primary_key, auto_increment = false)]
    pub conversation_id: Uuid,
    /// Its number, from 1.
    #[sea_orm(primary_key, auto_increment = false)]
    pub number: i64,
    /// How it began: `first` or `reopened`.
    pub began: String,
    /// When; null: nobody knows.
    pub began_at: Option<Instant>,
    /// When people first held it.
    pub people_at: Option<Instant>,
    /// When the assistant handed it over.
    pub handed_off_at: Option<Instant>,
    /// When a person first answered in public.
    pub human_at: Option<Instant>,
    /// When it was resolved.
    pub ended_at: Option<Instant>,
    /// By whom: `assistant`, `agent` or `silence`.
    pub ended_by: Option<String>,
    /// The person.
    pub ender_id: Option<Uuid>,
    /// What became of it: `running`, `handed_off`, `resolved_by_assistant` or `resolved_by_people`.
    pub verdict: String,
}

/// What a row of `conversation_cycle` refers to.
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
