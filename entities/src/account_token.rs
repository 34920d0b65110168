//! A link or a step of an account that can be used once.
//!
//! Columns and relations only: no query, no logic.

use crate::instant::Instant;
use sea_orm::entity::prelude::*;

/// A row of `account_token`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "account_token")]
pub struct Model {
    /// SHA-256 of the token, in hex.
    #[sea_orm(primary_key, auto_increment = false)]
    pub hash: String,
    /// The account.
    pub account_id: Uuid,
    /// `reset`, `mfa` or `verify`.
    pub purpose: String,
    /// When it was made.
    pub created_at: Instant,
    /// Until when it may be used.
    pub expires_at: Instant,
    /// When it was used.
    pub used_at: Option<Instant>,
    /// The address that it proves.
    pub email: Option<String>,
    /// The session in which it was asked for.
    pub session_id: Option<Uuid>,
}

/// It refers to nothing of its own accord.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
