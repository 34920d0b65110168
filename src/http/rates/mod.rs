//! How often one may ask: counts requests by address, key, person and business, and answers 429 with the true time to wait.
//!
//! Counts live in this process only, and are swept every minute, so that they never outgrow those who asked lately. Addresses are
//! neither logged nor shown. What counts where is [`rule`]; whose request it is, [`client`].

pub mod client;
pub mod rule;
#[cfg(test)]
mod tests;

use crate::domain::quota::{Bucket, Quota, Quotas};
use crate::http::HttpState;
use crate::http::access::Class;
use crate::http::problem::Problem;
use crate::ports::clock::Clock;
use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::middleware::Next;
use actix_web::{Error, HttpMessage, HttpRequest};
use governor::clock::Reference;
use governor::middleware::NoOpMiddleware;
use governor::state::keyed::DashMapStateStore;
use governor::{Quota as Pace, RateLimiter};
use ipnet::IpNet;
use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::net::{IpAddr, Ipv4Addr};
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;
use uuid::Uuid;

/// The header in which proxies tell whom they speak for.
const FORWARDED: &str = "x-forwarded-for";
/// Most keys of one bucket; further ones share [`SHARED`] counts until the next sweep.
const MOST_KEYS: usize = 100_000;
const SHARED: u64 = 1_024;

/// The address of the caller, in the extensions of every request. Found once, by the gate; unspecified for a request over no socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClientAddress(pub IpAddr);

/// Returns the caller's address in words: what a configured proxy says, else the connection's; `None` for a request over no socket.
#[must_use]
pub fn client_of(request: &HttpRequest) -> Option<String> {
    let told = request.extensions().get::<ClientAddress>().map(|client| client.0);
    told.filter(|address| !address.is_unspecified()).map(|address| address.to_string())
}

/// Whom a count belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Key {
    /// An address of IPv4.
    V4(u32),
    /// The first half of an address of IPv6: one subscriber has all of the second.
    V6(u64),
    /// A row: a key, a person, a session, a business.
    Row(Uuid),
    /// One of few counts for a crowd.
    Crowd(u64),
    /// A text of which only a keyed hash is kept.
    Hidden(u64),
}

impl From<IpAddr> for Key {
    fn from(address: IpAddr) -> Self {
        match address.to_canonical() {
            IpAddr::V4(v4) => Self::V4(v4.into()),
            IpAddr::V6(v6) => Self::V6((u128::from(v6) >> 64) as u64),
        }
    }
}

/// The time of our port, for the counter.
#[derive(Clone)]
struct PortClock(Arc<dyn Clock>);

impl governor::clock::Clock for PortClock {
    type Instant = Duration;

    fn now(&self) -> Duration {
        self.0.moment().0
    }
}

type Counter = RateLimiter<Key, DashMapStateStore<Key>, PortClock, NoOpMiddleware<Duration>>;

/// The counts of a server. Cheap to clone.
#[derive(Clone)]
pub struct Rates {
    counters: Arc<HashMap<Bucket, Counter>>,
    trusted: Arc<[IpNet]>,
    clock: PortClock,
    hasher: RandomState,
}

impl Rates {
    /// Makes empty counts. `trusted` are the networks of the operator's own proxies.
    #[must_use]
    pub fn new(quotas: &Quotas, trusted: &[IpNet], clock: Arc<dyn Clock>) -> Self {
        let clock = PortClock(clock);
        let counter = |quota: Quota| Some(RateLimiter::new(pace(quota)?, DashMapStateStore::default(), clock.clone()));
        let counters = quotas.iter().filter_map(|(bucket, quota)| Some((bucket, counter(quota)?))).collect();
        Self { counters: Arc::new(counters), trusted: trusted.into(), clock, hasher: RandomState::new() }
    }

    /// Counts one request.
    ///
    /// # Errors
    /// 429 with the time to wait if the bucket is empty.
    pub fn check(&self, bucket: Bucket, key: impl Into<Key>) -> Result<(), Problem> {
        let Some(counter) = self.counters.get(&bucket) else { return Ok(()) };
        let key = key.into();
        let key = if counter.len() < MOST_KEYS { key } else { Key::Crowd(self.hasher.hash_one(key) % SHARED) };
        counter.check_key(&key).map_err(|until| {
            let now = governor::clock::Clock::now(&self.clock);
            too_often(until.earliest_possible().duration_since(now).into())
        })
    }

    /// Returns the key of a text, such as a mail address that may be nobody's: a hash under a key that only this process has.
    #[must_use]
    pub fn hidden(&self, text: &str) -> Key {
        Key::Hidden(self.hasher.hash_one(text))
    }

    /// Forgets whoever has had all of their quota for longer than one more request takes to come back. Call it every minute.
    pub fn sweep(&self) {
        for counter in self.counters.values() {
            counter.retain_recent();
            counter.shrink_to_fit();
        }
    }

    /// Returns how many counts are kept.
    #[must_use]
    pub fn kept(&self) -> usize {
        self.counters.values().map(RateLimiter::len).sum()
    }

    /// Returns whose request it is.
    fn client(&self, request: &ServiceRequest) -> ClientAddress {
        let forwarded: Vec<&str> = request.headers().get_all(FORWARDED).map(|value| value.to_str().unwrap_or_default()).collect();
        // Only a request that came over no socket has no peer.
        let peer = request.peer_addr().map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |socket| socket.ip());
        ClientAddress(client::client_address(peer, forwarded.into_iter(), &self.trusted))
    }
}

fn pace(quota: Quota) -> Option<Pace> {
    Some(Pace::with_period(quota.pace())?.allow_burst(NonZeroU32::new(quota.burst())?))
}

fn too_often(wait: Duration) -> Problem {
    let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
    Problem::too_many().retry_after(u32::try_from(seconds).unwrap_or(u32::MAX).max(1))
}

/// Counts a request and lets it in, or answers 429; counts it again if its caller turned out to be none.
///
/// # Errors
/// Only what the framework itself cannot answer.
pub async fn gate(
    state: &HttpState,
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let client = state.rates.client(&request);
    request.extensions_mut().insert(client);
    let pattern = request.match_pattern().unwrap_or_default();
    // What has no entry is a page of the demo, or nothing at all.
    let class = state.access.class(request.method().as_str(), &pattern).unwrap_or(Class::Page);
    let admitted = rule::before(class).map_or(Ok(()), |bucket| state.rates.check(bucket, client.0));
    if let Err(problem) = admitted {
        return Ok(request.error_response(problem));
    }
    let response = next.call(request).await?.map_into_boxed_body();
    let failed = rule::after(class, response.status().as_u16());
    match failed.map_or(Ok(()), |bucket| state.rates.check(bucket, client.0)) {
        Ok(()) => Ok(response),
        Err(problem) => {
            let (request, _) = response.into_parts();
            Ok(ServiceResponse::from_err(problem, request))
        }
    }
}
