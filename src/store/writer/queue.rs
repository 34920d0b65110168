//! The writer's queue: operations with the place where their answer goes, and the share that one inbox may hold.

use crate::domain::booking::Outcome;
use crate::domain::conversation::effect::OutboxClass;
use crate::domain::delivery::StatusUpdate;
use crate::domain::ids::{ConversationKey, InboxId, TenantId};
use crate::domain::time::Timestamp;
use crate::ports::store::{
    ClaimOutbox, Claimed, CommandAccepted, CommitError, CommitStep, Committed, Ingest, Ingested, MarkOutbox, Marked, NewCommand, Published,
    StoreError,
};
use crate::store::bookings::Wish;
use futures::future::BoxFuture;
use sea_orm::DatabaseTransaction;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::oneshot;

/// An operation and where its answer goes.
pub(super) struct Job<Q, A, E = StoreError> {
    pub ask: Q,
    pub answer: oneshot::Sender<Result<A, E>>,
}

/// Statuses of one inbox.
pub(crate) struct Statuses {
    pub tenant: TenantId,
    pub inbox: InboxId,
    pub statuses: Vec<StatusUpdate>,
    pub at: Timestamp,
}

/// Conversations that got a row, and events.
pub(crate) type StatusesApplied = (Vec<ConversationKey>, Vec<Arc<Published>>);

/// What an act came to; `None`: somebody was quicker and nothing was written.
pub(crate) type Acted = Option<Outcome>;

/// Runs in a transaction of its own; answers by itself.
pub(super) type Solo = Box<dyn FnOnce(DatabaseTransaction) -> BoxFuture<'static, ()> + Send>;

/// What the writer is asked to do.
pub(super) enum Op {
    Ingest(Job<Ingest, Vec<Ingested>>, Share),
    Statuses(Job<Statuses, StatusesApplied>, Share),
    Command(Job<Box<NewCommand>, CommandAccepted>, Share),
    Commit(Job<Box<CommitStep>, Committed, CommitError>),
    Claim(Job<ClaimOutbox, Claimed>),
    Mark(Job<MarkOutbox, Marked>),
    /// An act on the book, where transactions run in place.
    Act(Job<Wish, Acted>),
    Solo(Solo),
}

/// How many operations each inbox has in flight.
#[derive(Clone, Default)]
pub(super) struct Shares {
    held: Arc<Mutex<HashMap<InboxId, usize>>>,
}

/// One operation's part of its inbox's share; given back when it is dropped.
pub(super) struct Share {
    shares: Shares,
    inbox: InboxId,
}

impl Shares {
    /// Takes a part, unless the inbox already holds `most`.
    pub fn take(&self, inbox: InboxId, most: usize) -> Option<Share> {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        let count = held.entry(inbox).or_insert(0);
        if *count >= most {
            return None;
        }
        *count += 1;
        drop(held);
        Some(Share { shares: self.clone(), inbox })
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        let mut held = self.shares.held.lock().unwrap_or_else(PoisonError::into_inner);
        let left = held.get_mut(&self.inbox).map(|count| {
            *count = count.saturating_sub(1);
            *count
        });
        if left == Some(0) {
            held.remove(&self.inbox);
        }
    }
}

/// Returns true if the class is the assistant's.
pub(super) fn by_assistant(class: &str) -> bool {
    class == OutboxClass::Assistant.as_str()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_inbox_gets_its_share_back_when_an_operation_ends() {
        let shares = Shares::default();
        let inbox = InboxId(uuid::Uuid::from_u128(1));
        let first = shares.take(inbox, 1);
        assert!(first.is_some() && shares.take(inbox, 1).is_none());
        assert!(shares.take(InboxId(uuid::Uuid::from_u128(2)), 1).is_some());
        drop(first);
        assert!(shares.take(inbox, 1).is_some());
    }
}
