//! Judges a run: over intervals, promises and the calendar's own list. It asks nothing of the code under test.

use super::calendar::Calendar;
use crate::domain::booking::{Agenda, Appointment, Span, Status};
use crate::domain::ids::{AppointmentId, ResourceId};
use std::collections::BTreeMap;

/// What somebody was told, and what may undo it.
#[derive(Clone, Debug, PartialEq)]
pub struct Promise {
    pub span: Span,
    pub called_off: bool,
}

/// What came of a run.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Verdict {
    /// What went wrong.
    pub faults: Vec<String>,
    /// How often what happened.
    pub seen: BTreeMap<&'static str, usize>,
}

/// Returns more appointments at once than a resource takes: the worst instant over all rows that stand or took place.
pub fn overlaps(agenda: &Agenda, rows: &[&Appointment]) -> Vec<String> {
    let mut edges: BTreeMap<ResourceId, Vec<(i64, i32)>> = BTreeMap::new();
    for row in rows.iter().filter(|row| stands(row)) {
        for seat in &row.seats {
            let edges = edges.entry(seat.resource).or_default();
            // Ends sort before starts at the same instant: touching is not overlapping.
            edges.push((row.span.start.micros(), 1));
            edges.push((row.span.end.micros(), -1));
        }
    }
    let mut faults = Vec::new();
    for (id, mut edges) in edges {
        edges.sort_unstable();
        let capacity = i32::from(agenda.resource(id).unwrap().capacity);
        let mut at_once = 0;
        for (at, step) in edges {
            at_once += step;
            if at_once > capacity {
                faults.push(format!("overlap: {at_once} of {capacity} on {id} at {at}"));
            }
        }
    }
    faults
}

/// Returns promises that do not stand.
pub fn lost(promises: &BTreeMap<AppointmentId, Promise>, rows: &[&Appointment]) -> Vec<String> {
    let rows: BTreeMap<_, _> = rows.iter().map(|row| (row.id, row)).collect();
    let broken = |(id, promise): (&AppointmentId, &Promise)| {
        let row = rows.get(id);
        let kept = row.is_some_and(|row| row.span == promise.span && (stands(row) || promise.called_off));
        (!kept).then(|| format!("lost: {id} was told {promise:?} and is {row:?}"))
    };
    promises.iter().filter_map(broken).collect()
}

/// Returns events that nobody has booked, and bookings without their event. Everything must have come to rest.
pub fn orphans(agenda: &Agenda, calendar: &Calendar, rows: &[&Appointment]) -> Vec<String> {
    let mut faults = Vec::new();
    let by_id: BTreeMap<_, _> = rows.iter().map(|row| (row.id, row)).collect();
    for ((id, generation, resource), span) in &calendar.events {
        let wanted = by_id.get(id).is_some_and(|row| {
            (stands(row) || row.status == Status::PendingOwner)
                && row.generation == *generation
                && row.span == *span
                && row.seats.iter().any(|seat| seat.resource == *resource)
        });
        if !wanted {
            faults.push(format!("orphan: {id}.{generation} on {resource} of {:?}", by_id.get(id)));
        }
    }
    for row in rows.iter().filter(|row| stands(row)) {
        for seat in row.seats.iter().filter(|seat| agenda.resource(seat.resource).unwrap().outside_calendar) {
            if !calendar.events.contains_key(&(row.id, row.generation, seat.resource)) {
                faults.push(format!("missing: no event of {row:?}"));
            }
        }
    }
    faults
}

fn stands(row: &Appointment) -> bool {
    matches!(row.status, Status::Confirmed | Status::Completed | Status::NoShow)
}
