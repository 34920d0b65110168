//! The engine as the door sees it: hints, commands, live events. Actors stay behind it; nothing here names one.

use crate::domain::conversation::effect::CommandOutcome;
use crate::domain::ids::{ConversationId, ConversationKey, InboundId, InboxId, MemberId, MessageId, TenantId};
use crate::domain::reading::Reading;
use crate::domain::time::Timestamp;
use crate::domain::watching::Watcher;
use crate::ports::notices::NewNotification;
use crate::ports::store::{NewCommand, Published, StoreError};
use async_trait::async_trait;
use std::sync::Arc;
use tokio::sync::broadcast;

/// What became of a command within the two seconds that its caller waits.
#[derive(Clone, Debug, PartialEq)]
pub enum CommandAnswer {
    /// It has run.
    Done {
        /// Its row.
        id: InboundId,
        /// What it did, or why not.
        outcome: CommandOutcome,
        /// True if the same request had been made before.
        repeat: bool,
        /// Texts of the assistant that were already leaving when a person took over, and may still arrive.
        may_still_arrive: Vec<String>,
    },
    /// It is durable and will run.
    Pending {
        /// Its row.
        id: InboundId,
        /// True if the same request had been made before.
        repeat: bool,
    },
    /// Its key was used for another request; nothing was written.
    Mismatch,
}

/// What a tenant's streams hear.
#[derive(Clone, Debug)]
pub enum LiveEvent {
    /// A row of the timeline, in order.
    Numbered(Arc<Published>),
    /// What the assistant is doing now: not durable, never repeated.
    Phase {
        /// The conversation.
        conversation: ConversationId,
        /// `idle`, `gathering`, `thinking`, `using_tools`, `committing`.
        phase: &'static str,
        /// The turn, if one is open.
        turn_no: Option<i64>,
        /// When it began.
        at: Timestamp,
    },
    /// A member was told something: for that member's own streams only. Durable elsewhere, never repeated here.
    Notification(NewNotification),
    /// A member has read a conversation, or marked it as unread: for that member's own streams only. Durable elsewhere, never repeated here.
    Reading {
        /// Who.
        member: MemberId,
        /// The conversation.
        conversation: ConversationId,
        /// How the member stands to it now.
        reading: Reading,
        /// When.
        at: Timestamp,
    },
    /// A member looks at a conversation, writes in it, or has left it. Never durable, never repeated.
    Presence {
        /// The conversation.
        conversation: ConversationId,
        /// Who, and until when it is good.
        watcher: Watcher,
        /// When it was said.
        at: Timestamp,
    },
    /// What a model is writing: the whole text so far, or nothing if it is taken back. Not durable, never repeated, not for customers.
    Draft {
        /// The conversation.
        conversation: ConversationId,
        /// The turn that it may become the answer of.
        turn_no: i64,
        /// The text so far; empty: withdrawn.
        text: String,
        /// When.
        at: Timestamp,
    },
}

/// The engine's handle.
#[async_trait]
pub trait Engine: Send + Sync {
    /// Drops a hint: the conversation has new rows. Never waits, may be lost.
    fn hint(&self, key: ConversationKey);

    /// Drops a hint: the conversation has rows of the outbox to send. Never waits, may be lost.
    fn outbox_hint(&self, key: ConversationKey);

    /// Publishes numbered events that a write outside a conversation's actor has made.
    fn publish(&self, events: Vec<Arc<Published>>);

    /// Tells those who listen on this node something of the moment. Never waits, may be lost.
    fn tell(&self, tenant: TenantId, event: LiveEvent);

    /// Tells that the channel of an account has said where these messages are: the next part of an answer need not wait any longer. May be
    /// lost.
    fn arrived(&self, inbox: InboxId, messages: Vec<(ConversationId, MessageId)>);

    /// Makes a command durable and waits up to two seconds for its outcome.
    ///
    /// # Errors
    /// [`StoreError`]: nothing is known to be written.
    async fn command(&self, command: NewCommand) -> Result<CommandAnswer, StoreError>;

    /// Hears a tenant's live events. A reader that lags misses some and is told so: it reads the timeline instead.
    fn subscribe(&self, tenant: TenantId) -> broadcast::Receiver<LiveEvent>;

    /// Tells whether this node takes work.
    fn ready(&self) -> bool;
}
