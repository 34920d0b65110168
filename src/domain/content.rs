//! What a message says, whichever way it goes. Channels translate to and from these types; nothing here knows a provider.

use crate::domain::file::KeptFile;
use crate::domain::ids::MemberId;
use serde::{Deserialize, Serialize};

/// The kind of a message. A type that a channel knows and we do not is [`Unsupported`](MessageKind::Unsupported), with its raw body kept.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, Default)]
#[serde(rename_all = "snake_case")]
pub enum MessageKind {
    /// Plain text.
    #[default]
    Text,
    /// A picture, perhaps with a caption.
    Image,
    /// A film.
    Video,
    /// A recording; `Attachment::voice` tells a voice note.
    Audio,
    /// A file.
    Document,
    /// A sticker.
    Sticker,
    /// A place; the text holds name, address and coordinates.
    Location,
    /// Address-book entries; the text holds names and numbers.
    Contacts,
    /// A tapped button or list row; `button_id` holds its id, the text its title.
    Button,
    /// An order from a catalogue.
    Order,
    /// An approved template, by name.
    Template,
    /// A type that we cannot show yet; the text is a placeholder.
    Unsupported,
}

/// A file as the channel announced it. Bytes are fetched later by a durable job, never inside a webhook.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Attachment {
    /// Image, video, audio, document or sticker.
    pub kind: MessageKind,
    /// Media type with its parameters, such as `audio/ogg; codecs=opus`.
    pub mime_type: String,
    /// The provider's id of the file, where it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider_ref: Option<String>,
    /// Where to fetch it; may expire within minutes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// File name as the sender named it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file_name: Option<String>,
    /// SHA-256 as the provider gave it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sha256: Option<String>,
    /// Size in bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub size: Option<u64>,
    /// True for a voice note.
    #[serde(default)]
    pub voice: bool,
    /// Where we keep it, for what people of the business attach. Never goes to a channel: that gets a link in `url`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<KeptFile>,
}

/// A quick-reply button that we offer, or the one that the customer tapped.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Button {
    /// Comes back when tapped.
    pub id: String,
    /// What the customer reads.
    pub title: String,
}

/// An approved template to send by name (WhatsApp: outside the 24 h window nothing else is allowed).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Template {
    /// Its name at the provider.
    pub name: String,
    /// Its language code at the provider, such as `es_MX`.
    pub language: String,
    /// Positional parameters of its body.
    #[serde(default)]
    pub parameters: Vec<String>,
    /// What its quick replies bring back when tapped, in their order; an empty one brings back its title.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub payloads: Vec<String>,
}

/// Names an approved template, without what is put into it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TemplateName {
    /// Its name at the provider.
    pub name: String,
    /// Its language code at the provider, such as `es_MX`.
    pub language: String,
}

/// What a message says. Text is always free of U+0000 and within [`MAX_TEXT`] bytes (`clean_text` at the border).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, Default)]
pub struct Content {
    /// Its kind.
    #[serde(default)]
    pub kind: MessageKind,
    /// What people read; a placeholder for kinds without words.
    #[serde(default)]
    pub text: String,
    /// Files.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attachments: Vec<Attachment>,
    /// Buttons that go out with the text.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub buttons: Vec<Button>,
    /// The id of the tapped button, for [`MessageKind::Button`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub button_id: Option<String>,
    /// The template, for [`MessageKind::Template`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub template: Option<Box<Template>>,
    /// The provider's id of the message that this one answers; kept only while we know that message.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reply_to: Option<String>,
    /// Members whom a private note mentions; never leaves.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub mentions: Vec<MemberId>,
}

/// Longest text of one message, in bytes (150,000 characters at Chatwoot; we count bytes and are stricter).
pub const MAX_TEXT: usize = 65_536;

/// Most members whom one note mentions.
pub const MAX_MENTIONS: usize = 20;

/// Most attachments of one message.
pub const MAX_ATTACHMENTS: usize = 15;

impl Content {
    /// Makes a plain text.
    #[must_use]
    pub fn text(text: impl Into<String>) -> Self {
        Self { text: text.into(), ..Self::default() }
    }

    /// Makes a message of files, the text being their caption. Its kind is the first file's.
    #[must_use]
    pub fn files(text: impl Into<String>, attachments: Vec<Attachment>) -> Self {
        let kind = attachments.first().map_or(MessageKind::Text, |first| first.kind);
        Self { kind, text: text.into(), attachments, ..Self::default() }
    }

    /// Returns true if a machine should wait for more: a file usually comes with words.
    #[must_use]
    pub fn has_media(&self) -> bool {
        !self.attachments.is_empty()
    }
}

/// Makes text safe to store: U+0000 (which PostgreSQL refuses) becomes U+FFFD, and the text is cut at a character below [`MAX_TEXT`] bytes.
#[must_use]
pub fn clean_text(text: &str) -> String {
    let text = text.replace('\0', "\u{fffd}");
    truncate(&text, MAX_TEXT).to_owned()
}

/// Returns the longest prefix of `text` that is at most `bytes` long and ends between characters.
#[must_use]
pub fn truncate(text: &str, bytes: usize) -> &str {
    let mut end = bytes.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.get(..end).unwrap_or_default()
}
