//! Any server that speaks `OpenAI`'s chat completions: one address, one key, one model.
//!
//! `request` writes, `transport` calls, `reply` reads, `classify` judges, `retry` decides about a second try, `flags` knows the habits of
//! the servers. Never logs a body, a key or a word of a customer, never waits longer than the request allows, never shows a thought.

mod arguments;
mod classify;
mod endpoint;
mod flags;
mod reply;
mod request;
mod retry;
mod schema;
mod shapes;
mod transport;

pub use crate::providers::llm::openai::endpoint::{ConfigError, Endpoint, Timeouts};
pub use crate::providers::llm::openai::flags::{Dialect, Flags, Structured, guess};
pub use crate::providers::llm::openai::shapes::Shapes;

use crate::crypto::random::random_bytes;
use crate::domain::conversation::Attempt;
use crate::domain::model::ModelKind;
use crate::domain::tool::ToolCall;
use crate::net::client::Failure;
use crate::ports::clock::Clock;
use crate::ports::llm::{ChatMessage, ChatReply, ChatRequest, Drafts, Llm, LlmError};
use crate::providers::llm::openai::classify::{Fault, judge};
use crate::providers::llm::openai::endpoint::Access;
use crate::providers::llm::openai::reply::{Answer, Gathered};
use crate::providers::llm::openai::retry::next_try;
use crate::providers::llm::openai::shapes::step_down;
use crate::providers::llm::openai::transport::{Trail, Transport};
use async_openai::Client;
use async_openai::error::OpenAIError;
use async_trait::async_trait;
use futures::StreamExt;
use serde_json::Value;
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::time::{Instant, timeout, timeout_at};

/// One model behind one address. Cheap to make: it opens no connection before the first request.
pub struct OpenAi {
    endpoint: Endpoint,
    flags: Flags,
    shapes: Arc<Shapes>,
    access: Access,
    http: reqwest::Client,
    clock: Arc<dyn Clock>,
}

/// Takes a draft back unless its answer came.
struct Shown<'a> {
    drafts: &'a Drafts,
    shows: bool,
}

impl Shown<'_> {
    fn show(&mut self, text: &str) {
        if !text.is_empty() {
            self.drafts.show(text);
            self.shows = true;
        }
    }

    /// Keeps the draft: its words are the answer.
    fn keep(mut self) {
        self.shows = false;
    }
}

impl Drop for Shown<'_> {
    fn drop(&mut self) {
        if self.shows {
            self.drafts.show("");
        }
    }
}

impl OpenAi {
    /// Checks the settings. `http` must come from `net` and suit the address: for a tenant's own address
    /// [`HttpClient::client_for`](crate::net::client::HttpClient::client_for), for the operator's `operator()`.
    ///
    /// # Errors
    /// [`ConfigError`].
    pub fn new(endpoint: Endpoint, http: reqwest::Client, clock: Arc<dyn Clock>) -> Result<Self, ConfigError> {
        let access = Access::new(&endpoint)?;
        let kind = if endpoint.kind == ModelKind::Compatible { guess(&endpoint.base_url) } else { endpoint.kind };
        let flags = endpoint.flags.unwrap_or_else(|| Flags::of(kind, &endpoint.model));
        Ok(Self { endpoint, flags, shapes: Arc::default(), access, http, clock })
    }

    /// Shares what servers have shown about shapes with other partners.
    #[must_use]
    pub fn sharing(self, shapes: Arc<Shapes>) -> Self {
        Self { shapes, ..self }
    }

    /// Returns the habits of the server, as far as it has shown them.
    fn flags(&self) -> Flags {
        let structured = self.shapes.known(&self.endpoint.base_url, &self.endpoint.model, self.flags.structured, self.clock.moment());
        Flags { structured, ..self.flags }
    }

    /// Tries until there is an answer or no try is left.
    async fn tries(&self, request: &ChatRequest) -> Result<ChatReply, LlmError> {
        let began = self.clock.moment();
        let left = || request.deadline.saturating_sub(self.clock.moment().0.saturating_sub(began.0));
        let streams = self.flags.always_stream || request.drafts.wanted();
        let mut flags = self.flags();
        let mut body = request::body(&self.endpoint, &flags, request, streams);
        let shaped = request.format.is_some() && (flags.shape_with_tools || request.tools.is_empty());
        let mut stepped = false;
        let mut attempts = Vec::new();
        let mut tries = 0;
        loop {
            tries += 1;
            let begun = self.clock.moment();
            let trail = Arc::new(Mutex::new(Trail::default()));
            let outcome = Box::pin(self.try_once(&body, request, streams, left(), &trail)).await;
            let millis = u64::try_from(self.clock.moment().0.saturating_sub(begun.0).as_millis()).unwrap_or(u64::MAX);
            let trail = trail.lock().unwrap_or_else(PoisonError::into_inner).clone();
            self.tell(&outcome, &trail, millis, tries);
            let failure = outcome.as_ref().err().map(ToString::to_string);
            attempts.push(Attempt { provider: self.endpoint.name.clone(), model: self.endpoint.model.clone(), failure, millis });
            let error = match outcome {
                Ok(answer) => {
                    if stepped {
                        self.shapes.learn(&self.endpoint.base_url, &self.endpoint.model, flags.structured, self.clock.moment());
                    }
                    return Ok(self.reply(answer, &body, request, attempts));
                }
                Err(error) => error,
            };
            if let Some(lower) = step_down(flags.structured, &error, trail.status).filter(|_| shaped) {
                (flags.structured, stepped) = (lower, true);
                body = request::body(&self.endpoint, &flags, request, streams);
                continue;
            }
            match next_try(&error, tries, left(), dice()) {
                Some(wait) => tokio::time::sleep(wait).await,
                None => return Err(error),
            }
        }
    }

    /// Makes one call and reads its answer to the end.
    async fn try_once(
        &self,
        body: &Value,
        request: &ChatRequest,
        streams: bool,
        left: Duration,
        trail: &Arc<Mutex<Trail>>,
    ) -> Result<Answer, LlmError> {
        let timeouts = self.endpoint.timeouts;
        let first = Instant::now() + timeouts.first_byte;
        let (http, clock, trail) = (self.http.clone(), Arc::clone(&self.clock), Arc::clone(trail));
        let service = Transport { http: http.clone(), clock, timeouts, left, streams, trail };
        // Made for this call, so that the service knows its time; the library's own retries go with the service that this one replaces.
        let client = Client::build(http, self.access.clone()).with_http_service(service);
        let mut gathered = Gathered::default();
        let shown = if streams {
            Some(self.listen(&client, body, first, &mut gathered, &request.drafts).await?)
        } else {
            let whole: Value = client.chat().create_byot(body).await.map_err(|error| judge(&fault(&error)))?;
            gathered.add(whole)?;
            None
        };
        let taken = request.messages.iter().flat_map(calls_of).map(|call| call.id.as_str()).collect::<BTreeSet<_>>();
        let mut answer = gathered.finish(&taken)?;
        if request.format.is_some() {
            // Who asked for a shape gets it bare.
            let found = answer.text.as_deref().and_then(arguments::object);
            let found = found.ok_or_else(|| LlmError::Broken("no json object in the answer".to_owned()))?;
            answer.text = Some(found.to_string());
        }
        match shown {
            // The words beside calls are not what the customer will read.
            Some(shown) if answer.calls.is_empty() => shown.keep(),
            Some(_) | None => {}
        }
        Ok(answer)
    }

    /// Gathers a stream and shows its words as they come.
    async fn listen<'a>(
        &self,
        client: &Client<Access>,
        body: &Value,
        first: Instant,
        gathered: &mut Gathered,
        drafts: &'a Drafts,
    ) -> Result<Shown<'a>, LlmError> {
        let mut shown = Shown { drafts, shows: false };
        let mut pieces = client.chat().create_stream_byot::<_, Value>(body).await.map_err(|error| judge(&fault(&error)))?;
        let mut until = first;
        let mut begun = false;
        loop {
            let piece = match timeout_at(until, pieces.next()).await {
                Ok(Some(piece)) => piece.map_err(|error| judge(&fault(&error)))?,
                Ok(None) => return Ok(shown),
                Err(_) => return Err(judge(if begun { &Fault::Stalled } else { &Fault::Silent })),
            };
            let before = gathered.words().len();
            // Pieces without anything in them only keep the line open.
            if gathered.add(piece)? {
                begun = true;
                until = Instant::now() + self.endpoint.timeouts.read;
            }
            if gathered.words().len() != before {
                shown.show(gathered.words());
            }
        }
    }

    fn reply(&self, answer: Answer, body: &Value, request: &ChatRequest, attempts: Vec<Attempt>) -> ChatReply {
        let tokens = answer.tokens.unwrap_or_else(|| estimate(body, &answer));
        let priced = || self.endpoint.prices.map(|prices| prices.cost_micros(tokens));
        if answer.tokens.is_none() {
            tracing::debug!(provider = self.endpoint.name, tenant.id = %request.origin.tenant, "a model told no usage; it is estimated");
        }
        ChatReply {
            text: answer.text,
            calls: answer.calls,
            model: answer.model.unwrap_or_else(|| self.endpoint.model.clone()),
            note: None,
            tokens,
            cost_micros: answer.cost_micros.or_else(priced),
            attempts,
        }
    }

    /// Logs a try: numbers and names of ours only.
    fn tell(&self, outcome: &Result<Answer, LlmError>, trail: &Trail, millis: u64, tries: u32) {
        let (provider, model) = (self.endpoint.name.as_str(), self.endpoint.model.as_str());
        let (status, request_id) = (trail.status.unwrap_or(0), trail.request_id.as_deref().unwrap_or("-"));
        match outcome {
            Ok(answer) => {
                let (input, output) = answer.tokens.unwrap_or_default();
                tracing::debug!(
                    provider,
                    model,
                    status,
                    request_id,
                    millis,
                    tries,
                    tokens.input = input,
                    tokens.output = output,
                    "a model answered"
                );
            }
            Err(error) => {
                tracing::info!(provider, model, status, request_id, millis, tries, failure = %error, "a model gave no answer");
            }
        }
    }
}

#[async_trait]
impl Llm for OpenAi {
    async fn complete(&self, request: ChatRequest) -> Result<ChatReply, LlmError> {
        let within = timeout(request.deadline, self.tries(&request)).await;
        within.unwrap_or_else(|_| {
            let millis = u64::try_from(request.deadline.as_millis()).unwrap_or(u64::MAX);
            tracing::info!(provider = self.endpoint.name, model = self.endpoint.model, millis, "a model was given up at the deadline");
            Err(LlmError::Deadline)
        })
    }
}

/// Finds our own failure in the library's.
fn fault(error: &OpenAIError) -> Fault {
    match error {
        OpenAIError::Boxed(inner) => inner.downcast_ref::<Fault>().cloned().unwrap_or(Fault::Request),
        OpenAIError::Reqwest(error) if error.is_timeout() => Fault::Net(Failure::TimedOut),
        OpenAIError::Reqwest(_) | OpenAIError::StreamError(_) => Fault::Cut,
        OpenAIError::JSONDeserialize(..) => Fault::Page,
        OpenAIError::ApiError(_) | OpenAIError::FileSaveError(_) | OpenAIError::FileReadError(_) | OpenAIError::InvalidArgument(_) => {
            Fault::Request
        }
    }
}

fn calls_of(message: &ChatMessage) -> &[ToolCall] {
    match message {
        ChatMessage::Assistant { calls, .. } => calls,
        ChatMessage::System { .. } | ChatMessage::User { .. } | ChatMessage::Tool { .. } => &[],
    }
}

/// Four bytes a token: rough, but an unknown usage must not look like none.
fn estimate(body: &Value, answer: &Answer) -> (u32, u32) {
    let tokens = |bytes: usize| u32::try_from(bytes / 4 + 1).unwrap_or(u32::MAX);
    let calls: usize = answer.calls.iter().map(|call| call.name.len() + call.arguments.to_string().len()).sum();
    (tokens(body.to_string().len()), tokens(answer.text.as_ref().map_or(0, String::len) + calls))
}

/// Any number; the same one every time if the system has no randomness to give.
fn dice() -> u32 {
    random_bytes::<4>().map_or(0, u32::from_le_bytes)
}

#[cfg(test)]
mod tests;
