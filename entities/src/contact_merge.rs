//! That two contacts were one customer, with what the way back needs.
//!
//! Columns and relations only: no query, no logic.

use crate::instant::Instant;
use sea_orm::entity::prelude::*;

/// A row of `contact_merge`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "contact_merge")]
pub struct Model {
    /// The tenant.
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: Uuid,
    /// The merge.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The contact that stayed.
    pub contact_id: Uuid,
    /// The contact that went into it.
    pub from_id: Uuid,
    /// The member or API key that did it.
    pub by_id: Uuid,
    /// Which rows were given over: JSON.
    pub moved: String,
    /// What the contact that stayed did not know before: JSON.
    pub filled: String,
    /// When it was done.
    pub merged_at: Instant,
    /// When it was taken back, if it was.
    pub undone_at: Option<Instant>,
}

/// What a row of `contact_merge` refers to.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// A customer of a tenant.
    #[sea_orm(
        belongs_to = "super::contact::Entity",
        from = "(Column::TenantId, Column::ContactId)",
        to = "(super::contact::Column::TenantId, super::contact::Column::Id)"
    )]
    Contact,
    /// The contact that went.
    #[sea_orm(
        belongs_to = "super::contact::Entity",
        from = "(Column::TenantId, Column::FromId)",
        to = "(super::contact::Column::TenantId, super::contact::Column::Id)"
    )]
    From,
}

impl Related<super::contact::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Contact.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}
