//! An endpoint of a business that is told what happens, with its sealed secrets.
//!
//! Columns and relations only: no query, no logic.

use crate::instant::Instant;
use sea_orm::entity::prelude::*;

/// A row of `webhook_endpoint`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "webhook_endpoint")]
pub struct Model {
    /// The tenant.
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: Uuid,
    /// The endpoint.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// Its address.
    pub url: String,
    /// What the tenant calls it.
    pub description: String,
    /// JSON: the kinds that it gets.
    pub events: String,
    /// JSON: the inboxes whose events it gets; null: all.
    pub inboxes: Option<String>,
    /// Private notes too.
    pub notes: bool,
    /// False: kept, but told nothing.
    pub enabled: bool,
    /// Why the product gave it up.
    pub disabled_reason: Option<String>,
    /// When.
    pub disabled_at: Option<Instant>,
    /// The sealed secret.
    pub secret: Vec<u8>,
    /// The sealed secret before.
    pub old_secret: Option<Vec<u8>>,
    /// Until when that signs too.
    pub old_until: Option<Instant>,
    /// The last number of the timeline that was looked at.
    pub cursor: i64,
    /// Rises with every taking of deliveries.
    pub leases: i64,
    /// Since when it does nothing but fail.
    pub failing_since: Option<Instant>,
    /// When it failed last in that stretch.
    pub failed_at: Option<Instant>,
    /// When it last took something.
    pub succeeded_at: Option<Instant>,
    /// Until when it is left alone.
    pub rests_until: Option<Instant>,
    /// Events that were passed over as too old.
    pub expired: i64,
    /// When it was made.
    pub created_at: Instant,
    /// When it was last changed.
    pub updated_at: Instant,
}

/// What a row of `webhook_endpoint` refers to.
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
