//! Number words and months in three languages, and the nouns that people count. Data and look-ups; no grammar.

use super::tokens::Text;
use crate::domain::language::Language;

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
    (16, &["dieciseis", "diesiseis", "dieziseis", "dezesseis", "dezasseis", "sixteen", "sixteenth"]),
    (17, &["diecisiete", "diesisiete", "dezessete", "dezassete", "seventeen", "seventeenth"]),
    (18, &["dieciocho", "diesiocho", "dezoito", "eighteen", "eighteenth"]),
    (19, &["diecinueve", "diesinueve", "dezenove", "dezanove", "nineteen", "nineteenth"]),
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

/// Full names of months, of any language.
const MONTHS: &[&[&str]] = &[
    &["enero", "january", "janeiro"],
    &["febrero", "february", "fevereiro", "febrary"],
    &["marzo", "march", "marco"],
    &["abril", "april"],
    &["mayo", "may", "maio"],
    &["junio", "june", "junho"],
    &["julio", "july", "julho"],
    &["agosto", "august"],
    &["septiembre", "setiembre", "september", "setembro"],
    &["octubre", "october", "outubro"],
    &["noviembre", "november", "novembro"],
    &["diciembre", "december", "dezembro"],
];

/// Short names of months. In another language many are other words: "set", "out", "ago".
const SHORT_MONTHS: &[(Language, &[&[&str]])] = &[
    (
        Language::Es,
        &[
            &["ene"],
            &["feb"],
            &["mar"],
            &["abr"],
            &["may"],
            &["jun"],
            &["jul"],
            &["ago"],
            &["sep", "sept", "set"],
            &["oct"],
            &["nov"],
            &["dic"],
        ],
    ),
    (
        Language::En,
        &[&["jan"], &["feb"], &["mar"], &["apr"], &["may"], &["jun"], &["jul"], &["aug"], &["sep", "sept"], &["oct"], &["nov"], &["dec"]],
    ),
    (
        Language::Pt,
        &[&["jan"], &["fev"], &["mar"], &["abr"], &["mai"], &["jun"], &["jul"], &["ago"], &["set"], &["out"], &["nov"], &["dez"]],
    ),
];

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

/// Returns the month that is named at a place, from 1. A short name of another language counts behind "de" or before a year.
pub(super) fn month(text: &Text, at: usize) -> Option<u32> {
    let word = text.word(at);
    let place = |table: &[&[&str]]| table.iter().position(|names| names.contains(&word)).and_then(|place| u32::try_from(place + 1).ok());
    let dated = text.word_before(at) == "de" || text.digits(at + 1).is_some_and(|(_, digits)| digits == 4);
    let short = || SHORT_MONTHS.iter().filter(|(language, _)| dated || *language == text.language).find_map(|(_, table)| place(table));
    place(MONTHS).or_else(short)
}

/// Returns true for a month's full name, which counts without a day beside it.
pub(super) fn is_full_month(word: &str) -> bool {
    word.len() > 4 || matches!(word, "mayo" | "june" | "july" | "maio")
}

/// Returns true if a noun that people count stands at a place: the number before it is no time.
pub(super) fn is_counted(text: &Text, at: usize) -> bool {
    text.is(at, COUNTED) || matches!(text.mark(at), Some('%' | '$' | '€'))
}
