//! The end of a tenant's chain of audit events.
//!
//! Columns and relations only: no query, no logic.

use sea_orm::entity::prelude::*;

/// A row of `audit_head`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "audit_head")]
pub struct Model {
    /// The tenant.
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: Uuid,
    /// The highest number given out.
    pub last: i64,
    /// The hash of the last event, in hex.
    pub hash: String,
    /// The number of the last event that was removed by age; 0: none.
    pub anchor: i64,
    /// Its hash: the first event that is left names it.
    pub anchor_hash: String,
}

/// What a row of `audit_head` refers to.
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
