//! API keys as requests present them: found by the hash of the key, never by the key.

use crate::domain::ids::{ApiKeyId, TenantId};
use crate::domain::permission::Grants;
use crate::domain::time::Timestamp;
use crate::ports::store::StoreError;
use crate::store::scope::{Role, read_as, store_error};
use crate::store::time::{instant, timestamp};
use crate::store::{Store, TenantScope};
use entities::api_key::{Column, Entity};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter};
use std::time::Duration;

/// How coarse the time of last use is.
const COARSE: Duration = Duration::from_hours(1);

/// Whom a key speaks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyHolder {
    /// The business.
    pub tenant: TenantId,
    /// The key.
    pub key: ApiKeyId,
    /// What it may do.
    pub grants: Grants,
}

impl Store {
    /// Finds a key by the SHA-256 of the key, in hex; a revoked key speaks for nobody. Whether the tenant is suspended is asked of
    /// the directory: its people shall read why.
    ///
    /// Acts as the engine: the tenant is the answer.
    ///
    /// # Errors
    /// [`StoreError`] if the database is away.
    pub async fn find_key_holder(&self, hash: &str) -> Result<Option<KeyHolder>, StoreError> {
        let valid = Entity::find().filter(Column::Hash.eq(hash)).filter(Column::RevokedAt.is_null());
        let Some(row) = read_as(self, Role::Engine, |tx| Box::pin(valid.one(tx))).await? else { return Ok(None) };
        let holder = KeyHolder { tenant: row.tenant_id.into(), key: row.id.into(), grants: Grants::stored(&row.scopes) };
        let now = self.inner.clock.now();
        if row.last_used_at.is_none_or(|last| now.since(timestamp(last)) >= COARSE) {
            self.note_use(holder, now).await;
        }
        Ok(Some(holder))
    }

    /// Writes down that a key was used. Whoever shows it is served even if that fails: it is for people to look at.
    async fn note_use(&self, KeyHolder { tenant, key, .. }: KeyHolder, now: Timestamp) {
        let write = self.solo(Role::Engine, move |tx| {
            Box::pin(async move {
                let at = Expr::val(instant(now).value(tx.get_database_backend()));
                let update = Entity::update_many().col_expr(Column::LastUsedAt, at);
                update.filter(Column::TenantId.eq(tenant.0)).filter(Column::Id.eq(key.0)).exec(tx).await.map(drop)
            })
        });
        if let Err(error) = write.await {
            tracing::warn!(error = %error, api_key.id = %key, "the last use of a key was not written down");
        }
    }
}

impl TenantScope {
    /// Tells whether a key is still accepted: long-lived streams ask again and again. As when it is found, whether the tenant is suspended is
    /// asked of the directory.
    ///
    /// # Errors
    /// [`StoreError`] if the database is away.
    pub async fn key_is_valid(&self, key: ApiKeyId) -> Result<bool, StoreError> {
        let mine = Entity::find().filter(Column::TenantId.eq(self.id().0)).filter(Column::Id.eq(key.0));
        let valid = mine.filter(Column::RevokedAt.is_null());
        self.read(move |tx| Box::pin(async move { Ok(valid.count(tx).await? > 0) })).await
    }
}

impl Store {
    /// Asks the database for nothing but an answer.
    ///
    /// # Errors
    /// [`StoreError`] if it is away.
    pub async fn ping(&self) -> Result<(), StoreError> {
        let answer = self.readers().execute_unprepared("SELECT 1").await;
        answer.map(|_| ()).map_err(store_error)
    }
}
