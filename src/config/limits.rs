//! The bounds of the HTTP server and the quotas of those who ask, as an operator may set them.

use crate::config::read::Reader;
use crate::domain::quota::{Bucket, NoQuota, Quotas, Setting};
use ipnet::IpNet;
use std::time::Duration;

/// The bounds; `default.toml` explains each.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LimitsConfig {
    /// Longest time for the head of a request.
    pub head_time: Duration,
    /// What a body must bring in a second to earn more time.
    pub body_rate: u32,
    /// How long an idle connection is kept.
    pub keep_alive: Duration,
    /// Most connections at once.
    pub connections: usize,
    /// The operator's own proxies.
    pub trusted_proxies: Vec<IpNet>,
    /// What every quota is multiplied by.
    pub multiplier: u32,
    /// The quotas as they are written.
    pub quotas: Quotas,
}

impl LimitsConfig {
    /// Returns the quotas that hold.
    #[must_use]
    pub fn effective(&self) -> Quotas {
        self.quotas.times(self.multiplier)
    }
}

/// Reads the table `[limits]`.
pub(super) fn read(reader: &mut Reader) -> LimitsConfig {
    let quotas = Bucket::ALL.map(|bucket| {
        let key = format!("limits.{}", bucket.name());
        (bucket, reader.parsed(&key, &NoQuota.to_string(), Setting(None)))
    });
    LimitsConfig {
        head_time: reader.millis("limits.head_time_ms"),
        body_rate: reader.number("limits.body_bytes_per_second", 1, 1_000_000_000),
        keep_alive: reader.millis("limits.keep_alive_ms"),
        connections: usize::try_from(reader.number("limits.connections", 8, 1_000_000)).unwrap_or(usize::MAX),
        trusted_proxies: reader.networks("limits.trusted_proxies"),
        multiplier: reader.number("limits.multiplier", 1, 1_000_000),
        quotas: Quotas::of(quotas),
    }
}
