//! A word that a business sorts conversations by.
//!
//! Columns and relations only: no query, no logic.

use crate::instant::Instant;
use sea_orm::entity::prelude::*;

/// A row of `label`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "label")]
pub struct Model {
    /// The tenant.
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: Uuid,
    /// The label.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// Its words.
    pub title: String,
    /// Its words without case and accents; unique among those that are not deleted.
    pub title_key: String,
    /// Its colour: `#rrggbb`.
    pub colour: String,
    /// What it is for.
    pub description: Option<String>,
    /// When it was deleted; the row goes with the last conversation that has it.
    pub deleted_at: Option<Instant>,
    /// When it was made.
    pub created_at: Instant,
    /// When it was last changed.
    pub updated_at: Instant,
}

/// What a row of `label` refers to.
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
