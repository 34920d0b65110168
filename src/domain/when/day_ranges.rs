//! Spans of days with limits: "después del martes", "by Friday", "entre el 10 y el 15", "do dia 10 ao dia 15".

use super::day::{Day, Limit, Month, Third};
use super::lexicon::{is_full_month, month};
use super::points::half;
use super::tokens::Text;
use super::{day_numbers, day_special, day_words};

/// Reads one thing about days, the longest reading first. `after_weekday`: a weekday stands right before.
pub(super) fn day(text: &Text, at: usize, after_weekday: bool) -> Option<(Day, usize)> {
    between(text, at).or_else(|| limited(text, at)).or_else(|| dashed(text, at)).or_else(|| {
        let (day, end) = single(text, at, after_weekday)?;
        let onwards = text.take_any(end, &["en adelante", "em diante", "onwards/onward", "or later"]);
        if let Some(behind) = onwards.filter(|_| day.is_single()) {
            return Some((Day::Limited(Limit::From, Box::new(day)), behind));
        }
        Some(through(text, &day, end).unwrap_or((day, end)))
    })
}

/// Reads "lunes a viernes", "Monday through Friday".
fn through(text: &Text, first: &Day, end: usize) -> Option<(Day, usize)> {
    let dash = (text.mark(end) == Some('-')).then_some(end + 1);
    let behind = text.take_any(end, &["a/al/hasta/ate/to/thru/through/until"]).or(dash)?;
    let number = || numbered(text, behind).filter(|(_, end)| matches!(first, Day::Date { .. }) && !is_hour(text, *end));
    let (last, end) = expected(text, behind).or_else(number)?;
    let weekdays = matches!(first, Day::Weekday(..)) && matches!(last, Day::Weekday(..));
    let dates = first.is_single() && matches!(last, Day::Date { .. }) || matches!((first, &last), (Day::Date { .. }, Day::OfMonth(_)));
    (weekdays || dates).then(|| (Day::Between(Box::new(first.clone()), Box::new(last)), end))
}

fn single(text: &Text, at: usize, after_weekday: bool) -> Option<(Day, usize)> {
    day_special::day(text, at).or_else(|| day_words::day(text, at)).or_else(|| day_numbers::day(text, at, after_weekday))
}

/// Reads a week or a month that a span has as its limit: "a partir de la próxima semana", "antes de abril".
fn whole(text: &Text, at: usize) -> Option<(Day, usize)> {
    let start = text.take_any(at, &["el/la/the/o/a/as"]).unwrap_or(at);
    let named = month(text, start).filter(|_| is_full_month(text.word(start)));
    let (day, end) =
        named.map(|month| (Day::Month(Month::Named(month), Third::Whole), start + 1)).or_else(|| day_words::day(text, start))?;
    matches!(day, Day::Week(_) | Day::Month(_, Third::Whole) | Day::Weekend { .. } | Day::OneOf(_)).then_some((day, end))
}

/// Reads a day that may have an article before it.
fn expected(text: &Text, at: usize) -> Option<(Day, usize)> {
    let start = text.take_any(at, &["el/la/los/the/o/a/as/os"]).unwrap_or(at);
    single(text, at, false).or_else(|| single(text, start, false)).filter(|(day, _)| day.is_single())
}

/// Reads a day of which only the number is said, as the first one of "entre el 10 y el 15" and "del 10 al 15 de marzo".
fn numbered(text: &Text, at: usize) -> Option<(Day, usize)> {
    let start = text.take_any(at, &["el/the/o dia?", "dia"]).unwrap_or(at);
    let (value, digits) = text.digits(start)?;
    let ending = usize::from(text.is(start + 1, &["st", "nd", "rd", "th"]));
    ((1..=31).contains(&value) && digits <= 2).then_some((Day::OfMonth(value), start + 1 + ending))
}

/// Reads "el 15-16 de abril" and "del 10-15".
fn dashed(text: &Text, at: usize) -> Option<(Day, usize)> {
    let lead = text.take_any(at, &["el/del/los/do/the dia/dias?", "dia/dias"]);
    let start = lead.unwrap_or(at);
    let (first, end) = numbered(text, start).filter(|(_, end)| text.mark(*end) == Some('-'))?;
    let (last, behind) = numbered(text, end + 1)?;
    let (Day::OfMonth(from), Day::OfMonth(to)) = (&first, &last) else { return None };
    let padded = text.digits(end + 1).is_some_and(|(value, digits)| digits == 2 && value < 10);
    if from >= to || padded || text.mark(behind) == Some('-') {
        return None;
    }
    match day_numbers::with_month(text, end + 1) {
        Some((Day::Date { day, month, year }, behind)) => {
            let first = Day::Date { day: *from, month, year };
            Some((Day::Between(Box::new(first), Box::new(Day::Date { day, month, year })), behind))
        }
        _ => (lead.is_some() && *to > 12 && !is_hour(text, behind)).then(|| (Day::Between(Box::new(first), Box::new(last)), behind)),
    }
}

/// Returns true if what follows a number makes it an hour.
fn is_hour(text: &Text, at: usize) -> bool {
    text.mark(at) == Some(':') || half(text, at).is_some() || text.is(at, &["h", "hs", "hrs", "horas"])
}

fn between(text: &Text, at: usize) -> Option<(Day, usize)> {
    let behind = text.take_any(at, &["entre", "between", "del/desde/de/do/da", "from"])?;
    let (first, end) = expected(text, behind).or_else(|| numbered(text, behind))?;
    let inner = text.is(at, &["entre", "between"]);
    let joint = text.take(end, if inner { "y/e/and" } else { "al/hasta/a/ao/ate/to/until/through" })?;
    let hour = |day: &Day, end: usize| matches!(day, Day::OfMonth(_)) && is_hour(text, end);
    let (last, end) = expected(text, joint).or_else(|| {
        let articles = matches!(first, Day::Date { .. }) || (text.is(at, &["del", "do"]) && text.is(joint - 1, &["al", "ao"]));
        numbered(text, joint).filter(|_| articles)
    })?;
    let first = if let (Day::OfMonth(day), Day::Date { month, year, .. }) = (&first, &last) {
        Day::Date { day: *day, month: *month, year: *year }
    } else {
        first
    };
    let scale = matches!((&first, &last), (Day::OfMonth(1), Day::OfMonth(10)));
    (!scale && first.is_single() && !hour(&last, end)).then(|| (Day::Between(Box::new(first), Box::new(last)), end))
}

fn limited(text: &Text, at: usize) -> Option<(Day, usize)> {
    let limits: [(&[&str], Limit); 5] = [
        (&["no/nao antes de/del/do/da", "not before"], Limit::From),
        (&["despues de/del", "luego de/del", "pasando", "depois/apos de/do/da", "apos", "after", "past"], Limit::After),
        (&["a partir de/del/do/da", "desde", "from", "starting from?", "since"], Limit::From),
        (&["antes de/del/do/da", "before", "earlier than"], Limit::Before),
        (&["de aqui a/al/hasta", "daqui ate", "hasta", "ate", "by/until/till", "no later than", "a mas tardar"], Limit::Until),
    ];
    if text.take(at, "depois de amanha").is_some() {
        return None;
    }
    let (limit, behind) = limits.iter().find_map(|(patterns, limit)| text.take_any(at, patterns).map(|end| (*limit, end)))?;
    let by_number = || numbered(text, behind).filter(|_| matches!(text.word_before(behind), "del" | "do"));
    let (day, end) = expected(text, behind).or_else(by_number).or_else(|| whole(text, behind))?;
    let end = text.take_any(end, &["en adelante", "em diante", "on/onwards/onward"]).unwrap_or(end);
    Some((Day::Limited(limit, Box::new(day)), end))
}
