//! Calls to businesses' own systems: signed, checked against private addresses, never redirected, read no farther than people are shown.
//!
//! Never retries and never decides what an answer means. Knows no event and no row; logs neither an address nor a word of anybody.

use crate::crypto::standard_webhooks::{ID_HEADER, SIGNATURE_HEADER, TIMESTAMP_HEADER, sign};
use crate::domain::webhook::Answer;
use crate::domain::webhook::tries::MOST_ANSWER;
use crate::net::client::{Failure, HttpClient};
use crate::net::retry_after::parse_retry_after;
use crate::ports::webhooks::{WebhookCall, WebhookSender};
use async_trait::async_trait;
use reqwest::Response;
use reqwest::header::{CONTENT_TYPE, RETRY_AFTER};
use std::time::Duration;

/// How long an answer's body may take to begin to be of use to people, once its status is there.
const LISTEN: Duration = Duration::from_secs(2);

/// Calls endpoints over HTTP.
pub struct HttpCaller {
    http: HttpClient,
}

impl HttpCaller {
    /// Makes it. The client filters addresses: its allow list is the operator's.
    #[must_use]
    pub const fn new(http: HttpClient) -> Self {
        Self { http }
    }
}

#[async_trait]
impl WebhookSender for HttpCaller {
    async fn call(&self, call: WebhookCall<'_>) -> (Answer, String) {
        let seconds = call.now.micros().div_euclid(1_000_000);
        let signed = call.secrets.iter().map(|secret| sign(secret, call.name, seconds, call.body.as_bytes()));
        let signatures = match signed.collect::<Result<Vec<String>, _>>() {
            Ok(signatures) if !signatures.is_empty() => signatures.join(" "),
            Ok(_) | Err(_) => return (Answer::NoSecret, String::new()),
        };
        // The same word for every address that is not allowed, so that nobody maps our network by it.
        let Ok(request) = self.http.post(call.url) else { return (Answer::Blocked, String::new()) };
        let request = request.header(CONTENT_TYPE, "application/json").header(ID_HEADER, call.name);
        let request = request.header(TIMESTAMP_HEADER, seconds.to_string()).header(SIGNATURE_HEADER, signatures);
        match request.timeout(call.timeout).body(call.body.to_owned()).send().await {
            Ok(response) => heard(response, &call).await,
            Err(error) => (failed(Failure::of(&error), error.is_timeout()), String::new()),
        }
    }
}

/// The status decides; of the body as much is read as people are shown, and not for long.
async fn heard(response: Response, call: &WebhookCall<'_>) -> (Answer, String) {
    let wish = response.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok());
    let retry_after = wish.and_then(|value| parse_retry_after(value, call.now));
    let answer = Answer::Status { code: response.status().as_u16(), retry_after };
    (answer, beginning(response).await)
}

async fn beginning(mut response: Response) -> String {
    let mut bytes: Vec<u8> = Vec::new();
    let read = async {
        while bytes.len() < MOST_ANSWER {
            // An answer that breaks off is shown as far as it came.
            let Ok(Some(chunk)) = response.chunk().await else { break };
            bytes.extend(chunk.iter().take(MOST_ANSWER - bytes.len()));
        }
    };
    // An answer that drips is shown as far as it came.
    let _late = tokio::time::timeout(LISTEN, read).await;
    String::from_utf8_lossy(&bytes).into_owned()
}

const fn failed(failure: Failure, timeout: bool) -> Answer {
    match failure {
        Failure::Blocked => Answer::Blocked,
        Failure::NotSent if timeout => Answer::TimedOut,
        Failure::NotSent => Answer::Unreachable,
        Failure::TimedOut => Answer::TimedOut,
        Failure::Broken => Answer::Broken,
    }
}

#[cfg(test)]
mod tests;
