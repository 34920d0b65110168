//! SQLite asked in place: a connection without a thread of its own, for callers that have one.
//!
//! Every statement blocks its caller, at most for the busy timeout and the disk; so it is never used on a thread that serves others. A
//! statement costs no change of threads, and is prepared once for the life of the connection.

use super::row::{Plain, Row};
use super::set::{Cell, Rows, Spelling};
use rusqlite::types::{ToSql, ToSqlOutput, ValueRef};
use rusqlite::{CachedStatement, Connection};
use sea_orm::sqlx::error::{DatabaseError, ErrorKind};
use sea_orm::{DbErr, RuntimeErr, sqlx};
use std::borrow::Cow;
use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Prepared statements that a connection keeps: more than there are different ones.
const STATEMENTS: usize = 256;

/// Rows of one run of a statement that writes, the largest first: what a run costs by itself (the lists of words in conditions are made
/// anew for each) is shared by its rows. Questions are run for each row.
const RUNS: [usize; 3] = [16, 4, 1];

/// The connection, and the texts that it was asked with before.
struct Inner {
    connection: Connection,
    /// By the set's columns, the rows of a run, and the statement's own text.
    texts: HashMap<(usize, usize), HashMap<String, Arc<str>>>,
}

/// A connection that is asked in place.
pub(crate) struct Lite {
    inner: Mutex<Inner>,
}

/// A transaction; it is undone when it is dropped without being committed.
pub(crate) struct Begun<'a> {
    lite: &'a Lite,
}

impl Lite {
    /// Opens a file, creating it if it is not there, with these settings.
    pub fn open(path: &Path, pragmas: &[(&str, &str)]) -> Result<Self, DbErr> {
        let connection = Connection::open(path).map_err(away)?;
        connection.set_prepared_statement_cache_capacity(STATEMENTS);
        let settings: String = pragmas.iter().map(|(name, value)| format!("PRAGMA {name} = {value};")).collect();
        connection.execute_batch(&settings).map_err(away)?;
        Ok(Self { inner: Mutex::new(Inner { connection, texts: HashMap::new() }) })
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes the lock for writing, waiting for another process for the busy timeout.
    pub fn begin(&self) -> Result<Begun<'_>, DbErr> {
        self.simple("BEGIN IMMEDIATE")?;
        Ok(Begun { lite: self })
    }

    /// Begins to read: everything sees the database as the first question finds it.
    pub fn begin_reading(&self) -> Result<Begun<'_>, DbErr> {
        self.simple("BEGIN")?;
        Ok(Begun { lite: self })
    }

    fn simple(&self, sql: &str) -> Result<(), DbErr> {
        let inner = self.inner();
        let mut statement = inner.connection.prepare_cached(sql).map_err(failed)?;
        statement.raw_execute().map(drop).map_err(failed)
    }

    /// Runs a query over a set; returns its rows.
    pub fn all(&self, sql: &str, rows: &Rows) -> Result<Vec<Row>, DbErr> {
        let mut found = Vec::with_capacity(rows.len());
        self.each(sql, rows, |statement| {
            let names: Arc<[String]> = statement.column_names().into_iter().map(str::to_owned).collect();
            move_rows(statement, &names, &mut found)
        })?;
        Ok(found)
    }

    /// Runs a statement over a set; returns how many rows it touched.
    pub fn run(&self, sql: &str, rows: &Rows) -> Result<u64, DbErr> {
        let mut touched = 0_u64;
        self.each(sql, rows, |statement| {
            touched += u64::try_from(statement.raw_execute()?).unwrap_or_default();
            Ok(())
        })?;
        Ok(touched)
    }

    /// Binds the set's parameters and hands the statement over, as often as the set asks for.
    fn each(&self, sql: &str, rows: &Rows, mut run: impl FnMut(&mut CachedStatement<'_>) -> rusqlite::Result<()>) -> Result<(), DbErr> {
        let inner = &mut *self.inner();
        if matches!(rows.spelling(), Spelling::Json(_)) {
            let text = text(&mut inner.texts, sql, rows, 1);
            let mut statement = inner.connection.prepare_cached(&text).map_err(failed)?;
            statement.raw_bind_parameter(1, rows.json()).map_err(failed)?;
            return run(&mut statement).map_err(failed);
        }
        let writes = sql.starts_with("INSERT") || sql.starts_with("UPDATE");
        let mut done = 0;
        for count in RUNS.into_iter().filter(|count| writes || *count == 1) {
            if rows.len() - done < count {
                continue;
            }
            let text = text(&mut inner.texts, sql, rows, count);
            let mut statement = inner.connection.prepare_cached(&text).map_err(failed)?;
            // A column that the statement does not name has no parameter behind the last one that it names.
            let most = statement.parameter_count();
            while rows.len() - done >= count {
                for (place, cell) in (1..=most).zip(rows.cells(done, count)) {
                    statement.raw_bind_parameter(place, cell).map_err(failed)?;
                }
                run(&mut statement).map_err(failed)?;
                done += count;
            }
        }
        Ok(())
    }
}

impl Begun<'_> {
    /// Makes everything since the beginning durable.
    pub fn commit(self) -> Result<(), DbErr> {
        self.lite.simple("COMMIT")
    }
}

impl Drop for Begun<'_> {
    fn drop(&mut self) {
        let open = !self.lite.inner().connection.is_autocommit();
        if open && self.lite.simple("ROLLBACK").is_err() {
            tracing::error!("a transaction could not be undone");
        }
    }
}

/// Returns the statement's text with the set's source filled in: made once, then kept.
fn text(texts: &mut HashMap<(usize, usize), HashMap<String, Arc<str>>>, sql: &str, rows: &Rows, count: usize) -> Arc<str> {
    let known = texts.entry((rows.columns().as_ptr().addr(), count)).or_default();
    if let Some(text) = known.get(sql) {
        return Arc::clone(text);
    }
    let text: Arc<str> = if count == 1 { rows.text(sql) } else { rows.text_of(sql, count) }.into();
    known.insert(sql.to_owned(), Arc::clone(&text));
    text
}

fn move_rows(statement: &mut CachedStatement<'_>, names: &Arc<[String]>, found: &mut Vec<Row>) -> rusqlite::Result<()> {
    let mut rows = statement.raw_query();
    while let Some(row) = rows.next()? {
        let values = (0..names.len()).map(|place| row.get(place)).collect::<rusqlite::Result<Vec<_>>>()?;
        found.push(Row::Plain(Plain { names: Arc::clone(names), values }));
    }
    Ok(())
}

impl ToSql for Cell<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self {
            Self::Null => ValueRef::Null,
            Self::Id(id) => ValueRef::Blob(id.as_bytes()),
            Self::Text(text) => ValueRef::Text(text.as_bytes()),
            Self::Int(number) => ValueRef::Integer(*number),
            Self::Bool(is) => ValueRef::Integer(i64::from(*is)),
            Self::At(at) => ValueRef::Integer(at.micros()),
        }))
    }
}

/// What SQLite said: its code, and a text that is never logged, because it may quote values of rows.
#[derive(Debug, thiserror::Error)]
#[error("{text}")]
struct Told {
    code: String,
    text: String,
}

impl Told {
    fn new(error: &rusqlite::Error) -> Self {
        let code = error.sqlite_error().map(|told| told.extended_code.to_string());
        Self { code: code.unwrap_or_default(), text: error.to_string() }
    }
}

impl DatabaseError for Told {
    fn message(&self) -> &str {
        &self.text
    }

    fn code(&self) -> Option<Cow<'_, str>> {
        Some(Cow::Borrowed(&self.code))
    }

    fn as_error(&self) -> &(dyn std::error::Error + Send + Sync + 'static) {
        self
    }

    fn as_error_mut(&mut self) -> &mut (dyn std::error::Error + Send + Sync + 'static) {
        self
    }

    fn into_error(self: Box<Self>) -> Box<dyn std::error::Error + Send + Sync + 'static> {
        self
    }

    fn kind(&self) -> ErrorKind {
        ErrorKind::Other
    }
}

fn told(error: &rusqlite::Error) -> RuntimeErr {
    RuntimeErr::SqlxError(Arc::new(sqlx::Error::Database(Box::new(Told::new(error)))))
}

#[expect(clippy::needless_pass_by_value, reason = "the shape that map_err asks for")]
fn failed(error: rusqlite::Error) -> DbErr {
    DbErr::Exec(told(&error))
}

#[expect(clippy::needless_pass_by_value, reason = "the shape that map_err asks for")]
fn away(error: rusqlite::Error) -> DbErr {
    DbErr::Conn(told(&error))
}

#[cfg(test)]
mod tests;
