//! What looks like a day or a time and is none: greetings, farewells, lengths of time gone by, streets that are named after dates.

use super::lexicon::{month, number};
use super::tokens::Text;

const IDIOMS: &[&str] = &[
    "buenos/bonito/lindo dias/dia",
    "buenas/buena/boa/boas/good tardes/noches/noite/tarde/tardes/noites/morning/afternoon/evening/night",
    "bom dia",
    "have a great/nice/good day/evening/night/weekend/week",
    "hasta pronto/luego",
    "ate breve/logo/mais",
    "mas/muy tarde/temprano",
    "mais tarde/cedo",
    "si/se no",
    "todo el dia",
    "all day",
    "o dia todo",
    "de dia",
    "una vez",
    "at once",
    "at first",
    "at all",
    "al dia",
    "second hand/opinion/time",
    "primera vez",
    "las dos cosas",
    "feliz/felices navidad/ano/natal/fiestas/fin nuevo/novo?",
    "merry christmas",
    "happy new year/years",
    "feliz semana/dia/noche/tarde/fin",
    "buena/buen/linda/lindo/bonita/bonito/excelente/boa/otima/otimo semana/dia/mes",
    "entre semana",
    "dia/dias de semana",
    "durante a/la semana",
    "during the week",
    "buen fin de? semana?",
    "bom fim de? semana?",
];

/// Farewells, unless an hour follows.
const FAREWELLS: &[&str] =
    &["hasta manana", "ate amanha", "see you tomorrow/later/soon/then", "nos vemos manana/luego", "nos vemos amanha"];

const UNITS: &[&str] = &[
    "dia", "dias", "semana", "semanas", "mes", "meses", "ano", "anos", "hora", "horas", "minuto", "minutos", "day", "days", "week",
    "weeks", "month", "months", "year", "years", "hour", "hours", "minute", "minutes",
];

/// Returns the place behind an idiom that begins here.
pub(super) fn idiom(text: &Text, at: usize) -> Option<usize> {
    let farewell = text.take_any(at, FAREWELLS).filter(|end| text.ends(*end));
    farewell
        .or_else(|| text.take_any(at, IDIOMS))
        .or_else(|| length(text, at))
        .or_else(|| street(text, at))
        .or_else(|| always_open(text, at))
        .or_else(|| scale(text, at))
}

/// "Del 1 al 10".
fn scale(text: &Text, at: usize) -> Option<usize> {
    let one = text.take_any(at, &["del/de/from"]).filter(|end| text.digits(*end).is_some_and(|(value, _)| value == 1))? + 1;
    let ten = text.take_any(one, &["al/a/to"]).filter(|end| text.digits(*end).is_some_and(|(value, _)| value == 10))? + 1;
    (!text.is(ten, &["de", "of", "am", "pm"])).then_some(ten)
}

/// "Hace dos semanas", "há 3 dias", "three weeks ago", "por 7 días", "cada 8 horas", "for 3 days".
fn length(text: &Text, at: usize) -> Option<usize> {
    if let Some(behind) =
        text.take_any(at, &["desde? hace/ha/faz/fazem mas? como? unos/unas?", "por/cada/durante/for/every/cada/tengo/llevo/dura/tem"])
    {
        let (_, end) =
            number(text, behind).or_else(|| text.take_any(behind, &["a", "varios/varias/algunos/algumas"]).map(|end| (0, end)))?;
        return text.is(end, UNITS).then_some(end + 1);
    }
    let (_, end) = number(text, at).or_else(|| text.take(at, "a").map(|end| (0, end)))?;
    (text.is(end, UNITS) && text.is(end + 1, &["ago", "atras"])).then_some(end + 2)
}

/// "Calle 5 de Mayo", "avenida 16 de septiembre".
fn street(text: &Text, at: usize) -> Option<usize> {
    let behind = text.take_any(at, &["calle/av/avenida/colonia/col/plaza/rua/praca/boulevard/blvd/esquina/parque"])?;
    let behind = behind + usize::from(text.mark(behind) == Some('.'));
    let (_, end) = number(text, behind)?;
    let end = text.take(end, "de").unwrap_or(end);
    Some(if month(text, end).is_some() { end + 1 } else { end })
}

/// "24/7".
fn always_open(text: &Text, at: usize) -> Option<usize> {
    let is = text.digits(at).is_some_and(|(value, _)| value == 24)
        && text.mark(at + 1) == Some('/')
        && text.digits(at + 2).is_some_and(|(value, digits)| value == 7 && digits == 1)
        && text.mark(at + 3) != Some('/');
    is.then_some(at + 3)
}
