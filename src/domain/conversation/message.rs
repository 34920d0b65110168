//! Messages as the core writes and remembers them.

use crate::domain::content::{Content, MessageKind, truncate};
use crate::domain::conversation::standing::Human;
use crate::domain::ids::InboundId;
use crate::domain::time::Timestamp;
use serde::{Deserialize, Serialize};

/// Most messages in a snapshot.
pub const MAX_RECENT: usize = 30;
/// Most bytes that the messages of a snapshot take as JSON; the rest of its 8 KiB is the state's own.
pub const MAX_RECENT_BYTES: usize = 7 * 1024;
/// Most bytes of one text in a snapshot; longer ones are cut.
pub const MAX_RECENT_TEXT: usize = 1024;
/// Longest provider's id that a snapshot remembers; a longer one is found in its row only.
pub const MAX_RECENT_ID: usize = 512;

/// Who wrote a message. Decides its direction.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Author {
    /// The customer.
    Contact,
    /// The assistant.
    Assistant,
    /// A person of the business.
    Human(Human),
    /// The business, by a text that it has written once and that leaves by itself.
    Automatic,
    /// A private note; `None`: the machine left it.
    Note(Option<Human>),
    /// A line for people about what happened.
    System,
}

impl Author {
    /// Returns the direction column: `in`, `out`, `note`, `system`.
    #[must_use]
    pub const fn direction(self) -> &'static str {
        match self {
            Self::Contact => "in",
            Self::Assistant | Self::Human(_) | Self::Automatic => "out",
            Self::Note(_) => "note",
            Self::System => "system",
        }
    }

    /// Returns true if customers may ever see it.
    #[must_use]
    pub const fn public(self) -> bool {
        match self {
            Self::Contact | Self::Assistant | Self::Human(_) | Self::Automatic => true,
            Self::Note(_) | Self::System => false,
        }
    }
}

/// A message to insert. The shell gives it an id; within a conversation `seq` names it.
#[derive(Clone, Debug, PartialEq)]
pub struct NewMessage {
    /// Its number.
    pub seq: i64,
    /// The open–resolved stretch it belongs to.
    pub cycle: i64,
    /// Who wrote it.
    pub author: Author,
    /// What it says.
    pub content: Content,
    /// The provider's id, for what came in.
    pub external_id: Option<String>,
    /// The row it came from.
    pub inbound: Option<InboundId>,
    /// The turn that wrote it.
    pub turn_no: Option<i64>,
    /// True if it came more than ten minutes after it was written.
    pub late: bool,
    /// When it happened.
    pub occurred_at: Timestamp,
    /// When it was recorded.
    pub at: Timestamp,
}

/// A message as the snapshot remembers it, for the assistant's context and for windows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Recent {
    /// Its number.
    #[serde(rename = "s")]
    pub seq: i64,
    /// Its stretch.
    #[serde(rename = "c")]
    pub cycle: i64,
    /// Who wrote it.
    #[serde(rename = "a")]
    pub author: Author,
    /// Its kind.
    #[serde(rename = "k", default, skip_serializing_if = "is_text")]
    pub kind: MessageKind,
    /// Its text, cut at [`MAX_RECENT_TEXT`].
    #[serde(rename = "t")]
    pub text: String,
    /// The provider's id.
    #[serde(rename = "x", default, skip_serializing_if = "Option::is_none")]
    pub external_id: Option<String>,
    /// The provider's id of the message that it answers.
    #[serde(rename = "r", default, skip_serializing_if = "Option::is_none")]
    pub reply_to: Option<String>,
    /// The id of the button that was tapped.
    #[serde(rename = "b", default, skip_serializing_if = "Option::is_none")]
    pub button: Option<String>,
    /// Came late.
    #[serde(rename = "l", default, skip_serializing_if = "std::ops::Not::not")]
    pub late: bool,
    /// When it happened.
    #[serde(rename = "o")]
    pub occurred_at: Timestamp,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for a reference")]
fn is_text(kind: &MessageKind) -> bool {
    *kind == MessageKind::Text
}

impl Recent {
    /// Remembers a message.
    #[must_use]
    pub fn of(message: &NewMessage) -> Self {
        Self {
            seq: message.seq,
            cycle: message.cycle,
            author: message.author,
            kind: message.content.kind,
            text: truncate(&message.content.text, MAX_RECENT_TEXT).to_owned(),
            external_id: message.external_id.clone().filter(|id| id.len() <= MAX_RECENT_ID),
            reply_to: message.content.reply_to.clone().filter(|id| id.len() <= MAX_RECENT_ID),
            button: message.content.button_id.clone().filter(|id| id.len() <= MAX_RECENT_ID),
            late: message.late,
            occurred_at: message.occurred_at,
        }
    }
}

/// Returns at most how many bytes a message takes in the snapshot.
#[must_use]
pub fn size(message: &Recent) -> usize {
    let author = match message.author {
        Author::Human(_) | Author::Note(_) => 90,
        Author::Contact | Author::Assistant | Author::Automatic | Author::System => 20,
    };
    let keys_numbers_and_time = 130;
    let ids = [&message.external_id, &message.reply_to, &message.button].into_iter().flatten().map(|id| as_json(id)).sum::<usize>();
    keys_numbers_and_time + author + as_json(&message.text) + ids
}

/// Returns how many bytes a text takes as JSON, without its quotes.
fn as_json(text: &str) -> usize {
    let bytes = text.bytes().map(|byte| match byte {
        b'"' | b'\\' | b'\n' | b'\r' | b'\t' | 0x08 | 0x0c => 2,
        0x00..=0x1f => 6,
        _ => 1,
    });
    bytes.sum()
}

/// Cuts the memory to its bounds, oldest first.
pub fn bound(recent: &mut Vec<Recent>) {
    let mut bytes: usize = recent.iter().map(size).sum();
    let mut drop = recent.len().saturating_sub(MAX_RECENT);
    bytes -= recent.iter().take(drop).map(size).sum::<usize>();
    while bytes > MAX_RECENT_BYTES && drop + 1 < recent.len() {
        bytes -= recent.get(drop).map_or(0, size);
        drop += 1;
    }
    recent.drain(..drop);
}
