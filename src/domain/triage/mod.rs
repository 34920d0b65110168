//! What people sort conversations by: priority, labels, attributes. Pure.
//!
//! Bounded: a conversation has few labels, and attributes of a few kilobytes. What is kept was checked on its way in. Neighbours: [`filter`]
//! says which conversations a list shows, [`sort`] in which order.

pub mod attributes;
pub mod filter;
pub mod sort;
#[cfg(test)]
mod tests;

use crate::domain::ids::LabelId;
use crate::domain::summary::Sentiment;
use crate::domain::tool::HandoffReason;
use attributes::{AttributeChange, Attributes};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// Most labels of one conversation.
pub const MAX_LABELS: usize = 20;

/// How urgent people think a conversation is; the greater, the more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Priority {
    /// May wait.
    Low,
    /// Ordinary.
    Medium,
    /// Soon.
    High,
    /// Now.
    Urgent,
}

impl Priority {
    /// Every priority, the most urgent first.
    pub const ALL: [Self; 4] = [Self::Urgent, Self::High, Self::Medium, Self::Low];

    /// Returns the stored spelling.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Urgent => "urgent",
        }
    }

    /// Reads the stored spelling.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|priority| priority.as_str() == text)
    }
}

/// What people have sorted a conversation by.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Triage {
    /// How urgent, if somebody said.
    pub priority: Option<Priority>,
    /// Its labels; one that was deleted meanwhile may still stand here and means nothing.
    pub labels: BTreeSet<LabelId>,
    /// What was noted, by name.
    pub attributes: Attributes,
}

/// Returns how urgent a conversation is that the assistant gives to people; `None`: as urgent as any. Whoever is upset or angry waits badly.
#[must_use]
pub fn at_hand_over(reason: HandoffReason, mood: Option<Sentiment>) -> Option<Priority> {
    let upset = reason == HandoffReason::CustomerUpset || mood == Some(Sentiment::Angry);
    upset.then_some(Priority::High)
}

/// One wish to change that.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "change", content = "to", rename_all = "snake_case")]
pub enum TriageChange {
    /// Another priority, or none.
    Priority(Option<Priority>),
    /// These labels and no other.
    SetLabels(BTreeSet<LabelId>),
    /// These labels too.
    AddLabels(BTreeSet<LabelId>),
    /// Not these labels.
    RemoveLabels(BTreeSet<LabelId>),
    /// Attributes to set, or to take away.
    Attributes(AttributeChange),
}

/// Why a change cannot be made in this state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TooMuch {
    /// More than [`MAX_LABELS`].
    Labels,
    /// More than [`attributes::MAX_ATTRIBUTES`], or longer than [`attributes::MAX_BYTES`].
    Attributes,
}

/// One thing that is different afterwards, as the timeline tells it: ids, fixed words and names of attributes, never what they hold.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "field", rename_all = "snake_case")]
pub enum Difference {
    /// The priority.
    Priority {
        /// Before.
        before: Option<Priority>,
        /// After.
        after: Option<Priority>,
    },
    /// The labels.
    Labels {
        /// Before.
        before: BTreeSet<LabelId>,
        /// After.
        after: BTreeSet<LabelId>,
    },
    /// The attributes. Values may be about a person, and the timeline outlives them: only the names are told.
    Attributes {
        /// Names that were there before.
        before: Vec<String>,
        /// Names that are there after.
        after: Vec<String>,
        /// Names that are new or hold something else.
        set: Vec<String>,
    },
}

impl Triage {
    /// Makes changes one after the other; all or none.
    ///
    /// # Errors
    /// [`TooMuch`] if the result is beyond a bound.
    pub fn changed(&self, changes: &[TriageChange]) -> Result<Self, TooMuch> {
        let mut next = self.clone();
        for change in changes {
            match change {
                TriageChange::Priority(priority) => next.priority = *priority,
                TriageChange::SetLabels(labels) => next.labels.clone_from(labels),
                TriageChange::AddLabels(labels) => next.labels.extend(labels),
                TriageChange::RemoveLabels(labels) => next.labels.retain(|label| !labels.contains(label)),
                TriageChange::Attributes(change) => next.attributes = next.attributes.changed(change),
            }
        }
        if next.labels.len() > MAX_LABELS && next.labels.len() > self.labels.len() {
            return Err(TooMuch::Labels);
        }
        if next.attributes != self.attributes && !next.attributes.fits() {
            return Err(TooMuch::Attributes);
        }
        Ok(next)
    }

    /// Lists what is different in `after`.
    #[must_use]
    pub fn differences(&self, after: &Self) -> Vec<Difference> {
        let mut found = Vec::new();
        if self.priority != after.priority {
            found.push(Difference::Priority { before: self.priority, after: after.priority });
        }
        if self.labels != after.labels {
            found.push(Difference::Labels { before: self.labels.clone(), after: after.labels.clone() });
        }
        if self.attributes != after.attributes {
            found.push(Difference::Attributes {
                before: self.attributes.names(),
                after: after.attributes.names(),
                set: after.attributes.newer_than(&self.attributes),
            });
        }
        found
    }
}

/// Returns a title without case, accents and needless blanks: two that look alike have one.
#[must_use]
pub fn title_key(title: &str) -> String {
    let plain: String = title.nfkd().filter(|letter| !is_combining_mark(*letter)).flat_map(char::to_lowercase).collect();
    plain.split_whitespace().collect::<Vec<_>>().join(" ")
}
