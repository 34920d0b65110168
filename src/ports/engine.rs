//! The engine as the HTTP room and the commands see it: hints in, commands in, events out.

use crate::domain::conversation::effect::CommandOutcome;
use crate::domain::ids::{ConversationId, ConversationKey, InboundId, TenantId};
use crate::domain::time::Timestamp;
use crate::ports::store::{NewCommand, Published, StoreError};
use async_trait::async_trait;
use std::sync::Arc;
use tokio::sync::broadcast;

/// What became of a command within the time its caller waits.
#[derive(Clone, Debug, PartialEq)]
pub enum CommandAnswer {
    /// It has run.
    Done {
        /// What it did.
        outcome: CommandOutcome,
        /// Its row.
        row: InboundId,
        /// True if it was given before with the same key.
        repeated: bool,
        /// Texts of the assistant that were already leaving and may still arrive.
        may_still_arrive: Vec<String>,
    },
    /// It is durable and will run; ask for the row later.
    Pending(InboundId),
    /// The idempotency key was used for another request.
    Mismatch,
}

/// A live event of a tenant.
#[derive(Clone, Debug)]
pub enum LiveEvent {
    /// A numbered one; the timeline holds it for good.
    Numbered(Arc<Published>),
    /// What the assistant is doing now: not numbered, not kept.
    Phase {
        /// The conversation.
        conversation: ConversationId,
        /// `idle`, `gathering`, `thinking`, `using_tools`.
        phase: &'static str,
        /// The turn, if one is open.
        turn_no: Option<i64>,
        /// When.
        at: Timestamp,
    },
}

/// The running engine.
#[async_trait]
pub trait Engine: Send + Sync {
    /// Drops a hint that a conversation has new rows. Never waits; may be lost.
    fn hint(&self, key: ConversationKey);

    /// Drops a hint that a conversation has outbox rows that became due by a write outside its actor.
    fn outbox_hint(&self, key: ConversationKey);

    /// Passes on numbered events that a write outside a conversation's actor has made.
    fn publish(&self, events: Vec<Arc<Published>>);

    /// Makes a command durable and waits up to 2 s for its outcome.
    ///
    /// # Errors
    /// [`StoreError`]: whether it is durable is then unknown; the same idempotency key makes a repeat safe.
    async fn command(&self, command: NewCommand) -> Result<CommandAnswer, StoreError>;

    /// Subscribes to a tenant's live events. A slow reader loses the oldest and must read the timeline.
    fn subscribe(&self, tenant: TenantId) -> broadcast::Receiver<LiveEvent>;

    /// Tells whether it takes work.
    fn ready(&self) -> bool;
}
