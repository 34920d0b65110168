//! A tenant's address on a channel.
//!
//! Columns and relations only: no query, no logic.

use crate::instant::Instant;
use sea_orm::entity::prelude::*;

/// A row of `inbox`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "inbox")]
pub struct Model {
    /// The tenant.
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: Uuid,
    /// The inbox.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// Kind of channel, such as `whatsapp` or `generic`.
    pub channel: String,
    /// What the tenant calls it.
    pub name: String,
    /// JSON: the configuration without secrets.
    pub settings: String,
    /// The sealed secrets of the configuration.
    pub secrets: Option<Vec<u8>>,
    /// `active`, `paused` or `disabled`.
    pub state: String,
    /// Why it is not active.
    pub state_reason: Option<String>,
    /// When it was made.
    pub created_at: Instant,
    /// When it was last changed.
    pub updated_at: Instant,
}

/// What a row of `inbox` refers to.
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
