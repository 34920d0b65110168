//! A directory with a fixed list of inboxes whose settings a test may change. Asks no database.

use crate::domain::ids::{InboxId, TenantId};
use crate::domain::inbox::{ChannelKind, Inbox, InboxState, Tenant};
use crate::ports::channel::Account;
use crate::ports::directory::{Directory, InboxEntry};
use crate::ports::store::StoreError;
use async_trait::async_trait;
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

/// The list.
#[derive(Debug, Default)]
pub struct FixedDirectory {
    entries: RwLock<HashMap<InboxId, Arc<InboxEntry>>>,
    pauses: Mutex<Vec<(InboxId, String)>>,
}

impl FixedDirectory {
    /// Adds an inbox, or replaces it.
    pub fn put(&self, inbox: Inbox) {
        let account = Account { tenant: inbox.tenant.id, inbox: inbox.id, settings: inbox.settings.clone(), secrets: BTreeMap::new() };
        let entry = Arc::new(InboxEntry { account, inbox: Arc::new(inbox) });
        self.entries.write().unwrap_or_else(PoisonError::into_inner).insert(entry.inbox.id, entry);
    }

    /// Changes an inbox, as its people would.
    pub fn change(&self, id: InboxId, change: impl FnOnce(&mut Inbox)) {
        if let Some(mut inbox) = self.find(id).map(|entry| (*entry.inbox).clone()) {
            change(&mut inbox);
            self.put(inbox);
        }
    }

    /// Returns the pauses asked for, with their reasons.
    #[must_use]
    pub fn pauses(&self) -> Vec<(InboxId, String)> {
        self.pauses.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn find(&self, id: InboxId) -> Option<Arc<InboxEntry>> {
        self.entries.read().unwrap_or_else(PoisonError::into_inner).get(&id).map(Arc::clone)
    }
}

#[async_trait]
impl Directory for FixedDirectory {
    async fn inbox(&self, id: InboxId) -> Result<Option<Arc<InboxEntry>>, StoreError> {
        Ok(self.find(id))
    }

    async fn by_account(&self, _: ChannelKind, _: &str) -> Result<Option<Arc<InboxEntry>>, StoreError> {
        Ok(None)
    }

    async fn tenant(&self, id: TenantId) -> Result<Option<Arc<Tenant>>, StoreError> {
        let entries = self.entries.read().unwrap_or_else(PoisonError::into_inner);
        Ok(entries.values().map(|entry| &entry.inbox.tenant).find(|tenant| tenant.id == id).map(Arc::clone))
    }

    async fn refresh(&self) -> Result<(), StoreError> {
        Ok(())
    }

    async fn pause(&self, _: TenantId, id: InboxId, reason: &str) -> Result<(), StoreError> {
        self.change(id, |inbox| inbox.state = InboxState::Paused);
        self.pauses.lock().unwrap_or_else(PoisonError::into_inner).push((id, reason.to_owned()));
        Ok(())
    }
}
