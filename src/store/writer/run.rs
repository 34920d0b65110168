//! The writer's loop: take what is queued, write it in one transaction, answer. A batch that fails is run again one by one.

use crate::domain::booking;
use crate::ports::ids::IdSource;
use crate::ports::spans::TARGET;
use crate::ports::store::{ClaimOutbox, Ingest, MarkOutbox};
use crate::ports::store::{
    Claimed, CommandAccepted, CommitError, CommitStep, Committed, Ingested, Marked, NewCommand, Published, StoreError,
};
use crate::store::bookings::{Agendas, Wish, carry_out};
use crate::store::rows::{Lite, Tx};
use crate::store::scope::{Role, assume, store_error};
use crate::store::writer::batch::{Outcome, Work, apply};
use crate::store::writer::begin;
use crate::store::writer::commit::Desk;
use crate::store::writer::failure::{is_away, is_passing, name_of};
use crate::store::writer::held::Held;
use crate::store::writer::meter::Meter;
use crate::store::writer::queue::{Acted, Job, Op, Share, Solo, Statuses, StatusesApplied};
use futures::FutureExt;
use sea_orm::{DatabaseConnection, DbErr, RuntimeErr};
use std::collections::HashSet;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{broadcast, mpsc};
use tracing::Instrument;
use uuid::Uuid;

/// Where the writer writes.
pub(crate) struct Connections {
    /// Solo operations on SQLite, everything on PostgreSQL.
    pub db: DatabaseConnection,
    /// SQLite's batches: asked in place, because this thread has nothing else to do. The loop writes over one of the two at a time.
    pub lite: Option<Lite>,
}

/// The loop's own things.
pub(super) struct Loop {
    to: Connections,
    ids: Arc<dyn IdSource>,
    agendas: Agendas,
    /// Most operations of one transaction.
    most: usize,
    /// Most operations held beside the queue.
    room: usize,
    feed: broadcast::Sender<Arc<Published>>,
    meter: Arc<Meter>,
}

/// Most time for one transaction.
const LONGEST: Duration = Duration::from_secs(10);

/// Operations of one transaction, by kind.
#[derive(Default)]
pub(super) struct Jobs {
    ingests: Vec<Job<Ingest, Vec<Ingested>>>,
    shares: Vec<Share>,
    statuses: Vec<Job<Statuses, StatusesApplied>>,
    commands: Vec<Job<Box<NewCommand>, CommandAccepted>>,
    commits: Vec<Job<Box<CommitStep>, Committed, CommitError>>,
    claims: Vec<Job<ClaimOutbox, Claimed>>,
    marks: Vec<Job<MarkOutbox, Marked>>,
    /// Steps with an act on the book: each has a transaction of its own, after this one.
    bookings: Vec<Job<Box<CommitStep>, Committed, CommitError>>,
    /// Conversations with a step, and outbox rows with a claim or mark: one each per transaction.
    touched: HashSet<Uuid>,
}

/// Returns true if nobody waits for a step or a claim any more: its caller has decided by then that it was not done. Marks are the truth
/// about a call and are always written.
fn forsaken(op: &Op) -> bool {
    match op {
        Op::Commit(job) => job.answer.is_closed(),
        Op::Claim(job) => job.answer.is_closed(),
        Op::Act(job) => job.answer.is_closed(),
        Op::Ingest(..) | Op::Statuses(..) | Op::Command(..) | Op::Mark(_) | Op::Solo(_) => false,
    }
}

impl Jobs {
    /// Takes an operation, or gives it back for the next transaction.
    pub fn add(&mut self, op: Op) -> Option<Op> {
        if forsaken(&op) {
            return None;
        }
        let name = match &op {
            Op::Commit(job) => Some(job.ask.key.id.0),
            Op::Claim(job) => Some(job.ask.id.0),
            Op::Mark(job) => Some(job.ask.id.0),
            Op::Ingest(..) | Op::Statuses(..) | Op::Command(..) | Op::Act(_) | Op::Solo(_) => None,
        };
        if name.is_some_and(|name| !self.touched.insert(name)) {
            return Some(op);
        }
        match op {
            Op::Ingest(job, share) => {
                self.ingests.push(job);
                self.shares.push(share);
            }
            Op::Statuses(job, share) => {
                self.statuses.push(job);
                self.shares.push(share);
            }
            Op::Command(job, share) => {
                self.commands.push(job);
                self.shares.push(share);
            }
            Op::Commit(job) if job.ask.writes.booking.is_some() => self.bookings.push(job),
            Op::Commit(job) => self.commits.push(job),
            Op::Claim(job) => self.claims.push(job),
            Op::Mark(job) => self.marks.push(job),
            Op::Act(_) | Op::Solo(_) => return Some(op),
        }
        None
    }

    pub const fn len(&self) -> usize {
        let rows = self.ingests.len() + self.statuses.len() + self.commands.len() + self.claims.len() + self.marks.len();
        rows + self.commits.len() + self.bookings.len()
    }

    /// Takes the steps out that stand alone.
    fn alone(&mut self) -> Vec<Self> {
        std::mem::take(&mut self.bookings).into_iter().map(|job| Self { commits: vec![job], ..Self::default() }).collect()
    }

    fn work<'a>(&'a self, desk: Desk<'a>) -> Work<'a> {
        Work {
            desk,
            ingests: self.ingests.iter().map(|job| &job.ask).collect(),
            statuses: self.statuses.iter().map(|job| &job.ask).collect(),
            commands: self.commands.iter().map(|job| &*job.ask).collect(),
            commits: self.commits.iter().map(|job| &*job.ask).collect(),
            claims: self.claims.iter().map(|job| &job.ask).collect(),
            marks: self.marks.iter().map(|job| &job.ask).collect(),
        }
    }

    /// Answers every operation with what it came to.
    fn answer(self, outcome: Outcome) {
        send_all(self.ingests, outcome.ingests.into_iter().map(Ok));
        send_all(self.statuses, outcome.statuses.into_iter().map(Ok));
        send_all(self.commands, outcome.commands.into_iter().map(Ok));
        send_all(self.commits, outcome.commits);
        send_all(self.claims, outcome.claims.into_iter().map(Ok));
        send_all(self.marks, outcome.marks.into_iter().map(Ok));
    }

    fn fail(self, error: &StoreError) {
        fail_all(self.ingests, error);
        fail_all(self.statuses, error);
        fail_all(self.commands, error);
        fail_all(self.commits, error);
        fail_all(self.claims, error);
        fail_all(self.marks, error);
    }

    /// Cuts the operations into transactions of one, in the order in which a batch applies them.
    fn singles(self) -> Vec<Self> {
        let mut singles = Vec::with_capacity(self.len());
        singles.extend(self.marks.into_iter().map(|job| Self { marks: vec![job], ..Self::default() }));
        singles.extend(self.statuses.into_iter().map(|job| Self { statuses: vec![job], ..Self::default() }));
        singles.extend(self.ingests.into_iter().map(|job| Self { ingests: vec![job], ..Self::default() }));
        singles.extend(self.commands.into_iter().map(|job| Self { commands: vec![job], ..Self::default() }));
        singles.extend(self.commits.into_iter().map(|job| Self { commits: vec![job], ..Self::default() }));
        singles.extend(self.claims.into_iter().map(|job| Self { claims: vec![job], ..Self::default() }));
        singles
    }
}

/// A caller that has gone away hears nothing: its operation stands all the same.
fn send_all<Q, A, E>(jobs: Vec<Job<Q, A, E>>, answers: impl IntoIterator<Item = Result<A, E>>) {
    for (job, answer) in jobs.into_iter().zip(answers) {
        drop(job.answer.send(answer));
    }
}

fn fail_all<Q, A, E: From<StoreError>>(jobs: Vec<Job<Q, A, E>>, error: &StoreError) {
    for job in jobs {
        drop(job.answer.send(Err(error.clone().into())));
    }
}

impl Loop {
    pub fn new(
        to: Connections,
        (ids, agendas): (Arc<dyn IdSource>, Agendas),
        [most, room]: [usize; 2],
        feed: broadcast::Sender<Arc<Published>>,
        meter: Arc<Meter>,
    ) -> Self {
        Self { to, ids, agendas, most, room, feed, meter }
    }

    /// Serves until every handle is gone and the queue is empty.
    pub async fn serve(self, mut waiting: mpsc::Receiver<Op>) {
        let mut held = Held::default();
        loop {
            if held.is_empty() {
                match waiting.recv().await {
                    Some(op) => held.push(op),
                    None => return,
                }
            }
            while held.len() < self.room
                && let Ok(op) = waiting.try_recv()
            {
                held.push(op);
            }
            let (mut jobs, alone) = held.take(self.most);
            self.meter.holds(held.len());
            let bookings = jobs.alone();
            self.write(jobs).await;
            for booking in bookings {
                self.booking(booking).await;
            }
            for op in alone.into_iter().filter(|op| !forsaken(op)) {
                self.alone(op).await;
            }
        }
    }

    async fn alone(&self, op: Op) {
        match op {
            Op::Act(job) => self.act(job).await,
            Op::Solo(solo) => self.solo(solo).await,
            // These share a transaction: they are never put here.
            Op::Ingest(..) | Op::Statuses(..) | Op::Command(..) | Op::Commit(_) | Op::Claim(_) | Op::Mark(_) => {}
        }
    }

    async fn act(&self, Job { ask, answer }: Job<Wish, Acted>) {
        let run = AssertUnwindSafe(self.act_in_place(&ask)).catch_unwind().await;
        let came_to = match run.unwrap_or_else(|_| Err(DbErr::Custom("the writer panicked".to_owned()))) {
            Ok(outcome) => Ok(Some(outcome)),
            Err(DbErr::RecordNotUpdated) => Ok(None),
            Err(error) => Err(store_error(error)),
        };
        drop(answer.send(came_to));
    }

    async fn act_in_place(&self, wish: &Wish) -> Result<booking::Outcome, DbErr> {
        let lite = self.to.lite.as_ref().ok_or_else(|| DbErr::Custom("no connection in place".to_owned()))?;
        let begun = lite.begin()?;
        let outcome = carry_out(Tx::lite(lite, &*self.ids), &self.agendas, wish).await?;
        begun.commit()?;
        Ok(outcome)
    }

    async fn solo(&self, solo: Solo) {
        match begin(&self.to.db).await {
            Ok(tx) => {
                if AssertUnwindSafe(solo(tx)).catch_unwind().await.is_err() {
                    tracing::error!("a solo operation of the store panicked");
                }
            }
            // The dropped operation tells its caller that the outcome is unknown.
            Err(error) => tracing::warn!(error = name_of(&error), "could not begin a transaction"),
        }
    }

    async fn write(&self, jobs: Jobs) {
        match jobs.len() {
            0 => {}
            1 => self.single(jobs).await,
            _ => match self.attempt(&jobs, false).await {
                Ok(outcome) => self.done(jobs, outcome),
                Err(error) if is_away(&error) => jobs.fail(&StoreError::Unknown),
                Err(error) => {
                    tracing::warn!(error = name_of(&error), operations = jobs.len(), "a batch failed: its operations run one by one");
                    for single in jobs.singles() {
                        self.single(single).await;
                    }
                }
            },
        }
    }

    async fn single(&self, jobs: Jobs) {
        let came_to = self.attempt(&jobs, false).await;
        self.end(jobs, came_to);
    }

    /// One step with an act on the book. What was quicker than the first try is seen by the second; who loses twice hears that it is taken.
    async fn booking(&self, jobs: Jobs) {
        let mut came_to = self.attempt(&jobs, false).await;
        for taken in [false, true] {
            if matches!(came_to, Err(DbErr::RecordNotUpdated)) {
                came_to = self.attempt(&jobs, taken).await;
            }
        }
        self.end(jobs, came_to);
    }

    /// Answers operations that had a transaction of their own.
    fn end(&self, jobs: Jobs, came_to: Result<Outcome, DbErr>) {
        match came_to {
            Ok(outcome) => self.done(jobs, outcome),
            Err(error) if is_away(&error) || is_passing(&error) => jobs.fail(&StoreError::Unknown),
            Err(error) => {
                tracing::error!(error = name_of(&error), "the database refused an operation");
                jobs.fail(&store_error(error));
            }
        }
    }

    fn done(&self, jobs: Jobs, mut outcome: Outcome) {
        for event in std::mem::take(&mut outcome.published) {
            // Nobody listens: nothing to do, the timeline has it.
            drop(self.feed.send(event));
        }
        jobs.answer(outcome);
    }

    /// One transaction; nothing stands if it fails. `taken`: acts on the book are refused without being looked at.
    async fn attempt(&self, jobs: &Jobs, taken: bool) -> Result<Outcome, DbErr> {
        let work = jobs.work(Desk { agendas: &self.agendas, taken });
        let span = tracing::trace_span!(target: TARGET, "commit", operations = jobs.len());
        let run = AssertUnwindSafe(self.transaction(&work)).catch_unwind().instrument(span);
        let began = self.meter.begin();
        let outcome = match tokio::time::timeout(LONGEST, run).await {
            Ok(run) => run.unwrap_or_else(|_| Err(DbErr::Custom("the writer panicked".to_owned()))),
            // A database that does not answer must not hold up what comes after; what became of this is unknown.
            Err(_) => Err(DbErr::Conn(RuntimeErr::Internal("no answer in time".to_owned()))),
        };
        self.meter.end(began, jobs.len(), outcome.is_ok());
        outcome
    }

    async fn transaction(&self, work: &Work<'_>) -> Result<Outcome, DbErr> {
        match &self.to.lite {
            Some(lite) => self.in_place(lite, work).await,
            None => self.by_driver(work).await,
        }
    }

    /// On SQLite: undone by being dropped.
    async fn in_place(&self, lite: &Lite, work: &Work<'_>) -> Result<Outcome, DbErr> {
        let begun = lite.begin()?;
        let outcome = apply(Tx::lite(lite, &*self.ids), work).await?;
        work.points(["c2_before_commit", "c5_before_commit", "c8_before_commit", "booking_before_commit"]);
        begun.commit()?;
        work.points(["c2_after_commit", "c5_after_commit", "c8_after_commit", "booking_after_commit"]);
        Ok(outcome)
    }

    async fn by_driver(&self, work: &Work<'_>) -> Result<Outcome, DbErr> {
        let tx = begin(&self.to.db).await?;
        assume(&tx, Role::Engine).await?;
        match apply(Tx::new(&tx, &*self.ids), work).await {
            Ok(outcome) => {
                work.points(["c2_before_commit", "c5_before_commit", "c8_before_commit", "booking_before_commit"]);
                tx.commit().await?;
                work.points(["c2_after_commit", "c5_after_commit", "c8_after_commit", "booking_after_commit"]);
                Ok(outcome)
            }
            Err(error) => {
                if let Err(second) = tx.rollback().await {
                    tracing::debug!(error = name_of(&second), "could not roll back");
                }
                Err(error)
            }
        }
    }
}
