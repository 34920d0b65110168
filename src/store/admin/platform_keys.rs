//! The installation's own data key: made on first use, opened, checked at start, wrapped anew with the tenants'.
//!
//! It seals what belongs to no tenant and keys passwords and tokens: without it nobody signs in, so a server that cannot open it does not start.

use crate::crypto::envelope::{Dek, EnvelopeError, NONCE, WrappedDek, rewrap_dek, unwrap_dek, wrap_dek};
use crate::crypto::keyring::KeyRing;
use crate::crypto::platform::{PLATFORM, Platform};
use crate::crypto::random::random_bytes;
use crate::ports::store::StoreError;
use crate::store::Store;
use crate::store::admin::data_keys::{CanaryError, open_all};
use crate::store::admin::{AdminError, bump};
use crate::store::scope::{Role, read_as};
use crate::store::time::instant;
use entities::data_key;
use entities::instant::Instant;
use entities::platform_key::{Column, Entity, Model};
use sea_orm::sea_query::{Expr, Query};
use sea_orm::{ColumnTrait, ConnectionTrait, DatabaseTransaction, DbErr, EntityTrait, QueryFilter, QueryOrder};
use secrecy::SecretBox;
use std::sync::Arc;

/// Opens the platform's keys; makes the first one if there is none, and only if the ring opens every key of the database.
///
/// # Errors
/// [`AdminError::WrongKey`], [`AdminError::Sealing`], [`AdminError::Store`].
pub async fn platform(store: &Store, ring: &Arc<KeyRing>) -> Result<Platform, AdminError> {
    if let Some(platform) = opened(store, ring).await? {
        return Ok(platform);
    }
    let fresh = SecretBox::new(Box::new(random_bytes::<32>()?));
    let wrapped = wrap_dek(ring, PLATFORM, 1, &fresh, random_bytes::<NONCE>()?)?;
    let at = instant(store.inner.clock.now());
    let known = Arc::clone(ring);
    store.solo(Role::Engine, move |tx| Box::pin(async move { insert_first(tx, &known, wrapped, at).await })).await??;
    // Read back: another process may have been faster, and then its key counts.
    opened(store, ring).await?.ok_or_else(|| StoreError::Unknown.into())
}

async fn opened(store: &Store, ring: &KeyRing) -> Result<Option<Platform>, AdminError> {
    let keys = all(store).await?.iter().map(|row| open_row(ring, row)).collect::<Result<Vec<_>, _>>()?;
    Ok(Platform::new(keys))
}

async fn all(store: &Store) -> Result<Vec<Model>, StoreError> {
    read_as(store, Role::Engine, |tx| Box::pin(Entity::find().order_by_asc(Column::DekId).all(tx))).await
}

/// Opens every key of the platform, or tells how many do not open.
pub(super) async fn check(store: &Store, ring: &KeyRing) -> Result<usize, CanaryError> {
    check_rows(ring, &all(store).await?)
}

/// As [`check`], of rows that were read already.
pub(super) fn check_rows(ring: &KeyRing, rows: &[Model]) -> Result<usize, CanaryError> {
    let failures: Vec<EnvelopeError> = rows.iter().filter_map(|row| open_row(ring, row).err()).collect();
    let broken = failures.len();
    failures.into_iter().next().map_or(Ok(rows.len()), |source| Err(CanaryError::Unreadable { broken, all: rows.len(), source }))
}

/// Wraps every key of the platform under the current key; returns how many were not so already.
pub(super) async fn rotate(store: &Store, ring: &KeyRing) -> Result<u64, AdminError> {
    let mut changes = Vec::new();
    for row in all(store).await? {
        let (id, wrapped) = parts(&row)?;
        if let Some(new) = rewrap_dek(ring, PLATFORM, id, &wrapped, random_bytes::<NONCE>()?)? {
            changes.push((row.dek_id, wrapped.kek_id, new));
        }
    }
    if changes.is_empty() {
        return Ok(0);
    }
    Ok(store.solo(Role::Engine, move |tx| Box::pin(async move { write(tx, changes).await })).await?)
}

async fn write(tx: &DatabaseTransaction, changes: Vec<(i64, String, WrappedDek)>) -> Result<u64, DbErr> {
    bump(tx).await?;
    let mut rows = 0;
    for (id, old, new) in changes {
        let update = Entity::update_many()
            .col_expr(Column::KekId, Expr::val(new.kek_id))
            .col_expr(Column::Wrapped, Expr::val(new.bytes))
            .filter(Column::DekId.eq(id))
            .filter(Column::KekId.eq(old));
        rows += update.exec(tx).await?.rows_affected;
    }
    Ok(rows)
}

fn open_row(ring: &KeyRing, row: &Model) -> Result<Dek, EnvelopeError> {
    let (id, wrapped) = parts(row)?;
    unwrap_dek(ring, PLATFORM, id, &wrapped)
}

fn parts(row: &Model) -> Result<(u32, WrappedDek), EnvelopeError> {
    match u32::try_from(row.dek_id) {
        Ok(id) => Ok((id, WrappedDek { kek_id: row.kek_id.clone(), bytes: row.wrapped.clone() })),
        Err(_) => Err(EnvelopeError::Malformed),
    }
}

async fn insert_first(
    tx: &DatabaseTransaction,
    ring: &KeyRing,
    wrapped: WrappedDek,
    at: Instant,
) -> Result<Result<(), CanaryError>, DbErr> {
    bump(tx).await?;
    if let Err(error) = open_all(ring, &data_key::Entity::find().all(tx).await?) {
        return Ok(Err(error));
    }
    if Entity::find().one(tx).await?.is_some() {
        return Ok(Ok(()));
    }
    let mut statement = Query::insert();
    statement.into_table(Entity).columns([Column::DekId, Column::KekId, Column::Wrapped, Column::CreatedAt]).values_panic([
        Expr::val(1_i64),
        Expr::val(wrapped.kek_id),
        Expr::val(wrapped.bytes),
        Expr::val(at.value(tx.get_database_backend())),
    ]);
    tx.execute(&statement).await?;
    Ok(Ok(()))
}
