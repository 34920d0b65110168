//! A tenant, or a feature of one, that the operator has stopped.
//!
//! Columns and relations only: no query, no logic.

use crate::instant::Instant;
use sea_orm::entity::prelude::*;

/// A row of `suspension`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "suspension")]
pub struct Model {
    /// The tenant.
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: Uuid,
    /// The suspension.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// What is stopped; `all`: everything.
    pub feature: String,
    /// Why, in words for the tenant's people.
    pub reason: String,
    /// From when.
    pub from_at: Instant,
    /// Until when; none: until it is ended.
    pub until_at: Option<Instant>,
    /// When it was ordered.
    pub created_at: Instant,
    /// When it was ended.
    pub ended_at: Option<Instant>,
}

/// What a row of `suspension` refers to.
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
