//! Wrong codes of the second factor are counted apart from wrong passwords: whoever guesses passwords from outside does not shut the second step.

use crate::statements::render;
use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::ConnectionTrait;

/// Name of this migration is the name of its file.
#[derive(DeriveMigrationName)]
pub struct Migration;

const COLUMNS: [(&str, &str); 3] =
    [("code_failures", "bigint NOT NULL DEFAULT 0"), ("code_failed_at", "{ts}"), ("code_locked_until", "{ts}")];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for (name, kind) in COLUMNS {
            let kind = render(kind, manager.get_database_backend());
            manager.get_connection().execute_unprepared(&format!("ALTER TABLE account ADD COLUMN {name} {kind}")).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for (name, _) in COLUMNS {
            manager.get_connection().execute_unprepared(&format!("ALTER TABLE account DROP COLUMN {name}")).await?;
        }
        Ok(())
    }
}
