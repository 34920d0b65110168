//! How customers say that they were served: what an inbox asks, and what each of them was asked and answered.

use crate::guard;
use crate::statements::{render, split};
use crate::tables::{drop_tables, run};
use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::{ConnectionTrait, DbBackend};

/// Name of this migration is the name of its file.
#[derive(DeriveMigrationName)]
pub struct Migration;

const UP: &str = include_str!("sql/997001_surveys_up.sql");
const TABLE: &str = "survey";
const COLUMNS: [(&str, &str); 2] = [("inbox_rule", "survey"), ("outbox", "ended_cycle")];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let backend = manager.get_database_backend();
        run(manager, split(&render(UP, backend))).await?;
        if backend == DbBackend::Postgres {
            // People read what was answered; the engine asks, and the public page acts as the engine.
            run(manager, guard::read_only_table(TABLE)).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_tables(manager, &[TABLE]).await?;
        for (table, column) in COLUMNS {
            manager.get_connection().execute_unprepared(&format!("ALTER TABLE {table} DROP COLUMN {column}")).await?;
        }
        Ok(())
    }
}
