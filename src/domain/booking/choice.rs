//! Which of the things that were shown a customer means: by number, by place in the list, by time. Pure; every doubt is no choice.

use crate::domain::assent::hedges;
use crate::domain::booking::{Purpose, Shown};
use crate::domain::language::Language;
use crate::domain::time::Timestamp;
use crate::domain::words::Words;
use chrono_tz::Tz;

/// Words for a place in a list.
const PLACES: [&[&str]; 5] = [
    &["primero/primera/first/primeiro", "el/la/opcion/option/opcao 1/uno/one/um"],
    &["segundo/segunda/second/segundo", "el/la/opcion/option/opcao 2/dos/two/dois/duas"],
    &["tercero/tercera/tercer/third/terceiro/terceira", "el/la/opcion/option/opcao 3/tres/three"],
    &["cuarto/cuarta/fourth/quarto/quarta", "el/la/opcion/option/opcao 4/cuatro/four/quatro"],
    &["quinto/quinta/fifth", "el/la/opcion/option/opcao 5/cinco/five"],
];
const WEEKDAYS: &[&str] = &["segunda/quarta/quinta/terca/sexta"];
const LAST: &[&str] = &["ultimo/ultima/last"];

/// Longest message that is read as a choice, in words.
const LONGEST: usize = 8;

/// Returns the one that a short message names by its number or place: "2", "la segunda", "the last one". A number with more around it may be
/// an hour, and is none. In Portuguese "segunda", "quarta" and "quinta" are days of the week.
#[must_use]
pub fn by_place<'a>(text: &str, language: Language, shown: &'a [Shown]) -> Option<&'a Shown> {
    let words = Words::of(text);
    if words.len() > LONGEST || shown.is_empty() || hedges(text) {
        return None;
    }
    let bare: String = text.chars().filter(|letter| letter.is_alphanumeric()).collect();
    if let Ok(number) = bare.parse::<usize>()
        && text.trim().len() <= 3
    {
        return shown.get(number.checked_sub(1)?);
    }
    if let Some(named) = shown.iter().find(|one| one.handle.eq_ignore_ascii_case(&bare)) {
        return Some(named);
    }
    // "el martes por la mañana, el segundo": a clock in it makes it a wish, not a place.
    if text.contains(':') {
        return None;
    }
    if words.any(LAST) {
        return shown.iter().rfind(|one| !matches!(one.purpose, Purpose::Wait { .. }));
    }
    if language == Language::Pt && words.any(WEEKDAYS) && !words.any(&["opcao", "la/el"]) {
        return None;
    }
    let mut places = PLACES.iter().enumerate().filter(|(_, patterns)| words.any(patterns)).map(|(at, _)| at);
    let place = places.next()?;
    if places.next().is_some() { None } else { shown.get(place) }
}

/// Names the nth entry of the list after this one: its letter differs, so that an old name is not taken for a new one.
#[must_use]
pub fn next_handle(before: &[Shown], at: usize) -> String {
    let letter = before.first().and_then(|one| one.handle.bytes().next()).filter(u8::is_ascii_uppercase);
    let next = letter.map_or(b'A', |letter| if letter >= b'Z' { b'A' } else { letter + 1 });
    format!("{}{}", char::from(next), at + 1)
}

/// Returns the one that starts at this instant.
#[must_use]
pub fn at(start: Timestamp, shown: &[Shown]) -> Option<&Shown> {
    shown.iter().find(|one| one.span.start == start)
}

/// Returns the only one whose clock shows this time of day, in minutes, whatever the date.
#[must_use]
pub fn at_clock(minutes: u32, zone: Tz, shown: &[Shown]) -> Option<&Shown> {
    use chrono::Timelike;
    let clock = |one: &&Shown| {
        let local = one.span.start.to_chrono().with_timezone(&zone);
        local.hour() * 60 + local.minute() == minutes
    };
    let mut fitting = shown.iter().filter(clock);
    let first = fitting.next()?;
    if fitting.next().is_some() { None } else { Some(first) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::booking::{Purpose, Span};

    fn shown() -> Vec<Shown> {
        let one = |at: i64| Shown {
            handle: format!("B{at}"),
            service: uuid::Uuid::nil().into(),
            span: Span { start: Timestamp::from_secs(at * 3600), end: Timestamp::from_secs(at * 3600 + 1800) },
            resource: None,
            moves: None,
            purpose: Purpose::Take,
        };
        vec![one(1), one(2), one(3)]
    }

    #[test]
    fn a_place_in_the_list_is_understood() {
        let shown = shown();
        let place = |text: &str| by_place(text, Language::Es, &shown).map(|one| one.handle.clone());
        for (text, handle) in [
            ("2", "B2"),
            ("2.", "B2"),
            ("la segunda", "B2"),
            ("el primero por favor", "B1"),
            ("the third one", "B3"),
            ("a última", "B3"),
            ("b3", "B3"),
            ("opción 1", "B1"),
            ("segundo", "B2"),
        ] {
            assert_eq!(place(text).as_deref(), Some(handle), "{text}");
        }
        for text in [
            "4",
            "0",
            "",
            "a las 2:30",
            "la primera o la segunda",
            "¿cuánto dura la primera?",
            "no, la primera no",
            "el 15 de marzo",
            "sí",
            "mañana a las 5",
        ] {
            assert_eq!(place(text), None, "{text}");
        }
    }

    #[test]
    fn monday_is_no_second_place_in_portuguese() {
        let shown = shown();
        assert_eq!(by_place("segunda", Language::Pt, &shown), None);
        assert_eq!(by_place("a primeira", Language::Pt, &shown).map(|one| one.handle.as_str()), Some("B1"));
        assert_eq!(by_place("opção 2", Language::Pt, &shown).map(|one| one.handle.as_str()), Some("B2"));
    }

    #[test]
    fn a_clock_time_is_a_choice_only_if_one_fits() {
        let shown = shown();
        assert_eq!(at_clock(120, chrono_tz::UTC, &shown).map(|one| one.handle.as_str()), Some("B2"));
        assert_eq!(at_clock(121, chrono_tz::UTC, &shown), None);
        let twice: Vec<Shown> = shown.iter().chain(&shown).cloned().collect();
        assert_eq!(at_clock(120, chrono_tz::UTC, &twice), None);
        assert_eq!(at(Timestamp::from_secs(7200), &shown).map(|one| one.handle.as_str()), Some("B2"));
    }
}
