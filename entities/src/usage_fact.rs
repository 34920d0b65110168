//! What was used: analytics and billing read this, never logs.
//!
//! Columns and relations only: no query, no logic.

use crate::instant::Instant;
use sea_orm::entity::prelude::*;

/// A row of `usage_fact`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "usage_fact")]
pub struct Model {
    /// The tenant.
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: Uuid,
    /// The fact.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// What was used.
    pub kind: String,
    /// How much, in the kind's own unit.
    pub amount: i64,
    /// Cost in millionths of the currency.
    pub cost_micros: i64,
    /// The conversation; forgotten when the contact is erased.
    pub conversation_id: Option<Uuid>,
    /// The conversation's cycle.
    pub cycle: Option<i64>,
    /// When.
    pub at: Instant,
}

/// What a row of `usage_fact` refers to.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
