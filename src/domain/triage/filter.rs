//! Which conversations a list, a count or a saved view shows: fields with what they may be, never a query in words. Pure.
//!
//! Whatever is said here, a caller sees no more than the inboxes and teams that are his: that wall stands beside the filter, not in it. "Me" stays a
//! word until somebody asks, so that a shared view shows each member the own conversations.

use crate::domain::conversation::standing::Status;
use crate::domain::ids::{AgentId, ContactId, InboxId, LabelId, TeamId};
use crate::domain::time::Timestamp;
use crate::domain::triage::Priority;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// Most values of one field.
pub const MAX_VALUES: usize = 50;

/// To whom a conversation is assigned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "who", content = "id", rename_all = "snake_case")]
pub enum AssigneeIs {
    /// Whoever asks.
    Me,
    /// Nobody.
    Nobody,
    /// Somebody.
    Anybody,
    /// This one.
    One(AgentId),
}

/// From an instant on, and up to another, which is not part of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Span {
    /// The first instant.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<Timestamp>,
    /// The first instant that is too late.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before: Option<Timestamp>,
}

impl Span {
    /// Tells whether it lets everything pass.
    #[must_use]
    pub const fn is_everything(&self) -> bool {
        self.from.is_none() && self.before.is_none()
    }
}

/// A filter: every field that says something must hold. Kept as JSON in saved views, and as a fingerprint in cursors.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Filter {
    /// One of these; none given: any.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub statuses: BTreeSet<Status>,
    /// One of these; none given: any.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub inboxes: BTreeSet<InboxId>,
    /// To whom.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub assignee: Option<AssigneeIs>,
    /// Of one of these teams, where nothing is what no team has; none given: any.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub teams: BTreeSet<Option<TeamId>>,
    /// All of these.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub labels: BTreeSet<LabelId>,
    /// One of these, where nothing is the priority of those that have none; none given: any.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub priorities: BTreeSet<Option<Priority>>,
    /// Does the customer wait?
    #[serde(skip_serializing_if = "Option::is_none")]
    pub waiting: Option<bool>,
    /// The customer waits, and since before this.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub waiting_before: Option<Timestamp>,
    /// Of this customer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub contact: Option<ContactId>,
    /// Nobody has ever answered, or the customer waits.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub unattended: bool,
    /// Whoever asks has something to read in it. Without a status: among those that go on.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub unread: bool,
    /// A note in it mentions whoever asks.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub mentioned: bool,
    /// When it began.
    #[serde(skip_serializing_if = "Span::is_everything")]
    pub created: Span,
    /// When anything last happened.
    #[serde(skip_serializing_if = "Span::is_everything")]
    pub activity: Span,
}

impl Filter {
    /// Returns the statuses that may be: the given ones, or all five. Nothing is unread in spam, and what is over is not looked through for it
    /// unless it is asked for: a message of the customer's opens it again.
    pub fn wanted_statuses(&self) -> impl Iterator<Item = Status> + '_ {
        let over = |status| matches!(status, Status::Resolved | Status::Spam);
        let any = self.statuses.is_empty();
        Status::ALL.into_iter().filter(move |status| if any { !(self.unread && over(*status)) } else { self.statuses.contains(status) })
    }

    /// Tells whether it asks for what only a person has.
    #[must_use]
    pub const fn is_personal(&self) -> bool {
        self.unread || self.mentioned
    }

    /// Tells whether the kept counts can answer it: it asks for nothing but status, inbox and assignee.
    #[must_use]
    pub fn is_plain(&self) -> bool {
        let Self { statuses, inboxes, assignee, .. } = self;
        let plain = Self { statuses: statuses.clone(), inboxes: inboxes.clone(), assignee: *assignee, ..Self::default() };
        *self == plain
    }
}
