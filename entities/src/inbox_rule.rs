//! How an inbox gives conversations to people, and when they are there.
//!
//! Columns and relations only: no query, no logic.

use crate::instant::Instant;
use sea_orm::entity::prelude::*;

/// A row of `inbox_rule`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "inbox_rule")]
pub struct Model {
    /// The tenant.
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: Uuid,
    /// The inbox.
    #[sea_orm(primary_key, auto_increment = false)]
    pub inbox_id: Uuid,
    /// `off`, `round_robin` or `least_loaded`.
    pub mode: String,
    /// Most open conversations of a member to whom one is given by itself; null: as many as the member takes.
    pub max_open: Option<i64>,
    /// What becomes of a conversation that returns to somebody who is not there: `route` or `keep`.
    pub on_return: String,
    /// JSON: the hours of each week; null: always.
    pub hours: Option<String>,
    /// When it was last changed.
    pub updated_at: Instant,
    /// JSON: how customers are asked how they were served; null: they are not.
    pub survey: Option<String>,
}

/// What a row of `inbox_rule` refers to.
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
