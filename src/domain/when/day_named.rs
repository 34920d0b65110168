//! Weekdays with what says which one: "este martes", "next Tuesday", "na próxima terça", "el martes que viene", "el viernes de la otra".

use super::day::{Day, Month, Which};
use super::day_numbers;
use super::denials::goes_no_further;
use super::lexicon::{is_full_month, month, number};
use super::tokens::Text;
use super::weekdays::weekday;
use crate::domain::language::Language;
use chrono::Weekday;

/// What stands before a weekday.
const BEFORE: &[(&str, Which)] = &[
    ("el/la/o/a/na/no/the/this? proximo/proxima/prox/siguiente/sig/seguinte/next/following", Which::Coming),
    ("el/la/o/a/na/no/the? otro/otra/outro/outra/other/another", Which::Other),
    ("el/este ultimo/pasado", Which::Last),
    ("ultima/ultimo/last", Which::Last),
    ("este/esta/esse/essa/nesta/neste/nessa/nesse/this mismo/mismito?", Which::This),
    ("the? coming", Which::Plain),
];

/// What stands behind a weekday.
const BEHIND: &[(&str, Which)] = &[
    ("q/que viene/vem/entra/sigue/segue/ven/bem/biene/vine", Which::Coming),
    ("proximo/proxima/prox/entrante/siguiente/sig/seguinte", Which::Coming),
    ("pasado/passado/passada", Which::Last),
];

/// "El viernes de la próxima": a week that is not called one.
const ELLIPSES: &[&str] = &[
    "de/da/do la/el? proxima/proximo/siguiente/otra/otro/seguinte/entrante",
    "del proximo/siguiente/otro",
    "da/do outra/outro/proxima/seguinte",
    "de/da/do la/el? que viene/vem/sigue/segue/entra",
];

/// Reads a weekday.
pub(super) fn named(text: &Text, at: usize) -> Option<(Day, usize)> {
    let articles = if text.language == Language::Pt { "o/a/os/as/na/no/nas/nos/aos" } else { "el/la/los/on/the" };
    let plain = [(articles, Which::Plain), ("el/los/on/na/no", Which::Plain)];
    let lead = BEFORE.iter().chain(&plain).find_map(|(pattern, which)| {
        let end = text.take(at, pattern)?;
        weekday(text, end).map(|(day, end)| (day, *which, end))
    });
    if let Some(found) = counted(text, at) {
        return Some(found);
    }
    let (day, which, end) = lead.or_else(|| weekday(text, at).map(|(day, end)| (day, Which::Plain, end)))?;
    if let Some((weeks, end)) = weeks_after(text, end) {
        return Some((Day::Later(Box::new(Day::Weekday(day, weeks)), 7), end));
    }
    if let Some((after, end)) = following(text, end) {
        return Some((Day::Following(day, Box::new(after)), end));
    }
    if let Some(found) = of_month(text, day, end) {
        return Some(found);
    }
    let told = BEHIND.iter().find_map(|(pattern, which)| text.take(end, pattern).map(|end| (*which, end)));
    let told = told.filter(|(_, behind)| !(text.word(end) == "pasado" && text.is(*behind, &["manana"])));
    let told = told.or_else(|| ellipsis(text, end).map(|end| (Which::Other, end))).or_else(|| next_behind(text, end));
    let (which, end) = told.unwrap_or((which, end));
    Some((Day::Weekday(day, which), end))
}

/// Reads "Friday after next" and "the Friday after this one": which Friday seven days are counted from.
fn weeks_after(text: &Text, at: usize) -> Option<(Which, usize)> {
    let after = [("after next", Which::Coming), ("after this/that one?", Which::Plain)];
    let (which, end) = after.iter().find_map(|(pattern, which)| text.take(at, pattern).map(|end| (*which, end)))?;
    goes_no_further(text, end).then_some((which, end))
}

/// Reads "Friday next" and "the Friday after".
fn next_behind(text: &Text, at: usize) -> Option<(Which, usize)> {
    if let Some(end) = text.take(at, "after/following").filter(|end| text.ends(*end)) {
        return Some((Which::Other, end));
    }
    let end = text.take(at, "next").filter(|end| text.language == Language::En && goes_no_further(text, *end))?;
    Some((Which::Coming, end))
}

/// Reads the day behind "el lunes siguiente al 15", "the Monday after the 15th", "segunda depois do dia 15".
fn following(text: &Text, at: usize) -> Option<(Day, usize)> {
    let behind = text.take_any(at, &["siguiente/despues/posterior/depois/seguinte a/al/de/del/do/ao", "after/following"])?;
    let article = behind - usize::from(text.is(behind - 1, &["al", "del", "do", "ao"]));
    let (day, end) = day_numbers::day(text, article, false).or_else(|| day_numbers::day(text, behind, false))?;
    Some((day, end))
}

/// Reads "un martes de abril": any of them.
fn of_month(text: &Text, day: Weekday, at: usize) -> Option<(Day, usize)> {
    let behind = text.take_any(at, &["de/of el? mes? de?"])?;
    let month = month(text, behind).filter(|_| is_full_month(text.word(behind)))?;
    let nth = |place: i8| Day::Nth(place, day, Month::Named(month));
    Some((Day::OneOf([1, 2, 3, 4, -1].map(nth).to_vec()), behind + 1))
}

/// Reads "en dos viernes", "in two Fridays".
fn counted(text: &Text, at: usize) -> Option<(Day, usize)> {
    let lead = text.take_any(at, &["en/in/dentro/daqui de? a?"]);
    let (count, behind) = number(text, lead.unwrap_or(at)).filter(|(count, _)| (2..=5).contains(count))?;
    let (day, end) = weekday(text, behind)?;
    let later = |weeks: u32| Day::Later(Box::new(Day::Weekday(day, Which::Plain)), 7 * i64::from(weeks));
    if lead.is_some() {
        return Some((later(count - 1), end));
    }
    let end = text.take(end, "from now")?;
    Some((Day::OneOf(vec![later(count - 1), later(count)]), end))
}

fn ellipsis(text: &Text, at: usize) -> Option<usize> {
    text.take_any(at, ELLIPSES).filter(|end| goes_no_further(text, *end))
}
