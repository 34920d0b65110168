//! Who is given a conversation that waits for people: who is there, who has room, whose turn it is. Pure; knows neither rows nor requests.
//!
//! There is no list of turns that could go out of date: each member carries when he was last given one, so that whoever joins, leaves or
//! comes back needs no repair. Never decides whether a conversation waits: [`conversation`](crate::domain::conversation) does.

pub mod staffing;
#[cfg(test)]
mod tests;

use crate::domain::booking::{Holiday, WeekHours};
use crate::domain::ids::{AgentId, TeamId};
use crate::domain::time::Timestamp;
use crate::domain::when::labels::HourStyle;
use chrono_tz::Tz;
use std::collections::BTreeSet;
use std::time::Duration;

/// Who has not been seen for so long is not there.
pub const SEEN_WITHIN: Duration = Duration::from_secs(90);
/// Most open conversations of a member where neither he nor his business has a limit.
pub const DEFAULT_MAX_OPEN: u32 = 10;
/// The highest limit.
pub const MOST_OPEN: u32 = 1_000;

/// What a member has chosen to be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Choice {
    /// There, and takes what comes.
    #[default]
    Online,
    /// There, but is given nothing by itself.
    Busy,
    /// Not there.
    Away,
}

impl Choice {
    /// Every choice.
    pub const ALL: [Self; 3] = [Self::Online, Self::Busy, Self::Away];

    /// Returns the stored spelling, which also is the API's.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Online => "online",
            Self::Busy => "busy",
            Self::Away => "away",
        }
    }

    /// Reads the stored spelling.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|choice| choice.as_str() == text)
    }
}

/// How conversations are given to people.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mode {
    /// Not by itself: people claim and assign.
    #[default]
    Off,
    /// To each in turn.
    RoundRobin,
    /// To whoever has the fewest.
    LeastLoaded,
}

impl Mode {
    /// Every way.
    pub const ALL: [Self; 3] = [Self::Off, Self::RoundRobin, Self::LeastLoaded];

    /// Returns the stored spelling, which also is the API's.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::RoundRobin => "round_robin",
            Self::LeastLoaded => "least_loaded",
        }
    }

    /// Reads the stored spelling.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|mode| mode.as_str() == text)
    }
}

/// What becomes of a conversation that people hold again, when its assignee is not there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OnReturn {
    /// Somebody else is given it.
    #[default]
    Route,
    /// It stays with its assignee.
    Keep,
}

impl OnReturn {
    /// Returns the stored spelling, which also is the API's.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Route => "route",
            Self::Keep => "keep",
        }
    }

    /// Reads the stored spelling.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Route, Self::Keep].into_iter().find(|one| one.as_str() == text)
    }
}

/// The rule of an inbox; that of a team stands in its place for the team's conversations.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rule {
    /// How.
    pub mode: Mode,
    /// Most open conversations of whoever is given one by itself; `None`: as many as he takes.
    pub max_open: Option<u32>,
    /// What becomes of those that return.
    pub on_return: OnReturn,
}

/// A member who may answer here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Colleague {
    /// Who.
    pub who: AgentId,
    /// What he chose.
    pub choice: Choice,
    /// When he was last seen.
    pub seen: Option<Timestamp>,
    /// How many open conversations he has.
    pub open: u32,
    /// How many he takes.
    pub limit: u32,
    /// When he was last given one: a number that rises.
    pub turn: i64,
    /// False: he is not of the team, or sees what waits here only once it is his. He is given nothing by itself, and keeps what he was handed.
    pub given: bool,
}

impl Colleague {
    /// Tells whether he is there: seen lately, and not away by his own word.
    #[must_use]
    pub fn is_here(&self, at: Timestamp) -> bool {
        self.choice != Choice::Away && is_seen(self.seen, at)
    }

    /// Returns how many conversations he may still be given by itself.
    #[must_use]
    pub fn places(&self, rule: &Rule, at: Timestamp) -> u32 {
        if !self.given || self.choice != Choice::Online || !self.is_here(at) {
            return 0;
        }
        let limit = rule.max_open.map_or(self.limit, |most| most.min(self.limit));
        limit.saturating_sub(self.open)
    }
}

/// Tells whether somebody who was last seen then is there.
#[must_use]
pub fn is_seen(seen: Option<Timestamp>, at: Timestamp) -> bool {
    seen.is_some_and(|seen| at.since(seen) < SEEN_WITHIN)
}

/// When people of an inbox are there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Hours {
    /// The business's zone.
    pub zone: Tz,
    /// How its customers read hours.
    pub style: HourStyle,
    /// The hours of each week; `None`: nobody has said.
    pub week: Option<WeekHours>,
    /// Days on which the business is closed.
    pub holidays: Vec<Holiday>,
}

/// The front desk as it was read: everything by which it is decided who is given a conversation of one inbox and team.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Picture {
    /// Rises with everything that changes it: a decision by this picture is committed only while it still holds.
    pub version: i64,
    /// The team that it is about.
    pub team: Option<TeamId>,
    /// The rule.
    pub rule: Rule,
    /// Who is in the team; of no team: nobody.
    pub team_members: BTreeSet<AgentId>,
    /// Who may answer what is his: of the inbox.
    pub colleagues: Vec<Colleague>,
    /// The business uses presence: somebody was seen at the desk at some time.
    pub attended: bool,
}

impl Picture {
    /// Chooses who is given a conversation; `None`: nobody is free, or nothing is given by itself.
    #[must_use]
    pub fn route(&self, at: Timestamp) -> Option<AgentId> {
        let free = self.colleagues.iter().filter(|one| one.places(&self.rule, at) > 0);
        let chosen = match self.rule.mode {
            Mode::Off => None,
            Mode::RoundRobin => free.min_by_key(|one| (one.turn, one.who)),
            Mode::LeastLoaded => free.min_by_key(|one| (one.open, one.turn, one.who)),
        };
        chosen.map(|one| one.who)
    }

    /// Returns how many conversations could be given now.
    #[must_use]
    pub fn places(&self, at: Timestamp) -> u32 {
        if self.rule.mode == Mode::Off {
            return 0;
        }
        self.colleagues.iter().fold(0, |sum, one| sum.saturating_add(one.places(&self.rule, at)))
    }

    /// Tells whether a conversation that people hold again must not wait for its assignee.
    #[must_use]
    pub fn lets_go(&self, assignee: AgentId, at: Timestamp) -> bool {
        let routes = self.rule.mode != Mode::Off && self.rule.on_return == OnReturn::Route;
        routes && !self.colleagues.iter().any(|one| one.who == assignee && one.is_here(at))
    }
}
