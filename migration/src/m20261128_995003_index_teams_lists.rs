//! Lists of a team's conversations walk an index from their beginning to a page's end, as those of an inbox or a person do.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::ConnectionTrait;

/// Name of this migration is the name of its file.
#[derive(DeriveMigrationName)]
pub struct Migration;

const UP: [&str; 2] = [
    "DROP INDEX conversation_team",
    "CREATE INDEX conversation_team_list ON conversation (tenant_id, team_id, status, last_activity_at, id, assignee_id, inbox_id)
     WHERE team_id IS NOT NULL",
];

const DOWN: [&str; 2] = [
    "DROP INDEX conversation_team_list",
    "CREATE INDEX conversation_team ON conversation (tenant_id, team_id, last_activity_at, id) WHERE team_id IS NOT NULL",
];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for statement in UP {
            manager.get_connection().execute_unprepared(statement).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for statement in DOWN {
            manager.get_connection().execute_unprepared(statement).await?;
        }
        Ok(())
    }
}
