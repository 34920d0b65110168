//! Joining the list: checked against what the business offers, one live wish for each customer and service, bounded.

use crate::domain::booking::act::Refusal;
use crate::domain::booking::agenda::Agenda;
use crate::domain::booking::book::window_end;
use crate::domain::booking::waiting::wish::DAY_END;
use crate::domain::booking::waiting::{Entry, WaitState};
use crate::domain::time::Timestamp;

/// Most live entries of one customer.
const MOST_OF_CONTACT: usize = 5;
/// Most live entries of a business.
const MOST_OF_TENANT: u64 = 500;
/// Most days of a wish.
const MOST_DAYS: i64 = 62;

/// What is live already.
#[derive(Clone, Copy, Debug)]
pub struct Live<'a> {
    /// The customer's live entries.
    pub own: &'a [Entry],
    /// How many the business has.
    pub all: u64,
}

/// Returns the entry as it must stand, and whether that changes anything. A wish that was there keeps its place in the line and takes the new
/// days; one that has just been offered a time stays as it is: that time is to be decided first.
///
/// # Errors
/// Why it cannot be.
pub fn join(agenda: &Agenda, live: Live<'_>, asked: Entry, now: Timestamp) -> Result<(Entry, bool), Refusal> {
    let service = agenda.service(asked.service).ok_or(Refusal::UnknownService)?;
    if asked.resources.iter().any(|wanted| !service.resources().any(|id| id == *wanted)) {
        return Err(Refusal::UnknownResource);
    }
    let wish = asked.wish;
    if wish.last < wish.first || wish.from >= wish.to || wish.to > DAY_END || (wish.last - wish.first).num_days() > MOST_DAYS {
        return Err(Refusal::Closed);
    }
    if wish.ends(agenda.zone) <= now {
        return Err(Refusal::Past);
    }
    if wish.span(agenda.zone).start >= window_end(agenda, service, now) {
        return Err(Refusal::TooFar);
    }
    if let Some(there) = live.own.iter().find(|entry| entry.service == asked.service) {
        let offered = there.state == WaitState::Offered;
        let same = there.wish == asked.wish && there.resources == asked.resources && there.moves == asked.moves;
        if offered || same {
            return Ok((there.clone(), false));
        }
        let kept = Entry { id: there.id, state: there.state, appointment: there.appointment, created_at: there.created_at, ..asked };
        return Ok((Entry { updated_at: now, ..kept }, true));
    }
    if live.own.len() >= MOST_OF_CONTACT {
        return Err(Refusal::TooMany);
    }
    if live.all >= MOST_OF_TENANT {
        return Err(Refusal::LimitReached);
    }
    Ok((Entry { state: WaitState::Waiting, appointment: None, created_at: now, updated_at: now, ..asked }, true))
}
