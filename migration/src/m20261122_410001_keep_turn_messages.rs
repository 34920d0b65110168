//! The messages that a turn's model was sent, beside its trace: people read them, and they go after 30 days.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::ConnectionTrait;

/// Name of this migration is the name of its file.
#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.get_connection().execute_unprepared("ALTER TABLE turn ADD COLUMN messages text").await?;
        let index = "CREATE INDEX turn_messages_idx ON turn (finished_at) WHERE messages IS NOT NULL";
        manager.get_connection().execute_unprepared(index).await.map(drop)
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.get_connection().execute_unprepared("DROP INDEX turn_messages_idx").await?;
        manager.get_connection().execute_unprepared("ALTER TABLE turn DROP COLUMN messages").await.map(drop)
    }
}
