//! The door: webhooks in, the people's API, live events, health. Extracts, calls one thing, converts; decides nothing.
//!
//! Handlers know [`Engine`] and the store, never an actor. Nothing is acknowledged before it is durable.
//! Whoever builds the server wraps the app in [`envelope::envelope`] and calls [`configure`].

pub mod access;
pub mod api;
pub mod appointments;
pub mod auth;
pub mod body;
pub mod browser;
pub mod calendar;
pub mod demo;
pub mod docs;
pub mod envelope;
pub mod files;
mod headers;
pub mod health;
pub mod metrics;
pub mod origin;
pub mod pagination;
pub mod problem;
pub mod rates;
mod routes;
pub mod surveys;
pub mod webhooks;

#[cfg(test)]
pub(crate) mod testkit;
#[cfg(test)]
mod tests;

pub use routes::{access_table, configure};

use crate::crypto::links::PageLinks;
use crate::http::access::AccessTable;
use crate::http::api::v1::conversations::watching::Watchers;
use crate::http::api::v1::events::{KeyStreams, StreamCache};
use crate::http::appointments::Visits;
use crate::http::auth::KeyCache;
use crate::http::body::BodyLimits;
use crate::http::files::FileDoor;
use crate::http::metrics::HttpMetrics;
use crate::http::rates::Rates;
use crate::ports::clock::Clock;
use crate::ports::directory::Directory;
use crate::ports::engine::Engine;
use crate::ports::ids::IdSource;
use crate::ports::models::ModelDesk;
use crate::ports::store::EngineStore;
use crate::store::Store;
use crate::store::accounts::Accounts;
use crate::store::admin::Admin;
use prometheus::Registry;
use secrecy::SecretString;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;

/// The app that all tenants without an app of their own share at Meta.
#[derive(Clone, Debug, Default)]
pub struct MetaApp {
    /// Its secrets; two during a rotation.
    pub secrets: Vec<SecretString>,
    /// The word of the handshake.
    pub verify_token: Option<SecretString>,
}

/// How much the door takes.
#[derive(Clone, Copy, Debug)]
pub struct HttpLimits {
    /// Bodies of providers' webhooks.
    pub webhook_bytes: usize,
    /// Bodies of generic adapters.
    pub adapter_bytes: usize,
    /// Bodies of the people's API.
    pub api_bytes: usize,
    /// One file.
    pub file_bytes: usize,
    /// Longest time for a body to arrive that brings nothing.
    pub body_time: Duration,
    /// What a body must bring in a second to earn more time.
    pub body_rate: u32,
    /// Most open streams of events.
    pub streams: usize,
    /// Most open streams of events of one API key.
    pub key_streams: usize,
}

impl Default for HttpLimits {
    fn default() -> Self {
        Self {
            webhook_bytes: 4 * 1024 * 1024,
            adapter_bytes: 1024 * 1024,
            api_bytes: 256 * 1024,
            file_bytes: 40 * 1024 * 1024,
            body_time: Duration::from_secs(15),
            body_rate: 16 * 1024,
            streams: 2_000,
            key_streams: 32,
        }
    }
}

impl HttpLimits {
    /// Returns the limits of a body of at most `bytes`.
    #[must_use]
    pub const fn body(&self, bytes: usize) -> BodyLimits {
        BodyLimits { bytes, time: self.body_time, bytes_per_second: self.body_rate }
    }
}

/// What concerns the tenants' models.
#[derive(Clone)]
pub struct ModelDoor {
    /// Sets them up.
    pub admin: Admin,
    /// Knows how they stand.
    pub desk: Arc<dyn ModelDesk>,
}

/// What handlers may use. One per server, shared by its workers.
#[derive(Clone)]
pub struct HttpState {
    /// People's queries.
    pub store: Store,
    /// The engine's queue.
    pub queue: Arc<dyn EngineStore>,
    /// The engine.
    pub engine: Arc<dyn Engine>,
    /// Tenants and inboxes.
    pub directory: Arc<dyn Directory>,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Ids.
    pub ids: Arc<dyn IdSource>,
    /// The shared app at Meta.
    pub meta: MetaApp,
    /// The tenants' models.
    pub models: ModelDoor,
    /// How much is taken.
    pub limits: HttpLimits,
    /// True if the world reaches this server over TLS.
    pub https: bool,
    /// What every route asks of its caller.
    pub access: AccessTable,
    /// How often one may ask.
    pub rates: Rates,
    /// People who sign in.
    pub accounts: Accounts,
    /// Keys found lately.
    pub keys: KeyCache,
    /// Counters.
    pub metrics: HttpMetrics,
    /// Everything that `/metrics` shows.
    pub registry: Registry,
    /// Free places for streams; as many as [`HttpLimits::streams`].
    pub streams: Arc<Semaphore>,
    /// How many each key holds; at most [`HttpLimits::key_streams`].
    pub key_streams: KeyStreams,
    /// What they share.
    pub stream_cache: StreamCache,
    /// Who looks at which conversation.
    pub watchers: Watchers,
    /// Reads the secret addresses of public pages.
    pub links: Arc<PageLinks>,
    /// Files that people attach.
    pub files: FileDoor,
    /// How often each public page was asked for lately.
    pub visits: Visits,
}
