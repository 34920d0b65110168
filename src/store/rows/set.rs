//! A set of typed rows as the parameters of a statement: one SQL text for every size of a set, on both databases.
//!
//! PostgreSQL unpacks one text with `json_to_recordset` (instants as RFC 3339 with six digits, which it reads exactly), SQLite with
//! `json_each` (ids by `unhex`, instants as microseconds). A connection that is asked in place runs the statement once for each row instead
//! and gets the values as they are: nothing is spelled and read again.

use crate::domain::ids::{ConversationId, InboxId, TenantId};
use crate::domain::time::Timestamp;
use sea_orm::{DbBackend, Statement};
use std::borrow::Cow;
use std::io::Write as _;
use std::ops::Range;
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

/// How a set becomes parameters.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Spelling {
    /// One text for the whole set.
    Json(DbBackend),
    /// The values of one row after the other.
    Bound,
}

/// A value that is kept until it is bound.
#[derive(Clone, Debug)]
enum Kept {
    Plain(Cell<'static>),
    Text(Range<usize>),
}

/// A set of rows, ready to be bound.
#[derive(Clone, Debug)]
pub(crate) struct Rows {
    spelling: Spelling,
    columns: Columns,
    /// The JSON, or all texts one after the other.
    text: Vec<u8>,
    kept: Vec<Kept>,
    count: usize,
}

impl Rows {
    /// Makes an empty set.
    pub const fn new(spelling: Spelling, columns: Columns) -> Self {
        Self { spelling, columns, text: Vec::new(), kept: Vec::new(), count: 0 }
    }

    /// Adds a row: one cell per column, in order.
    pub fn push<const N: usize>(&mut self, cells: [Cell<'_>; N]) {
        debug_assert_eq!(N, self.columns.len(), "a cell for every column");
        self.push_all(cells);
    }

    /// As [`Rows::push`], for cells put together from several parts.
    pub fn push_all<'c>(&mut self, cells: impl IntoIterator<Item = Cell<'c>>) {
        match self.spelling {
            Spelling::Json(backend) => self.spell(backend, cells),
            Spelling::Bound => cells.into_iter().take(self.columns.len()).for_each(|cell| self.keep(cell)),
        }
        self.count += 1;
    }

    fn keep(&mut self, cell: Cell<'_>) {
        let kept = match cell {
            Cell::Text(text) => {
                let start = self.text.len();
                self.text.extend_from_slice(text.as_bytes());
                Kept::Text(start..self.text.len())
            }
            Cell::Null => Kept::Plain(Cell::Null),
            Cell::Id(id) => Kept::Plain(Cell::Id(id)),
            Cell::Int(number) => Kept::Plain(Cell::Int(number)),
            Cell::Bool(is) => Kept::Plain(Cell::Bool(is)),
            Cell::At(at) => Kept::Plain(Cell::At(at)),
        };
        self.kept.push(kept);
    }

    fn spell<'c>(&mut self, backend: DbBackend, cells: impl IntoIterator<Item = Cell<'c>>) {
        let objects = backend == DbBackend::Postgres;
        self.text.extend_from_slice(if self.count > 0 { b"," } else { b"[" });
        self.text.push(if objects { b'{' } else { b'[' });
        for (place, (cell, (name, _))) in cells.into_iter().zip(self.columns).enumerate() {
            self.text.extend_from_slice(if place > 0 { b"," } else { b"" });
            if objects {
                self.text.push(b'"');
                self.text.extend_from_slice(name.as_bytes());
                self.text.extend_from_slice(b"\":");
            }
            self.write(objects, cell);
        }
        self.text.push(if objects { b'}' } else { b']' });
    }

    /// Writing to memory cannot fail.
    fn write(&mut self, postgres: bool, cell: Cell<'_>) {
        let out = &mut self.text;
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

    /// Returns how the set becomes parameters.
    pub const fn spelling(&self) -> Spelling {
        self.spelling
    }

    /// Returns the names and types of the columns.
    pub const fn columns(&self) -> Columns {
        self.columns
    }

    /// Returns the values of `count` rows from the row `from` on, one after the other. Only of a set that is bound.
    pub fn cells(&self, from: usize, count: usize) -> impl Iterator<Item = Cell<'_>> {
        let wide = self.columns.len();
        let kept = self.kept.get(from * wide..(from + count) * wide).unwrap_or_default();
        kept.iter().map(|kept| match kept {
            Kept::Plain(cell) => *cell,
            Kept::Text(place) => {
                Cell::Text(self.text.get(place.clone()).and_then(|text| std::str::from_utf8(text).ok()).unwrap_or_default())
            }
        })
    }

    /// Returns the set as one text. Only of a set that is spelled as JSON.
    pub fn json(&self) -> String {
        let mut json = Vec::with_capacity(self.text.len() + 1);
        json.extend_from_slice(if self.count > 0 { &self.text } else { b"[" });
        json.push(b']');
        String::from_utf8(json).unwrap_or_default()
    }

    /// Fills the set's source in. On SQLite the two limits that limit nothing keep its planner from merging the subqueries into the
    /// statement: there every mention of a column would spell its whole row as JSON again and read it again.
    pub fn text(&self, sql: &str) -> String {
        let backend = match self.spelling {
            Spelling::Json(backend) => backend,
            Spelling::Bound => return self.text_of(sql, 1),
        };
        if backend == DbBackend::Postgres {
            let columns: Vec<String> = self.columns.iter().map(|(name, kind)| format!("{name} {}", postgres_type(*kind))).collect();
            return sql.replace("{rows}", &format!("json_to_recordset($1::json) AS r({})", columns.join(", ")));
        }
        let columns = self.columns.iter().enumerate().map(|(place, (name, kind))| sqlite_column(place, name, *kind));
        let columns = columns.collect::<Vec<_>>().join(", ");
        sql.replace("{rows}", &format!("(SELECT {columns} FROM (SELECT value AS v FROM json_each($1) LIMIT -1) LIMIT -1) AS r"))
    }

    /// As [`Self::text`], for a run over `count` rows of a set that is bound.
    ///
    /// A refused change is left half done: whoever binds sets undoes the whole transaction at any error, and keeping a copy of every page that
    /// a statement touches, to undo it alone, was a twentieth of the writer's time.
    pub fn text_of(&self, sql: &str, count: usize) -> String {
        let sql = match sql.strip_prefix("UPDATE ") {
            Some(rest) => Cow::Owned(format!("UPDATE OR FAIL {rest}")),
            None => Cow::Borrowed(sql),
        };
        if count == 1 {
            return bound(&sql.replace("{values}", &tuples(self.columns.len(), 1)), self.columns);
        }
        let tuples = tuples(self.columns.len(), count);
        let names = self.columns.iter().zip(1..).map(|((name, _), place)| format!("column{place} AS {name}"));
        let source = format!("(SELECT {} FROM ({tuples})) AS r", names.collect::<Vec<_>>().join(", "));
        sql.replace("{values}", &tuples).replace("{rows}", &source)
    }

    /// Returns the text of an insert into a table with columns of the same names, without the set's source.
    pub fn insert(&self, table: &str, suffix: &str) -> String {
        let names: Vec<&str> = self.columns.iter().map(|(name, _)| *name).collect();
        let names = names.join(", ");
        match self.spelling {
            Spelling::Json(_) => {
                let values = self.columns.iter().map(|(name, _)| format!("r.{name}")).collect::<Vec<_>>().join(", ");
                format!("INSERT INTO {table} ({names}) SELECT {values} FROM {{rows}} WHERE true {suffix}")
            }
            Spelling::Bound => format!("INSERT OR FAIL INTO {table} ({names}) {{values}} {suffix}"),
        }
    }

    /// Returns the text of a delete by columns of the same names, without the set's source.
    pub fn delete(&self, table: &str, suffix: &str) -> String {
        let names = self.columns.iter().map(|(name, _)| *name);
        match self.spelling {
            Spelling::Json(_) => {
                let values = names.clone().map(|name| format!("r.{name}")).collect::<Vec<_>>().join(", ");
                let names = names.collect::<Vec<_>>().join(", ");
                format!("DELETE FROM {table} WHERE ({names}) IN (SELECT {values} FROM {{rows}}) {suffix}")
            }
            Spelling::Bound => {
                let equal = names.map(|name| format!("{name} = r.{name}")).collect::<Vec<_>>().join(" AND ");
                format!("DELETE FROM {table} WHERE {equal} {suffix}")
            }
        }
    }

    /// Makes a statement for a driver with a thread of its own. Only of a set that is spelled as JSON.
    pub fn statement(&self, sql: &str) -> Statement {
        let backend = match self.spelling {
            Spelling::Json(backend) => backend,
            Spelling::Bound => DbBackend::Sqlite,
        };
        Statement::from_sql_and_values(backend, self.text(sql), [self.json().into()])
    }
}

/// Returns a list of rows of parameters.
fn tuples(wide: usize, count: usize) -> String {
    let tuple = |row: usize| {
        let places: Vec<String> = (1..=wide).map(|place| format!("?{}", row * wide + place)).collect();
        format!("({})", places.join(", "))
    };
    format!("VALUES {}", (0..count).map(tuple).collect::<Vec<_>>().join(", "))
}

/// Takes the set out of a text that is run once for each row: its columns become parameters.
fn bound(sql: &str, columns: Columns) -> String {
    let sql = sql.replace("FROM {rows} CROSS JOIN ", "FROM ").replace("FROM {rows}", "");
    let mut text = String::with_capacity(sql.len());
    let mut rest = sql.as_str();
    while let Some((before, after)) = rest.split_once("r.") {
        text.push_str(before);
        let inside = before.ends_with(|last: char| last.is_alphanumeric() || last == '_');
        let name = after.split(|next: char| !next.is_alphanumeric() && next != '_').next().unwrap_or_default();
        match columns.iter().position(|(column, _)| *column == name).filter(|_| !inside) {
            Some(place) => {
                text.push('?');
                text.push_str(&(place + 1).to_string());
                rest = after.strip_prefix(name).unwrap_or(after);
            }
            None => {
                text.push_str("r.");
                rest = after;
            }
        }
    }
    text.push_str(rest);
    text
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

#[cfg(test)]
mod tests;
