//! The audit log: who did what to which thing, in a chain of hashes that a change, a removal or a swap breaks. Pure.
//!
//! An event holds ids and names of fields, never what a field holds: no names of people, no addresses of customers, no secrets. What the
//! chain proves is that the rows are those that were written; who owns the database and computes the chain anew can forge it, so keep the
//! number and hash of the last event elsewhere if that matters.

mod action;
mod chain;
#[cfg(test)]
mod tests;

pub use action::Action;
pub use chain::{Anchor, Broken, Fault, Link, verify};

use crate::domain::ids::{ApiKeyId, TenantId};
use crate::domain::time::Timestamp;
use serde::Serialize;
use std::collections::BTreeMap;
use std::time::Duration;
use uuid::Uuid;

/// How long an event is kept.
pub const KEPT: Duration = Duration::from_hours(365 * 24);
/// Longest stored name of a program, in characters.
pub const MAX_USER_AGENT: usize = 200;
/// Most fields that are named.
const MAX_FIELDS: usize = 64;
/// Longest name of a field and longest id, in characters.
const MAX_WORD: usize = 100;

/// Who acts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Actor {
    /// A person of the business.
    Member(Uuid),
    /// An API key of the business.
    ApiKey(ApiKeyId),
    /// Whoever has the machine: a command.
    Operator,
    /// The product itself.
    #[default]
    System,
}

impl Actor {
    /// The kinds of actors, as stored.
    pub const KINDS: [&str; 4] = ["member", "api_key", "operator", "system"];

    /// Returns the stored kind.
    #[must_use]
    pub const fn kind(self) -> &'static str {
        match self {
            Self::Member(_) => "member",
            Self::ApiKey(_) => "api_key",
            Self::Operator => "operator",
            Self::System => "system",
        }
    }

    /// Returns which one, where there are several.
    #[must_use]
    pub fn id(self) -> Option<String> {
        match self {
            Self::Member(id) => Some(id.to_string()),
            Self::ApiKey(id) => Some(id.to_string()),
            Self::Operator | Self::System => None,
        }
    }
}

/// Who acts, and from where.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Caller {
    /// Who.
    pub actor: Actor,
    /// From which address.
    pub ip: Option<String>,
    /// By which program, as it calls itself.
    pub user_agent: Option<String>,
}

impl Caller {
    /// Names somebody who acts on this machine.
    #[must_use]
    pub const fn here(actor: Actor) -> Self {
        Self { actor, ip: None, user_agent: None }
    }

    /// Names somebody who acts by a request. What programs call themselves is cut and cleaned.
    #[must_use]
    pub fn remote(actor: Actor, ip: Option<String>, user_agent: Option<&str>) -> Self {
        let cleaned = |text: &str| text.chars().filter(|char| !char.is_control()).take(MAX_USER_AGENT).collect();
        Self { actor, ip, user_agent: user_agent.map(cleaned) }
    }
}

/// What was done, before it has a number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deed {
    /// What.
    pub action: Action,
    /// To which one of [`Action::target`].
    pub target: String,
    /// The rest.
    pub details: Details,
}

impl Deed {
    /// Names a deed and what it was done to.
    #[must_use]
    pub fn new(action: Action, target: impl ToString) -> Self {
        Self { action, target: cut(&target.to_string()), details: Details::default() }
    }

    /// Names the fields that were written.
    #[must_use]
    pub fn fields<T: AsRef<str>>(mut self, fields: impl IntoIterator<Item = T>) -> Self {
        self.details.fields = fields.into_iter().take(MAX_FIELDS).map(|field| cut(field.as_ref())).collect();
        self
    }

    /// Names what a reference or a state was before.
    #[must_use]
    pub fn before(mut self, what: &'static str, id: impl ToString) -> Self {
        self.details.before.insert(what, cut(&id.to_string()));
        self
    }

    /// Names what a reference or a state is now.
    #[must_use]
    pub fn after(mut self, what: &'static str, id: impl ToString) -> Self {
        self.details.after.insert(what, cut(&id.to_string()));
        self
    }
}

fn cut(text: &str) -> String {
    text.chars().take(MAX_WORD).collect()
}

/// Ids, states and names of fields: never what a field of text holds.
#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize)]
pub struct Details {
    /// The fields that were written.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub fields: Vec<String>,
    /// References and states before.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub before: BTreeMap<&'static str, String>,
    /// And after.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub after: BTreeMap<&'static str, String>,
}

/// An event as it is stored, without its place in the chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// The business.
    pub tenant: TenantId,
    /// Its number: 1, 2, 3 … without a gap.
    pub number: i64,
    /// When.
    pub at: Timestamp,
    /// `member`, `api_key`, `operator` or `system`.
    pub actor_kind: String,
    /// Which member or key.
    pub actor_id: Option<String>,
    /// What was done.
    pub action: String,
    /// The kind of thing it was done to.
    pub target_kind: String,
    /// Which one.
    pub target_id: String,
    /// From which address.
    pub ip: Option<String>,
    /// By which program.
    pub user_agent: Option<String>,
    /// [`Details`] as JSON, byte for byte as they were hashed.
    pub details: String,
}

impl Event {
    /// Gives a deed its number and moment.
    #[must_use]
    pub fn of(tenant: TenantId, number: i64, at: Timestamp, by: &Caller, deed: &Deed) -> Self {
        Self {
            tenant,
            number,
            at,
            actor_kind: by.actor.kind().to_owned(),
            actor_id: by.actor.id(),
            action: deed.action.as_str().to_owned(),
            target_kind: deed.action.target().to_owned(),
            target_id: deed.target.clone(),
            ip: by.ip.clone(),
            user_agent: by.user_agent.clone(),
            // A struct of texts always has a spelling.
            details: serde_json::to_string(&deed.details).unwrap_or_default(),
        }
    }
}

/// Returns the instant before which an event has outlived [`KEPT`].
#[must_use]
pub fn kept_since(now: Timestamp) -> Timestamp {
    now.before(KEPT)
}
