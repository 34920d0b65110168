//! What arrives from outside, as an adapter understood it: the border between channels and the engine.
//!
//! A channel parses bytes into [`Update`]s (pure); the store makes them durable; the core gives them meaning.

use crate::domain::content::{Attachment, Content};
use crate::domain::time::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The code of a message that was refused because the channel's reply window is closed.
pub const WINDOW_CLOSED: &str = "window_closed";

/// How an outside address is spelled. Used both to find threads (within an inbox) and people (across a tenant's inboxes).
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AddressKind {
    /// A WhatsApp business-scoped user id, such as `MX.1349`.
    WaUser,
    /// A WhatsApp number id: digits only, verbatim as the provider spells it.
    WaPhone,
    /// A telephone number as E.164 with `+`.
    Phone,
    /// An e-mail address, lower case.
    Email,
    /// A generic adapter's own id of a person.
    External,
    /// A generic adapter's own id of a room or chat.
    Room,
}

impl AddressKind {
    /// Returns the stored spelling.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::WaUser => "wa_user",
            Self::WaPhone => "wa_phone",
            Self::Phone => "phone",
            Self::Email => "email",
            Self::External => "external",
            Self::Room => "room",
        }
    }
}

/// One spelling of an outside address.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub struct Address {
    /// How it is spelled.
    pub kind: AddressKind,
    /// The address itself, at most 255 bytes (longer ones are replaced by their SHA-256 in hex).
    pub value: String,
}

impl Address {
    /// Makes an address.
    #[must_use]
    pub fn new(kind: AddressKind, value: impl Into<String>) -> Self {
        Self { kind, value: value.into() }
    }
}

/// Who an item comes from (for an echo: whom it went to) and which thread it belongs to.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, Default)]
pub struct Peer {
    /// Every spelling under which the *thread* may be known in this inbox, the preferred one first. Never empty for an item that
    /// needs a thread. For WhatsApp: the business-scoped id (if any), then the number.
    pub thread: Vec<Address>,
    /// The spelling to which a reply is sent, verbatim. Normally one of `thread`.
    pub reply_to: Option<Address>,
    /// Further spellings that are only *looked up*, never stored and never sent to: regional variants of a number.
    #[serde(default)]
    pub lookup: Vec<Address>,
    /// Spellings of the *person* across inboxes (phone, e-mail, external id).
    #[serde(default)]
    pub person: Vec<Address>,
    /// The name in the person's profile; never overwrites a name that people chose.
    #[serde(default)]
    pub display_name: Option<String>,
    /// BCP 47 tag, where the channel tells.
    #[serde(default)]
    pub locale: Option<String>,
    /// True for a group or room with several people: kept, never answered automatically.
    #[serde(default)]
    pub group: bool,
}

/// One event of a customer, or of our own people elsewhere, that belongs into a thread.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Item {
    /// Unique per inbox; a second one is a repeat. The channel's natural key (`channels.md` 1.4).
    pub external_id: String,
    /// The message's own id, where the channel tells events and messages apart; `None`: `external_id` is the message's id. Edits,
    /// reactions and replies name messages by it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message_id: Option<String>,
    /// The event's own time, where the channel tells.
    pub occurred_at: Option<Timestamp>,
    /// Whose it is.
    pub peer: Peer,
    /// What happened.
    pub body: ItemBody,
    /// The provider's JSON, kept where we cannot show all of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub raw: Option<Value>,
}

/// What happened.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(tag = "what", rename_all = "snake_case")]
pub enum ItemBody {
    /// The customer wrote.
    Message {
        /// What.
        content: Content,
    },
    /// One of our people wrote outside Recado (the phone app): outgoing, delivered, never sent again.
    Echo {
        /// What.
        content: Content,
        /// Our own reference, where the provider returns it: then the echo is of our own send.
        #[serde(default)]
        reference: Option<String>,
    },
    /// A message was replaced.
    Edited {
        /// The provider's id of the message.
        target: String,
        /// The new content.
        content: Content,
    },
    /// A message was deleted for everyone.
    Deleted {
        /// The provider's id of the message.
        target: String,
    },
    /// A reaction to a message; `None` takes it back. Never makes a contact or a conversation.
    Reaction {
        /// The provider's id of the message.
        target: String,
        /// The emoji.
        emoji: Option<String>,
    },
    /// The customer's address or profile changed; aliases in `peer` are linked. Never makes a conversation.
    ContactUpdated,
}

impl ItemBody {
    /// Returns true if the item may make a contact, a thread and a conversation; others are kept raw when the peer is unknown.
    #[must_use]
    pub const fn founds_conversation(&self) -> bool {
        match self {
            Self::Message { .. } | Self::Echo { .. } => true,
            Self::Edited { .. } | Self::Deleted { .. } | Self::Reaction { .. } | Self::ContactUpdated => false,
        }
    }

    /// Returns the content where there is one.
    #[must_use]
    pub const fn content(&self) -> Option<&Content> {
        match self {
            Self::Message { content } | Self::Echo { content, .. } | Self::Edited { content, .. } => Some(content),
            Self::Deleted { .. } | Self::Reaction { .. } | Self::ContactUpdated => None,
        }
    }

    /// Returns the announced files.
    #[must_use]
    pub fn attachments(&self) -> &[Attachment] {
        self.content().map_or(&[], |content| content.attachments.as_slice())
    }
}

/// How far a sent message got. Ordered: a later word never takes back an earlier, higher one; *failed* is final.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeliveryState {
    /// The provider took it.
    Sent,
    /// On the customer's device.
    Delivered,
    /// Seen.
    Read,
    /// Voice note played.
    Played,
    /// Will never arrive.
    Failed,
}

impl DeliveryState {
    /// Returns the rank that only grows: sent 1, delivered 2, read 3, played 4, failed 9.
    #[must_use]
    pub const fn rank(self) -> i16 {
        match self {
            Self::Sent => 1,
            Self::Delivered => 2,
            Self::Read => 3,
            Self::Played => 4,
            Self::Failed => 9,
        }
    }

    /// Returns the stored spelling.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Sent => "sent",
            Self::Delivered => "delivered",
            Self::Read => "read",
            Self::Played => "played",
            Self::Failed => "failed",
        }
    }
}

/// A provider's word about one of our messages.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct StatusUpdate {
    /// The provider's id of our message.
    pub external_id: String,
    /// Our own reference, where the provider echoes it (WhatsApp: `biz_opaque_callback_data`).
    pub reference: Option<String>,
    /// How far it got.
    pub state: DeliveryState,
    /// When, in the provider's words.
    pub at: Option<Timestamp>,
    /// Why it failed: the provider's code and words.
    pub error: Option<String>,
}

/// One parsed part of a delivery.
#[derive(Clone, PartialEq, Debug)]
pub enum Update {
    /// Belongs into a thread.
    Item(Box<Item>),
    /// About one of our messages.
    Status(StatusUpdate),
    /// Understood as something that changes no conversation, or not understood: kept raw for 30 days.
    Unrouted {
        /// Why, as a fixed word such as `unknown_field`, `reaction_unknown_peer`, `value_error`.
        reason: &'static str,
        /// The provider's JSON.
        raw: Value,
    },
}

/// The updates of one account inside a delivery; a delivery may span accounts and so tenants.
#[derive(Clone, PartialEq, Debug)]
pub struct AccountUpdates {
    /// The account's key on its channel (WhatsApp: the phone number id); `None` where the URL names the inbox.
    pub account: Option<String>,
    /// In the order of the delivery.
    pub updates: Vec<Update>,
}
