//! What each address asks of its caller. Every route names it in `routes.rs`; the extractor of the caller enforces it, so that a handler
//! cannot be reached with less. Default deny: what has no entry is closed.

use crate::domain::permission::{Area, Permission};
use std::collections::HashMap;
use std::sync::Arc;

/// What a route asks of its caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Nothing: the address is public, or proves its caller by a signature or a secret of its own. Its handler asks for no caller.
    Open,
    /// A person who is signed in, whatever their role; no API key.
    Person,
    /// A permission, of a person or an API key.
    May(Permission),
    /// A permission, of a person who is signed in; no API key.
    MayInPerson(Permission),
    /// The owner of the business in person.
    Owner,
}

/// Asks for the permission to look at an area.
pub(super) const fn read(area: Area) -> Access {
    Access::May(Permission::read(area))
}

/// Asks for the permission to change an area.
pub(super) const fn write(area: Area) -> Access {
    Access::May(Permission::write(area))
}

/// Asks a person for the permission to change an area.
pub(super) const fn write_in_person(area: Area) -> Access {
    Access::MayInPerson(Permission::write(area))
}

/// Asks a person for the permission to read an area.
pub(super) const fn read_in_person(area: Area) -> Access {
    Access::MayInPerson(Permission::read(area))
}

/// How often a route may be asked, by kind of caller and cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Class {
    /// Proves who somebody is by a password or a code.
    SignIn,
    /// Makes a business.
    SignUp,
    /// Sends somebody a link.
    Recover,
    /// Exchanges a refresh token.
    Refresh,
    /// The people's API.
    Api,
    /// A stream that stays open.
    Stream,
    /// Providers' webhooks: not bounded before their signature was looked at.
    Webhook,
    /// Events of generic adapters.
    Adapter,
    /// Public pages and calendars.
    Page,
    /// Health and metrics: asked by machines of the operator.
    Health,
}

/// What every route asks, found by method and pattern.
#[derive(Clone, Default)]
pub struct AccessTable {
    rules: Arc<HashMap<(String, String), (Access, Class)>>,
}

impl AccessTable {
    /// Makes a table of (method in capitals, pattern, access, class).
    pub(super) fn new(rules: impl IntoIterator<Item = (String, String, Access, Class)>) -> Self {
        let rules = rules.into_iter().map(|(method, pattern, access, class)| ((method, pattern), (access, class)));
        Self { rules: Arc::new(rules.collect()) }
    }

    /// Returns what a route asks; `None`: it is closed.
    #[must_use]
    pub fn access(&self, method: &str, pattern: &str) -> Option<Access> {
        self.rules.get(&(method.to_owned(), pattern.to_owned())).map(|(access, _)| *access)
    }

    /// Returns how often a route may be asked.
    #[must_use]
    pub fn class(&self, method: &str, pattern: &str) -> Option<Class> {
        self.rules.get(&(method.to_owned(), pattern.to_owned())).map(|(_, class)| *class)
    }
}
