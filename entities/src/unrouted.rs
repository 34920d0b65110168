//! What came in and belongs to no conversation, kept raw; engine only.
//!
//! Columns and relations only: no query, no logic.

use crate::instant::Instant;
use sea_orm::entity::prelude::*;

/// A row of `unrouted`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "unrouted")]
pub struct Model {
    /// The row.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// Kind of channel.
    pub channel: String,
    /// The account it was addressed to.
    pub account: Option<String>,
    /// The tenant, if known.
    pub tenant_id: Option<Uuid>,
    /// The inbox, if known.
    pub inbox_id: Option<Uuid>,
    /// Why it could not be routed.
    pub reason: String,
    /// The raw delivery.
    pub raw: String,
    /// When we received it.
    pub received_at: Instant,
}

/// What a row of `unrouted` refers to.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
