//! That a conversation has a label.
//!
//! Columns and relations only: no query, no logic.

use crate::instant::Instant;
use sea_orm::entity::prelude::*;

/// A row of `conversation_label`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "conversation_label")]
pub struct Model {
    /// The tenant.
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: Uuid,
    /// The conversation.
    #[sea_orm(primary_key, auto_increment = false)]
    pub conversation_id: Uuid,
    /// The label.
    #[sea_orm(primary_key, auto_increment = false)]
    pub label_id: Uuid,
    /// The conversation's status, for lists.
    pub status: String,
    /// The conversation's newest activity, for lists.
    pub last_activity_at: Instant,
    /// The conversation's beginning, for lists.
    pub created_at: Instant,
    /// Since when its customer waits, for lists.
    pub waiting_since: Option<Instant>,
    /// The conversation's priority, for lists.
    pub priority: Option<String>,
    /// To whom the conversation is assigned, for lists.
    pub assignee_id: Option<Uuid>,
}

/// What a row of `conversation_label` refers to.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// A business that shares the installation.
    #[sea_orm(belongs_to = "super::tenant::Entity", from = "Column::TenantId", to = "super::tenant::Column::Id")]
    Tenant,
}

impl Related<super::tenant::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Tenant.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}
