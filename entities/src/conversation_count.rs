//! How many conversations of a kind there are.
//!
//! Columns and relations only: no query, no logic.

use sea_orm::entity::prelude::*;

/// A row of `conversation_count`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "conversation_count")]
pub struct Model {
    /// The tenant.
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: Uuid,
    /// The inbox.
    #[sea_orm(primary_key, auto_increment = false)]
    pub inbox_id: Uuid,
    /// The status.
    #[sea_orm(primary_key, auto_increment = false)]
    pub status: String,
    /// The person they are assigned to; zeros: nobody.
    #[sea_orm(primary_key, auto_increment = false)]
    pub assignee_id: Uuid,
    /// How many.
    pub count: i64,
}

/// What a row of `conversation_count` refers to.
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
