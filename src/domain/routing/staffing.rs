//! Whether somebody is there, for the words that a customer reads at a hand-over: never a promise that nobody keeps.

use crate::domain::booking::agenda::Retired;
use crate::domain::booking::opening::Opening;
use crate::domain::booking::{Agenda, Resource, ResourceKind, Rules, Span};
use crate::domain::ids::ResourceId;
use crate::domain::routing::{Choice, Hours, Picture, Rule};
use crate::domain::time::Timestamp;
use std::time::Duration;
use uuid::Uuid;

/// How far ahead the next opening is looked for.
const HORIZON: Duration = Duration::from_hours(24 * 60);
/// Longest time of which the hours are counted.
const MOST: Duration = Duration::from_hours(24 * 730);

/// Whether people are there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Staffing {
    /// Nobody has said when people are there, and nobody was ever seen.
    Unknown,
    /// Somebody is there and has room.
    Here,
    /// It is the time at which people are there, but nobody is free just now.
    NobodyFree,
    /// It is not; `Some`: when people are back.
    Closed(Option<Timestamp>),
}

/// Whether it is a time at which people are there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Door {
    /// Nobody has said when people are there.
    Unsaid,
    /// It is.
    Open,
    /// It is not; `Some`: when people are back.
    Closed(Option<Timestamp>),
}

impl Picture {
    /// Tells whether people are there. Somebody who is there and free counts whatever the hours say.
    #[must_use]
    pub fn staffing(&self, hours: &Hours, at: Timestamp) -> Staffing {
        // Who is given a conversation only by hand still sees it, so the rule's own limit does not count.
        let any = Rule { max_open: None, ..self.rule };
        if self.colleagues.iter().any(|one| one.choice == Choice::Online && one.places(&any, at) > 0) {
            return Staffing::Here;
        }
        match hours.door(at) {
            Door::Closed(back) => Staffing::Closed(back),
            Door::Open => Staffing::NobodyFree,
            Door::Unsaid if self.attended => Staffing::NobodyFree,
            Door::Unsaid => Staffing::Unknown,
        }
    }
}

impl Hours {
    /// Returns how much of a time fell into the hours; `None`: nobody has said when people are there. More than two years are cut.
    #[must_use]
    pub fn within(&self, from: Timestamp, to: Timestamp) -> Option<Duration> {
        let from = from.max(to.before(MOST));
        let open = self.open(Span { start: from, end: to })?;
        let part = |span: &Span| span.end.min(to).since(span.start.max(from));
        Some(open.iter().filter(|span| span.start < to && span.end > from).map(part).sum())
    }

    /// Tells whether it is a time at which people are there, and if not, when they are back: looked for within two months.
    #[must_use]
    pub fn door(&self, at: Timestamp) -> Door {
        let Some(open) = self.open(Span { start: at, end: at.after(HORIZON) }) else { return Door::Unsaid };
        match open.iter().find(|open| open.end > at) {
            Some(next) if next.start <= at => Door::Open,
            next => Door::Closed(next.map(|next| next.start)),
        }
    }

    /// Returns when people are there, disjoint and in order; `None`: nobody has said.
    fn open(&self, span: Span) -> Option<Vec<Span>> {
        let week = self.week.as_ref()?;
        let desk = Resource {
            id: ResourceId(Uuid::nil()),
            name: String::new(),
            aliases: Vec::new(),
            kind: ResourceKind::Person,
            capacity: 1,
            zone: self.zone,
            hours: week.clone(),
            exceptions: Vec::new(),
            outside_calendar: false,
        };
        let agenda = Agenda {
            zone: self.zone,
            locale: String::new(),
            services: Vec::new(),
            resources: Vec::new(),
            holidays: self.holidays.clone(),
            retired: Retired::default(),
            rules: Rules::default(),
        };
        Some(Opening::of(&agenda, &desk, span).open)
    }
}
