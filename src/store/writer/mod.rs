//! The group-commit writer: one per process, on its own thread. Everything the engine writes goes through it.
//!
//! A batch is what queued up during the previous commit; there is no artificial wait. The writer never decides what a message means.

mod batch;
mod called_back;
mod claim;
mod command;
mod commit;
pub(in crate::store) mod counts;
mod failure;
pub(in crate::store) mod feed;
mod held;
mod ingest;
mod mark;
mod meter;
mod queue;
mod run;
mod status;

use crate::domain::ids::InboxId;
use crate::ports::ids::IdSource;
use crate::ports::store::{
    ClaimOutbox, Claimed, CommandAccepted, CommitError, CommitStep, Committed, Ingest, Ingested, MarkOutbox, Marked, NewCommand, Published,
    StoreError,
};
use crate::store::Store;
use crate::store::bookings::{Agendas, Wish};
use crate::store::scope::{Role, assume, store_error};
pub(crate) use failure::{is_away, is_passing, name_of};
use futures::future::BoxFuture;
use queue::{Acted, Job, Op, Share, Shares};
pub(crate) use queue::{Statuses, StatusesApplied};
pub(crate) use run::Connections;
use sea_orm::{DatabaseConnection, DatabaseTransaction, DbErr, SqliteTransactionMode, TransactionOptions, TransactionTrait};
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{broadcast, mpsc, oneshot};

/// How long a caller waits for an answer before it is told *unknown*.
const ANSWER_WITHIN: Duration = Duration::from_secs(10);
/// An inbox may hold one part in this many of the queue.
const INBOX_PARTS: usize = 8;
/// Events kept for a slow listener of the feed.
const FEED: usize = 4096;

/// How the writer batches.
#[derive(Clone, Copy, Debug)]
pub struct WriterOptions {
    /// Most operations waiting; one more is refused.
    pub queue: usize,
    /// Most operations in one commit.
    pub batch: usize,
}

impl Default for WriterOptions {
    fn default() -> Self {
        Self { queue: 4096, batch: 512 }
    }
}

/// The writer's handle.
pub(crate) struct Writer {
    queue: mpsc::Sender<Op>,
    shares: Shares,
    per_inbox: usize,
    /// Solo operations on PostgreSQL have connections of their own: their locks must not hold up the batches.
    solo: Option<DatabaseConnection>,
    feed: broadcast::Sender<Arc<Published>>,
    pub(in crate::store) meter: Arc<meter::Meter>,
}

impl Writer {
    /// Starts the writer's thread; `connect` runs there, so that its connections belong to its runtime.
    pub async fn start<F>(
        connect: F,
        solo: Option<DatabaseConnection>,
        (ids, agendas): (Arc<dyn IdSource>, Agendas),
        options: WriterOptions,
    ) -> Result<Self, DbErr>
    where
        F: Future<Output = Result<Connections, DbErr>> + Send + 'static,
    {
        // One half is the channel, the other what the loop holds sorted by tenant.
        let room = (options.queue / 2).max(1);
        let (queue, waiting) = mpsc::channel(options.queue.saturating_sub(room).max(1));
        let (feed, _) = broadcast::channel(FEED);
        let (started, start) = oneshot::channel();
        let publish = feed.clone();
        let meter = Arc::new(meter::Meter::default());
        let measure = Arc::clone(&meter);
        let serve = move |runtime: tokio::runtime::Runtime| {
            runtime.block_on(async move {
                let (told, to) = match connect.await {
                    Ok(to) => (started.send(Ok(())), to),
                    Err(error) => return drop(started.send(Err(error))),
                };
                if told.is_ok() {
                    run::Loop::new(to, (ids, agendas), [options.batch.max(1), room], publish, measure).serve(waiting).await;
                }
            });
        };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|error| DbErr::Custom(error.to_string()))?;
        let thread = std::thread::Builder::new().name("store-writer".to_owned()).spawn(move || serve(runtime));
        thread.map_err(|error| DbErr::Custom(error.to_string()))?;
        start.await.map_err(|error| DbErr::Custom(error.to_string()))??;
        Ok(Self { queue, shares: Shares::default(), per_inbox: (options.queue / INBOX_PARTS).max(1), solo, feed, meter })
    }

    /// Listens to every numbered event that this process commits, in order of commit.
    pub fn subscribe(&self) -> broadcast::Receiver<Arc<Published>> {
        self.feed.subscribe()
    }

    /// Returns how many operations wait.
    pub fn waiting(&self) -> usize {
        self.queue.max_capacity().saturating_sub(self.queue.capacity()) + self.meter.held()
    }

    fn push(&self, op: Op) -> Result<(), StoreError> {
        self.queue.try_send(op).map_err(|error| match error {
            mpsc::error::TrySendError::Full(_) => {
                self.meter.refused();
                StoreError::Busy
            }
            mpsc::error::TrySendError::Closed(_) => StoreError::Unknown,
        })
    }

    async fn ask<Q, A, E: From<StoreError>>(&self, ask: Q, wrap: impl FnOnce(Job<Q, A, E>) -> Op) -> Result<A, E> {
        let (answer, answered) = oneshot::channel();
        self.push(wrap(Job { ask, answer }))?;
        match tokio::time::timeout(ANSWER_WITHIN, answered).await {
            Ok(Ok(answer)) => answer,
            Ok(Err(_)) | Err(_) => Err(StoreError::Unknown.into()),
        }
    }

    /// Asks even while the queue is full: what is already paid for (an answer of a model, a call of a channel) waits for its place instead
    /// of being thrown away.
    async fn ask_patiently<Q, A, E: From<StoreError>>(&self, ask: Q, wrap: impl FnOnce(Job<Q, A, E>) -> Op) -> Result<A, E> {
        let (answer, answered) = oneshot::channel();
        let op = wrap(Job { ask, answer });
        let asked = async {
            self.queue.send(op).await.ok()?;
            answered.await.ok()
        };
        match tokio::time::timeout(ANSWER_WITHIN, asked).await {
            Ok(Some(answer)) => answer,
            Ok(None) | Err(_) => Err(StoreError::Unknown.into()),
        }
    }

    /// Takes one operation's part of what an inbox may hold of the queue.
    fn share(&self, inbox: InboxId) -> Result<Share, StoreError> {
        self.shares.take(inbox, self.per_inbox).ok_or(StoreError::InboxBusy)
    }

    pub async fn ingest(&self, ingest: Ingest) -> Result<Vec<Ingested>, StoreError> {
        let share = self.share(ingest.inbox)?;
        self.ask(ingest, |job| Op::Ingest(job, share)).await
    }

    pub async fn statuses(&self, statuses: Statuses) -> Result<StatusesApplied, StoreError> {
        let share = self.share(statuses.inbox)?;
        self.ask(statuses, |job| Op::Statuses(job, share)).await
    }

    pub async fn command(&self, command: NewCommand) -> Result<CommandAccepted, StoreError> {
        let share = self.share(command.inbox)?;
        self.ask(Box::new(command), |job| Op::Command(job, share)).await
    }

    pub async fn commit(&self, step: CommitStep) -> Result<Committed, CommitError> {
        self.ask_patiently(Box::new(step), Op::Commit).await
    }

    pub async fn claim(&self, claim: ClaimOutbox) -> Result<Claimed, StoreError> {
        self.ask_patiently(claim, Op::Claim).await
    }

    /// Carries out an act on the book, where transactions run in place.
    pub async fn act(&self, wish: Wish) -> Result<Acted, StoreError> {
        self.ask(wish, Op::Act).await
    }

    pub async fn mark(&self, mark: MarkOutbox) -> Result<Marked, StoreError> {
        self.ask_patiently(mark, Op::Mark).await
    }
}

/// Opens a transaction that will write: on SQLite it takes the lock at once instead of failing later.
pub(super) async fn begin(db: &DatabaseConnection) -> Result<DatabaseTransaction, DbErr> {
    let options = TransactionOptions { sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate), ..Default::default() };
    db.begin_with_options(options).await
}

/// Carries out one solo operation in its transaction.
async fn alone<T, F>(tx: DatabaseTransaction, role: Role, change: F) -> Result<T, DbErr>
where
    F: for<'a> FnOnce(&'a DatabaseTransaction) -> BoxFuture<'a, Result<T, DbErr>> + Send,
{
    assume(&tx, role).await?;
    match change(&tx).await {
        Ok(answer) => tx.commit().await.map(|()| answer),
        Err(error) => {
            tx.rollback().await?;
            Err(error)
        }
    }
}

impl Store {
    /// Runs one operation in a transaction of its own: on SQLite between two batches, on PostgreSQL beside them.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn solo<T, F>(&self, role: Role, change: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: for<'a> FnOnce(&'a DatabaseTransaction) -> BoxFuture<'a, Result<T, DbErr>> + Send + 'static,
    {
        self.solo_told(role, change).await?.map_err(store_error)
    }

    /// As [`Store::solo`], for callers to whom it matters why the database refused: nothing was written then.
    pub(in crate::store) async fn solo_told<T, F>(&self, role: Role, change: F) -> Result<Result<T, DbErr>, StoreError>
    where
        T: Send + 'static,
        F: for<'a> FnOnce(&'a DatabaseTransaction) -> BoxFuture<'a, Result<T, DbErr>> + Send + 'static,
    {
        let writer = &self.inner.writer;
        if let Some(db) = &writer.solo {
            let tx = begin(db).await.map_err(store_error)?;
            return Ok(alone(tx, role, change).await);
        }
        let (answer, answered) = oneshot::channel();
        writer.push(Op::Solo(Box::new(move |tx| {
            Box::pin(async move { drop(answer.send(alone(tx, role, change).await)) }) as BoxFuture<'static, ()>
        })))?;
        match tokio::time::timeout(ANSWER_WITHIN, answered).await {
            Ok(Ok(answer)) => Ok(answer),
            Ok(Err(_)) | Err(_) => Err(StoreError::Unknown),
        }
    }

    /// Listens to every numbered event that this process commits, in order of commit. A listener that lags must read the timeline.
    #[must_use]
    pub fn subscribe(&self) -> broadcast::Receiver<Arc<Published>> {
        self.inner.writer.subscribe()
    }
}
