//! Another address of a thread, under which messages may also arrive.
//!
//! Columns and relations only: no query, no logic.

use crate::instant::Instant;
use sea_orm::entity::prelude::*;

/// A row of `thread_alias`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "thread_alias")]
pub struct Model {
    /// The tenant.
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: Uuid,
    /// The inbox.
    #[sea_orm(primary_key, auto_increment = false)]
    pub inbox_id: Uuid,
    /// What `value` is.
    #[sea_orm(primary_key, auto_increment = false)]
    pub kind: String,
    /// The address; over 255 bytes its SHA-256.
    #[sea_orm(primary_key, auto_increment = false)]
    pub value: String,
    /// The thread.
    pub thread_id: Uuid,
    /// When it was first seen.
    pub created_at: Instant,
}

/// What a row of `thread_alias` refers to.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// One outside address in one inbox; conversations follow one another in it.
    #[sea_orm(
        belongs_to = "super::thread::Entity",
        from = "(Column::TenantId, Column::ThreadId)",
        to = "(super::thread::Column::TenantId, super::thread::Column::Id)"
    )]
    Thread,
}

impl Related<super::thread::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Thread.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}
