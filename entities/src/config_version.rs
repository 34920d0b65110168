//! One row, raised by every change of tenants, inboxes or keys, so that servers notice within a second.
//!
//! Columns and relations only: no query, no logic.

use sea_orm::entity::prelude::*;

/// A row of `config_version`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "config_version")]
pub struct Model {
    /// Always 1.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: i16,
    /// The version.
    pub version: i64,
}

/// What a row of `config_version` refers to.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
