//! A database that has been used before: what later migrations make of its rows.

use crate::support::database::TestDatabase;
use anyhow::{Context, Result};
use sea_orm::{ConnectionTrait, DbBackend, Statement, TransactionTrait};
use sea_orm_migration::MigratorTrait as _;

/// The first migration that makes something of rows which are there.
const FIRST: &str = "m20261128_951001_create_cycles";

/// A business with a contact, a nameless one, and an open conversation with a message. Both databases take its spelling of ids and times.
const ROWS: [&str; 7] = [
    "INSERT INTO tenant (id, slug, name, locale, timezone, created_at) VALUES ({one}, 'sol', 'Sol', 'es-MX', 'UTC', {at})",
    "INSERT INTO inbox (tenant_id, id, channel, name, created_at, updated_at) VALUES ({one}, {one}, 'generic', 'Desk', {at}, {at})",
    "INSERT INTO contact (tenant_id, id, name, created_at, updated_at) VALUES ({one}, {one}, 'Ana', {at}, {at})",
    "INSERT INTO contact (tenant_id, id, name, created_at, updated_at) VALUES ({one}, {two}, NULL, {at}, {at})",
    "INSERT INTO thread (tenant_id, id, inbox_id, contact_id, kind, part, reply_kind, reply_to, created_at)
     VALUES ({one}, {one}, {one}, {one}, 'direct', 1, 'phone', '1', {at})",
    "INSERT INTO conversation (tenant_id, id, number, thread_id, inbox_id, contact_id, part, status, speaker, cycle, last_activity_at, version,
     last_seq, format, snapshot, created_at) VALUES ({one}, {one}, 1, {one}, {one}, {one}, 1, 'open', 'human', 1, {at}, 1, 1, 1, '{}', {at})",
    "INSERT INTO message (tenant_id, id, conversation_id, seq, cycle, direction, author, content, occurred_at, created_at)
     VALUES ({one}, {one}, {one}, 1, 1, 'in', 'contact', '{\"text\":\"hola\"}', {at}, {at})",
];

fn spelled(text: &str, backend: DbBackend) -> String {
    let hex = |digit: u8| format!("{digit:032x}");
    let id = |digit| if backend == DbBackend::Postgres { format!("'{}'::uuid", hex(digit)) } else { format!("x'{}'", hex(digit)) };
    let at = if backend == DbBackend::Postgres { "TIMESTAMPTZ '2026-11-01T10:00:00Z'" } else { "1793527200000000" };
    text.replace("{one}", &id(1)).replace("{two}", &id(2)).replace("{at}", at)
}

async fn is_carried_over(database: &TestDatabase) -> Result<()> {
    let (db, backend) = (database.connection(), database.backend());
    let before = migration::names().iter().position(|name| name == FIRST).context("the migration is there")?;
    migration::Migrator::up(db, Some(u32::try_from(before)?)).await?;
    let tx = db.begin().await?;
    let as_engine = "SET LOCAL ROLE recado_engine";
    if backend == DbBackend::Postgres {
        tx.execute_unprepared(as_engine).await?;
    }
    for row in ROWS {
        tx.execute_unprepared(&spelled(row, backend)).await?;
    }
    tx.commit().await?;
    migration::up(db).await?;
    let tx = db.begin().await?;
    if backend == DbBackend::Postgres {
        tx.execute_unprepared(as_engine).await?;
    }
    let wanted = [
        ("SELECT name_key AS found FROM contact WHERE id = {one}", "ana"),
        ("SELECT name_key AS found FROM contact WHERE id = {two}", "\u{10ffff}"),
        ("SELECT status AS found FROM conversation_count WHERE count = 1", "open"),
        ("SELECT verdict AS found FROM conversation_cycle WHERE number = 1", "running"),
        ("SELECT c.name AS found FROM contact c WHERE c.words IS NOT NULL AND c.id = {one}", "Ana"),
        ("SELECT m.direction AS found FROM message m WHERE m.words IS NOT NULL", "in"),
    ];
    for (query, hoped) in wanted {
        let row = tx.query_one_raw(Statement::from_string(backend, spelled(query, backend))).await?.with_context(|| query.to_owned())?;
        assert_eq!(row.try_get::<String>("", "found")?, hoped, "{query}");
    }
    Ok(tx.rollback().await?)
}

#[tokio::test]
async fn what_is_there_is_carried_over_on_sqlite() -> Result<()> {
    is_carried_over(&TestDatabase::empty_sqlite().await?).await
}

#[tokio::test]
async fn what_is_there_is_carried_over_on_postgres() -> Result<()> {
    is_carried_over(&TestDatabase::empty_postgres().await?).await
}
