//! Status and speaker in one type: the pairs that are not allowed cannot be written down.

use crate::domain::ids::AgentId;
use crate::domain::time::Timestamp;
use serde::{Deserialize, Serialize};

/// A person who may speak for the business.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(tag = "kind", content = "id", rename_all = "snake_case")]
pub enum Human {
    /// Somebody who works in Recado.
    Agent(AgentId),
    /// Somebody at the business's own phone.
    Phone,
}

/// Where a conversation stands: what people see, and who may talk.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(tag = "status", content = "with", rename_all = "snake_case")]
pub enum Standing {
    /// The assistant holds it.
    Pending,
    /// People hold it; a named speaker or nobody yet.
    Open(Option<Human>),
    /// Parked.
    Snoozed {
        /// Who speaks when it wakes.
        speaker: Option<Human>,
        /// When it wakes; `None`: when the customer writes.
        until: Option<Timestamp>,
    },
    /// Done.
    Resolved,
    /// Quarantined.
    Spam,
}

/// The status without its speaker: what people name.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// The assistant holds it.
    Pending,
    /// People hold it.
    Open,
    /// Parked.
    Snoozed,
    /// Done.
    Resolved,
    /// Quarantined.
    Spam,
}

impl Status {
    /// Every status.
    pub const ALL: [Self; 5] = [Self::Pending, Self::Open, Self::Snoozed, Self::Resolved, Self::Spam];

    /// Returns the stored spelling.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Open => "open",
            Self::Snoozed => "snoozed",
            Self::Resolved => "resolved",
            Self::Spam => "spam",
        }
    }

    /// Reads the stored spelling.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.as_str() == text)
    }
}

impl Standing {
    /// Returns the status.
    #[must_use]
    pub const fn status(self) -> Status {
        match self {
            Self::Pending => Status::Pending,
            Self::Open(_) => Status::Open,
            Self::Snoozed { .. } => Status::Snoozed,
            Self::Resolved => Status::Resolved,
            Self::Spam => Status::Spam,
        }
    }

    /// Returns the person who may speak, if any.
    #[must_use]
    pub const fn human(self) -> Option<Human> {
        match self {
            Self::Open(speaker) | Self::Snoozed { speaker, .. } => speaker,
            Self::Pending | Self::Resolved | Self::Spam => None,
        }
    }

    /// Returns the speaker column: `assistant`, `human` or `nobody`.
    #[must_use]
    pub const fn speaker(self) -> &'static str {
        match self {
            Self::Pending => "assistant",
            Self::Open(Some(_)) | Self::Snoozed { speaker: Some(_), .. } => "human",
            Self::Open(None) | Self::Snoozed { speaker: None, .. } | Self::Resolved | Self::Spam => "nobody",
        }
    }

    /// Returns the wake-up time, which exists only while snoozed.
    #[must_use]
    pub const fn snoozed_until(self) -> Option<Timestamp> {
        match self {
            Self::Snoozed { until, .. } => until,
            Self::Pending | Self::Open(_) | Self::Resolved | Self::Spam => None,
        }
    }
}
