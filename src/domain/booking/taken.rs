//! What stands in the way on one resource: appointments with their buffers, and the busy times of its outside calendar.
//!
//! Pure intervals are protected; between two appointments the larger of the earlier one's buffer after and the later one's buffer before
//! must be free. Sorted once, then asked many times: nothing here looks at every appointment for every candidate.

use crate::domain::booking::agenda::{Resource, Service};
use crate::domain::booking::appointment::{Appointment, Seat, Status};
use crate::domain::booking::slot::{Busy, Span};
use crate::domain::ids::ResourceId;
use crate::domain::time::Timestamp;

/// Microseconds of a minute.
const MINUTE: i64 = 60_000_000;

/// Returns microseconds.
pub const fn minutes(count: u32) -> i64 {
    count as i64 * MINUTE
}

/// A seat that is taken for a time.
#[derive(Clone, Copy, Debug)]
struct Taken {
    start: i64,
    end: i64,
    /// The start and the end with the buffers that a candidate of the service must keep from it.
    blocked: (i64, i64),
    seat: u16,
}

/// Everything that stands in the way on a resource, for candidates of one service.
#[derive(Clone, Debug)]
pub struct Ledger {
    /// Whose.
    pub resource: ResourceId,
    /// Its outside calendar does not say.
    pub unknown: bool,
    capacity: u16,
    /// By start.
    taken: Vec<Taken>,
    /// The latest blocked end up to each place of `taken`.
    reach: Vec<i64>,
    /// The largest distance from a start back to where it blocks.
    lead: i64,
    /// Outside busy times with the service's buffers: disjoint, in order.
    busy: Vec<(i64, i64)>,
    /// Appointments that count for the choice among resources, by start.
    begun: Vec<(i64, i64)>,
}

impl Ledger {
    /// Begins an empty ledger from what the outside calendar says. A calendar that ought to be there and is not is unknown.
    pub fn new(resource: &Resource, service: &Service, busy: &[Busy]) -> Self {
        let (before, after) = (minutes(service.buffer_before), minutes(service.buffer_after));
        let mut ledger = Self {
            resource: resource.id,
            unknown: resource.outside_calendar,
            capacity: resource.capacity,
            taken: Vec::new(),
            reach: Vec::new(),
            lead: 0,
            busy: Vec::new(),
            begun: Vec::new(),
        };
        let mut missing = false;
        for calendar in busy.iter().filter(|calendar| calendar.resource == resource.id) {
            ledger.unknown = false;
            let Some(spans) = &calendar.spans else {
                missing = true;
                continue;
            };
            // An event without length blocks the instant at which it stands.
            let blocked = spans.iter().map(|span| (span.start.micros(), span.end.micros().max(span.start.micros() + 1)));
            ledger.busy.extend(blocked.map(|(start, end)| (start - after, end + before)));
        }
        ledger.unknown |= missing;
        ledger.busy.sort_unstable();
        // The ends must rise, so that one look suffices.
        let mut latest = i64::MIN;
        for span in &mut ledger.busy {
            latest = latest.max(span.1);
            span.1 = latest;
        }
        ledger
    }

    /// Enters a seat of an appointment that stands at `now`, or took place.
    pub fn enter(&mut self, row: &Appointment, seat: Seat, service: &Service, now: Timestamp) {
        let (start, end) = (row.span.start.micros(), row.span.end.micros());
        if row.protects_at(now) {
            let before = minutes(row.buffer_before.max(service.buffer_after));
            let after = minutes(row.buffer_after.max(service.buffer_before));
            self.lead = self.lead.max(before);
            self.taken.push(Taken { start, end, blocked: (start - before, end + after), seat: seat.number });
        }
        if counts(row, now) {
            self.begun.push((start, end));
        }
    }

    /// Sorts what was entered. Nothing may be asked before.
    pub fn close(&mut self) {
        self.taken.sort_unstable_by_key(|taken| (taken.start, taken.end, taken.seat));
        self.begun.sort_unstable();
        let mut latest = i64::MIN;
        self.reach = self
            .taken
            .iter()
            .map(|taken| {
                latest = latest.max(taken.blocked.1);
                latest
            })
            .collect();
    }

    /// Returns true if the outside calendar has nothing in the way. One that is unknown has nothing; that is asked apart.
    pub fn outside_free(&self, span: Span) -> bool {
        let (start, end) = (span.start.micros(), span.end.micros());
        let before = self.busy.partition_point(|busy| busy.0 < end);
        before.checked_sub(1).and_then(|at| self.busy.get(at)).is_none_or(|busy| busy.1 <= start)
    }

    /// Returns the lowest free seat and how many are free; `None`: none.
    pub fn seat(&self, span: Span) -> Option<(u16, u32)> {
        let (start, end) = (span.start.micros(), span.end.micros());
        let before = self.taken.partition_point(|taken| taken.start - self.lead < end);
        let mut used: Vec<u16> = Vec::new();
        for at in (0..before).rev() {
            let (Some(taken), Some(reach)) = (self.taken.get(at), self.reach.get(at)) else { break };
            if *reach <= start {
                break;
            }
            if taken.blocked.0 < end && start < taken.blocked.1 && !used.contains(&taken.seat) {
                used.push(taken.seat);
            }
        }
        // Seats beyond a capacity that has shrunk still count.
        let left = usize::from(self.capacity).checked_sub(used.len()).filter(|left| *left > 0)?;
        let number = (1..=self.capacity).find(|number| !used.contains(number))?;
        Some((number, u32::try_from(left).unwrap_or(u32::MAX)))
    }

    /// Returns how it compares when several are free: fewest appointments in the week, then longest idle, then its id.
    pub fn rank(&self, start: Timestamp, week: Span) -> (usize, i64, ResourceId) {
        let first = self.begun.partition_point(|(begun, _)| *begun < week.start.micros());
        let last = self.begun.partition_point(|(begun, _)| *begun < week.end.micros());
        let before = self.begun.partition_point(|(begun, _)| *begun < start.micros()).clamp(first, last);
        let idle = self.begun.get(first..before).and_then(<[_]>::last).map_or(i64::MIN, |(_, end)| *end);
        (last.saturating_sub(first), idle, self.resource)
    }
}

/// Returns true if an appointment counts for limits and for the choice: it stands, or it took place, or ought to have.
#[must_use]
pub fn counts(row: &Appointment, now: Timestamp) -> bool {
    row.protects_at(now) || matches!(row.status, Status::Completed | Status::NoShow)
}
