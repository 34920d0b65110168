//! What somebody agreed to, or took back.
//!
//! Columns and relations only: no query, no logic.

use crate::instant::Instant;
use sea_orm::entity::prelude::*;

/// A row of `consent_event`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "consent_event")]
pub struct Model {
    /// The tenant.
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: Uuid,
    /// The event.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The account whose consent it is.
    pub account_id: Option<Uuid>,
    /// Or the customer.
    pub contact_id: Option<Uuid>,
    /// To what kind of thing.
    pub kind: String,
    /// Which version of the text was shown.
    pub text_version: String,
    /// False: taken back.
    pub given: bool,
    /// Where it was said.
    pub source: String,
    /// From which address.
    pub ip: Option<String>,
    /// When.
    pub at: Instant,
}

/// What a row of `consent_event` refers to.
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
