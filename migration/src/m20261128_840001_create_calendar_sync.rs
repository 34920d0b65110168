//! What is known of our events in outside calendars, and where looking for changes there goes on.

use crate::guard;
use crate::statements::{render, split};
use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::{ConnectionTrait, DbBackend};

/// Name of this migration is the name of its file.
#[derive(DeriveMigrationName)]
pub struct Migration;

const UP: &str = include_str!("sql/840001_calendar_sync_up.sql");

/// People and the engine share them.
const TABLES: [&str; 2] = ["calendar_event", "calendar_poll"];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let backend = manager.get_database_backend();
        let mut statements = split(&render(UP, backend));
        if backend == DbBackend::Postgres {
            statements.extend(TABLES.iter().flat_map(|table| guard::tenant_table(table)));
        }
        for statement in &statements {
            manager.get_connection().execute_unprepared(statement).await?;
        }
        Ok(())
    }

    /// Policies and grants go with their tables.
    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in TABLES {
            manager.get_connection().execute_unprepared(&format!("DROP TABLE {table}")).await?;
        }
        for statement in ["DROP INDEX calendar_job_open", "ALTER TABLE calendar_job DROP COLUMN leased_until"] {
            manager.get_connection().execute_unprepared(statement).await?;
        }
        Ok(())
    }
}
