//! A person who signs in; may be a member of several businesses.
//!
//! Columns and relations only: no query, no logic.

use crate::instant::Instant;
use sea_orm::entity::prelude::*;

/// A row of `account`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "account")]
pub struct Model {
    /// The account.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The address, in lower case; unique in the installation.
    pub email: String,
    /// What the person is called.
    pub name: String,
    /// The telephone, in E.164.
    pub phone: Option<String>,
    /// The language of pages and mails, such as `es-MX`.
    pub locale: String,
    /// `p{key}$2b$…`: bcrypt of the keyed password.
    pub password_hash: String,
    /// When the password was last set.
    pub password_changed_at: Instant,
    /// `off`, `pending` or `on`.
    pub totp_state: String,
    /// The sealed secret of the second factor.
    pub totp_secret: Option<Vec<u8>>,
    /// The last time step whose code was accepted: none is accepted twice.
    pub totp_last_step: Option<i64>,
    /// Wrong passwords since the last right one.
    pub failures: i64,
    /// When the last one was wrong.
    pub failed_at: Option<Instant>,
    /// Until when no password is looked at.
    pub locked_until: Option<Instant>,
    /// When it was made.
    pub created_at: Instant,
    /// When it was last changed.
    pub updated_at: Instant,
    /// Wrong codes of the second factor since the last right one.
    pub code_failures: i64,
    /// When the last one was wrong.
    pub code_failed_at: Option<Instant>,
    /// Until when no code is looked at.
    pub code_locked_until: Option<Instant>,
}

/// It refers to nothing of its own accord.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
