//! Rows of accounts: found by address, by id; written with instants bound as the database wants them.

use crate::domain::account::lockout::{Factor, Failures};
use crate::domain::ids::AccountId;
use crate::domain::time::Timestamp;
use crate::ports::store::StoreError;
use crate::store::Store;
use crate::store::scope::{Role, read_as};
use crate::store::time::{instant, timestamp};
use entities::account::{Column, Entity, Model};
use entities::instant::Instant;
use sea_orm::sea_query::{Expr, Query};
use sea_orm::{ColumnTrait, ConnectionTrait, DatabaseTransaction, DbErr, EntityTrait, QueryFilter, Value};

/// Inserts one row.
pub(super) async fn insert<E: EntityTrait>(tx: &DatabaseTransaction, entity: E, values: Vec<(E::Column, Expr)>) -> Result<(), DbErr> {
    let (columns, values): (Vec<_>, Vec<_>) = values.into_iter().unzip();
    let mut statement = Query::insert();
    statement.into_table(entity.table_ref()).columns(columns).values_panic(values);
    tx.execute(&statement).await.map(drop)
}

/// Returns an instant as the database wants it.
pub(super) fn at(tx: &DatabaseTransaction, at: Timestamp) -> Value {
    instant(at).value(tx.get_database_backend())
}

/// Returns an instant that may be missing as the database wants it.
pub(super) fn maybe(tx: &DatabaseTransaction, at: Option<Timestamp>) -> Value {
    Instant::optional(at.map(instant), tx.get_database_backend())
}

/// Finds an account by its address.
pub(super) async fn by_email(store: &Store, email: &str) -> Result<Option<Model>, StoreError> {
    let query = Entity::find().filter(Column::Email.eq(email));
    read_as(store, Role::Engine, |tx| Box::pin(query.one(tx))).await
}

/// Finds an account.
pub(super) async fn by_id(store: &Store, id: AccountId) -> Result<Option<Model>, StoreError> {
    let query = Entity::find_by_id(id.0);
    read_as(store, Role::Engine, |tx| Box::pin(query.one(tx))).await
}

/// Returns the wrong tries of a factor of an account.
pub(super) fn failures(row: &Model, factor: Factor) -> Failures {
    let (count, last, until) = match factor {
        Factor::Password => (row.failures, row.failed_at, row.locked_until),
        Factor::Code => (row.code_failures, row.code_failed_at, row.code_locked_until),
    };
    Failures { count, last: last.map(timestamp), until: until.map(timestamp) }
}
