//! A key for the HTTP API; only its hash is kept.
//!
//! Columns and relations only: no query, no logic.

use crate::instant::Instant;
use sea_orm::entity::prelude::*;

/// A row of `api_key`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "api_key")]
pub struct Model {
    /// The tenant.
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: Uuid,
    /// The key's id, which also names its holder in the timeline.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// What the tenant calls it.
    pub name: String,
    /// Hash of the key; unique in the installation.
    pub hash: String,
    /// Its last four characters, to tell keys apart.
    pub last4: String,
    /// When it was made.
    pub created_at: Instant,
    /// When it was last accepted; coarse.
    pub last_used_at: Option<Instant>,
    /// Since when it is refused.
    pub revoked_at: Option<Instant>,
    /// JSON: the permissions of the key; `["*"]`: all.
    pub scopes: String,
}

/// What a row of `api_key` refers to.
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
