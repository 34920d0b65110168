//! What most migrations do: tables of tenants come and go. Only for migrations that have not landed; what one of them ran must never change.

use crate::guard;
use crate::statements::{render, split};
use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::{ConnectionTrait, DbBackend};

/// Runs statements one after the other.
pub(crate) async fn run(manager: &SchemaManager<'_>, statements: Vec<String>) -> Result<(), DbErr> {
    for statement in statements {
        manager.get_connection().execute_unprepared(&statement).await?;
    }
    Ok(())
}

/// Carries out what `text` says, and on PostgreSQL puts each of the new tables behind the second wall.
pub(crate) async fn create_tables(manager: &SchemaManager<'_>, text: &str, tables: &[&str]) -> Result<(), DbErr> {
    let backend = manager.get_database_backend();
    run(manager, split(&render(text, backend))).await?;
    if backend == DbBackend::Postgres {
        run(manager, tables.iter().flat_map(|table| guard::tenant_table(table)).collect()).await?;
    }
    Ok(())
}

/// Drops tables, those that refer first. Policies and grants go with them.
pub(crate) async fn drop_tables(manager: &SchemaManager<'_>, tables: &[&str]) -> Result<(), DbErr> {
    run(manager, tables.iter().map(|table| format!("DROP TABLE {table}")).collect()).await
}

/// Changes rows that are there already, of every tenant: the policies of PostgreSQL bind the owner of the tables too, and show it nothing.
pub(crate) async fn change_rows(manager: &SchemaManager<'_>, statement: &str) -> Result<(), DbErr> {
    let postgres = manager.get_database_backend() == DbBackend::Postgres;
    let statements = if postgres {
        vec![format!("SET LOCAL ROLE {}", guard::ENGINE), statement.to_owned(), "RESET ROLE".to_owned()]
    } else {
        vec![statement.to_owned()]
    };
    run(manager, statements).await
}
