//! Delivers customers' messages as a provider does: signed, and again and again until we acknowledge. It keeps its own log of
//! acknowledgements, which no table of ours can correct.

use crate::support::fake_graph;
use anyhow::{Context, Result, bail};
use recado::crypto::standard_webhooks::{ID_HEADER, SIGNATURE_HEADER, TIMESTAMP_HEADER, sign};
use recado::domain::time::Timestamp;
use recado::net::clock::SystemClock;
use recado::ports::clock::Clock;
use reqwest::{Client, RequestBuilder};
use secrecy::SecretString;
use serde_json::json;
use std::sync::Mutex;
use std::time::Duration;

/// A customer's message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said {
    /// The room; for WhatsApp the customer's number without `+`.
    pub room: String,
    /// The provider's id of the message.
    pub id: String,
    /// What it says.
    pub text: String,
}

/// One acknowledgement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ack {
    /// What was acknowledged.
    pub said: Said,
    /// When.
    pub at: Timestamp,
    /// How many times it had to be delivered.
    pub tries: u32,
}

/// Whose contract a driver speaks.
#[derive(Clone, Debug)]
pub enum Wire {
    /// Our own, for adapters.
    Generic {
        /// The inbox.
        inbox: String,
        /// Signs.
        secret: SecretString,
    },
    /// Meta's, for the shared app.
    Meta {
        /// The account.
        phone_number_id: String,
    },
}

/// Delivers messages to one inbox.
#[derive(Debug)]
pub struct Driver {
    http: Client,
    base: String,
    wire: Wire,
    clock: SystemClock,
    /// Its customers are known by their room alone.
    guests: bool,
    acks: Mutex<Vec<Ack>>,
}

/// First wait before a delivery is repeated; it doubles up to the most.
const FIRST_WAIT: Duration = Duration::from_millis(25);
const MOST_WAIT: Duration = Duration::from_millis(400);
/// A provider gives up waiting for an answer.
const PATIENCE: Duration = Duration::from_secs(5);

impl Driver {
    /// Makes a driver for the server at `base`.
    pub fn new(base: &str, wire: Wire) -> Result<Self> {
        let http = Client::builder().timeout(PATIENCE).connect_timeout(Duration::from_secs(1)).no_proxy().build()?;
        Ok(Self { http, base: base.to_owned(), wire, clock: SystemClock::new(), guests: false, acks: Mutex::default() })
    }

    /// Lets customers come without a name, as in a chat on a web site. Of our own contract only.
    #[must_use]
    pub fn of_guests(self) -> Self {
        Self { guests: true, ..self }
    }

    /// Makes a driver of the same inbox for another server.
    pub fn at(&self, base: &str) -> Result<Self> {
        Self::new(base, self.wire.clone())
    }

    /// Returns every acknowledgement, in order.
    pub fn acks(&self) -> Vec<Ack> {
        self.acks.lock().expect("no test panics while it notes").clone()
    }

    /// Counts the acknowledgements.
    pub fn count(&self) -> usize {
        self.acks.lock().expect("no test panics while it notes").len()
    }

    /// Delivers until it is acknowledged. An answer that a provider would not repeat after is an error.
    pub async fn deliver(&self, said: &Said) -> Result<Ack> {
        // A repeat is the same delivery, letter by letter: its time too.
        let occurred = self.clock.now();
        let mut wait = FIRST_WAIT;
        for tries in 1.. {
            if self.attempt(said, occurred).await? {
                let ack = Ack { said: said.clone(), at: self.clock.now(), tries };
                self.acks.lock().expect("no test panics while it notes").push(ack.clone());
                return Ok(ack);
            }
            tokio::time::sleep(wait).await;
            wait = (wait * 2).min(MOST_WAIT);
        }
        bail!("nobody repeats so often")
    }

    /// Delivers a message once more, as providers do without a reason. Whatever comes of it, it was acknowledged before.
    pub async fn repeat(&self, said: &Said) -> Result<()> {
        self.attempt(said, self.clock.now()).await.map(drop)
    }

    /// Delivers once; false asks to repeat.
    async fn attempt(&self, said: &Said, occurred: Timestamp) -> Result<bool> {
        let Ok(response) = self.request(said, occurred)?.send().await else {
            return Ok(false);
        };
        match response.status().as_u16() {
            200..=299 => Ok(true),
            408 | 429 | 500..=599 => Ok(false),
            status => {
                let body = response.text().await.unwrap_or_default();
                bail!("the delivery of {} was refused for good: {status} {body}", said.id)
            }
        }
    }

    fn request(&self, said: &Said, occurred: Timestamp) -> Result<RequestBuilder> {
        match &self.wire {
            Wire::Generic { inbox, secret } => {
                let body = if self.guests { event_of(said, occurred, None) } else { event(said, occurred) };
                let seconds = self.clock.now().micros() / 1_000_000;
                let signature = sign(secret, &said.id, seconds, body.as_bytes()).context("the secret is no key")?;
                let call = self.http.post(format!("{}/api/v1/channels/{inbox}/events", self.base));
                let call = call.header(ID_HEADER, &said.id).header(TIMESTAMP_HEADER, seconds).header(SIGNATURE_HEADER, signature);
                Ok(call.header("content-type", "application/json").body(body))
            }
            Wire::Meta { phone_number_id } => {
                let body = meta(said, phone_number_id, occurred);
                let call = self.http.post(format!("{}/webhooks/whatsapp", self.base));
                let call = call.header("x-hub-signature-256", fake_graph::sign(&body));
                Ok(call.header("content-type", "application/json").body(body))
            }
        }
    }
}

/// Returns the event of our contract.
pub fn event(said: &Said, occurred: Timestamp) -> String {
    event_of(said, occurred, Some(&said.room))
}

fn event_of(said: &Said, occurred: Timestamp, name: Option<&str>) -> String {
    json!({
        "type": "message",
        "event_id": said.id,
        "occurred_at": occurred.to_string(),
        "conversation": {"external_id": said.room, "kind": "direct"},
        "contact": {"external_id": format!("person-{}", said.room), "display_name": name},
        "message": {"external_id": said.id, "kind": "text", "text": said.text},
    })
    .to_string()
}

/// Returns the delivery in Meta's form.
pub fn meta(said: &Said, phone_number_id: &str, occurred: Timestamp) -> String {
    let message = json!({"from": said.room, "id": said.id, "timestamp": (occurred.micros() / 1_000_000).to_string(), "type": "text",
        "text": {"body": said.text}});
    let contact = json!({"profile": {"name": said.room}, "wa_id": said.room});
    fake_graph::delivery(phone_number_id, &json!({"contacts": [contact], "messages": [message]}))
}
