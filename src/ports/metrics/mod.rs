//! What the product counts about itself, as Prometheus reads it. Labels are fixed words only: never a tenant, an id, an address or a text.
//!
//! One registry per process; the rooms that measure get their meters from here and know no registry.

mod calendar;
mod engine;
mod model;
mod writer;

pub use calendar::{CalendarMeters, CalendarWork, WorkEnd};
pub use engine::{EngineMeters, SendOutcome};
pub use model::{ModelCall, ModelMeters, ModelOutcome};
pub use writer::WriterMeters;

use prometheus::{Gauge, IntCounter, IntGauge, Opts, Registry};
use thiserror::Error;

/// The registry refused a metric.
#[derive(Debug, Error)]
#[error("the metrics are broken")]
pub struct MetricsError(#[from] prometheus::Error);

/// The engine's totals since its start, and what is in memory now.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// Conversations in memory now.
    pub live: i64,
    /// Rows that the lanes hold in memory now.
    pub lane_rows: usize,
    /// Rows of the lane that holds most.
    pub lane_longest: usize,
    /// Loads from the database.
    pub activations: u64,
    /// Turns asked of a model.
    pub turns: u64,
    /// Hand-offs committed.
    pub handoffs: u64,
    /// Messages that left.
    pub sent: u64,
    /// Rows that only the safety net found.
    pub swept: u64,
    /// Commits that another writer had overtaken.
    pub stale: u64,
    /// Commits refused because a partition was lost.
    pub fenced: u64,
    /// Panics caught.
    pub panics: u64,
}

/// The numbers as they are shown. Cheap to clone: every clone shows the same numbers.
#[derive(Clone, Debug)]
pub struct Metrics {
    registry: Registry,
    live: IntGauge,
    lanes: [IntGauge; 2],
    counters: [IntCounter; 8],
    models: ModelMeters,
}

impl Metrics {
    /// Makes the numbers in a registry of their own, so that tests can run side by side.
    ///
    /// # Errors
    /// [`MetricsError`] if two metrics share a name.
    pub fn new() -> Result<Self, MetricsError> {
        let registry = Registry::new();
        let live = IntGauge::new("recado_live_conversations", "Conversations in memory")?;
        registry.register(Box::new(live.clone()))?;
        let lanes = [
            IntGauge::new("recado_lane_rows", "Sends that the lanes hold in memory, waiting or under way")?,
            IntGauge::new("recado_lane_longest_rows", "Sends in the lane that holds most")?,
        ];
        for gauge in &lanes {
            registry.register(Box::new(gauge.clone()))?;
        }
        let counters = [
            IntCounter::new("recado_activations_total", "Conversations loaded from the database")?,
            IntCounter::new("recado_turns_total", "Turns asked of a model")?,
            IntCounter::new("recado_handoffs_total", "Hand-offs to people")?,
            IntCounter::new("recado_sent_total", "Messages that left")?,
            IntCounter::new("recado_swept_total", "Rows that only the safety net found")?,
            IntCounter::new("recado_stale_commits_total", "Commits that another writer had overtaken")?,
            IntCounter::new("recado_fenced_commits_total", "Commits refused because a partition was lost")?,
            IntCounter::new("recado_panics_total", "Panics caught")?,
        ];
        for counter in &counters {
            registry.register(Box::new(counter.clone()))?;
        }
        let models = ModelMeters::register(&registry)?;
        build_info(&registry)?;
        Ok(Self { registry, live, lanes, counters, models })
    }

    /// Returns the meters of calls of models, for every room that makes such calls.
    #[must_use]
    pub const fn models(&self) -> &ModelMeters {
        &self.models
    }

    /// Returns the registry, for rooms that count things of their own.
    #[must_use]
    pub const fn registry(&self) -> &Registry {
        &self.registry
    }

    /// Shows the engine's totals as they are now; a total that went back is kept.
    pub fn show(&self, totals: Totals) {
        self.live.set(totals.live);
        let Totals { live: _, lane_rows, lane_longest, activations, turns, handoffs, sent, swept, stale, fenced, panics } = totals;
        let now = [activations, turns, handoffs, sent, swept, stale, fenced, panics];
        for (gauge, length) in self.lanes.iter().zip([lane_rows, lane_longest]) {
            gauge.set(i64::try_from(length).unwrap_or(i64::MAX));
        }
        for (counter, total) in self.counters.iter().zip(now) {
            counter.inc_by(total.saturating_sub(counter.get()));
        }
    }
}

/// Tells which release runs; its value is always 1.
fn build_info(registry: &Registry) -> Result<(), MetricsError> {
    let info = Opts::new("recado_build_info", "Which release runs; always 1.").const_label("version", env!("CARGO_PKG_VERSION"));
    let info = Gauge::with_opts(info)?;
    info.set(1.0);
    Ok(registry.register(Box::new(info))?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use prometheus::{Encoder, TextEncoder};

    fn text(metrics: &Metrics) -> String {
        let mut text = Vec::new();
        TextEncoder::new().encode(&metrics.registry().gather(), &mut text).unwrap();
        String::from_utf8(text).unwrap()
    }

    #[test]
    fn totals_are_shown_and_never_go_back() {
        let metrics = Metrics::new().unwrap();
        metrics.show(Totals { live: 3, sent: 7, lane_rows: 9, lane_longest: 8, ..Totals::default() });
        metrics.show(Totals { live: 1, sent: 5, turns: 2, lane_rows: 4, ..Totals::default() });
        let text = text(&metrics);
        for line in [
            "recado_live_conversations 1",
            "recado_lane_rows 4",
            "recado_lane_longest_rows 0",
            "recado_sent_total 7",
            "recado_turns_total 2",
            "recado_panics_total 0",
        ] {
            assert!(text.lines().any(|shown| shown == line), "{line} in {text}");
        }
    }
}
