//! API keys as requests present them: found by the hash of the key, never by the key.

use crate::domain::ids::{ApiKeyId, TenantId};
use crate::domain::permission::Grants;
use crate::ports::store::StoreError;
use crate::store::scope::{Role, read_as, store_error};
use crate::store::{Store, TenantScope};
use entities::api_key::{Column, Entity};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter};

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
    /// Finds a key by the SHA-256 of the key, in hex; a revoked key and one of a suspended tenant speak for nobody.
    ///
    /// Acts as the engine: the tenant is the answer.
    ///
    /// # Errors
    /// [`StoreError`] if the database is away.
    pub async fn find_key_holder(&self, hash: &str) -> Result<Option<KeyHolder>, StoreError> {
        let hash = hash.to_owned();
        read_as(self, Role::Engine, move |tx| {
            Box::pin(async move {
                let valid = Entity::find().filter(Column::Hash.eq(hash)).filter(Column::RevokedAt.is_null());
                let served = valid.inner_join(entities::tenant::Entity).filter(entities::tenant::Column::State.eq("active"));
                let row = served.one(tx).await?;
                Ok(row.map(|row| KeyHolder { tenant: row.tenant_id.into(), key: row.id.into(), grants: Grants::stored(&row.scopes) }))
            })
        })
        .await
    }
}

impl TenantScope {
    /// Tells whether a key is still accepted: long-lived streams ask again and again.
    ///
    /// # Errors
    /// [`StoreError`] if the database is away.
    pub async fn key_is_valid(&self, key: ApiKeyId) -> Result<bool, StoreError> {
        let tenant = self.id().0;
        self.read(move |tx| {
            Box::pin(async move {
                let mine = Entity::find().filter(Column::TenantId.eq(tenant)).filter(Column::Id.eq(key.0));
                let served = mine.inner_join(entities::tenant::Entity).filter(entities::tenant::Column::State.eq("active"));
                Ok(served.filter(Column::RevokedAt.is_null()).count(tx).await? > 0)
            })
        })
        .await
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
