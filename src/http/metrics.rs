//! What the door counts, and what it shows of the queue. Labels are fixed words and route patterns: no id, no path, so their number is
//! bounded.

use crate::ports::clock::{Clock, Moment};
use crate::ports::metrics::MetricsError;
use crate::store::Store;
use crate::store::figures::QueueFigures;
use prometheus::{Gauge, HistogramOpts, HistogramVec, IntCounterVec, IntGauge, IntGaugeVec, Opts, Registry};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Mutex;

/// The door's counters.
#[derive(Clone)]
pub struct HttpMetrics {
    requests: HistogramVec,
    answers: IntCounterVec,
    items: IntCounterVec,
    unrouted: IntCounterVec,
    queue: QueueGauges,
}

impl HttpMetrics {
    /// Makes the counters and registers them.
    ///
    /// # Errors
    /// [`MetricsError`] if the registry has them already.
    pub fn register(registry: &Registry) -> Result<Self, MetricsError> {
        let seconds = HistogramOpts::new("recado_http_request_duration_seconds", "Time from the head of a request to its answer.");
        let requests = HistogramVec::new(seconds, &["route", "method", "class"])?;
        let answers = Opts::new("recado_http_responses_total", "Answers by their exact status.");
        let answers = IntCounterVec::new(answers, &["status"])?;
        let items = Opts::new("recado_inbound_items_total", "Parts of deliveries by what became of them.");
        let items = IntCounterVec::new(items, &["channel", "outcome"])?;
        let unrouted = Opts::new("recado_unrouted_total", "Parts of deliveries that belong to no conversation, by reason.");
        let unrouted = IntCounterVec::new(unrouted, &["channel", "reason"])?;
        registry.register(Box::new(requests.clone()))?;
        registry.register(Box::new(answers.clone()))?;
        registry.register(Box::new(items.clone()))?;
        registry.register(Box::new(unrouted.clone()))?;
        Ok(Self { requests, answers, items, unrouted, queue: QueueGauges::register(registry)? })
    }

    /// Counts an answer. `method` is one of few words: a caller can send any.
    pub fn answered(&self, route: &str, method: &'static str, status: u16, spent: Duration) {
        self.requests.with_label_values(&[route, method, class_of(status)]).observe(spent.as_secs_f64());
        self.answers.with_label_values(&[&status.to_string()]).inc();
    }

    /// Counts items of a delivery: `accepted`, `duplicate`, `unrouted`, `refused`, `status`.
    pub fn items(&self, channel: &str, outcome: &str, count: u64) {
        self.items.with_label_values(&[channel, outcome]).inc_by(count);
    }

    /// Counts a part that belongs nowhere.
    pub fn unrouted(&self, channel: &str, reason: &str) {
        self.unrouted.with_label_values(&[channel, reason]).inc();
    }

    /// Brings what is read from the database up to date, unless it is fresh.
    pub async fn look_at_queue(&self, store: &Store, clock: &dyn Clock) {
        self.queue.refresh(store, clock).await;
    }
}

const fn class_of(status: u16) -> &'static str {
    match status {
        100..=199 => "1xx",
        200..=299 => "2xx",
        300..=399 => "3xx",
        400..=499 => "4xx",
        _ => "5xx",
    }
}

/// How long figures of the queue count as fresh: whoever asks more often costs the database nothing.
const FRESH: Duration = Duration::from_secs(2);
/// Longest time for the question; then the last answer stays and `recado_queue_read` says so.
const PATIENCE: Duration = Duration::from_secs(2);

/// The queue as the database shows it, read when somebody asks.
#[derive(Clone)]
struct QueueGauges {
    read: IntGauge,
    inbound_age: Gauge,
    outbox_age: Gauge,
    inbound: IntGaugeVec,
    outbox: IntGaugeVec,
    paused: IntGauge,
    writer: IntGauge,
    wal: IntGauge,
    seen: Arc<Mutex<Option<Moment>>>,
}

impl QueueGauges {
    fn register(registry: &Registry) -> Result<Self, MetricsError> {
        let inbound = Opts::new("recado_inbound_rows", "Rows of the queue: open, dead or quarantined; stops at 20000.");
        let outbox = Opts::new("recado_outbox_rows", "Rows of the outbox that are no settled success, by state; stops at 20000.");
        let gauges = Self {
            read: IntGauge::new("recado_queue_read", "1 if the figures of the queue were read, 0 if the database did not answer.")?,
            inbound_age: Gauge::new("recado_inbound_oldest_seconds", "Age of the oldest row that is owed an outcome.")?,
            outbox_age: Gauge::new("recado_outbox_oldest_due_seconds", "How long the oldest row of the outbox has been due.")?,
            inbound: IntGaugeVec::new(inbound, &["state"])?,
            outbox: IntGaugeVec::new(outbox, &["state"])?,
            paused: IntGauge::new("recado_paused_inboxes", "Inboxes that stopped sending because their account needs attention.")?,
            writer: IntGauge::new("recado_writer_queue_operations", "Writes that wait for the writer.")?,
            wal: IntGauge::new("recado_sqlite_wal_bytes", "Size of the write-ahead log of SQLite; 0 on PostgreSQL.")?,
            seen: Arc::default(),
        };
        registry.register(Box::new(gauges.read.clone()))?;
        registry.register(Box::new(gauges.inbound_age.clone()))?;
        registry.register(Box::new(gauges.outbox_age.clone()))?;
        registry.register(Box::new(gauges.inbound.clone()))?;
        registry.register(Box::new(gauges.outbox.clone()))?;
        registry.register(Box::new(gauges.paused.clone()))?;
        registry.register(Box::new(gauges.writer.clone()))?;
        registry.register(Box::new(gauges.wal.clone()))?;
        Ok(gauges)
    }

    /// Asks the database at most once for all who ask meanwhile.
    async fn refresh(&self, store: &Store, clock: &dyn Clock) {
        self.writer.set(whole(store.writer_queue()));
        self.wal.set(i64::try_from(store.wal_bytes().unwrap_or(0)).unwrap_or(i64::MAX));
        let mut seen = self.seen.lock().await;
        let now = clock.moment();
        if seen.is_some_and(|seen| now < seen.after(FRESH)) {
            return;
        }
        let figures = tokio::select! {
            figures = store.queue_figures() => figures.ok(),
            () = clock.sleep_until(now.after(PATIENCE)) => None,
        };
        self.read.set(i64::from(figures.is_some()));
        if let Some(figures) = figures {
            self.show(figures);
        }
        *seen = Some(now);
    }

    fn show(&self, figures: QueueFigures) {
        self.inbound_age.set(figures.inbound_age.as_secs_f64());
        self.outbox_age.set(figures.outbox_age.as_secs_f64());
        self.paused.set(figures.paused_inboxes);
        let inbound = [("open", figures.inbound_open), ("dead", figures.inbound_dead), ("quarantined", figures.quarantined)];
        for (state, count) in inbound {
            self.inbound.with_label_values(&[state]).set(count);
        }
        let rows = figures.outbox;
        let outbox = [("pending", rows.pending), ("retry", rows.retry), ("sending", rows.sending)];
        let stuck = [("failed", rows.failed), ("dead", rows.dead), ("uncertain", rows.uncertain)];
        for (state, count) in outbox.into_iter().chain(stuck) {
            self.outbox.with_label_values(&[state]).set(count);
        }
    }
}

fn whole(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}
