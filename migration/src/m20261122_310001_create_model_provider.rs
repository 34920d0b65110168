//! The model servers that tenants bring, each with its sealed key.

use crate::guard;
use crate::statements::{render, split};
use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::{ConnectionTrait, DbBackend};

/// Name of this migration is the name of its file.
#[derive(DeriveMigrationName)]
pub struct Migration;

const UP: &str = "
CREATE TABLE model_provider (
    tenant_id {id} NOT NULL REFERENCES tenant (id) ON DELETE CASCADE,
    id {id} NOT NULL,
    inbox_id {id},
    name text NOT NULL,
    kind text NOT NULL,
    base_url text NOT NULL,
    model text NOT NULL,
    secret {bytes},
    position bigint NOT NULL,
    settings text NOT NULL DEFAULT '{}',
    enabled boolean NOT NULL,
    revision bigint NOT NULL,
    created_at {ts} NOT NULL,
    updated_at {ts} NOT NULL,
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, name),
    FOREIGN KEY (tenant_id, inbox_id) REFERENCES inbox (tenant_id, id) ON DELETE CASCADE
);";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let backend = manager.get_database_backend();
        let mut statements = split(&render(UP, backend));
        if backend == DbBackend::Postgres {
            statements.extend(guard::tenant_table("model_provider"));
        }
        for statement in &statements {
            manager.get_connection().execute_unprepared(statement).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.get_connection().execute_unprepared("DROP TABLE model_provider").await.map(drop)
    }
}
