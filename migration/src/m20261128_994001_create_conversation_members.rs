//! What members have with conversations: how far they have read, and where they were mentioned.

use crate::guard;
use crate::statements::{render, split};
use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::{ConnectionTrait, DbBackend};

/// Name of this migration is the name of its file.
#[derive(DeriveMigrationName)]
pub struct Migration;

const UP: &str = include_str!("sql/994001_conversation_members_up.sql");
const TABLE: &str = "conversation_member";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let backend = manager.get_database_backend();
        let mut statements = split(&render(UP, backend));
        if backend == DbBackend::Postgres {
            statements.extend(guard::tenant_table(TABLE));
        }
        for statement in &statements {
            manager.get_connection().execute_unprepared(statement).await?;
        }
        Ok(())
    }

    /// Policies and grants go with the table.
    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.get_connection().execute_unprepared(&format!("DROP TABLE {TABLE}")).await.map(drop)
    }
}
