//! One administrative act.
//!
//! Columns and relations only: no query, no logic.

use crate::instant::Instant;
use sea_orm::entity::prelude::*;

/// A row of `audit_event`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "audit_event")]
pub struct Model {
    /// The tenant.
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: Uuid,
    /// Its number: 1, 2, 3 … without a gap.
    #[sea_orm(primary_key, auto_increment = false)]
    pub number: i64,
    /// When.
    pub at: Instant,
    /// `member`, `api_key`, `operator` or `system`.
    pub actor_kind: String,
    /// Which member or key.
    pub actor_id: Option<String>,
    /// What was done, such as `inbox.created`.
    pub action: String,
    /// The kind of thing it was done to.
    pub target_kind: String,
    /// Which one.
    pub target_id: String,
    /// From which address.
    pub ip: Option<String>,
    /// By which program, as it calls itself; cut.
    pub user_agent: Option<String>,
    /// JSON: names of fields and ids, never what fields hold.
    pub details: String,
    /// The hash of the event before, in hex.
    pub prev_hash: String,
    /// The hash of this row, in hex.
    pub hash: String,
}

/// What a row of `audit_event` refers to.
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
