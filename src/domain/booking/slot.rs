//! Spans of time, slots, and what is wanted.

use crate::domain::ids::{AppointmentId, ResourceId, ServiceId};
use crate::domain::time::Timestamp;
use crate::domain::when::zone::{later, local_day, monday, start_of_day, wall};
use chrono::NaiveDate;
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};

/// A half-open span of time: `start` belongs to it, `end` does not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Span {
    /// First instant.
    pub start: Timestamp,
    /// First instant after it.
    pub end: Timestamp,
}

impl Span {
    /// Returns true if the two share an instant.
    #[must_use]
    pub fn overlaps(self, other: Self) -> bool {
        self.start < other.end && other.start < self.end
    }

    /// Returns true if the other lies within.
    #[must_use]
    pub fn contains(self, other: Self) -> bool {
        self.start <= other.start && other.end <= self.end
    }
}

/// Returns a local day: 23, 24 or 25 hours.
#[must_use]
pub fn day(zone: Tz, date: NaiveDate) -> Span {
    let (start, end) = local_day(zone, date);
    Span { start, end }
}

/// Returns the whole local weeks, Monday first, that a span touches.
#[must_use]
pub fn weeks(zone: Tz, span: Span) -> Span {
    let first = monday(wall(zone, span.start).date());
    let last = monday(wall(zone, span.end).date());
    Span { start: start_of_day(zone, first), end: start_of_day(zone, later(last, 7)) }
}

/// A time that can be booked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Slot {
    /// What.
    pub service: ServiceId,
    /// When.
    pub span: Span,
    /// Resources that are free then, one list per need, in the order of choice.
    pub free: Vec<Vec<ResourceId>>,
    /// How many more could be booked at this time.
    pub capacity_left: u32,
}

/// What is asked for.
#[derive(Clone, Debug, PartialEq)]
pub struct Wanted {
    /// What.
    pub service: ServiceId,
    /// Only starts in here.
    pub within: Span,
    /// Only with this resource.
    pub resource: Option<ResourceId>,
    /// This appointment is being moved: it does not stand in its own way.
    pub moving: Option<AppointmentId>,
    /// At most so many.
    pub limit: usize,
}

/// What an outside calendar says of a resource. Anonymous: no titles, no guests.
#[derive(Clone, Debug, PartialEq)]
pub struct Busy {
    /// Whose calendar.
    pub resource: ResourceId,
    /// Its busy times; `None`: unknown, which is never free.
    pub spans: Option<Vec<Span>>,
}
