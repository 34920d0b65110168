//! A row that a query gave, read by the names of its columns, whichever way it came.

use crate::domain::time::Timestamp;
use entities::instant::Instant;
use rusqlite::types::Value;
use sea_orm::{DbErr, QueryResult, TryGetable};
use std::sync::Arc;
use uuid::Uuid;

/// A value that a column may hold.
pub(crate) trait Field: TryGetable {
    /// Reads it as SQLite keeps it.
    fn of(value: &Value) -> Option<Self>;
}

impl Field for i64 {
    fn of(value: &Value) -> Option<Self> {
        match value {
            Value::Integer(number) => Some(*number),
            Value::Null | Value::Real(_) | Value::Text(_) | Value::Blob(_) => None,
        }
    }
}

impl Field for i16 {
    fn of(value: &Value) -> Option<Self> {
        i64::of(value).and_then(|number| Self::try_from(number).ok())
    }
}

impl Field for bool {
    fn of(value: &Value) -> Option<Self> {
        i64::of(value).map(|number| number != 0)
    }
}

impl Field for Instant {
    fn of(value: &Value) -> Option<Self> {
        i64::of(value).map(Self)
    }
}

impl Field for String {
    fn of(value: &Value) -> Option<Self> {
        match value {
            Value::Text(text) => Some(text.clone()),
            Value::Null | Value::Integer(_) | Value::Real(_) | Value::Blob(_) => None,
        }
    }
}

impl Field for Uuid {
    fn of(value: &Value) -> Option<Self> {
        match value {
            Value::Blob(bytes) => Self::from_slice(bytes).ok(),
            Value::Null | Value::Integer(_) | Value::Real(_) | Value::Text(_) => None,
        }
    }
}

impl<T: Field> Field for Option<T> {
    fn of(value: &Value) -> Option<Self> {
        if *value == Value::Null { Some(None) } else { T::of(value).map(Some) }
    }
}

/// A row of a query.
pub(crate) trait Record {
    /// Reads a column by its name.
    fn field<T: Field>(&self, name: &str) -> Result<T, DbErr>;
}

impl Record for QueryResult {
    fn field<T: Field>(&self, name: &str) -> Result<T, DbErr> {
        self.try_get("", name)
    }
}

/// A row of a writer's query.
#[derive(Debug)]
pub(crate) enum Row {
    /// From a driver with a thread of its own.
    Sent(QueryResult),
    /// Read in place.
    Plain(Plain),
}

/// A row that was read in place: the names of the columns and as many values.
#[derive(Debug)]
pub(crate) struct Plain {
    pub names: Arc<[String]>,
    pub values: Vec<Value>,
}

impl Record for Row {
    fn field<T: Field>(&self, name: &str) -> Result<T, DbErr> {
        match self {
            Self::Sent(row) => row.field(name),
            Self::Plain(row) => {
                let place = row.names.iter().position(|column| column == name);
                let value = place.and_then(|place| row.values.get(place)).and_then(T::of);
                value.ok_or_else(|| DbErr::Type(format!("column {name} cannot be read")))
            }
        }
    }
}

/// Reads a column by its name.
pub(crate) fn get<T: Field>(row: &impl Record, name: &str) -> Result<T, DbErr> {
    row.field(name)
}

/// Reads an instant.
pub(crate) fn at(row: &impl Record, name: &str) -> Result<Timestamp, DbErr> {
    get(row, name).map(crate::store::time::timestamp)
}

/// Reads an instant that may be null.
pub(crate) fn maybe_at(row: &impl Record, name: &str) -> Result<Option<Timestamp>, DbErr> {
    let at: Option<Instant> = get(row, name)?;
    Ok(at.map(crate::store::time::timestamp))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(value: Value) -> Row {
        Row::Plain(Plain { names: Arc::from(["x".to_owned()]), values: vec![value] })
    }

    #[test]
    fn a_value_of_another_type_is_an_error_and_not_a_guess() {
        assert_eq!(get::<i64>(&row(Value::Integer(5)), "x"), Ok(5));
        assert!(get::<i64>(&row(Value::Text("5".to_owned())), "x").is_err());
        assert!(get::<i64>(&row(Value::Null), "x").is_err());
        assert!(get::<i16>(&row(Value::Integer(70_000)), "x").is_err());
        assert!(get::<Uuid>(&row(Value::Blob(vec![1; 15])), "x").is_err());
        assert!(get::<String>(&row(Value::Text("y".to_owned())), "y").is_err());
    }

    #[test]
    fn what_is_missing_is_read_as_nothing_where_that_is_allowed() {
        assert_eq!(get::<Option<i64>>(&row(Value::Null), "x"), Ok(None));
        assert_eq!(get::<Option<bool>>(&row(Value::Integer(1)), "x"), Ok(Some(true)));
        assert!(get::<Option<i64>>(&row(Value::Text("5".to_owned())), "x").is_err());
    }
}
