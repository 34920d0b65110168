//! What became of one row of a table of contacts.
//!
//! Columns and relations only: no query, no logic.

use sea_orm::entity::prelude::*;

/// A row of `contact_import_row`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "contact_import_row")]
pub struct Model {
    /// The tenant.
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: Uuid,
    /// The import.
    #[sea_orm(primary_key, auto_increment = false)]
    pub import_id: Uuid,
    /// Its place among the rows, from 0.
    #[sea_orm(primary_key, auto_increment = false)]
    pub place: i64,
    /// The line of the file at which it begins.
    pub line: i64,
    /// `created`, `updated` or `skipped`.
    pub result: String,
    /// The contact.
    pub contact_id: Option<Uuid>,
    /// The column that did not fit.
    pub column_name: Option<String>,
    /// Why it was skipped.
    pub reason: Option<String>,
}

/// What a row of `contact_import_row` refers to.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// The table that it stood in.
    #[sea_orm(
        belongs_to = "super::contact_import::Entity",
        from = "(Column::TenantId, Column::ImportId)",
        to = "(super::contact_import::Column::TenantId, super::contact_import::Column::Id)"
    )]
    ContactImport,
}

impl Related<super::contact_import::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::ContactImport.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}
