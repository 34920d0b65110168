//! Webhooks to businesses' own systems: events become deliveries, deliveries are taken under a lease and their tries written down.
//!
//! The timeline is the queue: it was written in the commit of what it tells of, and every endpoint has a cursor on it. A delivery's row
//! holds no words: what is told is read when it is told. This room never calls anybody and never judges an answer.

mod end;
pub(in crate::store) mod follow;
mod take;
#[cfg(test)]
mod tests;

use crate::crypto::keyring::KeyRing;
use crate::crypto::mac::sha256_hex;
use crate::domain::ids::{TenantId, WebhookDeliveryId, WebhookId};
use crate::domain::membership::Visibility;
use crate::domain::time::Timestamp;
use crate::domain::webhook::{self, Kinds, Wishes};
use crate::ports::store::StoreError;
use crate::ports::webhooks::{EndedDelivery, TakenBatch, WebhookQueue};
use crate::store::Store;
use crate::store::people::messages::MessageRow;
use crate::store::rows::{Columns, Kind};
use async_trait::async_trait;
use serde_json::Value;
use std::sync::Arc;

/// Deliveries that one worker takes at once.
const BATCH: u32 = 16;

const NOW: Columns = &[("now", Kind::At)];

/// A delivery that is to be made, or made anew.
pub(in crate::store) const NEW: Columns = &[
    ("tenant_id", Kind::Id),
    ("id", Kind::Id),
    ("endpoint_id", Kind::Id),
    ("number", Kind::Int),
    ("kind", Kind::Text),
    ("conversation_id", Kind::Id),
    ("state", Kind::Text),
    ("attempt", Kind::Int),
    ("attempts", Kind::Text),
    ("due_at", Kind::At),
    ("lease", Kind::Int),
    ("expires_at", Kind::At),
    ("created_at", Kind::At),
];

/// Shows a message as people of the business see it. Handed in, because what people see is the door's to say.
pub type ShowMessage = fn(MessageRow) -> Value;

/// The store as the queue of webhooks, with the keys that open endpoints' secrets.
#[derive(Clone)]
pub struct WebhookDesk {
    store: Store,
    ring: Arc<KeyRing>,
    show: ShowMessage,
}

impl WebhookDesk {
    /// Makes it.
    #[must_use]
    pub const fn new(store: Store, ring: Arc<KeyRing>, show: ShowMessage) -> Self {
        Self { store, ring, show }
    }
}

/// Reads what an endpoint wants from its columns.
pub(in crate::store) fn wishes(events: &str, inboxes: Option<&str>, notes: bool) -> Wishes {
    Wishes { kinds: Kinds::stored(events), inboxes: Visibility::stored(inboxes), notes }
}

/// Derives the name that all tries of a delivery bear. Says nothing of its event to those who read it.
#[must_use]
pub fn name_of(tenant: TenantId, endpoint: WebhookId, delivery: WebhookDeliveryId, number: Option<i64>) -> String {
    let name = match number {
        Some(number) => webhook::name_of_event(tenant, endpoint, number),
        None => webhook::name_of_test(tenant, endpoint, delivery),
    };
    let digest = sha256_hex(name.as_bytes());
    format!("msg_{}", digest.chars().take(40).collect::<String>())
}

#[async_trait]
impl WebhookQueue for WebhookDesk {
    async fn follow_webhooks(&self, now: Timestamp) -> Result<bool, StoreError> {
        self.follow(now).await
    }

    async fn ready_webhooks(&self, now: Timestamp, limit: u32) -> Result<Vec<(TenantId, WebhookId)>, StoreError> {
        self.ready(now, limit).await
    }

    async fn take_webhooks(
        &self,
        (tenant, endpoint): (TenantId, WebhookId),
        now: Timestamp,
        until: Timestamp,
    ) -> Result<Option<TakenBatch>, StoreError> {
        self.take(tenant, endpoint, now, until).await
    }

    async fn end_webhooks(
        &self,
        (tenant, endpoint, lease): (TenantId, WebhookId, i64),
        ended: Vec<EndedDelivery>,
        left: Vec<WebhookDeliveryId>,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        self.end(end::Batch { tenant, endpoint, lease, ended, left, now }).await
    }

    async fn release_webhooks(&self) -> Result<(), StoreError> {
        let mut rows = self.store.rows(NOW);
        rows.push([self.store.inner.clock.now().into()]);
        let sql = "UPDATE webhook_delivery SET leased_until = NULL FROM {rows} WHERE webhook_delivery.leased_until > r.now";
        self.store.alone(move |tx| Box::pin(async move { tx.run(sql, &rows).await.map(drop) })).await
    }
}
