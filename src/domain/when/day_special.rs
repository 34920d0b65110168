//! Days that a month, a week or a feast names: "el último viernes del mes", "the week of March 15", "antes de Navidad".

use super::day::Day;
use super::day_weeks::month_named;
use super::tokens::Text;
use super::weekdays::weekday;
use super::{day_numbers, day_words};

/// Feasts with a fixed date: pattern, day, month.
const FEASTS: &[(&str, u32, u32)] = &[
    ("nochebuena", 24, 12),
    ("christmas eve", 24, 12),
    ("vispera de natal", 24, 12),
    ("navidad", 25, 12),
    ("christmas day?", 25, 12),
    ("dia de natal", 25, 12),
    ("natal", 25, 12),
    ("new years eve", 31, 12),
    ("fin/fim de ano", 31, 12),
    ("ano nuevo/novo", 1, 1),
    ("new years day?", 1, 1),
];

/// Reads a day of that kind.
pub(super) fn day(text: &Text, at: usize) -> Option<(Day, usize)> {
    let feast =
        FEASTS.iter().find_map(|(pattern, day, month)| Some((Day::Date { day: *day, month: *month, year: None }, text.take(at, pattern)?)));
    feast.or_else(|| of_month(text, at)).or_else(|| week_of(text, at))
}

/// Reads "el primer lunes de abril", "the last Friday of the month".
fn of_month(text: &Text, at: usize) -> Option<(Day, usize)> {
    let places: [(&str, i8); 5] = [
        ("el/the/o/a/na/no? primer/primero/primeiro/primeira/first", 1),
        ("el/the/o/a/na/no? segundo/segunda/second", 2),
        ("el/the/o/a/na/no? tercer/tercero/terceiro/terceira/third", 3),
        ("el/the/o/a/na/no? cuarto/quarto/fourth", 4),
        ("el/the/o/a/na/no? ultimo/ultima/last", -1),
    ];
    let (place, behind) = places.iter().find_map(|(pattern, place)| Some((*place, text.take(at, pattern)?)))?;
    let (weekday, end) = weekday(text, behind)?;
    let behind = text.take_any(end, &["de/del/of/do/in el? the?"])?;
    let (month, end) = month_named(text, behind)?;
    Some((Day::Nth(place, weekday, month), end))
}

/// Reads "la semana del 15", "the week of March 15".
fn week_of(text: &Text, at: usize) -> Option<(Day, usize)> {
    let behind = text.take_any(at, &["semana del/de/do dia?", "week of/from/commencing/starting/beginning the?"])?;
    let lead = behind - 1;
    let (day, end) =
        day_numbers::day(text, behind, true).or_else(|| day_numbers::day(text, lead, false)).or_else(|| day_words::day(text, behind))?;
    day.is_single().then(|| (Day::WeekOf(Box::new(day)), end))
}
