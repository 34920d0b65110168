//! Files in the folder that the database which comes back does not know: they came after the copy, and no row would ever take them away.
//!
//! What the replaced database knew is noted among the leftovers of the new one while that is still on its way to its place; the engine's next
//! looks take the bytes away. What neither knows may be somebody else's who uses the folder too: it goes only where that is asked for. What a
//! row of the new database names is never noted.

use crate::store::backup::restore::RestoreError;
use crate::store::connect::connect_for_migration;
use sea_orm::sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use sea_orm::{ConnectOptions, ConnectionTrait, Database, DatabaseConnection, DbBackend, DbErr, QueryResult, Statement, Value};
use serde::Serialize;
use std::fs::DirEntry;
use std::path::Path;
use uuid::Uuid;

/// Names at a time.
const PAGE: usize = 1_000;
/// Most names that are told.
const NAMED: usize = 20;
/// Letters of a file's name within its business's folder.
const LETTERS: usize = 32;

/// What was found in the folder that the new database does not know.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Strangers {
    /// How many go with the engine's next looks.
    pub let_go: u64,
    /// How many stay.
    pub left: u64,
    /// The names of some of these.
    pub named: Vec<String>,
}

/// Where to look, and by what to judge.
pub(super) struct Look<'a> {
    /// The new database beside its place.
    pub arriving: &'a Path,
    /// The folder.
    pub folder: &'a Path,
    /// The database that is replaced, if there is one.
    pub replaced: Option<&'a str>,
    /// What neither knows goes too.
    pub prune: bool,
}

impl Look<'_> {
    /// Looks, and notes what goes.
    pub async fn note(&self) -> Result<Strangers, RestoreError> {
        if !self.folder.is_dir() {
            return Ok(Strangers::default());
        }
        let db = open(self.arriving).await.map_err(RestoreError::Strangers)?;
        let noted = self.note_in(&db).await;
        // It was written or not, whatever the end of the connection brings.
        drop(db.close().await);
        let noted = noted?;
        let failed = |source| RestoreError::File { path: self.arriving.to_owned(), source };
        std::fs::File::open(self.arriving).and_then(|file| file.sync_all()).map_err(failed)?;
        Ok(noted)
    }

    async fn note_in(&self, db: &DatabaseConnection) -> Result<Strangers, RestoreError> {
        let asked = RestoreError::Strangers;
        run(db, "CREATE TEMP TABLE found (name text PRIMARY KEY, replaced boolean NOT NULL DEFAULT false) WITHOUT ROWID", [])
            .await
            .map_err(asked)?;
        self.list(db).await?;
        // An archive of a release without files knows none, and has nowhere to note them.
        let knows = has_tables(db).await.map_err(asked)?;
        if knows {
            let known = "DELETE FROM temp.found WHERE name IN (SELECT name FROM file UNION ALL SELECT name FROM file_leftover)";
            run(db, known, []).await.map_err(asked)?;
        }
        if let Some(url) = self.replaced.filter(|_| knows) {
            mark_replaced(db, url).await;
        }
        count(db, self.prune, knows).await.map_err(asked)
    }

    /// Writes every name of ours that is in the folder down.
    async fn list(&self, db: &DatabaseConnection) -> Result<(), RestoreError> {
        let failed = |source| RestoreError::File { path: self.folder.to_owned(), source };
        let mut page = Vec::new();
        for business in std::fs::read_dir(self.folder).map_err(failed)? {
            let business = business.map_err(failed)?;
            let Some(name) = business_name(&business) else { continue };
            for file in std::fs::read_dir(business.path()).map_err(failed)? {
                page.extend(file_name(&file.map_err(failed)?).map(|file| format!("{name}/{file}")));
                if page.len() >= PAGE {
                    put(db, &page).await.map_err(RestoreError::Strangers)?;
                    page.clear();
                }
            }
        }
        put(db, &page).await.map_err(RestoreError::Strangers)
    }
}

/// Returns the name of a business's folder.
fn business_name(entry: &DirEntry) -> Option<String> {
    let name = entry.file_name().into_string().ok()?;
    let ours = Uuid::parse_str(&name).is_ok_and(|id| id.to_string() == name);
    (ours && entry.file_type().is_ok_and(|kind| kind.is_dir())).then_some(name)
}

/// Returns the name of the file to which one belongs: itself, its small picture, or what was never finished of either.
fn file_name(entry: &DirEntry) -> Option<String> {
    let name = entry.file_name().into_string().ok()?;
    let whole = name.strip_suffix("#1").unwrap_or(&name);
    let file = whole.strip_suffix("-1").unwrap_or(whole);
    let plain = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    let ours = file.len() == LETTERS && file.bytes().all(plain);
    (ours && entry.file_type().is_ok_and(|kind| kind.is_file())).then(|| file.to_owned())
}

/// Opens the new database to write. A copy that is thrown away if anything goes wrong needs no journal on disk, and one that stayed behind
/// would be applied to the next copy.
async fn open(path: &Path) -> Result<DatabaseConnection, DbErr> {
    let mut options = ConnectOptions::new(format!("sqlite://{}?mode=rw", path.display()));
    options.max_connections(1).sqlx_logging(false);
    let path = path.to_owned();
    options.map_sqlx_sqlite_opts(move |_| {
        let memory = SqliteConnectOptions::new().filename(&path).journal_mode(SqliteJournalMode::Memory);
        memory.synchronous(SqliteSynchronous::Full)
    });
    Database::connect(options).await
}

async fn run(db: &DatabaseConnection, sql: &str, values: impl IntoIterator<Item = Value>) -> Result<u64, DbErr> {
    Ok(db.execute_raw(Statement::from_sql_and_values(DbBackend::Sqlite, sql, values)).await?.rows_affected())
}

async fn ask(db: &DatabaseConnection, sql: &str, values: impl IntoIterator<Item = Value>) -> Result<Vec<QueryResult>, DbErr> {
    db.query_all_raw(Statement::from_sql_and_values(DbBackend::Sqlite, sql, values)).await
}

async fn has_tables(db: &DatabaseConnection) -> Result<bool, DbErr> {
    let sql = "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name IN ('file', 'file_leftover')";
    Ok(ask(db, sql, []).await?.len() == 2)
}

async fn put(db: &DatabaseConnection, names: &[String]) -> Result<(), DbErr> {
    let names = serde_json::to_string(names).unwrap_or_default();
    run(db, "INSERT OR IGNORE INTO temp.found (name) SELECT value FROM json_each($1)", [names.into()]).await.map(drop)
}

/// Marks what the replaced database knew. One that cannot be read, or not to its end, knew what could be read: the rest stays and is told.
async fn mark_replaced(db: &DatabaseConnection, url: &str) {
    let Ok(old) = connect_for_migration(url).await else { return };
    for table in ["file", "file_leftover"] {
        let mut after = 0;
        while let Ok(Some(last)) = mark_page(db, &old, (table, after)).await {
            after = last;
        }
    }
    drop(old.close().await);
}

/// Marks a page of names; returns the last row's place.
async fn mark_page(db: &DatabaseConnection, old: &DatabaseConnection, (table, after): (&str, i64)) -> Result<Option<i64>, DbErr> {
    let sql = format!("SELECT rowid AS place, name FROM {table} WHERE rowid > $1 ORDER BY rowid LIMIT {PAGE}");
    let rows = ask(old, &sql, [after.into()]).await?;
    let Some(last) = rows.last() else { return Ok(None) };
    let last = last.try_get("", "place")?;
    let names: Vec<String> = rows.iter().map(|row| row.try_get("", "name")).collect::<Result<_, _>>()?;
    let names = serde_json::to_string(&names).unwrap_or_default();
    let sql = "UPDATE temp.found SET replaced = true WHERE name IN (SELECT value FROM json_each($1))";
    run(db, sql, [names.into()]).await.map(|_| Some(last))
}

/// Notes what goes, at once, and tells what stays.
async fn count(db: &DatabaseConnection, prune: bool, knows: bool) -> Result<Strangers, DbErr> {
    let mut found = Strangers::default();
    if knows {
        let sql = "INSERT INTO file_leftover (tenant_id, name, due_at)
                   SELECT unhex(replace(substr(name, 1, 36), '-', '')), name, 0 FROM temp.found WHERE replaced OR $1";
        found.let_go = run(db, sql, [prune.into()]).await?;
        run(db, "DELETE FROM temp.found WHERE replaced OR $1", [prune.into()]).await?;
    }
    let rows = ask(db, "SELECT count(*) AS many FROM temp.found", []).await?;
    let many: i64 = rows.first().map_or(Ok(0), |row| row.try_get("", "many"))?;
    found.left = u64::try_from(many).unwrap_or_default();
    let rows = ask(db, &format!("SELECT name FROM temp.found ORDER BY name LIMIT {NAMED}"), []).await?;
    found.named = rows.iter().map(|row| row.try_get("", "name")).collect::<Result<_, _>>()?;
    Ok(found)
}
