//! A model server that a tenant has set up, with its sealed key.
//!
//! Columns and relations only: no query, no logic.

use crate::instant::Instant;
use sea_orm::entity::prelude::*;

/// A row of `model_provider`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "model_provider")]
pub struct Model {
    /// The tenant.
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: Uuid,
    /// The provider.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The inbox that it answers for alone; null: all.
    pub inbox_id: Option<Uuid>,
    /// What the tenant calls it; unique among its own.
    pub name: String,
    /// Whose server, such as `openai`.
    pub kind: String,
    /// The address, without a slash at the end.
    pub base_url: String,
    /// The model asked for.
    pub model: String,
    /// The sealed key; null: the server wants none.
    pub secret: Option<Vec<u8>>,
    /// The place in the chain, lowest first.
    pub position: i64,
    /// JSON: prices and limits.
    pub settings: String,
    /// False: kept, but never asked.
    pub enabled: bool,
    /// Rises with every change.
    pub revision: i64,
    /// When it was made.
    pub created_at: Instant,
    /// When it was last changed.
    pub updated_at: Instant,
}

/// What a row of `model_provider` refers to.
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
