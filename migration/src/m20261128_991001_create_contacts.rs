//! Contacts as people keep them: attributes, notes, merges and the way back; canned replies.

use crate::guard;
use crate::statements::{render, split};
use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::{ConnectionTrait, DbBackend};

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
        let mut statements: Vec<String> =
            columns(backend).into_iter().map(|column| format!("ALTER TABLE contact ADD COLUMN {column}")).collect();
        // Without accents only from the next change of the row on; nameless ones come last, as the product writes them.
        let last = char::MAX;
        statements.push(format!("UPDATE contact SET name_key = COALESCE(LOWER(name), '{last}')"));
        statements.extend(split(&render(UP, backend)));
        if backend == DbBackend::Postgres {
            let collation = |column: &str| format!("CREATE INDEX contact_by_{column} ON contact (tenant_id, {column} COLLATE \"C\")");
            statements.extend(["phone", "email"].map(collation));
            statements.extend(DROP_ORDER.into_iter().flat_map(guard::tenant_table));
        } else {
            statements
                .extend(["phone", "email"].map(|column| format!("CREATE INDEX contact_by_{column} ON contact (tenant_id, {column})")));
        }
        for statement in &statements {
            manager.get_connection().execute_unprepared(statement).await?;
        }
        Ok(())
    }

    /// Policies and grants go with the tables.
    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let tables = DROP_ORDER.map(|table| format!("DROP TABLE {table}"));
        let indexes = ["name", "age", "phone", "email"].map(|index| format!("DROP INDEX contact_by_{index}"));
        let columns = ["name_key", "attributes", "merged_into"].map(|column| format!("ALTER TABLE contact DROP COLUMN {column}"));
        for statement in tables.iter().chain(&indexes).chain(&columns) {
            manager.get_connection().execute_unprepared(statement).await?;
        }
        Ok(())
    }
}
