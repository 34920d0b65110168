//! Instants in columns: INTEGER microseconds on SQLite, TIMESTAMPTZ on PostgreSQL, one type here.
//!
//! sea-orm turns a Rust value into a bound [`Value`] without knowing the database, so writing and filtering go through
//! [`Instant::value`], which does. Reading needs no help: a row knows where it comes from.

use sea_orm::prelude::DateTimeUtc;
use sea_orm::sea_query::{ArrayType, ColumnType, Nullable, ValueType, ValueTypeErr};
use sea_orm::{ColIdx, DbBackend, IntoActiveValue, QueryResult, TryGetError, TryGetable, Value};

/// An instant in microseconds since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct Instant(pub i64);

impl Instant {
    /// Returns microseconds since 1970.
    #[must_use]
    pub const fn micros(self) -> i64 {
        self.0
    }

    /// Returns the value to bind on `backend`, for writes and for filters: `Column::DueAt.lte(now.value(backend))`.
    ///
    /// An instant beyond chrono's 262,000 years is bound as a number, which PostgreSQL refuses.
    #[must_use]
    pub fn value(self, backend: DbBackend) -> Value {
        match DateTimeUtc::from_timestamp_micros(self.0) {
            Some(at) if backend == DbBackend::Postgres => at.into(),
            _ => self.0.into(),
        }
    }

    /// Returns the value to bind on `backend` for a column that may be null.
    #[must_use]
    pub fn optional(at: Option<Self>, backend: DbBackend) -> Value {
        match at {
            Some(at) => at.value(backend),
            None if backend == DbBackend::Postgres => <DateTimeUtc as Nullable>::null(),
            None => <i64 as Nullable>::null(),
        }
    }
}

/// Binds the microseconds: right on SQLite; PostgreSQL refuses a number in place of an instant ("is of type timestamp with time
/// zone but expression is of type bigint"), so a forgotten [`Instant::value`] fails at the first statement instead of storing nonsense.
impl From<Instant> for Value {
    fn from(at: Instant) -> Self {
        at.0.into()
    }
}

impl TryGetable for Instant {
    fn try_get_by<I: ColIdx>(row: &QueryResult, index: I) -> Result<Self, TryGetError> {
        if row.try_as_pg_row().is_some() {
            DateTimeUtc::try_get_by(row, index).map(|at| Self(at.timestamp_micros()))
        } else {
            i64::try_get_by(row, index).map(Self)
        }
    }
}

impl ValueType for Instant {
    fn try_from(value: Value) -> Result<Self, ValueTypeErr> {
        if let Value::ChronoDateTimeUtc(Some(at)) = value {
            return Ok(Self(at.timestamp_micros()));
        }
        <i64 as ValueType>::try_from(value).map(Self)
    }

    fn type_name() -> String {
        "Instant".to_owned()
    }

    fn array_type() -> ArrayType {
        ArrayType::BigInt
    }

    /// A name of its own, so that the schema test can tell an instant from a number.
    fn column_type() -> ColumnType {
        ColumnType::custom("instant")
    }
}

impl Nullable for Instant {
    fn null() -> Value {
        <i64 as Nullable>::null()
    }
}

impl IntoActiveValue<Self> for Instant {
    fn into_active_value(self) -> sea_orm::ActiveValue<Self> {
        sea_orm::ActiveValue::Set(self)
    }
}
