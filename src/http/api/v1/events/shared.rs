//! What the streams of a node share, so that a thousand readers cost one query and one frame per event, not a thousand.
//!
//! Holds words of messages for a few seconds only, and only of events that were just told; never decides who sees them: each stream does.

use crate::domain::ids::{ConversationId, InboxId, TenantId};
use crate::domain::membership::Home;
use crate::http::api::v1::events::frame;
use crate::http::files::links::Linker;
use crate::ports::store::{Published, StoreError};
use crate::store::Store;
use actix_web::web::Bytes;
use moka::future::Cache;
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use std::time::Duration;

/// Bytes of frames that are kept at most.
const FRAME_BYTES: u64 = 8 * 1024 * 1024;
/// How long a frame is kept: as long as the slowest of those who hear it live may need.
const FRAME_TIME: Duration = Duration::from_secs(3);
/// Conversations of which it is remembered where they stand.
const HOMES: u64 = 100_000;

/// How long it is believed where a conversation stands if no event says that it has moved.
const STANDING_TIME: Duration = Duration::from_secs(2);

/// Frames of events that were just told, and where their conversations stand: in which inbox, which never changes, and of which team and
/// whose, which does.
#[derive(Clone)]
pub struct StreamCache {
    frames: Cache<(TenantId, i64), Bytes>,
    inboxes: Cache<(TenantId, ConversationId), InboxId>,
    /// As it was after an event was told; 0: after whatever came last.
    homes: Cache<(TenantId, ConversationId, i64), Home>,
}

impl Default for StreamCache {
    fn default() -> Self {
        let weight = |_: &(TenantId, i64), frame: &Bytes| u32::try_from(frame.len()).unwrap_or(u32::MAX);
        let frames = Cache::builder().weigher(weight).max_capacity(FRAME_BYTES).time_to_live(FRAME_TIME).build();
        let homes = Cache::builder().max_capacity(HOMES).time_to_live(STANDING_TIME).build();
        Self { frames, inboxes: Cache::builder().max_capacity(HOMES).build(), homes }
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
        let unknown: Vec<ConversationId> = ids.into_iter().filter(|id| !self.inboxes.contains_key(&(tenant, *id))).collect();
        if unknown.is_empty() {
            return Ok(());
        }
        for (id, home) in store.tenant(tenant).homes(unknown).await? {
            self.inboxes.insert((tenant, id), home.inbox).await;
        }
        Ok(())
    }

    /// Remembers where conversations stand that were just looked at.
    pub(super) async fn note(&self, tenant: TenantId, homes: &HashMap<ConversationId, Home>) {
        for (id, home) in homes {
            self.homes.insert((tenant, *id, 0), *home).await;
        }
    }

    /// Returns the inbox of a conversation, which never changes; `None` if there is no such conversation.
    ///
    /// # Errors
    /// [`StoreError`] if the database is away.
    pub(super) async fn inbox(&self, store: &Store, tenant: TenantId, id: ConversationId) -> Result<Option<InboxId>, StoreError> {
        let found = self.inboxes.try_get_with((tenant, id), async { read(store, tenant, id).await.map(|home| home.inbox) });
        found.await.map_or_else(absent, |inbox| Ok(Some(inbox)))
    }

    /// Returns where a conversation stands, at the earliest after an event; without one, as it was not long ago. `None`: it is gone.
    ///
    /// # Errors
    /// [`StoreError`] if the database is away.
    pub(super) async fn home(
        &self,
        store: &Store,
        (tenant, id): (TenantId, ConversationId),
        after: Option<i64>,
    ) -> Result<Option<Home>, StoreError> {
        let found = self.homes.try_get_with((tenant, id, after.unwrap_or_default()), async {
            let home = read(store, tenant, id).await?;
            if after.is_some() {
                self.homes.insert((tenant, id, 0), home).await;
            }
            Ok(home)
        });
        found.await.map_or_else(absent, |home| Ok(Some(home)))
    }
}

async fn read(store: &Store, tenant: TenantId, id: ConversationId) -> Result<Home, Option<StoreError>> {
    let found = store.tenant(tenant).homes(vec![id]).await.map_err(Some)?;
    found.into_iter().next().map(|(_, home)| home).ok_or(None)
}

/// Absence is an error to the cache only: what may still come is not remembered.
#[expect(clippy::needless_pass_by_value, reason = "used as a mapping function")]
fn absent<T>(error: Arc<Option<StoreError>>) -> Result<Option<T>, StoreError> {
    (*error).clone().map_or(Ok(None), Err)
}

/// Takes an error out of what those who waited for the same thing share.
#[expect(clippy::needless_pass_by_value, reason = "used as a mapping function")]
fn unshare(error: Arc<StoreError>) -> StoreError {
    (*error).clone()
}
