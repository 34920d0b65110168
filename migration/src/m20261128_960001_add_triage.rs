//! What people sort conversations by: labels, attributes, saved views; kept counts, and the indexes of the lists.

use crate::guard;
use crate::statements::{render, split};
use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::{ConnectionTrait, DbBackend};

/// Name of this migration is the name of its file.
#[derive(DeriveMigrationName)]
pub struct Migration;

const UP: &str = include_str!("sql/960001_triage_up.sql");

/// Every table, those that refer before those that are referred to.
const DROP_ORDER: [&str; 4] = ["conversation_label", "label", "conversation_count", "saved_view"];

const DOWN: &str = "DROP INDEX conversation_list;
DROP INDEX conversation_inbox_list;
DROP INDEX conversation_assignee_list;
DROP INDEX conversation_created_list;
DROP INDEX conversation_waiting_list;
DROP INDEX conversation_priority_list;
DROP INDEX conversation_priority_waiting_list;
CREATE INDEX conversation_activity ON conversation (tenant_id, last_activity_at, id);
CREATE INDEX conversation_status ON conversation (tenant_id, status, last_activity_at, id);
ALTER TABLE conversation DROP COLUMN labels;
ALTER TABLE conversation DROP COLUMN attributes;";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let backend = manager.get_database_backend();
        let postgres = backend == DbBackend::Postgres;
        let nobody = if postgres { "'00000000-0000-0000-0000-000000000000'::uuid" } else { "zeroblob(16)" };
        let mut statements = split(&render(UP, backend).replace("{nobody}", nobody));
        if postgres {
            // Conversations are counted by their owner: the policies bind it too, once they are forced.
            let counted = statements.pop();
            statements.push("ALTER TABLE conversation NO FORCE ROW LEVEL SECURITY".to_owned());
            statements.extend(counted);
            statements.push("ALTER TABLE conversation FORCE ROW LEVEL SECURITY".to_owned());
            statements.extend(["label", "saved_view"].into_iter().flat_map(guard::tenant_table));
            statements.extend(["conversation_label", "conversation_count"].into_iter().flat_map(guard::read_only_table));
        }
        for statement in &statements {
            manager.get_connection().execute_unprepared(statement).await?;
        }
        Ok(())
    }

    /// Policies and grants go with the tables.
    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let drops = DROP_ORDER.into_iter().map(|table| format!("DROP TABLE {table}"));
        for statement in drops.chain(split(DOWN)) {
            manager.get_connection().execute_unprepared(&statement).await?;
        }
        Ok(())
    }
}
