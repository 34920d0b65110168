//! The generic adapter's door: one signed event, or up to a hundred with a result each. Answered after the commit.

use crate::channels::generic::EventError;
use crate::channels::generic::inbound::{BatchError, ParsedEvent, parse_events};
use crate::crypto::standard_webhooks::{
    ID_HEADER, SIGNATURE_HEADER, SignedHeaders, TIMESTAMP_HEADER, TOLERANCE, VerifyError, check_headers, verify,
};
use crate::domain::ids::InboxId;
use crate::domain::inbox::ChannelKind;
use crate::http::problem::Problem;
use crate::http::webhooks::deliver::{Delivery, Outcome, is_open};
use crate::http::{HttpState, body};
use crate::ports::directory::InboxEntry;
use crate::ports::faults;
use crate::ports::store::StoreError;
use actix_web::web::{Bytes, Data, Path, Payload};
use actix_web::{HttpRequest, HttpResponse};
use secrecy::SecretString;
use serde::Serialize;
use std::slice;
use std::sync::Arc;
use utoipa::ToSchema;

/// What became of a single event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct EventAccepted {
    /// Durable.
    pub accepted: bool,
    /// Was durable before.
    pub duplicate: bool,
}

/// What became of an event of a batch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct EventResult {
    /// The event's id, where it could be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event_id: Option<String>,
    /// Durable.
    pub accepted: bool,
    /// Was durable before.
    pub duplicate: bool,
    /// Why it was not accepted: the field, and what was expected.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<crate::http::problem::FieldProblem>,
}

/// What became of a batch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct BatchAccepted {
    /// In the order of the events.
    pub results: Vec<EventResult>,
}

/// What became of a delivery.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(untagged)]
pub enum DeliveryAccepted {
    /// Of a single event.
    One(EventAccepted),
    /// Of a batch.
    Batch(BatchAccepted),
}

/// Takes events of a generic adapter.
///
/// # Errors
/// 400 for a schema error, 401 and 403 for the signature, 404, 408, 413; 429 and 503 ask to repeat.
#[utoipa::path(post, path = "/api/v1/channels/{inbox_id}/events", tag = "channels",
    params(("inbox_id" = uuid::Uuid, Path), ("webhook-id" = String, Header), ("webhook-timestamp" = i64, Header), ("webhook-signature" = String, Header)),
    request_body(content = Object, description = "One event, or `{\"events\": […]}` with at most 100"),
    responses((status = 202, description = "Durable; for a batch a result per event (`results`)", body = DeliveryAccepted)))]
pub async fn receive_events(
    state: Data<HttpState>,
    inbox: Path<String>,
    request: HttpRequest,
    payload: Payload,
) -> Result<HttpResponse, Problem> {
    let entry = inbox_of(&state, &inbox).await?;
    expect_signature(&state, &entry, &request)?;
    let limits = state.limits.body(state.limits.adapter_bytes);
    let bytes = body::read(&request, payload, limits, state.clock.as_ref()).await?;
    faults::hit("c1_received");
    believe(&state, &entry, &request, &bytes)?;
    let delivery = parse_events(&bytes).map_err(batch_problem)?;
    let results = take(&state, &entry, delivery.events).await?;
    if delivery.batch {
        return Ok(HttpResponse::Accepted().json(DeliveryAccepted::Batch(BatchAccepted { results })));
    }
    let Some(result) = results.into_iter().next() else {
        return Err(Problem::bad_request("the body holds no event"));
    };
    match result.error {
        Some(error) => Err(Problem::bad_request("the event cannot be read").with_error(error.field, error.detail)),
        None => {
            let one = EventAccepted { accepted: result.accepted, duplicate: result.duplicate };
            Ok(HttpResponse::Accepted().json(DeliveryAccepted::One(one)))
        }
    }
}

async fn inbox_of(state: &HttpState, id: &str) -> Result<Arc<InboxEntry>, Problem> {
    let id: InboxId = id.parse().ok().ok_or_else(Problem::not_found)?;
    let entry = state.directory.inbox(id).await?;
    let usable = |entry: &Arc<InboxEntry>| entry.inbox.channel == ChannelKind::Generic && is_open(entry);
    entry.filter(usable).ok_or_else(Problem::not_found)
}

/// Refuses before the body is read what no body could make believable.
fn expect_signature(state: &HttpState, entry: &InboxEntry, request: &HttpRequest) -> Result<(), Problem> {
    look_at(request, |headers| check_headers(secrets(entry), headers, state.clock.now(), TOLERANCE))
}

fn believe(state: &HttpState, entry: &InboxEntry, request: &HttpRequest, bytes: &Bytes) -> Result<(), Problem> {
    look_at(request, |headers| verify(secrets(entry), headers, bytes, state.clock.now(), TOLERANCE))
}

fn secrets(entry: &InboxEntry) -> &[SecretString] {
    entry.account.secrets.get("secret").map(slice::from_ref).unwrap_or_default()
}

fn look_at(request: &HttpRequest, check: impl FnOnce(SignedHeaders<'_>) -> Result<(), VerifyError>) -> Result<(), Problem> {
    let header = |name: &str| request.headers().get(name).and_then(|value| value.to_str().ok());
    let signatures: Vec<&str> = request.headers().get_all(SIGNATURE_HEADER).filter_map(|value| value.to_str().ok()).collect();
    let headers = SignedHeaders { id: header(ID_HEADER), timestamp: header(TIMESTAMP_HEADER), signatures: &signatures };
    check(headers).map_err(|error| match error {
        VerifyError::Missing(_) | VerifyError::Malformed => Problem::unauthorized(error.to_string()),
        VerifyError::Skew | VerifyError::Wrong => Problem::forbidden(error.to_string()),
    })
}

fn batch_problem(error: BatchError) -> Problem {
    match error {
        BatchError::NotJson { .. } | BatchError::NotAnEvent => Problem::bad_request(error.to_string()),
        BatchError::TooMany(_) => Problem::bad_request("too many events").with_error("events", error.to_string()),
        BatchError::Field(field) => Problem::bad_request("the body cannot be read").with_error(field.path, field.problem),
    }
}

/// Makes the readable events durable; a result per event, readable or not.
///
/// # Errors
/// 429 or 503 as soon as one was not taken: the repeat finds the others as duplicates.
async fn take(state: &HttpState, entry: &InboxEntry, events: Vec<Result<ParsedEvent, EventError>>) -> Result<Vec<EventResult>, Problem> {
    let mut results = Vec::with_capacity(events.len());
    let (mut places, mut updates) = (Vec::new(), Vec::new());
    for (place, event) in events.into_iter().enumerate() {
        let (event_id, error) = match event {
            Ok(event) => {
                places.push(place);
                updates.push((Some(event.event_id.clone()), event.update));
                (Some(event.event_id), None)
            }
            Err(error) => (None, Some(crate::http::problem::FieldProblem { field: error.path, detail: error.problem })),
        };
        results.push(EventResult { event_id, accepted: false, duplicate: false, error });
    }
    let outcomes = Delivery { state, entry, at: state.clock.now() }.deliver_events(updates).await;
    for (place, outcome) in places.into_iter().zip(outcomes) {
        let Some(result) = results.get_mut(place) else { continue };
        match outcome {
            Outcome::Accepted | Outcome::Kept => result.accepted = true,
            Outcome::Duplicate => (result.accepted, result.duplicate) = (true, true),
            Outcome::Failed(error) => return Err(repeat(&error)),
        }
    }
    Ok(results)
}

/// Being too busy is not worth a line in the log each time: in a flood that would be one more flood. The answers' counters show it.
fn repeat(error: &StoreError) -> Problem {
    match error {
        StoreError::Busy | StoreError::InboxBusy => {
            tracing::debug!(error = %error, "an adapter's delivery was not taken whole; it will repeat it");
            Problem::too_many()
        }
        StoreError::Unknown | StoreError::Refused(_) => {
            tracing::warn!(error = %error, "an adapter's delivery was not taken whole; it will repeat it");
            Problem::unavailable()
        }
    }
}
