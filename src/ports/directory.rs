//! Who is who: tenants, inboxes and their opened secrets, cached and invalidated.

use crate::domain::ids::{InboxId, TenantId};
use crate::domain::inbox::{ChannelKind, Inbox, Tenant};
use crate::ports::channel::Account;
use crate::ports::store::StoreError;
use async_trait::async_trait;
use std::sync::Arc;

/// An inbox with what a channel needs to speak for it.
#[derive(Clone, Debug)]
pub struct InboxEntry {
    /// The inbox.
    pub inbox: Arc<Inbox>,
    /// Settings and opened secrets.
    pub account: Account,
}

/// The directory. Not found is `Ok(None)`.
#[async_trait]
pub trait Directory: Send + Sync {
    /// Finds an inbox by id.
    async fn inbox(&self, id: InboxId) -> Result<Option<Arc<InboxEntry>>, StoreError>;

    /// Finds an inbox by its account on an app-wide channel.
    async fn by_account(&self, channel: ChannelKind, account: &str) -> Result<Option<Arc<InboxEntry>>, StoreError>;

    /// Finds a tenant.
    async fn tenant(&self, id: TenantId) -> Result<Option<Arc<Tenant>>, StoreError>;

    /// Forgets what has changed since the last call; called every second.
    async fn refresh(&self) -> Result<(), StoreError>;

    /// Stops sending by an inbox whose account needs attention, with the reason for people.
    async fn pause(&self, tenant: TenantId, id: InboxId, reason: &str) -> Result<(), StoreError>;
}
