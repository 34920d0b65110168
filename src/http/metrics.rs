//! What the door counts. Labels are fixed words and route patterns: no id, no path, so their number is bounded.

use prometheus::{HistogramOpts, HistogramVec, IntCounterVec, Opts, Registry};
use std::time::Duration;

/// The door's counters.
#[derive(Clone)]
pub struct HttpMetrics {
    requests: HistogramVec,
    items: IntCounterVec,
    unrouted: IntCounterVec,
}

impl HttpMetrics {
    /// Makes the counters and registers them.
    ///
    /// # Errors
    /// [`prometheus::Error`] if the registry has them already.
    pub fn register(registry: &Registry) -> Result<Self, prometheus::Error> {
        let seconds = HistogramOpts::new("recado_http_request_duration_seconds", "Time from the head of a request to its answer.");
        let requests = HistogramVec::new(seconds, &["route", "method", "status"])?;
        let items = Opts::new("recado_inbound_items_total", "Parts of deliveries by what became of them.");
        let items = IntCounterVec::new(items, &["channel", "outcome"])?;
        let unrouted = Opts::new("recado_unrouted_total", "Parts of deliveries that belong to no conversation, by reason.");
        let unrouted = IntCounterVec::new(unrouted, &["channel", "reason"])?;
        registry.register(Box::new(requests.clone()))?;
        registry.register(Box::new(items.clone()))?;
        registry.register(Box::new(unrouted.clone()))?;
        Ok(Self { requests, items, unrouted })
    }

    /// Counts an answer.
    pub fn answered(&self, route: &str, method: &str, status: u16, spent: Duration) {
        // A method can be any word of the caller's.
        let method = if matches!(method, "GET" | "POST" | "PUT" | "PATCH" | "DELETE" | "HEAD" | "OPTIONS") { method } else { "other" };
        self.requests.with_label_values(&[route, method, &status.to_string()]).observe(spent.as_secs_f64());
    }

    /// Counts items of a delivery: `accepted`, `duplicate`, `unrouted`, `refused`, `status`.
    pub fn items(&self, channel: &str, outcome: &str, count: u64) {
        self.items.with_label_values(&[channel, outcome]).inc_by(count);
    }

    /// Counts a part that belongs nowhere.
    pub fn unrouted(&self, channel: &str, reason: &str) {
        self.unrouted.with_label_values(&[channel, reason]).inc();
    }
}
