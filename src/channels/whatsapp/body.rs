//! Bodies of calls to `/{phone_number_id}/messages`. Pure.
//!
//! Never rewrites the recipient, and never splits or cuts a text: what does not fit is refused, so that nothing gets lost unseen.

use crate::channels::whatsapp::MAX_TEXT_CHARS;
use crate::domain::content::{Attachment, Button, Content, MessageKind, Template};
use crate::domain::delivery::{Address, AddressKind};
use crate::domain::ids::OutboxId;
use serde_json::{Map, Value, json};
use std::collections::HashSet;
use thiserror::Error;

/// Most quick-reply buttons of one message.
pub const MAX_BUTTONS: usize = 3;

/// Longest title of a button, in characters.
pub const MAX_BUTTON_TITLE: usize = 20;

/// Longest id of a button, in characters.
const MAX_BUTTON_ID: usize = 256;

/// Longest payload of a template's quick reply, in characters: half of what a button of a message may have.
const MAX_PAYLOAD: usize = 128;

/// Longest text above buttons, and longest caption, in characters.
pub const MAX_SHORT_TEXT: usize = 1024;

/// Why a message has no body.
#[derive(Debug, Error, Clone, Copy, PartialEq, Eq)]
pub enum BodyError {
    /// An address of another channel.
    #[error("the address is no WhatsApp address")]
    Address,
    /// Nothing to say.
    #[error("the message is empty")]
    Empty,
    /// Text (with its numbered choices) or caption beyond the limit.
    #[error("the text is too long for WhatsApp")]
    TooLong,
    /// Several files, a file without link or id, or words with a kind of file that takes none.
    #[error("the attachments do not fit into one WhatsApp message")]
    Attachments,
    /// No template, an empty parameter, or a payload that is too long.
    #[error("the template is incomplete")]
    Template,
}

/// Returns the body that sends `content`; our row's id travels along and comes back in statuses.
///
/// # Errors
/// [`BodyError`]: the message can never be sent as it is.
pub fn message(outbox: OutboxId, to: &Address, content: &Content) -> Result<Value, BodyError> {
    let mut body = recipient(to)?;
    let (kind, object) = object(content)?;
    body.insert("messaging_product".to_owned(), json!("whatsapp"));
    body.insert("biz_opaque_callback_data".to_owned(), json!(outbox.to_string()));
    body.insert("type".to_owned(), json!(kind));
    body.insert(kind.to_owned(), object);
    if let Some(quoted) = content.reply_to.as_ref().filter(|id| !id.is_empty()) {
        body.insert("context".to_owned(), json!({"message_id": quoted}));
    }
    Ok(Value::Object(body))
}

/// Returns the body that marks a message, and those before it, as read.
#[must_use]
pub fn read_receipt(external_id: &str, typing: bool) -> Value {
    let mut body = json!({"messaging_product": "whatsapp", "status": "read", "message_id": external_id});
    if let (true, Some(body)) = (typing, body.as_object_mut()) {
        body.insert("typing_indicator".to_owned(), json!({"type": "text"}));
    }
    body
}

/// Without the `+` WhatsApp would put the business's own country code before the number.
fn recipient(to: &Address) -> Result<Map<String, Value>, BodyError> {
    let value = to.value.as_str();
    let (kind, key, value) = match to.kind {
        AddressKind::WaPhone | AddressKind::Phone => ("individual", "to", format!("+{}", value.trim_start_matches('+'))),
        AddressKind::WaUser => ("individual", "recipient", value.to_owned()),
        AddressKind::Room => ("group", "to", value.to_owned()),
        AddressKind::Email | AddressKind::External => return Err(BodyError::Address),
    };
    if to.value.is_empty() {
        return Err(BodyError::Address);
    }
    Ok(Map::from_iter([("recipient_type".to_owned(), json!(kind)), (key.to_owned(), json!(value))]))
}

fn object(content: &Content) -> Result<(&'static str, Value), BodyError> {
    match content.kind {
        MessageKind::Template => template(content.template.as_deref().ok_or(BodyError::Template)?),
        MessageKind::Text
        | MessageKind::Image
        | MessageKind::Video
        | MessageKind::Audio
        | MessageKind::Document
        | MessageKind::Sticker
        | MessageKind::Location
        | MessageKind::Contacts
        | MessageKind::Button
        | MessageKind::Order
        | MessageKind::Unsupported => match content.attachments.as_slice() {
            [] => text(content),
            [one] => media(one, content),
            _ => Err(BodyError::Attachments),
        },
    }
}

fn text(content: &Content) -> Result<(&'static str, Value), BodyError> {
    if content.text.trim().is_empty() {
        return Err(BodyError::Empty);
    }
    if buttons_fit(content) {
        let reply = |button: &Button| json!({"type": "reply", "reply": {"id": button.id, "title": button.title}});
        let buttons = content.buttons.iter().map(reply).collect::<Vec<_>>();
        return Ok(("interactive", json!({"type": "button", "body": {"text": content.text}, "action": {"buttons": buttons}})));
    }
    let text = numbered(content);
    if text.chars().count() > MAX_TEXT_CHARS {
        return Err(BodyError::TooLong);
    }
    Ok(("text", json!({"body": text})))
}

/// WhatsApp refuses the whole message for one button too many, too long, empty or repeated.
fn buttons_fit(content: &Content) -> bool {
    let within = |text: &str, most: usize| !text.trim().is_empty() && text.chars().count() <= most;
    let mut ids = HashSet::new();
    let mut titles = HashSet::new();
    (1..=MAX_BUTTONS).contains(&content.buttons.len())
        && within(&content.text, MAX_SHORT_TEXT)
        && content.buttons.iter().all(|button| {
            let unique = ids.insert(button.id.as_str()) && titles.insert(button.title.as_str());
            unique && within(&button.id, MAX_BUTTON_ID) && within(&button.title, MAX_BUTTON_TITLE)
        })
}

fn numbered(content: &Content) -> String {
    let titles = content.buttons.iter().map(|button| button.title.trim()).filter(|title| !title.is_empty());
    let lines = titles.enumerate().map(|(index, title)| format!("\n{}. {title}", index + 1)).collect::<String>();
    if lines.is_empty() { content.text.clone() } else { format!("{}\n{lines}", content.text) }
}

fn media(file: &Attachment, content: &Content) -> Result<(&'static str, Value), BodyError> {
    let (kind, captioned) = match file.kind {
        MessageKind::Image => ("image", true),
        MessageKind::Video => ("video", true),
        MessageKind::Document => ("document", true),
        MessageKind::Audio => ("audio", false),
        MessageKind::Sticker => ("sticker", false),
        MessageKind::Text
        | MessageKind::Location
        | MessageKind::Contacts
        | MessageKind::Button
        | MessageKind::Order
        | MessageKind::Template
        | MessageKind::Unsupported => return Err(BodyError::Attachments),
    };
    let mut object = match (&file.provider_ref, &file.url) {
        (Some(id), _) => Map::from_iter([("id".to_owned(), json!(id))]),
        (None, Some(link)) => Map::from_iter([("link".to_owned(), json!(link))]),
        (None, None) => return Err(BodyError::Attachments),
    };
    let caption = numbered(content);
    if !caption.trim().is_empty() {
        if !captioned {
            return Err(BodyError::Attachments);
        }
        if caption.chars().count() > MAX_SHORT_TEXT {
            return Err(BodyError::TooLong);
        }
        object.insert("caption".to_owned(), json!(caption));
    }
    if kind == "document" {
        object.insert("filename".to_owned(), json!(file.file_name.as_deref().unwrap_or("document")));
    }
    if kind == "audio" && file.voice {
        object.insert("voice".to_owned(), json!(true));
    }
    Ok((kind, Value::Object(object)))
}

fn template(template: &Template) -> Result<(&'static str, Value), BodyError> {
    if template.name.is_empty() || template.language.is_empty() {
        return Err(BodyError::Template);
    }
    let parameter = |text: &String| {
        // Line breaks, tabs and long runs of spaces in a parameter make WhatsApp refuse the message.
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        if text.is_empty() { Err(BodyError::Template) } else { Ok(json!({"type": "text", "text": text})) }
    };
    let parameters = template.parameters.iter().map(parameter).collect::<Result<Vec<_>, _>>()?;
    let mut components = Vec::new();
    if !parameters.is_empty() {
        components.push(json!({"type": "body", "parameters": parameters}));
    }
    // A quick reply that is left out brings back its title: that is what an empty payload asks for.
    for (index, payload) in template.payloads.iter().enumerate().filter(|(_, payload)| !payload.is_empty()) {
        if payload.chars().count() > MAX_PAYLOAD {
            return Err(BodyError::Template);
        }
        let parameters = json!([{"type": "payload", "payload": payload}]);
        components.push(json!({"type": "button", "sub_type": "quick_reply", "index": index.to_string(), "parameters": parameters}));
    }
    let mut object = json!({"name": template.name, "language": {"code": template.language}});
    if let (false, Some(object)) = (components.is_empty(), object.as_object_mut()) {
        object.insert("components".to_owned(), json!(components));
    }
    Ok(("template", object))
}

#[cfg(test)]
mod tests;
