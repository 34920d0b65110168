//! The tenants' data keys: made on first use, opened, checked at start, wrapped anew when the key-encryption key changes.

use crate::crypto::envelope::{
    Dek, EnvelopeError, Location, NONCE, WrappedDek, dek_id_of, open_text, rewrap_dek, seal, unwrap_dek, wrap_dek,
};
use crate::crypto::keyring::KeyRing;
use crate::crypto::random::random_bytes;
use crate::domain::audit::{Action, Caller, Deed};
use crate::domain::ids::{InboxId, ModelProviderId, TenantId, WebhookId};
use crate::domain::time::Timestamp;
use crate::ports::store::StoreError;
use crate::store::Store;
use crate::store::admin::{Admin, AdminError, bump, platform_keys};
use crate::store::audit;
use crate::store::scope::{Role, read_as};
use crate::store::time::instant;
use entities::data_key::{Column, Entity, Model};
use entities::instant::Instant;
use sea_orm::sea_query::{Expr, Query};
use sea_orm::{ColumnTrait, ConnectionTrait, DatabaseTransaction, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use secrecy::{ExposeSecret, SecretBox, SecretString};
use std::collections::BTreeMap;
use std::sync::Arc;
use thiserror::Error;

/// Keys in one transaction of a rotation: short enough for writers to go on in between.
const CHUNK: u64 = 100;

/// Why the server must not start.
#[derive(Debug, Error)]
pub enum CanaryError {
    /// The key of the installation is not the one that closed them, or they were changed.
    #[error("{broken} of {all} data keys do not open with the loaded secret key (RECADO_SECRET_KEY, RECADO_SECRET_KEY_PREVIOUS)")]
    Unreadable {
        /// How many do not open.
        broken: usize,
        /// How many there are.
        all: usize,
        /// Why the first one does not.
        #[source]
        source: EnvelopeError,
    },
    /// The database.
    #[error("could not read the data keys")]
    Store(#[from] StoreError),
}

/// What a rotation did.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, serde::Serialize)]
pub struct Rotated {
    /// Keys that are wrapped anew.
    pub rewrapped: u64,
    /// Keys that were so already.
    pub current: u64,
}

impl Admin {
    /// Opens every data key: the canary that keeps a server with the wrong key from starting.
    ///
    /// # Errors
    /// [`CanaryError`].
    pub async fn check_data_keys(&self) -> Result<usize, CanaryError> {
        let rows = read_as(&self.store, Role::Engine, |tx| Box::pin(Entity::find().all(tx))).await?;
        Ok(open_all(&self.ring, &rows)? + platform_keys::check(&self.store, &self.ring).await?)
    }

    /// Wraps every data key under the current key-encryption key, in chunks, while servers run. Repeat it after an interruption: what is
    /// done is skipped. Values stay as they are.
    ///
    /// # Errors
    /// [`AdminError::Sealing`] for a key that does not open: the older key is missing from the ring.
    pub async fn rotate_keys(&self) -> Result<Rotated, AdminError> {
        let mut rewrapped = 0;
        loop {
            let current = self.ring.current_id().to_owned();
            let stale = Entity::find().filter(Column::KekId.ne(current)).order_by_asc(Column::TenantId).limit(CHUNK);
            let rows = read_as(&self.store, Role::Engine, |tx| Box::pin(stale.all(tx))).await?;
            if rows.is_empty() {
                break;
            }
            let changes = rows.iter().map(|row| self.rewrap(row)).collect::<Result<Vec<_>, _>>()?;
            let (by, at) = (self.by.clone(), self.store.inner.clock.now());
            rewrapped +=
                self.store.solo(Role::Engine, move |tx| Box::pin(async move { write_wrapped(tx, changes, &by, at).await })).await?;
        }
        let all = read_as(&self.store, Role::Engine, |tx| Box::pin(Entity::find().all(tx))).await?.len();
        let tenants = Rotated { rewrapped, current: u64::try_from(all).unwrap_or(u64::MAX).saturating_sub(rewrapped) };
        Ok(Rotated { rewrapped: tenants.rewrapped + platform_keys::rotate(&self.store, &self.ring).await?, ..tenants })
    }

    fn rewrap(&self, row: &Model) -> Result<Rewrapped, AdminError> {
        let (tenant, dek_id, wrapped) = parts(row)?;
        let new = rewrap_dek(&self.ring, &tenant, dek_id, &wrapped, random_bytes::<NONCE>()?)?;
        Ok(Rewrapped { tenant: TenantId(row.tenant_id), dek_id: row.dek_id, old: wrapped.kek_id.clone(), new: new.unwrap_or(wrapped) })
    }

    /// Opens the stored secrets of an inbox.
    pub(super) async fn open_stored(
        &self,
        tenant: TenantId,
        inbox: InboxId,
        sealed: &[u8],
    ) -> Result<BTreeMap<String, SecretString>, AdminError> {
        let number = i64::from(dek_id_of(sealed)?);
        let query = Entity::find().filter(Column::TenantId.eq(tenant.0)).filter(Column::DekId.eq(number));
        let key = read_as(&self.store, Role::Engine, |tx| Box::pin(query.one(tx))).await?.ok_or(EnvelopeError::Malformed)?;
        Ok(open_secrets(&self.ring, &key, inbox, sealed)?)
    }

    /// Returns the tenant's data key for sealing; made if there is none yet, and only if the ring opens every key that is there: a key
    /// wrapped under another ring's would keep every server from starting.
    pub(super) async fn sealing_key(&self, tenant: TenantId) -> Result<Dek, AdminError> {
        if let Some(row) = newest(&self.store, tenant).await? {
            return Ok(open_row(&self.ring, &row)?);
        }
        let fresh = SecretBox::new(Box::new(random_bytes::<32>()?));
        let wrapped = wrap_dek(&self.ring, &tenant.to_string(), 1, &fresh, random_bytes::<NONCE>()?)?;
        let at = instant(self.store.inner.clock.now());
        let ring = Arc::clone(&self.ring);
        self.store.solo(Role::Engine, move |tx| Box::pin(async move { insert_first(tx, &ring, tenant, wrapped, at).await })).await??;
        // Read back: another process may have been faster, and then its key is the tenant's.
        match newest(&self.store, tenant).await? {
            Some(row) => Ok(open_row(&self.ring, &row)?),
            None => Err(StoreError::Unknown.into()),
        }
    }
}

/// Names the place of an inbox's sealed secrets.
fn secrets_of(tenant: TenantId, inbox: InboxId) -> Location {
    Location::new(tenant, "inbox", "secrets", inbox)
}

/// Seals the secrets of an inbox as one JSON object.
pub(super) fn seal_secrets(
    dek: &Dek,
    tenant: TenantId,
    inbox: InboxId,
    secrets: &BTreeMap<String, SecretString>,
) -> Result<Vec<u8>, AdminError> {
    let plain: BTreeMap<&str, &str> = secrets.iter().map(|(key, secret)| (key.as_str(), secret.expose_secret())).collect();
    let Ok(text) = serde_json::to_string(&plain).map(SecretString::from) else {
        return Err(EnvelopeError::Malformed.into());
    };
    Ok(seal(dek, &secrets_of(tenant, inbox), text.expose_secret().as_bytes(), random_bytes::<NONCE>()?)?)
}

/// Opens the secrets of an inbox with the data key that sealed them.
pub(in crate::store) fn open_secrets(
    ring: &KeyRing,
    key: &Model,
    inbox: InboxId,
    sealed: &[u8],
) -> Result<BTreeMap<String, SecretString>, EnvelopeError> {
    let dek = open_row(ring, key)?;
    let text = open_text(&dek, &secrets_of(TenantId(key.tenant_id), inbox), sealed)?;
    match serde_json::from_str::<BTreeMap<String, String>>(text.expose_secret()) {
        Ok(plain) => Ok(plain.into_iter().map(|(key, secret)| (key, SecretString::from(secret))).collect()),
        Err(_) => Err(EnvelopeError::Malformed),
    }
}

/// Names the place of the sealed key of a model provider.
pub(in crate::store) fn model_key_of(tenant: TenantId, provider: ModelProviderId) -> Location {
    Location::new(tenant, "model_provider", "secret", provider)
}

/// Names the place of a sealed secret of an endpoint for webhooks: the present one or the one before.
pub(in crate::store) fn webhook_secret_of(tenant: TenantId, endpoint: WebhookId, column: &'static str) -> Location {
    Location::new(tenant, "webhook_endpoint", column, endpoint)
}

/// Seals one secret for its place.
pub(super) fn seal_one(dek: &Dek, place: &Location, secret: &SecretString) -> Result<Vec<u8>, AdminError> {
    Ok(seal(dek, place, secret.expose_secret().as_bytes(), random_bytes::<NONCE>()?)?)
}

/// Opens one secret with the data key that sealed it.
pub(in crate::store) fn open_one(ring: &KeyRing, key: &Model, place: &Location, sealed: &[u8]) -> Result<SecretString, EnvelopeError> {
    open_text(&open_row(ring, key)?, place, sealed)
}

/// Returns the tenant's newest data key that still seals.
async fn newest(store: &Store, tenant: TenantId) -> Result<Option<Model>, StoreError> {
    let query = Entity::find().filter(Column::TenantId.eq(tenant.0)).filter(Column::RetiredAt.is_null()).order_by_desc(Column::DekId);
    read_as(store, Role::Engine, |tx| Box::pin(query.one(tx))).await
}

/// Opens every key, or tells how many do not open.
pub(super) fn open_all(ring: &KeyRing, rows: &[Model]) -> Result<usize, CanaryError> {
    let all = rows.len();
    let failures: Vec<EnvelopeError> = rows.iter().filter_map(|row| open_row(ring, row).err()).collect();
    let broken = failures.len();
    failures.into_iter().next().map_or(Ok(all), |source| Err(CanaryError::Unreadable { broken, all, source }))
}

fn open_row(ring: &KeyRing, row: &Model) -> Result<Dek, EnvelopeError> {
    let (tenant, dek_id, wrapped) = parts(row)?;
    unwrap_dek(ring, &tenant, dek_id, &wrapped)
}

fn parts(row: &Model) -> Result<(String, u32, WrappedDek), EnvelopeError> {
    let Ok(dek_id) = u32::try_from(row.dek_id) else {
        return Err(EnvelopeError::Malformed);
    };
    let tenant = TenantId(row.tenant_id).to_string();
    Ok((tenant, dek_id, WrappedDek { kek_id: row.kek_id.clone(), bytes: row.wrapped.clone() }))
}

/// A key with its new wrapping; `old` guards against another rotation.
struct Rewrapped {
    tenant: TenantId,
    dek_id: i64,
    old: String,
    new: WrappedDek,
}

async fn write_wrapped(tx: &DatabaseTransaction, changes: Vec<Rewrapped>, by: &Caller, at: Timestamp) -> Result<u64, DbErr> {
    bump(tx).await?;
    let mut rows = 0;
    for change in changes {
        let deed = Deed::new(Action::DataKeyRotated, change.dek_id).before("kek", &change.old).after("kek", &change.new.kek_id);
        let update = Entity::update_many()
            .col_expr(Column::KekId, Expr::val(change.new.kek_id))
            .col_expr(Column::Wrapped, Expr::val(change.new.bytes))
            .filter(Column::TenantId.eq(change.tenant.0))
            .filter(Column::DekId.eq(change.dek_id))
            .filter(Column::KekId.eq(change.old));
        let rewrapped = update.exec(tx).await?.rows_affected;
        if rewrapped > 0 {
            audit::record(tx, change.tenant, by, at, &deed).await?;
        }
        rows += rewrapped;
    }
    Ok(rows)
}

/// Stores the tenant's first key, unless another process was faster. Nothing is stored beside a key that `ring` does not open.
async fn insert_first(
    tx: &DatabaseTransaction,
    ring: &KeyRing,
    tenant: TenantId,
    wrapped: WrappedDek,
    at: Instant,
) -> Result<Result<(), CanaryError>, DbErr> {
    bump(tx).await?;
    let stored = Entity::find().all(tx).await?;
    let platform = entities::platform_key::Entity::find().all(tx).await?;
    if let Err(error) = open_all(ring, &stored).and_then(|_| platform_keys::check_rows(ring, &platform)) {
        return Ok(Err(error));
    }
    if stored.iter().any(|row| row.tenant_id == tenant.0) {
        return Ok(Ok(()));
    }
    let columns = [Column::TenantId, Column::DekId, Column::KekId, Column::Wrapped, Column::CreatedAt];
    let mut statement = Query::insert();
    statement.into_table(Entity).columns(columns).values_panic([
        Expr::val(tenant.0),
        Expr::val(1_i64),
        Expr::val(wrapped.kek_id),
        Expr::val(wrapped.bytes),
        Expr::val(at.value(tx.get_database_backend())),
    ]);
    tx.execute(&statement).await?;
    Ok(Ok(()))
}
