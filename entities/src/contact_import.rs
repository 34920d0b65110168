//! A table of contacts that is taken in.
//!
//! Columns and relations only: no query, no logic.

use crate::instant::Instant;
use sea_orm::entity::prelude::*;

/// A row of `contact_import`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "contact_import")]
pub struct Model {
    /// The tenant.
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: Uuid,
    /// The import.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The member or API key that began it.
    pub by_id: Uuid,
    /// `running` or `done`.
    pub state: String,
    /// The table as it came, until all of it is done.
    pub file: Option<String>,
    /// How many rows it has.
    pub rows_total: i64,
    /// How many of them are done.
    pub next_row: i64,
    /// How many made a contact.
    pub created: i64,
    /// How many changed one.
    pub updated: i64,
    /// How many did nothing.
    pub skipped: i64,
    /// When it was begun.
    pub created_at: Instant,
    /// When all of it was done.
    pub finished_at: Option<Instant>,
}

/// What a row of `contact_import` refers to.
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
