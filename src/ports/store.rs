//! What the engine needs from the database. Writes go through the group-commit writer; every one is fenced.

use crate::domain::booking::Outcome;
use crate::domain::content::Content;
use crate::domain::conversation::echo::OwnSend;
use crate::domain::conversation::effect::{CommandOutcome, OutboxClass, Writes};
use crate::domain::conversation::event::{Happening, InboundRow};
use crate::domain::conversation::{Conversation, State};
use crate::domain::delivery::{Address, Item, StatusUpdate};
use crate::domain::ids::{
    ConversationId, ConversationKey, Epoch, InboundId, InboxId, MessageId, OutboxId, Partition, StepId, TeamId, TenantId,
};
use crate::domain::inbox::ReopenWithin;
use crate::domain::routing::Picture;
use crate::domain::time::Timestamp;
use async_trait::async_trait;
use serde_json::Value;
use std::sync::Arc;
use thiserror::Error;

/// Why a write or read did not happen.
#[derive(Debug, Error, Clone, PartialEq, Eq)]
pub enum StoreError {
    /// The writer's queue is full: try later. Nothing was written.
    #[error("the store's queue is full")]
    Busy,
    /// This inbox already holds its share of the writer's queue. Nothing was written.
    #[error("the inbox holds its share of the store's queue")]
    InboxBusy,
    /// The database did not answer in time or is away. Nothing is known about a write.
    #[error("the outcome of the write is unknown")]
    Unknown,
    /// The database refused this one operation.
    #[error("the database refused the operation: {0}")]
    Refused(String),
}

/// Why a step was not committed.
#[derive(Debug, Error, Clone, PartialEq, Eq)]
pub enum CommitError {
    /// Another writer was faster, or a row of the queue has moved: reload and decide again.
    #[error("the conversation has moved on")]
    Stale,
    /// The front desk is not as it was when this was decided: read it and decide again, from the same state.
    #[error("the front desk has moved on")]
    DeskMoved,
    /// The partition belongs to another node now.
    #[error("the partition is not ours any more")]
    Fenced,
    /// As [`StoreError`].
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// One delivery's items for one inbox, at most 200.
#[derive(Clone, Debug)]
pub struct Ingest {
    /// The business.
    pub tenant: TenantId,
    /// The inbox.
    pub inbox: InboxId,
    /// New conversations start pending.
    pub assistant: bool,
    /// When resolved conversations are reopened.
    pub reopen: ReopenWithin,
    /// When the delivery came in.
    pub received_at: Timestamp,
    /// The place of the first item in its delivery.
    pub first_index: i64,
    /// The items.
    pub items: Vec<Item>,
}

/// What became of an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ingested {
    /// Durable now.
    Accepted(ConversationKey),
    /// Was durable before.
    Duplicate,
    /// Belongs to no conversation and may not found one: kept raw.
    Unrouted,
}

/// A person's command, as a row of the queue.
#[derive(Clone, Debug)]
pub struct NewCommand {
    /// The conversation.
    pub key: ConversationKey,
    /// Its inbox.
    pub inbox: InboxId,
    /// `cmd:{principal}:{idempotency key}`.
    pub external_id: String,
    /// SHA-256 of the request, hex: the same key with another body is refused.
    pub fingerprint: String,
    /// What.
    pub happening: Happening,
    /// When.
    pub at: Timestamp,
}

/// What became of a command.
#[derive(Clone, Debug, PartialEq)]
pub enum CommandAccepted {
    /// Durable now; its outcome will stand on the row.
    New(InboundId),
    /// The same command was given before.
    Repeat {
        /// Its row.
        id: InboundId,
        /// Its outcome, if it has run.
        outcome: Option<CommandOutcome>,
    },
    /// The key was used for another request.
    Mismatch,
}

/// One step of one conversation.
#[derive(Clone, Debug)]
pub struct CommitStep {
    /// Names this commit, so that a reload recognises it.
    pub step: StepId,
    /// The conversation.
    pub key: ConversationKey,
    /// Its inbox.
    pub inbox: InboxId,
    /// Where replies go.
    pub to: Address,
    /// The owner's epoch of the partition.
    pub epoch: Epoch,
    /// The version before the step; it becomes one more.
    pub expected_version: i64,
    /// The durable state afterwards.
    pub state: State,
    /// The rest.
    pub writes: Box<Writes>,
    /// When.
    pub at: Timestamp,
}

/// What a commit made.
#[derive(Clone, Debug, Default)]
pub struct Committed {
    /// The new outbox rows, in order.
    pub outbox: Vec<OutboxRow>,
    /// The numbered events.
    pub published: Vec<Arc<Published>>,
    /// Texts of the assistant that are under way and may still arrive after a takeover.
    pub may_still_arrive: Vec<String>,
    /// What came of the step's act on the book.
    pub booked: Option<Box<Outcome>>,
    /// Conversations that wait and were asked to look who is free, because this step has made somebody so.
    pub waiting: Vec<ConversationKey>,
}

/// A numbered event of a tenant's timeline.
#[derive(Clone, Debug, PartialEq)]
pub struct Published {
    /// The business.
    pub tenant: TenantId,
    /// Its number: rising without gaps per tenant.
    pub number: i64,
    /// The conversation.
    pub conversation: ConversationId,
    /// Its kind, such as `message.created`.
    pub kind: &'static str,
    /// Ids and fixed words only: no text of customers.
    pub data: Value,
    /// When.
    pub at: Timestamp,
}

/// A row of the outbox as a lane holds it.
#[derive(Clone, Debug, PartialEq)]
pub struct OutboxRow {
    /// Its id; also our reference at the channel.
    pub id: OutboxId,
    /// The conversation.
    pub key: ConversationKey,
    /// The account it leaves by.
    pub inbox: InboxId,
    /// The message it carries.
    pub message: Option<MessageId>,
    /// Its order in the conversation.
    pub ord: i64,
    /// Who goes first.
    pub class: OutboxClass,
    /// True if a call may be under way (found at a restart).
    pub sending_since: Option<Timestamp>,
    /// How often it was tried.
    pub attempt: i64,
    /// Not before.
    pub due_at: Timestamp,
    /// Where to.
    pub to: Address,
    /// What.
    pub content: Content,
    /// The customer's message that it answers.
    pub in_reply_to: Option<String>,
    /// The stretch of which it asks how the customer was served: it leaves with the address of that page.
    pub survey: Option<i64>,
}

/// Marks a row as *sending*, before the call.
#[derive(Clone, Copy, Debug)]
pub struct ClaimOutbox {
    /// The row's business.
    pub key: ConversationKey,
    /// The row.
    pub id: OutboxId,
    /// The attempt it had; becomes one more.
    pub attempt: i64,
    /// The owner's epoch.
    pub epoch: Epoch,
    /// Now.
    pub at: Timestamp,
}

/// Whether the call may be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Claimed {
    /// Yes.
    Go {
        /// The number of this attempt.
        attempt: i64,
        /// The newest message of the customer in the thread, for the window.
        last_inbound_at: Option<Timestamp>,
    },
    /// No: an earlier row of the conversation is not settled yet.
    NotNext,
    /// No: it was cancelled, sent, or taken by another owner.
    Gone,
}

/// What a call came to.
#[derive(Clone, Debug, PartialEq)]
pub enum Mark {
    /// The channel took it.
    Sent {
        /// The provider's id.
        provider_id: String,
    },
    /// Try again later; a row that was cancelled meanwhile becomes cancelled.
    Retry {
        /// Not before.
        due_at: Timestamp,
        /// Why.
        code: String,
    },
    /// It will not be sent.
    Failed {
        /// Why.
        code: String,
        /// For people.
        detail: String,
        /// True after the last retry: *dead*, a person may retry it.
        dead: bool,
    },
    /// Nobody knows.
    Uncertain {
        /// Why.
        code: String,
    },
}

/// The truth about a call: fenced by row and attempt, not by the epoch.
#[derive(Clone, Debug)]
pub struct MarkOutbox {
    /// The row's conversation.
    pub key: ConversationKey,
    /// The row's inbox.
    pub inbox: InboxId,
    /// The row.
    pub id: OutboxId,
    /// The attempt.
    pub attempt: i64,
    /// What it came to.
    pub mark: Mark,
    /// Now.
    pub at: Timestamp,
}

/// What a mark did.
#[derive(Clone, Debug, Default)]
pub struct Marked {
    /// False if the row had moved on.
    pub applied: bool,
    /// True if the conversation got a new row (*failed*, *uncertain*): hint its actor.
    pub hint: bool,
    /// The numbered events.
    pub published: Vec<Arc<Published>>,
}

/// A conversation as it stands in the database.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// With owed rows and journal; idle.
    pub conversation: Conversation,
    /// Where replies go.
    pub to: Address,
    /// The contact is blocked.
    pub blocked: bool,
    /// The contact's name, as people chose it or as its profile says.
    pub name: Option<String>,
    /// Several people write there.
    pub group: bool,
    /// The newest commit.
    pub step: Option<StepId>,
}

/// A *new* row; one that cannot be read becomes dead.
#[derive(Clone, Debug)]
pub enum NewRow {
    /// Readable.
    Row(Box<InboundRow>),
    /// Its payload is not ours.
    Broken(InboundId),
}

/// The database, as the engine uses it.
#[async_trait]
pub trait EngineStore: Send + Sync {
    /// Makes a delivery's items durable; answers after the commit, an outcome per item.
    async fn ingest(&self, ingest: Ingest) -> Result<Vec<Ingested>, StoreError>;

    /// Applies statuses, set-based and monotone; unknown ids are parked. Returns conversations that got a new row, and events.
    async fn apply_statuses(
        &self,
        tenant: TenantId,
        inbox: InboxId,
        statuses: Vec<StatusUpdate>,
        at: Timestamp,
    ) -> Result<(Vec<ConversationKey>, Vec<Arc<Published>>), StoreError>;

    /// Makes a command durable.
    async fn add_command(&self, command: NewCommand) -> Result<CommandAccepted, StoreError>;

    /// Returns the outcome of a command, once it has run.
    async fn command_outcome(&self, tenant: TenantId, id: InboundId) -> Result<Option<CommandOutcome>, StoreError>;

    /// Commits one step.
    async fn commit(&self, step: CommitStep) -> Result<Committed, CommitError>;

    /// Marks a row as *sending*.
    async fn claim_outbox(&self, claim: ClaimOutbox) -> Result<Claimed, StoreError>;

    /// Writes what a call came to.
    async fn mark_outbox(&self, mark: MarkOutbox) -> Result<Marked, StoreError>;

    /// Turns due timers of these partitions, and due news of appointments, into rows; returns their conversations.
    async fn fire_timers(&self, parts: &[Partition], at: Timestamp, limit: u32) -> Result<Vec<ConversationKey>, StoreError>;

    /// Loads a conversation.
    async fn load(&self, key: ConversationKey) -> Result<Option<Loaded>, StoreError>;

    /// Returns who could be given a conversation of this inbox and team.
    async fn front_desk(&self, tenant: TenantId, inbox: InboxId, team: Option<TeamId>) -> Result<Picture, StoreError>;

    /// Asks conversations that wait to look again where somebody is free: the net below those who became free and were not seen. Returns them.
    async fn hand_out(&self, at: Timestamp, limit: u32) -> Result<Vec<ConversationKey>, StoreError>;

    /// Returns the version of a conversation: what is in memory under another one is out of date.
    async fn version(&self, key: ConversationKey) -> Result<Option<i64>, StoreError>;

    /// Returns the *new* rows of a conversation, in order.
    async fn new_rows(&self, key: ConversationKey) -> Result<Vec<NewRow>, StoreError>;

    /// Returns our sends of the thread's conversation since `since`, and any with this provider id.
    async fn own_sends(&self, key: ConversationKey, since: Timestamp, provider_id: &str) -> Result<Vec<OwnSend>, StoreError>;

    /// Returns unsettled outbox rows of a conversation, in order.
    async fn unsent(&self, key: ConversationKey) -> Result<Vec<OutboxRow>, StoreError>;

    /// Returns conversations of these partitions with *new* rows received before `new_before` or *recorded* ones before
    /// `recorded_before`, oldest first.
    async fn open_conversations(
        &self,
        parts: &[Partition],
        new_before: Timestamp,
        recorded_before: Timestamp,
        limit: u32,
    ) -> Result<Vec<ConversationKey>, StoreError>;

    /// Returns unsettled outbox rows of these partitions that are due at `at` (or *sending*), oldest first.
    async fn due_outbox(&self, parts: &[Partition], at: Timestamp, limit: u32) -> Result<Vec<OutboxRow>, StoreError>;

    /// Takes partitions: each epoch rises by one. Returns the new epochs.
    async fn claim_partitions(&self, node: &str, parts: &[Partition]) -> Result<Vec<(Partition, Epoch)>, StoreError>;

    /// Notes that this node lives; returns its last sign of life before, by any node.
    async fn heartbeat(&self, node: &str, at: Timestamp) -> Result<Option<Timestamp>, StoreError>;

    /// Deletes what is past its retention, in chunks; returns how many rows went.
    async fn purge(&self, at: Timestamp) -> Result<u64, StoreError>;
}
