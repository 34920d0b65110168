//! One try of a job: the event is brought to what its row says now, whatever the row said when the job was written.

use super::{Hands, Stop};
use crate::domain::booking::outside::{Clash, clash};
use crate::domain::booking::{Act, Agenda, Appointment, Flag, JobKind, Mark, Outcome, Span, Status, job_now};
use crate::ports::calendar::{CalendarError, Event, FreeBusy, JobEnd, Owner, TakenJob, event_name};
use crate::ports::faults;
use std::sync::Arc;
use std::time::Duration;

/// Tries of about ten minutes.
const TRIES: i64 = 15;
/// Tries to remove or change an event before people must look.
const MOST_TRIES: i64 = 200;
/// How often a row may change, or an event be edited outside, while a job is at it, before it is left for later.
const ROUNDS: usize = 4;

/// One try of a job.
pub(super) struct Try<'a> {
    pub hands: Hands<'a>,
    pub job: &'a TakenJob,
}

impl Try<'_> {
    pub async fn run(&self) -> Result<(), Stop> {
        for _ in 0..ROUNDS {
            let row = self.row().await?;
            match (job_now(&self.job.job, row.as_ref()), row) {
                (JobKind::Delete, _) | (_, None) => return self.remove().await,
                (JobKind::Create, Some(row)) => return self.create(&row).await,
                (JobKind::Change, Some(row)) => {
                    self.change(&row).await?;
                    // The row may have moved on meanwhile: the last version wins.
                    if self.row().await?.is_some_and(|now| now.version == row.version) {
                        return Ok(());
                    }
                }
            }
        }
        Err(Stop::Unclear)
    }

    async fn row(&self) -> Result<Option<Appointment>, Stop> {
        Ok(self.hands.ports.book.appointment(self.job.tenant, self.job.job.appointment).await?)
    }

    /// Returns where the events of the job's generation are, or may be: an appointment may have changed hands since, a resource may have been
    /// retired or lost its calendar.
    async fn marks(&self) -> Result<Vec<Mark>, Stop> {
        let marks = self.hands.ports.jobs.marks(self.job.tenant, self.job.job.appointment).await?;
        Ok(marks.into_iter().filter(|mark| mark.generation == self.job.job.generation).collect())
    }

    async fn remove(&self) -> Result<(), Stop> {
        faults::hit("calendar_before_cancel");
        for mark in self.marks().await? {
            self.hands.remove(&mark).await?;
        }
        faults::hit("calendar_after_cancel");
        Ok(())
    }

    async fn create(&self, row: &Appointment) -> Result<(), Stop> {
        let agenda = self.hands.agenda().await?;
        let owners = self.owners(agenda.as_deref(), row)?;
        if row.status != Status::Confirmed {
            self.recheck(row, &owners).await?;
        }
        // A move only asks: its appointment's own event follows with the swap.
        if row.moves.is_none() {
            faults::hit("calendar_before_create");
            for owner in owners {
                self.make(owner, row, agenda.as_ref()).await?;
            }
            faults::hit("calendar_after_create");
        }
        self.hands.act(Act::Settled { id: row.id, generation: self.job.job.generation }).await?;
        faults::hit("calendar_after_settled");
        Ok(())
    }

    /// Makes an event. Where it may be is written down before.
    async fn make(&self, owner: Owner, row: &Appointment, agenda: Option<&Arc<Agenda>>) -> Result<(), Stop> {
        let known = self.marks().await?.into_iter().find(|mark| mark.resource == owner.resource);
        if known.as_ref().is_some_and(|mark| mark.made) {
            return Ok(());
        }
        let event = self.event(agenda, row, 0);
        let mark = Mark {
            appointment: row.id,
            generation: self.job.job.generation,
            resource: owner.resource,
            name: event.name.clone(),
            span: row.span,
            tried: None,
            version: None,
            sequence: 0,
            made: false,
        };
        self.hands.ports.jobs.put_mark(owner.tenant, &mark).await?;
        let there = self.hands.ports.calendars.create(owner, &event).await?;
        let made = Mark { span: there.span, version: there.version, made: true, ..mark };
        self.hands.ports.jobs.put_mark(owner.tenant, &made).await?;
        // An earlier try made it, and the row has moved on since.
        if there.span == row.span { Ok(()) } else { self.put(&made, row, agenda).await }
    }

    /// Asks the calendars once more, freshly: what was free at the hold may be taken now. Events of ours are left out, so an appointment that is
    /// moved does not stand in its own way.
    async fn recheck(&self, row: &Appointment, owners: &[Owner]) -> Result<(), Stop> {
        let minutes = |minutes: u32| Duration::from_secs(60 * u64::from(minutes));
        let blocked = Span { start: row.span.start.before(minutes(row.buffer_before)), end: row.span.end.after(minutes(row.buffer_after)) };
        for owner in owners {
            match self.hands.ports.calendars.free_busy(*owner, blocked).await {
                FreeBusy::Unknown => return Err(Stop::Unclear),
                FreeBusy::Busy(spans) if spans.iter().any(|span| span.overlaps(blocked)) => return Err(Stop::Busy),
                FreeBusy::Busy(_) => {}
            }
        }
        Ok(())
    }

    async fn change(&self, row: &Appointment) -> Result<(), Stop> {
        let agenda = self.hands.agenda().await?;
        faults::hit("calendar_before_change");
        // What was never made is made at the time of its row by its own job.
        for mark in self.marks().await?.into_iter().filter(|mark| mark.made && mark.span != row.span) {
            self.put(&mark, row, agenda.as_ref()).await?;
        }
        faults::hit("calendar_after_change");
        Ok(())
    }

    /// Gives an event the time of its row, and decides again wherever it meets an edit from outside.
    async fn put(&self, mark: &Mark, row: &Appointment, agenda: Option<&Arc<Agenda>>) -> Result<(), Stop> {
        let (jobs, calendars) = (&self.hands.ports.jobs, &self.hands.ports.calendars);
        let (tenant, owner) = (self.job.tenant, self.hands.owner(mark));
        let event = self.event(agenda, row, mark.sequence + 1);
        let mut version = mark.version.clone();
        // Spent even if no answer comes: the calendar may have it, and another time needs a higher one.
        let trying = Mark { tried: Some(row.span), sequence: event.sequence, ..mark.clone() };
        let done = |version| Mark { span: row.span, tried: None, version, sequence: event.sequence, ..mark.clone() };
        for _ in 0..ROUNDS {
            jobs.put_mark(tenant, &trying).await?;
            match calendars.change(owner, &event, version.as_deref()).await {
                Ok(version) => return Ok(jobs.put_mark(tenant, &done(version)).await?),
                Err(CalendarError::Gone) => return self.hands.called_off(mark, row).await,
                Err(CalendarError::Conflict) => {}
                Err(error) => return Err(error.into()),
            }
            let Some(there) = calendars.look(owner, &mark.name).await? else { return self.hands.called_off(mark, row).await };
            match clash(mark, &there, row) {
                Clash::Done => return Ok(jobs.put_mark(tenant, &done(there.version)).await?),
                Clash::Change => {}
                Clash::Overrule => jobs.flag(tenant, row.id, Flag::MovedTwice, self.hands.now).await?,
            }
            version = there.version;
        }
        Err(Stop::Unclear)
    }

    /// Says how a try that failed goes on; what cannot be made is told to the book, which frees the slot or leaves it to an owner.
    pub async fn give_up(&self, stop: Stop) -> Option<JobEnd> {
        if self.job.job.kind == JobKind::Create {
            return self.not_made(&stop).await;
        }
        let flag = match stop {
            Stop::Closed => Flag::Closed,
            Stop::Refused => Flag::Refused,
            Stop::Unclear if self.job.attempt >= MOST_TRIES => Flag::Refused,
            Stop::Unclear | Stop::Store | Stop::Busy | Stop::Spent | Stop::Expired => return None,
        };
        self.raise(flag).await
    }

    async fn not_made(&self, stop: &Stop) -> Option<JobEnd> {
        let (id, generation) = (self.job.job.appointment, self.job.job.generation);
        if matches!(stop, Stop::Spent) {
            return self.hands.act(Act::Anew { id, generation }).await.ok().map(|_| JobEnd::Done);
        }
        let reason = reason(stop, self.job.attempt)?;
        let told = self.hands.act(Act::Refused { id, generation, reason: reason.to_owned() }).await.ok()?;
        // An owner's word has confirmed it already: it stands without its event.
        let stands = matches!(&told, Outcome::Refused { .. });
        match (stop, stands) {
            (Stop::Refused | Stop::Closed, _) => self.raise(Flag::Refused).await,
            // The owner has been asked; whatever they say, the event is still wanted.
            (Stop::Unclear, true) => None,
            (_, _) => Some(JobEnd::Done),
        }
    }

    async fn raise(&self, flag: Flag) -> Option<JobEnd> {
        let flagged = self.hands.ports.jobs.flag(self.job.tenant, self.job.job.appointment, flag, self.hands.now).await;
        self.hands.ports.meters.flagged();
        flagged.ok().map(|()| JobEnd::Dead)
    }

    /// Returns whose calendars must have it. Of a resource that nobody knows it cannot be said that it has none.
    fn owners(&self, agenda: Option<&Agenda>, row: &Appointment) -> Result<Vec<Owner>, Stop> {
        let mut owners = Vec::new();
        for resource in row.seats.iter().map(|seat| seat.resource) {
            let known = agenda.and_then(|agenda| agenda.any_resource(resource)).ok_or(Stop::Unclear)?;
            if known.outside_calendar {
                owners.push(Owner { tenant: self.job.tenant, resource });
            }
        }
        Ok(owners)
    }

    fn event(&self, agenda: Option<&Arc<Agenda>>, row: &Appointment, sequence: i64) -> Event {
        let service = agenda.and_then(|agenda| agenda.any_service(row.service)).map(|service| service.name_in(row.language));
        let title = [service, row.name.as_deref()].into_iter().flatten().collect::<Vec<_>>().join(": ");
        Event {
            name: event_name(row.id, self.job.job.generation),
            appointment: row.id,
            span: row.span,
            zone: row.zone.clone(),
            title,
            sequence,
        }
    }
}

/// Says what the book is told of a try that failed; `None`: nothing yet. A try that died takes nothing away: the next one tells.
const fn reason(stop: &Stop, attempt: i64) -> Option<&'static str> {
    match stop {
        Stop::Busy => Some("external_busy"),
        Stop::Refused | Stop::Closed => Some("calendar_refused"),
        Stop::Unclear if attempt >= MOST_TRIES => Some("calendar_refused"),
        Stop::Unclear if attempt >= TRIES => Some("calendar_unknown"),
        Stop::Unclear | Stop::Store | Stop::Expired | Stop::Spent => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ten_minutes_of_silence_are_told_by_whichever_try_comes_through() {
        let of = |attempt| reason(&Stop::Unclear, attempt);
        assert_eq!([of(TRIES - 1), of(TRIES), of(TRIES + 1)], [None, Some("calendar_unknown"), Some("calendar_unknown")]);
        assert_eq!([of(MOST_TRIES - 1), of(MOST_TRIES)], [Some("calendar_unknown"), Some("calendar_refused")]);
        assert_eq!((reason(&Stop::Store, TRIES), reason(&Stop::Busy, 1)), (None, Some("external_busy")));
    }
}
