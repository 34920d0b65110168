//! The hash of the secret address at which a resource's calendar can be subscribed to; absent: at none.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::ConnectionTrait;

/// Name of this migration is the name of its file.
#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.get_connection().execute_unprepared("ALTER TABLE resource ADD COLUMN feed_hash text").await?;
        // It is looked up before the tenant is known, as API keys are.
        let index = "CREATE UNIQUE INDEX resource_feed_idx ON resource (feed_hash)";
        manager.get_connection().execute_unprepared(index).await.map(drop)
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.get_connection().execute_unprepared("DROP INDEX resource_feed_idx").await?;
        manager.get_connection().execute_unprepared("ALTER TABLE resource DROP COLUMN feed_hash").await.map(drop)
    }
}
