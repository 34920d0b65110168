//! The adapter's side that the engine calls, by the same contract that a third party implements: signed, idempotent, no shortcut.

use crate::crypto::standard_webhooks::{ID_HEADER, SIGNATURE_HEADER, SignedHeaders, TIMESTAMP_HEADER, TOLERANCE, VerifyError, verify};
use crate::domain::content::{Button, MAX_ATTACHMENTS, MessageKind, clean_text};
use crate::http::body::{self, BodyLimits};
use crate::http::demo::DemoState;
use crate::http::demo::rooms::{NewRoomMessage, RoomFile, RoomId, Side};
use crate::http::problem::Problem;
use actix_web::web::{Bytes, Data, Payload};
use actix_web::{HttpRequest, HttpResponse};
use serde::Deserialize;
use serde_json::json;
use std::slice;
use std::time::Duration;

/// Most of a call that is read: the longest text, its JSON escapes, and what stands around it.
const LIMITS: BodyLimits = BodyLimits { bytes: 256 * 1024, time: Duration::from_secs(10), bytes_per_second: 16 * 1024 };
/// Longest idempotency key, in bytes.
const MAX_KEY: usize = 200;

/// The part of a call that a telephone without pictures can show. Fields that it does not need are left alone.
#[derive(Debug, Deserialize)]
struct OutboundMessage {
    idempotency_key: String,
    conversation: OutboundRoom,
    message: OutboundContent,
}

#[derive(Debug, Deserialize)]
struct OutboundRoom {
    external_id: String,
}

#[derive(Debug, Deserialize)]
struct OutboundContent {
    #[serde(default)]
    kind: MessageKind,
    #[serde(default)]
    text: String,
    #[serde(default)]
    buttons: Vec<Button>,
    #[serde(default)]
    attachments: Vec<OutboundFile>,
}

#[derive(Debug, Deserialize)]
struct OutboundFile {
    file_name: Option<String>,
    url: Option<String>,
}

/// Returns what the telephone shows of a message; `None`: it can show nothing of it.
fn shown(content: OutboundContent) -> Option<(String, Vec<Button>, Vec<RoomFile>)> {
    let file = |file: OutboundFile| file.url.map(|url| RoomFile { name: file.file_name.unwrap_or_default(), url });
    let files: Vec<RoomFile> = content.attachments.into_iter().take(MAX_ATTACHMENTS).filter_map(file).collect();
    let says = !content.text.trim().is_empty() && content.kind == MessageKind::Text;
    (says || !files.is_empty()).then(|| (clean_text(&content.text), content.buttons, files))
}

/// Shows a message on the customer's telephone.
///
/// # Errors
/// 401 without a signature, 403 with a wrong one, 408 and 413 for the body, 422 in the contract's words for what cannot be shown.
pub(super) async fn receive_message(state: Data<DemoState>, request: HttpRequest, payload: Payload) -> Result<HttpResponse, Problem> {
    let bytes = body::read(&request, payload, LIMITS, state.clock.as_ref()).await?;
    believe(&state, &request, &bytes).await?;
    let Ok(call) = serde_json::from_slice::<OutboundMessage>(&bytes) else {
        return Ok(refusal("invalid", "the call cannot be read"));
    };
    let key = call.idempotency_key.as_str();
    let Some((text, buttons, files)) = shown(call.message).filter(|_| !key.is_empty() && key.len() <= MAX_KEY) else {
        return Ok(refusal("invalid", "this telephone shows texts and files only"));
    };
    let Some(room) = RoomId::parse(&call.conversation.external_id) else {
        return Ok(refusal("unreachable", "there is no such room"));
    };
    // Made of the key, so that a repeat has the same id even after a restart.
    let id = format!("demo-out-{key}");
    let message = NewRoomMessage { id: id.clone(), side: Side::Business, text, buttons, files, at: state.clock.now() };
    let mut answer = if state.rooms.post(&room, message) { HttpResponse::Created() } else { HttpResponse::Conflict() };
    Ok(answer.json(json!({ "external_id": id })))
}

/// Tells what the telephone can do.
///
/// # Errors
/// 401 and 403 for the signature.
pub(super) async fn show_capabilities(state: Data<DemoState>, request: HttpRequest) -> Result<HttpResponse, Problem> {
    believe(&state, &request, &Bytes::new()).await?;
    Ok(HttpResponse::Ok().json(json!({
        "max_text": 4096, "text_unit": "chars", "buttons": { "max": 3, "title_max": 20 },
        "typing": false, "read_receipts": false, "window_hours": null, "templates": false,
    })))
}

/// Checks that the call comes from our own engine, on the very bytes that it signed.
async fn believe(state: &DemoState, request: &HttpRequest, bytes: &Bytes) -> Result<(), Problem> {
    let entry = state.entry().await?;
    let header = |name: &str| request.headers().get(name).and_then(|value| value.to_str().ok());
    let signatures: Vec<&str> = request.headers().get_all(SIGNATURE_HEADER).filter_map(|value| value.to_str().ok()).collect();
    let headers = SignedHeaders { id: header(ID_HEADER), timestamp: header(TIMESTAMP_HEADER), signatures: &signatures };
    let secrets = entry.account.secrets.get("secret").map(slice::from_ref).unwrap_or_default();
    verify(secrets, headers, bytes, state.clock.now(), TOLERANCE).map_err(|error| match error {
        VerifyError::Missing(_) => Problem::unauthorized(error.to_string()),
        VerifyError::Malformed | VerifyError::Skew | VerifyError::Wrong => Problem::forbidden(error.to_string()),
    })
}

/// The contract's own shape of an error.
fn refusal(code: &str, message: &str) -> HttpResponse {
    HttpResponse::UnprocessableEntity().json(json!({ "error": { "code": code, "message": message } }))
}
