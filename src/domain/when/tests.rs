//! The table of phrases, what is promised for every text, and the acceptance statements about words for times.

mod accepted;
mod phrases;
mod promises;

use super::*;
use chrono::{Datelike, Weekday};

/// Wednesday 3 March 2027, 14:30 in Mexico City.
pub(super) const NOW: &str = "2027-03-03T20:30:00Z";

pub(super) fn at(text: &str) -> Timestamp {
    Timestamp::parse(text).unwrap()
}

fn span(from: u32, until: u32) -> Vec<(NaiveTime, NaiveTime)> {
    vec![(NaiveTime::from_hms_opt(from, 0, 0).unwrap(), NaiveTime::from_hms_opt(until % 24, 0, 0).unwrap())]
}

/// The opening hours of the fixtures, by their letters.
pub(super) fn opening_hours(name: &str, date: NaiveDate) -> Vec<(NaiveTime, NaiveTime)> {
    match (name, date.weekday()) {
        ("M" | "D", Weekday::Sun) | ("D", Weekday::Sat) => Vec::new(),
        ("M", Weekday::Sat) => span(10, 14),
        ("M", _) => span(9, 18),
        ("D", _) => span(8, 17),
        ("T", _) => span(9, 17),
        ("L", _) => span(7, 22),
        ("N", _) => span(0, 24),
        (other, _) => panic!("no such hours: {other}"),
    }
}

/// Spells an outcome as the table does.
pub(super) fn spell(understood: &Understood) -> String {
    match understood {
        Understood::Nothing => "-".to_owned(),
        Understood::Sure(answer) => spell_answer(answer),
        Understood::Ask { doubt, choices } => {
            format!("? {doubt:?}: {}", choices.iter().map(spell_answer).collect::<Vec<_>>().join(" | "))
        }
        Understood::Missing { asked, next } => format!("missing {} > {}", asked.format("%F %R"), next.local.format("%F %R")),
        Understood::Past(answer) => format!("past {}", spell_answer(answer)),
        Understood::Impossible { day, month } => format!("impossible {day}/{month}"),
    }
}

fn spell_answer(answer: &Answer) -> String {
    match answer {
        Answer::Moment(moment) => moment.local.format("%F %R").to_string(),
        Answer::Times(times) => spell_times(times).trim().to_owned(),
        Answer::Days(days) => {
            let last = match days.last {
                None => "..".to_owned(),
                Some(last) if last == days.first => String::new(),
                Some(last) => format!("..{last}"),
            };
            format!("{}{last}{}", days.first, spell_times(&days.times))
        }
    }
}

fn spell_times(times: &Times) -> String {
    match times {
        Times::Any => String::new(),
        Times::At(time) => format!(" @{}", time.format("%R")),
        Times::Within(hours) => format!(" {}-{}", hours.from.format("%R"), hours.until.format("%R")),
    }
}
