//! A file of a prepared text.
//!
//! Columns and relations only: no query, no logic.

use sea_orm::entity::prelude::*;

/// A row of `canned_reply_file`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "canned_reply_file")]
pub struct Model {
    /// The tenant.
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: Uuid,
    /// The text.
    #[sea_orm(primary_key, auto_increment = false)]
    pub canned_reply_id: Uuid,
    /// The file.
    #[sea_orm(primary_key, auto_increment = false)]
    pub file_id: Uuid,
    /// Its place among the others.
    pub place: i64,
}

/// What a row of `canned_reply_file` refers to.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// The text.
    #[sea_orm(
        belongs_to = "super::canned_reply::Entity",
        from = "(Column::TenantId, Column::CannedReplyId)",
        to = "(super::canned_reply::Column::TenantId, super::canned_reply::Column::Id)"
    )]
    CannedReply,
    /// The file.
    #[sea_orm(
        belongs_to = "super::file::Entity",
        from = "(Column::TenantId, Column::FileId)",
        to = "(super::file::Column::TenantId, super::file::Column::Id)"
    )]
    File,
}

impl Related<super::file::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::File.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}
