//! The adapter's sending side: signed deliveries over connections that stay open, in closed loops or at a given rate.

use crate::adapter::Adapter;
use crate::server::Inbox;
use crate::wire::Wire;
use anyhow::{Context, bail};
use recado::crypto::standard_webhooks::{ID_HEADER, SIGNATURE_HEADER, TIMESTAMP_HEADER, sign};
use recado::net::clock::SystemClock;
use recado::ports::clock::Clock;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::Instant;

/// Longest wait for one reply; a message without one by then counts as lost.
const PATIENCE: Duration = Duration::from_secs(60);
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
        let place = (self.latencies.len() as f64 * share) as usize;
        let last = self.latencies.len().saturating_sub(1);
        self.latencies.get(place.min(last)).map_or(f64::NAN, |latency| latency.as_secs_f64() * 1000.0)
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
        wire.write(&self.request(conversation)?).await?;
        let answer = wire.read().await?.context("the server closed the connection")?;
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
            tasks.spawn(async move {
                let mut wire = Wire::connect(sender.port).await?;
                let mut outcome = Outcome::default();
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    if limit.over(number, began) {
                        return anyhow::Ok(outcome);
                    }
                    let at = Instant::now();
                    if sender.post(&mut wire, &sender.name(number % conversations)).await? {
                        outcome.done += 1;
                        outcome.latencies.push(at.elapsed());
                    } else {
                        outcome.refused += 1;
                        tokio::time::sleep(Duration::from_millis(10)).await;
                    }
                }
            });
        }
        gather(tasks, began).await
    }

    /// Lets `customers` write, each its next message when the last one was answered, until the limit.
    pub async fn talk(&self, adapter: &Adapter, first: u64, customers: u64, limit: Limit) -> anyhow::Result<Outcome> {
        let next = Arc::new(AtomicU64::new(0));
        let mut tasks = JoinSet::new();
        let began = Instant::now();
        for customer in first..first + customers {
            let (sender, adapter, next) = (self.clone(), adapter.clone(), Arc::clone(&next));
            tasks.spawn(async move {
                let mut wire = Wire::connect(sender.port).await?;
                let mut outcome = Outcome::default();
                let mut round = 0;
                loop {
                    if limit.over(next.fetch_add(1, Ordering::Relaxed), began) {
                        return anyhow::Ok(outcome);
                    }
                    // Several conversations each, so that none becomes endless.
                    let name = sender.name(customer + (round % 4) * 1_000_000);
                    round += 1;
                    let reply = adapter.expect(&name);
                    let at = Instant::now();
                    if sender.post(&mut wire, &name).await? {
                        let came = tokio::time::timeout(PATIENCE, reply).await.with_context(|| format!("no reply for {name}"))??;
                        outcome.done += 1;
                        outcome.latencies.push(came.saturating_duration_since(at));
                    } else {
                        outcome.refused += 1;
                        tokio::time::sleep(Duration::from_millis(10)).await;
                    }
                }
            });
        }
        gather(tasks, began).await
    }

    /// Sends at a steady rate whatever comes back, over `connections`; conversations in turn.
    pub async fn paced(&self, adapter: &Adapter, rate: f64, conversations: u64, span: Duration) -> anyhow::Result<Outcome> {
        const CONNECTIONS: usize = 64;
        let mut tasks = JoinSet::new();
        let began = Instant::now();
        let total = (rate * span.as_secs_f64()) as u64;
        let (queue, numbers) = mpsc::channel::<(u64, Instant)>(CONNECTIONS);
        let numbers = Arc::new(tokio::sync::Mutex::new(numbers));
        for _ in 0..CONNECTIONS {
            let (sender, adapter, numbers) = (self.clone(), adapter.clone(), Arc::clone(&numbers));
            tasks.spawn(async move {
                let mut wire = Wire::connect(sender.port).await?;
                let mut waiting = Vec::new();
                let mut outcome = Outcome::default();
                loop {
                    let due = numbers.lock().await.recv().await;
                    let Some((number, _)) = due else { break };
                    let name = sender.name(number % conversations);
                    let reply = adapter.expect(&name);
                    let at = Instant::now();
                    if sender.post(&mut wire, &name).await? {
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
                anyhow::Ok(outcome)
            });
        }
        for number in 0..total {
            let due = began + Duration::from_secs_f64(number as f64 / rate);
            tokio::time::sleep_until(due).await;
            if queue.send((number, due)).await.is_err() {
                break;
            }
        }
        drop(queue);
        gather(tasks, began).await
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
