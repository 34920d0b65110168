//! WhatsApp's Graph API as far as we use it: `POST /v25.0/{phone_number_id}/messages`. It has no idempotency keys: a repeat is a second
//! message to the customer, and the log shows it.

use crate::support::peer::{Answer, Peer, Request};
use anyhow::{Result, ensure};
use recado::crypto::mac::hmac_sha256_hex;
use recado::domain::time::Timestamp;
use recado::net::clock::SystemClock;
use recado::ports::clock::Clock;
use serde_json::{Value, json};
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

/// A message that Meta took.
#[derive(Clone, Debug, PartialEq)]
pub struct Taken {
    /// `wamid...`.
    pub id: String,
    /// With its `+`; a business-scoped id for people without a number.
    pub to: String,
    /// Our reference.
    pub reference: String,
    /// `text`, `interactive`, ..
    pub kind: String,
    /// The whole body.
    pub body: Value,
    /// When.
    pub at: Timestamp,
}

impl Taken {
    /// Returns its text, of a text or of a message with buttons.
    pub fn text(&self) -> &str {
        let text = self.body.pointer("/text/body").or_else(|| self.body.pointer("/interactive/body/text"));
        text.and_then(Value::as_str).unwrap_or_default()
    }
}

/// What Meta does next instead of taking the message.
#[derive(Clone, Debug)]
pub enum GraphTrouble {
    /// An error of the Graph API: HTTP status and code.
    Error(u16, u32),
    /// Never answers; not taken.
    Hang,
    /// Takes the message, then breaks the connection.
    LoseAnswer,
}

/// The fake; stops when dropped.
#[derive(Debug)]
pub struct FakeGraph {
    peer: Peer,
    desk: Arc<Desk>,
}

#[derive(Debug)]
struct Desk {
    phone_number_id: String,
    clock: SystemClock,
    book: Mutex<Book>,
}

#[derive(Debug, Default)]
struct Book {
    taken: Vec<Taken>,
    receipts: Vec<Value>,
    complaints: Vec<String>,
    troubles: VecDeque<GraphTrouble>,
}

/// The token that an inbox must show.
pub const ACCESS_TOKEN: &str = "EAAfake-access-token";
/// The secret of the fake's app.
pub const APP_SECRET: &str = "fake-app-secret";

impl FakeGraph {
    /// Starts the API for one number.
    pub async fn start(phone_number_id: &str) -> Result<Self> {
        let phone_number_id = phone_number_id.to_owned();
        let desk = Arc::new(Desk { phone_number_id, clock: SystemClock::new(), book: Mutex::default() });
        let handler = Arc::clone(&desk);
        let peer = Peer::start(Arc::new(move |request| {
            let desk = Arc::clone(&handler);
            Box::pin(async move { (Duration::ZERO, desk.answer(&request)) })
        }));
        Ok(Self { peer: peer.await?, desk })
    }

    /// Returns the address with the version, as `RECADO_META_GRAPH_URL` wants it.
    pub fn url(&self) -> String {
        format!("{}/v25.0", self.peer.url())
    }

    /// Returns the configuration of an inbox of this number.
    pub fn config(&self) -> Value {
        json!({"phone_number_id": self.desk.phone_number_id, "waba_id": "100200300", "access_token": ACCESS_TOKEN, "app_secret": APP_SECRET})
    }

    /// Lets one of the next calls fail; several fail in this order.
    pub fn then(&self, trouble: GraphTrouble) {
        self.book().troubles.push_back(trouble);
    }

    /// Returns what customers received, in order.
    pub fn log(&self) -> Vec<Taken> {
        self.book().taken.clone()
    }

    /// Returns the read receipts and typing signs.
    pub fn receipts(&self) -> Vec<Value> {
        self.book().receipts.clone()
    }

    /// Returns what broke the API's rules.
    pub fn complaints(&self) -> Vec<String> {
        self.book().complaints.clone()
    }

    /// Makes a signed delivery of a status: body and signature header.
    pub fn status(&self, message: &Taken, status: &str) -> (String, String) {
        let at = self.desk.clock.now().micros() / 1_000_000;
        let entry = json!({"id": message.id, "status": status, "timestamp": at.to_string(),
            "recipient_id": message.to.trim_start_matches('+'), "biz_opaque_callback_data": message.reference});
        let body = delivery(&self.desk.phone_number_id, &json!({"statuses": [entry]}));
        let signature = sign(&body);
        (body, signature)
    }

    /// Posts a signed status to `url` as Meta does; returns our answer's HTTP status.
    pub async fn post_status(&self, url: &str, message: &Taken, status: &str) -> Result<u16> {
        let (body, signature) = self.status(message, status);
        let client = reqwest::Client::builder().build()?;
        let call = client.post(url).header("content-type", "application/json").header("x-hub-signature-256", signature).body(body);
        Ok(call.send().await?.status().as_u16())
    }

    fn book(&self) -> MutexGuard<'_, Book> {
        self.desk.book.lock().expect("no test panics with the book in its hands")
    }
}

/// Returns a delivery in Meta's envelope; `news` holds `messages` or `statuses`.
pub fn delivery(phone_number_id: &str, news: &Value) -> String {
    let mut value = json!({"messaging_product": "whatsapp",
        "metadata": {"display_phone_number": "15550100001", "phone_number_id": phone_number_id}});
    if let (Some(value), Some(news)) = (value.as_object_mut(), news.as_object()) {
        value.extend(news.clone());
    }
    let change = json!({"field": "messages", "value": value});
    json!({"object": "whatsapp_business_account", "entry": [{"id": "100200300", "changes": [change]}]}).to_string()
}

/// Returns the value of `X-Hub-Signature-256`.
pub fn sign(body: &str) -> String {
    format!("sha256={}", hmac_sha256_hex(APP_SECRET.as_bytes(), &[body.as_bytes()]))
}

impl Desk {
    fn answer(&self, request: &Request) -> Answer {
        let mut book = self.book.lock().expect("no test panics with the book in its hands");
        let expected = format!("/v25.0/{}/messages", self.phone_number_id);
        if request.header("authorization") != Some(&format!("Bearer {ACCESS_TOKEN}")) {
            book.complaints.push("no valid bearer token".to_owned());
            return error(401, 190);
        }
        if (request.method.as_str(), request.path.as_str()) != ("POST", expected.as_str()) {
            book.complaints.push(format!("{} {} does not exist", request.method, request.path));
            return error(404, 100);
        }
        let Ok(body) = serde_json::from_slice::<Value>(&request.body) else {
            book.complaints.push("the body is not JSON".to_owned());
            return error(400, 100);
        };
        if body.get("status").is_some() {
            book.receipts.push(body);
            return Answer::json(200, &json!({"success": true}));
        }
        if let Err(complaint) = check(&body) {
            book.complaints.push(complaint.to_string());
            return error(400, 100);
        }
        book.take(body, self.clock.now())
    }
}

impl Book {
    fn take(&mut self, body: Value, at: Timestamp) -> Answer {
        match self.troubles.pop_front() {
            Some(GraphTrouble::Error(status, code)) => error(status, code),
            Some(GraphTrouble::Hang) => Answer::Hang,
            Some(GraphTrouble::LoseAnswer) => {
                self.accept(body, at);
                Answer::Reset
            }
            None => {
                let to = word(&body, "to").to_owned();
                let id = self.accept(body, at);
                let contact = json!({"input": to, "wa_id": to.trim_start_matches('+')});
                Answer::json(200, &json!({"messaging_product": "whatsapp", "contacts": [contact], "messages": [{"id": id}]}))
            }
        }
    }

    fn accept(&mut self, body: Value, at: Timestamp) -> String {
        let id = format!("wamid.OUT{}", self.taken.len() + 1);
        let to = if body.get("to").is_some() { word(&body, "to") } else { word(&body, "recipient") };
        self.taken.push(Taken {
            id: id.clone(),
            to: to.to_owned(),
            reference: word(&body, "biz_opaque_callback_data").to_owned(),
            kind: word(&body, "type").to_owned(),
            body,
            at,
        });
        id
    }
}

fn word<'a>(body: &'a Value, name: &str) -> &'a str {
    body.get(name).and_then(Value::as_str).unwrap_or_default()
}

/// Checks what Meta checks, and that our reference travels along.
fn check(body: &Value) -> Result<()> {
    ensure!(word(body, "messaging_product") == "whatsapp", "messaging_product is not whatsapp");
    let kind = word(body, "type");
    ensure!(body.get(kind).is_some_and(Value::is_object), "the object named by type is missing");
    ensure!(kind != "text" || body.pointer("/text/body").and_then(Value::as_str).is_some_and(|text| !text.is_empty()), "no text");
    match word(body, "recipient_type") {
        "individual" => {
            let digits = word(body, "to").strip_prefix('+').unwrap_or_default();
            let number = (7..=15).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit());
            ensure!(number || !word(body, "recipient").is_empty(), "neither a number with its + nor a recipient");
        }
        "group" => ensure!(!word(body, "to").is_empty(), "no group"),
        other => anyhow::bail!("the recipient_type {other} does not exist"),
    }
    ensure!(!word(body, "biz_opaque_callback_data").is_empty(), "our reference is missing");
    Ok(())
}

fn error(status: u16, code: u32) -> Answer {
    Answer::json(status, &json!({"error": {"message": "fake", "type": "OAuthException", "code": code, "fbtrace_id": "A1"}}))
}
