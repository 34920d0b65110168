//! An outside identity of a contact: one person may have several.
//!
//! Columns and relations only: no query, no logic.

use crate::instant::Instant;
use sea_orm::entity::prelude::*;

/// A row of `contact_identity`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "contact_identity")]
pub struct Model {
    /// The tenant.
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: Uuid,
    /// What `value` is: phone, LID, PSID, visitor and so on.
    #[sea_orm(primary_key, auto_increment = false)]
    pub kind: String,
    /// The identity; over 255 bytes its SHA-256.
    #[sea_orm(primary_key, auto_increment = false)]
    pub value: String,
    /// The contact.
    pub contact_id: Uuid,
    /// When it was first seen.
    pub created_at: Instant,
}

/// What a row of `contact_identity` refers to.
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
