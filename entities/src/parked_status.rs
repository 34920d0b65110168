//! A delivery status that came before the send's own answer.
//!
//! Columns and relations only: no query, no logic.

use crate::instant::Instant;
use sea_orm::entity::prelude::*;

/// A row of `parked_status`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "parked_status")]
pub struct Model {
    /// The tenant.
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: Uuid,
    /// The inbox.
    #[sea_orm(primary_key, auto_increment = false)]
    pub inbox_id: Uuid,
    /// The provider's id it speaks of.
    #[sea_orm(primary_key, auto_increment = false)]
    pub external_id: String,
    /// The status.
    #[sea_orm(primary_key, auto_increment = false)]
    pub state: String,
    /// Rank of the status.
    pub rank: i16,
    /// Why sending failed.
    pub error: Option<String>,
    /// When the provider says it happened.
    pub at: Instant,
    /// When it was parked; dropped after an hour.
    pub parked_at: Instant,
}

/// What a row of `parked_status` refers to.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
