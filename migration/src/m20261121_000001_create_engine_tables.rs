//! The engine's tables, the 256 partitions, and on PostgreSQL the roles and policies around them.

use crate::guard;
use crate::statements::{render, split};
use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::{ConnectionTrait, DbBackend};

/// Name of this migration is the name of its file.
#[derive(DeriveMigrationName)]
pub struct Migration;

const UP: &str = include_str!("sql/001_engine_up.sql");

/// Rows of a tenant that people and the engine share, in the order of creation.
const SHARED: [&str; 18] = [
    "tenant_feed",
    "api_key",
    "inbox",
    "contact",
    "contact_identity",
    "thread",
    "thread_alias",
    "conversation",
    "inbound",
    "message",
    "outbox",
    "parked_status",
    "timer",
    "turn_step",
    "turn",
    "timeline",
    "usage_fact",
    "attachment",
];

/// Rows of a tenant that only the engine touches; `unrouted` holds customers' words even where nobody knows whose they are.
const SEALED: [&str; 3] = ["data_key", "account_route", "unrouted"];

/// Rows of the installation that only the engine touches.
const ENGINE_ONLY: [&str; 3] = ["partition", "node", "config_version"];

/// Every table, children before the tables that they refer to.
const DROP_ORDER: [&str; 25] = [
    "config_version",
    "unrouted",
    "node",
    "partition",
    "attachment",
    "usage_fact",
    "timeline",
    "turn",
    "turn_step",
    "timer",
    "parked_status",
    "outbox",
    "message",
    "inbound",
    "conversation",
    "thread_alias",
    "thread",
    "contact_identity",
    "contact",
    "account_route",
    "inbox",
    "api_key",
    "data_key",
    "tenant_feed",
    "tenant",
];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let backend = manager.get_database_backend();
        let mut statements = split(&render(UP, backend));
        statements.push(partitions());
        if backend == DbBackend::Postgres {
            statements.extend(guards());
        }
        run(manager, &statements).await
    }

    /// Policies and grants go with their tables; the roles stay, another database of the server may use them.
    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let statements: Vec<String> = DROP_ORDER.iter().map(|table| format!("DROP TABLE {table}")).collect();
        run(manager, &statements).await
    }
}

fn partitions() -> String {
    let rows: Vec<String> = (0..256).map(|id| format!("({id})")).collect();
    format!("INSERT INTO partition (id) VALUES {}", rows.join(", "))
}

fn guards() -> Vec<String> {
    let mut statements = guard::roles();
    statements.extend(guard::tenants());
    statements.extend(SHARED.iter().flat_map(|table| guard::tenant_table(table)));
    statements.extend(SEALED.iter().flat_map(|table| guard::sealed_table(table)));
    statements.extend(ENGINE_ONLY.iter().map(|table| guard::engine_table(table)));
    statements.push(format!("GRANT SELECT, UPDATE ON config_version TO {}", guard::PEOPLE));
    statements
}

async fn run(manager: &SchemaManager<'_>, statements: &[String]) -> Result<(), DbErr> {
    for statement in statements {
        manager.get_connection().execute_unprepared(statement).await?;
    }
    Ok(())
}
