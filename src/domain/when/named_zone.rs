//! Tells whether a customer names the zone that they think in: "a las 5 hora de Madrid", "3 pm New York time".
//!
//! A place alone ("vivo en Madrid") names no zone: times are those of the business unless the customer asks for others.

use super::tokens::Text;
use crate::domain::language::Language;
use chrono_tz::Tz;

/// Places as they are written, folded, with the zones of their clocks. Longer names first where one begins like another.
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
];

/// Zones of the United States as their people call them.
const ENGLISH: &[(&str, Tz)] = &[
    ("eastern", Tz::America__New_York),
    ("central", Tz::America__Chicago),
    ("mountain", Tz::America__Denver),
    ("pacific", Tz::America__Los_Angeles),
];

/// Returns the zone that the text names for its times.
#[must_use]
pub fn named_zone(text: &str) -> Option<Tz> {
    let text = Text::of(text, Language::default());
    (0..text.len()).find_map(|at| behind_hour(&text, at).or_else(|| before_time(&text, at)))
}

fn behind_hour(text: &Text, at: usize) -> Option<Tz> {
    let behind = text.take_any(at, &["hora/horario/tiempo/fuso local? de/del/da/do/en/em la?"])?;
    PLACES.iter().find(|(place, _)| text.take(behind, place).is_some()).map(|(_, zone)| *zone)
}

fn before_time(text: &Text, at: usize) -> Option<Tz> {
    let rows = PLACES.iter().chain(ENGLISH);
    rows.filter_map(|(place, zone)| text.take(at, place).map(|end| (end, *zone)))
        .find(|(end, _)| text.is(*end, &["time"]))
        .map(|(_, zone)| zone)
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
            ("às 10, horário de Brasília", Some(Tz::America__Sao_Paulo)),
            ("vivo en Madrid, ¿mañana a las 5?", None),
            ("¿a qué hora abren?", None),
            ("la hora de la cita", None),
            ("", None),
        ] {
            assert_eq!(named_zone(text), zone, "{text}");
        }
    }
}
