//! That a member was told of something.
//!
//! Columns and relations only: no query, no logic.

use crate::instant::Instant;
use sea_orm::entity::prelude::*;

/// A row of `notification`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "notification")]
pub struct Model {
    /// The tenant.
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: Uuid,
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// What happened.
    pub notice_id: Uuid,
    /// Who is told.
    pub member_id: Uuid,
    /// What happened, in a word.
    pub kind: String,
    /// The conversation, where it is one's.
    pub conversation_id: Option<Uuid>,
    /// What else it is about.
    pub subject_id: Option<Uuid>,
    /// When it was told.
    pub created_at: Instant,
    /// When the member looked.
    pub read_at: Option<Instant>,
}

/// What a row of `notification` refers to.
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
