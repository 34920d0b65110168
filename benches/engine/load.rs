//! The adapter's sending side: signed deliveries over connections that stay open, in closed loops or at a given rate.

use crate::adapter::Adapter;
use crate::server::Inbox;
use anyhow::{Context, bail};
use recado::bench::{Wire, percentile};
use recado::crypto::standard_webhooks::{ID_HEADER, SIGNATURE_HEADER, TIMESTAMP_HEADER, sign};
use recado::net::clock::SystemClock;
use recado::ports::clock::Clock;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::sync::{Mutex, mpsc};
use tokio::task::JoinSet;
use tokio::time::Instant;

/// Longest wait for one reply; a message without one by then counts as lost.
const PATIENCE: Duration = Duration::from_secs(60);
/// Pause after a refusal.
const PAUSE: Duration = Duration::from_millis(10);
/// Connections of a steady sender.
const CONNECTIONS: usize = 64;
/// What customers say: a greeting, which the offline assistant answers without any data.
const TEXT: &str = "hola, buenas tardes";

static EVENTS: AtomicU64 = AtomicU64::new(0);

/// What sends and where to.
#[derive(Clone)]
pub struct Sender {
    /// The server's port.
    pub port: u16,
    /// The inbox.
    pub inbox: Inbox,
    /// Before the number in the name of a conversation.
    pub prefix: &'static str,
}

/// What a run came to.
#[derive(Default)]
pub struct Outcome {
    /// Messages that were accepted (for pipelines: and answered).
    pub done: u64,
    /// Refusals with 429 or 503.
    pub refused: u64,
    /// From the first to the last.
    pub spent: Duration,
    /// One per message: from just before it is written to the receipt of its reply.
    pub latencies: Vec<Duration>,
}

impl Outcome {
    /// Messages per second.
    pub fn rate(&self) -> f64 {
        self.done as f64 / self.spent.as_secs_f64().max(f64::EPSILON)
    }

    /// The latency below which this share lies, in milliseconds.
    pub fn percentile(&mut self, share: f64) -> f64 {
        self.latencies.sort_unstable();
        percentile(&self.latencies, share).map_or(f64::NAN, |latency| latency.as_secs_f64() * 1000.0)
    }
}

impl Sender {
    /// The name of a conversation.
    pub fn name(&self, number: u64) -> String {
        format!("{}-{number}", self.prefix)
    }

    /// One signed request, ready to be written.
    fn request(&self, conversation: &str) -> anyhow::Result<Vec<u8>> {
        let event = format!("e{}", EVENTS.fetch_add(1, Ordering::Relaxed));
        let body = format!(
            "{{\"type\":\"message\",\"event_id\":\"{event}\",\"conversation\":{{\"external_id\":\"{conversation}\"}},\
             \"contact\":{{\"external_id\":\"{conversation}\",\"display_name\":\"Ana Prueba\"}},\
             \"message\":{{\"external_id\":\"m-{event}\",\"text\":\"{TEXT}\"}}}}"
        );
        let seconds = SystemClock::new().now().micros() / 1_000_000;
        let signature = sign(&self.inbox.secret, &event, seconds, body.as_bytes())?;
        let head = format!(
            "POST /api/v1/channels/{}/events HTTP/1.1\r\nhost: bench\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\
             {ID_HEADER}: {event}\r\n{TIMESTAMP_HEADER}: {seconds}\r\n{SIGNATURE_HEADER}: {signature}\r\n\r\n",
            self.inbox.id,
            body.len()
        );
        Ok([head.into_bytes(), body.into_bytes()].concat())
    }

    /// Posts one message; `false` if it is to be repeated later.
    pub async fn post(&self, wire: &mut Wire, conversation: &str) -> anyhow::Result<bool> {
        let answer = wire.ask(&self.request(conversation)?).await?;
        match answer.word.as_str() {
            "202" => Ok(true),
            "429" | "503" => Ok(false),
            other => bail!("the server answered {other}: {}", String::from_utf8_lossy(&answer.body)),
        }
    }

    /// Posts as fast as answers come, over `connections`, to conversations taken in turn; ends after `count` or `span`.
    pub async fn acks(&self, connections: u64, conversations: u64, limit: Limit) -> anyhow::Result<Outcome> {
        let next = Arc::new(AtomicU64::new(0));
        let mut tasks = JoinSet::new();
        let began = Instant::now();
        for _ in 0..connections {
            let (sender, next) = (self.clone(), Arc::clone(&next));
            tasks.spawn(async move { sender.ack(conversations, &next, limit, began).await });
        }
        gather(tasks, began).await
    }

    async fn ack(&self, conversations: u64, next: &AtomicU64, limit: Limit, began: Instant) -> anyhow::Result<Outcome> {
        let mut wire = Wire::connect(self.port).await?;
        let mut outcome = Outcome::default();
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            if limit.over(number, began) {
                return Ok(outcome);
            }
            let at = Instant::now();
            if self.post(&mut wire, &self.name(number % conversations)).await? {
                outcome.done += 1;
                outcome.latencies.push(at.elapsed());
            } else {
                outcome.refused += 1;
                tokio::time::sleep(PAUSE).await;
            }
        }
    }

    /// Lets `customers` write, each its next message when the last one was answered, until the limit.
    pub async fn talk(&self, adapter: &Adapter, first: u64, customers: u64, limit: Limit) -> anyhow::Result<Outcome> {
        let mut tasks = JoinSet::new();
        let began = Instant::now();
        for customer in first..first + customers {
            let (sender, adapter) = (self.clone(), adapter.clone());
            tasks.spawn(async move { sender.customer(&adapter, customer, limit, began).await });
        }
        gather(tasks, began).await
    }

    async fn customer(&self, adapter: &Adapter, customer: u64, limit: Limit, began: Instant) -> anyhow::Result<Outcome> {
        let mut wire = Wire::connect(self.port).await?;
        let mut outcome = Outcome::default();
        let mut round = 0;
        while !limit.over(round, began) {
            // Several conversations each, so that none becomes endless.
            let name = self.name(customer + (round % 4) * 1_000_000);
            round += 1;
            let reply = adapter.expect(&name);
            let at = Instant::now();
            if self.post(&mut wire, &name).await? {
                let came = tokio::time::timeout(PATIENCE, reply).await.with_context(|| format!("no reply for {name}"))??;
                outcome.done += 1;
                outcome.latencies.push(came.saturating_duration_since(at));
            } else {
                outcome.refused += 1;
                tokio::time::sleep(PAUSE).await;
            }
        }
        Ok(outcome)
    }

    /// Sends at a steady rate whatever comes back, over [`CONNECTIONS`]; conversations in turn.
    pub async fn paced(&self, adapter: &Adapter, rate: f64, conversations: u64, span: Duration) -> anyhow::Result<Outcome> {
        let mut tasks = JoinSet::new();
        let began = Instant::now();
        let total = (rate * span.as_secs_f64()) as u64;
        let (queue, numbers) = mpsc::channel(CONNECTIONS);
        let numbers = Arc::new(Mutex::new(numbers));
        for _ in 0..CONNECTIONS {
            let (sender, adapter, numbers) = (self.clone(), adapter.clone(), Arc::clone(&numbers));
            tasks.spawn(async move { sender.send_due(&adapter, conversations, &numbers).await });
        }
        for number in 0..total {
            tokio::time::sleep_until(began + Duration::from_secs_f64(number as f64 / rate)).await;
            if queue.send(number).await.is_err() {
                break;
            }
        }
        drop(queue);
        gather(tasks, began).await
    }

    async fn send_due(&self, adapter: &Adapter, conversations: u64, numbers: &Mutex<mpsc::Receiver<u64>>) -> anyhow::Result<Outcome> {
        let mut wire = Wire::connect(self.port).await?;
        let mut waiting = Vec::new();
        let mut outcome = Outcome::default();
        loop {
            let due = numbers.lock().await.recv().await;
            let Some(number) = due else { break };
            let name = self.name(number % conversations);
            let reply = adapter.expect(&name);
            let at = Instant::now();
            if self.post(&mut wire, &name).await? {
                waiting.push((at, reply));
            } else {
                outcome.refused += 1;
            }
        }
        for (at, reply) in waiting {
            // A sender that was replaced by a later message of the same conversation is not a reply.
            if let Ok(Ok(came)) = tokio::time::timeout(PATIENCE, reply).await {
                outcome.done += 1;
                outcome.latencies.push(came.saturating_duration_since(at));
            }
        }
        Ok(outcome)
    }
}

/// When a run ends.
#[derive(Clone, Copy)]
pub enum Limit {
    /// After so many messages.
    Count(u64),
    /// After so long.
    Span(Duration),
}

impl Limit {
    fn over(self, number: u64, began: Instant) -> bool {
        match self {
            Self::Count(count) => number >= count,
            Self::Span(span) => began.elapsed() >= span,
        }
    }
}

async fn gather(mut tasks: JoinSet<anyhow::Result<Outcome>>, began: Instant) -> anyhow::Result<Outcome> {
    let mut sum = Outcome::default();
    while let Some(outcome) = tasks.join_next().await {
        let outcome = outcome??;
        sum.done += outcome.done;
        sum.refused += outcome.refused;
        sum.latencies.extend(outcome.latencies);
    }
    sum.spent = began.elapsed();
    Ok(sum)
}
