//! What an adapter posts to us. Pure: bytes in, updates out; the signature has been checked before on the same bytes.
//!
//! `event_id` is the key of repeats; the message's own id travels beside it ([`Item::message_id`]). One bad event of a batch does not
//! spoil the others. Nothing is fetched and nothing stored here.

use crate::channels::generic::wire::{EventError, Fields, MAX_ID, without_nul};
use crate::domain::content::{Attachment, Content, MAX_ATTACHMENTS, MessageKind, truncate};
use crate::domain::delivery::{Address, AddressKind, DeliveryState, Item, ItemBody, Peer, StatusUpdate, Update};
use crate::domain::time::Timestamp;
use serde_json::Value;
use thiserror::Error;
use url::Url;

/// Most events of one delivery.
pub const MAX_EVENTS: usize = 100;
/// Longest URL of a file, in bytes.
const MAX_URL: usize = 2048;

/// Beginnings of the engine's own keys in the same queue: an adapter's event must never pass for a repeat of one.
const RESERVED: [&str; 4] = ["fail:", "unsure:", "timer:", "cmd:"];

const KINDS: &str = "text, image, video, audio, document, sticker, location, contacts, order, unsupported";
const TYPES: &str = "message, message_edited, message_deleted, echo, reaction, status, postback, comment, contact_updated, consent";

/// One event, understood.
#[derive(Clone, PartialEq, Debug)]
pub struct ParsedEvent {
    /// The adapter's id of the event, as a key: at most 255 bytes.
    pub event_id: String,
    /// What it says.
    pub update: Update,
}

/// A delivery, each event on its own.
#[derive(Clone, PartialEq, Debug)]
pub struct Delivery {
    /// True for `{"events": […]}`: answered by a list of results.
    pub batch: bool,
    /// In the order of the delivery.
    pub events: Vec<Result<ParsedEvent, EventError>>,
}

/// Why nothing of a delivery can be read.
#[derive(Debug, Error, Clone, PartialEq, Eq)]
pub enum BatchError {
    /// No JSON, or nested too deeply.
    #[error("the body is not json (line {line}, column {column})")]
    NotJson {
        /// Where reading stopped.
        line: usize,
        /// Where reading stopped.
        column: usize,
    },
    /// Neither an event nor a list of events.
    #[error("the body must be an event or an object with a list named events")]
    NotAnEvent,
    /// More than [`MAX_EVENTS`].
    #[error("events: must have at most 100 entries, not {0}")]
    TooMany(usize),
    /// A field beside `events`.
    #[error(transparent)]
    Field(#[from] EventError),
}

/// Reads a delivery: one event, or `{"events": […]}`.
///
/// # Errors
/// [`BatchError`] if nothing can be read; a single bad event is an [`EventError`] inside the [`Delivery`].
pub fn parse_events(body: &[u8]) -> Result<Delivery, BatchError> {
    let value: Value = serde_json::from_slice(body).map_err(|error| BatchError::NotJson { line: error.line(), column: error.column() })?;
    let Some(map) = value.as_object() else {
        return Err(BatchError::NotAnEvent);
    };
    let Some(events) = map.get("events") else {
        return Ok(Delivery { batch: false, events: vec![parse_event(&value, String::new())] });
    };
    let list = events.as_array().ok_or(BatchError::NotAnEvent)?;
    if list.len() > MAX_EVENTS {
        return Err(BatchError::TooMany(list.len()));
    }
    if let Some(other) = map.keys().find(|key| *key != "events") {
        return Err(EventError::new(truncate(other, MAX_ID), "is not a known field here").into());
    }
    let events = list.iter().enumerate().map(|(index, event)| parse_event(event, format!("events[{index}]"))).collect();
    Ok(Delivery { batch: true, events })
}

fn parse_event(value: &Value, path: String) -> Result<ParsedEvent, EventError> {
    let mut fields = Fields::of(value, path)?;
    let kind = fields.required_text("type")?;
    let event_id = fields.required_id("event_id")?;
    if RESERVED.iter().any(|reserved| event_id.starts_with(reserved)) {
        return Err(fields.wrong("event_id", format!("must not begin with any of {}", RESERVED.join(" "))));
    }
    let unrouted = |reason| Ok(Update::Unrouted { reason, raw: without_nul(value) });
    let update = match kind {
        "status" => status(fields),
        "comment" => unrouted("comment"),
        "consent" => unrouted("consent"),
        other => item(fields, other, event_id.clone()),
    }?;
    Ok(ParsedEvent { event_id, update })
}

/// Reads an event that belongs into a thread.
fn item(mut fields: Fields<'_>, kind: &str, external_id: String) -> Result<Update, EventError> {
    let (body, message_id) = match kind {
        "message" => {
            let (content, id) = message(&mut fields)?;
            (ItemBody::Message { content }, Some(id))
        }
        "echo" => echo(&mut fields)?,
        "message_edited" => {
            let (content, target) = message(&mut fields)?;
            (ItemBody::Edited { target, content }, None)
        }
        "message_deleted" => (deleted(&mut fields)?, None),
        "reaction" => (reaction(&mut fields)?, None),
        "postback" => postback(&mut fields)?,
        "contact_updated" => (ItemBody::ContactUpdated, None),
        _ => return Err(fields.wrong("type", format!("must be one of {TYPES}"))),
    };
    let needs_thread = !matches!(body, ItemBody::ContactUpdated);
    let needs_contact = matches!(body, ItemBody::Message { .. } | ItemBody::ContactUpdated);
    let occurred_at = occurred_at(&mut fields)?;
    let mut peer = conversation(&mut fields, needs_thread)?;
    contact(&mut fields, needs_contact, &mut peer)?;
    fields.finish()?;
    Ok(Update::Item(Box::new(Item { external_id, message_id, occurred_at, peer, body, raw: None })))
}

fn echo(fields: &mut Fields<'_>) -> Result<(ItemBody, Option<String>), EventError> {
    let reference = fields.id("reference")?;
    let (content, id) = message(fields)?;
    Ok((ItemBody::Echo { content, reference }, Some(id)))
}

fn deleted(fields: &mut Fields<'_>) -> Result<ItemBody, EventError> {
    let mut message = fields.required_object("message")?;
    let target = message.required_id("external_id")?;
    message.finish()?;
    Ok(ItemBody::Deleted { target })
}

/// `{"target": id of the message, "emoji": "👍"}`; no emoji takes the reaction back.
fn reaction(fields: &mut Fields<'_>) -> Result<ItemBody, EventError> {
    let mut reaction = fields.required_object("reaction")?;
    let target = reaction.required_id("target")?;
    let emoji = reaction.label("emoji")?;
    reaction.finish()?;
    Ok(ItemBody::Reaction { target, emoji })
}

/// `{"id": of the button, "title", "external_id"?: of the tap as a message, "reply_to"?}`.
fn postback(fields: &mut Fields<'_>) -> Result<(ItemBody, Option<String>), EventError> {
    let mut tap = fields.required_object("postback")?;
    let button_id = verbatim(&mut tap, "id")?;
    let text = tap.prose("title")?.filter(|title| !title.is_empty()).unwrap_or_else(|| button_id.clone());
    let message_id = tap.id("external_id")?;
    let reply_to = tap.id("reply_to")?;
    tap.finish()?;
    let content = Content { kind: MessageKind::Button, text, button_id: Some(button_id), reply_to, ..Content::default() };
    Ok((ItemBody::Message { content }, message_id))
}

/// Reads `message`; returns what it says and its id.
fn message(fields: &mut Fields<'_>) -> Result<(Content, String), EventError> {
    let mut message = fields.required_object("message")?;
    let id = message.required_id("external_id")?;
    let kind = match message.text("kind")? {
        None => MessageKind::Text,
        Some(word) => inbound_kind(word).ok_or_else(|| message.wrong("kind", format!("must be one of {KINDS}")))?,
    };
    let text = message.prose("text")?.unwrap_or_default();
    let attachments = message.objects("attachments", MAX_ATTACHMENTS)?.into_iter().map(attachment).collect::<Result<Vec<_>, _>>()?;
    if text.is_empty() && attachments.is_empty() {
        return Err(message.wrong("text", "must not be empty where there are no attachments"));
    }
    let reply_to = message.id("reply_to")?;
    message.finish()?;
    Ok((Content { kind, text, attachments, reply_to, ..Content::default() }, id))
}

fn attachment(mut fields: Fields<'_>) -> Result<Attachment, EventError> {
    let kind = match fields.required_text("kind")? {
        "image" => MessageKind::Image,
        "video" => MessageKind::Video,
        "audio" => MessageKind::Audio,
        "document" => MessageKind::Document,
        "sticker" => MessageKind::Sticker,
        _ => return Err(fields.wrong("kind", "must be one of image, video, audio, document, sticker")),
    };
    let url = fields.required_text("url")?;
    let web = Url::parse(url).is_ok_and(|url| matches!(url.scheme(), "http" | "https"));
    if !web || url.len() > MAX_URL || url.chars().any(char::is_control) {
        return Err(fields.wrong("url", format!("must be an http or https url of at most {MAX_URL} bytes")));
    }
    let sha256 = fields.text("sha256")?;
    if sha256.is_some_and(|digest| digest.len() != 64 || !digest.bytes().all(|byte| byte.is_ascii_hexdigit())) {
        return Err(fields.wrong("sha256", "must be 64 hex digits"));
    }
    let attachment = Attachment {
        kind,
        mime_type: fields.label("mime_type")?.unwrap_or_else(|| "application/octet-stream".to_owned()),
        provider_ref: None,
        url: Some(url.to_owned()),
        file_name: fields.label("file_name")?,
        sha256: sha256.map(str::to_ascii_lowercase),
        size: fields.number("size")?,
        voice: fields.flag("voice")?,
        file: None,
    };
    fields.finish()?;
    Ok(attachment)
}

/// Reads the word of the provider about one of our messages: `{"external_id", "state", "error"?: {"code"?, "message"?}}`.
fn status(mut fields: Fields<'_>) -> Result<Update, EventError> {
    let at = occurred_at(&mut fields)?;
    let mut status = fields.required_object("status")?;
    let external_id = status.required_id("external_id")?;
    let state = match status.required_text("state")? {
        "sent" => DeliveryState::Sent,
        "delivered" => DeliveryState::Delivered,
        "read" => DeliveryState::Read,
        "played" => DeliveryState::Played,
        "failed" => DeliveryState::Failed,
        _ => return Err(status.wrong("state", "must be one of sent, delivered, read, played, failed")),
    };
    let error = status.object("error")?.map(status_error).transpose()?;
    status.finish()?;
    // A status may name its conversation; nothing depends on it.
    conversation(&mut fields, false)?;
    contact(&mut fields, false, &mut Peer::default())?;
    fields.finish()?;
    Ok(Update::Status(StatusUpdate { external_id, reference: None, state, at, error }))
}

fn status_error(mut fields: Fields<'_>) -> Result<String, EventError> {
    let words = [fields.label("code")?, fields.label("message")?];
    fields.number("retry_after_s")?;
    fields.finish()?;
    Ok(words.into_iter().flatten().collect::<Vec<_>>().join(": "))
}

fn occurred_at(fields: &mut Fields<'_>) -> Result<Option<Timestamp>, EventError> {
    match fields.text("occurred_at")? {
        None => Ok(None),
        Some(text) => Timestamp::parse(text)
            .map(Some)
            .ok_or_else(|| fields.wrong("occurred_at", "must be an RFC 3339 instant, such as 2026-01-02T03:04:05.678Z")),
    }
}

/// Reads `conversation` into the thread's address.
fn conversation(fields: &mut Fields<'_>, required: bool) -> Result<Peer, EventError> {
    let found = if required { Some(fields.required_object("conversation")?) } else { fields.object("conversation")? };
    let Some(mut room) = found else {
        return Ok(Peer::default());
    };
    // Replies go to this very text, so a hash of it would not do.
    let address = Address::new(AddressKind::Room, verbatim(&mut room, "external_id")?);
    let group = match room.text("kind")? {
        None | Some("direct") => false,
        Some("group") => true,
        Some(_) => return Err(room.wrong("kind", "must be direct or group")),
    };
    room.finish()?;
    Ok(Peer { thread: vec![address.clone()], reply_to: Some(address), group, ..Peer::default() })
}

/// Reads `contact` into the person's addresses.
fn contact(fields: &mut Fields<'_>, required: bool, peer: &mut Peer) -> Result<(), EventError> {
    let found = if required { Some(fields.required_object("contact")?) } else { fields.object("contact")? };
    let Some(mut person) = found else {
        return Ok(());
    };
    peer.person.push(Address::new(AddressKind::External, person.required_id("external_id")?));
    if let Some(phone) = person.text("phone")? {
        let phone = e164(phone).ok_or_else(|| person.wrong("phone", "must be a number in E.164, such as +5215512345678"))?;
        peer.person.push(Address::new(AddressKind::Phone, phone));
    }
    if let Some(email) = person.text("email")? {
        let email = email_address(email).ok_or_else(|| person.wrong("email", "must be an e-mail address"))?;
        peer.person.push(Address::new(AddressKind::Email, email));
    }
    peer.display_name = person.label("display_name")?;
    peer.locale = person.label("locale")?;
    person.finish()
}

/// Reads an id that must come back letter for letter: too long is refused instead of hashed.
fn verbatim(fields: &mut Fields<'_>, name: &'static str) -> Result<String, EventError> {
    let text = fields.required_text(name)?;
    if text.len() > MAX_ID || text.contains('\0') {
        return Err(fields.wrong(name, format!("must be at most {MAX_ID} bytes, without U+0000")));
    }
    Ok(text.to_owned())
}

/// Returns the number as `+` and 7 to 15 digits, the first not 0; blanks, hyphens and brackets between them are dropped.
fn e164(text: &str) -> Option<String> {
    let number: String = text.chars().filter(|c| !matches!(c, ' ' | '-' | '(' | ')')).collect();
    let digits = number.strip_prefix('+')?;
    let valid = (7..=15).contains(&digits.len()) && !digits.starts_with('0') && digits.bytes().all(|byte| byte.is_ascii_digit());
    valid.then_some(number)
}

/// Returns the address in lower case if it looks like one.
fn email_address(text: &str) -> Option<String> {
    let (local, host) = text.rsplit_once('@')?;
    let plain = |part: &str| !part.is_empty() && !part.chars().any(|c| c.is_whitespace() || c.is_control());
    (plain(local) && plain(host) && text.len() <= MAX_ID).then(|| text.to_lowercase())
}

fn inbound_kind(word: &str) -> Option<MessageKind> {
    Some(match word {
        "text" => MessageKind::Text,
        "image" => MessageKind::Image,
        "video" => MessageKind::Video,
        "audio" => MessageKind::Audio,
        "document" => MessageKind::Document,
        "sticker" => MessageKind::Sticker,
        "location" => MessageKind::Location,
        "contacts" => MessageKind::Contacts,
        "order" => MessageKind::Order,
        "unsupported" => MessageKind::Unsupported,
        _ => return None,
    })
}

#[cfg(test)]
mod tests;
