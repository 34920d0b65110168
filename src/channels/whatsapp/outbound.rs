//! Sends to WhatsApp through the Graph API: one call per request, no retries, no splitting.
//!
//! The access token goes into a header marked as sensitive and nowhere else. A call whose outcome is unclear is reported as unknown,
//! because WhatsApp has no idempotency keys and a second call could be a second message.

use crate::channels::whatsapp::errors::{self, WaitHeaders};
use crate::channels::whatsapp::inbound::peer::key;
use crate::channels::whatsapp::{Settings, body, capabilities};
use crate::ports::channel::{Account, Capabilities, ChannelSender, Outgoing, Scope, SendError, SendRequest, Sent};
use async_trait::async_trait;
use reqwest::header::{AUTHORIZATION, DATE, HeaderValue, RETRY_AFTER};
use reqwest::{Client, Response};
use secrecy::ExposeSecret;
use serde::Deserialize;
use serde_json::Value;
use url::Url;

/// Most bytes of an answer that are read; Meta's have a few hundred.
const MAX_ANSWER: usize = 64 * 1024;

/// The outbound side of WhatsApp. One for all accounts; numbers and tokens come with each request.
#[derive(Clone, Debug)]
pub struct WhatsAppSender {
    client: Client,
    graph_url: Url,
}

impl WhatsAppSender {
    /// Makes a sender. `graph_url` is the Graph API's address with the version, such as `http://127.0.0.1:1234/v25.0`; the client must
    /// not follow redirects, or the token could leave for another host.
    #[must_use]
    pub const fn new(client: Client, graph_url: Url) -> Self {
        Self { client, graph_url }
    }

    fn messages_url(&self, account: &Account) -> Result<Url, SendError> {
        let settings = Settings::parse(&account.settings).map_err(|error| misconfigured("settings", &error.to_string()))?;
        let mut url = self.graph_url.clone();
        url.path_segments_mut()
            .map_err(|()| misconfigured("graph_url", "the address of the Graph API has no path"))?
            .pop_if_empty()
            .extend([settings.phone_number_id.as_str(), "messages"]);
        Ok(url)
    }

    async fn call(&self, request: &SendRequest, body: &Value) -> Result<Vec<u8>, SendError> {
        let call = self
            .client
            .post(self.messages_url(&request.account)?)
            .header(AUTHORIZATION, authorization(&request.account)?)
            .timeout(request.deadline)
            .json(body);
        let mut response = call.send().await.map_err(|error| transport(&error))?;
        let status = response.status();
        let wait = errors::wait(WaitHeaders {
            retry_after: header(&response, RETRY_AFTER.as_str()),
            date: header(&response, DATE.as_str()),
            usage: header(&response, "x-business-use-case-usage"),
        });
        let answer = read(&mut response).await;
        if status.is_success() && !is_error(&answer) {
            return Ok(answer);
        }
        tracing::debug!(channel = "whatsapp", http.status = status.as_u16(), fbtrace_id = errors::trace_id(&answer), "call refused");
        Err(errors::classify(status.as_u16(), wait, &answer))
    }
}

#[async_trait]
impl ChannelSender for WhatsAppSender {
    fn capabilities(&self, _account: &Account) -> Capabilities {
        capabilities()
    }

    async fn send(&self, request: SendRequest) -> Result<Sent, SendError> {
        match &request.what {
            Outgoing::Message(content) => {
                let body = body::message(request.outbox, &request.to, content)
                    .map_err(|error| SendError::Fail { code: "invalid".to_owned(), detail: error.to_string() })?;
                let answer = self.call(&request, &body).await?;
                message_id(&answer).map(|external_id| Sent { external_id }).ok_or_else(|| unknown("unreadable_answer"))
            }
            Outgoing::ReadReceipt { external_id, typing } => {
                self.call(&request, &body::read_receipt(external_id, *typing)).await?;
                Ok(Sent { external_id: String::new() })
            }
        }
    }
}

fn misconfigured(code: &str, detail: &str) -> SendError {
    SendError::Pause { code: code.to_owned(), detail: detail.to_owned() }
}

fn unknown(code: &str) -> SendError {
    SendError::Unknown { code: code.to_owned() }
}

fn authorization(account: &Account) -> Result<HeaderValue, SendError> {
    let token = account.secrets.get("access_token").map(|token| token.expose_secret().trim()).filter(|token| !token.is_empty());
    let token = token.ok_or_else(|| misconfigured("access_token", "the access token is missing"))?;
    // The cause is dropped on purpose: it could show the token.
    let Ok(mut value) = HeaderValue::from_str(&format!("Bearer {token}")) else {
        return Err(misconfigured("access_token", "the access token holds characters that no token has"));
    };
    value.set_sensitive(true);
    Ok(value)
}

/// Only a connection that never came about proves that nothing was sent.
fn transport(error: &reqwest::Error) -> SendError {
    if error.is_connect() {
        return SendError::Retry { after: None, scope: Scope::Account, code: "connect".to_owned() };
    }
    if error.is_builder() {
        return SendError::Fail { code: "invalid".to_owned(), detail: "the call could not be built".to_owned() };
    }
    unknown(if error.is_timeout() { "timeout" } else { "connection_lost" })
}

fn header<'a>(response: &'a Response, name: &str) -> Option<&'a str> {
    response.headers().get(name).and_then(|value| value.to_str().ok())
}

/// Reads what there is of the body, up to the limit: the status alone already tells something.
async fn read(response: &mut Response) -> Vec<u8> {
    let mut answer = Vec::new();
    while let Ok(Some(chunk)) = response.chunk().await {
        let room = MAX_ANSWER.saturating_sub(answer.len());
        answer.extend(chunk.iter().take(room));
        if chunk.len() > room {
            break;
        }
    }
    answer
}

#[derive(Deserialize)]
struct Accepted {
    messages: Vec<AcceptedMessage>,
}

#[derive(Deserialize)]
struct AcceptedMessage {
    id: String,
}

/// The id is spelled as in statuses, also where it is too long to be stored.
fn message_id(answer: &[u8]) -> Option<String> {
    let accepted: Accepted = serde_json::from_slice(answer).ok()?;
    accepted.messages.into_iter().map(|message| message.id).next().filter(|id| !id.is_empty()).map(|id| key(&id))
}

/// Returns true for a body that says `error` although the status says success.
fn is_error(answer: &[u8]) -> bool {
    serde_json::from_slice::<Value>(answer).is_ok_and(|answer| answer.get("error").is_some_and(Value::is_object))
}

#[cfg(test)]
mod tests;
