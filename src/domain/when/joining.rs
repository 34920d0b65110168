//! What belongs together of all that a text says: hours with their days, weekdays with their dates, parts of the day with their hours.
//!
//! Decides by where things stand in the text. Never turns anything into an instant; `settle` does.

use super::Doubt;
use super::calendar::{Dated, Span, plus};
use super::day::Day;
use super::points::{Half, Part, Point};
use super::ranges::Clock;
use super::scan::{Said, Sayings};
use chrono::Datelike;

/// Hours that stand no further from a day than this are said of it.
const ONE_SAYING_GAP: usize = 2;

/// Returns the hours that are said beside the only day, if there are such: "salgo a las 6; el jueves a las 7" means seven o'clock.
pub(super) fn beside_day(said: &Sayings) -> Vec<Said<Clock>> {
    let [day] = said.days.as_slice() else { return said.clocks.clone() };
    let (mut from, mut to) = (day.from, day.to);
    let mut kept = vec![false; said.clocks.len()];
    for _ in &said.clocks {
        for (clock, kept) in said.clocks.iter().zip(&mut kept) {
            if !*kept && clock.from <= to + ONE_SAYING_GAP && clock.to + ONE_SAYING_GAP >= from {
                *kept = true;
                (from, to) = (from.min(clock.from), to.max(clock.to));
            }
        }
    }
    let beside: Vec<Said<Clock>> = said.clocks.iter().zip(&kept).filter(|(_, kept)| **kept).map(|(clock, _)| clock.clone()).collect();
    if beside.is_empty() { said.clocks.clone() } else { beside }
}

/// Returns true if days and clock times take turns: "mañana a las 5 o el jueves a las 6", "5pm tomorrow or 6pm Friday".
pub(super) fn paired(days: &[Said<Dated>], clocks: &[Said<Clock>]) -> bool {
    let mut end = 0;
    days.iter().zip(clocks).all(|(day, clock)| {
        let apart = day.from.min(clock.from) >= end;
        end = day.to.max(clock.to);
        apart
    })
}

/// A part of the day tells which half hours belong to; parts beside hours say nothing more.
pub(super) fn merge_clocks(said: &[Said<Clock>]) -> Vec<Clock> {
    let mut parts: Vec<Part> = said.iter().filter_map(|said| if let Clock::Part(part) = said.what { Some(part) } else { None }).collect();
    if parts.contains(&Part::Early) {
        parts.retain(|part| *part != Part::Morning);
    }
    let others: Vec<Clock> = said.iter().map(|said| said.what).filter(|clock| !matches!(clock, Clock::Part(_))).collect();
    let others = match others.as_slice() {
        [Clock::Range(Some(from), None), Clock::Range(None, Some(until))]
        | [Clock::Range(None, Some(until)), Clock::Range(Some(from), None)] => {
            vec![Clock::Range(Some(*from), Some(*until))]
        }
        [..] => others,
    };
    let [part] = parts.as_slice() else {
        return if others.is_empty() { parts.into_iter().map(Clock::Part).collect() } else { others };
    };
    if others.is_empty() {
        return vec![Clock::Part(*part)];
    }
    let fix = |point: Point| Point { half: point.half.or(Some(Half::Part(*part))), ..point };
    let fixed = others.into_iter().map(|clock| match clock {
        Clock::Point(point) => Clock::Point(fix(point)),
        Clock::Range(from, until) => Clock::Range(from.map(fix), until.map(fix)),
        Clock::Part(part) => Clock::Part(part),
    });
    fixed.collect()
}

/// "El 5 o el 6 de abril": both are of April.
pub(super) fn share_month(all: &mut [Said<Day>]) {
    for at in (1..all.len()).rev() {
        let next = all.get(at).filter(|said| said.joined).map(|said| said.what.clone());
        if let (Some(Day::Date { month, year, .. }), Some(one)) = (next, all.get_mut(at - 1))
            && let Day::OfMonth(day) = one.what
        {
            one.what = Day::Date { day, month, year };
        }
    }
}

/// "Hoy, mañana" and "lunes, martes" are two days and not two names of one.
pub(super) fn alike(left: &Day, right: &Day) -> bool {
    let counted = |day: &Day| matches!(day, Day::Today(_) | Day::Tomorrow(_));
    std::mem::discriminant(left) == std::mem::discriminant(right) || (counted(left) && counted(right))
}

/// Joins two sayings about one day: "martes 10 de marzo", "mañana jueves". If they disagree it has to be asked.
pub(super) fn agree(left: (&Dated, &Day), right: (&Dated, &Day)) -> Dated {
    let weekday = |day: &Day| if let Day::Weekday(weekday, _) = day { Some(*weekday) } else { None };
    let (weekday, date) = match (weekday(left.1), weekday(right.1)) {
        (Some(weekday), None) => (weekday, right.0),
        (None, Some(weekday)) => (weekday, left.0),
        (Some(_), Some(_)) | (None, None) => {
            let mut all = left.0.spans();
            let common: Vec<Span> = all.iter().copied().filter(|span| right.0.spans().contains(span)).collect();
            if let [span] = common.as_slice() {
                return Dated::Sure(*span);
            }
            all.extend(right.0.spans());
            return Dated::Ask(Doubt::Disagreement, all);
        }
    };
    let spans = date.spans();
    let fitting: Vec<Span> = spans.iter().copied().filter(|span| span.first.weekday() == weekday).collect();
    match (fitting.first(), spans.first()) {
        (Some(span), _) => Dated::Sure(*span),
        (None, None) => date.clone(),
        (None, Some(span)) => {
            let ahead = i64::from((weekday.num_days_from_monday() + 7 - span.first.weekday().num_days_from_monday()) % 7);
            let nearest = plus(span.first, if ahead > 3 { ahead - 7 } else { ahead });
            Dated::Ask(Doubt::Disagreement, vec![*span, Span::day(nearest)])
        }
    }
}
