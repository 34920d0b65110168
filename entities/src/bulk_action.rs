//! An action over many conversations.
//!
//! Columns and relations only: no query, no logic.

use crate::instant::Instant;
use sea_orm::entity::prelude::*;

/// A row of `bulk_action`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "bulk_action")]
pub struct Model {
    /// The tenant.
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: Uuid,
    /// The action.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// `member` or `api_key`.
    pub by_kind: String,
    /// The member or API key that began it.
    pub by_id: Uuid,
    /// Hash of the request: a repeat under the same key must be the same.
    pub fingerprint: String,
    /// What is done, as JSON.
    pub action: String,
    /// `running`, `done` or `cancelled`.
    pub state: String,
    /// How many conversations.
    pub items: i64,
    /// When it was begun.
    pub created_at: Instant,
    /// When somebody called it off.
    pub cancelled_at: Option<Instant>,
    /// When nothing was left to do.
    pub finished_at: Option<Instant>,
}

/// What a row of `bulk_action` refers to.
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
