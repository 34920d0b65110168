//! Collects what a text says about days and hours, in order, without what it denies or takes back.

use super::day::Day;
use super::denials::{drop_denied, goes_no_further};
use super::idioms::idiom;
use super::lexicon::{is_full_month, month, number};
use super::points::{Point, expected, half, point};
use super::ranges::{Clock, clock, others, part, range};
use super::tokens::Text;
use super::unread::{Vague, any, beside};
use super::{day, day_ranges};

/// Sayings of one kind that are kept, the last ones: nobody means more, and each day is held against each hour.
const MAX_SAYINGS: usize = 8;

/// Words that join alternatives; between two days they keep them apart.
const JOINTS: &[&str] = &["o", "or", "ou", "y", "e", "and", "u"];

/// Words after which what was said before no longer holds.
const TAKEN_BACK: &[&str] = &["mejor", "digo", "perdon", "actually", "rather", "sorry", "melhor", "desculpa", "desculpe", "mean", "bien"];

/// Words of moving an appointment: the last day named is the new one.
const MOVES: &[&str] = &[
    "mover",
    "cambiar",
    "cambio",
    "pasar",
    "pasarla",
    "moverla",
    "cambiarla",
    "cambiarme",
    "reagendar",
    "reprogramar",
    "move",
    "change",
    "reschedule",
    "switch",
    "remarcar",
    "mudar",
    "trocar",
    "reagendarla",
    "adiar",
    "posponer",
    "postergar",
    "aplazar",
    "postpone",
    "push",
    "transferir",
    "adelantar",
    "recorrer",
];

/// Something said, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Said<T> {
    /// What.
    pub what: T,
    /// The place where it begins.
    pub from: usize,
    /// The place behind it.
    pub to: usize,
    /// A word such as "or" stands before it.
    pub joined: bool,
    /// Words that say something else stand between it and what was found before.
    pub apart: bool,
}

/// All that a text says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Sayings {
    /// About days.
    pub days: Vec<Said<Day>>,
    /// About hours.
    pub clocks: Vec<Said<Clock>>,
    /// Days that were denied.
    pub denied: Vec<Said<Day>>,
    /// What stands unread beside the days; beside the hours, if no day is said.
    pub vague: Vec<Vague>,
}

impl Sayings {
    /// Returns the place behind what was found last.
    fn end(&self) -> usize {
        let day = self.days.last().map_or(0, |said| said.to);
        day.max(self.clocks.last().map_or(0, |said| said.to))
    }
}

/// Reads a text. `day_known`: the conversation is about a certain day, so that a lone number is an hour.
pub(super) fn scan(text: &Text, day_known: bool) -> Sayings {
    let (mut found, read) = read(text);
    if found.days.is_empty() && found.clocks.is_empty() {
        lone(text, day_known, &mut found);
    }
    mark_joints(text, &mut found.days);
    mark_apart(text, &mut found);
    mark_joints(text, &mut found.clocks);
    found.vague = if found.days.is_empty() { beside(text, &read, &found.clocks) } else { beside(text, &read, &found.days) };
    drop_denied(text, &mut found);
    drop_taken_back(text, &mut found.days);
    drop_taken_back(text, &mut found.clocks);
    drop_moved(text, &mut found);
    keep_last(&mut found.days);
    keep_last(&mut found.clocks);
    found
}

/// Reads a text from its beginning to its end: what is said, and which places were read.
fn read(text: &Text) -> (Sayings, Vec<(usize, usize)>) {
    let (mut found, mut read) = (Sayings::default(), Vec::new());
    let mut at = 0;
    while at < text.len() {
        let end = idiom(text, at).or_else(|| step(text, at, &mut found)).filter(|end| *end > at);
        read.extend(end.map(|end| (at, end)));
        at = end.unwrap_or(at + 1);
    }
    (found, read)
}

/// Returns true if words of a calendar stand in a text that nothing reads.
pub(super) fn leaves_unread(text: &Text) -> bool {
    any(text, &read(text).1)
}

fn keep_last<T>(all: &mut Vec<Said<T>>) {
    all.drain(..all.len().saturating_sub(MAX_SAYINGS));
}

/// Reads what begins at a place and returns the place behind it.
fn step(text: &Text, at: usize, found: &mut Sayings) -> Option<usize> {
    let behind_day = found.days.last().filter(|said| touches(text, said.to, at));
    let weekday = behind_day.is_some_and(|said| matches!(said.what, Day::Weekday(..)));
    let day = day_ranges::day(text, at, weekday);
    let clock = clock(text, at, behind_day.is_some());
    let longer_day = day.as_ref().map_or(0, |(_, end)| *end) > clock.map_or(0, |(_, end)| end);
    let joined = at > 0 && text.is(at - 1, JOINTS);
    if let Some((what, to)) = day.filter(|_| longer_day) {
        found.days.push(Said { what, from: at, to, joined, apart: false });
        return Some(more_days(text, to, found));
    }
    if let Some((what, to)) = clock {
        found.clocks.push(Said { what, from: at, to, joined, apart: false });
        return Some(if matches!(what, Clock::Point(_)) { more_points(text, to, found) } else { to });
    }
    if let Some((part, to, today)) = part(text, at) {
        if today {
            found.days.push(Said { what: Day::Today(0), from: at, to, joined, apart: false });
        }
        found.clocks.push(Said { what: Clock::Part(part), from: at, to, joined, apart: false });
        return Some(to);
    }
    if let Some((what, to)) = first_of_two_days(text, at) {
        found.days.push(Said { what, from: at, to, joined, apart: false });
        return Some(to);
    }
    if let Some((point, to)) = first_of_two(text, at) {
        found.clocks.push(Said { what: Clock::Point(point), from: at, to, joined, apart: false });
        return Some(to);
    }
    let (point, to) = bare(text, at, found)?;
    found.clocks.push(Said { what: Clock::Point(point), from: at, to, joined, apart: false });
    Some(to)
}

fn touches(text: &Text, end: usize, at: usize) -> bool {
    end == at || (end + 1 == at && text.mark(end) == Some(','))
}

/// Reads "o 6" behind "a las 5", and lets "5 o 6 de la tarde" be of the same half.
fn more_points(text: &Text, at: usize, found: &mut Sayings) -> usize {
    let (points, end) = others(text, at);
    let half = points.last().and_then(|point| point.half);
    if let Some(Said { what: Clock::Point(first), .. }) = found.clocks.last_mut() {
        first.half = first.half.or(half);
    }
    let more = |point: &Point| Said {
        what: Clock::Point(Point { half: point.half.or(half), ..*point }),
        from: at,
        to: end,
        joined: true,
        apart: false,
    };
    found.clocks.extend(points.iter().map(more));
    end
}

/// Reads "o 16" behind "el 15", unless a month or an hour follows.
fn more_days(text: &Text, at: usize, found: &mut Sayings) -> usize {
    let Some(Said { what: Day::OfMonth(_), .. }) = found.days.last() else { return at };
    let listed = || (text.mark(at) == Some(',') && text.take(at + 2, "o/or/ou/u/y/e/and").is_some()).then_some(at + 1);
    let Some(behind) = text.take(at, "o/or/ou/u/y/e/and").or_else(listed) else { return at };
    let Some((day, _)) = text.digits(behind).filter(|(day, digits)| *digits <= 2 && (1..=31).contains(day)) else { return at };
    let ending = usize::from(text.is(behind + 1, &["st", "nd", "rd", "th"]));
    let end = behind + 1 + ending;
    let other = text.mark(end).is_some_and(|mark| !text.ends(end) || text.glued(end + 1) && mark != ',')
        || !text.ends(end) && !goes_no_further(text, end);
    let dated = day_ranges::day(text, behind, false).is_some_and(|(day, _)| !matches!(day, Day::OfMonth(_)));
    let hour = point(text, behind).is_some() || text.take_any(end, &["de/por/en/da/in/at la?"]).is_some() && half(text, end).is_some();
    if other || dated || hour {
        return at;
    }
    found.days.push(Said { what: Day::OfMonth(day), from: behind, to: end, joined: true, apart: false });
    more_days(text, end, found)
}

/// Reads the "10" of "10 u 11 de la mañana" and "10 or 11 am".
fn first_of_two(text: &Text, at: usize) -> Option<(Point, usize)> {
    let (first, end) = expected(text, at).filter(|(point, end)| *end == at + 1 && point.half.is_none())?;
    let behind = text.take(end, "o/or/ou/u")?;
    let (second, _) = point(text, behind)?;
    second.half.is_some().then_some((Point { half: second.half, ..first }, end))
}

/// Reads the "10" of "10 u 11 de marzo" and "10 or 11 March".
fn first_of_two_days(text: &Text, at: usize) -> Option<(Day, usize)> {
    let (day, _) = text.digits(at).filter(|(day, digits)| *digits <= 2 && (1..=31).contains(day))?;
    let behind = text.take(at + 1, "o/or/ou/u/y/e/and")?;
    let (second, _) = day_ranges::day(text, behind, false)?;
    matches!(second, Day::Date { .. }).then_some((Day::OfMonth(day), at + 1))
}

/// Reads the hour of "mañana 5" and "tomorrow 5 please".
fn bare(text: &Text, at: usize, found: &Sayings) -> Option<(Point, usize)> {
    let (_, digits) = text.digits(at)?;
    let last = found.end();
    let (point, end) = expected(text, at).filter(|_| digits <= 2 && last > 0 && touches(text, last, at))?;
    let over = text.ends(end) || text.is(end, &["por", "please", "porfa", "porfavor", "pls", "pfv", "o", "or", "ou"]);
    (over && found.clocks.iter().all(|said| matches!(said.what, Clock::Part(_)))).then_some((point, end))
}

/// Reads a text that is nothing but a number or a month: an answer to a question.
fn lone(text: &Text, day_known: bool, found: &mut Sayings) {
    let start = text.take_any(0, &["el/la/las/the/as/at/dia/para?"]).unwrap_or(0);
    let named = month(text, start).filter(|_| is_full_month(text.word(start)) && text.ends(start + 1) && text.len() <= start + 2);
    if let Some(month) = named {
        let what = Day::Month(day::Month::Named(month), day::Third::Whole);
        found.days.push(Said { what, from: start, to: start + 1, joined: false, apart: false });
        return;
    }
    let whole = |end: usize| text.ends(end) && text.len() <= end + 1;
    if let Some((what, to)) = range(text, start, true).filter(|(_, end)| whole(*end)) {
        found.clocks.push(Said { what, from: start, to, joined: false, apart: false });
        return;
    }
    // "Uno" and "one" rather choose from a list.
    if text.digits(start).is_some_and(|(_, digits)| digits > 2) || text.is(start, &["uno", "una", "one", "um", "uma", "un"]) {
        return;
    }
    let value = number(text, start).map_or(0, |(value, _)| value);
    let bare = number(text, start).is_some_and(|(_, end)| whole(end));
    if bare && !day_known && (13..=31).contains(&value) {
        found.days.push(Said { what: Day::OfMonth(value), from: start, to: start + 1, joined: false, apart: false });
    } else if let Some((point, to)) =
        expected(text, start).filter(|(_, end)| whole(*end) && value > 0 && (value > 12 || !text.is(end - 1, &["hora", "horas"])))
    {
        found.clocks.push(Said { what: Clock::Point(point), from: start, to, joined: false, apart: false });
    }
}

fn mark_joints<T>(text: &Text, all: &mut [Said<T>]) {
    let mut end = None;
    for said in all {
        said.joined = said.joined || end.is_some_and(|end| (end..said.from).any(|at| text.is(at, JOINTS)));
        end = Some(said.to);
    }
}

/// Between two sayings about one day stand no words but articles and hours.
fn mark_apart(text: &Text, found: &mut Sayings) {
    const FILLERS: &[&str] = &["el", "la", "dia", "the", "de", "del", "on", "no", "na", "es", "is", "o", "que", "sea", "or", "of", "para"];
    let hours: Vec<(usize, usize)> = found.clocks.iter().map(|said| (said.from, said.to)).collect();
    let mut end = None;
    for said in &mut found.days {
        let filler = |at: &usize| {
            text.is(*at, FILLERS)
                || text.mark(*at).is_some_and(|mark| mark != '.')
                || hours.iter().any(|(from, to)| (*from..*to).contains(at))
        };
        said.apart = end.is_some_and(|end| !(end..said.from).all(|at| filler(&at)));
        end = Some(said.to);
    }
}

fn drop_taken_back<T>(text: &Text, all: &mut Vec<Said<T>>) {
    let (Some(first), Some(last)) = (all.first().map(|said| said.to), all.last().map(|said| said.from)) else { return };
    let marker = (first..last).rev().find(|at| {
        text.is(*at, TAKEN_BACK)
            && (text.word(*at) != "bien" || text.word_before(*at) == "mas")
            && !text.is(at.wrapping_sub(1), &["lo", "es", "o"])
    });
    if let Some(marker) = marker {
        all.retain(|said| said.from > marker);
    }
}

/// "Move it from Tuesday at 10 to Thursday at 11": only where it goes.
fn drop_moved(text: &Text, found: &mut Sayings) {
    let Some(first) = found.days.first().map(|said| said.from) else { return };
    if !(0..first).any(|at| text.is(at, MOVES)) {
        return;
    }
    if let [.., before, last] = found.days.as_slice()
        && !found.days.iter().skip(1).any(|said| said.joined)
        && (last.from > before.to || text.is(last.from, &["al", "a", "to", "para"]))
    {
        let from = last.from;
        found.days.retain(|said| said.from == from);
        if found.clocks.last().is_some_and(|said| said.from > from) {
            found.clocks.retain(|said| said.from > from);
        }
    }
    if let [Said { what, .. }] = found.days.as_mut_slice()
        && let Day::Between(_, to) = what
    {
        *what = (**to).clone();
    }
}
