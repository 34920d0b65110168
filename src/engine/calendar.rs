//! The worker for outside calendars: takes due jobs, re-checks, makes, changes or removes events, and tells the book what came of it. Every
//! step may be repeated. It never decides what an appointment becomes: the book does, in its own transaction.

use crate::domain::booking::{Act, Actor, Agenda, Appointment, JobKind, Resource, Span, Status, job_now};
use crate::domain::time::Timestamp;
use crate::engine::settings::ms;
use crate::engine::shared::Shared;
use crate::ports::bookings::Bookings;
use crate::ports::calendar::{CalendarError, CalendarJobs, Calendars, Event, FreeBusy, JobEnd, Owner, TakenJob, event_name};
use crate::ports::faults;
use crate::ports::store::StoreError;
use futures::StreamExt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// Jobs that are under way at once.
const PARALLEL: usize = 8;
/// Jobs that are taken at once.
const PAGE: u32 = 32;
/// How long a job is ours: longer than its calls may take.
const LEASE: Duration = Duration::from_secs(60);
/// Most time between two tries.
const LONGEST: Duration = Duration::from_mins(1);
/// Tries of about ten minutes.
const TRIES: i64 = 15;
/// Tries to remove or change an event before people must look.
const MOST_TRIES: i64 = 200;

/// What the worker needs.
#[derive(Clone)]
pub struct CalendarPorts {
    /// The outside calendars.
    pub calendars: Arc<dyn Calendars>,
    /// What is to be done in them.
    pub jobs: Arc<dyn CalendarJobs>,
    /// The book.
    pub book: Arc<dyn Bookings>,
}

/// Why a try of a job came to no end.
enum Stop {
    /// Nobody knows: again under the same name.
    Unclear,
    /// The calendar will not.
    Refused,
    /// Somebody else's event is in the way.
    Busy,
    /// The book could not be read or written.
    Store,
}

impl From<StoreError> for Stop {
    fn from(_: StoreError) -> Self {
        Self::Store
    }
}

impl From<CalendarError> for Stop {
    fn from(error: CalendarError) -> Self {
        match error {
            CalendarError::Unclear(_) => Self::Unclear,
            CalendarError::Refused(_) => Self::Refused,
        }
    }
}

/// Looks for due jobs and does them beside everything else, one look at a time.
pub(crate) fn look(shared: &Arc<Shared>, busy: &Arc<AtomicBool>) {
    let Some(ports) = shared.ports.calendar.clone() else { return };
    if busy.swap(true, Ordering::AcqRel) {
        return;
    }
    let (shared, idle) = (Arc::clone(shared), Idle(Arc::clone(busy)));
    actix::spawn(async move {
        let _idle = idle;
        let now = shared.now();
        match ports.jobs.take_jobs(now, now.after(LEASE), PAGE).await {
            Ok(jobs) => {
                let work = jobs.into_iter().map(|job| run(&shared, &ports, job));
                futures::stream::iter(work).buffer_unordered(PARALLEL).collect::<Vec<()>>().await;
            }
            Err(error) => tracing::warn!(error = %error, "the jobs for outside calendars could not be read"),
        }
    });
}

/// Lets the next look begin, also after a panic.
struct Idle(Arc<AtomicBool>);

impl Drop for Idle {
    fn drop(&mut self) {
        self.0.store(false, Ordering::Release);
    }
}

async fn run(shared: &Arc<Shared>, ports: &CalendarPorts, job: TakenJob) {
    let late = shared.ports.clock.sleep_until(shared.moment().after(ms(shared.settings.send_deadline_ms)));
    let this = Try { ports, job: &job, now: shared.now() };
    let tried = tokio::select! {
        tried = this.run() => tried,
        () = late => Err(Stop::Unclear),
    };
    let again = JobEnd::Again(shared.now().after(backoff(job.attempt)));
    let end = match tried {
        Ok(()) => JobEnd::Done,
        Err(Stop::Store) => again,
        Err(stop) => this.give_up(stop).await.unwrap_or(again),
    };
    if end == JobEnd::Dead {
        tracing::error!(appointment.id = %job.job.appointment, kind = ?job.job.kind, "an outside calendar could not be brought in step");
    }
    if let Err(error) = ports.jobs.end_job(&job, end).await {
        tracing::warn!(error = %error, "a job for an outside calendar is taken again later");
    }
}

fn backoff(attempt: i64) -> Duration {
    let doublings = u32::try_from(attempt.clamp(1, 7) - 1).unwrap_or_default();
    Duration::from_secs(1 << doublings).min(LONGEST)
}

/// One try of a job.
struct Try<'a> {
    ports: &'a CalendarPorts,
    job: &'a TakenJob,
    now: Timestamp,
}

impl Try<'_> {
    async fn run(&self) -> Result<(), Stop> {
        let tenant = self.job.tenant;
        let row = self.ports.book.appointment(tenant, self.job.job.appointment).await?;
        let agenda = self.ports.book.agenda(tenant).await?;
        let Some(agenda) = agenda else { return Ok(()) };
        match (job_now(&self.job.job, row.as_ref()), row) {
            (JobKind::Delete, _) | (_, None) => self.remove(&agenda).await,
            (JobKind::Create, Some(row)) => self.create(&agenda, &row).await,
            (JobKind::Change, Some(row)) => {
                let event = self.event(&agenda, &row);
                for owner in self.owners(&agenda, &row) {
                    self.ports.calendars.change(owner, &event).await?;
                }
                Ok(())
            }
        }
    }

    /// Removes the event wherever it may be: an appointment may have changed hands since.
    async fn remove(&self, agenda: &Agenda) -> Result<(), Stop> {
        let name = event_name(self.job.job.appointment, self.job.job.generation);
        for resource in agenda.resources.iter().filter(|resource| resource.outside_calendar) {
            let owner = Owner { tenant: self.job.tenant, resource: resource.id };
            self.ports.calendars.cancel(owner, &name).await?;
        }
        Ok(())
    }

    async fn create(&self, agenda: &Agenda, row: &Appointment) -> Result<(), Stop> {
        let owners = self.owners(agenda, row);
        if row.status != Status::Confirmed {
            self.recheck(row, &owners).await?;
        }
        let event = self.event(agenda, row);
        faults::hit("calendar_before_create");
        for owner in owners {
            self.ports.calendars.create(owner, &event).await?;
        }
        faults::hit("calendar_after_create");
        self.tell(Act::Settled { id: row.id, generation: self.job.job.generation }).await?;
        faults::hit("calendar_after_settled");
        Ok(())
    }

    /// Asks the calendars once more, freshly: what was free at the hold may be taken now.
    async fn recheck(&self, row: &Appointment, owners: &[Owner]) -> Result<(), Stop> {
        let minutes = |minutes: u32| Duration::from_secs(60 * u64::from(minutes));
        let blocked = Span { start: row.span.start.before(minutes(row.buffer_before)), end: row.span.end.after(minutes(row.buffer_after)) };
        for owner in owners {
            match self.ports.calendars.free_busy(*owner, blocked).await {
                FreeBusy::Unknown => return Err(Stop::Unclear),
                FreeBusy::Busy(spans) if spans.iter().any(|span| span.overlaps(blocked)) => return Err(Stop::Busy),
                FreeBusy::Busy(_) => {}
            }
        }
        Ok(())
    }

    /// Says how a try that failed goes on; what cannot be made is told to the book, which frees the slot or leaves it to an owner.
    async fn give_up(&self, stop: Stop) -> Option<JobEnd> {
        let create = self.job.job.kind == JobKind::Create;
        let reason = match stop {
            Stop::Busy => "external_busy",
            Stop::Refused if create => "calendar_refused",
            Stop::Unclear if create && self.job.attempt >= TRIES => "calendar_unknown",
            Stop::Refused => return Some(JobEnd::Dead),
            Stop::Unclear if self.job.attempt >= MOST_TRIES => return Some(JobEnd::Dead),
            Stop::Unclear | Stop::Store => return None,
        };
        let act = Act::Refused { id: self.job.job.appointment, generation: self.job.job.generation, reason: reason.to_owned() };
        self.tell(act).await.ok().map(|()| JobEnd::Done)
    }

    async fn tell(&self, act: Act) -> Result<(), Stop> {
        self.ports.book.act(self.job.tenant, Actor::System, act, self.now).await?;
        Ok(())
    }

    fn owners(&self, agenda: &Agenda, row: &Appointment) -> Vec<Owner> {
        let outside = |id| agenda.resource(id).is_some_and(|resource: &Resource| resource.outside_calendar);
        let resources = row.seats.iter().map(|seat| seat.resource).filter(|id| outside(*id));
        resources.map(|resource| Owner { tenant: self.job.tenant, resource }).collect()
    }

    fn event(&self, agenda: &Agenda, row: &Appointment) -> Event {
        let service = agenda.service(row.service).map(|service| service.name_in(row.language)).unwrap_or_default();
        let title = row.name.as_deref().map_or_else(|| service.to_owned(), |name| format!("{service}: {name}"));
        Event {
            name: event_name(row.id, self.job.job.generation),
            appointment: row.id,
            span: row.span,
            zone: agenda.zone.name().to_owned(),
            title,
        }
    }
}
