//! Times that people tell by what they do then: "después de comer", "after work", "na hora do almoço", "late afternoon".

use super::points::Point;
use super::ranges::Clock;
use super::tokens::Text;

/// The patterns, and the hours that they span; without a second one, to the end of the day.
const SAYINGS: &[(&[&str], u32, Option<u32>)] = &[
    (
        &[
            "despues/luego de comer/almorzar",
            "despues/pasando de? la comida",
            "despues del almuerzo",
            "after lunch",
            "depois/apos do/o almoco",
            "depois de almocar",
        ],
        14,
        None,
    ),
    (
        &[
            "saliendo/salir/despues/salga del/de la? trabajo/trabajar/chamba/oficina/jale",
            "after work",
            "depois/apos/saindo/sair do/de/o trabalho/trabalhar/expediente/servico",
        ],
        17,
        None,
    ),
    (&["hora de la? comida/comer", "hora del almuerzo"], 13, Some(16)),
    (&["at/around/over/during? lunch/lunchtime time/hour?", "hora do/de almoco"], 12, Some(14)),
    (&["ultima hora de la tarde", "late in? the? afternoon", "fim/final/finalzinho da/de tarde"], 16, Some(20)),
];

/// Reads such a time.
pub(super) fn saying(text: &Text, at: usize) -> Option<(Clock, usize)> {
    let at_hour = |hour: u32| Point { hour, minutes: 0, half: None, padded: false };
    SAYINGS.iter().find_map(|(patterns, from, until)| {
        let end = text.take_any(at, patterns)?;
        Some((Clock::Range(Some(at_hour(*from)), until.map(at_hour)), end))
    })
}
