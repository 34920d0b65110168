//! One message, echo, status or change of id. Pure, and never an error: what cannot be read is kept as unrouted.

use crate::channels::whatsapp::inbound::content::{self, Reading};
use crate::channels::whatsapp::inbound::keep;
use crate::channels::whatsapp::inbound::peer::{self, Party, People, key, text_of};
use crate::channels::whatsapp::wire::{self, Id, Message, Status, UserIdUpdate, decode};
use crate::domain::content::{clean_text, truncate};
use crate::domain::delivery::{DeliveryState, Item, ItemBody, Peer, StatusUpdate, Update};
use crate::domain::time::Timestamp;
use serde_json::value::RawValue;

/// Longest reference of ours that WhatsApp sends back, in bytes.
const MAX_REFERENCE: usize = 512;

/// Longest reason of a failure that is kept, in bytes.
const MAX_REASON: usize = 300;

/// The last second of the year 9999: later instants cannot be written as RFC 3339.
const LAST_SECOND: i64 = 253_402_300_799;

fn unrouted(reason: &'static str, raw: &RawValue) -> Update {
    Update::Unrouted { reason, raw: keep(raw) }
}

/// Reads a customer's message, or the news about them that comes in its guise.
pub fn message(raw: &RawValue, people: &People<'_>) -> Update {
    let Some(message) = decode::<Message>(raw) else { return unrouted("malformed_message", raw) };
    match message.kind.as_deref() {
        Some("request_welcome") => return unrouted("request_welcome", raw),
        Some("ephemeral") => return unrouted("ephemeral", raw),
        Some("system") => return system(&message, raw, people),
        _ => {}
    }
    let group = text_of(message.group_id.as_ref());
    let party = Party::new(message.from.as_ref(), message.from_user_id.as_ref());
    let peer = peer::peer(party, people.find(party), group);
    let body = body(&message).map(|(body, partial)| match body {
        Body::Written(reading) => (ItemBody::Message { content: reading.content }, partial),
        Body::Other(body) => (body, partial),
    });
    item(&message, peer, body, raw)
}

/// Reads what one of our people wrote on the phone. The peer is the customer; the sender is us.
pub fn echo(raw: &RawValue, people: &People<'_>) -> Update {
    let Some(message) = decode::<Message>(raw) else { return unrouted("malformed_echo", raw) };
    if matches!(message.kind.as_deref(), Some("reaction" | "system" | "request_welcome" | "ephemeral")) {
        return unrouted("own_event", raw);
    }
    let party = Party::new(message.to.as_ref(), message.to_user_id.as_ref());
    let peer = peer::peer(party, people.find(party), text_of(message.group_id.as_ref()));
    let reference = reference(message.biz_opaque_callback_data.as_deref());
    let body = body(&message).map(|(body, partial)| match body {
        Body::Written(reading) => (ItemBody::Echo { content: reading.content, reference }, partial),
        Body::Other(body) => (body, partial),
    });
    item(&message, peer, body, raw)
}

enum Body {
    Written(Reading),
    Other(ItemBody),
}

/// Returns what happened and whether the JSON says more; `None` where the message it is about is not named.
fn body(message: &Message) -> Option<(Body, bool)> {
    let target = |id: Option<&Id>| text_of(id).map(key);
    match message.kind.as_deref() {
        Some("reaction") => {
            let reaction = message.reaction.as_ref()?;
            let emoji =
                reaction.emoji.as_deref().filter(|emoji| !emoji.is_empty()).map(|emoji| truncate(&clean_text(emoji), 64).to_owned());
            Some((Body::Other(ItemBody::Reaction { target: target(reaction.message_id.as_ref())?, emoji }), false))
        }
        Some("edit") => {
            let edit = message.edit.as_ref()?;
            let target = target(edit.original_message_id.as_ref())?;
            let Reading { content, partial } = content::read(&decode::<Message>(edit.message.as_deref()?)?);
            Some((Body::Other(ItemBody::Edited { target, content }), partial))
        }
        Some("revoke") => {
            let target = target(message.revoke.as_ref()?.original_message_id.as_ref())?;
            Some((Body::Other(ItemBody::Deleted { target }), false))
        }
        _ => {
            let reading = content::read(message);
            let partial = reading.partial;
            Some((Body::Written(reading), partial))
        }
    }
}

fn item(message: &Message, peer: Peer, body: Option<(ItemBody, bool)>, raw: &RawValue) -> Update {
    let (Some(id), Some((body, partial))) = (text_of(message.id.as_ref()), body) else {
        return unrouted("malformed_message", raw);
    };
    if peer.thread.is_empty() {
        return unrouted("no_sender", raw);
    }
    // In a group the JSON is the only place that names the participant.
    let keep_raw = partial || peer.group;
    Update::Item(Box::new(Item {
        message_id: None,
        external_id: key(id),
        occurred_at: instant(message.timestamp.as_ref()),
        peer,
        body,
        raw: keep_raw.then(|| keep(raw)),
    }))
}

/// Reads a change of number or id. The new spelling comes first and takes replies; the old ones are linked to it.
fn system(message: &Message, raw: &RawValue, people: &People<'_>) -> Update {
    let Some(news) = &message.system else { return unrouted("malformed_message", raw) };
    let sender = Party::new(message.from.as_ref(), message.from_user_id.as_ref());
    let new_phone = text_of(news.wa_id.as_ref()).or_else(|| text_of(news.new_wa_id.as_ref()));
    let new_user = text_of(news.user_id.as_ref());
    let old_phone = sender.phone.or_else(|| text_of(news.customer.as_ref()));
    let current = match news.kind.as_deref() {
        Some("user_changed_number" | "customer_changed_number") => Party { phone: new_phone, user: new_user },
        Some("user_changed_user_id") => Party { phone: new_phone.or(old_phone), user: new_user },
        _ => return unrouted("unknown_system", raw),
    };
    if current == Party::default() {
        return unrouted("malformed_message", raw);
    }
    let mut peer = peer::peer(current, None, None);
    peer::link(&mut peer, Party { phone: old_phone, user: sender.user });
    peer.display_name = people.find(sender).and_then(|contact| peer::peer(sender, Some(contact), None).display_name);
    item(message, peer, Some((ItemBody::ContactUpdated, true)), raw)
}

/// Reads a change of a business-scoped id. It has no id of its own: its content is its key.
pub fn user_id_update(raw: &RawValue, people: &People<'_>) -> Update {
    let Some(update) = decode::<UserIdUpdate>(raw) else { return unrouted("malformed_user_id_update", raw) };
    let change = update.user_id.as_ref();
    let current = change.and_then(|change| text_of(change.current.as_ref()));
    let previous = change.and_then(|change| text_of(change.previous.as_ref()));
    let (Some(current), Some(previous)) = (current, previous) else { return unrouted("malformed_user_id_update", raw) };
    let party = Party { phone: text_of(update.wa_id.as_ref()), user: Some(current) };
    let mut peer = peer::peer(party, people.find(party), None);
    peer::link(&mut peer, Party { phone: None, user: Some(previous) });
    let at = text_of(update.timestamp.as_ref()).unwrap_or_default();
    Update::Item(Box::new(Item {
        message_id: None,
        external_id: key(&format!("user_id_update:{previous}:{current}:{at}")),
        occurred_at: instant(update.timestamp.as_ref()),
        peer,
        body: ItemBody::ContactUpdated,
        raw: Some(keep(raw)),
    }))
}

/// Reads the provider's word about one of our messages. Matched by id and reference, never by number.
pub fn status(raw: &RawValue) -> Update {
    let Some(status) = decode::<Status>(raw) else { return unrouted("malformed_status", raw) };
    let Some(id) = text_of(status.id.as_ref()) else { return unrouted("malformed_status", raw) };
    let state = match status.status.as_deref() {
        Some("sent") => DeliveryState::Sent,
        Some("delivered") => DeliveryState::Delivered,
        Some("read") => DeliveryState::Read,
        Some("played") => DeliveryState::Played,
        Some("failed") => DeliveryState::Failed,
        _ => return unrouted("unknown_status", raw),
    };
    let problem = status.errors.as_ref().and_then(|errors| errors.0.first());
    Update::Status(StatusUpdate {
        external_id: key(id),
        reference: reference(status.biz_opaque_callback_data.as_deref()),
        state,
        at: instant(status.timestamp.as_ref()),
        error: problem.filter(|_| state == DeliveryState::Failed).and_then(reason),
    })
}

/// Code and title only: `details` may name the customer's number.
fn reason(problem: &wire::Problem) -> Option<String> {
    let code = text_of(problem.code.as_ref()).unwrap_or_default();
    let text = clean_text(&format!("{code} {}", problem.title.as_deref().unwrap_or_default()));
    Some(truncate(text.trim(), MAX_REASON).to_owned()).filter(|text| !text.is_empty())
}

/// A reference that is too long was never ours.
fn reference(text: Option<&str>) -> Option<String> {
    text.filter(|text| !text.is_empty() && text.len() <= MAX_REFERENCE).map(clean_text)
}

fn instant(seconds: Option<&Id>) -> Option<Timestamp> {
    let seconds = text_of(seconds)?.parse().ok().filter(|seconds| (1..=LAST_SECOND).contains(seconds))?;
    Some(Timestamp::from_secs(seconds))
}
