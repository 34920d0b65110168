//! How messages leave: the port that every channel's outbound side implements, with the table of what it can do.
//!
//! Inbound parsing is not a port: it is pure functions of the channel rooms, called by `http`.

use crate::domain::content::Content;
use crate::domain::delivery::Address;
use crate::domain::file::Media;
use crate::domain::ids::{InboxId, OutboxId, TenantId};
use crate::domain::time::Timestamp;
use async_trait::async_trait;
use secrecy::SecretString;
use std::time::Duration;
use thiserror::Error;

/// In which unit a channel counts the length of a text.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum TextUnit {
    /// Unicode scalar values.
    Chars,
    /// Bytes of UTF-8.
    Bytes,
    /// UTF-16 code units.
    Utf16,
}

/// What a channel can do. Data, not code: the core and the lane decide by it.
#[derive(Clone, PartialEq, Debug)]
pub struct Capabilities {
    /// Longest text of one message, in `text_unit`.
    pub max_text: usize,
    /// The unit of `max_text`.
    pub text_unit: TextUnit,
    /// Most buttons and their longest title in characters; `None`: sent as numbered text.
    pub buttons: Option<(usize, usize)>,
    /// Shows that we are writing.
    pub typing: bool,
    /// Can mark a customer's message as read.
    pub read_receipts: bool,
    /// Free-form messages are allowed only this long after the customer's last one.
    pub window: Option<Duration>,
    /// Knows approved templates, allowed outside the window.
    pub templates: bool,
    /// A repeated idempotency key is recognised: sending again after an unknown outcome is safe.
    pub idempotent: bool,
    /// Our reference comes back in statuses: an unknown outcome can be resolved by waiting.
    pub echoes_reference: bool,
    /// Our own sends come back as echoes.
    pub echoes_own_sends: bool,
    /// What it takes of files.
    pub media: Media,
}

/// An inbox as a sender needs it: its settings and its opened secrets. Debug shows no secret.
#[derive(Clone, Debug)]
pub struct Account {
    /// The business.
    pub tenant: TenantId,
    /// The inbox.
    pub inbox: InboxId,
    /// The public part of the configuration.
    pub settings: serde_json::Value,
    /// The secret part, by key (`access_token`, `secret`, `app_secret`, `verify_token`).
    pub secrets: std::collections::BTreeMap<String, SecretString>,
}

/// What kind of call it is.
#[derive(Clone, Debug, PartialEq)]
pub enum Outgoing {
    /// A message to the customer.
    Message(Content),
    /// "We have seen message X, and are writing": sent best effort, never retried.
    ReadReceipt {
        /// The provider's id of the customer's message.
        external_id: String,
        /// Show that we are writing.
        typing: bool,
    },
}

/// One call of a channel.
#[derive(Clone, Debug)]
pub struct SendRequest {
    /// The row that this call carries out.
    pub outbox: OutboxId,
    /// Stable over retries of the row.
    pub idempotency_key: String,
    /// The account to send from.
    pub account: Account,
    /// The thread's address to send to, verbatim.
    pub to: Address,
    /// What.
    pub what: Outgoing,
    /// The provider's id of the customer's message that caused this one.
    pub in_reply_to: Option<String>,
    /// When to give up waiting.
    pub deadline: Duration,
}

/// The provider took the message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sent {
    /// The provider's id of it; empty for calls that make none (read receipts).
    pub external_id: String,
}

/// How wide a refusal reaches.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Scope {
    /// This recipient only.
    Recipient,
    /// The whole account.
    Account,
}

/// Why a call failed, and what that means for the next one. Decided on codes, never on texts.
#[derive(Debug, Error, Clone, PartialEq, Eq)]
pub enum SendError {
    /// Not now: nothing was sent, a later try may succeed.
    #[error("the channel asks to wait ({code})")]
    Retry {
        /// The provider's wish, if it named one.
        after: Option<Duration>,
        /// How wide to pause.
        scope: Scope,
        /// The provider's code.
        code: String,
    },
    /// Never: this message cannot be sent as it is.
    #[error("the channel refused the message ({code})")]
    Fail {
        /// The provider's code, or ours: `window_closed`, `invalid`, `unreachable`, `opted_out`.
        code: String,
        /// What to tell people; no secret, no customer data.
        detail: String,
    },
    /// The account itself is broken (token dead, blocked): stop the lane, tell people, keep the row.
    #[error("the channel account needs attention ({code})")]
    Pause {
        /// The provider's code.
        code: String,
        /// What to tell people.
        detail: String,
    },
    /// The call was made and its outcome is unknown (time-out, reset after the request was written).
    #[error("the outcome of the call is unknown ({code})")]
    Unknown {
        /// What happened.
        code: String,
    },
}

/// The outbound side of a channel.
#[async_trait]
pub trait ChannelSender: Send + Sync {
    /// Tells what the channel can do for this account.
    fn capabilities(&self, account: &Account) -> Capabilities;

    /// Makes one call. Never retries by itself, never splits a text: the lane and the core do.
    ///
    /// # Errors
    /// [`SendError`]: what the failure means for the row and for the lane.
    async fn send(&self, request: SendRequest) -> Result<Sent, SendError>;
}

/// Returns true if a free-form message may leave at `now`: a message of the customer lies within the window, less a margin.
///
/// Strictly less than the limit is inside; no message of the customer at all is outside (`conversations.md` 2.6).
#[must_use]
pub fn window_open(window: Option<Duration>, last_inbound: Option<Timestamp>, now: Timestamp, margin: Duration) -> bool {
    match (window, last_inbound) {
        (None, _) => true,
        (Some(_), None) => false,
        (Some(window), Some(last)) => now.since(last) < window.saturating_sub(margin),
    }
}
