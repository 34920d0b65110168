//! The wall itself, by plain SQL that no code of ours has looked at: the same rows are refused and let in on both databases.

use crate::support::database::TestDatabase;
use crate::support::seed;
use anyhow::{Context, Result};
use sea_orm::{ConnectionTrait, DatabaseTransaction, DbBackend, DbErr, RuntimeErr, TransactionTrait};
use uuid::Uuid;

const A: Uuid = Uuid::from_u128(0xA);
const B: Uuid = Uuid::from_u128(0xB);
/// Five minutes in microseconds.
const STEP: i64 = 300_000_000;
/// Where the first seat begins, in steps.
const START: i64 = 6_000_000;

/// A database with two tenants, without the seats that seeding made.
async fn walled() -> Result<[TestDatabase; 2]> {
    let databases = TestDatabase::both().await?;
    for database in &databases {
        let tx = engine(database).await?;
        seed::tenant(&tx, A).await?;
        seed::tenant(&tx, B).await?;
        tx.execute_unprepared("DELETE FROM appointment_seat").await?;
        tx.commit().await?;
    }
    Ok(databases)
}

async fn engine(database: &TestDatabase) -> Result<DatabaseTransaction> {
    let tx = database.connection().begin().await?;
    if database.backend() == DbBackend::Postgres {
        tx.execute_unprepared("SET LOCAL ROLE recado_engine").await?;
    }
    Ok(tx)
}

fn id(backend: DbBackend, id: Uuid) -> String {
    if backend == DbBackend::Postgres { format!("'{id}'") } else { format!("x'{}'", id.simple()) }
}

/// An instant so many steps after the start.
fn instant(backend: DbBackend, micros: i64) -> String {
    let micros = START * STEP + micros;
    if backend == DbBackend::Postgres { format!("to_timestamp({micros} / 1000000.0)") } else { micros.to_string() }
}

/// A row of the wall.
#[derive(Clone, Copy)]
struct Row {
    tenant: Uuid,
    place: i64,
    seat: i64,
    group: u128,
    from: i64,
    to: i64,
    protects: bool,
}

const FIRST: Row = Row { tenant: A, place: 1, seat: 1, group: 1, from: 0, to: 6 * STEP, protects: true };

impl Row {
    fn insert(self, backend: DbBackend) -> String {
        let (tenant, group) = (id(backend, self.tenant), id(backend, Uuid::from_u128(self.group)));
        let (from, to) = (instant(backend, self.from), instant(backend, self.to));
        let Self { place, seat, protects, .. } = self;
        format!(
            "INSERT INTO appointment_seat (tenant_id, appointment_id, place, resource_id, seat_no, group_id, starts_at, ends_at, protects)
             VALUES ({tenant}, {tenant}, {place}, {tenant}, {seat}, {group}, {from}, {to}, {protects})"
        )
    }
}

/// Returns the code by which the wall refuses, if it does. Nothing else may refuse.
fn refused(backend: DbBackend, outcome: Result<sea_orm::ExecResult, DbErr>) -> Result<bool> {
    let Err(error) = outcome else { return Ok(false) };
    let (DbErr::Exec(RuntimeErr::SqlxError(cause)) | DbErr::Query(RuntimeErr::SqlxError(cause))) = &error else { anyhow::bail!("{error}") };
    let told = cause.as_database_error().context("no code")?;
    let code = told.code().unwrap_or_default().into_owned();
    match backend {
        DbBackend::Postgres => anyhow::ensure!(code == "23P01", "{error}"),
        DbBackend::Sqlite | DbBackend::MySql | _ => {
            anyhow::ensure!(code == "1811" && told.message().contains("slot_overlap"), "{error}");
        }
    }
    Ok(true)
}

/// Puts the first row, then says whether a second statement is refused. Both are taken back.
async fn second(database: &TestDatabase, others: &[Row], statement: &str) -> Result<bool> {
    let tx = engine(database).await?;
    for row in [FIRST].iter().chain(others) {
        tx.execute_unprepared(&row.insert(database.backend())).await?;
    }
    let outcome = refused(database.backend(), tx.execute_unprepared(statement).await);
    tx.rollback().await?;
    outcome
}

#[tokio::test]
async fn the_wall_refuses_what_shares_an_instant_of_a_seat_and_nothing_else() -> Result<()> {
    let other = Row { place: 2, group: 2, ..FIRST };
    let cases = [
        ("the same time", Row { ..other }, true),
        ("one microsecond at its end", Row { from: 6 * STEP - 1, to: 12 * STEP, ..other }, true),
        ("one microsecond at its start", Row { from: -6 * STEP, to: 1, ..other }, true),
        ("within", Row { from: STEP, to: 2 * STEP, ..other }, true),
        ("around", Row { from: -STEP, to: 7 * STEP, ..other }, true),
        ("a whole day around", Row { from: 6 * STEP - 24 * 12 * STEP, to: 6 * STEP, ..other }, true),
        ("touching after", Row { from: 6 * STEP, to: 12 * STEP, ..other }, false),
        ("touching before", Row { from: -6 * STEP, to: 0, ..other }, false),
        ("another seat", Row { seat: 2, ..other }, false),
        ("another tenant", Row { tenant: B, ..other }, false),
        ("the same group", Row { group: 1, ..other }, false),
        ("it protects nothing", Row { protects: false, ..other }, false),
    ];
    for database in walled().await? {
        for (name, row, expected) in cases {
            let statement = row.insert(database.backend());
            assert_eq!(second(&database, &[], &statement).await?, expected, "{name} on {:?}", database.backend());
        }
    }
    Ok(())
}

#[tokio::test]
async fn a_row_that_changes_meets_the_same_wall() -> Result<()> {
    for database in walled().await? {
        let backend = database.backend();
        let later = Row { place: 2, group: 2, from: 12 * STEP, to: 18 * STEP, ..FIRST };
        let ended = Row { protects: false, from: 0, to: 6 * STEP, ..later };
        let set = |what: String, place: i64| format!("UPDATE appointment_seat SET {what} WHERE place = {place}");
        let span = |from: i64, to: i64| format!("starts_at = {}, ends_at = {}", instant(backend, from), instant(backend, to));
        let cases = [
            ("moved onto another", later, set(span(STEP, 7 * STEP), 2), true),
            ("moved beside another", later, set(span(6 * STEP, 12 * STEP), 2), false),
            ("moved over its own time", later, set(span(13 * STEP, 19 * STEP), 2), false),
            ("standing up again", ended, set("protects = true".to_owned(), 2), true),
            (
                "standing up again in the group",
                ended,
                set(format!("protects = true, group_id = {}", id(backend, Uuid::from_u128(1))), 2),
                false,
            ),
            ("leaving the group", Row { group: 1, ..ended }, set("protects = true, group_id = tenant_id".to_owned(), 2), true),
            ("another name for its own group", later, set("group_id = tenant_id".to_owned(), 2), false),
            ("another seat", Row { seat: 2, from: 0, to: 6 * STEP, ..later }, set("seat_no = 1".to_owned(), 2), true),
            ("giving up", Row { seat: 2, from: 0, to: 6 * STEP, ..later }, set("protects = false, seat_no = 1".to_owned(), 2), false),
        ];
        for (name, row, statement, expected) in cases {
            assert_eq!(second(&database, &[row], &statement).await?, expected, "{name} on {backend:?}");
        }
    }
    Ok(())
}

#[tokio::test]
async fn an_empty_or_endless_time_is_no_row_of_the_wall() -> Result<()> {
    for database in walled().await? {
        for (from, to) in [(0, 0), (1, 0), (0, 24 * 12 * STEP + 1)] {
            let tx = engine(&database).await?;
            let outcome = tx.execute_unprepared(&Row { from, to, ..FIRST }.insert(database.backend())).await;
            assert!(outcome.is_err(), "{from} to {to} on {:?}", database.backend());
            tx.rollback().await?;
        }
    }
    Ok(())
}
