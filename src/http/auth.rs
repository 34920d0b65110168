//! Who is asking: an extractor, so that a handler without a key is not callable.
//!
//! Keys are found by their hash and remembered for half a minute; the key itself is neither kept nor logged.

use crate::crypto::mac::hex;
use crate::crypto::tokens;
use crate::domain::ids::{AgentId, ApiKeyId, TenantId};
use crate::http::HttpState;
use crate::http::problem::Problem;
use crate::ports::store::StoreError;
use crate::store::people::api_keys::KeyHolder;
use crate::store::{Store, TenantScope};
use actix_web::dev::Payload;
use actix_web::http::header;
use actix_web::{FromRequest, HttpRequest, web};
use futures::future::LocalBoxFuture;
use std::time::Duration;

/// Longest key that is looked at, in bytes.
const MAX_KEY: usize = 256;

/// A caller with an API key.
#[derive(Clone, Copy, Debug)]
pub struct AgentPrincipal {
    /// The business.
    pub tenant: TenantId,
    /// The key.
    pub key: ApiKeyId,
}

impl AgentPrincipal {
    /// Returns the person that the key speaks as.
    #[must_use]
    pub const fn agent(&self) -> AgentId {
        AgentId(self.key.0)
    }

    /// Opens the door to the caller's tenant.
    #[must_use]
    pub fn scope(&self, store: &Store) -> TenantScope {
        store.tenant(self.tenant)
    }
}

/// Keys that were found lately, by their hash.
#[derive(Clone)]
pub struct KeyCache {
    found: moka::future::Cache<[u8; 32], KeyHolder>,
}

impl Default for KeyCache {
    fn default() -> Self {
        Self { found: moka::future::Cache::builder().max_capacity(10_000).time_to_live(Duration::from_secs(30)).build() }
    }
}

impl KeyCache {
    /// Forgets every key: called when the configuration has changed, so that a revoked key ends at once.
    pub fn forget_all(&self) {
        self.found.invalidate_all();
    }

    /// Finds the holder of a key. Unknown keys are not remembered: guesses must not push out real ones.
    async fn find(&self, store: &Store, token: &str) -> Result<Option<KeyHolder>, StoreError> {
        let hash = tokens::hash(token);
        if let Some(holder) = self.found.get(&hash).await {
            return Ok(Some(holder));
        }
        let holder = store.find_key_holder(&hex(&hash)).await?;
        if let Some(holder) = holder {
            self.found.insert(hash, holder).await;
        }
        Ok(holder)
    }
}

impl FromRequest for AgentPrincipal {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _payload: &mut Payload) -> Self::Future {
        let state = request.app_data::<web::Data<HttpState>>().cloned();
        let token = presented(request);
        Box::pin(async move {
            let state = state.ok_or_else(Problem::internal)?;
            let token = token.ok_or_else(|| Problem::unauthorized("send an API key: Authorization: Bearer rk_…"))?;
            let holder = state.keys.find(&state.store, &token).await?;
            let holder = holder.ok_or_else(|| Problem::unauthorized("this API key is not valid"))?;
            Ok(Self { tenant: holder.tenant, key: holder.key })
        })
    }
}

/// Returns the key of a request, from either header.
fn presented(request: &HttpRequest) -> Option<String> {
    let headers = request.headers();
    let bearer = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()).and_then(|value| {
        let (scheme, token) = value.split_once(' ')?;
        scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
    });
    let token = bearer.or_else(|| headers.get("x-api-key").and_then(|value| value.to_str().ok()).map(str::trim))?;
    (token.starts_with(tokens::PREFIX) && token.len() <= MAX_KEY).then(|| token.to_owned())
}
