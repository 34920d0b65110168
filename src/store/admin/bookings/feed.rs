//! The secret address of a resource's calendar. Only the hash of the secret is stored; it is shown once, when it is made.

use super::{Admin, always};
use crate::crypto::mac::hex;
use crate::crypto::random::random_bytes;
use crate::crypto::tokens;
use crate::domain::audit::{Action, Deed};
use crate::domain::ids::{ResourceId, TenantId};
use crate::ports::store::StoreError;
use crate::store::Store;
use crate::store::admin::AdminError;
use crate::store::rows::{Columns, Kind, get};
use crate::store::scope::store_error;
use secrecy::SecretString;

const HASH: Columns = &[("feed_hash", Kind::Text)];
const FEED: Columns = &[("tenant_id", Kind::Id), ("id", Kind::Id), ("feed_hash", Kind::Text)];

impl Admin {
    /// Makes the secret of a resource's calendar; one that there was ends.
    ///
    /// # Errors
    /// [`AdminError::NoResource`].
    pub async fn make_feed(&self, tenant: TenantId, id: ResourceId) -> Result<SecretString, AdminError> {
        let (token, hash) = tokens::mint_feed(random_bytes()?);
        self.set_feed(tenant, id, Some(hex(&hash))).await?;
        Ok(token)
    }

    /// Ends the secret of a resource's calendar; without one it is a success too.
    ///
    /// # Errors
    /// [`AdminError::NoResource`].
    pub async fn end_feed(&self, tenant: TenantId, id: ResourceId) -> Result<(), AdminError> {
        self.set_feed(tenant, id, None).await
    }

    async fn set_feed(&self, tenant: TenantId, id: ResourceId, hash: Option<String>) -> Result<(), AdminError> {
        let action = if hash.is_some() { Action::CalendarFeedMade } else { Action::CalendarFeedEnded };
        self.change(tenant, always(Deed::new(action, id)), move |tx| {
            Box::pin(async move {
                let mut rows = tx.rows(FEED);
                rows.push([tenant.into(), id.0.into(), hash.as_deref().into()]);
                let sql =
                    "UPDATE resource SET feed_hash = r.feed_hash FROM {rows} WHERE resource.tenant_id = r.tenant_id AND resource.id = r.id";
                Ok(if tx.run(sql, &rows).await? == 0 { Err(AdminError::NoResource(id)) } else { Ok(()) })
            })
        })
        .await
    }
}

impl Store {
    /// Finds the resource whose calendar a secret opens, by the secret's SHA-256 in hex: equality on a hash gives nothing away.
    ///
    /// Acts as the engine: the tenant is the answer. Nothing for a resource that is no longer offered, or a suspended tenant.
    ///
    /// # Errors
    /// [`StoreError`] if the database is away.
    pub async fn find_feed(&self, hash: &str) -> Result<Option<(TenantId, ResourceId)>, StoreError> {
        let mut rows = self.one(HASH);
        rows.push([hash.into()]);
        let sql = "SELECT f.tenant_id, f.id FROM {rows} CROSS JOIN resource f CROSS JOIN tenant t
                   WHERE f.feed_hash = r.feed_hash AND f.active AND t.id = f.tenant_id AND t.state = 'active'";
        let found = self.fetch(sql, rows).await?;
        let Some(row) = found.first() else { return Ok(None) };
        let holder = || Ok((TenantId(get(row, "tenant_id")?), ResourceId(get(row, "id")?)));
        holder().map(Some).map_err(store_error)
    }
}
