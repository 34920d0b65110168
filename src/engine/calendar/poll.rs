//! One look at an outside calendar: what its owner changed there comes into the book, and now and then everything is compared both ways.
//!
//! Every finding is acted on by itself and may be repeated; where to go on is kept only once all of a page is in the book.

use super::{Hands, Stop};
use crate::domain::booking::outside::{Loss, Sight, lost, seen, wants};
use crate::domain::booking::{Act, Appointment, Flag, Mark, Outcome, Refusal, Span, Status, Theirs};
use crate::ports::bookings::Filter;
use crate::ports::calendar::{Changes, FreeBusy, PollOutcome, TakenPoll, event_name};
use std::collections::HashMap;
use std::time::Duration;

/// Time between two looks at a calendar that answers.
const EVERY: Duration = Duration::from_mins(1);
/// Time between two comparisons of everything.
const COMPARED_EVERY: Duration = Duration::from_hours(24);
/// Time after a first failure; it doubles.
const FIRST_WAIT: Duration = Duration::from_secs(30);
/// Most time between two looks.
const LONGEST_WAIT: Duration = Duration::from_mins(15);
/// How far ahead events are compared, and how far others' events are looked for.
const AHEAD: Duration = Duration::from_hours(24 * 400);
const FOREIGN_AHEAD: Duration = Duration::from_hours(24 * 60);
/// How long what ended still matters.
const BEHIND: Duration = Duration::from_hours(24);
/// Appointments that are read at once, and at most.
const PAGE: u32 = 1_000;
const MOST_PAGES: usize = 10;

/// Returns when the next look at a calendar that answered is due: calendars are spread over the minute.
pub(super) fn period(poll: &TakenPoll) -> Duration {
    spread(poll, EVERY)
}

/// Returns when the next look at a calendar that did not answer is due.
pub(super) fn backoff(poll: &TakenPoll) -> Duration {
    let doublings = u32::try_from(poll.failures.clamp(0, 6)).unwrap_or_default();
    spread(poll, (FIRST_WAIT * (1 << doublings)).min(LONGEST_WAIT))
}

/// Adds up to a quarter, another one for each calendar and look.
fn spread(poll: &TakenPoll, time: Duration) -> Duration {
    let mixed =
        (poll.owner.resource.0.as_u128() ^ u128::from(poll.lease.unsigned_abs())).wrapping_mul(0x9E37_79B9_7F4A_7C15_F39C_C060_5CED_C835);
    let part = u32::try_from(mixed >> 104).unwrap_or_default() % 1_000;
    time + time / 4_000 * part
}

/// One look.
pub(super) struct Look<'a> {
    pub hands: Hands<'a>,
    pub poll: &'a TakenPoll,
}

impl Look<'_> {
    /// Looks; returns what it came to and whether there is more at once. `None`: nobody needs to look at this calendar any more.
    pub async fn run(&self) -> Result<Option<(PollOutcome, bool)>, Stop> {
        let owner = self.poll.owner;
        let calendars = &self.hands.ports.calendars;
        if !self.is_used().await? {
            self.hands.ports.jobs.unwatch(owner).await?;
            return Ok(None);
        }
        let Some(cursor) = &self.poll.cursor else {
            // The cursor is taken first: what changes while everything is compared is told by the next look.
            let begun = calendars.changes_since(owner, None).await?;
            self.compare().await?;
            return Ok(Some((PollOutcome::Seen { cursor: begun.cursor, compared: true }, begun.more)));
        };
        let changes = calendars.changes_since(owner, Some(cursor)).await?;
        self.apply(&changes).await?;
        let compared = self.poll.compared_at.is_none_or(|at| at.after(spread(self.poll, COMPARED_EVERY)) <= self.hands.now);
        if compared && !changes.more {
            self.compare().await?;
        }
        Ok(Some((PollOutcome::Seen { cursor: changes.cursor, compared: compared && !changes.more }, changes.more)))
    }

    /// A calendar is used as long as its resource says so, or events of ours that have not ended stand in it.
    async fn is_used(&self) -> Result<bool, Stop> {
        let agenda = self.hands.agenda().await?;
        let resource = agenda.as_ref().and_then(|agenda| agenda.resource(self.poll.owner.resource));
        if resource.is_some_and(|resource| resource.outside_calendar) {
            return Ok(true);
        }
        // An event of a retired resource may still be on its way.
        let retired = agenda.as_ref().and_then(|agenda| agenda.any_resource(self.poll.owner.resource));
        if retired.is_some_and(|resource| resource.outside_calendar) && self.stands().await? {
            return Ok(true);
        }
        Ok(!self.hands.ports.jobs.marks_of(self.poll.owner, self.hands.now).await?.is_empty())
    }

    /// Returns true if an appointment of the resource stands, or is about to, that has not ended.
    async fn stands(&self) -> Result<bool, Stop> {
        let filter = Filter {
            within: Some(Span { start: self.hands.now, end: self.hands.now.after(AHEAD) }),
            resource: Some(self.poll.owner.resource),
            status: vec![Status::Confirming, Status::PendingOwner, Status::Confirmed],
            limit: 1,
            ..Filter::default()
        };
        Ok(!self.hands.ports.book.appointments(self.poll.owner.tenant, filter).await?.is_empty())
    }

    async fn marks(&self) -> Result<HashMap<String, Mark>, Stop> {
        let marks = self.hands.ports.jobs.marks_of(self.poll.owner, self.hands.now.before(BEHIND)).await?;
        Ok(marks.into_iter().map(|mark| (mark.name.clone(), mark)).collect())
    }

    async fn apply(&self, changes: &Changes) -> Result<(), Stop> {
        if changes.gone.is_empty() && changes.ours.is_empty() && changes.foreign.is_empty() {
            return Ok(());
        }
        let marks = self.marks().await?;
        for mark in changes.gone.iter().filter_map(|name| marks.get(name)) {
            self.missing(mark).await?;
        }
        for there in &changes.ours {
            self.found(there, marks.get(&there.name)).await?;
        }
        for span in &changes.foreign {
            self.overlapped(*span).await?;
        }
        Ok(())
    }

    /// Compares everything both ways: bookings without their event, events without their booking.
    async fn compare(&self) -> Result<(), Stop> {
        let (owner, now) = (self.poll.owner, self.hands.now);
        let whole = Span { start: now, end: now.after(AHEAD) };
        let listed = self.hands.ports.calendars.list_ours(owner, whole).await?;
        let marks = self.marks().await?;
        for there in &listed {
            self.found(there, marks.get(&there.name)).await?;
        }
        let unlisted = |mark: &&Mark| mark.span.overlaps(whole) && !listed.iter().any(|there| there.name == mark.name);
        for mark in marks.values().filter(unlisted) {
            self.missing(mark).await?;
        }
        let rows = self.rows(whole).await?;
        for row in &rows {
            self.wanted(row).await?;
        }
        let near = Span { end: now.after(FOREIGN_AHEAD), ..whole };
        let FreeBusy::Busy(foreign) = self.hands.ports.calendars.free_busy(owner, near).await else { return Err(Stop::Unclear) };
        for row in rows.iter().filter(|row| foreign.iter().any(|span| span.overlaps(row.span))) {
            self.flag(row, Flag::Overlap).await?;
        }
        Ok(())
    }

    /// The confirmed appointments of the resource.
    async fn rows(&self, within: Span) -> Result<Vec<Appointment>, Stop> {
        let (mut all, mut after) = (Vec::new(), None);
        for _ in 0..MOST_PAGES {
            let filter = Filter {
                within: Some(within),
                resource: Some(self.poll.owner.resource),
                status: vec![Status::Confirmed],
                after,
                limit: PAGE,
                ..Filter::default()
            };
            let page = self.hands.ports.book.appointments(self.poll.owner.tenant, filter).await?;
            after = page.last().map(|row| (row.span.start, row.id));
            let last = page.len() < usize::try_from(PAGE).unwrap_or(usize::MAX);
            all.extend(page);
            if last {
                break;
            }
        }
        Ok(all)
    }

    /// An event is told to be gone, or was not in a whole list.
    async fn missing(&self, mark: &Mark) -> Result<(), Stop> {
        let row = self.hands.ports.book.appointment(self.poll.owner.tenant, mark.appointment).await?;
        match (lost(mark, row.as_ref(), self.hands.now), row) {
            (Loss::Verify, Some(row)) => self.hands.called_off(mark, &row).await,
            // Its own job forgets it, for only that knows whether a call is still under way.
            (Loss::Forget | Loss::Leave | Loss::Verify, _) => Ok(()),
        }
    }

    /// An event of ours was seen.
    async fn found(&self, there: &Theirs, mark: Option<&Mark>) -> Result<(), Stop> {
        let owner = self.poll.owner;
        let row = self.hands.ports.book.appointment(owner.tenant, there.appointment).await?;
        let here = |row: &&Appointment| row.seats.iter().any(|seat| seat.resource == owner.resource);
        let wanting = |row: &&Appointment| {
            let generation = mark.map_or(row.generation, |mark| mark.generation);
            here(row) && wants(row, generation) && there.name == event_name(row.id, generation)
        };
        let Some(row) = row.as_ref().filter(wanting) else { return self.unwanted(there, mark).await };
        let Some(mark) = mark else {
            // A mark that was lost, as with an older backup.
            return self.note(row, there, 0).await;
        };
        match seen(mark, there, row, self.hands.now) {
            Sight::Leave => Ok(()),
            Sight::Note if mark.made && mark.version == there.version && mark.span == there.span => Ok(()),
            Sight::Note if self.hands.ports.jobs.has_job(owner.tenant, row.id).await? => Ok(()),
            Sight::Note => self.note(row, there, mark.sequence).await,
            Sight::Adopt => self.adopt(mark, there, row).await,
            Sight::Flag => self.flag(row, Flag::MovedOutside).await,
        }
    }

    async fn note(&self, row: &Appointment, there: &Theirs, sequence: i64) -> Result<(), Stop> {
        let mark = Mark {
            appointment: row.id,
            generation: row.generation,
            resource: self.poll.owner.resource,
            name: there.name.clone(),
            span: there.span,
            tried: None,
            version: there.version.clone(),
            sequence,
            made: true,
        };
        Ok(self.hands.ports.jobs.put_mark(self.poll.owner.tenant, &mark).await?)
    }

    /// Removes an event that no booking wants, unless a job is about to.
    async fn unwanted(&self, there: &Theirs, mark: Option<&Mark>) -> Result<(), Stop> {
        let owner = self.poll.owner;
        if there.span.end <= self.hands.now || self.hands.ports.jobs.has_job(owner.tenant, there.appointment).await? {
            return Ok(());
        }
        // Read again: a job may have ended between the two looks.
        let row = self.hands.ports.book.appointment(owner.tenant, there.appointment).await?;
        let again = row.is_some_and(|row| there.name == event_name(row.id, row.generation) && wants(&row, row.generation));
        match mark {
            _ if again => Ok(()),
            Some(mark) => self.hands.remove(mark).await,
            None => Ok(self.hands.ports.calendars.cancel(owner, &there.name).await?),
        }
    }

    /// Takes over where the owner has moved an appointment, if it fits the book there.
    async fn adopt(&self, mark: &Mark, there: &Theirs, row: &Appointment) -> Result<(), Stop> {
        let (id, start) = (row.id, there.span.start);
        let act = Act::Move { id, version: Some(row.version), start, resource: Some(self.poll.owner.resource) };
        match self.hands.act(act).await? {
            Outcome::Done { .. } => {
                let moved = Mark { span: there.span, tried: None, version: there.version.clone(), ..mark.clone() };
                Ok(self.hands.ports.jobs.put_mark(self.poll.owner.tenant, &moved).await?)
            }
            Outcome::Refused { why: Refusal::CalendarUnknown | Refusal::Stale, .. } | Outcome::Shown { .. } | Outcome::Waiting { .. } => {
                Err(Stop::Unclear)
            }
            Outcome::Refused { .. } => self.flag(row, Flag::MovedOutside).await,
        }
    }

    /// Makes the event of an appointment that has none, unless a job is about to.
    async fn wanted(&self, row: &Appointment) -> Result<(), Stop> {
        let owner = self.poll.owner;
        if row.span.start <= self.hands.now || self.hands.ports.jobs.has_job(owner.tenant, row.id).await? {
            return Ok(());
        }
        let marks = self.hands.ports.jobs.marks(owner.tenant, row.id).await?;
        if marks.iter().any(|mark| mark.generation == row.generation && mark.resource == owner.resource && mark.made) {
            return Ok(());
        }
        self.hands.act(Act::Anew { id: row.id, generation: row.generation }).await.map(drop)
    }

    /// Somebody else's event is new there: people decide, nothing is called off by it.
    async fn overlapped(&self, span: Span) -> Result<(), Stop> {
        if span.end <= self.hands.now {
            return Ok(());
        }
        let within = Span { start: span.start.max(self.hands.now), end: span.end.min(self.hands.now.after(AHEAD)) };
        for row in self.rows(within).await?.iter().filter(|row| row.span.overlaps(span)) {
            self.flag(row, Flag::Overlap).await?;
        }
        Ok(())
    }

    async fn flag(&self, row: &Appointment, flag: Flag) -> Result<(), Stop> {
        self.hands.ports.meters.flagged();
        tracing::warn!(appointment.id = %row.id, flag = flag.as_str(), "people must look at an appointment");
        Ok(self.hands.ports.jobs.flag(self.poll.owner.tenant, row.id, flag, self.hands.now).await?)
    }
}
