//! What the writer of the database measures: how full its transactions are, and how long they take.

use crate::ports::metrics::MetricsError;
use prometheus::{Histogram, HistogramOpts, IntCounter, Registry};
use std::time::Duration;

/// The writer's meters. Cheap to clone: every clone counts for the same numbers.
#[derive(Clone, Debug)]
pub struct WriterMeters {
    operations: Histogram,
    seconds: Histogram,
    failed: IntCounter,
    refused: IntCounter,
}

impl WriterMeters {
    /// Makes the meters and registers them.
    ///
    /// # Errors
    /// [`MetricsError`] if the registry has them already.
    pub fn register(registry: &Registry) -> Result<Self, MetricsError> {
        let operations = HistogramOpts::new("recado_commit_operations", "Operations in one transaction of the writer.")
            .buckets(vec![1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0, 512.0]);
        let seconds = HistogramOpts::new("recado_commit_duration_seconds", "Time of one transaction of the writer, fsync included.")
            .buckets(vec![0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 10.0]);
        let meters = Self {
            operations: Histogram::with_opts(operations)?,
            seconds: Histogram::with_opts(seconds)?,
            failed: IntCounter::new("recado_commits_failed_total", "Transactions of the writer that came to nothing.")?,
            refused: IntCounter::new("recado_writes_refused_total", "Writes refused because too many were waiting.")?,
        };
        registry.register(Box::new(meters.operations.clone()))?;
        registry.register(Box::new(meters.seconds.clone()))?;
        registry.register(Box::new(meters.failed.clone()))?;
        registry.register(Box::new(meters.refused.clone()))?;
        Ok(meters)
    }

    /// Counts a transaction that stands.
    pub fn committed(&self, operations: usize, spent: Duration) {
        self.operations.observe(f64::from(u32::try_from(operations).unwrap_or(u32::MAX)));
        self.seconds.observe(spent.as_secs_f64());
    }

    /// Counts a transaction that failed; what was in it may be tried again one by one.
    pub fn failed(&self) {
        self.failed.inc();
    }

    /// Counts a write that found no place.
    pub fn refused(&self) {
        self.refused.inc();
    }
}
