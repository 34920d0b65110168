//! A prepared text.
//!
//! Columns and relations only: no query, no logic.

use crate::instant::Instant;
use sea_orm::entity::prelude::*;

/// A row of `canned_reply`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "canned_reply")]
pub struct Model {
    /// The tenant.
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: Uuid,
    /// The text.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The short code, unique in its tenant.
    pub code: String,
    /// What people read in lists.
    pub title: String,
    /// The text with its placeholders.
    pub body: String,
    /// Its language, if it is of one.
    pub language: Option<String>,
    /// The member whose it is; null: everybody's.
    pub owner_id: Option<Uuid>,
    /// When it was made.
    pub created_at: Instant,
    /// When it was last changed.
    pub updated_at: Instant,
}

/// What a row of `canned_reply` refers to.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// A business that shares the installation.
    #[sea_orm(belongs_to = "super::tenant::Entity", from = "Column::TenantId", to = "super::tenant::Column::Id")]
    Tenant,
    /// The member whose it is.
    #[sea_orm(
        belongs_to = "super::member::Entity",
        from = "(Column::TenantId, Column::OwnerId)",
        to = "(super::member::Column::TenantId, super::member::Column::Id)"
    )]
    Member,
}

impl Related<super::tenant::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Tenant.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}
