//! The ended rows of a conversation's queue are found by it: whoever deletes a conversation takes them with it.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::ConnectionTrait;

/// Name of this migration is the name of its file.
#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let sql = "CREATE INDEX inbound_conversation_ended ON inbound (tenant_id, conversation_id) WHERE state IN ('settled', 'dead')";
        manager.get_connection().execute_unprepared(sql).await.map(drop)
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.get_connection().execute_unprepared("DROP INDEX inbound_conversation_ended").await.map(drop)
    }
}
