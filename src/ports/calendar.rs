//! Outside calendars, whoever runs them, and the queue of what is to be done in them. The built-in calendar needs none of this.
//!
//! Every call may be repeated: events bear names that are derived from their appointments, so that a second try finds the first. What an
//! adapter must map to what:
//!
//! | here | Google Calendar | CalDAV |
//! |---|---|---|
//! | [`Event::name`] | the event's `id` (base32hex) | the file `<name>.ics` and its UID |
//! | [`Event::appointment`] | `extendedProperties.private`, with `generation` | an `X-` property |
//! | version | `etag`, sent as `If-Match` | strong ETag; asked for with `PROPFIND` where `PUT` gives none |
//! | [`Event::sequence`] | kept by Google itself | `SEQUENCE` |
//! | [`CalendarError::Spent`] | 409 and the event is cancelled, or another appointment's | 412 and another appointment's inside |
//! | [`CalendarError::Gone`] | `status: cancelled`, 404, 410 | 404, 410 |
//! | [`CalendarError::Conflict`] | 412 `conditionNotMet` | 412 |
//! | [`CalendarError::Expired`] | 410 on `list` | `valid-sync-token` |
//! | [`CalendarError::Closed`] | 404 of the calendar, `invalid_grant` | 404 of the collection, 401 |
//! | [`CalendarError::Refused`] | other 403 (no quota), 400 | 403, 507 |
//! | [`CalendarError::Unclear`] | timeout, 5xx, 429, quota | timeout, 5xx |
//! | [`Changes::cursor`] | `nextPageToken` while `more`, then `nextSyncToken` | `sync-token` |

use crate::domain::booking::{Flag, Job, Mark, Span, Theirs};
use crate::domain::ids::{AppointmentId, ResourceId, TenantId};
use crate::domain::time::Timestamp;
use crate::ports::store::StoreError;
use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use thiserror::Error;
use uuid::Uuid;

/// Whose calendar.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Owner {
    /// The business.
    pub tenant: TenantId,
    /// Its resource.
    pub resource: ResourceId,
}

/// What a calendar says of a span. Anonymous.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum FreeBusy {
    /// Busy at these times, events of ours left out.
    Busy(Vec<Span>),
    /// It does not say, in whole or in part: never taken for free.
    Unknown,
}

/// Why something was not done in a calendar.
#[derive(Clone, Debug, PartialEq, Eq, Error, Serialize, Deserialize)]
pub enum CalendarError {
    /// Nobody knows whether it was done, or it was not: to be tried again under the same name.
    #[error("the calendar did not answer: {0}")]
    Unclear(String),
    /// It will not be done, however often it is tried.
    #[error("the calendar refused: {0}")]
    Refused(String),
    /// The calendar itself is gone for good, or closed to us until its owner opens it again.
    #[error("the calendar is closed to us")]
    Closed,
    /// The name was used and deleted, or is another appointment's: only another name can be made.
    #[error("the event's name is spent")]
    Spent,
    /// There is no such event any more.
    #[error("the event is gone")]
    Gone,
    /// Somebody has changed the event since the version that was named.
    #[error("the event was changed outside")]
    Conflict,
    /// The cursor is too old: begin afresh.
    #[error("the cursor has expired")]
    Expired,
}

impl CalendarError {
    /// Returns true if the very same call may succeed later.
    #[must_use]
    pub const fn again(&self) -> bool {
        matches!(self, Self::Unclear(_))
    }
}

/// An event of ours, as it must stand.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
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
    /// One more with every change of the time, from 0.
    pub sequence: i64,
}

/// What has changed outside since a cursor. A page at a time.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Changes {
    /// Names of events that are told as deleted; never one that was merely not seen. Those that are not ours may stand among them.
    pub gone: Vec<String>,
    /// Events of ours that were changed, also by ourselves.
    pub ours: Vec<Theirs>,
    /// When others' events that are new or changed block.
    pub foreign: Vec<Span>,
    /// Where to go on.
    pub cursor: String,
    /// There is more at once.
    pub more: bool,
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

    /// Makes an event and returns it as it stands there. One of this name and appointment that is there already is as good as made, and is left
    /// as it is.
    ///
    /// # Errors
    /// [`CalendarError`]; [`CalendarError::Spent`] if the name cannot be made any more.
    async fn create(&self, owner: Owner, event: &Event) -> Result<Theirs, CalendarError>;

    /// Changes an event to stand as given and returns its new version, if calendars of this kind have one. With `version` only if that still stands.
    ///
    /// # Errors
    /// [`CalendarError`]; [`CalendarError::Gone`], [`CalendarError::Conflict`].
    async fn change(&self, owner: Owner, event: &Event, version: Option<&str>) -> Result<Option<String>, CalendarError>;

    /// Removes an event, whatever was changed in it; one that is not there is removed.
    ///
    /// # Errors
    /// [`CalendarError`].
    async fn cancel(&self, owner: Owner, name: &str) -> Result<(), CalendarError>;

    /// Looks for one event of ours; `None`: it is not there, or was deleted.
    ///
    /// # Errors
    /// [`CalendarError`].
    async fn look(&self, owner: Owner, name: &str) -> Result<Option<Theirs>, CalendarError>;

    /// Returns what has changed since a cursor. Without one nothing is told but the cursor from which later changes will be.
    ///
    /// # Errors
    /// [`CalendarError`]; [`CalendarError::Expired`].
    async fn changes_since(&self, owner: Owner, cursor: Option<&str>) -> Result<Changes, CalendarError>;

    /// Lists every event of ours that overlaps a span: all or an error, never a part.
    ///
    /// # Errors
    /// [`CalendarError`].
    async fn list_ours(&self, owner: Owner, span: Span) -> Result<Vec<Theirs>, CalendarError>;
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

/// A look at what has changed in a calendar, ours until its lease ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TakenPoll {
    /// Whose calendar.
    pub owner: Owner,
    /// Names the lease.
    pub lease: i64,
    /// Where to go on; `None`: begin afresh.
    pub cursor: Option<String>,
    /// Looks that have failed one after the other.
    pub failures: i64,
    /// When everything was compared last.
    pub compared_at: Option<Timestamp>,
}

/// How a look ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PollEnd {
    /// When the next look is due.
    pub due: Timestamp,
    /// The present.
    pub now: Timestamp,
    /// What it came to.
    pub outcome: PollOutcome,
}

/// What a look came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PollOutcome {
    /// Everything up to this cursor is in the book.
    Seen {
        /// The cursor.
        cursor: String,
        /// Everything was compared, not only what has changed.
        compared: bool,
    },
    /// The cursor is worth nothing: begin afresh.
    Afresh,
    /// The calendar could not be seen.
    Failed,
}

/// How a calendar stands, for people.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CalendarState {
    /// When it was last seen.
    pub checked_at: Option<Timestamp>,
    /// Since when it cannot be seen; `None`: it can.
    pub unknown_since: Option<Timestamp>,
}

/// The queue of jobs for outside calendars, and what is known of our events there.
#[async_trait]
pub trait CalendarJobs: Send + Sync {
    /// Takes due jobs, oldest first: nobody else gets them before `until`, nor another job of the same appointment.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn take_jobs(&self, now: Timestamp, until: Timestamp, limit: u32) -> Result<Vec<TakenJob>, StoreError>;

    /// Ends a try; nothing happens if the job was taken by another meanwhile, or asked for anew.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn end_job(&self, job: &TakenJob, end: JobEnd) -> Result<(), StoreError>;

    /// Returns where an appointment's events are, or may be.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn marks(&self, tenant: TenantId, appointment: AppointmentId) -> Result<Vec<Mark>, StoreError>;

    /// Returns our events of a calendar that end after an instant, at most 5,000, earliest first.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn marks_of(&self, owner: Owner, after: Timestamp) -> Result<Vec<Mark>, StoreError>;

    /// Remembers where an event is, or may be.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn put_mark(&self, tenant: TenantId, mark: &Mark) -> Result<(), StoreError>;

    /// Forgets an event that is not there any more.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn drop_mark(&self, tenant: TenantId, mark: &Mark) -> Result<(), StoreError>;

    /// Returns true if a job of an appointment is still to be done.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn has_job(&self, tenant: TenantId, appointment: AppointmentId) -> Result<bool, StoreError>;

    /// Tells people of an appointment's trouble, once for each of its versions.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn flag(&self, tenant: TenantId, appointment: AppointmentId, flag: Flag, now: Timestamp) -> Result<(), StoreError>;

    /// Makes sure that a calendar is looked at from now on.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn watch(&self, owner: Owner, now: Timestamp) -> Result<(), StoreError>;

    /// Ends the looks at a calendar.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn unwatch(&self, owner: Owner) -> Result<(), StoreError>;

    /// Takes due looks: nobody else gets them before `until`.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn take_polls(&self, now: Timestamp, until: Timestamp, limit: u32) -> Result<Vec<TakenPoll>, StoreError>;

    /// Ends a look; nothing happens if another has taken it meanwhile.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn end_poll(&self, poll: &TakenPoll, end: PollEnd) -> Result<(), StoreError>;

    /// Returns how a calendar stands; `None`: nobody looks at it.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn calendar_state(&self, owner: Owner) -> Result<Option<CalendarState>, StoreError>;
}
