//! The adapter's side that the visitor calls: what is typed goes the way of every channel, into the engine's queue, before it is answered.

use crate::domain::content::{Content, MessageKind, clean_text};
use crate::domain::delivery::{Address, AddressKind, DeliveryState, Item, ItemBody, Peer, StatusUpdate};
use crate::domain::ids::InboxId;
use crate::domain::time::Timestamp;
use crate::http::body::{self, BodyLimits};
use crate::http::demo::DemoState;
use crate::http::demo::page::require_this_machine;
use crate::http::demo::rooms::{NewRoomMessage, RoomId, Side};
use crate::http::problem::Problem;
use crate::http::webhooks::deliver::own_people;
use crate::ports::directory::InboxEntry;
use crate::ports::store::{Ingest, Ingested};
use actix_web::http::StatusCode;
use actix_web::web::{Data, Path, Payload};
use actix_web::{HttpMessage, HttpRequest, HttpResponse};
use serde::Deserialize;
use serde_json::json;
use std::time::Duration;

/// Longest message of a visitor, in characters.
pub(super) const MAX_CHARS: usize = 4_000;
/// Longest id that the page gives a message.
const MAX_CLIENT_ID: usize = 64;
/// Most messages confirmed at once.
const MAX_RECEIPTS: usize = 100;
const LIMITS: BodyLimits = BodyLimits { bytes: 64 * 1024, time: Duration::from_secs(10), bytes_per_second: 16 * 1024 };

const FIRST_NAMES: [&str; 10] = ["Lucía", "Mateo", "Camila", "Bruno", "Valentina", "Tomás", "Inés", "Rafael", "Elena", "Diego"];
const LAST_NAMES: [&str; 9] = ["Campos", "Navarro", "Ibarra", "Souza", "Quiroga", "Medina", "Lobos", "Ferreira", "Aguirre"];

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct CustomerMessage {
    text: String,
    client_id: String,
    /// `es`, `en` or `pt`: what the page speaks.
    #[serde(default)]
    locale: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Receipts {
    ids: Vec<String>,
    state: ReceiptState,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
enum ReceiptState {
    Delivered,
    Read,
}

/// Takes what the visitor typed; answered when it is durable.
///
/// # Errors
/// 404 for a room that is none, 422 for a text that is none, 429 and 503 to repeat it with the same `client_id`.
pub(super) async fn write_message(
    state: Data<DemoState>,
    room: Path<String>,
    request: HttpRequest,
    payload: Payload,
) -> Result<HttpResponse, Problem> {
    require_own_page(&request)?;
    let room = RoomId::parse(&room).ok_or_else(Problem::not_found)?;
    let input: CustomerMessage = body::json(&body::read(&request, payload, LIMITS, state.clock.as_ref()).await?)?;
    input.check()?;
    let entry = state.entry().await?;
    let at = state.clock.now();
    let item = item(entry.inbox.id, &room, &input, at);
    let id = item.external_id.clone();
    let outcome = state.queue.ingest(ingest(&entry, item, at)).await?;
    let (duplicate, key) = match outcome.first() {
        Some(Ingested::Accepted(key)) => (false, Some(*key)),
        Some(Ingested::Duplicate) => (true, None),
        Some(Ingested::Unrouted) | None => return Err(Problem::unavailable()),
    };
    if let Some(key) = key {
        state.rooms.bind(&room, key.id);
    }
    state.rooms.post(
        &room,
        NewRoomMessage { id, side: Side::Customer, text: clean_text(&input.text), buttons: Vec::new(), files: Vec::new(), at },
    );
    if let Some(key) = key {
        state.engine.hint(key);
    }
    let conversation = state.rooms.conversation(&room);
    Ok(HttpResponse::Accepted().json(json!({ "accepted": true, "duplicate": duplicate, "conversation_id": conversation })))
}

/// Tells the engine that messages of the business were delivered or read.
///
/// # Errors
/// 404 for a room that is none, 422 for too many ids, 429 and 503 to repeat it.
pub(super) async fn confirm_messages(
    state: Data<DemoState>,
    room: Path<String>,
    request: HttpRequest,
    payload: Payload,
) -> Result<HttpResponse, Problem> {
    require_own_page(&request)?;
    let room = RoomId::parse(&room).ok_or_else(Problem::not_found)?;
    let input: Receipts = body::json(&body::read(&request, payload, LIMITS, state.clock.as_ref()).await?)?;
    if input.ids.len() > MAX_RECEIPTS {
        return Err(Problem::field("ids", format!("must have at most {MAX_RECEIPTS} entries")));
    }
    let ids = state.rooms.received(&room, input.ids);
    if ids.is_empty() {
        return Ok(HttpResponse::NoContent().finish());
    }
    let at = state.clock.now();
    let reached = match input.state {
        ReceiptState::Delivered => DeliveryState::Delivered,
        ReceiptState::Read => DeliveryState::Read,
    };
    let status = |external_id| StatusUpdate { external_id, reference: None, state: reached, at: Some(at), error: None };
    let statuses = ids.into_iter().map(status).collect();
    let entry = state.entry().await?;
    let (keys, events) = state.queue.apply_statuses(entry.inbox.tenant.id, entry.inbox.id, statuses, at).await?;
    state.engine.publish(events);
    keys.into_iter().for_each(|key| state.engine.hint(key));
    Ok(HttpResponse::NoContent().finish())
}

/// Refuses the requests that a foreign page could send without asking first: under a foreign name, or with a body that is no JSON or does
/// not say so.
fn require_own_page(request: &HttpRequest) -> Result<(), Problem> {
    require_this_machine(request)?;
    if request.content_type().is_empty() {
        return Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "send application/json"));
    }
    body::require_json(request)
}

impl CustomerMessage {
    fn check(&self) -> Result<(), Problem> {
        if self.text.trim().is_empty() {
            return Err(Problem::field("text", "must not be empty"));
        }
        if self.text.chars().count() > MAX_CHARS {
            return Err(Problem::field("text", format!("must have at most {MAX_CHARS} characters")));
        }
        let plain = self.client_id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        if self.client_id.is_empty() || self.client_id.len() > MAX_CLIENT_ID || !plain {
            return Err(Problem::field("client_id", format!("must have 1 to {MAX_CLIENT_ID} letters, digits or hyphens")));
        }
        if self.locale.as_deref().is_some_and(|locale| !["es", "en", "pt"].contains(&locale)) {
            return Err(Problem::field("locale", "must be es, en or pt"));
        }
        Ok(())
    }
}

/// Makes the item that the generic channel would make of the same message.
fn item(inbox: InboxId, room: &RoomId, input: &CustomerMessage, at: Timestamp) -> Item {
    let id = format!("demo-in-{}-{}", room.as_str(), input.client_id);
    let address = Address::new(AddressKind::Room, room.as_str());
    let mut peer = Peer {
        thread: vec![address.clone()],
        reply_to: Some(address),
        person: vec![Address::new(AddressKind::External, format!("visitor-{}", room.as_str()))],
        display_name: Some(name_of(room)),
        locale: input.locale.clone(),
        ..Peer::default()
    };
    own_people(inbox, &mut peer);
    let content = Content { kind: MessageKind::Text, text: clean_text(&input.text), ..Content::default() };
    Item { external_id: id.clone(), message_id: Some(id), occurred_at: Some(at), peer, body: ItemBody::Message { content }, raw: None }
}

fn ingest(entry: &InboxEntry, item: Item, at: Timestamp) -> Ingest {
    let inbox = &entry.inbox;
    Ingest {
        tenant: inbox.tenant.id,
        inbox: inbox.id,
        assistant: inbox.assistant(),
        reopen: inbox.common.reopen_within(),
        received_at: at,
        first_index: 0,
        items: vec![item],
    }
}

/// Returns the made-up name of a room's customer: always the same, so that several customers can be told apart.
pub(super) fn name_of(room: &RoomId) -> String {
    // FNV-1a: rooms that differ in a digit have different names. The parts of 16 bits are far above the numbers of names.
    let hash = room.as_str().bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
    let pick = |names: &[&'static str], part: u64| {
        let place = usize::try_from(part & 0xffff).unwrap_or_default() % names.len();
        names.get(place).copied().unwrap_or_default()
    };
    format!("{} {}", pick(&FIRST_NAMES, hash >> 16), pick(&LAST_NAMES, hash >> 40))
}
