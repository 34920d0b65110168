//! The append-only feed that people and streams see, numbered per tenant.
//!
//! Columns and relations only: no query, no logic.

use crate::instant::Instant;
use sea_orm::entity::prelude::*;

/// A row of `timeline`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "timeline")]
pub struct Model {
    /// The tenant.
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: Uuid,
    /// Its number: in order, without gaps.
    #[sea_orm(primary_key, auto_increment = false)]
    pub number: i64,
    /// The conversation.
    pub conversation_id: Uuid,
    /// What happened.
    pub kind: String,
    /// JSON: details.
    pub data: String,
    /// When it happened.
    pub at: Instant,
}

/// What a row of `timeline` refers to.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
