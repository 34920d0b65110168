//! Whose turn it is, and what they are offered: the first in line whom a free time fits, outside the quiet hours.

use crate::domain::booking::agenda::Agenda;
use crate::domain::booking::news::quiet_until;
use crate::domain::booking::slot::{Slot, Span, Wanted};
use crate::domain::booking::waiting::Entry;
use crate::domain::ids::{ResourceId, ServiceId, WaitlistId};
use crate::domain::time::Timestamp;
use std::time::Duration;

/// How long nobody looks at an entry without a reason. What gives no reason (new hours, a lifted limit) is found then.
const AGAIN: Duration = Duration::from_mins(15);
/// The longest span in which free times are looked for.
const LONGEST: Duration = Duration::from_hours(24 * 62);
/// Most free times that are looked at.
const MOST: usize = 5_000;

/// An entry in the line.
#[derive(Clone, Debug, PartialEq)]
pub struct Place {
    /// The entry. Its `moves` names an appointment only while that stands.
    pub entry: Entry,
    /// Rises with every reason to look at it.
    pub look_no: i64,
    /// Nothing is offered to it now: its customer has a hold to decide about or an appointment that is not agreed yet (one question at a time),
    /// or what was free was refused to them just now.
    pub aside: bool,
    /// When the time started that was offered to it and came to nothing: it is not offered again.
    pub failed: Option<Timestamp>,
}

/// What to offer to whom.
#[derive(Clone, Debug, PartialEq)]
pub struct Offer {
    /// To whom.
    pub entry: Entry,
    /// When it starts.
    pub start: Timestamp,
    /// With whom, if that matters to them.
    pub resource: Option<ResourceId>,
}

/// Returns which free times of a service must be known to serve a line; `None`: none, nobody waits for it.
#[must_use]
pub fn wanted(agenda: &Agenda, line: &[Place], service: ServiceId, now: Timestamp) -> Option<Wanted> {
    let waits = line.iter().filter(|place| place.entry.service == service && !place.aside);
    let spans = waits.map(|place| place.entry.wish.span(agenda.zone));
    let whole = spans.reduce(|one, other| Span { start: one.start.min(other.start), end: one.end.max(other.end) })?;
    let within = Span { start: whole.start.max(now), end: whole.end.min(now.after(LONGEST)) };
    (within.start < within.end).then_some(Wanted { service, within, resource: None, moving: None, limit: MOST })
}

/// Returns the first offer that can be made now: to the first in line, the earliest time that fits. `free` are free times, earliest first;
/// `skip` are those who were refused while we looked. The line is in order.
#[must_use]
pub fn next_offer(agenda: &Agenda, line: &[Place], free: &[Slot], skip: &[WaitlistId], now: Timestamp) -> Option<Offer> {
    if quiet_until(&agenda.rules, agenda.zone, now).is_some() {
        return None;
    }
    let mut turns = line.iter().filter(|place| !place.aside && !skip.contains(&place.entry.id));
    turns.find_map(|place| {
        let entry = &place.entry;
        let slot = free.iter().find(|slot| place.failed != Some(slot.span.start) && fits(agenda, entry, slot))?;
        let resource = entry.resources.iter().copied().find(|wanted| slot.free.iter().flatten().any(|free| free == wanted));
        Some(Offer { entry: entry.clone(), start: slot.span.start, resource })
    })
}

/// Returns true if a free time would do for an entry.
fn fits(agenda: &Agenda, entry: &Entry, slot: &Slot) -> bool {
    let by = |wanted: &ResourceId| slot.free.iter().flatten().any(|free| free == wanted);
    slot.service == entry.service
        && entry.wish.fits(agenda.zone, slot.span.start)
        && (entry.resources.is_empty() || entry.resources.iter().any(by))
}

/// Returns when an entry for which nothing was found must be looked at again without another reason; `None`: never, its days have passed.
#[must_use]
pub fn next_look(agenda: &Agenda, entry: &Entry, now: Timestamp) -> Option<Timestamp> {
    let ends = entry.wish.ends(agenda.zone);
    if ends <= now {
        return None;
    }
    let again = quiet_until(&agenda.rules, agenda.zone, now).unwrap_or_else(|| now.after(AGAIN));
    Some(again.min(ends))
}
