//! The schema: migrations go up, down and up; the live tables equal the entities and the personal-data registry.

mod instants;
pub(crate) mod isolation;
mod splitting;
mod upgrade;

use crate::support::database::{TestDatabase, connect};
use crate::support::seed;
use crate::support::tables::{self, Column};
use anyhow::Result;
use recado::store::registry;
use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend, Statement};
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

/// Table → column → (type as the database calls it, may be null).
type Live = BTreeMap<String, BTreeMap<String, (String, bool)>>;

const COLUMNS_POSTGRES: &str = "SELECT table_name::text AS t, column_name::text AS c, udt_name::text AS y, is_nullable = 'YES' AS n
    FROM information_schema.columns WHERE table_schema = current_schema() AND table_name <> 'seaql_migrations'";
const COLUMNS_SQLITE: &str = "SELECT m.name AS t, c.name AS c, lower(c.type) AS y, c.\"notnull\" = 0 AS n
    FROM sqlite_master m, pragma_table_info(m.name) c
    WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%' AND m.name <> 'seaql_migrations'";

async fn live(db: &DatabaseConnection) -> Result<Live> {
    let backend = db.get_database_backend();
    let query = if backend == DbBackend::Postgres { COLUMNS_POSTGRES } else { COLUMNS_SQLITE };
    let mut tables = Live::new();
    for row in db.query_all_raw(Statement::from_string(backend, query)).await? {
        let column = (row.try_get::<String>("", "y")?, row.try_get::<bool>("", "n")?);
        tables.entry(row.try_get("", "t")?).or_default().insert(row.try_get("", "c")?, column);
    }
    Ok(tables)
}

fn described(backend: DbBackend) -> Live {
    let column = |column: Column| (column.name, (column.kind.declared(backend).to_owned(), column.nullable));
    tables::all().into_iter().map(|table| (table.name, table.columns.into_iter().map(column).collect())).collect()
}

/// Takes away what the database keeps for itself: the words of messages and contacts, made from columns that are declared and gone with
/// them, and on SQLite the tables of their index.
fn without_words(mut live: Live) -> Live {
    live.retain(|table, _| !["message_words", "contact_words"].iter().any(|words| table.starts_with(words)));
    for table in ["message", "contact"] {
        assert!(live.get_mut(table).is_some_and(|columns| columns.remove("words").is_some()), "{table} has words");
    }
    live
}

/// Lists what only one side has, instead of printing the whole schema twice.
fn assert_same(live: &Live, described: &Live) {
    let lines = |tables: &Live| -> BTreeSet<String> {
        let of = |(table, columns): (&String, &BTreeMap<String, (String, bool)>)| -> Vec<String> {
            columns.iter().map(|(column, (kind, nullable))| format!("{table}.{column}: {kind}, nullable {nullable}")).collect()
        };
        tables.iter().flat_map(of).collect()
    };
    let differing: Vec<String> = lines(live).symmetric_difference(&lines(described)).cloned().collect();
    assert_eq!(differing, Vec::<String>::new(), "in the schema or in an entity, but not in both");
}

async fn up_down_up(database: &TestDatabase) -> Result<()> {
    let db = database.connection();
    assert!(!migration::is_current(db).await?);
    migration::up(db).await?;
    let first = live(db).await?;
    assert!(!first.is_empty());
    assert!(migration::is_current(db).await?);
    assert!(migration::status(db).await?.iter().all(|(name, applied)| name.starts_with('m') && *applied));
    migration::up(db).await?;
    migration::down(db).await?;
    assert_eq!(live(db).await?, Live::new(), "down leaves nothing");
    assert!(!migration::is_current(db).await?);
    migration::up(db).await?;
    assert_eq!(live(db).await?, first, "up after down gives the same schema");
    Ok(())
}

#[tokio::test]
async fn migrations_go_up_down_and_up_on_sqlite() -> Result<()> {
    up_down_up(&TestDatabase::empty_sqlite().await?).await
}

#[tokio::test]
async fn migrations_go_up_down_and_up_on_postgres() -> Result<()> {
    up_down_up(&TestDatabase::empty_postgres().await?).await
}

/// Two pools stand for two processes: the loser waits, finds nothing to do and succeeds.
async fn two_at_once(database: &TestDatabase) -> Result<()> {
    let other = connect(database.url()).await?;
    let (one, two) = tokio::join!(migration::up(database.connection()), migration::up(&other));
    one?;
    two?;
    assert!(migration::is_current(&other).await?);
    other.close().await?;
    Ok(())
}

#[tokio::test]
async fn two_processes_may_migrate_at_once_on_sqlite() -> Result<()> {
    two_at_once(&TestDatabase::empty_sqlite().await?).await
}

#[tokio::test]
async fn two_processes_may_migrate_at_once_on_postgres() -> Result<()> {
    two_at_once(&TestDatabase::empty_postgres().await?).await
}

#[tokio::test]
async fn the_schema_equals_the_entities_on_sqlite() -> Result<()> {
    let database = TestDatabase::sqlite().await?;
    assert_same(&without_words(live(database.connection()).await?), &described(database.backend()));
    Ok(())
}

#[tokio::test]
async fn the_schema_equals_the_entities_on_postgres() -> Result<()> {
    let database = TestDatabase::postgres().await?;
    assert_same(&without_words(live(database.connection()).await?), &described(database.backend()));
    Ok(())
}

/// The registry may not lag behind the schema, nor speak of what is gone.
#[tokio::test]
async fn every_column_declares_its_personal_data_and_no_declaration_is_stale() -> Result<()> {
    let database = TestDatabase::sqlite().await?;
    let pairs = |table: &str, columns: Vec<String>| columns.into_iter().map(|c| format!("{table}.{c}")).collect::<Vec<_>>();
    let live = without_words(live(database.connection()).await?);
    let live: BTreeSet<String> = live.into_iter().flat_map(|(table, columns)| pairs(&table, columns.into_keys().collect())).collect();
    let declared: BTreeSet<String> = registry::tables()
        .flat_map(|table| pairs(table.name, table.columns.iter().map(|column| column.name.to_owned()).collect()))
        .collect();
    assert_eq!(live, declared);
    Ok(())
}

/// Erasure must be able to blank what it says it blanks.
#[test]
fn a_blanked_column_is_not_part_of_a_closed_list() {
    for table in registry::tables() {
        for column in table.columns.iter().filter(|column| column.erase == registry::Erase::Blank) {
            assert!(!["kind", "state", "status", "id"].contains(&column.name), "{}.{}", table.name, column.name);
        }
    }
}

async fn reads_back(database: &TestDatabase) -> Result<()> {
    let db = database.connection();
    let tx = isolation::engine(db).await?;
    seed::tenant(&tx, Uuid::from_u128(1)).await?;
    for (table, rows) in tables::read_all(&tx).await? {
        let expected = if table == "partition" { 256 } else { 1 };
        assert_eq!(rows, expected, "{table}");
    }
    Ok(())
}

#[tokio::test]
async fn every_entity_reads_a_full_row_on_sqlite() -> Result<()> {
    reads_back(&TestDatabase::sqlite().await?).await
}

#[tokio::test]
async fn every_entity_reads_a_full_row_on_postgres() -> Result<()> {
    reads_back(&TestDatabase::postgres().await?).await
}
