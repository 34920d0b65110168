//! Which node owns which of the 256 partitions; engine only.
//!
//! Columns and relations only: no query, no logic.

use sea_orm::entity::prelude::*;

/// A row of `partition`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "partition")]
pub struct Model {
    /// The partition, `0..256`.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: i16,
    /// The owning node.
    pub owner: Option<String>,
    /// Rises with every change of owner; fences commits.
    pub epoch: i64,
}

/// What a row of `partition` refers to.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
