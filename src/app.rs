//! The one place where ports meet their adapters.

use crate::config::Config;
use crate::crypto::keyring::KeyRing;
use crate::domain::ids::{InboxId, TenantId};
use crate::store::lock::ServeLock;

/// What the demo's data came to; the page and the loopback adapter need it.
#[derive(Clone, Debug)]
pub struct DemoData {
    /// The tenant `demo`.
    pub tenant: TenantId,
    /// Its inbox, of the generic channel.
    pub inbox: InboxId,
    /// A key for its API.
    pub api_key: secrecy::SecretString,
}

/// Runs the server until a signal. The schema is current, the keys open everything, and `lock` is held for as long as it runs.
///
/// # Errors
/// What keeps it from starting or from ending well.
pub async fn serve(config: Config, keys: KeyRing, lock: ServeLock) -> anyhow::Result<()> {
    run(config, keys, lock, None).await
}

/// Runs the server with the demo's page and loopback adapter.
///
/// # Errors
/// As [`serve`].
pub async fn demo(config: Config, keys: KeyRing, lock: ServeLock, data: DemoData) -> anyhow::Result<()> {
    run(config, keys, lock, Some(data)).await
}

/// Answers one line of a conversation in the terminal, until the input ends.
///
/// # Errors
/// If the tenant is missing or the store fails.
pub async fn chat(_config: Config, _keys: KeyRing, _tenant: String) -> anyhow::Result<()> {
    tokio::task::yield_now().await;
    anyhow::bail!("not wired yet")
}

/// Returns the OpenAPI document of the HTTP API.
///
/// # Errors
/// If it cannot be written as JSON.
pub fn openapi() -> anyhow::Result<String> {
    anyhow::bail!("not wired yet")
}

async fn run(_config: Config, _keys: KeyRing, _lock: ServeLock, _demo: Option<DemoData>) -> anyhow::Result<()> {
    tokio::task::yield_now().await;
    anyhow::bail!("not wired yet")
}
