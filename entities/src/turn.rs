//! One attempt of the assistant to answer, with its trace.
//!
//! Columns and relations only: no query, no logic.

use crate::instant::Instant;
use sea_orm::entity::prelude::*;

/// A row of `turn`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "turn")]
pub struct Model {
    /// The tenant.
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: Uuid,
    /// The turn's row.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The conversation.
    pub conversation_id: Uuid,
    /// Its number within the conversation.
    pub turn_no: i64,
    /// How it ended.
    pub outcome: String,
    /// Why it ended so.
    pub reason: Option<String>,
    /// Which model answered.
    pub model: String,
    /// JSON: prompt version, calls, tokens, timings.
    pub trace: String,
    /// When it began.
    pub started_at: Instant,
    /// When it ended.
    pub finished_at: Instant,
    /// JSON: the messages as the model was sent them; null: not kept, or not any more.
    pub messages: Option<String>,
}

/// What a row of `turn` refers to.
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
