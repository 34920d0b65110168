//! A channel adapter as a third party would write it: `POST /messages` of our contract. Its log is the truth about what customers received.
//!
//! It checks our signature with its own eyes and believes nothing else. What breaks the contract is kept as a complaint, for the test to
//! find none.

use crate::support::dice::Dice;
use crate::support::peer::{Answer, Peer, Request};
use anyhow::Result;
use recado::crypto::standard_webhooks::{ID_HEADER, SIGNATURE_HEADER, SignedHeaders, TIMESTAMP_HEADER, TOLERANCE, new_secret, verify};
use recado::domain::time::Timestamp;
use recado::net::clock::SystemClock;
use recado::ports::clock::Clock;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::json;
use std::collections::{HashMap, VecDeque};
use std::ops::Range;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::watch;

/// A message that the customer received.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Accepted {
    /// The id that the adapter gave it.
    pub external_id: String,
    /// Our idempotency key.
    pub key: String,
    /// Where it went.
    pub room: String,
    /// What it says.
    pub text: String,
    /// Its files, as they came.
    pub attachments: Vec<serde_json::Value>,
    /// The customer's message that it answers.
    pub in_reply_to: Option<String>,
    /// When.
    pub at: Timestamp,
}

/// One call, whatever became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// When.
    pub at: Timestamp,
    /// Our idempotency key.
    pub key: String,
    /// The status that it was answered with; 0 where there was no answer.
    pub status: u16,
}

/// What the adapter does next instead of taking the message.
#[derive(Clone, Debug)]
pub enum Trouble {
    /// 422 with this code of the contract.
    Refuse(&'static str),
    /// This status, without a body of the contract.
    Status(u16),
    /// 429 with `Retry-After` in seconds.
    TooMany(u64),
    /// Never answers; not taken.
    Hang,
    /// Breaks the connection; not taken.
    Reset,
    /// Takes the message, then breaks the connection.
    LoseAnswer,
}

/// How the adapter is.
#[derive(Clone, Debug)]
pub struct Manner {
    /// It recognises a repeated idempotency key.
    pub idempotent: bool,
    /// How long its answers take, in milliseconds; a message is taken before the wait.
    pub latency: Range<u64>,
    /// For the latency.
    pub seed: u64,
    /// It takes the sender's time for now: for tests that turn the clock.
    pub timeless: bool,
}

impl Default for Manner {
    fn default() -> Self {
        Self { idempotent: true, latency: 0..1, seed: 1, timeless: false }
    }
}

/// The adapter; stops when dropped.
#[derive(Debug)]
pub struct FakeAdapter {
    peer: Peer,
    desk: Arc<Desk>,
}

#[derive(Debug)]
struct Desk {
    manner: Manner,
    secret: SecretString,
    clock: SystemClock,
    book: Mutex<Book>,
    changed: watch::Sender<usize>,
}

#[derive(Debug)]
struct Book {
    accepted: Vec<Accepted>,
    by_key: HashMap<String, String>,
    calls: Vec<Call>,
    complaints: Vec<String>,
    troubles: VecDeque<Trouble>,
    dice: Dice,
}

/// The body of `POST /messages`. Strict: a field that the contract does not know is a complaint.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    idempotency_key: String,
    conversation: Conversation,
    #[serde(default)]
    in_reply_to: Option<String>,
    message: Message,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Conversation {
    external_id: String,
}

#[derive(Debug, Deserialize)]
#[expect(dead_code, reason = "read to be checked")]
#[serde(deny_unknown_fields)]
struct Message {
    kind: String,
    text: String,
    #[serde(default)]
    attachments: Vec<serde_json::Value>,
    #[serde(default)]
    buttons: Vec<serde_json::Value>,
    #[serde(default)]
    template: Option<serde_json::Value>,
    #[serde(default)]
    reply_to: Option<String>,
}

impl FakeAdapter {
    /// Starts an adapter that recognises repeats and answers at once.
    pub async fn start() -> Result<Self> {
        Self::with(Manner::default()).await
    }

    /// Starts an adapter of another manner.
    pub async fn with(manner: Manner) -> Result<Self> {
        let dice = Dice::new(manner.seed);
        let book = Book {
            accepted: Vec::new(),
            by_key: HashMap::new(),
            calls: Vec::new(),
            complaints: Vec::new(),
            troubles: VecDeque::new(),
            dice,
        };
        let desk = Arc::new(Desk {
            manner,
            secret: new_secret(&recado::crypto::random::random_bytes()?),
            clock: SystemClock::new(),
            book: Mutex::new(book),
            changed: watch::Sender::new(0),
        });
        let handler = Arc::clone(&desk);
        let peer = Peer::start(Arc::new(move |request| {
            let desk = Arc::clone(&handler);
            Box::pin(async move { desk.answer(&request) })
        }));
        Ok(Self { peer: peer.await?, desk })
    }

    /// Returns `{adapter_base}`.
    pub fn url(&self) -> String {
        self.peer.url()
    }

    /// Returns the secret that both sides sign with.
    pub fn secret(&self) -> &SecretString {
        &self.desk.secret
    }

    /// Returns the configuration of an inbox that speaks to this adapter.
    pub fn config(&self) -> serde_json::Value {
        json!({"url": self.url(), "secret": self.secret().expose_secret()})
    }

    /// Lets one of the next calls fail; several fail in this order.
    pub fn then(&self, trouble: Trouble) {
        self.book().troubles.push_back(trouble);
    }

    /// Returns what customers received, in order.
    pub fn log(&self) -> Vec<Accepted> {
        self.book().accepted.clone()
    }

    /// Returns what was received in a room, in order.
    pub fn in_room(&self, room: &str) -> Vec<Accepted> {
        self.book().accepted.iter().filter(|accepted| accepted.room == room).cloned().collect()
    }

    /// Counts what was received in a room.
    pub fn count_in(&self, room: &str) -> usize {
        self.book().accepted.iter().filter(|accepted| accepted.room == room).count()
    }

    /// Counts what was received.
    pub fn count(&self) -> usize {
        self.book().accepted.len()
    }

    /// Returns every call.
    pub fn calls(&self) -> Vec<Call> {
        self.book().calls.clone()
    }

    /// Returns what broke the contract.
    pub fn complaints(&self) -> Vec<String> {
        self.book().complaints.clone()
    }

    /// Waits until a room has received `count` messages. Bound it by a deadline.
    pub async fn received(&self, room: &str, count: usize) -> Vec<Accepted> {
        let mut changes = self.desk.changed.subscribe();
        loop {
            changes.borrow_and_update();
            let found = self.in_room(room);
            if found.len() >= count || changes.changed().await.is_err() {
                return found;
            }
        }
    }

    fn book(&self) -> std::sync::MutexGuard<'_, Book> {
        self.desk.book.lock().expect("no test panics with the book in its hands")
    }
}

impl Desk {
    fn answer(&self, request: &Request) -> (Duration, Answer) {
        let at = self.clock.now();
        let mut book = self.book.lock().expect("no test panics with the book in its hands");
        let latency = book.dice.millis(&self.manner.latency);
        if request.method == "GET" && request.path == "/capabilities" {
            return (latency, Answer::json(200, &json!({"idempotent": self.manner.idempotent})));
        }
        let body = match self.read(request, at) {
            Ok(body) => body,
            Err((status, complaint)) => {
                book.complaints.push(complaint);
                return (latency, Answer::json(status, &json!({"error": {"code": "invalid"}})));
            }
        };
        let key = body.idempotency_key.clone();
        let answer = book.take(body, at, self.manner.idempotent);
        let status = if let Answer::Json { status, .. } = &answer { *status } else { 0 };
        book.calls.push(Call { at, key, status });
        self.changed.send_replace(book.accepted.len());
        (latency, answer)
    }

    fn read(&self, request: &Request, at: Timestamp) -> Result<Body, (u16, String)> {
        if (request.method.as_str(), request.path.as_str()) != ("POST", "/messages") {
            return Err((404, format!("{} {} is not of the contract", request.method, request.path)));
        }
        let signatures: Vec<&str> = request.header(SIGNATURE_HEADER).into_iter().collect();
        let headers = SignedHeaders { id: request.header(ID_HEADER), timestamp: request.header(TIMESTAMP_HEADER), signatures: &signatures };
        let claimed = headers.timestamp.and_then(|text| text.parse().ok()).map(Timestamp::from_secs);
        let now = claimed.filter(|_| self.manner.timeless).unwrap_or(at);
        verify(std::slice::from_ref(&self.secret), headers, &request.body, now, TOLERANCE).map_err(|error| (403, error.to_string()))?;
        let body: Body = serde_json::from_slice(&request.body).map_err(|error| (400, error.to_string()))?;
        if Some(body.idempotency_key.as_str()) != request.header(ID_HEADER) {
            return Err((400, "webhook-id is not the idempotency key".to_owned()));
        }
        if body.message.text.is_empty() && body.message.template.is_none() && body.message.attachments.is_empty() {
            return Err((400, "the message is empty".to_owned()));
        }
        Ok(body)
    }
}

impl Book {
    fn take(&mut self, body: Body, at: Timestamp, idempotent: bool) -> Answer {
        match self.troubles.pop_front() {
            Some(Trouble::Refuse(code)) => Answer::json(422, &json!({"error": {"code": code, "message": "no"}})),
            Some(Trouble::Status(status)) => Answer::json(status, &json!({})),
            Some(Trouble::TooMany(seconds)) => {
                Answer::Json { status: 429, headers: format!("Retry-After: {seconds}\r\n"), body: "{}".to_owned() }
            }
            Some(Trouble::Hang) => Answer::Hang,
            Some(Trouble::Reset) => Answer::Reset,
            Some(Trouble::LoseAnswer) => {
                self.accept(body, at, idempotent);
                Answer::Reset
            }
            None => {
                let (status, external_id) = self.accept(body, at, idempotent);
                Answer::json(status, &json!({"external_id": external_id}))
            }
        }
    }

    fn accept(&mut self, body: Body, at: Timestamp, idempotent: bool) -> (u16, String) {
        if let Some(known) = self.by_key.get(&body.idempotency_key).filter(|_| idempotent) {
            return (409, known.clone());
        }
        let external_id = format!("out-{}", self.accepted.len() + 1);
        self.by_key.insert(body.idempotency_key.clone(), external_id.clone());
        self.accepted.push(Accepted {
            external_id: external_id.clone(),
            key: body.idempotency_key,
            room: body.conversation.external_id,
            text: body.message.text,
            attachments: body.message.attachments,
            in_reply_to: body.in_reply_to,
            at,
        });
        (201, external_id)
    }
}
