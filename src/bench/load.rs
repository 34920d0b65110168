//! The generator: signed deliveries in an open loop (a rate, whatever comes back) and in a closed one (a customer writes again when
//! answered). It repeats what was refused, as a provider does, and never more than that.

use crate::bench::book::{Book, Message};
use crate::bench::error::BenchError;
use crate::bench::meta;
use crate::bench::talk::greeting_at;
use crate::bench::wire::Wire;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::Instant;

/// Deliveries under way at the same time in the open loop; more wait, and the report shows by how much.
const UNDER_WAY: usize = 1024;
/// First pause before a delivery is repeated; each next one is longer by as much, up to the longest.
const PAUSE: Duration = Duration::from_millis(20);
const LONGEST_PAUSE: Duration = Duration::from_millis(250);
/// How often a delivery is made before it is given up.
const TRIES: u32 = 40;

/// Sends to one server.
pub struct Sender {
    port: u16,
    numbers: u32,
    patience: Duration,
    book: Arc<Book>,
    idle: Mutex<Vec<Wire>>,
}

/// When a run took place, in microseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// The first message could begin.
    pub from: i64,
    /// No further message began.
    pub until: i64,
}

impl Sender {
    /// Makes a sender for the server at `port`, which has so many numbers. `patience` is the longest wait for one reply.
    #[must_use]
    pub const fn new(port: u16, numbers: u32, patience: Duration, book: Arc<Book>) -> Self {
        Self { port, numbers, patience, book, idle: Mutex::new(Vec::new()) }
    }

    /// Lets `customers` write for a while, each again when the last message was answered.
    ///
    /// # Errors
    /// If a delivery is refused for good.
    pub async fn closed(self: &Arc<Self>, customers: u32, span: Duration) -> Result<Window, BenchError> {
        let from = self.book.now();
        let end = Instant::now() + span;
        let mut tasks = JoinSet::new();
        for _ in 0..customers {
            let sender = Arc::clone(self);
            tasks.spawn(async move { sender.converse(end).await });
        }
        all(tasks).await?;
        Ok(Window { from, until: from + micros(span) })
    }

    async fn converse(&self, end: Instant) -> Result<(), BenchError> {
        let mut customer = self.book.newcomer();
        while Instant::now() < end {
            if self.book.is_spent(customer) {
                customer = self.book.newcomer();
            }
            let reply = self.book.expect(customer);
            let accepted = self.deliver(self.book.begin(customer, None)).await?;
            let answered = accepted && tokio::time::timeout(self.patience, reply).await.is_ok_and(|heard| heard.is_ok());
            if !answered {
                // Whoever was not answered says no more; the judge decides what that was.
                customer = self.book.newcomer();
            }
        }
        Ok(())
    }

    /// Sends at a steady rate for a while, whatever comes back.
    ///
    /// # Errors
    /// If a delivery is refused for good.
    pub async fn open(self: &Arc<Self>, rate: f64, span: Duration) -> Result<Window, BenchError> {
        let from = self.book.now();
        let began = Instant::now();
        let places = Arc::new(Semaphore::new(UNDER_WAY));
        let mut tasks = JoinSet::new();
        for number in 0..(rate * span.as_secs_f64()) as u64 {
            let after = Duration::from_secs_f64(number as f64 / rate);
            if began.elapsed() < after {
                tokio::time::sleep_until(began + after).await;
            }
            let Ok(place) = Arc::clone(&places).acquire_owned().await else { break };
            let message = self.book.begin(self.book.choose(number), Some(from + micros(after)));
            let sender = Arc::clone(self);
            tasks.spawn(async move {
                let outcome = sender.deliver(message).await.map(drop);
                drop(place);
                outcome
            });
            while let Some(ended) = tasks.try_join_next() {
                ended.ok().ok_or(BenchError::Ended)??;
            }
        }
        all(tasks).await?;
        Ok(Window { from, until: from + micros(span) })
    }

    /// Delivers until it is acknowledged; `false` if that never came.
    async fn deliver(&self, message: Message) -> Result<bool, BenchError> {
        let id = format!("wamid.IN-{}-{}", message.customer, message.place);
        let number = meta::number_id(message.customer % self.numbers.max(1));
        let phone = meta::phone_of(message.customer);
        let request = meta::request(&meta::message(&number, &phone, &id, self.book.now() / 1_000_000, greeting_at(message.place)));
        for tries in 1..=TRIES {
            match self.post(&request).await.as_deref() {
                Ok("200") => {
                    self.book.end(message, true);
                    return Ok(true);
                }
                Ok("408" | "429" | "500" | "502" | "503" | "504") | Err(_) => {
                    self.book.refuse();
                    tokio::time::sleep((PAUSE * tries).min(LONGEST_PAUSE)).await;
                }
                Ok(other) => return Err(BenchError::Refused(other.to_owned())),
            }
        }
        self.book.end(message, false);
        Ok(false)
    }

    /// Posts once, over a connection that is free or new; returns the status.
    async fn post(&self, request: &[u8]) -> std::io::Result<String> {
        let free = self.idle().pop();
        let mut wire = match free {
            Some(wire) => wire,
            None => Wire::connect(self.port).await?,
        };
        let answer = tokio::time::timeout(self.patience, wire.ask(request)).await??;
        self.idle().push(wire);
        Ok(answer.word)
    }

    fn idle(&self) -> std::sync::MutexGuard<'_, Vec<Wire>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn all(mut tasks: JoinSet<Result<(), BenchError>>) -> Result<(), BenchError> {
    while let Some(ended) = tasks.join_next().await {
        ended.ok().ok_or(BenchError::Ended)??;
    }
    Ok(())
}

fn micros(span: Duration) -> i64 {
    i64::try_from(span.as_micros()).unwrap_or(i64::MAX)
}
