//! Who is asking, and whether they may: an extractor, so that a handler is not callable without what its route asks for.
//!
//! The route's own entry says what that is ([`Access`]); a route without an entry is closed. Keys are found by their hash and remembered
//! for half a minute; the key itself is neither kept nor logged.

use crate::crypto::mac::hex;
use crate::crypto::tokens;
use crate::domain::ids::{AgentId, ApiKeyId, MemberId, TenantId};
use crate::domain::membership::Visibility;
use crate::domain::permission::{Grants, Role};
use crate::http::HttpState;
use crate::http::access::Access;
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

/// Who a caller has proved to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Actor {
    /// A program with an API key.
    Key(ApiKeyId),
    /// A member who is signed in.
    Member {
        /// Who.
        id: MemberId,
        /// What he is.
        role: Role,
        /// How often his place had changed when he was looked up.
        version: i64,
    },
}

/// A caller who may do what the route does.
#[derive(Clone, Debug)]
pub struct AgentPrincipal {
    /// The business.
    pub tenant: TenantId,
    /// Who it is.
    pub actor: Actor,
    /// What they are granted.
    pub grants: Grants,
    /// What they see.
    pub visibility: Visibility,
}

impl AgentPrincipal {
    /// Returns the id under which the caller acts in conversations.
    #[must_use]
    pub const fn agent(&self) -> AgentId {
        match self.actor {
            Actor::Key(key) => AgentId(key.0),
            Actor::Member { id, .. } => AgentId(id.0),
        }
    }

    /// Returns the member who asks.
    ///
    /// # Errors
    /// 403 for an API key.
    pub fn member(&self) -> Result<MemberId, Problem> {
        match self.actor {
            Actor::Member { id, .. } => Ok(id),
            Actor::Key(_) => Err(refusal(Some(Access::Person))),
        }
    }

    /// Tells whether the caller is still accepted: long-lived streams ask again and again.
    ///
    /// # Errors
    /// [`StoreError`] if the database is away.
    pub async fn still_valid(&self, store: &Store) -> Result<bool, StoreError> {
        match self.actor {
            Actor::Key(key) => self.scope(store).key_is_valid(key).await,
            Actor::Member { id, version, .. } => store.tenant(self.tenant).member_is_unchanged(id, version).await,
        }
    }

    /// Opens the door to the caller's tenant.
    #[must_use]
    pub fn scope(&self, store: &Store) -> TenantScope {
        store.tenant(self.tenant).limited_to(self.visibility.clone())
    }
}

impl AgentPrincipal {
    /// Returns the caller if they have what the route asks for.
    pub(super) fn admitted(self, asked: Option<Access>) -> Result<Self, Problem> {
        let admitted = match asked {
            Some(Access::May(permission)) => self.grants.allow(permission),
            Some(Access::Person) => matches!(self.actor, Actor::Member { .. }),
            Some(Access::MayInPerson(permission)) => matches!(self.actor, Actor::Member { .. }) && self.grants.allow(permission),
            Some(Access::Owner) => matches!(self.actor, Actor::Member { role: Role::Owner, .. }),
            // A handler that asks for a caller on a route that names no permission is a mistake of ours: closed.
            Some(Access::Open) | None => false,
        };
        if admitted { Ok(self) } else { Err(refusal(asked)) }
    }
}

/// Says what is missing.
fn refusal(asked: Option<Access>) -> Problem {
    match asked {
        Some(Access::May(permission)) => Problem::forbidden(format!("this needs the permission {permission}")).with_code("permission"),
        Some(Access::MayInPerson(permission)) => {
            Problem::forbidden(format!("this needs the permission {permission}, of a person who is signed in")).with_code("permission")
        }
        Some(Access::Person) => Problem::forbidden("this is for people who are signed in, not for API keys").with_code("person"),
        Some(Access::Owner) => Problem::forbidden("this is for the owner of the business").with_code("owner"),
        Some(Access::Open) | None => Problem::forbidden("this address is closed").with_code("closed"),
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
        #[cfg(test)]
        let member = state.as_ref().and_then(|state| crate::http::testkit::people::signed_in(request, state));
        let (method, pattern) = (request.method().to_string(), request.match_pattern().unwrap_or_default());
        Box::pin(async move {
            let state = state.ok_or_else(Problem::internal)?;
            let asked = state.access.access(&method, &pattern);
            #[cfg(test)]
            if let Some(member) = member {
                return member.await?.admitted(asked);
            }
            let token = token.ok_or_else(|| Problem::unauthorized("send an API key: Authorization: Bearer rk_…"))?;
            let holder = state.keys.find(&state.store, &token).await?;
            let holder = holder.ok_or_else(|| Problem::unauthorized("this API key is not valid"))?;
            let who =
                Self { tenant: holder.tenant, actor: Actor::Key(holder.key), grants: holder.grants, visibility: Visibility::Everything };
            who.admitted(asked)
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
