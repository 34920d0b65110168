//! A transaction of the writer: statements over sets, with every count asserted.

use super::lite::Lite;
use super::row::Row;
use super::set::{Columns, Rows, Spelling};
use crate::ports::ids::IdSource;
use sea_orm::{ConnectionTrait, DatabaseTransaction, DbBackend, DbErr};
use uuid::Uuid;

/// Where the statements go.
#[derive(Clone, Copy)]
enum Way<'a> {
    /// To a driver with a thread of its own.
    Driver(&'a DatabaseTransaction),
    /// To SQLite in place; its transaction has begun.
    Lite(&'a Lite),
}

/// A transaction of the writer.
#[derive(Clone, Copy)]
pub(crate) struct Tx<'a> {
    way: Way<'a>,
    ids: &'a dyn IdSource,
}

impl<'a> Tx<'a> {
    pub const fn new(db: &'a DatabaseTransaction, ids: &'a dyn IdSource) -> Self {
        Self { way: Way::Driver(db), ids }
    }

    /// A transaction that has begun on a connection that is asked in place.
    pub const fn lite(lite: &'a Lite, ids: &'a dyn IdSource) -> Self {
        Self { way: Way::Lite(lite), ids }
    }

    /// Returns a new id of any type.
    pub fn id<T: From<Uuid>>(&self) -> T {
        self.ids.uuid().into()
    }

    /// Returns the kind of database.
    pub fn backend(&self) -> DbBackend {
        match self.way {
            Way::Driver(db) => db.get_database_backend(),
            Way::Lite(_) => DbBackend::Sqlite,
        }
    }

    /// Makes an empty set.
    pub fn rows(&self, columns: Columns) -> Rows {
        let spelling = match self.way {
            Way::Driver(db) => Spelling::Json(db.get_database_backend()),
            Way::Lite(_) => Spelling::Bound,
        };
        Rows::new(spelling, columns)
    }

    /// Returns the locking clause on PostgreSQL; SQLite has one writer and no such clause.
    pub fn lock(&self, clause: &'static str) -> &'static str {
        if self.backend() == DbBackend::Postgres { clause } else { "" }
    }

    /// Runs a query over a set; an empty set asks nothing.
    pub async fn all(&self, sql: &str, rows: &Rows) -> Result<Vec<Row>, DbErr> {
        if rows.is_empty() {
            return Ok(Vec::new());
        }
        match self.way {
            Way::Driver(db) => Ok(db.query_all_raw(rows.statement(sql)).await?.into_iter().map(Row::Sent).collect()),
            Way::Lite(lite) => lite.all(sql, rows),
        }
    }

    /// Runs a statement over a set; returns how many rows it touched.
    pub async fn run(&self, sql: &str, rows: &Rows) -> Result<u64, DbErr> {
        if rows.is_empty() {
            return Ok(0);
        }
        match self.way {
            Way::Driver(db) => Ok(db.execute_raw(rows.statement(sql)).await?.rows_affected()),
            Way::Lite(lite) => lite.run(sql, rows),
        }
    }

    /// Inserts the set into a table with columns of the same names; every row must go in.
    pub async fn insert(&self, table: &'static str, rows: &Rows) -> Result<(), DbErr> {
        if rows.is_empty() {
            return Ok(());
        }
        let done = self.run(&rows.insert(table, ""), rows).await?;
        counted(table, done, rows.len())
    }

    /// Inserts the set with a suffix such as `ON CONFLICT …`; returns how many rows it touched.
    pub async fn put(&self, table: &str, rows: &Rows, suffix: &str) -> Result<u64, DbErr> {
        self.run(&rows.insert(table, suffix), rows).await
    }

    /// Deletes by columns of the same names; returns how many rows went.
    pub async fn delete(&self, table: &str, rows: &Rows, suffix: &str) -> Result<u64, DbErr> {
        self.run(&rows.delete(table, suffix), rows).await
    }

    /// Inserts the set with a suffix such as `ON CONFLICT … RETURNING …`; returns what that returns.
    pub async fn insert_returning(&self, table: &str, rows: &Rows, suffix: &str) -> Result<Vec<Row>, DbErr> {
        if rows.is_empty() {
            return Ok(Vec::new());
        }
        self.all(&rows.insert(table, suffix), rows).await
    }

    /// Updates by the set; every row must be hit exactly once.
    pub async fn update(&self, what: &'static str, sql: &str, rows: &Rows) -> Result<(), DbErr> {
        let done = self.run(sql, rows).await?;
        counted(what, done, rows.len())
    }
}

/// Fails unless a statement touched as many rows as it had to.
fn counted(what: &'static str, done: u64, expected: usize) -> Result<(), DbErr> {
    if u64::try_from(expected) == Ok(done) {
        return Ok(());
    }
    Err(DbErr::Custom(format!("{what}: {done} rows instead of {expected}")))
}
