//! Who answers: teams, presence, and how conversations are given to people.

use crate::tables::{create_tables, drop_tables, run};
use sea_orm_migration::prelude::*;

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
        create_tables(manager, UP, &DROP_ORDER).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run(manager, CONVERSATION.map(str::to_owned).to_vec()).await?;
        drop_tables(manager, &DROP_ORDER).await
    }
}
