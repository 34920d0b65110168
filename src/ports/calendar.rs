//! Outside calendars, whoever runs them, and the queue of what is to be done in them. The built-in calendar needs none of this.
//!
//! Every call may be repeated: events bear names that are derived from their appointments, so that a second try finds the first.

use crate::domain::booking::{Job, Span};
use crate::domain::ids::{AppointmentId, ResourceId, TenantId};
use crate::domain::time::Timestamp;
use crate::ports::store::StoreError;
use async_trait::async_trait;
use thiserror::Error;
use uuid::Uuid;

/// Whose calendar.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Owner {
    /// The business.
    pub tenant: TenantId,
    /// Its resource.
    pub resource: ResourceId,
}

/// What a calendar says of a span. Anonymous.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FreeBusy {
    /// Busy at these times, events of ours left out.
    Busy(Vec<Span>),
    /// It does not say, in whole or in part: never taken for free.
    Unknown,
}

/// Why something was not done in a calendar.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum CalendarError {
    /// Nobody knows whether it was done, or it was not: to be tried again under the same name.
    #[error("the calendar did not answer: {0}")]
    Unclear(String),
    /// It will not be done, however often it is tried.
    #[error("the calendar refused: {0}")]
    Refused(String),
}

/// An event of ours.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// Its name: letters `a` to `v` and digits only, at most 64.
    pub name: String,
    /// The appointment.
    pub appointment: AppointmentId,
    /// When.
    pub span: Span,
    /// The zone of the business (IANA).
    pub zone: String,
    /// What the owner reads.
    pub title: String,
}

/// What has changed outside since a cursor.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Changes {
    /// Names of events of ours that are gone.
    pub gone: Vec<String>,
    /// Names of events of ours that stand at another time now.
    pub moved: Vec<(String, Span)>,
    /// Where to go on; `None`: begin afresh.
    pub cursor: Option<String>,
}

/// Names the event of an appointment; another generation is another event.
#[must_use]
pub fn event_name(appointment: AppointmentId, generation: i64) -> String {
    format!("r{}{generation:04}", appointment.0.simple())
}

/// The outside calendars of all tenants.
#[async_trait]
pub trait Calendars: Send + Sync {
    /// Asks whether an owner is free in a span. Every failure is [`FreeBusy::Unknown`].
    async fn free_busy(&self, owner: Owner, span: Span) -> FreeBusy;

    /// Makes an event; one of this name that is there already is as good as made.
    ///
    /// # Errors
    /// [`CalendarError`].
    async fn create(&self, owner: Owner, event: &Event) -> Result<(), CalendarError>;

    /// Changes an event to stand as given; one that is gone is made.
    ///
    /// # Errors
    /// [`CalendarError`].
    async fn change(&self, owner: Owner, event: &Event) -> Result<(), CalendarError>;

    /// Removes an event; one that is not there is removed.
    ///
    /// # Errors
    /// [`CalendarError`].
    async fn cancel(&self, owner: Owner, name: &str) -> Result<(), CalendarError>;

    /// Returns what has changed since a cursor.
    ///
    /// # Errors
    /// [`CalendarError`].
    async fn changes_since(&self, owner: Owner, cursor: Option<&str>) -> Result<Changes, CalendarError>;
}

/// A job that is ours until its lease ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TakenJob {
    /// The business.
    pub tenant: TenantId,
    /// The row.
    pub id: Uuid,
    /// What is to be done.
    pub job: Job,
    /// The number of this try, from 1; names the lease.
    pub attempt: i64,
}

/// How a try of a job ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JobEnd {
    /// It is done, or not needed any more.
    Done,
    /// Again, not before this.
    Again(Timestamp),
    /// Given up.
    Dead,
}

/// The queue of jobs for outside calendars.
#[async_trait]
pub trait CalendarJobs: Send + Sync {
    /// Takes due jobs, oldest first: nobody else gets them before `until`.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn take_jobs(&self, now: Timestamp, until: Timestamp, limit: u32) -> Result<Vec<TakenJob>, StoreError>;

    /// Ends a try; nothing happens if the job was taken by another meanwhile, or asked for anew.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn end_job(&self, job: &TakenJob, end: JobEnd) -> Result<(), StoreError>;
}
