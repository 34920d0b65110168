//! Live events to whoever listens: consoles, the demo page, tests. Lossy by design; the timeline in the database is the truth.

use crate::domain::ids::TenantId;
use crate::ports::engine::LiveEvent;
use crate::ports::store::Published;
use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};
use tokio::sync::broadcast;

/// Events that a slow reader may be behind before it loses the oldest.
const CAPACITY: usize = 1024;

/// One channel per tenant that anybody listens to.
#[derive(Default)]
pub(crate) struct Feed(RwLock<HashMap<TenantId, broadcast::Sender<LiveEvent>>>);

impl Feed {
    pub fn subscribe(&self, tenant: TenantId) -> broadcast::Receiver<LiveEvent> {
        let mut feeds = self.0.write().unwrap_or_else(PoisonError::into_inner);
        feeds.retain(|id, sender| *id == tenant || sender.receiver_count() > 0);
        feeds.entry(tenant).or_insert_with(|| broadcast::channel(CAPACITY).0).subscribe()
    }

    /// Returns true if anybody listens.
    pub fn is_heard(&self, tenant: TenantId) -> bool {
        let feeds = self.0.read().unwrap_or_else(PoisonError::into_inner);
        feeds.get(&tenant).is_some_and(|sender| sender.receiver_count() > 0)
    }

    /// Sends an event to those who listen, if anybody does.
    pub fn send(&self, tenant: TenantId, event: LiveEvent) {
        let feeds = self.0.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(sender) = feeds.get(&tenant) {
            // Nobody listens any more: the timeline keeps it.
            let _nobody = sender.send(event);
        }
    }

    /// Ends every stream.
    pub fn end(&self) {
        self.0.write().unwrap_or_else(PoisonError::into_inner).clear();
    }

    pub fn publish(&self, events: Vec<Arc<Published>>) {
        for event in events {
            self.send(event.tenant, LiveEvent::Numbered(event));
        }
    }
}
