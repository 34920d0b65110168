//! What an account is in a business.
//!
//! Columns and relations only: no query, no logic.

use crate::instant::Instant;
use sea_orm::entity::prelude::*;

/// A row of `member`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "member")]
pub struct Model {
    /// The tenant.
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: Uuid,
    /// The member; names the person in conversations and the timeline.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The account.
    pub account_id: Uuid,
    /// `owner`, `administrator` or `member`.
    pub role: String,
    /// JSON: the permissions of this member; null: those of the role.
    pub permissions: Option<String>,
    /// JSON: the inboxes that this member sees; null: all.
    pub inboxes: Option<String>,
    /// What colleagues read.
    pub name: String,
    /// The address, as the account has it.
    pub email: String,
    /// `active` or `removed`.
    pub state: String,
    /// Rises with every change of role, permissions or state.
    pub version: i64,
    /// When the member joined.
    pub created_at: Instant,
    /// When it was last changed.
    pub updated_at: Instant,
}

/// What a row of `member` refers to.
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
