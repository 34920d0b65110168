//! When a resource is open: weekly hours, exceptions and holidays as instants. Pure; knows no appointments.

use crate::domain::booking::agenda::{Agenda, DayHours, ExceptionKind, Resource};
use crate::domain::booking::slot::Span;
use crate::domain::time::Timestamp;
use crate::domain::when::zone::{closing, later, opening, start_of_day, wall};
use chrono::{Datelike, Duration, NaiveDate, NaiveTime};

/// Days that one question may look at: a guard against spans without end.
const MOST_DAYS: usize = 800;
/// Minutes of a day of the clock.
const DAY: u16 = 1_440;

/// The opening of one resource over a span, and a day to each side of it.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Opening {
    /// Intervals as they begin, each with its own grid: those of one local date are merged, those of two are not.
    pub grids: Vec<Span>,
    /// When it is open: disjoint, in order, also across midnight.
    pub open: Vec<Span>,
}

impl Opening {
    /// Computes when a resource is open. What a later date's exception says cuts what spills over from the evening before.
    #[must_use]
    pub fn of(agenda: &Agenda, resource: &Resource, span: Span) -> Self {
        let first = wall(resource.zone, span.start).date();
        let first = first.checked_sub_days(chrono::Days::new(2)).unwrap_or(first);
        let last = later(wall(resource.zone, span.end).date(), 1);
        let mut grids = Vec::new();
        for date in first.iter_days().take(MOST_DAYS).take_while(|date| *date <= last) {
            grids.extend(merged(of_date(agenda, resource, date)));
        }
        Self { open: merged(grids.clone()), grids }
    }

    /// Returns true if a span lies within one open interval.
    #[must_use]
    pub fn contains(&self, span: Span) -> bool {
        let after = self.open.partition_point(|open| open.start <= span.start);
        after.checked_sub(1).and_then(|at| self.open.get(at)).is_some_and(|open| open.contains(span))
    }

    /// Returns true if an instant is so many whole steps (microseconds) after an opening that has not ended.
    #[must_use]
    pub fn on_grid(&self, at: Timestamp, step: i64) -> bool {
        // Grids of neighbouring dates may overlap: all of the last two days count.
        let after = self.grids.partition_point(|grid| grid.start <= at);
        let near = self.grids.get(..after).unwrap_or_default().iter().rev();
        near.take_while(|grid| at.since(grid.start).as_secs() <= 3 * 86_400)
            .any(|grid| at < grid.end && (at.micros() - grid.start.micros()).rem_euclid(step) == 0)
    }

    /// Returns every start of the grids within a span, unordered and with repeats where grids meet.
    pub fn starts(&self, within: Span, step: i64) -> impl Iterator<Item = Timestamp> + '_ {
        self.grids.iter().filter(move |grid| grid.overlaps(within)).flat_map(move |grid| {
            let missed = (within.start.micros() - grid.start.micros()).max(0);
            let first = grid.start.micros() + missed.div_euclid(step) * step;
            let end = grid.end.min(within.end).micros();
            let count = (end - first).max(0).div_euclid(step) + 1;
            (0..count).map(move |nth| Timestamp::from_micros(first + nth * step)).filter(move |at| within.start <= *at && at.micros() < end)
        })
    }
}

/// Returns the intervals that begin on a local date, as written.
fn of_date(agenda: &Agenda, resource: &Resource, date: NaiveDate) -> Vec<Span> {
    let Some(hours) = hours_of(agenda, resource, date) else { return Vec::new() };
    let next = later(date, 1);
    let cut = cuts(agenda, resource, next);
    hours.into_iter().filter_map(|hours| interval(resource, date, hours, cut)).collect()
}

/// Returns the hours that a date has; `None`: closed.
fn hours_of(agenda: &Agenda, resource: &Resource, date: NaiveDate) -> Option<Vec<DayHours>> {
    if agenda.holidays.iter().any(|holiday| holiday.date == date) {
        return None;
    }
    let mut replaced = None::<Vec<DayHours>>;
    let mut added: Vec<DayHours> = Vec::new();
    for exception in resource.exceptions.iter().filter(|exception| exception.date == date) {
        match &exception.kind {
            ExceptionKind::Closed => return None,
            ExceptionKind::Replace(hours) => replaced.get_or_insert_default().extend(hours),
            ExceptionKind::Add(hours) => added.extend(hours),
        }
    }
    let mut hours = replaced.unwrap_or_else(|| resource.hours.of(date.weekday()).to_vec());
    hours.extend(added);
    Some(hours)
}

/// Returns true if a date speaks for itself: nothing of the evening before reaches into it.
fn cuts(agenda: &Agenda, resource: &Resource, date: NaiveDate) -> bool {
    let own = resource.exceptions.iter().filter(|exception| exception.date == date);
    agenda.holidays.iter().any(|holiday| holiday.date == date)
        || own.into_iter().any(|exception| match exception.kind {
            ExceptionKind::Closed | ExceptionKind::Replace(_) => true,
            ExceptionKind::Add(_) => false,
        })
}

/// Returns an interval as instants; `None` where nothing of it exists.
fn interval(resource: &Resource, date: NaiveDate, hours: DayHours, cut: bool) -> Option<Span> {
    let (from, to) = (hours.from.min(DAY), hours.to.min(DAY));
    let clock = |date: NaiveDate, minute: u16| date.and_time(NaiveTime::MIN) + Duration::minutes(i64::from(minute));
    let start = opening(resource.zone, clock(date, from));
    let next = later(date, 1);
    let spills = to <= from;
    let mut end = closing(resource.zone, clock(if spills { next } else { date }, to));
    if spills && cut {
        end = end.min(start_of_day(resource.zone, next));
    }
    (start < end).then_some(Span { start, end })
}

/// Merges spans that overlap or touch, in order.
pub fn merged(mut spans: Vec<Span>) -> Vec<Span> {
    spans.sort_unstable();
    let mut merged: Vec<Span> = Vec::with_capacity(spans.len());
    for span in spans {
        match merged.last_mut() {
            Some(last) if span.start <= last.end => last.end = last.end.max(span.end),
            Some(_) | None => merged.push(span),
        }
    }
    merged
}
