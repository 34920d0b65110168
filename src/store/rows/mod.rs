//! A set of typed rows as one text parameter: one SQL text per statement for every batch size, on both databases.
//!
//! SQLite unpacks it with `json_each` (ids by `unhex`, instants as microseconds), PostgreSQL with `json_to_recordset` (instants as
//! RFC 3339 with six digits, which it reads exactly). A statement names the set `{rows}` and its columns `r.name`.

use crate::domain::ids::{ConversationId, InboxId, TenantId};
use crate::domain::time::Timestamp;
use crate::ports::ids::IdSource;
use sea_orm::{ConnectionTrait, DatabaseTransaction, DbBackend, DbErr, QueryResult, Statement, TryGetable};
use std::io::Write as _;
use uuid::Uuid;

/// The type of a column of a set.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Kind {
    Id,
    Text,
    Int,
    Small,
    Bool,
    At,
}

/// Names and types of a set's columns.
pub(crate) type Columns = &'static [(&'static str, Kind)];

/// One value of a row.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Cell<'a> {
    Null,
    Id(Uuid),
    Text(&'a str),
    Int(i64),
    Bool(bool),
    At(Timestamp),
}

impl From<Uuid> for Cell<'_> {
    fn from(id: Uuid) -> Self {
        Self::Id(id)
    }
}

impl From<TenantId> for Cell<'_> {
    fn from(id: TenantId) -> Self {
        Self::Id(id.0)
    }
}

impl From<InboxId> for Cell<'_> {
    fn from(id: InboxId) -> Self {
        Self::Id(id.0)
    }
}

impl From<ConversationId> for Cell<'_> {
    fn from(id: ConversationId) -> Self {
        Self::Id(id.0)
    }
}

impl<'a> From<&'a str> for Cell<'a> {
    fn from(text: &'a str) -> Self {
        Self::Text(text)
    }
}

impl<'a> From<&'a String> for Cell<'a> {
    fn from(text: &'a String) -> Self {
        Self::Text(text)
    }
}

impl From<i64> for Cell<'_> {
    fn from(number: i64) -> Self {
        Self::Int(number)
    }
}

impl From<bool> for Cell<'_> {
    fn from(is: bool) -> Self {
        Self::Bool(is)
    }
}

impl From<Timestamp> for Cell<'_> {
    fn from(at: Timestamp) -> Self {
        Self::At(at)
    }
}

impl<'a, T: Into<Self>> From<Option<T>> for Cell<'a> {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

/// A set of rows, ready to be bound.
#[derive(Clone, Debug)]
pub(crate) struct Rows {
    backend: DbBackend,
    columns: Columns,
    json: Vec<u8>,
    count: usize,
}

impl Rows {
    /// Makes an empty set.
    pub fn new(backend: DbBackend, columns: Columns) -> Self {
        Self { backend, columns, json: vec![b'['], count: 0 }
    }

    /// Adds a row: one cell per column, in order.
    pub fn push<const N: usize>(&mut self, cells: [Cell<'_>; N]) {
        debug_assert_eq!(N, self.columns.len(), "a cell for every column");
        self.push_all(cells);
    }

    /// As [`Rows::push`], for cells put together from several parts.
    pub fn push_all<'c>(&mut self, cells: impl IntoIterator<Item = Cell<'c>>) {
        let objects = self.backend == DbBackend::Postgres;
        self.json.extend_from_slice(if self.count > 0 { b"," } else { b"" });
        self.json.push(if objects { b'{' } else { b'[' });
        for (place, (cell, (name, _))) in cells.into_iter().zip(self.columns).enumerate() {
            self.json.extend_from_slice(if place > 0 { b"," } else { b"" });
            if objects {
                self.json.push(b'"');
                self.json.extend_from_slice(name.as_bytes());
                self.json.extend_from_slice(b"\":");
            }
            self.write(cell);
        }
        self.json.push(if objects { b'}' } else { b']' });
        self.count += 1;
    }

    /// Writing to memory cannot fail.
    fn write(&mut self, cell: Cell<'_>) {
        let postgres = self.backend == DbBackend::Postgres;
        let out = &mut self.json;
        let _written = match cell {
            Cell::Null => write!(out, "null"),
            Cell::Id(id) if postgres => write!(out, "\"{id}\""),
            Cell::Id(id) => write!(out, "\"{}\"", id.simple()),
            Cell::Text(text) => serde_json::to_writer(out, text).map_err(Into::into),
            Cell::Int(number) => write!(out, "{number}"),
            Cell::Bool(is) => write!(out, "{is}"),
            Cell::At(at) if postgres => write!(out, "\"{at}\""),
            Cell::At(at) => write!(out, "{}", at.micros()),
        };
    }

    /// Returns true if there is nothing to do.
    pub const fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// Returns the number of rows.
    pub const fn len(&self) -> usize {
        self.count
    }

    /// Returns the `FROM` source. On SQLite the two limits that limit nothing keep its planner from merging the subqueries into the
    /// statement: there every mention of a column would spell its whole row as JSON again and read it again.
    fn source(&self) -> String {
        if self.backend == DbBackend::Postgres {
            let columns: Vec<String> = self.columns.iter().map(|(name, kind)| format!("{name} {}", postgres_type(*kind))).collect();
            return format!("json_to_recordset($1::json) AS r({})", columns.join(", "));
        }
        let columns = self.columns.iter().enumerate().map(|(place, (name, kind))| sqlite_column(place, name, *kind));
        let columns = columns.collect::<Vec<_>>().join(", ");
        format!("(SELECT {columns} FROM (SELECT value AS v FROM json_each($1) LIMIT -1) LIMIT -1) AS r")
    }

    /// Makes a statement of a text that names the set `{rows}`.
    pub fn statement(&self, sql: &str) -> Statement {
        let mut json = self.json.clone();
        json.push(b']');
        let json = String::from_utf8(json).unwrap_or_default();
        Statement::from_sql_and_values(self.backend, sql.replace("{rows}", &self.source()), [json.into()])
    }

    fn insert(&self, table: &str, suffix: &str) -> Statement {
        let names: Vec<&str> = self.columns.iter().map(|(name, _)| *name).collect();
        let values: Vec<String> = names.iter().map(|name| format!("r.{name}")).collect();
        let sql = format!("INSERT INTO {table} ({}) SELECT {} FROM {{rows}} WHERE true {suffix}", names.join(", "), values.join(", "));
        self.statement(&sql)
    }
}

const fn postgres_type(kind: Kind) -> &'static str {
    match kind {
        Kind::Id => "uuid",
        Kind::Text => "text",
        Kind::Int => "bigint",
        Kind::Small => "smallint",
        Kind::Bool => "boolean",
        Kind::At => "timestamptz",
    }
}

fn sqlite_column(place: usize, name: &str, kind: Kind) -> String {
    match kind {
        Kind::Id => format!("unhex(v ->> {place}) AS {name}"),
        Kind::Text | Kind::Int | Kind::Small | Kind::Bool | Kind::At => format!("v ->> {place} AS {name}"),
    }
}

/// A transaction of the writer.
#[derive(Clone, Copy)]
pub(crate) struct Tx<'a> {
    db: &'a DatabaseTransaction,
    ids: &'a dyn IdSource,
}

impl<'a> Tx<'a> {
    pub const fn new(db: &'a DatabaseTransaction, ids: &'a dyn IdSource) -> Self {
        Self { db, ids }
    }

    /// Returns a new id of any type.
    pub fn id<T: From<Uuid>>(&self) -> T {
        self.ids.uuid().into()
    }

    /// Returns the kind of database.
    pub fn backend(&self) -> DbBackend {
        self.db.get_database_backend()
    }

    /// Makes an empty set.
    pub fn rows(&self, columns: Columns) -> Rows {
        Rows::new(self.backend(), columns)
    }

    /// Returns the locking clause on PostgreSQL; SQLite has one writer and no such clause.
    pub fn lock(&self, clause: &'static str) -> &'static str {
        if self.backend() == DbBackend::Postgres { clause } else { "" }
    }

    /// Runs a query over a set; an empty set asks nothing.
    pub async fn all(&self, sql: &str, rows: &Rows) -> Result<Vec<QueryResult>, DbErr> {
        if rows.is_empty() {
            return Ok(Vec::new());
        }
        self.db.query_all_raw(rows.statement(sql)).await
    }

    /// Runs a statement over a set; returns how many rows it touched.
    pub async fn run(&self, sql: &str, rows: &Rows) -> Result<u64, DbErr> {
        if rows.is_empty() {
            return Ok(0);
        }
        Ok(self.db.execute_raw(rows.statement(sql)).await?.rows_affected())
    }

    /// Inserts the set into a table with columns of the same names; every row must go in.
    pub async fn insert(&self, table: &'static str, rows: &Rows) -> Result<(), DbErr> {
        if rows.is_empty() {
            return Ok(());
        }
        let done = self.db.execute_raw(rows.insert(table, "")).await?.rows_affected();
        counted(table, done, rows.len())
    }

    /// Inserts the set with a suffix such as `ON CONFLICT … RETURNING …`; returns what that returns.
    pub async fn insert_returning(&self, table: &str, rows: &Rows, suffix: &str) -> Result<Vec<QueryResult>, DbErr> {
        if rows.is_empty() {
            return Ok(Vec::new());
        }
        self.db.query_all_raw(rows.insert(table, suffix)).await
    }

    /// Updates by the set; every row must be hit exactly once.
    pub async fn update(&self, what: &'static str, sql: &str, rows: &Rows) -> Result<(), DbErr> {
        let done = self.run(sql, rows).await?;
        counted(what, done, rows.len())
    }
}

/// Fails unless a statement touched as many rows as it had to.
pub(crate) fn counted(what: &'static str, done: u64, expected: usize) -> Result<(), DbErr> {
    if u64::try_from(expected) == Ok(done) {
        return Ok(());
    }
    Err(DbErr::Custom(format!("{what}: {done} rows instead of {expected}")))
}

/// Reads a column by its name.
pub(crate) fn get<T: TryGetable>(row: &QueryResult, name: &str) -> Result<T, DbErr> {
    row.try_get("", name)
}

/// Reads an instant.
pub(crate) fn at(row: &QueryResult, name: &str) -> Result<Timestamp, DbErr> {
    get(row, name).map(crate::store::time::timestamp)
}

/// Reads an instant that may be null.
pub(crate) fn maybe_at(row: &QueryResult, name: &str) -> Result<Option<Timestamp>, DbErr> {
    let at: Option<entities::instant::Instant> = get(row, name)?;
    Ok(at.map(crate::store::time::timestamp))
}

#[cfg(test)]
mod tests {
    use super::*;

    const COLUMNS: Columns = &[("id", Kind::Id), ("said", Kind::Text), ("at", Kind::At), ("late", Kind::Bool), ("n", Kind::Int)];

    fn json(backend: DbBackend) -> String {
        let mut rows = Rows::new(backend, COLUMNS);
        rows.push([Uuid::from_u128(255).into(), "a\"b".into(), Timestamp::from_micros(1).into(), true.into(), 7.into()]);
        rows.push([Cell::Null, Cell::Null, Cell::Null, Cell::Null, Cell::Null]);
        String::from_utf8(rows.json).unwrap()
    }

    #[test]
    fn sqlite_gets_arrays_with_hex_and_microseconds() {
        assert_eq!(json(DbBackend::Sqlite), r#"[["000000000000000000000000000000ff","a\"b",1,true,7],[null,null,null,null,null]"#);
    }

    #[test]
    fn postgres_gets_objects_with_six_digits_of_a_second() {
        let text = json(DbBackend::Postgres);
        assert!(text.contains(r#""at":"1970-01-01T00:00:00.000001Z""#), "{text}");
        assert!(text.contains(r#""id":"00000000-0000-0000-0000-0000000000ff""#), "{text}");
    }

    #[test]
    fn one_text_serves_every_size_of_a_set() {
        let mut rows = Rows::new(DbBackend::Sqlite, COLUMNS);
        let empty = rows.statement("SELECT r.n FROM {rows}").sql;
        rows.push([Cell::Null, Cell::Null, Cell::Null, Cell::Null, 1.into()]);
        assert_eq!(rows.statement("SELECT r.n FROM {rows}").sql, empty);
        assert_eq!(rows.len(), 1);
    }
}
