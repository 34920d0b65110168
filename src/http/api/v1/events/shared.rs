//! What the streams of a node share, so that a thousand readers cost one query and one frame per event, not a thousand.
//!
//! Holds words of messages for a few seconds only, and only of events that were just told; never decides who sees them: each stream does.

use crate::domain::ids::{ConversationId, InboxId, TenantId};
use crate::http::api::v1::events::frame;
use crate::http::files::links::Linker;
use crate::ports::store::{Published, StoreError};
use crate::store::Store;
use actix_web::web::Bytes;
use moka::future::Cache;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

/// Bytes of frames that are kept at most.
const FRAME_BYTES: u64 = 8 * 1024 * 1024;
/// How long a frame is kept: as long as the slowest of those who hear it live may need.
const FRAME_TIME: Duration = Duration::from_secs(3);
/// Conversations whose inbox is remembered.
const HOMES: u64 = 100_000;

/// Frames of events that were just told, and the inboxes of their conversations.
#[derive(Clone)]
pub struct StreamCache {
    frames: Cache<(TenantId, i64), Bytes>,
    homes: Cache<(TenantId, ConversationId), InboxId>,
}

impl Default for StreamCache {
    fn default() -> Self {
        let weight = |_: &(TenantId, i64), frame: &Bytes| u32::try_from(frame.len()).unwrap_or(u32::MAX);
        let frames = Cache::builder().weigher(weight).max_capacity(FRAME_BYTES).time_to_live(FRAME_TIME).build();
        Self { frames, homes: Cache::builder().max_capacity(HOMES).build() }
    }
}

impl StreamCache {
    /// Returns the frame of an event that was just told, with its message as it was when the first stream asked. Whether the reader sees
    /// the conversation was decided before.
    ///
    /// # Errors
    /// [`StoreError`] if the database is away.
    pub(super) async fn frame(&self, store: &Store, event: &Published, linker: &Linker) -> Result<Bytes, StoreError> {
        let made = self.frames.try_get_with((event.tenant, event.number), async {
            let row = frame::as_row(event);
            let message = match frame::shown_seq(&row) {
                Some(seq) => store.tenant(event.tenant).messages_at(vec![(row.conversation, seq)]).await?.pop(),
                None => None,
            };
            // Links are the same for everybody of the business who may see it.
            Ok(frame::numbered(row, message, linker))
        });
        made.await.map_err(unshare)
    }

    /// Finds the inboxes of many conversations at once, as far as they are not known.
    ///
    /// # Errors
    /// [`StoreError`] if the database is away.
    pub(super) async fn learn(&self, store: &Store, tenant: TenantId, ids: BTreeSet<ConversationId>) -> Result<(), StoreError> {
        let unknown: Vec<ConversationId> = ids.into_iter().filter(|id| !self.homes.contains_key(&(tenant, *id))).collect();
        if unknown.is_empty() {
            return Ok(());
        }
        for (id, inbox) in store.tenant(tenant).homes(unknown).await? {
            self.homes.insert((tenant, id), inbox).await;
        }
        Ok(())
    }

    /// Returns the inbox of a conversation, which never changes; `None` if there is no such conversation.
    ///
    /// # Errors
    /// [`StoreError`] if the database is away.
    pub(super) async fn home(&self, store: &Store, tenant: TenantId, id: ConversationId) -> Result<Option<InboxId>, StoreError> {
        let found = self.homes.try_get_with((tenant, id), async {
            let found = store.tenant(tenant).homes(vec![id]).await.map_err(Some)?;
            found.into_iter().next().map(|(_, inbox)| inbox).ok_or(None)
        });
        match found.await {
            Ok(inbox) => Ok(Some(inbox)),
            // Absence is an error to the cache only: what may still come is not remembered.
            Err(error) => (*error).clone().map_or(Ok(None), Err),
        }
    }
}

/// Takes an error out of what those who waited for the same thing share.
#[expect(clippy::needless_pass_by_value, reason = "used as a mapping function")]
fn unshare(error: Arc<StoreError>) -> StoreError {
    (*error).clone()
}
