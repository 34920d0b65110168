//! Contacts as people keep them: attributes, notes, merges and the way back; canned replies.

use crate::tables::{change_rows, create_tables, drop_tables, run};
use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::DbBackend;

/// Name of this migration is the name of its file.
#[derive(DeriveMigrationName)]
pub struct Migration;

const UP: &str = include_str!("sql/991001_contacts_up.sql");

/// Every table, those that refer before those that are referred to.
const DROP_ORDER: [&str; 3] = ["contact_note", "contact_merge", "canned_reply"];

/// Returns the columns that `contact` gets. Keys of names are compared byte by byte on both databases, whatever the language of the server.
fn columns(backend: DbBackend) -> [String; 3] {
    let (key, id) = if backend == DbBackend::Postgres { ("text COLLATE \"C\"", "uuid") } else { ("text", "blob") };
    [format!("name_key {key} NOT NULL DEFAULT ''"), "attributes text NOT NULL DEFAULT '{}'".to_owned(), format!("merged_into {id}")]
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let backend = manager.get_database_backend();
        run(manager, columns(backend).map(|column| format!("ALTER TABLE contact ADD COLUMN {column}")).to_vec()).await?;
        // Without accents only from the next change of the row on; nameless ones come last, as the product writes them.
        let last = char::MAX;
        change_rows(manager, &format!("UPDATE contact SET name_key = COALESCE(LOWER(name), '{last}')")).await?;
        create_tables(manager, UP, &DROP_ORDER).await?;
        let collation = if backend == DbBackend::Postgres { " COLLATE \"C\"" } else { "" };
        let index = |column| format!("CREATE INDEX contact_by_{column} ON contact (tenant_id, {column}{collation})");
        run(manager, ["phone", "email"].map(index).to_vec()).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_tables(manager, &DROP_ORDER).await?;
        run(manager, ["name", "age", "phone", "email"].map(|index| format!("DROP INDEX contact_by_{index}")).to_vec()).await?;
        let columns = ["name_key", "attributes", "merged_into"];
        run(manager, columns.map(|column| format!("ALTER TABLE contact DROP COLUMN {column}")).to_vec()).await
    }
}
