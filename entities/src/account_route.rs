//! Which inbox an app-wide delivery belongs to; engine only, the one unique that crosses tenants.
//!
//! Columns and relations only: no query, no logic.

use sea_orm::entity::prelude::*;

/// A row of `account_route`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "account_route")]
pub struct Model {
    /// Kind of channel.
    #[sea_orm(primary_key, auto_increment = false)]
    pub channel: String,
    /// The account's id at the provider.
    #[sea_orm(primary_key, auto_increment = false)]
    pub account: String,
    /// The tenant.
    pub tenant_id: Uuid,
    /// The inbox.
    pub inbox_id: Uuid,
}

/// What a row of `account_route` refers to.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// A tenant's address on a channel.
    #[sea_orm(
        belongs_to = "super::inbox::Entity",
        from = "(Column::TenantId, Column::InboxId)",
        to = "(super::inbox::Column::TenantId, super::inbox::Column::Id)"
    )]
    Inbox,
}

impl Related<super::inbox::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Inbox.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}
