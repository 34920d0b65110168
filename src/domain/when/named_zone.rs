//! Tells whether a customer names the zone that they think in: "a las 5 hora de Madrid", "3 pm New York time".
//!
//! A place alone ("vivo en Madrid") names no zone: times are those of the business unless the customer asks for others.

use super::tokens::Text;
use crate::domain::language::Language;
use chrono_tz::{TZ_VARIANTS, Tz};

/// Places as they are written, folded, with the zones of their clocks; beside them count the cities
/// of the database of zones. The longest name that fits is meant.
const PLACES: &[(&str, Tz)] = &[
    ("ciudad de mexico", Tz::America__Mexico_City),
    ("cidade do mexico", Tz::America__Mexico_City),
    ("mexico city", Tz::America__Mexico_City),
    ("cdmx", Tz::America__Mexico_City),
    ("monterrey", Tz::America__Monterrey),
    ("guadalajara", Tz::America__Mexico_City),
    ("tijuana", Tz::America__Tijuana),
    ("mexicali", Tz::America__Tijuana),
    ("hermosillo", Tz::America__Hermosillo),
    ("sonora", Tz::America__Hermosillo),
    ("cancun", Tz::America__Cancun),
    ("mazatlan", Tz::America__Mazatlan),
    ("chihuahua", Tz::America__Chihuahua),
    ("ciudad juarez", Tz::America__Ciudad_Juarez),
    ("santo domingo", Tz::America__Santo_Domingo),
    ("republica dominicana", Tz::America__Santo_Domingo),
    ("puerto rico", Tz::America__Puerto_Rico),
    ("bogota", Tz::America__Bogota),
    ("colombia", Tz::America__Bogota),
    ("lima", Tz::America__Lima),
    ("peru", Tz::America__Lima),
    ("caracas", Tz::America__Caracas),
    ("buenos aires", Tz::America__Argentina__Buenos_Aires),
    ("argentina", Tz::America__Argentina__Buenos_Aires),
    ("sao paulo", Tz::America__Sao_Paulo),
    ("brasilia", Tz::America__Sao_Paulo),
    ("madrid", Tz::Europe__Madrid),
    ("barcelona", Tz::Europe__Madrid),
    ("lisboa", Tz::Europe__Lisbon),
    ("lisbon", Tz::Europe__Lisbon),
    ("portugal", Tz::Europe__Lisbon),
    ("londres", Tz::Europe__London),
    ("london", Tz::Europe__London),
    ("nueva york", Tz::America__New_York),
    ("nova york", Tz::America__New_York),
    ("new york", Tz::America__New_York),
    ("miami", Tz::America__New_York),
    ("chicago", Tz::America__Chicago),
    ("houston", Tz::America__Chicago),
    ("dallas", Tz::America__Chicago),
    ("phoenix", Tz::America__Phoenix),
    ("los angeles", Tz::America__Los_Angeles),
    ("california", Tz::America__Los_Angeles),
    ("san diego", Tz::America__Los_Angeles),
    ("san francisco", Tz::America__Los_Angeles),
    ("seattle", Tz::America__Los_Angeles),
    ("las vegas", Tz::America__Los_Angeles),
    ("texas", Tz::America__Chicago),
    ("florida", Tz::America__New_York),
    ("washington", Tz::America__New_York),
    ("boston", Tz::America__New_York),
    ("atlanta", Tz::America__New_York),
    ("espana", Tz::Europe__Madrid),
    ("espanha", Tz::Europe__Madrid),
    ("spain", Tz::Europe__Madrid),
    ("madri", Tz::Europe__Madrid),
    ("valencia", Tz::Europe__Madrid),
    ("sevilla", Tz::Europe__Madrid),
    ("canarias", Tz::Atlantic__Canary),
    ("canary islands", Tz::Atlantic__Canary),
    ("francia", Tz::Europe__Paris),
    ("france", Tz::Europe__Paris),
    ("franca", Tz::Europe__Paris),
    ("italia", Tz::Europe__Rome),
    ("italy", Tz::Europe__Rome),
    ("roma", Tz::Europe__Rome),
    ("alemania", Tz::Europe__Berlin),
    ("alemanha", Tz::Europe__Berlin),
    ("germany", Tz::Europe__Berlin),
    ("medellin", Tz::America__Bogota),
    ("cali", Tz::America__Bogota),
    ("quito", Tz::America__Guayaquil),
    ("ecuador", Tz::America__Guayaquil),
    ("habana", Tz::America__Havana),
    ("chile", Tz::America__Santiago),
    ("venezuela", Tz::America__Caracas),
    ("rio de janeiro", Tz::America__Sao_Paulo),
    ("porto rico", Tz::America__Puerto_Rico),
    ("toquio", Tz::Asia__Tokyo),
    ("tokio", Tz::Asia__Tokyo),
];

/// Zones of the United States as their people call them.
const ENGLISH: &[(&str, Tz)] = &[
    ("eastern", Tz::America__New_York),
    ("central", Tz::America__Chicago),
    ("mountain", Tz::America__Denver),
    ("pacific", Tz::America__Los_Angeles),
];

/// Last parts of names in the database that are no places.
const NO_CITIES: &[&str] = &["central", "mountain", "pacific", "eastern", "east", "west", "north", "south", "general", "local"];

/// What stands between a clock time and the words for its zone.
const BETWEEN: &[&str] = &[
    "am",
    "pm",
    "a",
    "p",
    "m",
    "h",
    "hs",
    "hr",
    "hrs",
    "hora",
    "horas",
    "en",
    "de",
    "da",
    "la",
    "las",
    "as",
    "na",
    "no",
    "por",
    "tarde",
    "manana",
    "manha",
    "noche",
    "noite",
    "madrugada",
    "punto",
    "y",
    "e",
    "oclock",
    "in",
    "the",
    "at",
];

/// Hours in words.
const HOURS: &[&str] = &[
    "dos", "tres", "cuatro", "cinco", "seis", "siete", "ocho", "nueve", "diez", "once", "doce", "duas", "quatro", "sete", "oito", "nove",
    "dez", "onze", "doze", "meio", "mediodia", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
    "noon",
];

/// What has an hour or a time and is no place.
const NO_PLACES: &[&str] = &[
    "cita",
    "comida",
    "comer",
    "salida",
    "entrada",
    "almuerzo",
    "almoco",
    "consulta",
    "atencion",
    "atendimento",
    "trabajo",
    "trabalho",
    "oficina",
    "clase",
    "lunch",
    "verano",
    "verao",
    "servicio",
    "tarde",
    "manana",
    "manha",
    "noche",
    "noite",
    "siempre",
    "sempre",
    "usted",
    "ustedes",
    "voces",
    "costumbre",
    "negocio",
    "clinica",
    "local",
    "this",
    "that",
    "same",
    "any",
    "some",
    "next",
    "last",
    "first",
    "second",
    "your",
    "our",
    "what",
    "which",
    "free",
    "all",
    "full",
    "part",
    "good",
    "great",
    "best",
    "better",
    "the",
    "a",
    "an",
    "another",
    "other",
    "each",
    "every",
    "one",
    "on",
    "in",
    "of",
    "at",
    "more",
    "long",
    "short",
    "business",
    "office",
    "dinner",
    "break",
    "is",
    "no",
    "not",
    "and",
    "or",
    "it",
    "summer",
    "daylight",
    "for",
    "available",
    "only",
    "closing",
    "opening",
    "please",
    "thanks",
    "today",
    "tomorrow",
    "invierno",
    "inverno",
    "apertura",
    "cierre",
    "visita",
    "works",
    "work",
    "ok",
    "fine",
    "slot",
    "appointment",
    "about",
    "right",
];

/// Returns the zone that the text names for its times.
#[must_use]
pub fn named_zone(text: &str) -> Option<Tz> {
    let text = Text::of(text, Language::default());
    (0..text.len()).find_map(|at| behind_hour(&text, at).or_else(|| before_time(&text, at)).or_else(|| in_letters(&text, at)))
}

/// Returns true if the text gives a clock time by the clocks of a place, but of none that is known: it has to be asked.
#[must_use]
pub fn unknown_zone(text: &str) -> bool {
    let text = Text::of(text, Language::default());
    (0..text.len()).any(|at| behind_clock(&text, at) && (hour_of_somewhere(&text, at) || somewhere_time(&text, at)))
}

fn behind_hour(text: &Text, at: usize) -> Option<Tz> {
    let behind = text.take(at, "hora/horario/tiempo/fuso local? de/del/da/das/do/en/em")?;
    let found = place(text, behind, &[]).or_else(|| place(text, text.take(behind, "la/las")?, &[]));
    found.map(|(_, zone)| zone)
}

fn before_time(text: &Text, at: usize) -> Option<Tz> {
    place(text, at, ENGLISH).filter(|(end, _)| text.is(*end, &["time"])).map(|(_, zone)| zone)
}

/// "5 pm EST": letters that mean one zone wherever they are written.
fn in_letters(text: &Text, at: usize) -> Option<Tz> {
    let zone = match text.word(at) {
        "est" | "edt" => Tz::America__New_York,
        "pst" | "pdt" => Tz::America__Los_Angeles,
        _ => return None,
    };
    behind_clock(text, at).then_some(zone)
}

/// The place that is named there, by its longest name, and where its name ends.
fn place(text: &Text, at: usize, more: &[(&str, Tz)]) -> Option<(usize, Tz)> {
    if text.word(at).is_empty() {
        return None;
    }
    let rows = PLACES.iter().chain(more);
    let known = rows.filter_map(|(place, zone)| text.take(at, place).map(|end| (end, *zone))).max_by_key(|(end, _)| *end);
    known.or_else(|| {
        let cities = TZ_VARIANTS.iter().filter_map(|zone| {
            let city = zone.name().rsplit('/').next()?.to_ascii_lowercase().replace(['_', '-'], " ");
            let real = !zone.name().starts_with("Etc/") && city.len() > 3 && !NO_CITIES.contains(&city.as_str());
            text.take(at, &city).filter(|_| real).map(|end| (end, *zone))
        });
        cities.max_by_key(|(end, _)| *end)
    })
}

/// A clock time stands right before.
fn behind_clock(text: &Text, at: usize) -> bool {
    let before = (0..at).rev().take(7);
    for place in before {
        if text.digits(place).is_some() || text.is(place, HOURS) {
            return true;
        }
        let between = text.is(place, BETWEEN) || text.mark(place).is_some_and(|mark| matches!(mark, ',' | '.' | ':' | '('));
        if !between {
            return false;
        }
    }
    false
}

/// "hora de Springfield", "horário daqui", "mi hora".
fn hour_of_somewhere(text: &Text, at: usize) -> bool {
    // "1 hora de masaje" says how long.
    let long =
        |before: usize| text.digits(before).is_some_and(|(value, _)| value == 1) && !text.is(before.wrapping_sub(1), &["la", "a", "as"]);
    if at.checked_sub(1).is_some_and(long) {
        return false;
    }
    let own = text.take_any(at, &["mi/minha/meu hora/horario", "hora/horario daqui/mia/minha"]).is_some();
    let somewhere = text.take(at, "hora/horario local? de/del/da/do/en/em la/el/los/las?");
    own || somewhere.is_some_and(|behind| !text.word(behind).is_empty() && !text.is(behind, NO_PLACES) && !text.is(behind, HOURS))
}

/// "Springfield time", "my time".
fn somewhere_time(text: &Text, at: usize) -> bool {
    let is_name = |place: usize| !text.word(place).is_empty() && !text.is(place, NO_PLACES) && !text.is(place, BETWEEN);
    is_name(at) && (text.is(at + 1, &["time"]) || (is_name(at + 1) && text.is(at + 2, &["time"])))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_zone_is_named_by_its_hour_and_not_by_a_place() {
        for (text, zone) in [
            ("mañana a las 5 hora de Madrid", Some(Tz::Europe__Madrid)),
            ("a las 9, hora de la Ciudad de México", Some(Tz::America__Mexico_City)),
            ("3 pm New York time", Some(Tz::America__New_York)),
            ("5pm Pacific time", Some(Tz::America__Los_Angeles)),
            ("5pm EST", Some(Tz::America__New_York)),
            ("às 10, horário de Brasília", Some(Tz::America__Sao_Paulo)),
            ("às 10 no horário de Paris", Some(Tz::Europe__Paris)),
            ("10 am Buenos Aires time", Some(Tz::America__Argentina__Buenos_Aires)),
            ("vivo en Madrid, ¿mañana a las 5?", None),
            ("¿a qué hora abren?", None),
            ("la hora de la cita", None),
            ("", None),
        ] {
            assert_eq!(named_zone(text), zone, "{text}");
        }
    }

    #[test]
    fn a_place_that_nobody_knows_is_no_zone_but_has_to_be_asked() {
        for text in ["mañana a las 5 hora de Villa Perdida", "5 pm Springfield time", "tomorrow at 3pm my time", "às 10 horário daqui"] {
            assert!(unknown_zone(text) && named_zone(text).is_none(), "{text}");
        }
        for text in [
            "¿a qué hora es mi cita?",
            "a las 5 es hora de comer",
            "a las 5, hora de salida",
            "is 5 pm a good time",
            "at 5 pm this time please",
            "cualquier hora de la tarde",
            "a las 3 o a otra hora de la mañana",
            "5 de la tarde",
            "quiero una hora de masaje a las 5",
            "mañana quiero 1 hora de masaje",
            "the first time at 10",
        ] {
            assert!(!unknown_zone(text), "{text}");
        }
    }
}
