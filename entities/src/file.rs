//! A file that people attach.
//!
//! Columns and relations only: no query, no logic.

use crate::instant::Instant;
use sea_orm::entity::prelude::*;

/// A row of `file`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "file")]
pub struct Model {
    /// The tenant.
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: Uuid,
    /// The file.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// `receiving` or `ready`.
    pub state: String,
    /// Names its bytes in the store of files.
    pub name: String,
    /// The member or key that brought it.
    pub uploaded_by: Uuid,
    /// What it is called.
    pub file_name: String,
    /// Its media type, by its first bytes.
    pub media_type: String,
    /// Length in bytes.
    pub size: i64,
    /// Hash of its bytes.
    pub sha256: String,
    /// Width in pixels, of a picture.
    pub width: Option<i64>,
    /// Height in pixels, of a picture.
    pub height: Option<i64>,
    /// Whether there is a small picture of it.
    pub preview: bool,
    /// When it came.
    pub created_at: Instant,
    /// When it goes if nobody uses it; null while somebody does.
    pub expires_at: Option<Instant>,
}

/// What a row of `file` refers to.
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
