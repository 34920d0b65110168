//! Who is asking, and whether they may: an extractor, so that a handler is not callable without what its route asks for.
//!
//! The route's own entry says what that is ([`Access`]); a route without an entry is closed. Keys are found by their hash and remembered
//! for half a minute; the key itself is neither kept nor logged.

use crate::crypto::mac::hex;
use crate::crypto::tokens;
use crate::domain::ids::{AccountId, AgentId, ApiKeyId, MemberId, SessionId, TenantId};
use crate::domain::membership::{Refusal, Sight, Visibility};
use crate::domain::permission::{Grants, Role};
use crate::domain::quota::Bucket;
use crate::domain::suspension::Feature;
use crate::http::HttpState;
use crate::http::access::Access;
use crate::http::browser::cookies::{Jar, Shown};
use crate::http::browser::csrf;
use crate::http::problem::Problem;
use crate::http::rates::{Key, Rates};
use crate::ports::store::StoreError;
use crate::store::accounts::Holder;
use crate::store::people::api_keys::KeyHolder;
use crate::store::{Store, TenantScope};
use actix_web::dev::Payload;
use actix_web::http::header;
use actix_web::{FromRequest, HttpRequest, web};
use futures::future::LocalBoxFuture;
use secrecy::{ExposeSecret, SecretString};
use std::time::Duration;

/// The other header for keys.
const API_KEY: &str = "x-api-key";
/// Longest key that is looked at, in bytes.
const MAX_KEY: usize = 256;

/// Who a caller has proved to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Actor {
    /// A program with an API key.
    Key(ApiKeyId),
    /// A person who is signed in.
    Member(Person),
}

/// A person who is signed in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Person {
    /// The member of the business.
    pub member: MemberId,
    /// The account.
    pub account: AccountId,
    /// The session.
    pub session: SessionId,
    /// What the member is.
    pub role: Role,
    /// How often the member's place had changed when it was looked up.
    pub version: i64,
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
    /// What their sight is limited to.
    pub visibility: Visibility,
}

impl AgentPrincipal {
    /// Returns the id under which the caller acts in conversations.
    #[must_use]
    pub const fn agent(&self) -> AgentId {
        match self.actor {
            Actor::Key(key) => AgentId(key.0),
            Actor::Member(person) => AgentId(person.member.0),
        }
    }

    /// Returns the person.
    ///
    /// # Errors
    /// 403 for an API key.
    pub fn person(&self) -> Result<Person, Problem> {
        match self.actor {
            Actor::Member(person) => Ok(person),
            Actor::Key(_) => Err(refusal(Some(Access::Person))),
        }
    }

    /// Lets pass only who is limited in nothing: what they are about to do reaches every customer.
    ///
    /// # Errors
    /// 403 for somebody who sees only some inboxes, or only some teams' conversations.
    pub fn sees_everything(&self) -> Result<(), Problem> {
        if self.visibility.is_everything() {
            return Ok(());
        }
        let why = "this reaches every customer, and you see only some of them: ask somebody who sees all";
        Err(Problem::forbidden(why).with_code(Refusal::MoreThanHeld.code()))
    }

    /// Tells whether the caller would still be let in: long-lived streams ask again and again. What the operator has stopped ends them too.
    ///
    /// # Errors
    /// [`StoreError`] if the database is away.
    pub async fn still_valid(&self, state: &HttpState) -> Result<bool, StoreError> {
        let business = state.directory.tenant(self.tenant).await?;
        if business.is_some_and(|business| !business.stopped.lets(Feature::Api)) {
            return Ok(false);
        }
        let store = &state.store;
        match self.actor {
            Actor::Key(key) => self.scope(store).key_is_valid(key).await,
            Actor::Member(Person { member, session, version, .. }) => {
                let unchanged = store.tenant(self.tenant).member_is_unchanged(member, version).await?;
                Ok(unchanged && store.session_lives(self.tenant, session).await?)
            }
        }
    }

    /// Opens the door to the caller's tenant.
    #[must_use]
    pub fn scope(&self, store: &Store) -> TenantScope {
        store.tenant(self.tenant).limited_to(self.sight())
    }

    /// Returns what the caller sees, by whom it is.
    #[must_use]
    pub fn sight(&self) -> Sight {
        Sight::new(self.visibility.clone(), self.agent())
    }
}

impl AgentPrincipal {
    /// Counts the request for the caller and for their business.
    fn counted(&self, rates: &Rates) -> Result<(), Problem> {
        match self.actor {
            Actor::Key(key) => rates.check(Bucket::ApiKey, Key::Row(key.0))?,
            Actor::Member(person) => rates.check(Bucket::ApiPerson, Key::Row(person.member.0))?,
        }
        rates.check(Bucket::ApiTenant, Key::Row(self.tenant.0))
    }

    /// Returns the caller if they have what the route asks for.
    fn admitted(self, asked: Option<Access>) -> Result<Self, Problem> {
        let admitted = match asked {
            Some(Access::May(permission)) => self.grants.allow(permission),
            Some(Access::Person) => matches!(self.actor, Actor::Member(_)),
            Some(Access::MayInPerson(permission)) => matches!(self.actor, Actor::Member(_)) && self.grants.allow(permission),
            Some(Access::Owner) => matches!(self.actor, Actor::Member(person) if person.role == Role::Owner),
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

/// Refuses what the operator has stopped for a business, with the reason. A tenant that the directory does not know is not stopped.
///
/// # Errors
/// 403 with the code `suspended`.
pub async fn going_on(state: &HttpState, tenant: TenantId, feature: Feature) -> Result<(), Problem> {
    let found = state.directory.tenant(tenant).await?;
    match found.as_ref().and_then(|tenant| tenant.stopped.why(feature)) {
        Some(reason) => Err(Problem::forbidden(format!("suspended by the operator: {reason}")).with_code("suspended")),
        None => Ok(()),
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
        let request = request.clone();
        Box::pin(async move {
            let state = state.ok_or_else(Problem::internal)?;
            let asked = state.access.access(request.method().as_str(), &request.match_pattern().unwrap_or_default());
            let who = match presented(&request, Jar::of(&state.accounts.settings().public_url))? {
                Presented::Key(key) => by_key(&state, &key).await?,
                Presented::Token(token) => by_token(&state, &token).await?,
                Presented::Cookie(token) => by_cookie(&state, &request, &token).await?,
            };
            who.counted(&state.rates)?;
            let who = who.admitted(asked)?;
            going_on(&state, who.tenant, Feature::Api).await?;
            Ok(who)
        })
    }
}

/// What a request shows to say who it is.
enum Presented {
    Key(String),
    Token(String),
    Cookie(SecretString),
}

/// Finds what a request shows: one thing, in one place.
fn presented(request: &HttpRequest, jar: Jar) -> Result<Presented, Problem> {
    let headers = request.headers();
    let header = headers.contains_key(header::AUTHORIZATION) || headers.contains_key(API_KEY);
    match (header, jar.access(request)) {
        (true, Shown::One(_) | Shown::Several) => {
            Err(Problem::bad_request("a cookie and a key or token were shown at once: send one of them"))
        }
        (false, Shown::Several) => Err(Problem::bad_request("several cookies of one name were shown")),
        (false, Shown::One(token)) => Ok(Presented::Cookie(token)),
        (_, Shown::Nothing) => {
            shown_in_headers(request).ok_or_else(|| Problem::unauthorized("send an access token or an API key: Authorization: Bearer …"))
        }
    }
}

fn shown_in_headers(request: &HttpRequest) -> Option<Presented> {
    let key = || request.headers().get(API_KEY).and_then(|value| value.to_str().ok()).map(|value| value.trim().to_owned());
    let token = bearer(request).or_else(key)?;
    if token.starts_with(tokens::PREFIX) {
        return (token.len() <= MAX_KEY).then_some(Presented::Key(token));
    }
    Some(Presented::Token(token))
}

/// Returns what a request shows in `Authorization: Bearer`.
pub(in crate::http) fn bearer(request: &HttpRequest) -> Option<String> {
    let value = request.headers().get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim().to_owned())
}

async fn by_key(state: &HttpState, key: &str) -> Result<AgentPrincipal, Problem> {
    let holder = state.keys.find(&state.store, key).await?;
    let holder = holder.ok_or_else(|| Problem::unauthorized("this API key is not valid"))?;
    Ok(AgentPrincipal { tenant: holder.tenant, actor: Actor::Key(holder.key), grants: holder.grants, visibility: Visibility::everything() })
}

async fn by_token(state: &HttpState, token: &str) -> Result<AgentPrincipal, Problem> {
    let holder = state.accounts.holder(token).await?;
    let Holder { tenant, account, member, session, role, grants, visibility, version, .. } =
        holder.ok_or_else(|| Problem::unauthorized("this access token is not valid any more"))?;
    Ok(AgentPrincipal { tenant, actor: Actor::Member(Person { member, account, session, role, version }), grants, visibility })
}

/// Takes a cookie, and with it the proof that a page of ours sends it wherever something is to change.
async fn by_cookie(state: &HttpState, request: &HttpRequest, token: &SecretString) -> Result<AgentPrincipal, Problem> {
    let changes = !csrf::is_safe(request.method());
    if changes {
        csrf::require_own_page(request, &state.accounts.settings().public_url)?;
    }
    let who = by_token(state, token.expose_secret()).await?;
    if changes {
        csrf::require_token(request.headers(), state.accounts.platform(), who.person()?.session)?;
    }
    Ok(who)
}
