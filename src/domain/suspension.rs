//! What the operator has stopped: a whole business or a feature of it, from when until when, and why. Pure.
//!
//! Nothing is lost by a suspension: what waits goes on when it ends. The reason is for the people of the business; it is never logged.

use crate::domain::time::Timestamp;
use uuid::Uuid;

/// Longest reason, in characters.
pub const MAX_REASON: usize = 500;

/// What can be stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Feature {
    /// Everything below.
    All,
    /// The assistant answers nobody.
    Assistant,
    /// Nothing leaves.
    Outgoing,
    /// Nothing is booked, moved or cancelled.
    Booking,
    /// The API refuses.
    Api,
}

impl Feature {
    /// Every feature.
    pub const ALL: [Self; 5] = [Self::All, Self::Assistant, Self::Outgoing, Self::Booking, Self::Api];

    /// Returns the stored word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Assistant => "assistant",
            Self::Outgoing => "outgoing",
            Self::Booking => "booking",
            Self::Api => "api",
        }
    }

    /// Reads the stored word.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|feature| feature.as_str() == text)
    }
}

/// A suspension as it was ordered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Suspension {
    /// Its id.
    pub id: Uuid,
    /// What is stopped.
    pub feature: Feature,
    /// Why.
    pub reason: String,
    /// From when.
    pub from: Timestamp,
    /// Until when, the moment itself not; `None`: until it is ended.
    pub until: Option<Timestamp>,
}

impl Suspension {
    /// Tells whether it holds at a moment.
    #[must_use]
    pub fn holds(&self, now: Timestamp) -> bool {
        self.from <= now && self.until.is_none_or(|until| now < until)
    }
}

/// What is stopped at a moment.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Stopped(Vec<(Feature, String)>);

impl Stopped {
    /// Returns what of the suspensions holds now.
    #[must_use]
    pub fn at(now: Timestamp, all: &[Suspension]) -> Self {
        let held = all.iter().filter(|one| one.holds(now));
        Self(held.map(|one| (one.feature, one.reason.clone())).collect())
    }

    /// Stops a feature.
    #[must_use]
    pub fn with(mut self, feature: Feature, reason: &str) -> Self {
        self.0.push((feature, reason.to_owned()));
        self
    }

    /// Returns why a feature is stopped; `None`: it is not. What stops everything stops it too.
    #[must_use]
    pub fn why(&self, feature: Feature) -> Option<&str> {
        self.0.iter().find(|(stopped, _)| *stopped == feature || *stopped == Feature::All).map(|(_, reason)| reason.as_str())
    }

    /// Tells whether a feature goes on.
    #[must_use]
    pub fn lets(&self, feature: Feature) -> bool {
        self.why(feature).is_none()
    }
}

/// Returns when something begins or ends next, after `now`.
#[must_use]
pub fn next_change(now: Timestamp, all: &[Suspension]) -> Option<Timestamp> {
    all.iter().flat_map(|one| [Some(one.from), one.until]).flatten().filter(|at| *at > now).min()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_secs(seconds)
    }

    fn one(feature: Feature, from: i64, until: Option<i64>) -> Suspension {
        Suspension { id: Uuid::nil(), feature, reason: format!("why {}", feature.as_str()), from: at(from), until: until.map(at) }
    }

    #[test]
    fn a_suspension_holds_from_its_first_moment_to_before_its_last() {
        let all = [one(Feature::Api, 10, Some(20))];
        let lets = |now| Stopped::at(at(now), &all).lets(Feature::Api);
        assert_eq!([9, 10, 19, 20, 21].map(lets), [true, false, false, true, true]);
        assert_eq!([9, 10, 19, 20].map(|now| next_change(at(now), &all)), [Some(at(10)), Some(at(20)), Some(at(20)), None]);
    }

    #[test]
    fn what_stops_everything_stops_each_and_a_feature_stops_itself_alone() {
        let everything = Stopped::at(at(1), &[one(Feature::All, 0, None)]);
        assert!(Feature::ALL.into_iter().all(|feature| everything.why(feature) == Some("why all")));
        for stopped in [Feature::Assistant, Feature::Outgoing, Feature::Booking, Feature::Api] {
            let held = Stopped::at(at(1), &[one(stopped, 0, None)]);
            for feature in Feature::ALL {
                assert_eq!(held.lets(feature), feature != stopped, "{}", feature.as_str());
            }
        }
    }

    #[test]
    fn features_are_spelled_and_read_back() {
        assert!(Feature::ALL.into_iter().all(|feature| Feature::parse(feature.as_str()) == Some(feature)));
        assert_eq!(Feature::parse("everything"), None);
    }
}
