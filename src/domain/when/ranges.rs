//! Hours that are said as a span ("entre 3 y 5", "after 4", "antes de mediodía") and parts of the day ("por la tarde", "amanhã cedo").

use super::day_numbers::numeric;
use super::day_parts::saying;
use super::points::{Part, Point, expected, expected_before_and, half, point};
use super::tokens::Text;
use crate::domain::language::Language;

/// Something said about the time of day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Clock {
    /// A clock time.
    Point(Point),
    /// From one to another; a missing one is open.
    Range(Option<Point>, Option<Point>),
    /// A part of the day.
    Part(Part),
}

/// Parts of the day that name today as well.
const TODAYS: &[(&str, Part)] = &[
    ("esta misma? manana/mananita", Part::Morning),
    ("esta misma? tarde/tardecita", Part::Afternoon),
    ("esta misma? noche", Part::Night),
    ("esta madrugada", Part::Dawn),
    ("this morning", Part::Morning),
    ("this afternoon", Part::Afternoon),
    ("this evening", Part::Evening),
    ("tonight/tonite", Part::Night),
    ("esta/nesta manha", Part::Morning),
    ("esta/nesta tarde", Part::Afternoon),
    ("esta/nesta noite", Part::Night),
];

/// Parts of any day.
const PARTS: &[(&str, Part)] = &[
    ("a? primera hora", Part::Early),
    ("primeira hora", Part::Early),
    ("a? primeras horas", Part::Early),
    ("bien? temprano/tempranito en/por la manana", Part::Early),
    ("bem? cedo de/da/pela manha", Part::Early),
    ("first thing in the morning", Part::Early),
    ("first thing", Part::Early),
    ("early in the morning", Part::Early),
    ("early morning", Part::Early),
    ("bien/muy/lo? temprano/tempranito", Part::Early),
    ("temprano/tempranito", Part::Early),
    ("bem? cedo/cedinho", Part::Early),
    ("early", Part::Early),
    ("de/en/por/a? la/las madrugada/madrugadas", Part::Dawn),
    ("da/de madrugada", Part::Dawn),
    ("media manana", Part::Morning),
    ("de/en/por/a/toda? la/las manana/mananas/mananita", Part::Morning),
    ("turno matutino", Part::Morning),
    ("pela/da/de/na manha", Part::Morning),
    ("parte da manha", Part::Morning),
    ("manha", Part::Morning),
    ("in? the? morning/mornings", Part::Morning),
    ("de/en/por/a/toda? la/las tarde/tardes/tardecita", Part::Afternoon),
    ("turno vespertino", Part::Afternoon),
    ("pela/da/de/na/a tarde", Part::Afternoon),
    ("in? the? afternoon/afternoons", Part::Afternoon),
    ("tarde/tardecita", Part::Afternoon),
    ("in? the? evening/evenings", Part::Evening),
    ("de/en/por/a/toda? la/las noche/noches/nochecita", Part::Night),
    ("da/de/na/a/pela noite", Part::Night),
    ("at/the? night", Part::Night),
    ("noche/noite", Part::Night),
];

/// Words after which a part of the day is a greeting, or "tarde" means late.
const NO_PART_AFTER: &[&str] = &[
    "buena",
    "buenas",
    "buenos",
    "boa",
    "boas",
    "bom",
    "good",
    "mas",
    "muy",
    "tan",
    "demasiado",
    "muito",
    "mais",
    "llego",
    "llegar",
    "llegue",
    "llegamos",
    "chegar",
    "chego",
    "very",
    "minutos",
    "hora",
    "horas",
    "rato",
    "poco",
    "voy",
    "vamos",
    "va",
    "vengo",
    "vou",
    "atrasado",
    "min",
    "too",
    "so",
    "un",
    "hacer",
    "hace",
    "hizo",
    "how",
    "lo",
];

/// Reads a part of the day: the part, the place behind it, and whether it is today's.
pub(super) fn part(text: &Text, at: usize) -> Option<(Part, usize, bool)> {
    if NO_PART_AFTER.contains(&text.word_before(at)) {
        return None;
    }
    let find = |table: &[(&str, Part)]| table.iter().find_map(|(pattern, part)| text.take(at, pattern).map(|end| (*part, end)));
    if let Some((part, end)) = find(TODAYS) {
        return Some((part, end, true));
    }
    let (part, end) = find(PARTS)?;
    let is_not = text.language == Language::En && matches!(text.word(at), "a" | "tarde");
    let late = text.is(at, &["tarde"]) && (text.is(end, &["para"]) || text.take(end, "o temprano").is_some());
    let week = text.is(at, &["early"]) && text.is(end, &["next", "this"]);
    (!is_not && !late && !week).then_some((part, end, false))
}

/// Reads a span of hours. `after_day`: something about a day stands right before, so that "3-5" means hours.
pub(super) fn range(text: &Text, at: usize, after_day: bool) -> Option<(Clock, usize)> {
    between(text, at).or_else(|| from_to(text, at)).or_else(|| dashed(text, at, after_day)).or_else(|| limit(text, at))
}

fn between(text: &Text, at: usize) -> Option<(Clock, usize)> {
    let behind = text.take_any(at, &["entre", "between"])?;
    let (from, end) = expected_before_and(text, behind)?;
    let behind = text.take_any(end, &["y", "e", "and", "a"])?;
    let (until, end) = expected(text, behind)?;
    Some((Clock::Range(Some(from), Some(until)), end))
}

fn from_to(text: &Text, at: usize) -> Option<(Clock, usize)> {
    let behind = text.take_any(at, &["desde/de", "from", "das", "da"])?;
    let (from, end) = expected(text, behind)?;
    let behind = text.take_any(end, &["hasta/a", "to/till/until", "ate", "as"]).or_else(|| dash(text, end))?;
    let again = usize::from(text.is(behind, &["a"]));
    let (until, end) = expected(text, behind).or_else(|| expected(text, behind + again))?;
    let scale = text.take(at, "de").is_some() && plain(from, 1) && plain(until, 10);
    let day = text.is(end, &["de"]) && super::lexicon::month(text, end + 1).is_some();
    (!scale && !day).then_some((Clock::Range(Some(from), Some(until)), end))
}

fn plain(point: Point, hour: u32) -> bool {
    point == Point { hour, minutes: 0, half: None, padded: false }
}

/// Reads "3-5pm", "9:00 a 11:00", "3 to 5 pm".
fn dashed(text: &Text, at: usize, after_day: bool) -> Option<(Clock, usize)> {
    text.digits(at)?;
    if at > 0 && text.glued(at) && text.mark(at - 1).is_some_and(|mark| !matches!(mark, '(' | '¿' | '¡' | ',')) {
        return None;
    }
    // "Martes 16-03" is a date.
    let weekday =
        text.word_before(at) == "feira" || at.checked_sub(1).is_some_and(|before| super::weekdays::weekday(text, before).is_some());
    if (weekday || !after_day) && numeric(text, at, weekday).is_some() {
        return None;
    }
    let (from, end) = expected(text, at)?;
    let full = text.take_any(end, &["a las/la", "as"]);
    let behind = full.or_else(|| text.take_any(end, &["a/to/till/until/hasta/ate"])).or_else(|| dash(text, end))?;
    let (until, last) = expected(text, behind)?;
    let longer = dash(text, last).is_some() || text.mark(last) == Some('/');
    // "Martes 9 a las 4" is a day and an hour.
    let before_day = super::weekdays::weekday(text, last).is_some()
        || text.is(last, &["tomorrow", "today", "tonight", "manana", "hoy", "amanha", "hoje"]);
    let told = before_day
        || text.is(at + 1, &["h", "hs", "hrs"])
        || (after_day && full.is_none())
        || until.half.is_some()
        || (text.mark(at + 1) == Some(':') && text.mark(behind + 1) == Some(':'));
    (told && !longer).then_some((Clock::Range(Some(from), Some(until)), last))
}

fn dash(text: &Text, at: usize) -> Option<usize> {
    text.mark(at).is_some_and(|mark| matches!(mark, '-' | '–' | '—')).then_some(at + 1)
}

fn limit(text: &Text, at: usize) -> Option<(Clock, usize)> {
    let after = [
        "despues/luego de/del",
        "pasadas/pasada",
        "mas tarde de",
        "a partir de/del/da/das/do",
        "depois/apos de/da/das/do",
        "apos as/a/o",
        "after/past/from",
        "later than",
        "starting at/from?",
        "no antes de",
        "not before",
        "desde",
        "salgo a",
        "salgo de trabajar a",
    ];
    let before = [
        "antes de/del/da/das/do",
        "before",
        "earlier than",
        "no later than",
        "hasta",
        "ate",
        "until/till/by",
        "a mas tardar a?",
        "no mas tarde de",
    ];
    if let Some(behind) = text.take_any(at, &after) {
        let (point, end) = limit_point(text, behind)?;
        let end = text.take_any(end, &["en adelante", "em diante", "on/onwards/onward"]).unwrap_or(end);
        return Some((Clock::Range(Some(point), None), end));
    }
    let (point, end) = limit_point(text, text.take_any(at, &before)?)?;
    Some((Clock::Range(None, Some(point)), end))
}

/// A bare number behind "después de" is an hour only if no noun follows it, and no month.
fn limit_point(text: &Text, at: usize) -> Option<(Point, usize)> {
    let article = text.is(at, &["el", "al", "the"]);
    let day = matches!(text.word_before(at), "del" | "do" | "ao") && text.digits(at).is_some();
    if day || (article && super::lexicon::number(text, at + 1).is_some()) {
        return None;
    }
    let (point, end) = expected(text, at + usize::from(article))?;
    let bare = point.half.is_none() && end == at + 1;
    let month = text.is(end, &["de"]) && super::lexicon::month(text, end + 1).is_some() || super::lexicon::month(text, end).is_some();
    let slash = matches!(text.mark(end), Some('/'));
    (!month && !slash && (!bare || !text.is(end, &["en"]))).then_some((point, end))
}

/// Reads one thing about the time of day, the longest reading first.
pub(super) fn clock(text: &Text, at: usize, after_day: bool) -> Option<(Clock, usize)> {
    saying(text, at).or_else(|| range(text, at, after_day)).or_else(|| point(text, at).map(|(point, end)| (Clock::Point(point), end)))
}

/// Reads more hours after one: "a las 5 o 6", "at 5 or 6 pm".
pub(super) fn others(text: &Text, mut at: usize) -> (Vec<Point>, usize) {
    let mut all = Vec::new();
    while let Some(behind) = text.take_any(at, &["o/or/ou/u"]) {
        let Some((point, end)) = expected(text, behind).filter(|_| text.digits(behind).is_some() || point(text, behind).is_some()) else {
            break;
        };
        if half(text, end).is_some() {
            break;
        }
        all.push(point);
        at = end;
    }
    (all, at)
}
