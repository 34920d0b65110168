//! What an operator does: tenants, inboxes, API keys, data keys. Used by commands, by the demo and by the HTTP API's administration.
//!
//! Every change raises `config_version` **first**: running servers notice within a second, and on SQLite the transaction holds the write
//! lock before it reads, so that it waits for another process instead of failing. Never returns a secret, but once when it is made.

pub mod api_keys;
pub mod bookings;
pub mod data_keys;
pub mod inboxes;
pub mod limits;
pub mod model_settings;
pub mod models;
pub mod platform_keys;
pub mod role;
pub mod settings;
pub mod suspensions;
pub mod tenants;
#[cfg(test)]
mod tests;
pub mod webhooks;

use crate::crypto::envelope::EnvelopeError;
use crate::crypto::keyring::KeyRing;
use crate::crypto::random::RandomError;
use crate::domain::audit::{Caller, Deed};
use crate::domain::ids::{InboxId, ModelProviderId, ResourceId, ServiceId, TenantId, WebhookId};
use crate::domain::limits::LimitReached;
use crate::domain::time::Timestamp;
use crate::net::guard::AllowList;
use crate::ports::store::StoreError;
use crate::store::Store;
use crate::store::admin::data_keys::CanaryError;
use crate::store::admin::settings::SettingsError;
use crate::store::audit;
use crate::store::directory::StoreDirectory;
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{DatabaseTransaction, DbErr, EntityTrait, QueryFilter};
use std::sync::Arc;
use thiserror::Error;

/// The door to administration.
#[derive(Clone)]
pub struct Admin {
    store: Store,
    ring: Arc<KeyRing>,
    outbound: AllowList,
    by: Caller,
}

/// Why a change was not made.
#[derive(Debug, Error)]
pub enum AdminError {
    /// A field does not fit.
    #[error("{field} {problem}")]
    Invalid {
        /// The field as the command and the API call it.
        field: &'static str,
        /// What is wrong with it.
        problem: String,
    },
    /// The configuration of an inbox does not fit.
    #[error(transparent)]
    Settings(#[from] SettingsError),
    /// The slug is another tenant's.
    #[error("there is already a tenant with the slug {0}")]
    SlugTaken(String),
    /// The account belongs to another inbox.
    #[error("the account {0} already belongs to an inbox")]
    AccountTaken(String),
    /// There is no such tenant.
    #[error("there is no tenant {0}")]
    NoTenant(String),
    /// The tenant has no such inbox.
    #[error("the tenant has no inbox {0}")]
    NoInbox(InboxId),
    /// The tenant has no such model provider.
    #[error("the tenant has no model provider {0}")]
    NoModelProvider(ModelProviderId),
    /// The tenant has no such service.
    #[error("the tenant has no service {0}")]
    NoService(ServiceId),
    /// The tenant has no such resource.
    #[error("the tenant has no resource {0}")]
    NoResource(ResourceId),
    /// The tenant has no such endpoint for webhooks.
    #[error("the tenant has no webhook {0}")]
    NoWebhook(WebhookId),
    /// Another of the tenant's things has this name.
    #[error("there is already one with the name {0}")]
    NameTaken(String),
    /// The plan allows no more of them.
    #[error(transparent)]
    Limit(#[from] LimitReached),
    /// A data key does not open, or a value cannot be sealed.
    #[error("the tenant's secrets cannot be sealed or opened")]
    Sealing(#[from] EnvelopeError),
    /// The key of the installation is not the one that closed what is stored.
    #[error("nothing is sealed under a key that does not open what is stored")]
    WrongKey(#[from] CanaryError),
    /// No randomness.
    #[error(transparent)]
    Random(#[from] RandomError),
    /// The database.
    #[error("the database did not make the change")]
    Store(#[from] StoreError),
}

impl AdminError {
    /// Names a field that does not fit.
    fn invalid(field: &'static str, problem: &str) -> Self {
        Self::Invalid { field, problem: problem.to_owned() }
    }
}

impl Admin {
    /// Makes the door. `ring` seals and opens the tenants' secrets; addresses of tenants must be public ([`Admin::allowing`]).
    #[must_use]
    pub fn new(store: Store, ring: Arc<KeyRing>) -> Self {
        Self { store, ring, outbound: AllowList::default(), by: Caller::default() }
    }

    /// Lets tenants' addresses be those of the operator's list too.
    #[must_use]
    pub fn allowing(self, outbound: AllowList) -> Self {
        Self { outbound, ..self }
    }

    /// Says who acts: every change is written into the tenant's audit log under this name. Without it the product itself does.
    #[must_use]
    pub fn acting(self, by: Caller) -> Self {
        Self { by, ..self }
    }

    /// Prepares the row of the audit log that a change is written with.
    fn entry(&self, tenant: TenantId, deed: Deed) -> AuditEntry {
        AuditEntry { tenant, by: self.by.clone(), at: self.store.inner.clock.now(), deed }
    }

    /// Returns the database behind it.
    #[must_use]
    pub const fn store(&self) -> &Store {
        &self.store
    }

    /// Returns the keys that wrap the data keys.
    #[must_use]
    pub(in crate::store) const fn ring(&self) -> &Arc<KeyRing> {
        &self.ring
    }

    /// Opens the directory of the same database, with the same keys.
    ///
    /// # Errors
    /// [`StoreError`] if the database is away.
    pub async fn directory(&self) -> Result<StoreDirectory, StoreError> {
        StoreDirectory::open(self.store.clone(), Arc::clone(&self.ring)).await
    }
}

/// A row of the audit log, to be written in the transaction of the change it tells of.
#[derive(Clone)]
struct AuditEntry {
    tenant: TenantId,
    by: Caller,
    at: Timestamp,
    deed: Deed,
}

impl AuditEntry {
    async fn write(&self, tx: &DatabaseTransaction) -> Result<(), DbErr> {
        audit::record(tx, self.tenant, &self.by, self.at, &self.deed).await
    }

    /// Writes it if something was changed.
    async fn write_if(&self, tx: &DatabaseTransaction, changed: bool) -> Result<(), DbErr> {
        if changed { self.write(tx).await } else { Ok(()) }
    }
}

/// Raises the version by which running servers notice a change. The first statement of every administrative transaction.
pub(in crate::store) async fn bump(tx: &DatabaseTransaction) -> Result<(), DbErr> {
    use entities::config_version::{Column, Entity};
    use sea_orm::ColumnTrait;
    Entity::update_many().col_expr(Column::Version, Expr::col(Column::Version).add(1)).filter(Column::Id.eq(1_i16)).exec(tx).await?;
    Ok(())
}

/// Returns true if a unique constraint refused the change.
fn is_taken(error: &StoreError) -> bool {
    matches!(error, StoreError::Refused(kind) if kind == "unique")
}

/// Checks the length of a name that people read, and that it holds no control characters.
fn check_name(field: &'static str, name: &str) -> Result<String, AdminError> {
    let name = name.trim();
    if name.is_empty() || name.chars().count() > 100 || name.chars().any(char::is_control) {
        return Err(AdminError::invalid(field, "must be 1 to 100 characters without line breaks"));
    }
    Ok(name.to_owned())
}
