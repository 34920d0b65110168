//! A customer of a tenant.
//!
//! Columns and relations only: no query, no logic.

use crate::instant::Instant;
use sea_orm::entity::prelude::*;

/// A row of `contact`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "contact")]
pub struct Model {
    /// The tenant.
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: Uuid,
    /// The contact.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// Name, if known.
    pub name: Option<String>,
    /// Whether a person set the name, so that the channel no longer overwrites it.
    pub name_chosen: bool,
    /// Telephone number, E.164.
    pub phone: Option<String>,
    /// E-mail address.
    pub email: Option<String>,
    /// Language, BCP 47, if it differs from the tenant's.
    pub locale: Option<String>,
    /// Whether messages are kept but answered by nobody.
    pub blocked: bool,
    /// When the contact was first seen.
    pub created_at: Instant,
    /// When it was last changed.
    pub updated_at: Instant,
    /// The name without accents and in lower case: what lists are ordered and searched by.
    pub name_key: String,
    /// What people keep about the contact: a JSON object of words, numbers and yes or no.
    pub attributes: String,
    /// The contact that this one turned out to be; then nothing hangs on this row any more.
    pub merged_into: Option<Uuid>,
}

/// What a row of `contact` refers to.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// A business that shares the installation.
    #[sea_orm(belongs_to = "super::tenant::Entity", from = "Column::TenantId", to = "super::tenant::Column::Id")]
    Tenant,
}

impl Related<super::tenant::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Tenant.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}
