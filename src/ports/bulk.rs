//! Actions over many conversations that are worked off some at a time. No implementation lives here.

use crate::domain::ids::{BulkActionId, ConversationKey, InboundId, TenantId};
use crate::domain::time::Timestamp;
use crate::ports::store::{Published, StoreError};
use async_trait::async_trait;
use std::sync::Arc;

/// What one look at an action did.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct BulkStep {
    /// Commands that stand in the queue now, each with its conversation.
    pub given: Vec<(ConversationKey, InboundId)>,
    /// Conversations that are gone: whoever holds one must be told.
    pub gone: Vec<ConversationKey>,
    /// What the timeline says of them.
    pub published: Vec<Arc<Published>>,
    /// How many items came to an end, or to the queue.
    pub moved: u64,
    /// True: all of it has come to an end.
    pub done: bool,
}

/// Actions that are not done.
#[async_trait]
pub trait BulkActions: Send + Sync {
    /// Lists them, the oldest first.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn open_bulk(&self, limit: u32) -> Result<Vec<(TenantId, BulkActionId)>, StoreError>;

    /// Reads what commands came to and puts the next ones into the queue, in one transaction: an item's command is queued with the note that
    /// it is, so that it is given exactly once, whoever works on it and whenever it stops. At most `most` stand in the queue at once.
    ///
    /// # Errors
    /// [`StoreError`]; nothing was given then.
    async fn work_bulk(&self, tenant: TenantId, id: BulkActionId, most: usize, now: Timestamp) -> Result<BulkStep, StoreError>;
}
