//! Clock times in words and digits: "a las 5", "17:30", "5 de la tarde", "cuarto para las cinco", "half past four", "às 5 e meia".
//!
//! Tells what was said and not which reading is meant: `readings` does.

use super::lexicon::{is_counted, is_ordinal, number};
use super::tokens::Text;
use crate::domain::language::Language;

/// A part of the day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// "La madrugada".
    Dawn,
    /// "Temprano", "cedo", "first thing in the morning".
    Early,
    /// The morning.
    Morning,
    /// Around noon; also "12 del día".
    Midday,
    /// The afternoon.
    Afternoon,
    /// English "evening".
    Evening,
    /// The night.
    Night,
}

/// What tells the half of the day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Half {
    /// "a.m."
    Am,
    /// "p.m."
    Pm,
    /// "De la tarde".
    Part(Part),
}

/// A clock time as it was said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Point {
    /// The hour, 0 to 24.
    pub hour: u32,
    /// Minutes after the hour; negative for "a quarter to".
    pub minutes: i32,
    /// The half of the day, if it was said.
    pub half: Option<Half>,
    /// Written with a zero in front ("08:00"): likely of 24 hours.
    pub padded: bool,
}

/// What leads to an hour.
const LEADS: &[&str] = &[
    "a eso de la/las",
    "como eso de la/las",
    "alrededor de la/las",
    "cerca de la/las",
    "mas o menos a la/las",
    "tipo a? la/las",
    "tipo",
    "como/casi a la/las",
    "por ahi de la/las",
    "por volta da/das/de",
    "sobre la/las",
    "hacia la/las",
    "para la/las",
    "de la/las",
    "a la/las",
    "ala/alas",
    "en punto de la/las",
    "pelas/pela",
    "para as",
    "la pelas",
    "pras",
    "la? umas",
    "das",
    "as",
    "hs",
    "at around/about/like",
    "around/at",
    "for around/about",
];

const NOON: &[&str] = &["mediodia", "medio dia", "noon", "midday", "meio dia"];
const MIDNIGHT: &[&str] = &["medianoche", "media noche", "midnight", "meia noite"];
/// Words before "2h" that make it a length of time.
const LENGTHS: &[&str] =
    &["dura", "duran", "durante", "en", "in", "em", "por", "for", "hace", "ha", "cada", "every", "leva", "takes", "unas", "tarda", "como"];

/// What was read: the time, the place behind it, and whether it can be nothing but a time.
type Read = (Point, usize, bool);

/// Reads a clock time that stands for itself ("5pm", "17:30") or behind a word that leads to one ("a las 5").
pub(super) fn point(text: &Text, at: usize) -> Option<(Point, usize)> {
    if let Some(found) = LEADS.iter().find_map(|lead| led(text, at, text.take(at, lead)?)) {
        return Some(found);
    }
    if text.mark(at) == Some('@') {
        return core(text, at + 1, true).map(|(point, end, _)| (point, end));
    }
    if let Some(behind) = text.take(at, "how/what about") {
        return core(text, behind, true).filter(|(_, end, marked)| *marked || text.ends(*end)).map(|(point, end, _)| (point, end));
    }
    if text.is(at, &["las", "la"]) {
        let (point, end, marked) = core(text, at + 1, true)?;
        let goes_on = ["de", "del", "el", "hoy", "manana", "y", "o", "estaria", "esta", "me", "si", "porfa", "por", "en"];
        return ((marked || text.ends(end) || text.is(end, &goes_on)) && article_fits(text, at + 1, point)).then_some((point, end));
    }
    if text.language == Language::Pt && text.is(at, &["a"]) && (text.is(at + 1, &["uma"]) || text.digits(at + 1) == Some((1, 1))) {
        let (point, end, marked) = core(text, at + 1, true)?;
        return (marked || text.ends(end) || text.word(end.wrapping_sub(1)) == "hora").then_some((point, end));
    }
    let part_of_number = |at: usize| matches!(text.mark(at), Some('/' | '-' | ':' | '.' | '$' | '#' | '+'));
    if at > 0 && text.glued(at) && part_of_number(at - 1) {
        return None;
    }
    core(text, at, false).filter(|(_, _, marked)| *marked).map(|(point, end, _)| (point, end))
}

/// Reads a clock time where one is expected: a bare number will do.
pub(super) fn expected(text: &Text, at: usize) -> Option<(Point, usize)> {
    let article = text.take_any(at, &["a la/las", "la/las/as/o/ao", "um? uma"]).filter(|end| core(text, *end, true).is_some());
    let start = article.unwrap_or(at);
    core(text, start, true).filter(|(point, ..)| article_fits(text, start, *point)).map(|(point, end, _)| (point, end))
}

/// Reads an hour alone, without "y diez", as before the "y" of "entre 4 y 5".
pub(super) fn expected_before_and(text: &Text, at: usize) -> Option<(Point, usize)> {
    let (point, end) = expected(text, at)?;
    let and = (at..end).find(|place| text.is(*place, &["y", "e"]) && !text.is(place + 1, &["media", "meia", "cuarto"]));
    let Some(and) = and else { return Some((point, end)) };
    let hour = (at..and).rev().find_map(|place| number(text, place).filter(|(_, behind)| *behind == and))?.0;
    Some((Point { hour, minutes: 0, half: None, padded: false }, and))
}

/// Reads the half of the day that may follow an hour.
pub(super) fn half(text: &Text, at: usize) -> Option<(Half, usize)> {
    for (letter, half) in [("a", Half::Am), ("p", Half::Pm)] {
        let whole = if letter == "a" { "am" } else { "pm" };
        if text.is(at, &[whole]) {
            return Some((half, at + 1));
        }
        let dot = usize::from(text.mark(at + 1) == Some('.'));
        if text.is(at, &[letter]) && text.is(at + 1 + dot, &["m"]) {
            let last = at + 2 + dot;
            return Some((half, last + usize::from(dot == 1 && text.mark(last) == Some('.') && text.glued(last))));
        }
    }
    let parts: [(&[&str], Part); 6] = [
        (&["de/en/por/a? la? madrugada", "da/de madrugada"], Part::Dawn),
        (&["de/por/en/a la manana/mananita", "da/de/pela manha", "in the morning"], Part::Morning),
        (&["del/al/do mediodia/dia", "do meio dia", "de dia"], Part::Midday),
        (&["de/por/en/a la tarde/tardecita", "da/de/a/pela tarde", "in the afternoon", "tarde"], Part::Afternoon),
        (&["in the evening"], Part::Evening),
        (&["de/por/en/a la noche/nochecita", "da/de/a noite", "at night", "noche/noite"], Part::Night),
    ];
    parts.iter().find_map(|(patterns, part)| text.take_any(at, patterns).map(|end| (Half::Part(*part), end)))
}

/// Reads noon and midnight.
fn named(text: &Text, at: usize) -> Option<(Point, usize)> {
    let hyphened = |first: &str, second: &str| {
        (text.is(at, &[first]) && text.mark(at + 1) == Some('-') && text.is(at + 2, &[second])).then_some(at + 3)
    };
    let twelve = |part| Point { hour: 12, minutes: 0, half: Some(Half::Part(part)), padded: false };
    if let Some(end) = text.take_any(at, NOON).or_else(|| hyphened("meio", "dia")) {
        let half = text.take(end, "e meio").map(|end| (30, end, true));
        let (minutes, end, _) = half.or_else(|| spoken_minutes(text, end)).unwrap_or((0, end, false));
        return Some((Point { minutes, ..twelve(Part::Midday) }, end));
    }
    let end = text.take_any(at, MIDNIGHT).or_else(|| hyphened("meia", "noite"))?;
    Some((twelve(Part::Night), end))
}

fn led(text: &Text, at: usize, behind: usize) -> Option<(Point, usize)> {
    let foreign = match text.word(at) {
        "as" => text.language == Language::En,
        "tipo" | "hs" => text.language == Language::En || behind == at,
        "das" | "umas" => text.language != Language::Pt,
        _ => false,
    };
    let (point, end, _) = core(text, behind, true).filter(|_| !foreign)?;
    article_fits(text, behind, point).then_some((point, end))
}

/// "La" goes with one o'clock only, and "a la 5" is an address; so is what "la mañana" is made of.
fn article_fits(text: &Text, at: usize, point: Point) -> bool {
    !text.word_before(at).eq("la") || matches!(point.hour, 1 | 13) || point.half.is_some()
}

/// Reads a time from its hour on, or from "cuarto para".
fn core(text: &Text, at: usize, led: bool) -> Option<Read> {
    if let Some((point, end)) = named(text, at).or_else(|| counted_down(text, at)) {
        return Some((point, end, true));
    }
    if let Some((value, _)) =
        text.digits(at).filter(|(value, digits)| led && *digits == 4 && value % 5 == 0 && value % 100 < 60 && *value < 2400)
    {
        let point = Point { hour: value / 100, minutes: i32::try_from(value % 100).ok()?, half: None, padded: true };
        return Some((point, at + 1, true));
    }
    let (hour, behind) = number(text, at)?;
    let written = text.digits(at).map(|(_, digits)| digits);
    let other = is_ordinal(text.word(at))
        || text.is(at, &["primero", "primeiro", "un", "um", "uno"])
        || (text.is(at, &["once"]) && text.language == Language::En)
        || written.is_some_and(|digits| digits > 2);
    if hour > 24 || other {
        return None;
    }
    let (minutes, end, mut marked) = minutes(text, behind, led)?;
    let mut point = Point { hour, minutes, half: None, padded: written == Some(2) && hour < 10 };
    let mut end = end;
    if text.glued(end) && text.is(end, &["ish"]) {
        (end, marked) = (end + 1, true);
    }
    if let Some(behind) = text.take_any(end, &["en punto", "em ponto", "oclock", "o clock", "sharp"]) {
        (end, marked) = (behind, true);
    }
    if let Some((half, behind)) = half(text, end).filter(|_| led || written.is_some() || strict_half(text, at, end)) {
        marked = marked || strict_half(text, at, end);
        (point.half, end) = (Some(half), behind);
    } else if let Some((_, behind)) = named(text, end).filter(|_| hour == 12) {
        (point.half, end, marked) = (Some(Half::Part(Part::Midday)), behind, true);
    }
    let street =
        text.language == Language::En && text.is(end + 1, &["street", "st", "avenue", "ave", "road", "rd", "drive", "lane", "blvd"]);
    let fraction = text.mark(end) == Some('/') && text.digits(end + 1).is_some();
    let length = text.is(end, &["hora", "horas", "hours", "hour"]);
    let counted = !marked && (is_counted(text, end) || length || street);
    (!fraction && !counted && (led || !length)).then_some((point, end, marked))
}

/// A number word without "a las" before it needs "de la tarde" behind it: "una en la tarde" is an appointment.
fn strict_half(text: &Text, at: usize, end: usize) -> bool {
    let appointment = text.is(at, &["one", "un", "um", "uno"]);
    text.is(end, &["am", "pm", "a", "p"]) || (text.is(end, &["de", "da", "del", "do", "in", "at"]) && !appointment)
}

/// Reads what follows an hour: the minutes, the place behind, whether the whole can be nothing but a time. `None`: it is none.
fn minutes(text: &Text, at: usize, led: bool) -> Option<(i32, usize, bool)> {
    let pair = |place: usize| text.digits(place).filter(|(value, digits)| *digits == 2 && *value < 60 && text.glued(place));
    let as_minutes = |value: u32| i32::try_from(value).unwrap_or_default();
    if text.glued(at) && text.mark(at) == Some(':') {
        let (value, _) = pair(at + 1)?;
        let seconds = usize::from(text.mark(at + 2) == Some(':') && pair(at + 3).is_some()) * 2;
        let unit = usize::from(text.is(at + 2 + seconds, &["h", "hs", "hrs", "horas", "hr"]));
        return Some((as_minutes(value), at + 2 + seconds + unit, true));
    }
    if text.glued(at)
        && text.mark(at) == Some('.')
        && let Some((value, _)) = pair(at + 1)
        && !(text.mark(at + 2) == Some('.') && text.digits(at + 3).is_some())
        && (led || half(text, at + 2).is_some())
    {
        return Some((as_minutes(value), at + 2, true));
    }
    if text.is(at, &["h", "hs", "hrs", "hr"]) {
        let before = at.checked_sub(2).map_or("", |place| text.word(place));
        if !led && LENGTHS.contains(&before) {
            return None;
        }
        return Some(pair(at + 1).map_or((0, at + 1, true), |(value, _)| (as_minutes(value), at + 2, true)));
    }
    if let Some((value, end, certain)) = spoken_minutes(text, at) {
        return (!text.is(end, &["hora", "horas"])).then_some((value, end, certain));
    }
    // "Ten thirty" needs no "at".
    let spelled = |value: u32| matches!(value, 15 | 30 | 45) && text.digits(at).is_none() && !text.word_before(at).is_empty();
    let told = number(text, at)
        .filter(|(value, end)| (led || spelled(*value)) && (10..60).contains(value) && !is_counted(text, *end) && !text.glued(at));
    let told = told
        .filter(|(_, end)| text.digits(at).is_none_or(|(_, digits)| digits == 2 && text.mark(*end) != Some('/')) && month_free(text, *end));
    if let Some((value, end)) = told {
        return Some((as_minutes(value), end, true));
    }
    if text.is(at, &["horas", "hora"]) && (led || half(text, at + 1).is_some()) {
        return spoken_minutes(text, at + 1).filter(|_| led).or(Some((0, at + 1, false)));
    }
    Some((0, at, false))
}

fn month_free(text: &Text, at: usize) -> bool {
    !(text.is(at, &["de"]) && super::lexicon::month(text, at + 1).is_some())
}

/// Reads "y media", "y cuarto", "e quinze", "menos diez". Returns the minutes, the place behind, and whether it can be nothing but minutes.
fn spoken_minutes(text: &Text, at: usize) -> Option<(i32, usize, bool)> {
    if let Some(end) = text.take_any(at, &["y media", "e meia"]) {
        return Some((30, end, true));
    }
    if let Some(end) = text.take_any(at, &["y un? cuarto/quarto", "e um? quarto"]) {
        return Some((15, end, true));
    }
    if let Some(end) = text.take_any(at, &["menos un? um? cuarto/quarto"]) {
        return Some((-15, end, true));
    }
    let sign = if text.is(at, &["menos"]) { -1 } else { 1 };
    if !text.is(at, &["y", "e", "menos", "con", "com"]) {
        return None;
    }
    let (value, end) = number(text, at + 1)?;
    let usual = value % 5 == 0 || text.digits(at + 1).is_some_and(|(_, digits)| digits == 2);
    let free = !is_counted(text, end) || text.is(end, &["minutos", "min"]);
    let behind = end + usize::from(text.is(end, &["minutos", "min"]));
    let minutes = i32::try_from(value).ok().filter(|value| (1..60).contains(value) && usual && free && month_free(text, end))?;
    Some((sign * minutes, behind, sign < 0))
}

/// Reads "cuarto para las cinco", "diez para as cinco", "quarter to five", "half past four".
fn counted_down(text: &Text, at: usize) -> Option<(Point, usize)> {
    let quarter = text.take_any(at, &["un/um/a? cuarto/quarto/quarter", "faltando/faltan un? cuarto"]);
    let half_past = text.take_any(at, &["half past", "half"]).filter(|_| text.language == Language::En || text.is(at + 1, &["past"]));
    let (minutes, joint) = match (half_past, quarter) {
        (Some(end), _) => return finish(text, end, 30),
        (None, Some(end)) => (15, end),
        (None, None) => number(text, at).filter(|(value, _)| matches!(value, 5 | 10 | 15 | 20 | 25))?,
    };
    let minutes = i32::try_from(minutes).ok()?;
    if let Some(end) = text.take_any(joint, &["minutos? para la/las/as/a/o", "minutos? pras", "minutos? pro"]) {
        return finish(text, end, -minutes);
    }
    let spelled = text.digits(at).is_none();
    if let Some(end) = text.take_any(joint, &["minutes? to/till/before"]).filter(|_| spelled) {
        return finish(text, end, -minutes);
    }
    let end = text.take_any(joint, &["minutes? past/after"]).filter(|_| spelled)?;
    finish(text, end, minutes)
}

/// Reads the hour that minutes are counted from, and its half of the day.
fn finish(text: &Text, at: usize, minutes: i32) -> Option<(Point, usize)> {
    if let Some((point, end)) = named(text, at) {
        return Some((Point { minutes, ..point }, end));
    }
    let (hour, end) = number(text, at).filter(|(hour, end)| (1..=24).contains(hour) && !is_counted(text, *end))?;
    if text.mark(end) == Some(':') && text.glued(end) {
        return None;
    }
    let (half, end) = half(text, end).map_or((None, end), |(half, end)| (Some(half), end));
    Some((Point { hour, minutes, half, padded: false }, end))
}
