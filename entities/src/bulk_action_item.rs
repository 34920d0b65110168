//! What becomes of one conversation of an action over many.
//!
//! Columns and relations only: no query, no logic.

use sea_orm::entity::prelude::*;

/// A row of `bulk_action_item`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "bulk_action_item")]
pub struct Model {
    /// The tenant.
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: Uuid,
    /// The action.
    #[sea_orm(primary_key, auto_increment = false)]
    pub bulk_action_id: Uuid,
    /// Its place in the action, from 0.
    #[sea_orm(primary_key, auto_increment = false)]
    pub place: i64,
    /// The conversation; it may be gone.
    pub conversation_id: Uuid,
    /// The row of the queue that carries it out.
    pub command_id: Option<Uuid>,
    /// `waiting`, `given`, `done`, `unchanged`, `refused`, `absent` or `cancelled`.
    pub result: String,
    /// A fixed word for why it was refused.
    pub reason: Option<String>,
    /// The same in a sentence.
    pub detail: Option<String>,
}

/// What a row of `bulk_action_item` refers to.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// The action.
    #[sea_orm(
        belongs_to = "super::bulk_action::Entity",
        from = "(Column::TenantId, Column::BulkActionId)",
        to = "(super::bulk_action::Column::TenantId, super::bulk_action::Column::Id)"
    )]
    BulkAction,
}

impl Related<super::bulk_action::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::BulkAction.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}
