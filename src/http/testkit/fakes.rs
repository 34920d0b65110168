//! What stands behind the door of a test in the place of engine, queue and directory: each answers as it is told and remembers what it was asked.

use super::UNREADABLE;
use crate::domain::conversation::echo::OwnSend;
use crate::domain::conversation::effect::CommandOutcome;
use crate::domain::conversation::event::Happening;
use crate::domain::delivery::StatusUpdate;
use crate::domain::ids::*;
use crate::domain::inbox::{ChannelKind, Tenant};
use crate::domain::time::Timestamp;
use crate::ports::directory::{Directory, InboxEntry};
use crate::ports::engine::{CommandAnswer, Engine, LiveEvent};
use crate::ports::store::*;
use async_trait::async_trait;
use futures::future::BoxFuture;
use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex};
use tokio::sync::broadcast;

/// An engine that answers as it is told and remembers what it was asked.
pub struct FakeEngine {
    pub answers: Mutex<Vec<Result<CommandAnswer, StoreError>>>,
    pub commands: Mutex<Vec<NewCommand>>,
    pub hints: Mutex<Vec<ConversationKey>>,
    pub outbox_hints: Mutex<Vec<ConversationKey>>,
    pub published: Mutex<Vec<Arc<Published>>>,
    pub live: broadcast::Sender<LiveEvent>,
    pub ready: Mutex<bool>,
    /// What the next command does, before it is answered.
    pub meanwhile: Mutex<Option<BoxFuture<'static, ()>>>,
}

impl FakeEngine {
    /// Answers the next command with this.
    pub fn will(&self, answer: Result<CommandAnswer, StoreError>) {
        self.answers.lock().unwrap().push(answer);
    }

    /// Answers the next command as done, perhaps with a message.
    pub fn will_do(&self, seq: Option<i64>, repeat: bool) {
        let outcome = CommandOutcome::Done { changed: true, seq };
        self.will(Ok(CommandAnswer::Done { id: InboundId(uuid::Uuid::nil()), outcome, repeat, may_still_arrive: Vec::new() }));
    }

    /// Returns what the commands said.
    pub fn happenings(&self) -> Vec<Happening> {
        self.commands.lock().unwrap().iter().map(|command| command.happening.clone()).collect()
    }
}

#[async_trait]
impl Engine for FakeEngine {
    fn hint(&self, key: ConversationKey) {
        self.hints.lock().unwrap().push(key);
    }

    fn outbox_hint(&self, key: ConversationKey) {
        self.outbox_hints.lock().unwrap().push(key);
    }

    fn arrived(&self, _: InboxId, _: Vec<(ConversationId, MessageId)>) {}

    fn publish(&self, events: Vec<Arc<Published>>) {
        self.published.lock().unwrap().extend(events);
    }

    async fn command(&self, command: NewCommand) -> Result<CommandAnswer, StoreError> {
        self.commands.lock().unwrap().push(command);
        let meanwhile = self.meanwhile.lock().unwrap().take();
        if let Some(meanwhile) = meanwhile {
            meanwhile.await;
        }
        let mut answers = self.answers.lock().unwrap();
        if answers.is_empty() { Err(StoreError::Unknown) } else { answers.remove(0) }
    }

    fn tell(&self, _: TenantId, event: LiveEvent) {
        drop(self.live.send(event));
    }

    fn subscribe(&self, _tenant: TenantId) -> broadcast::Receiver<LiveEvent> {
        self.live.subscribe()
    }

    fn ready(&self) -> bool {
        *self.ready.lock().unwrap()
    }
}

/// A queue in memory that refuses what it is told to.
#[derive(Default)]
pub struct FakeQueue {
    pub ingests: Mutex<Vec<Ingest>>,
    pub statuses: Mutex<Vec<(InboxId, StatusUpdate)>>,
    seen: Mutex<HashSet<(InboxId, String)>>,
    /// An item with this id makes the database refuse its operation.
    pub poison: Mutex<Option<String>>,
    /// Answers with this after so many more good operations.
    pub failing: Mutex<Option<(usize, StoreError)>>,
}

impl FakeQueue {
    /// Returns the ids of what was made durable, in order.
    pub fn stored(&self) -> Vec<String> {
        let ingests = self.ingests.lock().unwrap();
        ingests.iter().flat_map(|ingest| ingest.items.iter().map(|item| item.external_id.clone())).collect()
    }

    fn fail(&self) -> Result<(), StoreError> {
        let mut failing = self.failing.lock().unwrap();
        match failing.as_mut() {
            Some((0, error)) => Err(error.clone()),
            Some((left, _)) => {
                *left -= 1;
                Ok(())
            }
            None => Ok(()),
        }
    }
}

#[async_trait]
impl EngineStore for FakeQueue {
    async fn ingest(&self, ingest: Ingest) -> Result<Vec<Ingested>, StoreError> {
        self.fail()?;
        let poison = self.poison.lock().unwrap().clone();
        if ingest.items.iter().any(|item| Some(&item.external_id) == poison.as_ref()) {
            return Err(StoreError::Refused("poison".to_owned()));
        }
        let key = ConversationKey { tenant: ingest.tenant, id: ConversationId(ingest.inbox.0), part: Partition(0) };
        let mut seen = self.seen.lock().unwrap();
        let new = ingest.items.iter().map(|item| seen.insert((ingest.inbox, item.external_id.clone())));
        let outcomes = new.map(|new| if new { Ingested::Accepted(key) } else { Ingested::Duplicate }).collect();
        self.ingests.lock().unwrap().push(ingest);
        Ok(outcomes)
    }

    async fn apply_statuses(
        &self,
        _tenant: TenantId,
        inbox: InboxId,
        statuses: Vec<StatusUpdate>,
        _at: Timestamp,
    ) -> Result<(Vec<ConversationKey>, Vec<Arc<Published>>), StoreError> {
        self.fail()?;
        let poison = self.poison.lock().unwrap().clone();
        if statuses.iter().any(|status| Some(&status.external_id) == poison.as_ref()) {
            return Err(StoreError::Refused("poison".to_owned()));
        }
        self.statuses.lock().unwrap().extend(statuses.into_iter().map(|status| (inbox, status)));
        Ok((Vec::new(), Vec::new()))
    }

    async fn add_command(&self, _: NewCommand) -> Result<CommandAccepted, StoreError> {
        Err(StoreError::Unknown)
    }

    async fn command_outcome(&self, _: TenantId, _: InboundId) -> Result<Option<CommandOutcome>, StoreError> {
        Err(StoreError::Unknown)
    }

    async fn commit(&self, _: CommitStep) -> Result<Committed, CommitError> {
        Err(CommitError::Stale)
    }

    async fn claim_outbox(&self, _: ClaimOutbox) -> Result<Claimed, StoreError> {
        Err(StoreError::Unknown)
    }

    async fn mark_outbox(&self, _: MarkOutbox) -> Result<Marked, StoreError> {
        Err(StoreError::Unknown)
    }

    async fn fire_timers(&self, _: &[Partition], _: Timestamp, _: u32) -> Result<Vec<ConversationKey>, StoreError> {
        Err(StoreError::Unknown)
    }

    async fn load(&self, _: ConversationKey) -> Result<Option<Loaded>, StoreError> {
        Err(StoreError::Unknown)
    }

    async fn front_desk(&self, _: TenantId, _: InboxId, _: Option<TeamId>) -> Result<crate::domain::routing::Picture, StoreError> {
        Err(StoreError::Unknown)
    }

    async fn hand_out(&self, _: Timestamp, _: u32) -> Result<Vec<ConversationKey>, StoreError> {
        Err(StoreError::Unknown)
    }

    async fn version(&self, _: ConversationKey) -> Result<Option<i64>, StoreError> {
        Err(StoreError::Unknown)
    }
    async fn new_rows(&self, _: ConversationKey) -> Result<Vec<NewRow>, StoreError> {
        Err(StoreError::Unknown)
    }

    async fn own_sends(&self, _: ConversationKey, _: Timestamp, _: &str) -> Result<Vec<OwnSend>, StoreError> {
        Err(StoreError::Unknown)
    }

    async fn unsent(&self, _: ConversationKey) -> Result<Vec<OutboxRow>, StoreError> {
        Err(StoreError::Unknown)
    }

    async fn open_conversations(&self, _: &[Partition], _: Timestamp, _: Timestamp, _: u32) -> Result<Vec<ConversationKey>, StoreError> {
        Err(StoreError::Unknown)
    }

    async fn due_outbox(&self, _: &[Partition], _: Timestamp, _: u32) -> Result<Vec<OutboxRow>, StoreError> {
        Err(StoreError::Unknown)
    }

    async fn claim_partitions(&self, _: &str, _: &[Partition]) -> Result<Vec<(Partition, Epoch)>, StoreError> {
        Err(StoreError::Unknown)
    }

    async fn heartbeat(&self, _: &str, _: Timestamp) -> Result<Option<Timestamp>, StoreError> {
        Err(StoreError::Unknown)
    }

    async fn purge(&self, _: Timestamp) -> Result<u64, StoreError> {
        Err(StoreError::Unknown)
    }
}

/// A directory in memory.
#[derive(Default)]
pub struct FakeDirectory {
    pub(super) entries: Mutex<HashMap<InboxId, Arc<InboxEntry>>>,
}

#[async_trait]
impl Directory for FakeDirectory {
    async fn inbox(&self, id: InboxId) -> Result<Option<Arc<InboxEntry>>, StoreError> {
        Ok(self.entries.lock().unwrap().get(&id).cloned())
    }

    async fn by_account(&self, channel: ChannelKind, account: &str) -> Result<Option<Arc<InboxEntry>>, StoreError> {
        if account == UNREADABLE {
            return Err(StoreError::Refused("no key opens it".to_owned()));
        }
        let entries = self.entries.lock().unwrap();
        let named = |entry: &&Arc<InboxEntry>| entry.inbox.channel == channel && entry.account.settings["phone_number_id"] == account;
        Ok(entries.values().find(named).cloned())
    }

    async fn tenant(&self, id: TenantId) -> Result<Option<Arc<Tenant>>, StoreError> {
        let entries = self.entries.lock().unwrap();
        Ok(entries.values().map(|entry| &entry.inbox.tenant).find(|tenant| tenant.id == id).map(Arc::clone))
    }

    async fn refresh(&self) -> Result<(), StoreError> {
        Ok(())
    }

    async fn pause(&self, _: TenantId, _: InboxId, _: &str) -> Result<(), StoreError> {
        Ok(())
    }
}
