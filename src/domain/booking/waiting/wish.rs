//! When a time must be to be of use to somebody who waits: local days, local hours, and perhaps earlier than something they have.

use crate::domain::booking::slot::Span;
use crate::domain::time::Timestamp;
use crate::domain::when::zone::{later, opening, start_of_day, wall};
use chrono::{NaiveDate, NaiveTime, Timelike};
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};

/// Minutes of a local day: the first that belongs to no hour of it.
pub const DAY_END: u16 = 1_440;

/// A part of the day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PartOfDay {
    /// Before noon.
    Morning,
    /// From noon to 19:00.
    Afternoon,
    /// From 18:00.
    Evening,
}

impl PartOfDay {
    /// Returns its first minute and the first that no longer belongs to it.
    #[must_use]
    pub const fn minutes(self) -> (u16, u16) {
        match self {
            Self::Morning => (0, 720),
            Self::Afternoon => (720, 1_140),
            Self::Evening => (1_080, DAY_END),
        }
    }
}

/// A wish for a time, in the business's zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WaitWish {
    /// The first day.
    pub first: NaiveDate,
    /// The last day.
    pub last: NaiveDate,
    /// The first minute of a day at which it may start.
    pub from: u16,
    /// The first minute at which it may no longer start: at most [`DAY_END`].
    pub to: u16,
    /// It must start before this.
    pub before: Option<Timestamp>,
}

impl WaitWish {
    /// Wishes for some days, at any hour.
    #[must_use]
    pub const fn days(first: NaiveDate, last: NaiveDate) -> Self {
        Self { first, last, from: 0, to: DAY_END, before: None }
    }

    /// Returns true if a start would do.
    #[must_use]
    pub fn fits(&self, zone: Tz, start: Timestamp) -> bool {
        let here = wall(zone, start);
        let minute = u16::try_from(here.num_seconds_from_midnight() / 60).unwrap_or(DAY_END);
        (self.first..=self.last).contains(&here.date())
            && (self.from..self.to).contains(&minute)
            && self.before.is_none_or(|before| start < before)
    }

    /// Returns a span that holds every start that would do.
    #[must_use]
    pub fn span(&self, zone: Tz) -> Span {
        let end = start_of_day(zone, later(self.last, 1));
        let end = self.before.map_or(end, |before| end.min(before));
        Span { start: start_of_day(zone, self.first), end: end.max(start_of_day(zone, self.first)) }
    }

    /// Returns the first instant at which no start to come can do: after the last hour of the last day.
    #[must_use]
    pub fn ends(&self, zone: Tz) -> Timestamp {
        let whole = self.span(zone).end;
        let clock = NaiveTime::from_num_seconds_from_midnight_opt(60 * u32::from(self.to), 0);
        clock.map_or(whole, |clock| whole.min(opening(zone, self.last.and_time(clock))))
    }
}
