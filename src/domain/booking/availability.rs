//! The one function that knows what is free. Listing, holding, confirming and moving all ask it: what is listed can be held, what is refused is
//! not listed.
//!
//! A start is free if it lies on the grid of a resource of the first need, after the notice and before the end of the window, within the
//! limits, and if every need finds a resource of its own that is open, known to be free outside, and has a seat.

use crate::domain::booking::act::Refusal;
use crate::domain::booking::agenda::Service;
use crate::domain::booking::appointment::{Appointment, Seat};
use crate::domain::booking::book::{AROUND, Book, window_end};
use crate::domain::booking::opening::Opening;
use crate::domain::booking::slot::{Slot, Span, Wanted};
use crate::domain::booking::taken::{Ledger, minutes};
use crate::domain::booking::tally::{Days, Tally};
use crate::domain::ids::{AppointmentId, ContactId, ResourceId, ServiceId};
use crate::domain::time::Timestamp;
use std::time::Duration;

/// Which resources will do.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Choice {
    /// Any that the service takes.
    #[default]
    Any,
    /// This one must be among them.
    With(ResourceId),
    /// Only these: the ones that a hold had.
    Only(Vec<ResourceId>),
}

/// A question about one service.
#[derive(Clone, Debug, PartialEq)]
pub struct Ask {
    /// What.
    pub service: ServiceId,
    /// With whom.
    pub choice: Choice,
    /// The appointment that is being moved: it and its holds do not stand in the way.
    pub group: Option<AppointmentId>,
    /// Holds that are given back by the same decision.
    pub apart: Vec<AppointmentId>,
    /// For whom, where the limit of a contact counts.
    pub contact: Option<ContactId>,
}

impl Ask {
    /// Asks for a service with anybody, for nobody in particular.
    #[must_use]
    pub const fn of(service: ServiceId) -> Self {
        Self { service, choice: Choice::Any, group: None, apart: Vec::new(), contact: None }
    }

    /// Returns true if an appointment does not stand in the way of the question.
    fn ignores(&self, row: &Appointment) -> bool {
        self.group == Some(row.group()) || self.apart.contains(&row.id)
    }
}

/// Lists free slots, earliest first, at most `wanted.limit`.
#[must_use]
pub fn slots(book: &Book<'_>, wanted: &Wanted) -> Vec<Slot> {
    let choice = wanted.resource.map_or(Choice::Any, Choice::With);
    let ask = Ask { choice, group: wanted.moving, ..Ask::of(wanted.service) };
    list(book, &ask, wanted.within, wanted.limit)
}

/// Returns the seats that an appointment would take at a start, or why it cannot be had.
pub fn judge(book: &Book<'_>, ask: &Ask, start: Timestamp) -> Result<Vec<Seat>, Refusal> {
    let plan = Plan::new(book, ask, Span { start, end: start })?;
    plan.fit(start).map(|fit| fit.seats).ok_or_else(|| plan.why(start))
}

/// Returns the free slots that are nearest to a start, nearest first.
#[must_use]
pub fn nearest(book: &Book<'_>, ask: &Ask, start: Timestamp, most: usize) -> Vec<Slot> {
    let start = start.max(book.now.before(AROUND));
    let mut found = list(book, ask, Span { start: start.before(AROUND), end: start.after(AROUND) }, usize::MAX);
    found.sort_by_key(|slot| (slot.span.start.micros().abs_diff(start.micros()), slot.span.start));
    found.truncate(most);
    found
}

fn list(book: &Book<'_>, ask: &Ask, within: Span, most: usize) -> Vec<Slot> {
    let Ok(plan) = Plan::new(book, ask, within) else { return Vec::new() };
    let mut slots = Vec::new();
    for start in plan.starts(within) {
        if slots.len() >= most {
            break;
        }
        slots.extend(plan.fit(start).map(|fit| fit.slot));
    }
    slots
}

/// A question with everything that it depends on, sorted.
struct Plan<'a> {
    ask: &'a Ask,
    service: &'a Service,
    now: Timestamp,
    /// The first instant that may be booked, and the first that may no longer.
    window: Span,
    days: Days,
    tally: Tally,
    /// By resource.
    desks: Vec<Desk>,
    /// Places in `desks` by need.
    needs: Vec<Vec<usize>>,
}

/// A resource of the service.
struct Desk {
    opening: Opening,
    ledger: Ledger,
}

/// A start that is free.
struct Fit {
    slot: Slot,
    seats: Vec<Seat>,
}

/// How much must be right for a resource to be tried; each level demands what the one before it does.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Level {
    Open,
    Free,
    Known,
}

impl<'a> Plan<'a> {
    fn new(book: &Book<'a>, ask: &'a Ask, within: Span) -> Result<Self, Refusal> {
        let service = book.agenda.service(ask.service).ok_or(Refusal::UnknownService)?;
        if let Choice::With(resource) = ask.choice
            && (book.agenda.resource(resource).is_none() || !service.resources().any(|id| id == resource))
        {
            return Err(Refusal::UnknownResource);
        }
        let earliest = book.now.after(Duration::from_secs(60 * u64::from(service.min_notice)));
        let first = earliest.max(Timestamp::from_micros(book.now.micros().saturating_add(1)));
        let window = Span { start: first, end: window_end(book.agenda, service, book.now).max(first) };
        let clipped = Span { start: within.start.clamp(window.start, window.end), end: within.end.clamp(window.start, window.end) };
        let days = Days::over(book.agenda.zone, clipped);
        let rows = || book.appointments.iter().filter(|row| !ask.ignores(row));
        let tally = Tally::of(service, &days, ask.contact, book.now, rows());

        let mut ids: Vec<ResourceId> = service.resources().collect();
        ids.sort_unstable();
        ids.dedup();
        ids.retain(|id| book.agenda.resource(*id).is_some());
        let far = Span { start: clipped.start, end: Timestamp::from_micros(clipped.end.micros() + minutes(service.duration)) };
        let mut desks: Vec<Desk> = ids
            .iter()
            .filter_map(|id| book.agenda.resource(*id))
            .map(|resource| Desk { opening: Opening::of(book.agenda, resource, far), ledger: Ledger::new(resource, service, book.busy) })
            .collect();
        for row in rows() {
            for seat in &row.seats {
                if let Ok(at) = ids.binary_search(&seat.resource)
                    && let Some(desk) = desks.get_mut(at)
                {
                    desk.ledger.enter(row, *seat, service, book.now);
                }
            }
        }
        desks.iter_mut().for_each(|desk| desk.ledger.close());
        let needs = service.needs.iter().map(|need| {
            let mut places: Vec<usize> = need.any_of.iter().filter_map(|id| ids.binary_search(id).ok()).collect();
            places.sort_unstable();
            places.dedup();
            places
        });
        Ok(Self { ask, service, now: book.now, window, days, tally, desks, needs: needs.collect() })
    }

    /// Returns every start worth a look within a span, in order, each once.
    fn starts(&self, within: Span) -> Vec<Timestamp> {
        let within = Span { start: within.start.max(self.window.start), end: within.end.min(self.window.end) };
        let first = self.needs.first().into_iter().flatten().filter_map(|at| self.desks.get(*at));
        let mut starts: Vec<Timestamp> = first.flat_map(|desk| desk.opening.starts(within, self.step())).collect();
        starts.sort_unstable();
        starts.dedup();
        starts
    }

    fn step(&self) -> i64 {
        minutes(self.service.step.unwrap_or(self.service.duration).max(1))
    }

    fn span(&self, start: Timestamp) -> Span {
        Span { start, end: Timestamp::from_micros(start.micros().saturating_add(minutes(self.service.duration.max(1)))) }
    }

    /// Returns what a start has to offer; `None`: it is not free.
    fn fit(&self, start: Timestamp) -> Option<Fit> {
        if start < self.window.start || start >= self.window.end {
            return None;
        }
        let day = self.days.number(start)?;
        let left = self.tally.left(self.service, day, self.ask.contact);
        if left == 0 {
            return None;
        }
        let span = self.span(start);
        let week = self.days.week(day);
        let free = self.at(span, Level::Known, |desk| desk.ledger.rank(start, week));
        let chosen = self.assign(&free)?;
        let seats = chosen.iter().filter_map(|at| {
            let ledger = &self.desks.get(*at)?.ledger;
            Some(Seat { resource: ledger.resource, number: ledger.seat(span)?.0 })
        });
        let seats: Vec<Seat> = seats.collect();
        let room = |places: &Vec<usize>| {
            let desks = places.iter().filter_map(|at| self.desks.get(*at));
            desks.filter_map(|desk| desk.ledger.seat(span)).map(|(_, free)| free).fold(0, u32::saturating_add)
        };
        let capacity_left = free.iter().map(room).min().unwrap_or(0).min(left);
        let named = |places: &Vec<usize>| places.iter().filter_map(|at| Some(self.desks.get(*at)?.ledger.resource)).collect();
        let slot = Slot { service: self.service.id, span, free: free.iter().map(named).collect(), capacity_left };
        Some(Fit { slot, seats })
    }

    /// Returns for each need the resources that do at a level, best first.
    fn at<K: Ord>(&self, span: Span, level: Level, rank: impl Fn(&Desk) -> K) -> Vec<Vec<usize>> {
        let does = |nth: usize, desk: &Desk| {
            (nth > 0 || desk.opening.on_grid(span.start, self.step()))
                && desk.opening.contains(span)
                && (level < Level::Free || (desk.ledger.outside_free(span) && desk.ledger.seat(span).is_some()))
                && (level < Level::Known || !desk.ledger.unknown)
                && match &self.ask.choice {
                    Choice::Any | Choice::With(_) => true,
                    Choice::Only(these) => these.contains(&desk.ledger.resource),
                }
        };
        let need = |(nth, places): (usize, &Vec<usize>)| {
            let desks = places.iter().filter_map(|at| Some((*at, self.desks.get(*at)?)));
            let mut ranked: Vec<(K, usize)> = desks.filter(|(_, desk)| does(nth, desk)).map(|(at, desk)| (rank(desk), at)).collect();
            ranked.sort_unstable();
            ranked.into_iter().map(|(_, at)| at).collect()
        };
        self.needs.iter().enumerate().map(need).collect()
    }

    /// Chooses one resource for each need, no resource twice; the one that is asked for is among them.
    fn assign(&self, free: &[Vec<usize>]) -> Option<Vec<usize>> {
        let Choice::With(wanted) = self.ask.choice else { return assign(free) };
        let wanted = self.desks.iter().position(|desk| desk.ledger.resource == wanted)?;
        let has = free.iter().enumerate().filter(|(_, places)| places.contains(&wanted));
        has.map(|(nth, _)| nth).find_map(|nth| {
            let mut fixed = free.to_vec();
            fixed.get_mut(nth)?.retain(|at| *at == wanted);
            assign(&fixed)
        })
    }

    /// Says why a start is not free. Asked only of those that [`Plan::fit`] refuses.
    fn why(&self, start: Timestamp) -> Refusal {
        if start <= self.now {
            return Refusal::Past;
        }
        if start < self.window.start {
            return Refusal::TooSoon;
        }
        if start >= self.window.end {
            return Refusal::TooFar;
        }
        let span = self.span(start);
        let possible = |level| self.assign(&self.at(span, level, |desk| desk.ledger.resource)).is_some();
        if !possible(Level::Open) {
            return Refusal::Closed;
        }
        let left = self.days.number(start).map_or(0, |day| self.tally.left(self.service, day, self.ask.contact));
        if left == 0 {
            return Refusal::LimitReached;
        }
        if possible(Level::Free) { Refusal::CalendarUnknown } else { Refusal::Taken }
    }
}

/// Matches needs and places: the first need has the first choice, unless another need could then not be met.
fn assign(free: &[Vec<usize>]) -> Option<Vec<usize>> {
    let mut owner: Vec<(usize, usize)> = Vec::new();
    for need in 0..free.len() {
        if !place(free, need, &mut Vec::new(), &mut owner) {
            return None;
        }
    }
    owner.sort_unstable();
    (!owner.is_empty()).then(|| owner.into_iter().map(|(_, at)| at).collect())
}

/// Finds a place for a need, moving others that have an alternative. `owner` holds need and place.
fn place(free: &[Vec<usize>], need: usize, seen: &mut Vec<usize>, owner: &mut Vec<(usize, usize)>) -> bool {
    for at in free.get(need).into_iter().flatten() {
        if seen.contains(at) {
            continue;
        }
        seen.push(*at);
        let holder = owner.iter().find(|(_, taken)| taken == at).map(|(holder, _)| *holder);
        if holder.is_none_or(|holder| place(free, holder, seen, owner)) {
            owner.retain(|(who, taken)| *who != need && taken != at);
            owner.push((need, *at));
            return true;
        }
    }
    false
}
