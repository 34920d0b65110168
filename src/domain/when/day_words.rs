//! Days in words: "pasado mañana", "next Tuesday", "daqui a duas semanas", "fin de mes", "lo antes posible".

use super::day::{Day, Month, Third};
use super::day_named::named;
use super::day_weeks::{self, NEXT_MONTH, next_month, weeks_on};
use super::lexicon::{is_full_month, month, number};
use super::tokens::Text;
use crate::domain::language::Language;

/// Days that are counted from today. After midnight those that are counted from tomorrow are not clear.
const RELATIVE: &[(&str, Day)] = &[
    ("day after tomorrow", Day::Tomorrow(2)),
    ("the day after tomorrow", Day::Tomorrow(2)),
    ("pasado manana", Day::Tomorrow(2)),
    ("depois de amanha", Day::Tomorrow(2)),
    ("day before yesterday", Day::Today(-2)),
    ("anteayer/antier/antenoche", Day::Today(-2)),
    ("anteontem", Day::Today(-2)),
    ("ayer/anoche", Day::Today(-1)),
    ("yesterday", Day::Today(-1)),
    ("ontem", Day::Today(-1)),
    ("last night", Day::Today(-1)),
    ("hoy/oy", Day::Today(0)),
    ("today", Day::Today(0)),
    ("hoje", Day::Today(0)),
    ("manana/manaana/mannana/manan/mnana", Day::Tomorrow(1)),
    ("tomorrow/tomorow/tommorow/tommorrow/tmrw/tomorrows", Day::Tomorrow(1)),
    ("amanha/amanhaa/amanhan", Day::Tomorrow(1)),
];

/// Spans that need no reckoning.
const SPANS: &[(&str, Day)] = &[
    ("cualquier/qualquer otro/outro? dia/fecha/data", Day::Open),
    ("cualquier/qualquer/algun/algum dia/hora/momento/horario/fecha/data", Day::Open),
    ("cualquiera de los dias", Day::Open),
    ("cuando sea/pueda/puedan/puedas/gusten/guste/quieran/tengan/tenga", Day::Open),
    ("quando puder/puderem/tiver/tiverem/der", Day::Open),
    ("lo/o mas/mais pronto/rapido/antes/cedo/rapido posible/possivel/que? puedan?/pueda?", Day::Open),
    ("lo antes posible/que", Day::Open),
    ("cuanto antes", Day::Open),
    ("quanto antes", Day::Open),
    ("assim que possivel/der/puder", Day::Open),
    ("tan pronto como", Day::Open),
    ("as soon as", Day::Open),
    ("as early as", Day::Open),
    ("asap", Day::Open),
    ("todos los dias", Day::Open),
    ("todos os dias", Day::Open),
    ("any other? day/time/date", Day::Open),
    ("every day", Day::Open),
    ("anytime", Day::Open),
    ("whenever", Day::Open),
    ("first/earliest/soonest/next available/possible/opening/slot", Day::Open),
    ("soonest/earliest", Day::Open),
    ("primer/primera/primeiro/proximo/proxima/siguiente espacio/cita/turno/horario/hora/hueco/vaga/lugar disponible/livre", Day::Open),
    ("primera/primero/primeiro/primeira disponible/livre", Day::Open),
    ("primer/primera/primeiro/proxima/proximo espacio/turno/hueco/vaga/horario", Day::Open),
    ("ahora/agora mismo/mesmo", Day::Open),
    ("ahorita/ahoritita", Day::Open),
    ("right now", Day::Open),
];

/// Reads a day in words.
pub(super) fn day(text: &Text, at: usize) -> Option<(Day, usize)> {
    week_from_today(text, at)
        .or_else(|| week_on(text, at))
        .or_else(|| from_now(text, at))
        .or_else(|| day_weeks::day(text, at))
        .or_else(|| table(text, at, SPANS))
        .or_else(|| part_of_month(text, at))
        .or_else(|| whole_month(text, at))
        .or_else(|| table(text, at, RELATIVE))
        .or_else(|| pasado(text, at))
        .or_else(|| named(text, at))
}

/// Reads "pasado" for the day after tomorrow: "mañana o pasado", "mejor pasado a las 5".
fn pasado(text: &Text, at: usize) -> Option<(Day, usize)> {
    let (before, end) = (at.wrapping_sub(1), at + 1);
    let led = text.take(at.wrapping_sub(2), "manana o/y/ni").is_some() || at == 0 || text.is(before, &["mejor", "para", "hasta", "sino"]);
    let goes_on = text.ends(end) || text.take_any(end, &["a/en/por/como la/las", "ala/alas/temprano/mejor"]).is_some();
    (text.is(at, &["pasado"]) && led && goes_on).then_some((Day::Tomorrow(2), end))
}

fn table(text: &Text, at: usize, rows: &[(&str, Day)]) -> Option<(Day, usize)> {
    rows.iter().find_map(|(pattern, day)| text.take(at, pattern).map(|end| (day.clone(), end)))
}

/// Reads "de hoy en ocho", "mañana en quince", "el lunes en ocho", "Friday week".
fn week_from_today(text: &Text, at: usize) -> Option<(Day, usize)> {
    let start = text.take_any(at, &["de", "del"]).unwrap_or(at);
    let (day, end) = table(text, start, RELATIVE).or_else(|| named(text, start))?;
    if text.language == Language::En && text.is(end, &["week"]) {
        return Some((Day::Later(Box::new(day), 7), end + 1));
    }
    let behind = text.take_any(end, &["de aqui a/en", "en/a/in/daqui a?"])?;
    let in_weeks = || {
        let (count, unit) = number(text, behind).or_else(|| text.take(behind, "a").map(|end| (1, end)))?;
        let counted = matches!(day, Day::Today(_) | Day::Tomorrow(_)) && text.is(unit, &["semana", "semanas", "week", "weeks"]);
        counted.then_some((7 * i64::from(count.min(50)), unit + 1))
    };
    let (days, end) = idiomatic_days(text, behind).or_else(in_weeks)?;
    Some((Day::Later(Box::new(day), days), end))
}

/// Reads English "a week on Friday".
fn week_on(text: &Text, at: usize) -> Option<(Day, usize)> {
    let (days, behind) = weeks_on(text, at)?;
    let (day, end) = table(text, behind, RELATIVE).or_else(|| named(text, behind))?;
    Some((Day::Later(Box::new(day), days), end))
}

/// Reads "ocho (días)" as a week and "quince (días)" as two, as Spanish and Portuguese count. The place behind is not before another unit.
fn idiomatic_days(text: &Text, at: usize) -> Option<(i64, usize)> {
    let (count, end) = number(text, at)?;
    let end = text.take(end, "dias").unwrap_or(end);
    let unit = text.is(end, &["minutos", "minuto", "horas", "hora", "semanas", "meses", "personas", "min", "de"]);
    let days = match count {
        8 => 7,
        15 => 14,
        _ => return None,
    };
    (!unit && text.mark(end) != Some(':')).then_some((days, end))
}

/// Reads "en tres días", "dentro de dos semanas", "in an hour", "daqui a um mês", "two weeks from now", "a week from Tuesday".
fn from_now(text: &Text, at: usize) -> Option<(Day, usize)> {
    let lead = text.take_any(at, &["dentro de", "de aqui a/en", "daqui/daki a?", "en como?", "in about?", "em", "de hoy en", "within"]);
    if let Some(end) = lead.and_then(|lead| text.take_any(lead, &["media/meia hora", "half an hour"])) {
        return Some((Day::Elapsed(30), end));
    }
    let start = lead.unwrap_or(at);
    let (count, end) = number(text, start).or_else(|| {
        let small = [("a couple of?", 2), ("unas", 2), ("a/an", 1)];
        small.iter().find_map(|(pattern, count)| text.take(start, pattern).map(|end| (*count, end)))
    })?;
    let (day, end) = unit(text, end, count)?;
    if let Some(behind) = text.take_any(end, &["from now/today", "a partir de hoy/hoje", "desde hoy"]) {
        return Some((day, behind));
    }
    if let Some(behind) = text.take_any(end, &["from/after on?", "despues del/de el?"])
        && let (Day::Today(days), Some((from, behind))) = (&day, table(text, behind, RELATIVE).or_else(|| named(text, behind)))
        && !matches!(from, Day::Today(days) if days < 0)
    {
        return Some((Day::Later(Box::new(from), *days), behind));
    }
    lead.map(|_| (day, end))
}

/// Reads a unit of time behind a count.
fn unit(text: &Text, at: usize, count: u32) -> Option<(Day, usize)> {
    let days = i64::from(count.min(1000));
    let months = i32::try_from(count.min(24)).ok()?;
    let spoken = text.language != Language::En;
    let day = match text.word(at) {
        "dia" | "dias" if spoken && count == 8 => Day::Today(7),
        "dia" | "dias" if spoken && count == 15 => Day::Today(14),
        "dia" | "dias" | "day" | "days" => Day::Today(days),
        "semana" | "semanas" | "week" | "weeks" | "weeks'" => Day::Today(7 * days),
        "fortnight" | "quincena" => Day::Today(14 * days),
        "mes" | "meses" | "month" | "months" => Day::Months(months),
        "hora" | "horas" | "hour" | "hours" | "hr" | "hrs" | "h" => {
            let half = text.take_any(at + 1, &["y media", "e meia", "and a half"]);
            return Some((Day::Elapsed(60 * days + if half.is_some() { 30 } else { 0 }), half.unwrap_or(at + 1)));
        }
        "minuto" | "minutos" | "minute" | "minutes" | "min" | "mins" => Day::Elapsed(days),
        _ => return None,
    };
    Some((day, at + 1))
}

/// Reads "fin de mes", "a principios de abril", "end of March", "meados do mês".
fn part_of_month(text: &Text, at: usize) -> Option<(Day, usize)> {
    let thirds: [(&[&str], Third); 3] = [
        (&["fin/finales/fines/final/fim/finais/end/ultimo/ultimos", "month end"], Third::End),
        (&["principio/principios/inicio/inicios/comienzo/comienzos/comeco/beginning/start/early"], Third::Beginning),
        (&["mediados/meados/mid/middle"], Third::Middle),
    ];
    let (third, behind) = thirds.iter().find_map(|(names, third)| text.take_any(at, names).map(|end| (*third, end)))?;
    let behind = text.take(behind, "dia/dias").unwrap_or(behind);
    let behind = text.take_any(behind, &["de/del/do/of el? the?"]).unwrap_or(behind);
    if let Some(end) = next_month(text, behind) {
        return Some((Day::Month(Month::Offset(1), third), end));
    }
    if let Some(end) = text.take_any(behind, &["este? mes", "this? month"]) {
        return Some((Day::Month(Month::Offset(0), third), end));
    }
    let named = month(text, behind)?;
    let joined = behind > at + 1 || text.is(at, &["early", "mid", "mediados", "meados"]);
    joined.then_some((Day::Month(Month::Named(named), third), behind + 1))
}

/// Reads "el próximo mes", "this month", "en marzo".
fn whole_month(text: &Text, at: usize) -> Option<(Day, usize)> {
    let this = ["este/esse/neste/nesse/deste/desse/this mes/month"];
    let offsets: [(&[&str], i32); 3] = [(&["month after next"], 2), (NEXT_MONTH, 1), (&this, 0)];
    if let Some((months, end)) = offsets.iter().find_map(|(patterns, months)| text.take_any(at, patterns).map(|end| (*months, end))) {
        return Some((Day::Month(Month::Offset(months), Third::Whole), end));
    }
    let behind = text.take_any(at, &["en/in/em/para/for/during/durante el? mes? de?"])?;
    let named = month(text, behind)
        .filter(|_| (is_full_month(text.word(behind)) || text.is(behind, &["may"])) && text.digits(behind + 1).is_none())?;
    Some((Day::Month(Month::Named(named), Third::Whole), behind + 1))
}
