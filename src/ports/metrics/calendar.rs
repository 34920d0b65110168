//! How it goes with outside calendars: jobs, looks, and what people were told of.

use crate::ports::calendar::{JobEnd, PollOutcome};
use crate::ports::metrics::MetricsError;
use prometheus::{IntCounter, IntCounterVec, Opts, Registry};

/// What is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CalendarWork {
    /// Something to be done in a calendar.
    Job,
    /// A look at what has changed there.
    Poll,
}

/// How it ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WorkEnd {
    /// Done.
    Done,
    /// It is tried again.
    Again,
    /// Given up: people must look.
    Dead,
}

impl WorkEnd {
    /// Reads the end of a job.
    #[must_use]
    pub const fn of_job(end: JobEnd) -> Self {
        match end {
            JobEnd::Done => Self::Done,
            JobEnd::Again(_) => Self::Again,
            JobEnd::Dead => Self::Dead,
        }
    }

    /// Reads the end of a look.
    #[must_use]
    pub const fn of_poll(outcome: &PollOutcome) -> Self {
        match outcome {
            PollOutcome::Seen { .. } => Self::Done,
            PollOutcome::Afresh | PollOutcome::Failed => Self::Again,
        }
    }
}

/// The counters. Cheap to clone: every clone counts in the same.
#[derive(Clone, Debug)]
pub struct CalendarMeters {
    work: IntCounterVec,
    flags: IntCounter,
}

impl CalendarMeters {
    /// Makes the counters without showing them.
    ///
    /// # Errors
    /// [`MetricsError`] for a name that is none.
    pub fn new() -> Result<Self, MetricsError> {
        let opts = Opts::new("recado_calendar_work_total", "Jobs for outside calendars and looks at them, by how they ended");
        let work = IntCounterVec::new(opts, &["work", "end"])?;
        for of in [CalendarWork::Job, CalendarWork::Poll] {
            for end in [WorkEnd::Done, WorkEnd::Again, WorkEnd::Dead] {
                work.with_label_values(&labels(of, end)).inc_by(0);
            }
        }
        let flags = IntCounter::new("recado_calendar_flags_total", "Times that people were told of trouble with an outside calendar")?;
        Ok(Self { work, flags })
    }

    /// Makes the counters and shows them.
    ///
    /// # Errors
    /// [`MetricsError`] if the names are taken.
    pub fn register(registry: &Registry) -> Result<Self, MetricsError> {
        let meters = Self::new()?;
        registry.register(Box::new(meters.work.clone()))?;
        registry.register(Box::new(meters.flags.clone()))?;
        Ok(meters)
    }

    /// Counts one end.
    pub fn count(&self, work: CalendarWork, end: WorkEnd) {
        self.work.with_label_values(&labels(work, end)).inc();
    }

    /// Counts that people were told.
    pub fn flagged(&self) {
        self.flags.inc();
    }
}

const fn labels(work: CalendarWork, end: WorkEnd) -> [&'static str; 2] {
    let work = match work {
        CalendarWork::Job => "job",
        CalendarWork::Poll => "poll",
    };
    let end = match end {
        WorkEnd::Done => "done",
        WorkEnd::Again => "again",
        WorkEnd::Dead => "dead",
    };
    [work, end]
}
