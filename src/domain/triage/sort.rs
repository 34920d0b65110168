//! In which order a list shows conversations. Pure.
//!
//! An order is a row of *phases*, each of which one index can walk from a place on: first those that wait, then the others. A page is filled
//! phase by phase, so that no list ever sorts more than it shows.

use crate::domain::triage::Priority;
use crate::domain::triage::filter::Filter;
use serde::{Deserialize, Serialize};

/// An order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Sort {
    /// The newest activity first.
    #[default]
    #[serde(rename = "-last_activity")]
    Newest,
    /// The oldest activity first.
    #[serde(rename = "last_activity")]
    Oldest,
    /// Who has waited longest first, then who does not wait by the newest activity.
    #[serde(rename = "waiting")]
    Waiting,
    /// The youngest conversation first.
    #[serde(rename = "-created")]
    Youngest,
    /// The eldest conversation first.
    #[serde(rename = "created")]
    Eldest,
    /// The most urgent first, and among equals as [`Sort::Waiting`].
    #[serde(rename = "priority")]
    Priority,
}

/// The instant by which a phase is ordered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Key {
    /// The newest activity.
    Activity,
    /// The beginning.
    Created,
    /// Since when the customer waits.
    Waiting,
}

/// A part of a list that is ordered by one instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Phase {
    /// The instant.
    pub key: Key,
    /// True: the newest first.
    pub descending: bool,
    /// Only those that wait, or only those that do not.
    pub waiting: Option<bool>,
    /// Only those of this priority, or of none.
    pub priority: Option<Option<Priority>>,
}

impl Phase {
    const fn by(key: Key, descending: bool) -> Self {
        Self { key, descending, waiting: None, priority: None }
    }

    /// Tells whether a filter lets anything of it pass.
    fn has_any(&self, filter: &Filter) -> bool {
        let waits = filter.waiting.or(filter.waiting_before.map(|_| true));
        let waiting = self.waiting.is_none_or(|own| waits.is_none_or(|asked| asked == own));
        waiting && self.priority.is_none_or(|own| filter.priorities.is_empty() || filter.priorities.contains(&own))
    }
}

impl Sort {
    /// Every order.
    pub const ALL: [Self; 6] = [Self::Newest, Self::Oldest, Self::Waiting, Self::Youngest, Self::Eldest, Self::Priority];

    /// Returns the stored spelling, which also is the API's.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Newest => "-last_activity",
            Self::Oldest => "last_activity",
            Self::Waiting => "waiting",
            Self::Youngest => "-created",
            Self::Eldest => "created",
            Self::Priority => "priority",
        }
    }

    /// Reads the stored spelling.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|sort| sort.as_str() == text)
    }

    /// Lists the phases that have anything to show, each with its number in the whole order.
    #[must_use]
    pub fn phases(self, filter: &Filter) -> Vec<(u8, Phase)> {
        let all = match self {
            Self::Newest => vec![Phase::by(Key::Activity, true)],
            Self::Oldest => vec![Phase::by(Key::Activity, false)],
            Self::Youngest => vec![Phase::by(Key::Created, true)],
            Self::Eldest => vec![Phase::by(Key::Created, false)],
            Self::Waiting => waiting_first(None).to_vec(),
            Self::Priority => {
                let priorities = Priority::ALL.into_iter().map(Some).chain([None]);
                priorities.flat_map(|priority| waiting_first(Some(priority))).collect()
            }
        };
        (0..).zip(all).filter(|(_, phase)| phase.has_any(filter)).collect()
    }
}

const fn waiting_first(priority: Option<Option<Priority>>) -> [Phase; 2] {
    let waits = Phase { waiting: Some(true), priority, ..Phase::by(Key::Waiting, false) };
    [waits, Phase { waiting: Some(false), priority, ..Phase::by(Key::Activity, true) }]
}
