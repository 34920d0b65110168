//! An index of the outbox's rows that people must look at: operators count them every few seconds, and they stay until looked at.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::ConnectionTrait;

/// Name of this migration is the name of its file.
#[derive(DeriveMigrationName)]
pub struct Migration;

const UP: &str = "CREATE INDEX outbox_stuck ON outbox (state) WHERE state IN ('failed', 'dead', 'uncertain')";
const DOWN: &str = "DROP INDEX outbox_stuck";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.get_connection().execute_unprepared(UP).await.map(drop)
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.get_connection().execute_unprepared(DOWN).await.map(drop)
    }
}
