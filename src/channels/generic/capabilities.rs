//! What an adapter can do: the default, and the document at `{url}/capabilities`. Pure.
//!
//! The contract has no call for read receipts and typing, so these are off whatever a document says.

use crate::domain::content::{MAX_ATTACHMENTS, MAX_TEXT, MessageKind};
use crate::domain::file::{Media, TakenKind};
use crate::ports::channel::{Capabilities, TextUnit};
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;
use std::time::Duration;
use thiserror::Error;

/// Most buttons that we believe an adapter to show.
const MAX_BUTTONS: usize = 100;
/// The longest window that we believe, in hours: 30 days.
const MAX_WINDOW_HOURS: u64 = 720;

/// Why a document is not taken.
#[derive(Debug, Error, Clone, PartialEq, Eq)]
pub enum CapabilitiesError {
    /// Not of the contract's shape.
    #[error("the capabilities cannot be read: {0}")]
    Shape(String),
    /// A number out of its range.
    #[error("{0} is out of range")]
    Range(&'static str),
}

/// Fields that we do not know are left for later versions of the contract.
#[derive(Deserialize)]
struct Document {
    max_text: Option<usize>,
    text_unit: Option<Unit>,
    buttons: Option<Buttons>,
    window_hours: Option<u64>,
    #[serde(default)]
    templates: bool,
    idempotent: Option<bool>,
    max_attachments: Option<usize>,
    caption_max: Option<usize>,
    media_max_bytes: Option<BTreeMap<String, u64>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum Unit {
    Chars,
    Bytes,
    Utf16,
}

#[derive(Deserialize)]
struct Buttons {
    max: usize,
    title_max: usize,
}

/// Returns what an adapter without a document can do.
#[must_use]
pub fn default_capabilities() -> Capabilities {
    Capabilities {
        max_text: 4096,
        text_unit: TextUnit::Chars,
        buttons: Some((10, 40)),
        typing: false,
        read_receipts: false,
        window: None,
        templates: false,
        idempotent: true,
        echoes_reference: false,
        echoes_own_sends: false,
        media: Media::default(),
    }
}

/// Reads a capability document. Without `buttons` an adapter gets numbered text.
///
/// # Errors
/// [`CapabilitiesError`].
pub fn parse_capabilities(document: &Value) -> Result<Capabilities, CapabilitiesError> {
    let read = Document::deserialize(document).map_err(|error| CapabilitiesError::Shape(error.to_string()))?;
    let max_text = read.max_text.unwrap_or(4096);
    if !(1..=MAX_TEXT).contains(&max_text) {
        return Err(CapabilitiesError::Range("max_text"));
    }
    if read.window_hours.is_some_and(|hours| hours == 0 || hours > MAX_WINDOW_HOURS) {
        return Err(CapabilitiesError::Range("window_hours"));
    }
    let buttons = read.buttons.map(|buttons| (buttons.max, buttons.title_max)).filter(|(max, _)| *max > 0);
    if buttons.is_some_and(|(max, title)| max > MAX_BUTTONS || title == 0) {
        return Err(CapabilitiesError::Range("buttons"));
    }
    let text_unit = match read.text_unit {
        None | Some(Unit::Chars) => TextUnit::Chars,
        Some(Unit::Bytes) => TextUnit::Bytes,
        Some(Unit::Utf16) => TextUnit::Utf16,
    };
    Ok(Capabilities {
        max_text,
        text_unit,
        buttons,
        window: read.window_hours.map(|hours| Duration::from_secs(hours * 3600)),
        templates: read.templates,
        idempotent: read.idempotent.unwrap_or(true),
        media: media(read.max_attachments, read.caption_max, read.media_max_bytes.unwrap_or_default()),
        ..default_capabilities()
    })
}

/// Returns what an adapter takes of files: any number up to ours of any kind unless it says otherwise, and of kinds that it names only these.
fn media(most: Option<usize>, caption: Option<usize>, bytes: BTreeMap<String, u64>) -> Media {
    if most == Some(0) {
        return Media::none();
    }
    let any = Media::default();
    let limit = |taken: TakenKind| match (bytes.is_empty(), bytes.get(name(taken.kind))) {
        (true, _) => Some(taken),
        (false, Some(most)) if *most > 0 => Some(TakenKind { bytes: *most, ..taken }),
        (false, _) => None,
    };
    Media {
        per_message: most.unwrap_or(MAX_ATTACHMENTS).min(MAX_ATTACHMENTS),
        caption: caption.unwrap_or(any.caption),
        kinds: any.kinds.into_iter().filter_map(limit).collect(),
        ..any
    }
}

const fn name(kind: MessageKind) -> &'static str {
    match kind {
        MessageKind::Image => "image",
        MessageKind::Video => "video",
        MessageKind::Audio => "audio",
        MessageKind::Document
        | MessageKind::Sticker
        | MessageKind::Text
        | MessageKind::Location
        | MessageKind::Contacts
        | MessageKind::Button
        | MessageKind::Order
        | MessageKind::Template
        | MessageKind::Unsupported => "document",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_document_of_the_reference_is_read() {
        let document = json!({
            "max_text": 1000, "text_unit": "bytes", "buttons": {"max": 3, "title_max": 20}, "voice": {"mime": ["audio/ogg"]},
            "media_max_bytes": {}, "typing": true, "read_receipts": true, "edit": false, "window_hours": 24, "templates": false
        });
        let read = parse_capabilities(&document).unwrap();
        assert_eq!((read.max_text, read.text_unit, read.buttons), (1000, TextUnit::Bytes, Some((3, 20))));
        assert_eq!(read.window, Some(Duration::from_secs(86_400)));
        assert!(read.idempotent && !read.typing && !read.read_receipts);
    }

    #[test]
    fn an_empty_document_has_no_buttons_and_the_default_otherwise() {
        let read = parse_capabilities(&json!({"window_hours": null})).unwrap();
        assert_eq!(read, Capabilities { buttons: None, ..default_capabilities() });
    }

    #[test]
    fn an_adapter_says_what_files_it_takes() {
        let media = |document| parse_capabilities(&document).unwrap().media;
        assert_eq!(media(json!({})), Media::default());
        assert_eq!(media(json!({"max_attachments": 0})), Media::none());
        let some = media(json!({"max_attachments": 1, "caption_max": 200, "media_max_bytes": {"image": 5000, "audio": 0, "hologram": 9}}));
        assert_eq!((some.per_message, some.caption, some.kinds.len()), (1, 200, 1));
        assert_eq!((some.kinds[0].kind, some.kinds[0].bytes), (MessageKind::Image, 5000));
    }

    #[test]
    fn nonsense_is_refused() {
        for document in [
            json!([]),
            json!("x"),
            json!({"max_text": 0}),
            json!({"max_text": 65_537}),
            json!({"max_text": -1}),
            json!({"max_text": "many"}),
            json!({"text_unit": "words"}),
            json!({"buttons": {"max": 3}}),
            json!({"buttons": {"max": 101, "title_max": 20}}),
            json!({"window_hours": 0}),
            json!({"window_hours": 99_999_999}),
        ] {
            assert!(parse_capabilities(&document).is_err(), "{document}");
        }
    }
}
