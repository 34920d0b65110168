//! Posts messages to an adapter: `POST {url}/messages`, signed; what its answer means for the row is decided by codes only.
//!
//! Never retries, never splits a text, never repeats an adapter's words to people (they may hold a customer's data).

use crate::channels::generic::capabilities::{CapabilitiesError, default_capabilities, parse_capabilities};
use crate::crypto::standard_webhooks::{ID_HEADER, SIGNATURE_HEADER, TIMESTAMP_HEADER, sign};
use crate::domain::content::Content;
use crate::domain::time::Timestamp;
use crate::net::client::{BodyError, Failure, HttpClient, read_capped};
use crate::net::retry_after::{CAP, parse_retry_after};
use crate::ports::channel::{Account, Capabilities, ChannelSender, Outgoing, Scope, SendError, SendRequest, Sent};
use crate::ports::clock::Clock;
use async_trait::async_trait;
use reqwest::{RequestBuilder, Response};
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;
use thiserror::Error;

/// Most of an answer that is read, in bytes.
const MAX_ANSWER: usize = 65_536;
/// How long an adapter may take to show its capabilities.
const CAPABILITIES_TIMEOUT: Duration = Duration::from_secs(10);

/// The outbound side of the generic channel.
pub struct GenericSender {
    http: HttpClient,
    clock: Arc<dyn Clock>,
}

/// Why an adapter's capabilities are not known.
#[derive(Debug, Error)]
pub enum FetchError {
    /// The account cannot be called: no URL, no secret, or an address that is not allowed.
    #[error("the account cannot be called ({0})")]
    Account(String),
    /// No answer.
    #[error("the adapter did not answer ({0})")]
    Call(Failure),
    /// An answer other than 200; 404 means that the adapter has no document.
    #[error("the adapter answered {0}")]
    Status(u16),
    /// Too long, or the connection broke.
    #[error("the document cannot be read")]
    Body(#[source] BodyError),
    /// Not JSON.
    #[error("the document is not json")]
    Json(#[source] serde_json::Error),
    /// Not what the contract says.
    #[error("the document is not valid")]
    Document(#[source] CapabilitiesError),
}

/// What an adapter answers; fields that we do not need are left alone.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Answer {
    external_id: Option<String>,
    error: Option<AnswerError>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct AnswerError {
    code: Option<String>,
    retry_after_s: Option<u64>,
}

impl GenericSender {
    /// Makes the sender.
    #[must_use]
    pub fn new(http: HttpClient, clock: Arc<dyn Clock>) -> Self {
        Self { http, clock }
    }

    /// Fetches the capability document; its JSON may be kept in the inbox's settings under `capabilities`.
    ///
    /// # Errors
    /// [`FetchError`]; the default holds then.
    pub async fn fetch_capabilities(&self, account: &Account) -> Result<(Capabilities, Value), FetchError> {
        let refused = |error: SendError| FetchError::Account(error.to_string());
        let url = endpoint(account, "capabilities").map_err(refused)?;
        let call = self.http.get(&url).map_err(|error| FetchError::Account(error.to_string()))?;
        let id = format!("cap_{}", self.clock.now().micros());
        let call = self.signed(call, account, &id, b"").map_err(refused)?.timeout(CAPABILITIES_TIMEOUT);
        let response = call.send().await.map_err(|error| FetchError::Call(Failure::of(&error)))?;
        if response.status().as_u16() != 200 {
            return Err(FetchError::Status(response.status().as_u16()));
        }
        let body = read_capped(response, MAX_ANSWER).await.map_err(FetchError::Body)?;
        let document: Value = serde_json::from_slice(&body).map_err(FetchError::Json)?;
        let capabilities = parse_capabilities(&document).map_err(FetchError::Document)?;
        Ok((capabilities, document))
    }

    async fn send_message(&self, request: &SendRequest, content: &Content) -> Result<Sent, SendError> {
        if request.idempotency_key.is_empty() || !request.idempotency_key.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(fail("invalid", "the idempotency key is not printable ascii"));
        }
        let url = endpoint(&request.account, "messages")?;
        let call = match self.http.post(&url) {
            Ok(call) => call,
            Err(error) => return Err(pause("url_refused", &error.to_string())),
        };
        let body = message_body(request, content).to_string();
        let call = self.signed(call, &request.account, &request.idempotency_key, body.as_bytes())?;
        let sent = call.header("content-type", "application/json").timeout(request.deadline).body(body).send().await;
        match sent {
            Ok(response) => self.answer(response, &request.idempotency_key).await,
            Err(error) => Err(call_failed(Failure::of(&error))),
        }
    }

    /// Adds the three headers of the signature.
    fn signed(&self, call: RequestBuilder, account: &Account, id: &str, body: &[u8]) -> Result<RequestBuilder, SendError> {
        let Some(secret) = account.secrets.get("secret") else {
            return Err(pause("no_secret", "the inbox has no signing secret"));
        };
        let seconds = self.clock.now().micros().div_euclid(1_000_000);
        match sign(secret, id, seconds, body) {
            Ok(signature) => {
                Ok(call.header(ID_HEADER, id).header(TIMESTAMP_HEADER, seconds.to_string()).header(SIGNATURE_HEADER, signature))
            }
            Err(error) => Err(pause("bad_secret", &error.to_string())),
        }
    }

    async fn answer(&self, response: Response, key: &str) -> Result<Sent, SendError> {
        let status = response.status().as_u16();
        let header = response.headers().get("retry-after").and_then(|value| value.to_str().ok()).map(str::to_owned);
        let body = match read_capped(response, MAX_ANSWER).await {
            Ok(body) => body,
            // An endless answer still has its status; a success that broke off may lack the id, and asking again is safe.
            Err(BodyError::TooLarge(_)) => Vec::new(),
            Err(BodyError::Broken(_)) if (200..300).contains(&status) => return Err(SendError::Unknown { code: "broken".to_owned() }),
            Err(BodyError::Broken(_)) => Vec::new(),
        };
        classify(status, header.as_deref(), &body, key, self.clock.now())
    }
}

#[async_trait]
impl ChannelSender for GenericSender {
    fn capabilities(&self, account: &Account) -> Capabilities {
        let kept = account.settings.get("capabilities").and_then(|document| parse_capabilities(document).ok());
        kept.unwrap_or_else(default_capabilities)
    }

    async fn send(&self, request: SendRequest) -> Result<Sent, SendError> {
        match &request.what {
            Outgoing::Message(content) => self.send_message(&request, content).await,
            // The contract has no call for these.
            Outgoing::ReadReceipt { .. } => Ok(Sent { external_id: String::new() }),
        }
    }
}

/// Returns `{url}/{path}` of the account.
fn endpoint(account: &Account, path: &str) -> Result<String, SendError> {
    match account.settings.get("url").and_then(Value::as_str) {
        Some(base) if !base.is_empty() => Ok(format!("{}/{path}", base.trim_end_matches('/'))),
        Some(_) | None => Err(pause("no_url", "the inbox has no adapter url")),
    }
}

/// The body of `POST {url}/messages`.
fn message_body(request: &SendRequest, content: &Content) -> Value {
    let mut message = json!({ "kind": content.kind, "text": content.text });
    if let Some(map) = message.as_object_mut() {
        if !content.attachments.is_empty() {
            map.insert("attachments".to_owned(), json!(content.attachments));
        }
        if !content.buttons.is_empty() {
            map.insert("buttons".to_owned(), json!(content.buttons));
        }
        if let Some(template) = &content.template {
            map.insert("template".to_owned(), json!(template));
        }
        if let Some(reply_to) = &content.reply_to {
            map.insert("reply_to".to_owned(), json!(reply_to));
        }
    }
    let mut body = json!({
        "idempotency_key": request.idempotency_key,
        "conversation": { "external_id": request.to.value },
        "message": message,
    });
    if let (Some(map), Some(cause)) = (body.as_object_mut(), &request.in_reply_to) {
        map.insert("in_reply_to".to_owned(), json!(cause));
    }
    body
}

/// Tells what an answer means. Pure.
fn classify(status: u16, retry_after: Option<&str>, body: &[u8], key: &str, now: Timestamp) -> Result<Sent, SendError> {
    let answer: Answer = serde_json::from_slice(body).unwrap_or_default();
    let external_id = answer.external_id.filter(|id| !id.is_empty());
    let error = answer.error.unwrap_or_default();
    let wished = error.retry_after_s.map(|seconds| Duration::from_secs(seconds).min(CAP));
    let after = retry_after.and_then(|value| parse_retry_after(value, now)).or(wished);
    let http = format!("http_{status}");
    match status {
        // An adapter that names no id has the message all the same; our key stands in, so that it is not sent again.
        200..=299 => Ok(Sent { external_id: external_id.unwrap_or_else(|| key.to_owned()) }),
        409 => match external_id {
            Some(external_id) => Ok(Sent { external_id }),
            None => Err(retry(http, after)),
        },
        422 => Err(refused(error.code.as_deref().unwrap_or_default(), after)),
        408 | 425 | 429 | 500..=599 => Err(retry(http, after)),
        401 | 403 => Err(pause(&http, "the adapter does not accept our signature")),
        // May be one conversation's, or a deployment's moment: the account goes on.
        300..=399 | 404 | 410 => Err(SendError::Retry { after, scope: Scope::Recipient, code: http }),
        _ => Err(fail(&http, "the adapter refused the request")),
    }
}

/// Maps the code of a 422. One that is not of the contract counts as a refusal of this message.
fn refused(code: &str, after: Option<Duration>) -> SendError {
    match code {
        "window_closed" => fail(code, "the time for free messages is over"),
        "unreachable" => fail(code, "the customer cannot be reached"),
        "opted_out" => fail(code, "the customer does not want messages"),
        "invalid" => fail(code, "the adapter cannot send this message"),
        "rate_limited" => retry(code.to_owned(), after),
        "auth" => pause(code, "the adapter lost its access to the channel"),
        _ => fail("http_422", "the adapter cannot send this message"),
    }
}

fn call_failed(failure: Failure) -> SendError {
    match failure {
        Failure::Blocked => pause("url_refused", "the address of the adapter is not allowed"),
        Failure::NotSent => retry("connect".to_owned(), None),
        Failure::TimedOut => SendError::Unknown { code: "timeout".to_owned() },
        Failure::Broken => SendError::Unknown { code: "broken".to_owned() },
    }
}

/// The adapter as a whole is busy or away: nothing in the contract tells one recipient's limit from the account's.
fn retry(code: String, after: Option<Duration>) -> SendError {
    SendError::Retry { after, scope: Scope::Account, code }
}

fn fail(code: &str, detail: &str) -> SendError {
    SendError::Fail { code: code.to_owned(), detail: detail.to_owned() }
}

fn pause(code: &str, detail: &str) -> SendError {
    SendError::Pause { code: code.to_owned(), detail: detail.to_owned() }
}

#[cfg(test)]
mod tests;
