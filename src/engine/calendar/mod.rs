//! The worker for outside calendars: takes due jobs and makes, changes or removes events; takes due looks and brings what owners did there into
//! the book. Every step may be repeated. It never decides what an appointment becomes: the book does, in its own transaction.

mod job;
mod poll;

use crate::domain::booking::{Act, outside::OWNER_CALENDAR};
use crate::domain::booking::{Actor, Agenda, Appointment, Mark, Outcome};
use crate::domain::ids::TenantId;
use crate::domain::time::Timestamp;
use crate::engine::settings::ms;
use crate::engine::shared::{Lookers, Shared};
use crate::ports::bookings::Bookings;
use crate::ports::calendar::{CalendarError, CalendarJobs, Calendars, JobEnd, Owner, PollEnd, PollOutcome, TakenJob, TakenPoll};
use crate::ports::clock::Clock;
use crate::ports::metrics::{CalendarMeters, CalendarWork, WorkEnd};
use crate::ports::store::StoreError;
use futures::StreamExt;
use std::sync::Arc;
use std::time::Duration;

/// Jobs that are under way at once.
const PARALLEL: usize = 8;
/// Jobs that are taken at once.
const PAGE: u32 = 32;
/// How long a look is ours, and a bit less than that how long it may take.
const LOOK_LEASE: Duration = Duration::from_mins(5);
const LOOK_TIME: Duration = Duration::from_mins(4);
/// Most time between two tries.
const LONGEST: Duration = Duration::from_mins(1);

/// What the worker needs.
#[derive(Clone)]
pub struct CalendarPorts {
    /// The outside calendars.
    pub calendars: Arc<dyn Calendars>,
    /// What is to be done in them, and what is known of them.
    pub jobs: Arc<dyn CalendarJobs>,
    /// The book.
    pub book: Arc<dyn Bookings>,
    /// Figures.
    pub meters: CalendarMeters,
}

/// Does what is due. Any number of them may work on one database.
pub struct CalendarWorker {
    ports: CalendarPorts,
    clock: Arc<dyn Clock>,
    /// How long a job may take. It is ours twice as long.
    deadline: Duration,
}

/// Why something came to no end.
#[derive(Debug)]
enum Stop {
    /// Nobody knows: again under the same name.
    Unclear,
    /// The calendar will not.
    Refused,
    /// The calendar is gone for good.
    Closed,
    /// The name can be used no more.
    Spent,
    /// The cursor is worth nothing.
    Expired,
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
            CalendarError::Refused(_) => Self::Refused,
            CalendarError::Closed => Self::Closed,
            CalendarError::Spent => Self::Spent,
            CalendarError::Expired => Self::Expired,
            // Where the last two are to be expected they are answered on the spot.
            CalendarError::Unclear(_) | CalendarError::Gone | CalendarError::Conflict => Self::Unclear,
        }
    }
}

/// Looks for due work and does it beside everything else, one look at a time.
pub(crate) fn look(shared: &Arc<Shared>, lookers: &Lookers) {
    let Some(ports) = shared.ports.calendar.clone() else { return };
    let Some(hand) = lookers.take() else { return };
    let worker = CalendarWorker::new(ports, Arc::clone(&shared.ports.clock), ms(shared.settings.send_deadline_ms));
    let shared = Arc::clone(shared);
    actix::spawn(async move {
        let _hand = hand;
        let _looking = shared.stats.look();
        worker.look().await;
    });
}

impl CalendarWorker {
    /// Makes a worker whose jobs may take so long.
    #[must_use]
    pub const fn new(ports: CalendarPorts, clock: Arc<dyn Clock>, deadline: Duration) -> Self {
        Self { ports, clock, deadline }
    }

    /// Does a page of what is due; returns how much that was.
    pub async fn look(&self) -> usize {
        let now = self.clock.now();
        let jobs = self.ports.jobs.take_jobs(now, now.after(self.deadline * 2), PAGE).await;
        let jobs = jobs.unwrap_or_else(|error| {
            tracing::warn!(error = %error, "the jobs for outside calendars could not be read");
            Vec::new()
        });
        let polls = self.ports.jobs.take_polls(now, now.after(LOOK_LEASE), PAGE).await;
        let polls = polls.unwrap_or_else(|error| {
            tracing::warn!(error = %error, "the looks at outside calendars could not be read");
            Vec::new()
        });
        let count = jobs.len() + polls.len();
        let work = futures::stream::iter(jobs).map(|job| self.job(job)).buffer_unordered(PARALLEL).collect::<Vec<()>>();
        let looks = futures::stream::iter(polls).map(|poll| self.poll(poll)).buffer_unordered(PARALLEL).collect::<Vec<()>>();
        futures::join!(work, looks);
        count
    }

    async fn job(&self, job: TakenJob) {
        let late = self.clock.sleep_until(self.clock.moment().after(self.deadline));
        let this = job::Try { hands: self.hands(job.tenant), job: &job };
        let tried = tokio::select! {
            tried = this.run() => tried,
            () = late => Err(Stop::Unclear),
        };
        let again = JobEnd::Again(self.clock.now().after(backoff(job.attempt)));
        let end = match tried {
            Ok(()) => JobEnd::Done,
            Err(Stop::Store) => again,
            Err(stop) => this.give_up(stop).await.unwrap_or(again),
        };
        self.ports.meters.count(CalendarWork::Job, WorkEnd::of_job(end));
        if end == JobEnd::Dead {
            tracing::error!(appointment.id = %job.job.appointment, kind = ?job.job.kind, "an outside calendar could not be brought in step");
        }
        if let Err(error) = self.ports.jobs.end_job(&job, end).await {
            tracing::warn!(error = %error, "a job for an outside calendar is taken again later");
        }
    }

    async fn poll(&self, poll: TakenPoll) {
        let late = self.clock.sleep_until(self.clock.moment().after(LOOK_TIME));
        let this = poll::Look { hands: self.hands(poll.owner.tenant), poll: &poll };
        let looked = tokio::select! {
            looked = this.run() => looked,
            () = late => Err(Stop::Unclear),
        };
        let (outcome, after) = match looked {
            Ok(None) => return,
            Ok(Some((outcome, more))) => (outcome, if more { Duration::ZERO } else { poll::period(&poll) }),
            Err(Stop::Expired) => (PollOutcome::Afresh, Duration::ZERO),
            Err(stop) => {
                tracing::warn!(resource.id = %poll.owner.resource, why = ?stop, "an outside calendar could not be seen");
                (PollOutcome::Failed, poll::backoff(&poll))
            }
        };
        self.ports.meters.count(CalendarWork::Poll, WorkEnd::of_poll(&outcome));
        let now = self.clock.now();
        if let Err(error) = self.ports.jobs.end_poll(&poll, PollEnd { due: now.after(after), now, outcome }).await {
            tracing::warn!(error = %error, "an outside calendar is looked at again later");
        }
    }

    fn hands(&self, tenant: TenantId) -> Hands<'_> {
        Hands { ports: &self.ports, tenant, now: self.clock.now() }
    }
}

fn backoff(attempt: i64) -> Duration {
    let doublings = u32::try_from(attempt.clamp(1, 7) - 1).unwrap_or_default();
    Duration::from_secs(1 << doublings).min(LONGEST)
}

/// What jobs and looks both do.
struct Hands<'a> {
    ports: &'a CalendarPorts,
    tenant: TenantId,
    now: Timestamp,
}

impl Hands<'_> {
    const fn owner(&self, mark: &Mark) -> Owner {
        Owner { tenant: self.tenant, resource: mark.resource }
    }

    async fn act(&self, act: Act) -> Result<Outcome, Stop> {
        Ok(self.ports.book.act(self.tenant, Actor::System, act, self.now).await?)
    }

    /// Removes an event and forgets it.
    async fn remove(&self, mark: &Mark) -> Result<(), Stop> {
        self.ports.calendars.cancel(self.owner(mark), &mark.name).await?;
        Ok(self.ports.jobs.drop_mark(self.tenant, mark).await?)
    }

    /// Calls an appointment off whose event its owner has deleted; what a direct look finds was not deleted.
    async fn called_off(&self, mark: &Mark, row: &Appointment) -> Result<(), Stop> {
        if self.ports.calendars.look(self.owner(mark), &mark.name).await?.is_some() {
            return Ok(());
        }
        let act = Act::Cancel { id: row.id, version: Some(row.version), reason: OWNER_CALENDAR.to_owned() };
        match self.act(act).await? {
            Outcome::Done { .. } => Ok(self.ports.jobs.drop_mark(self.tenant, mark).await?),
            // Somebody was quicker: looked at again as it stands then.
            Outcome::Refused { .. } | Outcome::Shown { .. } | Outcome::Waiting { .. } => Err(Stop::Unclear),
        }
    }

    async fn agenda(&self) -> Result<Option<Arc<Agenda>>, Stop> {
        Ok(self.ports.book.agenda(self.tenant).await?)
    }
}
