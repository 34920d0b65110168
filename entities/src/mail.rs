//! A mail that must leave, or has.
//!
//! Columns and relations only: no query, no logic.

use crate::instant::Instant;
use sea_orm::entity::prelude::*;

/// A row of `mail`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "mail")]
pub struct Model {
    /// The tenant.
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: Uuid,
    /// The mail.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// What it is for.
    pub kind: String,
    /// The address.
    pub recipient: String,
    /// The customer whom it is about.
    pub contact_id: Option<Uuid>,
    /// JSON: what it says; empty once it has ended.
    pub payload: String,
    /// Names its cause.
    pub reference: String,
    /// Where it stands.
    pub state: String,
    /// What kept it, or ended it.
    pub reason: Option<String>,
    /// How often it was tried.
    pub attempt: i64,
    /// How many tries ended without an answer.
    pub doubtful: i64,
    /// When it is tried next; none: it has ended.
    pub due_at: Option<Instant>,
    /// Until when a sender has it.
    pub leased_until: Option<Instant>,
    /// Until when it is of use.
    pub expires_at: Instant,
    /// When it was asked for.
    pub created_at: Instant,
    /// When it was sent, or given up.
    pub ended_at: Option<Instant>,
}

/// What a row of `mail` refers to.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// A customer of a tenant.
    #[sea_orm(
        belongs_to = "super::contact::Entity",
        from = "(Column::TenantId, Column::ContactId)",
        to = "(super::contact::Column::TenantId, super::contact::Column::Id)"
    )]
    Contact,
}

impl Related<super::contact::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Contact.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}
