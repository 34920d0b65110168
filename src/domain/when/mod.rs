//! Understands the words that customers use for dates and times, in Spanish, English and Portuguese: "mañana a las 5", "next Tuesday",
//! "depois das 16", "el 15 por la tarde".
//!
//! Tested code and not a model decides what a phrase means; the caller reads the answer back. Pure: the instant, the zone and the opening
//! hours are given, the environment is never asked. Never chooses where a customer could mean two things: it says what to ask. Never says
//! whether something is free or open.
//!
//! From words to an answer: `tokens` cuts the text, `scan` collects what is said about days (`day_words`, `day_named`, `day_weeks`,
//! `day_numbers`, `day_special`, `day_ranges`) and about clock times (`points`, `ranges`, `day_parts`), without what is taken back or denied
//! (`denials`); `unread` finds words of the calendar that nothing understood. `narrowing` lets weeks and months tell which day, `calendar` turns
//! days into dates, `excluding` takes denied ones out, `readings` turns hours into clock times, `joining` and `settle` make one answer. Beside it: [`zone`] (clock times and instants), [`named_zone`] (does the customer name
//! another zone) and [`labels`] (instants for customers).

mod answer;
mod calendar;
mod day;
mod day_named;
mod day_numbers;
mod day_parts;
mod day_ranges;
mod day_special;
mod day_weeks;
mod day_words;
mod denials;
mod excluding;
mod idioms;
mod joining;
pub mod labels;
mod lexicon;
pub mod named_zone;
mod narrowing;
mod points;
mod ranges;
mod readings;
mod scan;
mod settle;
mod tokens;
mod unread;
mod weekdays;
mod windows_zones;
pub mod zone;

use crate::domain::language::Language;
use crate::domain::time::Timestamp;
use chrono::{NaiveDate, NaiveDateTime, NaiveTime};
use chrono_tz::Tz;

/// Opening hours of a date: local intervals; one that ends no later than it begins goes on past midnight.
pub type Openings<'a> = dyn Fn(NaiveDate) -> Vec<(NaiveTime, NaiveTime)> + 'a;

/// What has to be known to understand a phrase.
pub struct WhenContext<'a> {
    /// The present instant.
    pub now: Timestamp,
    /// The zone of the business, unless the customer has named another.
    pub zone: Tz,
    /// The customer's language. All three are understood; this one decides what they read differently ("3/4").
    pub language: Language,
    /// When the business is open: tells whether "at 5" is in the afternoon.
    pub hours: &'a Openings<'a>,
    /// The date that the conversation is about, for phrases that name only a time.
    pub selected: Option<NaiveDate>,
}

/// An instant with what the clocks of the business show then.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment {
    /// Date and time of day in the zone of the context.
    pub local: NaiveDateTime,
    /// The instant.
    pub at: Timestamp,
}

/// Times of day. `until` is the first one that is meant no longer; midnight there is the end of the day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hours {
    /// The first time of day that is meant.
    pub from: NaiveTime,
    /// The end.
    pub until: NaiveTime,
}

/// What is said about the time of day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Times {
    /// Nothing.
    Any,
    /// This time.
    At(NaiveTime),
    /// Some time in these hours.
    Within(Hours),
}

/// One day or several, and what is said about the time of day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Days {
    /// The first date; never before today, unless the answer is marked as past.
    pub first: NaiveDate,
    /// The last date; `None` for no end ("any day", "from Monday on", "as soon as possible").
    pub last: Option<NaiveDate>,
    /// The times of day.
    pub times: Times,
}

/// What a phrase means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// This instant.
    Moment(Moment),
    /// Some time in these days.
    Days(Days),
    /// A time of day; the day is not said, and none is selected.
    Times(Times),
}

/// Why has to be asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Doubt {
    /// An hour without a.m. or p.m., and both or none of its readings fit the opening hours.
    HalfOfDay,
    /// "Next Tuesday", if the coming one could be meant as well as the one after.
    WhichWeek,
    /// "Tomorrow", said after midnight.
    AfterMidnight,
    /// Weekday and date, or two days that are said to be one, disagree.
    Disagreement,
    /// "3/4", where both orders are usual.
    DayMonthOrder,
    /// The clock shows this time twice on that day.
    Twice,
    /// The customer named several days or times: each may suit.
    Alternatives,
}

/// What is made of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Understood {
    /// It says nothing about days or times.
    Nothing,
    /// One thing is meant.
    Sure(Answer),
    /// One of these is meant: at least two, none of them past.
    Ask {
        /// Why it is not clear.
        doubt: Doubt,
        /// What could be meant, likeliest first.
        choices: Vec<Answer>,
    },
    /// That time does not exist on that day: the clock is set forward.
    Missing {
        /// What was asked for.
        asked: NaiveDateTime,
        /// The next time that exists.
        next: Moment,
    },
    /// What is meant has passed.
    Past(Answer),
    /// There is no such date, as 31 February.
    Impossible {
        /// The day of the month that was said.
        day: u32,
        /// The month that was said.
        month: u32,
    },
}

/// Returns what a text says about days and times. Total: any text, zone and instant.
#[must_use]
pub fn understand(text: &str, context: &WhenContext<'_>) -> Understood {
    let text = tokens::Text::of(text, context.language);
    let said = scan::scan(&text, context.selected.is_some());
    settle::settle(&said, context)
}

/// Returns true if a text holds words of a calendar that [`understand`] makes nothing of, as "la semana de mi cumpleaños" or "la
/// próxima": whoever takes a yes from it should ask.
#[must_use]
pub fn leaves_unread(text: &str, language: Language) -> bool {
    scan::leaves_unread(&tokens::Text::of(text, language))
}

#[cfg(test)]
mod tests;
