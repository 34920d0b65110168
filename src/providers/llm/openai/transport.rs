//! The way out of the library: one HTTP call, its status, headers and body kept, its size and its silence bounded.
//!
//! Hands only sound answers on: what is no success, no JSON or no stream ends here as a [`Fault`], so that the library never logs a body.
//! Never retries, never follows a redirect (the client of `net` does not).

use crate::net::client::Failure;
use crate::ports::clock::Clock;
use crate::providers::llm::openai::classify::Fault;
use crate::providers::llm::openai::endpoint::Timeouts;
use crate::providers::llm::openai::retry::wish;
use async_openai::error::OpenAIError;
use async_openai::middleware::HttpRequestFactory;
use futures::StreamExt;
use reqwest::header::HeaderMap;
use reqwest::{Body, Client, Response};
use serde_json::Value;
use std::future::{self, Future};
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::time::{Instant, timeout_at};
use tower_service::Service;

/// Most of an answer that is read, in bytes.
pub(super) const MOST: usize = 8 << 20;
/// Most of an error that is read, in bytes.
const MOST_OF_ERROR: usize = 2 << 20;
/// Longest request id that is kept.
const LONGEST_ID: usize = 128;

/// What is known of one call, for the log.
#[derive(Clone, Debug, Default)]
pub(super) struct Trail {
    /// The HTTP status; `None`: there was none.
    pub(super) status: Option<u16>,
    /// The server's id of the request.
    pub(super) request_id: Option<String>,
}

/// The service that the library calls through; made for one call.
#[derive(Clone)]
pub(super) struct Transport {
    pub(super) http: Client,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) timeouts: Timeouts,
    /// Time for the whole call.
    pub(super) left: Duration,
    pub(super) streams: bool,
    pub(super) trail: Arc<Mutex<Trail>>,
}

impl Service<HttpRequestFactory> for Transport {
    type Response = Response;
    type Error = OpenAIError;
    type Future = Pin<Box<dyn Future<Output = Result<Response, OpenAIError>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), OpenAIError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: HttpRequestFactory) -> Self::Future {
        let transport = self.clone();
        Box::pin(async move { transport.send(request).await.map_err(|fault| OpenAIError::Boxed(Box::new(fault))) })
    }
}

impl Transport {
    async fn send(self, request: HttpRequestFactory) -> Result<Response, Fault> {
        let first = Instant::now() + self.timeouts.first_byte;
        let Ok(mut request) = request.build().await else { return Err(Fault::Request) };
        // Instead of the client's own bound, which suits short calls.
        *request.timeout_mut() = Some(self.left);
        let sent = timeout_at(first, self.http.execute(request)).await;
        let Ok(sent) = sent else { return Err(Fault::Silent) };
        let response = sent.map_err(|error| Fault::Net(Failure::of(&error)))?;
        self.note(&response);
        let status = response.status();
        if !status.is_success() {
            return Err(self.failure(response, first).await);
        }
        if self.streams && !is_whole(response.headers()) {
            return Ok(capped(response));
        }
        let body = self.read(response, MOST, first, true).await?;
        let Ok(body) = serde_json::from_slice::<Value>(&body) else { return Err(Fault::Page) };
        let body = if self.streams { format!("data: {body}\n\n") } else { body.to_string() };
        Ok(Response::from(http::Response::new(body)))
    }

    fn note(&self, response: &Response) {
        let ids = ["x-request-id", "request-id", "x-generation-id"];
        let id = ids.iter().find_map(|name| text(response.headers(), name));
        let id = id.filter(|id| id.len() <= LONGEST_ID && id.bytes().all(|byte| byte.is_ascii_graphic())).map(str::to_owned);
        *self.trail.lock().unwrap_or_else(PoisonError::into_inner) = Trail { status: Some(response.status().as_u16()), request_id: id };
    }

    async fn failure(&self, response: Response, first: Instant) -> Fault {
        let status = response.status().as_u16();
        let headers = response.headers();
        let retry_after = wish(text(headers, "retry-after-ms"), text(headers, "retry-after"), self.clock.now());
        // The status is enough if the body does not come.
        let body = self.read(response, MOST_OF_ERROR, first, false).await.unwrap_or_default();
        Fault::Status { status, retry_after, body: serde_json::from_slice(&body).unwrap_or_default() }
    }

    /// Reads a body; spaces, which some servers send while they think, are no beginning. Where JSON is due, anything else is left unread.
    async fn read(&self, mut response: Response, most: usize, first: Instant, json: bool) -> Result<Vec<u8>, Fault> {
        let mut body = Vec::new();
        let mut begun = false;
        loop {
            let until = if begun { Instant::now() + self.timeouts.read } else { first };
            let chunk = match timeout_at(until, response.chunk()).await {
                Ok(Ok(Some(chunk))) => chunk,
                Ok(Ok(None)) => return Ok(body),
                Ok(Err(error)) if error.is_timeout() => return Err(Fault::Net(Failure::TimedOut)),
                Ok(Err(_)) => return Err(Fault::Cut),
                Err(_) => return Err(if begun { Fault::Stalled } else { Fault::Silent }),
            };
            if !begun && let Some(letter) = chunk.trim_ascii_start().first() {
                begun = true;
                if json && !matches!(letter, b'{' | b'[') {
                    return Err(Fault::Page);
                }
            }
            if chunk.len() > most.saturating_sub(body.len()) {
                return Err(Fault::TooLong);
            }
            body.extend_from_slice(&chunk);
        }
    }
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

/// Returns true if the answer to a wish for a stream is none: whole JSON, which will do, or a page.
fn is_whole(headers: &HeaderMap) -> bool {
    text(headers, "content-type").is_some_and(|kind| kind.starts_with("application/json") || kind.starts_with("text/html"))
}

/// Ends a body after the most that we read: the library would keep a line without an end in memory.
fn capped(response: Response) -> Response {
    let bytes = response.bytes_stream().scan(MOST, |left, chunk| {
        let chunk = chunk.map_err(io::Error::other).and_then(|chunk| {
            *left = left.checked_sub(chunk.len()).ok_or_else(|| io::Error::other(Fault::TooLong))?;
            Ok(chunk)
        });
        future::ready(Some(chunk))
    });
    Response::from(http::Response::new(Body::wrap_stream(bytes)))
}
