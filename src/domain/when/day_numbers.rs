//! Dates in numbers: "15 de marzo", "March 15th", "15/3", "2027-03-15", "el 15".

use super::day::Day;
use super::day_weeks::next_month;
use super::lexicon::{is_counted, is_ordinal, month, number};
use super::points::half;
use super::tokens::Text;
use crate::domain::language::Language;

/// Nouns behind an ordinal that is no date.
const ORDERED: &[&str] = &[
    "floor",
    "time",
    "visit",
    "option",
    "one",
    "molar",
    "child",
    "grade",
    "row",
    "opinion",
    "piso",
    "por",
    "molares",
    "month",
    "week",
    "day",
    "available",
    "appointment",
    "thing",
    "party",
];

/// Reads a date. `after_weekday`: a weekday stands right before, so that a bare number is a day of the month.
pub(super) fn day(text: &Text, at: usize, after_weekday: bool) -> Option<(Day, usize)> {
    let inside = at > 1 && text.mark(at - 1) == Some('.') && text.digits(at - 2).is_some();
    if at > 0 && text.glued(at) && (inside || matches!(text.mark(at - 1), Some('/' | '-' | '+' | '#' | '$'))) {
        return None;
    }
    iso(text, at)
        .or_else(|| numeric(text, at, after_weekday))
        .or_else(|| with_month(text, at))
        .or_else(|| of_month(text, at, after_weekday))
}

/// Reads "2027-03-15" and "2027/03/15".
fn iso(text: &Text, at: usize) -> Option<(Day, usize)> {
    let (year, digits) = text.digits(at)?;
    let separator = text.mark(at + 1).filter(|mark| matches!(mark, '-' | '/'))?;
    let ((month, _), (day, _)) = (text.digits(at + 2)?, text.digits(at + 4)?);
    let whole = digits == 4 && text.mark(at + 3) == Some(separator) && text.glued(at + 4);
    let plausible = (1900..=2200).contains(&year) && (1..=12).contains(&month) && (1..=31).contains(&day);
    let behind = if text.is(at + 5, &["t"]) && text.glued(at + 5) { at + 6 } else { at + 5 };
    (whole && plausible).then_some((Day::Date { day, month, year: i32::try_from(year).ok() }, behind))
}

/// Reads "15/3", "15/03/27", "15-03-2027", "15.03.2027", "el 15-04", "martes 16-03", "dia 15.04".
pub(super) fn numeric(text: &Text, at: usize, after_weekday: bool) -> Option<(Day, usize)> {
    let lead = text.take_any(at, &["el dia?", "dia", "the", "no dia", "on the?"]);
    let at = lead.unwrap_or(at);
    let (first, digits) = text.digits(at).filter(|(_, digits)| *digits <= 2)?;
    let separator = text.mark(at + 1).filter(|mark| matches!(mark, '/' | '-' | '.') && text.glued(at + 1))?;
    let (second, more) = text.digits(at + 2).filter(|(_, digits)| *digits <= 2 && text.glued(at + 2))?;
    let third = text
        .digits(at + 4)
        .filter(|(_, digits)| text.mark(at + 3) == Some(separator) && text.glued(at + 3) && text.glued(at + 4) && matches!(digits, 2 | 4));
    let year = third.and_then(|(year, digits)| {
        i32::try_from(match (digits, year) {
            (2, 0..=69) => 2000 + year,
            (2, _) => 1900 + year,
            _ => year,
        })
        .ok()
    });
    let whole = third.is_some_and(|(_, digits)| digits == 4);
    let told = Told { led: lead.is_some(), after_weekday };
    let end = if third.is_some() { at + 5 } else { at + 3 };
    let soon = lead.is_some() || year.is_none_or(|year| (2020..=2040).contains(&year));
    let dashed = || soon && told.without_year(text, (first, digits), (second, more), separator) && !is_hour(text, end);
    let plain = separator == '/' || whole || dashed();
    let unit = third.is_none() && (is_counted(text, at + 3) || text.is(at + 3, &["hora", "kilo", "litro", "hour"]));
    let possible = first >= 1 && second >= 1 && first <= 31 && second <= 31 && digits + more >= 2;
    let longer = third.is_none() && text.mark(at + 3) == Some(separator) && text.glued(at + 3) && text.digits(at + 4).is_some();
    (plain && possible && !unit && !longer).then_some((Day::Numbers(first, second, year), end))
}

/// What stands before two numbers that may be a day and a month.
struct Told {
    led: bool,
    after_weekday: bool,
}

impl Told {
    /// Returns true if two numbers with a dash or a dot between are a date and no hours, no price: "15-04", "martes 16-03", "el 10-12".
    fn without_year(&self, text: &Text, (first, digits): (u32, usize), (second, more): (u32, usize), separator: char) -> bool {
        let padded = more == 2 && second < 10;
        let american = text.language == Language::En && separator == '-' && digits == 2 && first < 10 && (13..=31).contains(&second);
        if second > 12 {
            return american;
        }
        let too_late = separator == '-' && first > 12 && more == 2;
        self.led || (padded && (digits == 2 || self.after_weekday)) || too_late
    }
}

/// Returns true if what follows makes numbers a time.
fn is_hour(text: &Text, at: usize) -> bool {
    text.is(at, &["h", "hs", "hrs", "horas", "am", "pm"]) || half(text, at).is_some_and(|_| text.is(at, &["a", "p"]))
}

/// Reads "15 de marzo de 2027", "el primero de abril", "March 15th, 2027", "the 15th of March".
pub(super) fn with_month(text: &Text, at: usize) -> Option<(Day, usize)> {
    let start = text.take_any(at, &["el/al/del/no/em/ao/do dia?", "dia", "on? the"]).unwrap_or(at);
    if let Some((day, behind, _)) = numbered(text, start) {
        let behind = text.take_any(behind, &["de/of/del/do mes de", "de/of/del"]).unwrap_or(behind);
        let behind = behind + usize::from(text.mark(behind) == Some('-'));
        if let Some(month) = month(text, behind) {
            let dot = usize::from(text.mark(behind + 1) == Some('.') && text.word(behind).len() <= 4);
            let (year, end) = year(text, behind + 1 + dot);
            return Some((Day::Date { day, month, year }, end));
        }
    }
    let month = month(text, start)?;
    let dot = usize::from(text.mark(start + 1) == Some('.'));
    let behind = text.take(start + 1 + dot, "the").unwrap_or(start + 1 + dot);
    let (day, end, ordinal) = numbered(text, behind)?;
    let hour = !ordinal && (text.mark(end) == Some(':') || half(text, end).is_some());
    let (year, end) = year(text, end);
    (!hour).then_some((Day::Date { day, month, year }, end))
}

/// Reads a year where one may follow a date.
fn year(text: &Text, at: usize) -> (Option<i32>, usize) {
    let comma = at + usize::from(text.mark(at) == Some(','));
    let behind = text.take(comma, "de/del/of ano?").unwrap_or(comma);
    match text.digits(behind) {
        Some((year, 4)) if (1900..=2200).contains(&year) => (i32::try_from(year).ok(), behind + 1),
        Some(_) | None => (None, at),
    }
}

/// Reads the number of a day: its value, the place behind, and whether it was an ordinal.
fn numbered(text: &Text, at: usize) -> Option<(u32, usize, bool)> {
    let (value, end) = number(text, at).filter(|(value, _)| (1..=31).contains(value))?;
    if text.digits(at).is_some_and(|(_, digits)| digits > 2) || text.is(at, &["un", "um", "one", "una", "uma"]) {
        return None;
    }
    let mark = text.glued(end) && matches!(text.mark(end), Some('º' | 'ª' | '°'));
    let ending = text.glued(end) && text.is(end, &["st", "nd", "rd", "th", "ro", "er", "ero", "o"]);
    let word = is_ordinal(text.word(end.wrapping_sub(1)));
    Some((value, end + usize::from(mark || ending), mark || ending || word))
}

/// Reads "el 15", "dia 15", "the 15th", and the number behind a weekday.
fn of_month(text: &Text, at: usize, after_weekday: bool) -> Option<(Day, usize)> {
    let lead = text.take_any(at, &["el/al/del dia?", "no/ao/do dia", "el? dia", "on? the", "on"]);
    let portuguese = text.take(at, "no/ao/do").filter(|_| text.language == Language::Pt);
    let lead = lead.or(portuguese);
    let start = lead.unwrap_or(at);
    let (day, end, ordinal) = numbered(text, start)?;
    let phone = lead.is_some() && text.digits(end).is_some_and(|(_, digits)| digits > 2);
    let english = text.take_any(at, &["on? the", "on"]).is_some();
    let digits = text.digits(start).is_some();
    let month_told = text.take_any(end, &["del/de/do/of el? the? este/presente/this/mismo mes/month", "del/do mes"]).is_some()
        || text.take_any(end, &["del/de/do/of el? the?"]).is_some_and(|behind| next_month(text, behind).is_some());
    let option = ordinal_word(text, end) && !month_told && day <= 5 && !after_weekday && text.word_before(start) != "dia";
    let told = match lead {
        _ if month_told => true,
        Some(_) if english => ordinal || (digits && text.is(at, &["the"]) && text.ends(end)),
        Some(_) => digits || text.is(start.wrapping_sub(1), &["dia"]) || text.is(at, &["el", "al", "del"]),
        None => (after_weekday && (ordinal || text.language != Language::En || day > 12)) || (digits && ordinal && alone(text, start, end)),
    };
    let goes_on = matches!(text.mark(end), Some('-' | '.')) && text.glued(end) && text.glued(end + 1);
    let hour = (goes_on || matches!(text.mark(end), Some(':' | '/'))) && text.digits(end + 1).is_some()
        || half(text, end).is_some_and(|(_, behind)| {
            !text.is(end, &["en", "por", "in", "a", "tarde", "noche"]) || text.is(behind.wrapping_sub(1), &["m"])
        })
        || text.is(end, &["h", "hs", "hrs", "horas", "oclock"])
        || text.take_any(end, &["y media/cuarto", "e meia"]).is_some();
    let other = (is_counted(text, end) && !month_told)
        || (text.is(end, ORDERED) && !text.is(end, &["por"]))
        || text.take(end, "por ciento").is_some()
        || (text.take(end, "por").is_some() && text.digits(end + 1).is_some());
    (told && !hour && !other && !option && !phone).then_some((Day::OfMonth(day), end))
}

/// "The first" and "el primero" are rather what was offered than a date.
fn ordinal_word(text: &Text, end: usize) -> bool {
    let word = text.word_before(end);
    is_ordinal(word) || matches!(word, "primero" | "primeiro")
}

/// "15th" without "the" counts unless a noun follows.
fn alone(text: &Text, start: usize, end: usize) -> bool {
    let follows = [
        "at",
        "in",
        "of",
        "or",
        "and",
        "is",
        "works",
        "would",
        "please",
        "if",
        "around",
        "after",
        "before",
        "works",
        "morning",
        "afternoon",
    ];
    text.language == Language::En && !text.is(start, &["one"]) && (text.ends(end) || text.is(end, &follows))
}
