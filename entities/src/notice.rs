//! Something of which people of the business may have to be told, with its ladder.
//!
//! Columns and relations only: no query, no logic.

use crate::instant::Instant;
use sea_orm::entity::prelude::*;

/// A row of `notice`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "notice")]
pub struct Model {
    /// The tenant.
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: Uuid,
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// What happened.
    pub kind: String,
    /// Names the cause: once per tenant.
    pub cause: String,
    /// The conversation, where it is one's.
    pub conversation_id: Option<Uuid>,
    /// The inbox: only who sees it is told.
    pub inbox_id: Option<Uuid>,
    /// What else it is about.
    pub subject_id: Option<Uuid>,
    /// Whom it is for; null: everybody who may see it.
    pub to_id: Option<Uuid>,
    /// Who did it: never told.
    pub by_id: Option<Uuid>,
    /// The next rung to be told, from 1.
    pub rung: i64,
    /// When it is to be told; null: it has ended.
    pub due_at: Option<Instant>,
    /// Why it has ended.
    pub ended: Option<String>,
    /// When it happened.
    pub created_at: Instant,
}

/// What a row of `notice` refers to.
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
