//! A tenant's wrapped data keys; engine only. Without them its sealed values are unreadable for ever.
//!
//! Columns and relations only: no query, no logic.

use crate::instant::Instant;
use sea_orm::entity::prelude::*;

/// A row of `data_key`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "data_key")]
pub struct Model {
    /// The tenant.
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: Uuid,
    /// Number of the data key, stored in each sealed value.
    #[sea_orm(primary_key, auto_increment = false)]
    pub dek_id: i64,
    /// Name of the key that wraps this one.
    pub kek_id: String,
    /// The data key, sealed under the key named by `kek_id`.
    pub wrapped: Vec<u8>,
    /// When the key was made.
    pub created_at: Instant,
    /// Since when nothing new is sealed with it; it still opens.
    pub retired_at: Option<Instant>,
}

/// What a row of `data_key` refers to.
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
