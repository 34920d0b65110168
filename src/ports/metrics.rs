//! What the product counts about itself: plain counters, gauges and histograms that engine, store and http are handed.
//!
//! Labels are fixed words only: never a tenant, an id, an address or a text.

use prometheus::{Encoder, Histogram, HistogramOpts, IntCounterVec, IntGauge, Opts, Registry, TextEncoder};
use thiserror::Error;

/// The registry refused a metric, or its text could not be made.
#[derive(Debug, Error)]
#[error("the metrics are broken")]
pub struct MetricsError(#[from] prometheus::Error);

/// The numbers. Cheap to clone: every clone counts into the same numbers.
#[derive(Clone, Debug)]
pub struct Metrics {
    registry: Registry,
    /// Operations waiting for the writer.
    pub writer_queue: IntGauge,
    /// Operations in one commit.
    pub commit_batch: Histogram,
    /// Seconds of one commit.
    pub commit_seconds: Histogram,
    /// Items received, by `channel` and `outcome` (`accepted`, `duplicate`, `unrouted`, `refused`).
    pub inbound: IntCounterVec,
    /// Sends, by `channel` and `outcome` (`sent`, `retry`, `failed`, `uncertain`, `cancelled`).
    pub outbox: IntCounterVec,
    /// Conversations in memory.
    pub live_conversations: IntGauge,
    /// Turns of the assistant, by `outcome` (`replied`, `handed_over`, `superseded`, `failed`).
    pub turns: IntCounterVec,
    /// Seconds from a customer's message to the commit of its answer.
    pub turn_seconds: Histogram,
    /// Actors that a panic or an error restarted.
    pub restarts: IntCounterVec,
    /// Rows that only the safety net found, by `kind` (`inbound`, `outbox`, `timer`).
    pub swept: IntCounterVec,
}

impl Metrics {
    /// Makes the numbers in a registry of their own, so that tests can run side by side.
    ///
    /// # Errors
    /// [`MetricsError`] if two metrics share a name.
    pub fn new() -> Result<Self, MetricsError> {
        let registry = Registry::new();
        let metrics = Self {
            writer_queue: IntGauge::new("recado_writer_queue", "Operations waiting for the writer")?,
            commit_batch: histogram("recado_commit_batch", "Operations in one commit", &[1.0, 4.0, 16.0, 64.0, 256.0, 1024.0])?,
            commit_seconds: histogram("recado_commit_seconds", "Seconds of one commit", &SECONDS)?,
            inbound: counters("recado_inbound_total", "Items received", &["channel", "outcome"])?,
            outbox: counters("recado_outbox_total", "Sends", &["channel", "outcome"])?,
            live_conversations: IntGauge::new("recado_live_conversations", "Conversations in memory")?,
            turns: counters("recado_turns_total", "Turns of the assistant", &["outcome"])?,
            turn_seconds: histogram("recado_turn_seconds", "Seconds from message to committed answer", &SECONDS)?,
            restarts: counters("recado_restarts_total", "Actors restarted", &["actor"])?,
            swept: counters("recado_swept_total", "Rows that only the safety net found", &["kind"])?,
            registry,
        };
        metrics.register()?;
        Ok(metrics)
    }

    fn register(&self) -> Result<(), MetricsError> {
        for gauge in [&self.writer_queue, &self.live_conversations] {
            self.registry.register(Box::new(gauge.clone()))?;
        }
        for histogram in [&self.commit_batch, &self.commit_seconds, &self.turn_seconds] {
            self.registry.register(Box::new(histogram.clone()))?;
        }
        for counters in [&self.inbound, &self.outbox, &self.turns, &self.restarts, &self.swept] {
            self.registry.register(Box::new(counters.clone()))?;
        }
        Ok(())
    }

    /// Returns the registry, for rooms that count things of their own.
    #[must_use]
    pub const fn registry(&self) -> &Registry {
        &self.registry
    }

    /// Returns all numbers in the text format of Prometheus.
    ///
    /// # Errors
    /// [`MetricsError`].
    pub fn render(&self) -> Result<String, MetricsError> {
        let mut text = Vec::new();
        TextEncoder::new().encode(&self.registry.gather(), &mut text)?;
        Ok(String::from_utf8_lossy(&text).into_owned())
    }
}

/// Bounds in seconds, from a fast commit to a whole turn.
const SECONDS: [f64; 12] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 1.0, 5.0, 15.0, 45.0];

fn counters(name: &str, help: &str, labels: &[&str]) -> Result<IntCounterVec, prometheus::Error> {
    IntCounterVec::new(Opts::new(name, help), labels)
}

fn histogram(name: &str, help: &str, bounds: &[f64]) -> Result<Histogram, prometheus::Error> {
    Histogram::with_opts(HistogramOpts::new(name, help).buckets(bounds.to_vec()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_counted_is_rendered_and_registries_are_apart() {
        let metrics = Metrics::new().unwrap();
        metrics.clone().inbound.with_label_values(&["whatsapp", "accepted"]).inc_by(3);
        metrics.commit_batch.observe(5.0);
        let text = metrics.render().unwrap();
        assert!(text.contains("recado_inbound_total{channel=\"whatsapp\",outcome=\"accepted\"} 3"), "{text}");
        assert!(text.contains("recado_commit_batch_bucket{le=\"16\"} 1"), "{text}");
        assert!(!Metrics::new().unwrap().render().unwrap().contains("whatsapp"));
    }
}
