//! Which conversations somebody sees: by their inbox, and by their team. The store says the same in the database's words.
//!
//! Two limits that know nothing of each other. What is outside one of them is absent. No limit ever becomes wider by itself: what cannot be
//! read, and a list from which everything was taken, shows nothing.

use crate::domain::ids::{AgentId, InboxId, TeamId};
use crate::domain::permission::Role;
use serde::{Deserialize, Deserializer};
use std::collections::BTreeSet;
use std::sync::Arc;

/// What somebody's sight is limited to. The default is no limit.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Visibility {
    inboxes: Option<Arc<BTreeSet<InboxId>>>,
    teams: Option<Arc<BTreeSet<TeamId>>>,
}

/// Where a conversation stands, as far as that decides who sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Home {
    /// Its inbox, which never changes.
    pub inbox: InboxId,
    /// Its team.
    pub team: Option<TeamId>,
    /// Whose it is.
    pub assignee: Option<AgentId>,
}

/// As it is stored beside a limit to teams; a limit to inboxes alone is a plain list, as it always was.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Both {
    /// Must be said: what is left out would be no limit.
    #[serde(deserialize_with = "said")]
    inboxes: Option<BTreeSet<InboxId>>,
    teams: BTreeSet<TeamId>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Stored {
    Inboxes(BTreeSet<InboxId>),
    Both(Both),
}

fn said<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<BTreeSet<InboxId>>, D::Error> {
    Option::deserialize(deserializer)
}

impl Visibility {
    /// Sees everything, that too which is made later.
    #[must_use]
    pub const fn everything() -> Self {
        Self { inboxes: None, teams: None }
    }

    /// Sees these inboxes and no other.
    #[must_use]
    pub fn of(inboxes: impl IntoIterator<Item = InboxId>) -> Self {
        Self::everything().with_inboxes(Some(inboxes.into_iter().collect()))
    }

    /// Sees these teams' conversations, the own ones, and no other.
    #[must_use]
    pub fn of_teams(teams: impl IntoIterator<Item = TeamId>) -> Self {
        Self::everything().with_teams(Some(teams.into_iter().collect()))
    }

    /// Limits it to other inboxes; `None`: to none.
    #[must_use]
    pub fn with_inboxes(self, inboxes: Option<BTreeSet<InboxId>>) -> Self {
        Self { inboxes: inboxes.map(Arc::new), ..self }
    }

    /// Limits it to other teams; `None`: to none.
    #[must_use]
    pub fn with_teams(self, teams: Option<BTreeSet<TeamId>>) -> Self {
        Self { teams: teams.map(Arc::new), ..self }
    }

    /// Takes a team out of the limit, which may leave a limit to no team at all; `None`: it does not name the team.
    #[must_use]
    pub fn without_team(&self, team: TeamId) -> Option<Self> {
        let mut left = BTreeSet::clone(self.teams.as_ref()?);
        left.remove(&team).then(|| self.clone().with_teams(Some(left)))
    }

    /// Reads it as it is stored: nothing is everything, what cannot be read is no inbox at all.
    #[must_use]
    pub fn stored(json: Option<&str>) -> Self {
        let Some(text) = json else { return Self::everything() };
        match serde_json::from_str(text) {
            Ok(Stored::Inboxes(inboxes)) => Self::of(inboxes),
            Ok(Stored::Both(Both { inboxes, teams })) => Self::of_teams(teams).with_inboxes(inboxes),
            Err(_unreadable) => Self::of([]),
        }
    }

    /// Writes it as it is stored.
    #[must_use]
    pub fn to_stored(&self) -> Option<String> {
        let inboxes = self.inboxes.as_deref();
        let json = match self.teams.as_deref() {
            None => serde_json::json!(inboxes?),
            Some(teams) => serde_json::json!({ "inboxes": inboxes, "teams": teams }),
        };
        Some(json.to_string())
    }

    /// Tells whether nothing is hidden.
    #[must_use]
    pub const fn is_everything(&self) -> bool {
        self.inboxes.is_none() && self.teams.is_none()
    }

    /// Lists the inboxes; `None`: all.
    #[must_use]
    pub fn inboxes(&self) -> Option<impl Iterator<Item = InboxId> + '_> {
        Some(self.inboxes.as_ref()?.iter().copied())
    }

    /// Lists the teams; `None`: all, and what no team has.
    #[must_use]
    pub fn teams(&self) -> Option<impl Iterator<Item = TeamId> + '_> {
        Some(self.teams.as_ref()?.iter().copied())
    }

    /// Tells whether an inbox is seen, whatever of it.
    #[must_use]
    pub fn sees_inbox(&self, inbox: InboxId) -> bool {
        self.inboxes.as_ref().is_none_or(|list| list.contains(&inbox))
    }

    /// Tells whether somebody with this limit sees a conversation. What is his own is in his teams too, so that what he is handed can be
    /// worked on; `me` is nobody for whom nothing is ever his own.
    #[must_use]
    pub fn sees(&self, home: &Home, me: Option<AgentId>) -> bool {
        let own = me.is_some() && home.assignee == me;
        let teams = self.teams.as_ref();
        self.sees_inbox(home.inbox) && (own || teams.is_none_or(|list| home.team.is_some_and(|team| list.contains(&team))))
    }

    /// Tells whether all that `other` sees is seen too. What is somebody's own counts for nothing: he has that by the other's word.
    #[must_use]
    pub fn covers(&self, other: &Self) -> bool {
        within(other.inboxes.as_deref(), self.inboxes.as_deref()) && within(other.teams.as_deref(), self.teams.as_deref())
    }
}

/// Tells whether a limit is as narrow as another one.
fn within<T: Ord>(less: Option<&BTreeSet<T>>, more: Option<&BTreeSet<T>>) -> bool {
    more.is_none_or(|more| less.is_some_and(|less| less.is_subset(more)))
}

/// What somebody sees: his limit, and who he is, since his own conversations are always in his teams.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sight {
    limit: Visibility,
    me: Option<AgentId>,
}

impl Sight {
    /// Nothing is hidden.
    #[must_use]
    pub const fn everything() -> Self {
        Self { limit: Visibility::everything(), me: None }
    }

    /// Makes it.
    #[must_use]
    pub const fn new(limit: Visibility, me: AgentId) -> Self {
        Self { limit, me: Some(me) }
    }

    /// Returns what it is limited to.
    #[must_use]
    pub const fn limit(&self) -> &Visibility {
        &self.limit
    }

    /// Returns whose it is.
    #[must_use]
    pub const fn me(&self) -> Option<AgentId> {
        self.me
    }

    /// Tells whether a conversation is seen.
    #[must_use]
    pub fn sees(&self, home: &Home) -> bool {
        self.limit.sees(home, self.me)
    }
}

impl From<Visibility> for Sight {
    /// Nobody's: nothing is ever its own.
    fn from(limit: Visibility) -> Self {
        Self { limit, me: None }
    }
}

impl Role {
    /// Returns what somebody in this role sees. `own` is a limit of his own, as it is stored; an owner always sees everything.
    #[must_use]
    pub fn visibility_with(self, own: Option<&str>) -> Visibility {
        match self {
            Self::Owner => Visibility::everything(),
            Self::Administrator | Self::Member => Visibility::stored(own),
        }
    }
}
