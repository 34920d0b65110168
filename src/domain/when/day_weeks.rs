//! Weeks, weekends and months: "la semana que sigue", "na outra semana", "the weekend after next", "el mes que entra".

use super::day::{Day, Month, Third};
use super::lexicon::{month, number};
use super::tokens::Text;
use crate::domain::language::Language;

/// Ways to say which month is the next one.
pub(super) const NEXT_MONTH: &[&str] = &[
    "proximo/prox/siguiente/otro/seguinte/next/following mes/month",
    "mes proximo/entrante/siguiente/seguinte",
    "mes q/que viene/vem/entra/sigue/segue/ven/bem",
];

/// Weekends. The longer ones first.
const WEEKENDS: &[(&str, bool)] = &[
    ("el/este/no? proximo/prox/siguiente/otro/outro/seguinte fin/fim/final de semana", true),
    ("proximo/siguiente/otro/outro finde/fds", true),
    ("el/o/no/este? fin/fim/final de semana q/que viene/vem/entra/sigue/segue/ven/bem", true),
    ("el/o/no/este? fin/fim/final de semana proximo/siguiente/seguinte/entrante", true),
    ("finde/fds q/que viene/vem/entra/sigue/segue", true),
    ("finde/fds proximo/siguiente/seguinte", true),
    ("next/following weekend", true),
    ("este/el/the/this/neste/no? coming? fin/fim/final de semana", false),
    ("weekend/finde/fds", false),
];

/// Weeks, counted from this one. The longer ones first.
const WEEKS: &[(&str, i32)] = &[
    ("week after next", 2),
    ("semana despues/depois de/da la? proxima/siguiente/seguinte", 2),
    ("semana despues/depois de/da la? que viene/vem/sigue", 2),
    ("semana siguiente/subsiguiente a la proxima", 2),
    ("semana antepasada", -2),
    ("semana pasada/passada/anterior", -1),
    ("last week", -1),
    ("proxima/prox/siguiente/sig/seguinte semana", 1),
    ("semana proxima/entrante/siguiente/seguinte", 1),
    ("semana q/que vem/viene/entra/sigue/segue/ven/bem/biene/vine", 1),
    ("sem q/que viene/sigue/entra", 1),
    ("next/following week", 1),
    ("esta/essa/nesta/nessa/desta/dessa/this semana", 0),
    ("this week", 0),
    ("resto de la semana", 0),
    ("end/fin/final/finales/fim of/de/da la/the? week/semana", 0),
];

/// The first and the last days of a month that are counted as weeks.
const WEEKS_OF_MONTH: &[(&str, i8)] = &[
    ("primera/primeira/first/1era/1ra semana/week", 1),
    ("segunda/second semana/week", 2),
    ("tercera/terceira/third semana/week", 3),
    ("cuarta/quarta/fourth semana/week", 4),
    ("ultima/last semana/week", -1),
];

/// Reads a week, a weekend, or a month that is counted.
pub(super) fn day(text: &Text, at: usize) -> Option<(Day, usize)> {
    weekend(text, at).or_else(|| week_of_month(text, at)).or_else(|| week(text, at)).or_else(|| past_month(text, at))
}

/// Returns the place behind words for the next month.
pub(super) fn next_month(text: &Text, at: usize) -> Option<usize> {
    text.take_any(at, NEXT_MONTH)
}

/// Reads the month that a week or a weekday is counted in.
pub(super) fn month_named(text: &Text, at: usize) -> Option<(Month, usize)> {
    if let Some(end) = next_month(text, at) {
        return Some((Month::Offset(1), end));
    }
    if let Some(end) = text.take_any(at, &["este/this? mes/month"]) {
        return Some((Month::Offset(0), end));
    }
    month(text, at).map(|month| (Month::Named(month), at + 1))
}

fn weekend(text: &Text, at: usize) -> Option<(Day, usize)> {
    if let Some(end) = text.take_any(at, &["weekend after next"]) {
        return Some((Day::Later(Box::new(Day::Weekend { next: true }), 7), end));
    }
    WEEKENDS.iter().find_map(|(pattern, next)| text.take(at, pattern).map(|end| (Day::Weekend { next: *next }, end)))
}

/// Reads a week that is counted from this one. "Na outra semana" is for some the next one and for others the one after.
fn week(text: &Text, at: usize) -> Option<(Day, usize)> {
    let either = || Day::OneOf(vec![Day::Week(1), Day::Week(2)]);
    if let Some(end) = text.take_any(at, &["outra/other/subsiguiente semana/week", "semana subsiguiente/subsecuente"]) {
        return Some((either(), end));
    }
    if let Some(end) =
        text.take_any(at, &["week/semana after/despues/depois"]).filter(|end| text.ends(*end) || text.is(*end, &["on", "el", "na"]))
    {
        return Some((either(), end));
    }
    if let Some(end) = text.take(at, "otra semana") {
        return Some((if text.language == Language::Pt { either() } else { Day::Week(1) }, end));
    }
    WEEKS.iter().find_map(|(pattern, weeks)| text.take(at, pattern).map(|end| (Day::Week(*weeks), end)))
}

/// Reads "la primera semana de abril", "the last week of the month".
fn week_of_month(text: &Text, at: usize) -> Option<(Day, usize)> {
    let (place, behind) = WEEKS_OF_MONTH.iter().find_map(|(pattern, place)| text.take(at, pattern).map(|end| (*place, end)))?;
    let behind = text.take_any(behind, &["de/del/of/do/in el? the?"])?;
    let (month, end) = month_named(text, behind)?;
    Some((Day::Seventh(place, month), end))
}

fn past_month(text: &Text, at: usize) -> Option<(Day, usize)> {
    let end = text.take_any(at, &["mes pasado/passado/anterior", "last month"])?;
    Some((Day::Month(Month::Offset(-1), Third::Whole), end))
}

/// Reads English "a week on Friday", "two weeks on Friday", "a week today": so many days after the day that is named behind. `None` behind
/// "once a week".
pub(super) fn weeks_on(text: &Text, at: usize) -> Option<(i64, usize)> {
    if text.language != Language::En || text.is(at.wrapping_sub(1), &["once", "twice", "times", "time", "day", "days", "in", "per"]) {
        return None;
    }
    let (count, end) = text.take(at, "a").map(|end| (1, end)).or_else(|| number(text, at))?;
    let days = match text.word(end) {
        "week" | "weeks" => 7,
        "fortnight" => 14,
        _ => return None,
    };
    let behind = text.take(end + 1, "on").unwrap_or(end + 1);
    Some((days * i64::from(count.min(50)), behind))
}
