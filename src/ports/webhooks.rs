//! Webhooks to businesses' own systems: what is to be told to whom, and the call that tells it. No implementation lives here.

use crate::domain::ids::{TenantId, WebhookDeliveryId, WebhookId};
use crate::domain::time::Timestamp;
use crate::domain::webhook::{Answer, Attempt, Next, Verdict};
use crate::ports::store::StoreError;
use async_trait::async_trait;
use secrecy::SecretString;
use std::time::Duration;

/// One endpoint's deliveries in the hands of one worker, until its lease ends.
pub struct TakenBatch {
    /// The business.
    pub tenant: TenantId,
    /// The endpoint.
    pub endpoint: WebhookId,
    /// Names whoever has taken them.
    pub lease: i64,
    /// The address.
    pub url: String,
    /// What signs: the secret, and the one before for a while; `None`: it does not open.
    pub secrets: Option<Vec<SecretString>>,
    /// What is to be told, oldest first.
    pub deliveries: Vec<TakenDelivery>,
}

/// What an endpoint is to be told.
pub struct TakenDelivery {
    /// The row.
    pub id: WebhookDeliveryId,
    /// The name that all tries bear: `webhook-id`.
    pub name: String,
    /// A sample: tried once, and no sign of the endpoint's health.
    pub sample: bool,
    /// Tries before this one.
    pub made: i64,
    /// Until when it is of use.
    pub expires: Timestamp,
    /// What is told; `None`: what it tells of is gone.
    pub body: Option<String>,
}

/// How a try ended.
#[derive(Clone, Debug, PartialEq)]
pub struct EndedDelivery {
    /// The row.
    pub id: WebhookDeliveryId,
    /// As [`TakenDelivery::sample`].
    pub sample: bool,
    /// The try; `None`: none was made.
    pub tried: Option<(Attempt, Verdict)>,
    /// What becomes of it.
    pub next: Next,
}

/// Deliveries, and the timeline that they come from.
#[async_trait]
pub trait WebhookQueue: Send + Sync {
    /// Looks for events that endpoints have not been asked about yet, and makes their deliveries. True: there may be more.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn follow_webhooks(&self, now: Timestamp) -> Result<bool, StoreError>;

    /// Lists endpoints with something due that may be called now, whoever waits longest first.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn ready_webhooks(&self, now: Timestamp, limit: u32) -> Result<Vec<(TenantId, WebhookId)>, StoreError>;

    /// Takes what is due for an endpoint: nobody else gets it before `until`. `None`: nothing is, or as many are at it as may be.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn take_webhooks(&self, of: (TenantId, WebhookId), now: Timestamp, until: Timestamp) -> Result<Option<TakenBatch>, StoreError>;

    /// Writes what tries came to and gives back what was not tried; nothing happens to what another has taken meanwhile. Says whether the
    /// endpoint may be called again at once.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn end_webhooks(
        &self,
        batch: (TenantId, WebhookId, i64),
        ended: Vec<EndedDelivery>,
        left: Vec<WebhookDeliveryId>,
        now: Timestamp,
    ) -> Result<(), StoreError>;

    /// Gives back what workers that are surely dead had taken.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn release_webhooks(&self) -> Result<(), StoreError>;
}

/// A call of an endpoint.
pub struct WebhookCall<'a> {
    /// The address.
    pub url: &'a str,
    /// What signs, one signature each.
    pub secrets: &'a [SecretString],
    /// `webhook-id`.
    pub name: &'a str,
    /// The time of day.
    pub now: Timestamp,
    /// What is told.
    pub body: &'a str,
    /// Longest time for all of it.
    pub timeout: Duration,
}

/// Who calls endpoints.
#[async_trait]
pub trait WebhookSender: Send + Sync {
    /// Calls once. Returns the answer and the beginning of what it said.
    async fn call(&self, call: WebhookCall<'_>) -> (Answer, String);
}
