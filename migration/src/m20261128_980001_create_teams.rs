//! Who answers: teams, presence, and how conversations are given to people.

use crate::guard;
use crate::statements::{render, split};
use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::{ConnectionTrait, DbBackend};

/// Name of this migration is the name of its file.
#[derive(DeriveMigrationName)]
pub struct Migration;

const UP: &str = include_str!("sql/980001_teams_up.sql");

/// Every table, those that refer before those that are referred to.
const DROP_ORDER: [&str; 5] = ["inbox_rule", "desk_member", "desk", "team_member", "team"];

/// What conversations got.
const CONVERSATION: [&str; 4] = [
    "DROP INDEX conversation_load",
    "DROP INDEX conversation_line",
    "DROP INDEX conversation_team",
    "ALTER TABLE conversation DROP COLUMN team_id",
];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let backend = manager.get_database_backend();
        let mut statements = split(&render(UP, backend));
        if backend == DbBackend::Postgres {
            statements.extend(DROP_ORDER.into_iter().flat_map(guard::tenant_table));
        }
        for statement in &statements {
            manager.get_connection().execute_unprepared(statement).await?;
        }
        Ok(())
    }

    /// Policies and grants go with the tables.
    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for statement in CONVERSATION {
            manager.get_connection().execute_unprepared(statement).await?;
        }
        for table in DROP_ORDER {
            manager.get_connection().execute_unprepared(&format!("DROP TABLE {table}")).await?;
        }
        Ok(())
    }
}
