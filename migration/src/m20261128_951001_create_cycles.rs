//! Stretches of conversations as rows, and how long their parts took. What is under way gets its row from its messages.

use crate::guard;
use crate::statements::{render, split};
use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::{ConnectionTrait, DbBackend};

/// Name of this migration is the name of its file.
#[derive(DeriveMigrationName)]
pub struct Migration;

const UP: &str = include_str!("sql/951001_cycles_up.sql");

const TABLES: [&str; 2] = ["timing", "conversation_cycle"];

/// The newest stretch of every conversation: it began with its oldest message. Earlier ones are not made up.
const FILL: &str = "INSERT INTO conversation_cycle (tenant_id, conversation_id, number, began, began_at, ended_at, ended_by, verdict)
    SELECT c.tenant_id, c.id, c.cycle, CASE WHEN c.cycle = 1 THEN 'first' ELSE 'reopened' END,
           (SELECT MIN(m.created_at) FROM message m WHERE m.tenant_id = c.tenant_id AND m.conversation_id = c.id AND m.cycle = c.cycle),
           c.resolved_at, NULL, CASE WHEN c.resolved_at IS NULL THEN 'running' ELSE 'resolved_by_people' END
    FROM conversation c WHERE c.last_seq > 0";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let (backend, db) = (manager.get_database_backend(), manager.get_connection());
        let mut statements = split(&render(UP, backend));
        if backend == DbBackend::Postgres {
            statements.extend(TABLES.into_iter().flat_map(guard::tenant_table));
        }
        for statement in &statements {
            db.execute_unprepared(statement).await?;
        }
        if backend == DbBackend::Postgres {
            // Row-level security binds the owner too; the engine sees every tenant.
            db.execute_unprepared(&format!("SET LOCAL ROLE {}", guard::ENGINE)).await?;
        }
        db.execute_unprepared(FILL).await?;
        if backend == DbBackend::Postgres {
            db.execute_unprepared("RESET ROLE").await?;
        }
        Ok(())
    }

    /// Policies and grants go with the tables.
    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in TABLES {
            manager.get_connection().execute_unprepared(&format!("DROP TABLE {table}")).await?;
        }
        Ok(())
    }
}
