//! A business that shares the installation.
//!
//! Columns and relations only: no query, no logic.

use crate::instant::Instant;
use sea_orm::entity::prelude::*;

/// A row of `tenant`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "tenant")]
pub struct Model {
    /// The tenant; the wall that nothing crosses.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// Short name for commands and addresses; unique in the installation.
    pub slug: String,
    /// The business's name as customers read it.
    pub name: String,
    /// Default language, BCP 47.
    pub locale: String,
    /// IANA name; opening hours and dates are meant in it.
    pub timezone: String,
    /// `active` or `suspended`.
    pub state: String,
    /// JSON: budgets and caps that differ from the default.
    pub limits: String,
    /// JSON: what the assistant may say about the business.
    pub facts: String,
    /// JSON: the assistant's name, tone and switches.
    pub assistant: String,
    /// When the tenant was made.
    pub created_at: Instant,
}

/// What a row of `tenant` refers to.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
