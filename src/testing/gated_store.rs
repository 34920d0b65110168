//! A store between the engine and the real one that holds, loses and refuses at will. It never changes what is written.

use crate::domain::conversation::echo::OwnSend;
use crate::domain::conversation::effect::{CommandOutcome, InboundState};
use crate::domain::delivery::StatusUpdate;
use crate::domain::ids::{ConversationId, ConversationKey, Epoch, InboundId, InboxId, Partition, TeamId, TenantId};
use crate::domain::routing::Picture;
use crate::domain::time::Timestamp;
use crate::ports::store::{
    ClaimOutbox, Claimed, CommandAccepted, CommitError, CommitStep, Committed, EngineStore, Ingest, Ingested, Loaded, MarkOutbox, Marked,
    NewCommand, NewRow, OutboxRow, Published, StoreError,
};
use crate::testing::gate::Gates;
use async_trait::async_trait;
use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// What the store does to the next commit instead of answering truthfully.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CommitFault {
    /// Writes, but answers that nothing is known.
    LoseAnswer,
    /// Answers at once that nothing is known, and writes when the conversation's [`Place::Late`] is let go.
    Late,
    /// Writes nothing and refuses this one step.
    Refuse,
    /// Writes nothing: the queue is full.
    Busy,
    /// Writes nothing: another writer was faster.
    Stale,
}

/// Where the store can be made to wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// Commits that take new rows into the thread.
    Records,
    /// Commits that send.
    Replies,
    /// Marks of *sending*, before the call.
    Claims,
    /// Marks after the call.
    Marks,
    /// Commits that were given up and land late.
    Late,
    /// Reads of new rows, after the conversation itself was read.
    Looks,
}

/// The decorator.
pub struct GatedStore {
    inner: Arc<dyn EngineStore>,
    gates: Arc<Gates>,
    faults: Mutex<VecDeque<CommitFault>>,
    /// Operations under way in the real store, those that wait at a gate not counted; shared with the stores beside this one.
    under_way: Arc<AtomicUsize>,
}

/// Counts one operation while it lives.
struct Operation(Arc<AtomicUsize>);

impl Drop for Operation {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}

impl GatedStore {
    /// Stands before `inner`, with every gate open.
    #[must_use]
    pub fn before(inner: Arc<dyn EngineStore>) -> Self {
        Self { inner, gates: Arc::default(), faults: Mutex::default(), under_way: Arc::default() }
    }

    /// Stands before another store, as a second process would, with the same gates.
    #[must_use]
    pub fn beside(&self, inner: Arc<dyn EngineStore>) -> Self {
        Self { inner, gates: Arc::clone(&self.gates), faults: Mutex::default(), under_way: Arc::clone(&self.under_way) }
    }

    /// Holds a conversation's writes of a kind.
    pub fn hold(&self, place: Place, id: ConversationId) {
        self.gates.close(&name(place, id));
    }

    /// Lets them go on, those that wait and those to come.
    pub fn let_go(&self, place: Place, id: ConversationId) {
        self.gates.open(&name(place, id));
    }

    /// Returns how many writes wait.
    #[must_use]
    pub fn held(&self, place: Place, id: ConversationId) -> usize {
        self.gates.waiting(&name(place, id))
    }

    /// Returns true while the real store works for an engine: a test's clock that moved now could expire deadlines of milliseconds that
    /// only a busy machine has stretched.
    #[must_use]
    pub fn works(&self) -> bool {
        self.under_way.load(Ordering::Acquire) > 0
    }

    fn operation(&self) -> Operation {
        self.under_way.fetch_add(1, Ordering::AcqRel);
        Operation(Arc::clone(&self.under_way))
    }

    /// Spoils the next commit.
    pub fn then(&self, fault: CommitFault) {
        self.faults.lock().unwrap_or_else(PoisonError::into_inner).push_back(fault);
    }

    fn next_fault(&self) -> Option<CommitFault> {
        self.faults.lock().unwrap_or_else(PoisonError::into_inner).pop_front()
    }
}

fn name(place: Place, id: ConversationId) -> String {
    format!("{place:?}:{id}")
}

#[async_trait]
impl EngineStore for GatedStore {
    async fn ingest(&self, ingest: Ingest) -> Result<Vec<Ingested>, StoreError> {
        let _under_way = self.operation();
        self.inner.ingest(ingest).await
    }

    async fn apply_statuses(
        &self,
        tenant: TenantId,
        inbox: InboxId,
        statuses: Vec<StatusUpdate>,
        at: Timestamp,
    ) -> Result<(Vec<ConversationKey>, Vec<Arc<Published>>), StoreError> {
        let _under_way = self.operation();
        self.inner.apply_statuses(tenant, inbox, statuses, at).await
    }

    async fn add_command(&self, command: NewCommand) -> Result<CommandAccepted, StoreError> {
        let _under_way = self.operation();
        self.inner.add_command(command).await
    }

    async fn command_outcome(&self, tenant: TenantId, id: InboundId) -> Result<Option<CommandOutcome>, StoreError> {
        let _under_way = self.operation();
        self.inner.command_outcome(tenant, id).await
    }

    async fn commit(&self, step: CommitStep) -> Result<Committed, CommitError> {
        if step.writes.inbound.iter().any(|row| row.from == InboundState::New) {
            self.gates.pass(&name(Place::Records, step.key.id)).await;
        }
        if !step.writes.outbox.is_empty() {
            self.gates.pass(&name(Place::Replies, step.key.id)).await;
        }
        match self.next_fault() {
            None => {
                let _under_way = self.operation();
                self.inner.commit(step).await
            }
            Some(CommitFault::LoseAnswer) => {
                let _under_way = self.operation();
                self.inner.commit(step).await?;
                Err(StoreError::Unknown.into())
            }
            Some(CommitFault::Late) => {
                let (inner, gates) = (Arc::clone(&self.inner), Arc::clone(&self.gates));
                tokio::spawn(async move {
                    gates.pass(&name(Place::Late, step.key.id)).await;
                    // Whether it was refused is what the test looks at, in the rows.
                    let _late = inner.commit(step).await;
                });
                Err(StoreError::Unknown.into())
            }
            Some(CommitFault::Refuse) => Err(StoreError::Refused("a test asked for it".to_owned()).into()),
            Some(CommitFault::Busy) => Err(StoreError::Busy.into()),
            Some(CommitFault::Stale) => Err(CommitError::Stale),
        }
    }

    async fn claim_outbox(&self, claim: ClaimOutbox) -> Result<Claimed, StoreError> {
        self.gates.pass(&name(Place::Claims, claim.key.id)).await;
        let _under_way = self.operation();
        self.inner.claim_outbox(claim).await
    }

    async fn mark_outbox(&self, mark: MarkOutbox) -> Result<Marked, StoreError> {
        self.gates.pass(&name(Place::Marks, mark.key.id)).await;
        let _under_way = self.operation();
        self.inner.mark_outbox(mark).await
    }

    async fn fire_timers(&self, parts: &[Partition], at: Timestamp, limit: u32) -> Result<Vec<ConversationKey>, StoreError> {
        let _under_way = self.operation();
        self.inner.fire_timers(parts, at, limit).await
    }

    async fn load(&self, key: ConversationKey) -> Result<Option<Loaded>, StoreError> {
        let _under_way = self.operation();
        self.inner.load(key).await
    }

    async fn front_desk(&self, tenant: TenantId, inbox: InboxId, team: Option<TeamId>) -> Result<Picture, StoreError> {
        let _under_way = self.operation();
        self.inner.front_desk(tenant, inbox, team).await
    }

    async fn hand_out(&self, at: Timestamp, limit: u32) -> Result<Vec<ConversationKey>, StoreError> {
        let _under_way = self.operation();
        self.inner.hand_out(at, limit).await
    }

    async fn version(&self, key: ConversationKey) -> Result<Option<i64>, StoreError> {
        let _under_way = self.operation();
        self.inner.version(key).await
    }

    async fn new_rows(&self, key: ConversationKey) -> Result<Vec<NewRow>, StoreError> {
        self.gates.pass(&name(Place::Looks, key.id)).await;
        let _under_way = self.operation();
        self.inner.new_rows(key).await
    }

    async fn own_sends(&self, key: ConversationKey, since: Timestamp, provider_id: &str) -> Result<Vec<OwnSend>, StoreError> {
        let _under_way = self.operation();
        self.inner.own_sends(key, since, provider_id).await
    }

    async fn unsent(&self, key: ConversationKey) -> Result<Vec<OutboxRow>, StoreError> {
        let _under_way = self.operation();
        self.inner.unsent(key).await
    }

    async fn open_conversations(
        &self,
        parts: &[Partition],
        new_before: Timestamp,
        recorded_before: Timestamp,
        limit: u32,
    ) -> Result<Vec<ConversationKey>, StoreError> {
        let _under_way = self.operation();
        self.inner.open_conversations(parts, new_before, recorded_before, limit).await
    }

    async fn due_outbox(&self, parts: &[Partition], at: Timestamp, limit: u32) -> Result<Vec<OutboxRow>, StoreError> {
        let _under_way = self.operation();
        self.inner.due_outbox(parts, at, limit).await
    }

    async fn claim_partitions(&self, node: &str, parts: &[Partition]) -> Result<Vec<(Partition, Epoch)>, StoreError> {
        let _under_way = self.operation();
        self.inner.claim_partitions(node, parts).await
    }

    async fn heartbeat(&self, node: &str, at: Timestamp) -> Result<Option<Timestamp>, StoreError> {
        let _under_way = self.operation();
        self.inner.heartbeat(node, at).await
    }

    async fn purge(&self, at: Timestamp) -> Result<u64, StoreError> {
        let _under_way = self.operation();
        self.inner.purge(at).await
    }
}
