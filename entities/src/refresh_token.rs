//! A refresh token: used once, then its successor counts.
//!
//! Columns and relations only: no query, no logic.

use crate::instant::Instant;
use sea_orm::entity::prelude::*;

/// A row of `refresh_token`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "refresh_token")]
pub struct Model {
    /// SHA-256 of the token, in hex.
    #[sea_orm(primary_key, auto_increment = false)]
    pub hash: String,
    /// The tenant.
    pub tenant_id: Uuid,
    /// The session.
    pub session_id: Uuid,
    /// When it was issued.
    pub issued_at: Instant,
    /// Until when it may be used.
    pub expires_at: Instant,
    /// When it was used.
    pub rotated_at: Option<Instant>,
    /// The hash of the token that took its place.
    pub successor: Option<String>,
}

/// What a row of `refresh_token` refers to.
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
