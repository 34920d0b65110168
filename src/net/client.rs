//! The outbound HTTP client. Every URL is checked when the call is made, every looked-up address before it is dialled.
//!
//! Never follows a redirect, never takes a proxy from the environment, never unpacks a body, never retries.

use crate::net::guard::{AllowList, Trust, UrlError};
use async_trait::async_trait;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::{Client, Method, RequestBuilder, Response};
use std::error::Error as StdError;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;
use thiserror::Error;
use url::Url;

/// How long a connection may take to be made, name look-up and TLS included.
pub const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// How long a whole call may take unless the caller says otherwise.
pub const DEFAULT_TIMEOUT: Duration = Duration::from_secs(30);
/// How long an idle connection is kept.
const IDLE: Duration = Duration::from_secs(60);

/// What the clients of an installation may reach.
#[derive(Clone, Debug, Default)]
pub struct OutboundPolicy {
    /// What is allowed besides public addresses.
    pub allow: AllowList,
}

/// Looks names up: the system's resolver, or a fake one.
#[async_trait]
pub trait Lookup: Send + Sync {
    /// Returns every address of `host`.
    ///
    /// # Errors
    /// Whatever the resolver says.
    async fn lookup(&self, host: &str) -> io::Result<Vec<IpAddr>>;
}

/// The HTTP clients could not be made (no TLS roots).
#[derive(Debug, Error)]
#[error("the http client could not be made")]
pub struct BuildError(#[source] reqwest::Error);

/// Why a body was not read.
#[derive(Debug, Error)]
pub enum BodyError {
    /// It is longer than the caller takes; the rest was not read.
    #[error("the body is longer than {0} bytes")]
    TooLarge(usize),
    /// The connection broke or took too long.
    #[error("the body could not be read")]
    Broken(#[source] reqwest::Error),
}

/// What a failed call means for a second one.
#[derive(Debug, Error, Clone, Copy, PartialEq, Eq)]
pub enum Failure {
    /// The name led only to addresses that are not allowed.
    #[error("blocked")]
    Blocked,
    /// No connection was made, so nothing was sent.
    #[error("refused")]
    NotSent,
    /// Time ran out after the connection was made: the peer may have acted.
    #[error("timeout")]
    TimedOut,
    /// The connection broke: the peer may have acted.
    #[error("broken")]
    Broken,
}

impl Failure {
    /// Classifies an error of the client.
    #[must_use]
    pub fn of(error: &reqwest::Error) -> Self {
        let mut cause = error.source();
        while let Some(inner) = cause {
            if inner.is::<NotAllowed>() {
                return Self::Blocked;
            }
            cause = inner.source();
        }
        if error.is_connect() || error.is_builder() {
            Self::NotSent
        } else if error.is_timeout() {
            Self::TimedOut
        } else {
            Self::Broken
        }
    }
}

/// The client. Cheap to clone; clones share connections.
#[derive(Clone, Debug)]
pub struct HttpClient {
    allow: Arc<AllowList>,
    /// For origins that the operator set: any address.
    operator: Client,
    /// For everything else: filtered addresses. A pool of its own, so that no connection crosses over.
    filtered: Client,
}

impl HttpClient {
    /// Returns the client for addresses that the operator has set: no redirects, no proxy, but no filter of addresses either. Never for
    /// an address that a tenant chose.
    #[must_use]
    pub const fn operator(&self) -> &Client {
        &self.operator
    }

    /// Makes the client with the system's resolver.
    ///
    /// # Errors
    /// [`BuildError`].
    pub fn build(policy: OutboundPolicy) -> Result<Self, BuildError> {
        Self::build_with(policy, Arc::new(SystemLookup))
    }

    /// Makes the client with another resolver, for tests.
    ///
    /// # Errors
    /// [`BuildError`].
    pub fn build_with(policy: OutboundPolicy, lookup: Arc<dyn Lookup>) -> Result<Self, BuildError> {
        let allow = Arc::new(policy.allow);
        let operator = build_client(Resolver { lookup: Arc::clone(&lookup), filter: None })?;
        let filtered = build_client(Resolver { lookup, filter: Some(Arc::clone(&allow)) })?;
        Ok(Self { allow, operator, filtered })
    }

    /// Checks a URL without calling it: for settings, when they are saved.
    ///
    /// # Errors
    /// [`UrlError`].
    pub fn check_url(&self, url: &str) -> Result<Url, UrlError> {
        self.allow.check_url(url).map(|(url, _)| url)
    }

    /// Checks a URL and returns the client that may call it and what lies below it: for libraries that want a client of their own.
    ///
    /// # Errors
    /// [`UrlError`].
    pub fn client_for(&self, url: &str) -> Result<&Client, UrlError> {
        self.chosen(url).map(|(_, client)| client)
    }

    fn chosen(&self, url: &str) -> Result<(Url, &Client), UrlError> {
        let (url, trust) = self.allow.check_url(url)?;
        let client = match trust {
            Trust::Operator => &self.operator,
            Trust::Filtered => &self.filtered,
        };
        Ok((url, client))
    }

    /// Begins a call of a checked URL. Add a `timeout` where [`DEFAULT_TIMEOUT`] does not fit.
    ///
    /// # Errors
    /// [`UrlError`].
    pub fn request(&self, method: Method, url: &str) -> Result<RequestBuilder, UrlError> {
        let (url, client) = self.chosen(url)?;
        Ok(client.request(method, url))
    }

    /// Begins a GET.
    ///
    /// # Errors
    /// [`UrlError`].
    pub fn get(&self, url: &str) -> Result<RequestBuilder, UrlError> {
        self.request(Method::GET, url)
    }

    /// Begins a POST.
    ///
    /// # Errors
    /// [`UrlError`].
    pub fn post(&self, url: &str) -> Result<RequestBuilder, UrlError> {
        self.request(Method::POST, url)
    }
}

/// Reads a body of at most `limit` bytes and stops there, whatever the peer announced.
///
/// # Errors
/// [`BodyError`].
pub async fn read_capped(mut response: Response, limit: usize) -> Result<Vec<u8>, BodyError> {
    let announced = response.content_length().unwrap_or(0);
    if usize::try_from(announced).unwrap_or(usize::MAX) > limit {
        return Err(BodyError::TooLarge(limit));
    }
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(BodyError::Broken)? {
        if chunk.len() > limit - body.len() {
            return Err(BodyError::TooLarge(limit));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

fn build_client(resolver: Resolver) -> Result<Client, BuildError> {
    Client::builder()
        .user_agent(concat!("recado/", env!("CARGO_PKG_VERSION")))
        .dns_resolver(Arc::new(resolver))
        .redirect(reqwest::redirect::Policy::none())
        .retry(reqwest::retry::never())
        .referer(false)
        .no_proxy()
        .no_gzip()
        .no_brotli()
        .no_deflate()
        .no_zstd()
        .connect_timeout(CONNECT_TIMEOUT)
        .timeout(DEFAULT_TIMEOUT)
        .pool_idle_timeout(IDLE)
        .build()
        .map_err(BuildError)
}

/// A name leads nowhere that is allowed. Found again by [`Failure::of`].
#[derive(Debug, Error)]
#[error("the address is not allowed")]
struct NotAllowed;

struct Resolver {
    lookup: Arc<dyn Lookup>,
    /// `None`: every address.
    filter: Option<Arc<AllowList>>,
}

impl Resolve for Resolver {
    fn resolve(&self, name: Name) -> Resolving {
        let lookup = Arc::clone(&self.lookup);
        let filter = self.filter.clone();
        Box::pin(async move {
            let mut found = lookup.lookup(name.as_str()).await?;
            if let Some(allow) = filter {
                found.retain(|ip| allow.allows(*ip));
            }
            if found.is_empty() {
                return Err(Box::new(NotAllowed) as Box<dyn StdError + Send + Sync>);
            }
            Ok(Box::new(found.into_iter().map(|ip| SocketAddr::new(ip, 0))) as Addrs)
        })
    }
}

struct SystemLookup;

#[async_trait]
impl Lookup for SystemLookup {
    async fn lookup(&self, host: &str) -> io::Result<Vec<IpAddr>> {
        Ok(tokio::net::lookup_host((host, 0)).await?.map(|address| address.ip()).collect())
    }
}

#[cfg(test)]
mod tests;
