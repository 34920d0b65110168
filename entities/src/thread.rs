//! One outside address in one inbox; conversations follow one another in it.
//!
//! Columns and relations only: no query, no logic.

use crate::instant::Instant;
use sea_orm::entity::prelude::*;

/// A row of `thread`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "thread")]
pub struct Model {
    /// The tenant.
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: Uuid,
    /// The thread.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The inbox.
    pub inbox_id: Uuid,
    /// The contact.
    pub contact_id: Uuid,
    /// `direct` or `group`.
    pub kind: String,
    /// Partition `0..256`; given once, never recomputed.
    pub part: i16,
    /// What `reply_to` is.
    pub reply_kind: String,
    /// Where answers go.
    pub reply_to: String,
    /// The newest conversation.
    pub conversation_id: Option<Uuid>,
    /// When the customer last wrote; windows count from here.
    pub last_inbound_at: Option<Instant>,
    /// When the thread was made.
    pub created_at: Instant,
}

/// What a row of `thread` refers to.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// A tenant's address on a channel.
    #[sea_orm(
        belongs_to = "super::inbox::Entity",
        from = "(Column::TenantId, Column::InboxId)",
        to = "(super::inbox::Column::TenantId, super::inbox::Column::Id)"
    )]
    Inbox,
    /// A customer of a tenant.
    #[sea_orm(
        belongs_to = "super::contact::Entity",
        from = "(Column::TenantId, Column::ContactId)",
        to = "(super::contact::Column::TenantId, super::contact::Column::Id)"
    )]
    Contact,
}

impl Related<super::inbox::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Inbox.def()
    }
}

impl Related<super::contact::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Contact.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}
