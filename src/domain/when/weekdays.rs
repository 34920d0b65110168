//! Names of weekdays in three languages, whole, short, counted ("5ª feira") and mistyped. Data and look-ups; no grammar.

use super::tokens::Text;
use crate::domain::language::Language;
use crate::domain::words::word_fits;
use chrono::Weekday;

/// Names of days that stand for themselves.
const WEEKDAYS: &[(Weekday, &[&str])] = &[
    (Weekday::Mon, &["lunes", "monday"]),
    (Weekday::Tue, &["martes", "tuesday"]),
    (Weekday::Wed, &["miercoles", "wednesday"]),
    (Weekday::Thu, &["jueves", "thursday"]),
    (Weekday::Fri, &["viernes", "friday"]),
    (Weekday::Sat, &["sabado", "sabados", "saturday"]),
    (Weekday::Sun, &["domingo", "sunday"]),
];

/// Portuguese days that are counted: other words in Spanish, and other words in Portuguese before many nouns.
const COUNTED_DAYS: &[(Weekday, &[&str])] = &[
    (Weekday::Mon, &["segunda", "segundas"]),
    (Weekday::Tue, &["terca", "tercas"]),
    (Weekday::Wed, &["quarta", "quartas"]),
    (Weekday::Thu, &["quinta", "quintas"]),
    (Weekday::Fri, &["sexta", "sextas"]),
];

/// Short names that are no other words.
const SURE_SHORT_DAYS: &[(Weekday, &[&str])] = &[
    (Weekday::Tue, &["tues"]),
    (Weekday::Wed, &["mier", "mierc", "mierco", "miercol", "weds"]),
    (Weekday::Thu, &["jue", "juev", "thur", "thurs"]),
    (Weekday::Fri, &["vier"]),
];

/// Short names. They count only beside something else that belongs to a date.
const SHORT_DAYS: &[(Weekday, &[&str])] = &[
    (Weekday::Mon, &["lun", "mon"]),
    (Weekday::Tue, &["tue"]),
    (Weekday::Wed, &["mie", "wed"]),
    (Weekday::Thu, &["thu"]),
    (Weekday::Fri, &["vie", "fri"]),
    (Weekday::Sat, &["sab", "sat"]),
    (Weekday::Sun, &["dom", "sun"]),
];

/// Short names that are other words outside of Portuguese.
const SHORT_COUNTED_DAYS: &[(Weekday, &[&str])] =
    &[(Weekday::Mon, &["seg"]), (Weekday::Wed, &["qua"]), (Weekday::Thu, &["qui"]), (Weekday::Fri, &["sex"])];

/// Words that look like a mistyped weekday and are none.
const NO_WEEKDAYS: &[&str] = &["dominio", "mates", "saturada", "saturado", "lunas", "luneta", "sundae", "marta", "lune", "martas"];

/// Nouns behind Portuguese ordinals that are no days.
const ORDERED: &[&str] = &[
    "opcao",
    "vez",
    "via",
    "parte",
    "dose",
    "pessoa",
    "sessao",
    "consulta",
    "avaliacao",
    "coisa",
    "pergunta",
    "semana",
    "serie",
    "feita",
    "etapa",
    "visita",
    "filha",
    "parcela",
    "opcion",
    "cita",
];

/// Words before "6ª" that make it a day.
const BEFORE_ORDINALS: &[&str] =
    &["na", "nas", "esta", "nesta", "essa", "nessa", "proxima", "ultima", "outra", "toda", "pra", "para", "da", "ate"];

/// Returns the weekday that begins at a place and the place behind it.
pub(super) fn weekday(text: &Text, at: usize) -> Option<(Weekday, usize)> {
    if text.digits(at).is_some() {
        return numbered(text, at);
    }
    let word = text.word(at);
    let named = |table: &[(Weekday, &[&str])]| table.iter().find(|(_, names)| names.contains(&word)).map(|(day, _)| *day);
    if let Some(day) = named(WEEKDAYS) {
        let fair = usize::from(text.is(at + 1, &["feira"])) * 2;
        return Some((day, at + 1 + fair));
    }
    if let Some(day) = named(COUNTED_DAYS) {
        return counted_day(text, at, day);
    }
    let portuguese = named(SHORT_COUNTED_DAYS).filter(|_| text.language == Language::Pt);
    let short = named(SURE_SHORT_DAYS).or_else(|| named(SHORT_DAYS).or(portuguese).filter(|_| short_counts(text, at)));
    if let Some(day) = short.or_else(|| spanish_tuesday(text, at)) {
        return Some((day, at + 1 + usize::from(text.mark(at + 1) == Some('.') && text.glued(at + 1))));
    }
    if word.len() < 5 || NO_WEEKDAYS.contains(&word) {
        return None;
    }
    let typo = WEEKDAYS.iter().find(|(_, names)| names.iter().any(|name| name.len() > 4 && word_fits(word, name)));
    typo.map(|(day, _)| (*day, at + 1))
}

/// Spanish "mar 9" is a Tuesday, and the number its day of the month; "9 mar" is in March.
fn spanish_tuesday(text: &Text, at: usize) -> Option<Weekday> {
    let dot = usize::from(text.mark(at + 1) == Some('.'));
    let numbered = text.digits(at + 1 + dot).is_some_and(|(_, digits)| digits <= 2);
    let counted = text.digits(at.wrapping_sub(1)).is_some() || text.word_before(at) == "de";
    (text.language == Language::Es && text.is(at, &["mar"]) && numbered && !counted).then_some(Weekday::Tue)
}

fn counted_day(text: &Text, at: usize, day: Weekday) -> Option<(Weekday, usize)> {
    let hyphen = usize::from(text.mark(at + 1) == Some('-'));
    if text.is(at + 1 + hyphen, &["feira", "feiras"]) {
        return Some((day, at + 2 + hyphen));
    }
    (text.language == Language::Pt && !text.is(at + 1, ORDERED)).then_some((day, at + 1))
}

/// Reads "5ª feira", "2a-feira", "5 feira", and in Portuguese "na 6ª" and "2ª".
fn numbered(text: &Text, at: usize) -> Option<(Weekday, usize)> {
    let (number, _) = text.digits(at).filter(|(_, digits)| *digits == 1)?;
    let place = usize::try_from(number.checked_sub(2)?).ok()?;
    let (day, _) = COUNTED_DAYS.get(place)?;
    let sign = text.glued(at + 1) && matches!(text.mark(at + 1), Some('ª' | 'º' | '°'));
    let letter = text.glued(at + 1) && text.is(at + 1, &["a", "as"]);
    let behind = at + 1 + usize::from(sign || letter);
    let hyphen = usize::from(text.mark(behind) == Some('-'));
    if text.is(behind + hyphen, &["feira", "feiras", "fera"]) {
        return Some((*day, behind + hyphen + 1));
    }
    let told = sign && text.mark(at + 1) == Some('ª') || letter && text.is(at.wrapping_sub(1), BEFORE_ORDINALS);
    (text.language == Language::Pt && told && !text.is(behind, ORDERED)).then_some((*day, behind))
}

fn short_counts(text: &Text, at: usize) -> bool {
    let before = ["el", "este", "next", "this", "on", "proximo", "para", "for", "del", "no", "na", "nesta", "a", "to"];
    let behind = ["a", "at", "as", "de", "to", "morning", "afternoon"];
    let beside = |at: usize| text.digits(at).is_some() || text.mark(at) == Some('-');
    let first = at.checked_sub(1);
    text.len() == 1
        || first.is_some_and(|first| text.is(first, &before) || beside(first))
        || text.is(at + 1, &behind)
        || beside(at + 1)
        || text.mark(at + 1) == Some('.')
}
