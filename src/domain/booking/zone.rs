//! Local times as instants and back. Each boundary is resolved by itself: nothing here computes "midnight plus so many hours".
//!
//! Total: a local time that does not exist or exists twice has an answer, and so have instants far outside the calendar.

use crate::domain::booking::slot::Span;
use crate::domain::time::Timestamp;
use chrono::{DateTime, Datelike, Days, MappedLocalTime, NaiveDate, NaiveDateTime, NaiveTime, TimeZone, Utc};
use chrono_tz::{GapInfo, Tz};

/// Which end of an interval a local time is. It matters where clocks go back: nothing opens longer than its owner wrote.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bound {
    /// It begins there: the later of two.
    Start,
    /// It ends there: the earlier of two.
    End,
}

/// Instants that every zone can spell: the years 1900 to 2199.
const FIRST: Timestamp = Timestamp::from_secs(-2_208_988_800);
const LAST: Timestamp = Timestamp::from_secs(7_258_118_399);

/// Returns the instant of a local time; one that is skipped is the instant at which clocks jump.
#[must_use]
pub fn resolve(zone: Tz, local: NaiveDateTime, bound: Bound) -> Timestamp {
    let instant = match zone.from_local_datetime(&local) {
        MappedLocalTime::Single(at) => Some(at),
        MappedLocalTime::Ambiguous(first, second) => Some(if bound == Bound::Start { second } else { first }),
        MappedLocalTime::None => GapInfo::new(&local, &zone).and_then(|gap| gap.end),
    };
    instant.map_or_else(|| Timestamp::from(local.and_utc()), |at| Timestamp::from(at.with_timezone(&Utc)))
}

/// Returns the local time at an instant.
#[must_use]
pub fn local(zone: Tz, at: Timestamp) -> NaiveDateTime {
    let at: DateTime<Utc> = at.clamp(FIRST, LAST).to_chrono();
    at.with_timezone(&zone).naive_local()
}

/// Returns the first instant of a local day; where midnight is skipped, the first that exists.
#[must_use]
pub fn day_start(zone: Tz, date: NaiveDate) -> Timestamp {
    resolve(zone, date.and_time(NaiveTime::MIN), Bound::End)
}

/// Returns a local day: 23, 24 or 25 hours.
#[must_use]
pub fn day(zone: Tz, date: NaiveDate) -> Span {
    Span { start: day_start(zone, date), end: day_start(zone, later(date, 1)) }
}

/// Returns the Monday of a date's week.
#[must_use]
pub fn monday(date: NaiveDate) -> NaiveDate {
    date.checked_sub_days(Days::new(u64::from(date.weekday().num_days_from_monday()))).unwrap_or(date)
}

/// Returns the whole local weeks, Monday first, that a span touches.
#[must_use]
pub fn weeks(zone: Tz, span: Span) -> Span {
    let first = monday(local(zone, span.start).date());
    let last = monday(local(zone, span.end).date());
    Span { start: day_start(zone, first), end: day_start(zone, later(last, 7)) }
}

/// Returns the date so many days later; the last date stays.
#[must_use]
pub fn later(date: NaiveDate, days: u64) -> NaiveDate {
    date.checked_add_days(Days::new(days)).unwrap_or(date)
}
