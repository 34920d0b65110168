//! Accounts, members, sessions and tokens; what an API key may do.
//!
//! Who signs in is found before the tenant is known, so accounts, sessions and tokens are the engine's alone; members and invitations are
//! a business's own rows and lie behind its wall.

use crate::guard;
use crate::statements::{render, split};
use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::{ConnectionTrait, DbBackend};

/// Name of this migration is the name of its file.
#[derive(DeriveMigrationName)]
pub struct Migration;

const UP: &str = include_str!("sql/910001_accounts_up.sql");

/// Rows of a business that its people may see.
const SHARED: [&str; 2] = ["member", "invitation"];

/// Rows of a business that only the engine touches.
const SEALED: [&str; 2] = ["session", "refresh_token"];

/// Rows of the installation.
const ENGINE_ONLY: [&str; 4] = ["platform_key", "account", "account_token", "recovery_code"];

/// Every table, those that refer before those that are referred to.
const DROP_ORDER: [&str; 8] =
    ["invitation", "recovery_code", "account_token", "refresh_token", "session", "member", "account", "platform_key"];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let backend = manager.get_database_backend();
        let mut statements = split(&render(UP, backend));
        // What keys of earlier releases could do: everything.
        statements.push("ALTER TABLE api_key ADD COLUMN scopes text NOT NULL DEFAULT '[\"*\"]'".to_owned());
        if backend == DbBackend::Postgres {
            statements.extend(SHARED.iter().flat_map(|table| guard::tenant_table(table)));
            statements.extend(SEALED.iter().flat_map(|table| guard::sealed_table(table)));
            statements.extend(ENGINE_ONLY.iter().map(|table| guard::engine_table(table)));
        }
        for statement in &statements {
            manager.get_connection().execute_unprepared(statement).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let db = manager.get_connection();
        db.execute_unprepared("ALTER TABLE api_key DROP COLUMN scopes").await?;
        for table in DROP_ORDER {
            db.execute_unprepared(&format!("DROP TABLE {table}")).await?;
        }
        Ok(())
    }
}
