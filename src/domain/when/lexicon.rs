//! Number words, weekdays and months in three languages, and the nouns that people count. Data and look-ups; no grammar.

use super::tokens::Text;
use crate::domain::language::Language;
use crate::domain::words::word_fits;
use chrono::Weekday;

/// Numbers of one word. The first name of a row is as good as the last.
const NUMBERS: &[(u32, &[&str])] = &[
    (0, &["cero", "zero"]),
    (1, &["uno", "una", "un", "um", "uma", "one", "primero", "primeiro", "first"]),
    (2, &["dos", "dois", "duas", "two", "second"]),
    (3, &["tres", "three", "third"]),
    (4, &["cuatro", "quatro", "four", "fourth"]),
    (5, &["cinco", "sinco", "five", "fifth"]),
    (6, &["seis", "six", "sixth"]),
    (7, &["siete", "sete", "seven", "seventh"]),
    (8, &["ocho", "oito", "eight", "eighth"]),
    (9, &["nueve", "nove", "nine", "ninth"]),
    (10, &["diez", "dies", "dez", "ten", "tenth"]),
    (11, &["once", "onze", "eleven", "eleventh"]),
    (12, &["doce", "doze", "twelve", "twelfth"]),
    (13, &["trece", "treze", "thirteen", "thirteenth"]),
    (14, &["catorce", "quatorze", "catorze", "fourteen", "fourteenth"]),
    (15, &["quince", "quinze", "fifteen", "fifteenth"]),
    (16, &["dieciseis", "dezesseis", "dezasseis", "sixteen", "sixteenth"]),
    (17, &["diecisiete", "dezessete", "dezassete", "seventeen", "seventeenth"]),
    (18, &["dieciocho", "dezoito", "eighteen", "eighteenth"]),
    (19, &["diecinueve", "dezenove", "dezanove", "nineteen", "nineteenth"]),
    (20, &["veinte", "vinte", "twenty", "twentieth"]),
    (21, &["veintiuno", "veintiun", "veintiuna"]),
    (22, &["veintidos"]),
    (23, &["veintitres"]),
    (24, &["veinticuatro"]),
    (25, &["veinticinco"]),
    (26, &["veintiseis"]),
    (27, &["veintisiete"]),
    (28, &["veintiocho"]),
    (29, &["veintinueve"]),
    (30, &["treinta", "trinta", "thirty", "thirtieth"]),
    (40, &["cuarenta", "quarenta", "forty"]),
    (50, &["cincuenta", "cinquenta", "fifty"]),
];

/// English ordinals that are one word; with the endings of digits they mark a day of the month.
const ORDINALS: &[&str] = &[
    "first",
    "second",
    "third",
    "fourth",
    "fifth",
    "sixth",
    "seventh",
    "eighth",
    "ninth",
    "tenth",
    "eleventh",
    "twelfth",
    "thirteenth",
    "fourteenth",
    "fifteenth",
    "sixteenth",
    "seventeenth",
    "eighteenth",
    "nineteenth",
    "twentieth",
    "thirtieth",
];

const MONTHS: &[&[&str]] = &[
    &["enero", "january", "janeiro", "ene", "jan"],
    &["febrero", "february", "fevereiro", "febrary", "feb", "fev"],
    &["marzo", "march", "marco", "mar"],
    &["abril", "april", "abr", "apr"],
    &["mayo", "may", "maio", "mai"],
    &["junio", "june", "junho", "jun"],
    &["julio", "july", "julho", "jul"],
    &["agosto", "august", "ago", "aug"],
    &["septiembre", "setiembre", "september", "setembro", "sept", "sep", "set"],
    &["octubre", "october", "outubro", "oct", "out"],
    &["noviembre", "november", "novembro", "nov"],
    &["diciembre", "december", "dezembro", "dic", "dec", "dez"],
];

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

/// Short names. They count only beside something else that belongs to a date.
const SHORT_DAYS: &[(Weekday, &[&str])] = &[
    (Weekday::Mon, &["lun", "mon"]),
    (Weekday::Tue, &["tue", "tues"]),
    (Weekday::Wed, &["mie", "wed"]),
    (Weekday::Thu, &["jue", "thu", "thur", "thurs"]),
    (Weekday::Fri, &["vie", "fri"]),
    (Weekday::Sat, &["sab", "sat"]),
    (Weekday::Sun, &["dom", "sun"]),
];

/// Short names that are other words outside of Portuguese.
const SHORT_COUNTED_DAYS: &[(Weekday, &[&str])] =
    &[(Weekday::Mon, &["seg"]), (Weekday::Wed, &["qua"]), (Weekday::Thu, &["qui"]), (Weekday::Fri, &["sex"])];

/// Words that look like a mistyped weekday and are none.
const NO_WEEKDAYS: &[&str] = &["dominio", "mates", "saturada", "saturado", "lunas", "luneta", "sundae", "marta", "lune", "martas"];

/// Nouns that people count: a number before one of them is no time.
const COUNTED: &[&str] = &[
    "personas",
    "persona",
    "pessoas",
    "pessoa",
    "people",
    "person",
    "persons",
    "citas",
    "cita",
    "consultas",
    "consulta",
    "appointments",
    "appointment",
    "sesiones",
    "sesion",
    "sessoes",
    "sessions",
    "hijos",
    "hijas",
    "ninos",
    "ninas",
    "filhos",
    "filhas",
    "kids",
    "children",
    "adultos",
    "adults",
    "anos",
    "ano",
    "anitos",
    "years",
    "year",
    "yr",
    "yrs",
    "yo",
    "meses",
    "mes",
    "months",
    "month",
    "semanas",
    "semana",
    "weeks",
    "week",
    "dias",
    "dia",
    "days",
    "day",
    "veces",
    "vezes",
    "times",
    "pesos",
    "peso",
    "dolares",
    "dollars",
    "reais",
    "euros",
    "usd",
    "mxn",
    "bucks",
    "mil",
    "porciento",
    "muelas",
    "muela",
    "dientes",
    "diente",
    "dentes",
    "dente",
    "teeth",
    "tooth",
    "piezas",
    "opciones",
    "opcion",
    "opcoes",
    "options",
    "cosas",
    "coisas",
    "things",
    "servicios",
    "servicos",
    "services",
    "unidades",
    "cuadras",
    "quadras",
    "blocks",
    "km",
    "seconds",
    "segundos",
    "kilos",
    "kg",
    "metros",
    "minutos",
    "minuto",
    "minutes",
    "minute",
    "min",
    "mins",
    "pacientes",
    "patients",
    "mujeres",
    "hombres",
    "mulheres",
    "homens",
    "amigas",
    "amigos",
    "friends",
    "street",
    "st",
    "avenue",
    "ave",
    "road",
    "of",
    "primeras",
    "primeiras",
    "ultimas",
    "caries",
    "carillas",
    "implantes",
    "perros",
    "perro",
    "gatos",
    "dogs",
    "cats",
    "cachorros",
];

/// Returns the number that begins at a place, in digits or in words, and the place behind it.
pub(super) fn number(text: &Text, at: usize) -> Option<(u32, usize)> {
    if let Some((value, _)) = text.digits(at) {
        return (value != u32::MAX).then_some((value, at + 1));
    }
    let first = simple(text.word(at))?;
    if !matches!(first, 20 | 30 | 40 | 50) {
        return Some((first, at + 1));
    }
    let joint = usize::from(text.is(at + 1, &["y", "e"]) || text.mark(at + 1) == Some('-'));
    let unit = simple(text.word(at + 1 + joint)).filter(|unit| (1..=9).contains(unit) && (joint == 1 || english_tens(text.word(at))));
    Some(unit.map_or((first, at + 1), |unit| (first + unit, at + 2 + joint)))
}

/// Returns true if the number that ends before a place is an English ordinal, in letters.
pub(super) fn is_ordinal(word: &str) -> bool {
    ORDINALS.contains(&word)
}

/// Returns the value of a number of one word.
fn simple(word: &str) -> Option<u32> {
    NUMBERS.iter().find(|(_, names)| names.contains(&word)).map(|(value, _)| *value)
}

fn english_tens(word: &str) -> bool {
    matches!(word, "twenty" | "thirty" | "forty" | "fifty")
}

/// Returns the month of that name, from 1.
pub(super) fn month(word: &str) -> Option<u32> {
    let place = MONTHS.iter().position(|names| names.contains(&word))?;
    u32::try_from(place + 1).ok()
}

/// Returns true for a month's full name, which counts without a day beside it.
pub(super) fn is_full_month(word: &str) -> bool {
    word.len() > 4 || matches!(word, "mayo" | "june" | "july" | "maio")
}

/// Returns the weekday that begins at a place and the place behind it.
pub(super) fn weekday(text: &Text, at: usize) -> Option<(Weekday, usize)> {
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
    if let Some(day) = named(SHORT_DAYS).or(portuguese).filter(|_| short_counts(text, at)) {
        return Some((day, at + 1 + usize::from(text.mark(at + 1) == Some('.') && text.glued(at + 1))));
    }
    if word.len() < 5 || NO_WEEKDAYS.contains(&word) {
        return None;
    }
    let typo = WEEKDAYS.iter().find(|(_, names)| names.iter().any(|name| name.len() > 4 && word_fits(word, name)));
    typo.map(|(day, _)| (*day, at + 1))
}

fn counted_day(text: &Text, at: usize, day: Weekday) -> Option<(Weekday, usize)> {
    let hyphen = usize::from(text.mark(at + 1) == Some('-'));
    if text.is(at + 1 + hyphen, &["feira", "feiras"]) {
        return Some((day, at + 2 + hyphen));
    }
    let other =
        text.is(at + 1, &["opcao", "vez", "via", "parte", "dose", "pessoa", "sessao", "consulta", "avaliacao", "coisa", "pergunta"]);
    (text.language == Language::Pt && !other).then_some((day, at + 1))
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

/// Returns true if a noun that people count stands at a place: the number before it is no time.
pub(super) fn is_counted(text: &Text, at: usize) -> bool {
    text.is(at, COUNTED) || matches!(text.mark(at), Some('%' | '$' | '€'))
}
