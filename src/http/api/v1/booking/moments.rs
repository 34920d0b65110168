//! Dates and instants as callers write them. A date that is in no calendar is refused by name, never bent into another one.

use crate::domain::booking::Span;
use crate::domain::time::Timestamp;
use crate::domain::when::zone::{later, start_of_day};
use crate::http::problem::Problem;
use chrono::{Datelike, NaiveDate};
use chrono_tz::Tz;
use std::time::Duration;

/// The years that the book knows.
const YEARS: std::ops::RangeInclusive<i32> = 1970..=2199;

const NO_INSTANT: &str = "must be an instant of the calendar in RFC 3339, such as 2026-11-23T16:00:00Z or 2026-11-23T09:00:00-07:00";
const NO_DATE: &str = "must be a date of the calendar, such as 2026-11-23";
const NO_YEAR: &str = "must lie in the years 1970 to 2199";

/// Reads an instant.
///
/// # Errors
/// 422 naming the field.
pub fn instant(field: &str, text: &str) -> Result<Timestamp, Problem> {
    // In an address an offset's plus sign arrives as a blank.
    let at = Timestamp::parse(text).or_else(|| Timestamp::parse(&text.replace(' ', "+")));
    let at = at.ok_or_else(|| Problem::field(field, NO_INSTANT))?;
    if YEARS.contains(&at.to_chrono().year()) { Ok(at) } else { Err(Problem::field(field, NO_YEAR)) }
}

/// Reads a date.
///
/// # Errors
/// 422 naming the field.
pub fn date(field: &str, text: &str) -> Result<NaiveDate, Problem> {
    let date = NaiveDate::parse_from_str(text, "%Y-%m-%d").ok().filter(|_| text.len() == 10);
    let date = date.ok_or_else(|| Problem::field(field, NO_DATE))?;
    if YEARS.contains(&date.year()) { Ok(date) } else { Err(Problem::field(field, NO_YEAR)) }
}

/// A window as a query names it: each end an instant, or a local date, which as the last one belongs to the window.
#[derive(Clone, Copy, Debug)]
pub struct Window<'a> {
    /// From here.
    pub from: Option<&'a str>,
    /// To here.
    pub to: Option<&'a str>,
}

impl Window<'_> {
    /// Reads the ends, whichever are given.
    ///
    /// # Errors
    /// 422 naming `from` or `to`.
    pub fn ends(self, zone: Tz) -> Result<(Option<Timestamp>, Option<Timestamp>), Problem> {
        let first = |text: &str| if is_date(text) { date("from", text).map(|day| start_of_day(zone, day)) } else { instant("from", text) };
        let last =
            |text: &str| if is_date(text) { date("to", text).map(|day| start_of_day(zone, later(day, 1))) } else { instant("to", text) };
        Ok((self.from.map(first).transpose()?, self.to.map(last).transpose()?))
    }
}

/// Makes a span of two ends.
///
/// # Errors
/// 422 naming `to` if it does not come after `from`, or comes too long after it. A day of 25 hours makes no window too long.
pub fn span(start: Timestamp, end: Timestamp, most_days: u64) -> Result<Span, Problem> {
    if end <= start {
        return Err(Problem::field("to", "must come after from"));
    }
    if end > start.after(Duration::from_hours(24 * most_days + 1)) {
        return Err(Problem::field("to", format!("must be at most {most_days} days after from: ask for the rest in another request")));
    }
    Ok(Span { start, end })
}

/// Returns true for what is meant as a date.
fn is_date(text: &str) -> bool {
    text.len() <= 10
}
