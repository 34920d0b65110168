//! Webhooks to businesses' own systems: endpoints, and what each is told of.

use crate::tables::{create_tables, drop_tables};
use sea_orm_migration::prelude::*;

/// Name of this migration is the name of its file.
#[derive(DeriveMigrationName)]
pub struct Migration;

const UP: &str = include_str!("sql/990001_webhooks_up.sql");

/// Every table, those that refer before those that are referred to.
const DROP_ORDER: [&str; 2] = ["webhook_delivery", "webhook_endpoint"];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        create_tables(manager, UP, &DROP_ORDER).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_tables(manager, &DROP_ORDER).await
    }
}
