//! Days in words: "pasado mañana", "next Tuesday", "daqui a duas semanas", "fin de mes", "lo antes posible".

use super::day::{Day, Month, Third, Which};
use super::lexicon::{is_full_month, month, number, weekday};
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
    ("el/este? proximo fin de semana", Day::Weekend { next: false }),
    ("proximo fim/final de semana", Day::Weekend { next: false }),
    ("next weekend", Day::Weekend { next: true }),
    ("este/el/the/this/neste/no? fin/fim/final de semana", Day::Weekend { next: false }),
    ("fin/fim/final de semana", Day::Weekend { next: false }),
    ("weekend", Day::Weekend { next: false }),
    ("finde/finde", Day::Weekend { next: false }),
    ("semana pasada/passada/anterior", Day::Week(-1)),
    ("last week", Day::Week(-1)),
    ("mes pasado/passado/anterior", Day::Month(Month::Offset(-1), Third::Whole)),
    ("last month", Day::Month(Month::Offset(-1), Third::Whole)),
    ("week after next", Day::Week(2)),
    ("semana siguiente/subsiguiente a la proxima", Day::Week(2)),
    ("proxima/otra/siguiente semana", Day::Week(1)),
    ("semana proxima/entrante/siguiente/seguinte", Day::Week(1)),
    ("semana q/que vem/viene/entra/ven/bem", Day::Week(1)),
    ("next week", Day::Week(1)),
    ("following week", Day::Week(1)),
    ("esta/essa/nesta/nessa/desta/this semana", Day::Week(0)),
    ("this week", Day::Week(0)),
    ("resto de la semana", Day::Week(0)),
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
    ("any day/time/date", Day::Open),
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
        .or_else(|| from_now(text, at))
        .or_else(|| table(text, at, SPANS))
        .or_else(|| part_of_month(text, at))
        .or_else(|| whole_month(text, at))
        .or_else(|| table(text, at, RELATIVE))
        .or_else(|| {
            (text.word(at) == "pasado" && text.take(at.wrapping_sub(2), "manana o pasado").is_some()).then_some((Day::Tomorrow(2), at + 1))
        })
        .or_else(|| named(text, at))
}

fn table(text: &Text, at: usize, rows: &[(&str, Day)]) -> Option<(Day, usize)> {
    rows.iter().find_map(|(pattern, day)| text.take(at, pattern).map(|end| (day.clone(), end)))
}

/// Reads "de hoy en ocho", "mañana en quince", "el lunes en ocho".
fn week_from_today(text: &Text, at: usize) -> Option<(Day, usize)> {
    let start = text.take_any(at, &["de", "del"]).unwrap_or(at);
    let (day, end) = table(text, start, RELATIVE).or_else(|| named(text, start))?;
    let (days, end) = idiomatic_days(text, text.take(end, "en/a")?)?;
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
    if let Some(end) = text.take_any(behind, &["mes q/que viene/vem", "proximo mes", "next month", "mes proximo/entrante"]) {
        return Some((Day::Month(Month::Offset(1), third), end));
    }
    if let Some(end) = text.take_any(behind, &["este? mes", "this? month"]) {
        return Some((Day::Month(Month::Offset(0), third), end));
    }
    let named = month(text.word(behind))?;
    let joined = behind > at + 1 || text.is(at, &["early", "mid", "mediados", "meados"]);
    joined.then_some((Day::Month(Month::Named(named), third), behind + 1))
}

/// Reads "el próximo mes", "this month", "en marzo".
fn whole_month(text: &Text, at: usize) -> Option<(Day, usize)> {
    let next = ["proximo mes", "mes proximo/entrante/seguinte/siguiente", "mes q/que viene/vem/entra", "next month"];
    let offsets: [(&[&str], i32); 2] = [(&next, 1), (&["este/esse/neste/deste/this mes/month"], 0)];
    if let Some((months, end)) = offsets.iter().find_map(|(patterns, months)| text.take_any(at, patterns).map(|end| (*months, end))) {
        return Some((Day::Month(Month::Offset(months), Third::Whole), end));
    }
    let behind = text.take_any(at, &["en/in/em/para/for/during/durante el? mes? de?"])?;
    let named = month(text.word(behind))
        .filter(|_| (is_full_month(text.word(behind)) || text.is(behind, &["may"])) && text.digits(behind + 1).is_none())?;
    Some((Day::Month(Month::Named(named), Third::Whole), behind + 1))
}

/// Reads a weekday with what says which one: "este martes", "next Tuesday", "na próxima terça", "el martes que viene".
fn named(text: &Text, at: usize) -> Option<(Day, usize)> {
    let articles = if text.language == Language::Pt { "o/a/os/as/na/no/nas/nos/aos" } else { "el/la/los/on/the" };
    let before = [
        ("el/la/o/a/na/no? proximo/proxima/prox/siguiente", Which::Coming),
        ("el/este ultimo/pasado", Which::Last),
        ("ultima/ultimo/last", Which::Last),
        ("este/esta/esse/essa/nesta/neste/nessa/this", Which::This),
        ("next", Which::Next),
        ("the? coming", Which::Plain),
        (articles, Which::Plain),
        ("el/los/on/na/no", Which::Plain),
    ];
    let lead = before.iter().find_map(|(pattern, which)| {
        let end = text.take(at, pattern)?;
        weekday(text, end).map(|(day, end)| (day, *which, end))
    });
    let (day, which, end) = lead.or_else(|| weekday(text, at).map(|(day, end)| (day, Which::Plain, end)))?;
    let behind = [
        ("q/que viene/vem/entra/viene/bem", Which::Coming),
        ("proximo/proxima/entrante/siguiente/seguinte", Which::Coming),
        ("pasado/passado/passada", Which::Last),
        ("de esta/desta/this semana/week", Which::This),
        ("this week", Which::This),
    ];
    let told = behind.iter().find_map(|(pattern, which)| text.take(end, pattern).map(|end| (*which, end)));
    let told = told.filter(|(_, behind)| !(text.word(end) == "pasado" && text.is(*behind, &["manana"])));
    let (which, end) = match told {
        Some((_, end)) if which == Which::This => (Which::Plain, end),
        Some((told, end)) => (told, end),
        None => (which, end),
    };
    Some((Day::Weekday(day, which), end))
}
