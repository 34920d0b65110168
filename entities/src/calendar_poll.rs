//! Looking for changes in a resource's outside calendar.
//!
//! Columns and relations only: no query, no logic.

use crate::instant::Instant;
use sea_orm::entity::prelude::*;

/// A row of `calendar_poll`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "calendar_poll")]
pub struct Model {
    /// The tenant.
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: Uuid,
    /// Whose calendar.
    #[sea_orm(primary_key, auto_increment = false)]
    pub resource_id: Uuid,
    /// Where to go on.
    pub cursor: Option<String>,
    /// When the next look is due, or the lease of this one ends.
    pub due_at: Instant,
    /// Names the lease.
    pub lease: i64,
    /// Looks that failed one after the other.
    pub failures: i64,
    /// When the calendar was last seen.
    pub checked_at: Option<Instant>,
    /// Since when it cannot be seen.
    pub unknown_since: Option<Instant>,
    /// When everything was compared last.
    pub compared_at: Option<Instant>,
}

/// What a row of `calendar_poll` refers to.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// Whose calendar it is.
    #[sea_orm(
        belongs_to = "super::resource::Entity",
        from = "(Column::TenantId, Column::ResourceId)",
        to = "(super::resource::Column::TenantId, super::resource::Column::Id)"
    )]
    Resource,
}

impl Related<super::resource::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Resource.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}
