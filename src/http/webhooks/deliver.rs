//! Hands the parsed parts of a delivery to the store, in bounded operations one after the other, and hints the engine.
//!
//! What is stored stays stored: a refused rest is told to the caller, whose repeat finds the first part as duplicates.

use crate::crypto::mac::{sha256, sha256_hex};
use crate::domain::delivery::{AddressKind, Item, Peer, StatusUpdate, Update};
use crate::domain::ids::{ConversationId, ConversationKey, InboxId, MessageId};
use crate::domain::inbox::InboxState;
use crate::domain::time::Timestamp;
use crate::http::HttpState;
use crate::ports::directory::InboxEntry;
use crate::ports::faults;
use crate::ports::store::{Ingest, Ingested, Published, StoreError};
use crate::store::people::unrouted::NewUnrouted;
use std::collections::BTreeSet;
use std::sync::Arc;
use uuid::Uuid;

/// Most parts in one operation of the store.
pub const CHUNK: usize = 200;

/// Longest address, in bytes.
const MAX_ADDRESS: usize = 255;

/// What became of one part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Durable now.
    Accepted,
    /// Was durable before.
    Duplicate,
    /// Belongs to no conversation; kept raw.
    Kept,
    /// Not taken: the caller must repeat.
    Failed(StoreError),
}

/// One inbox's share of a delivery.
pub struct Delivery<'a> {
    /// The door.
    pub state: &'a HttpState,
    /// Whose it is.
    pub entry: &'a InboxEntry,
    /// When it came in.
    pub at: Timestamp,
}

impl Delivery<'_> {
    /// Makes the parts durable; returns an outcome for each, in their order.
    pub async fn deliver(&self, updates: Vec<Update>) -> Vec<Outcome> {
        self.deliver_events(updates.into_iter().map(|update| (None, update)).collect()).await
    }

    /// As [`Self::deliver`], with the id of each part's event where there is one: by it a repeat of an unrouted part is known.
    pub async fn deliver_events(&self, updates: Vec<(Option<String>, Update)>) -> Vec<Outcome> {
        let mut outcomes = vec![Outcome::Failed(StoreError::Unknown); updates.len()];
        let (mut items, mut statuses, mut strays) = (Vec::new(), Vec::new(), Vec::new());
        for (place, (event, update)) in updates.into_iter().enumerate() {
            match update {
                Update::Item(mut item) => {
                    own_people(self.entry.inbox.id, &mut item.peer);
                    items.push((place, *item));
                }
                Update::Status(status) => statuses.push((place, status)),
                Update::Unrouted { reason, raw } => strays.push((place, self.stray(event.as_deref(), reason, raw.to_string()))),
            }
        }
        let mut found = self.ingest(items).await;
        found.extend(self.apply(statuses).await);
        found.extend(self.keep(strays).await);
        for (place, outcome) in found {
            if let Some(slot) = outcomes.get_mut(place) {
                *slot = outcome;
            }
        }
        outcomes
    }

    async fn ingest(&self, mut items: Vec<(usize, Item)>) -> Vec<(usize, Outcome)> {
        let mut found = Vec::with_capacity(items.len());
        while !items.is_empty() {
            let chunk: Vec<(usize, Item)> = items.drain(..items.len().min(CHUNK)).collect();
            match self.ingest_chunk(&chunk).await {
                Ok(outcomes) => found.extend(chunk.iter().map(|(place, _)| *place).zip(outcomes)),
                Err(StoreError::Refused(_)) => found.extend(self.ingest_singly(chunk).await),
                Err(error) => {
                    // Busy: the rest would only add to the crowd.
                    let rest = chunk.iter().chain(&items).map(|(place, _)| (*place, Outcome::Failed(error.clone())));
                    found.extend(rest);
                    break;
                }
            }
        }
        found
    }

    /// One bad item must not make the provider repeat its good neighbours for days: it is kept aside.
    async fn ingest_singly(&self, chunk: Vec<(usize, Item)>) -> Vec<(usize, Outcome)> {
        let mut found = Vec::with_capacity(chunk.len());
        for item in chunk {
            let place = item.0;
            let single = [item];
            let outcome = match self.ingest_chunk(&single).await {
                Ok(outcomes) => outcomes.into_iter().next().unwrap_or(Outcome::Failed(StoreError::Unknown)),
                Err(StoreError::Refused(_)) => self.keep_item(&single).await,
                Err(error) => Outcome::Failed(error),
            };
            found.push((place, outcome));
        }
        found
    }

    async fn keep_item(&self, item: &[(usize, Item)]) -> Outcome {
        let raw = item.first().map(|(_, item)| serde_json::to_string(item).unwrap_or_default()).unwrap_or_default();
        self.keep_refused(raw).await
    }

    async fn keep_refused(&self, raw: String) -> Outcome {
        let kept = self.keep(vec![(0, self.stray(None, "store_refused", raw))]).await;
        kept.into_iter().next().map_or(Outcome::Failed(StoreError::Unknown), |(_, outcome)| outcome)
    }

    async fn ingest_chunk(&self, chunk: &[(usize, Item)]) -> Result<Vec<Outcome>, StoreError> {
        let inbox = &self.entry.inbox;
        let first = chunk.first().map_or(0, |(place, _)| *place);
        let ingest = Ingest {
            tenant: inbox.tenant.id,
            inbox: inbox.id,
            assistant: inbox.assistant(),
            reopen: inbox.common.reopen_within(),
            received_at: self.at,
            first_index: i64::try_from(first).unwrap_or(i64::MAX),
            items: chunk.iter().map(|(_, item)| item.clone()).collect(),
        };
        let found = self.state.queue.ingest(ingest).await?;
        faults::hit("c3_before_hint");
        if found.len() != chunk.len() {
            return Err(StoreError::Unknown);
        }
        let keys = found.iter().filter_map(|ingested| match ingested {
            Ingested::Accepted(key) => Some(*key),
            Ingested::Duplicate | Ingested::Unrouted => None,
        });
        self.hint(keys);
        Ok(found.into_iter().map(|ingested| self.counted(ingested)).collect())
    }

    fn counted(&self, ingested: Ingested) -> Outcome {
        let channel = self.entry.inbox.channel.as_str();
        let (word, outcome) = match ingested {
            Ingested::Accepted(_) => ("accepted", Outcome::Accepted),
            Ingested::Duplicate => ("duplicate", Outcome::Duplicate),
            Ingested::Unrouted => ("unrouted", Outcome::Kept),
        };
        self.state.metrics.items(channel, word, 1);
        outcome
    }

    fn hint(&self, keys: impl IntoIterator<Item = ConversationKey>) {
        let keys: BTreeSet<ConversationKey> = keys.into_iter().collect();
        keys.into_iter().for_each(|key| self.state.engine.hint(key));
    }

    async fn apply(&self, mut statuses: Vec<(usize, StatusUpdate)>) -> Vec<(usize, Outcome)> {
        let mut found = Vec::with_capacity(statuses.len());
        while !statuses.is_empty() {
            let chunk: Vec<(usize, StatusUpdate)> = statuses.drain(..statuses.len().min(CHUNK)).collect();
            match self.apply_chunk(&chunk).await {
                Ok(()) => found.extend(chunk.iter().map(|(place, _)| (*place, Outcome::Accepted))),
                Err(StoreError::Refused(_)) => found.extend(self.apply_singly(chunk).await),
                Err(error) => {
                    let rest = chunk.iter().chain(&statuses).map(|(place, _)| (*place, Outcome::Failed(error.clone())));
                    found.extend(rest);
                    break;
                }
            }
        }
        found
    }

    /// One bad word about a message must not take the others with it: it alone is kept aside.
    async fn apply_singly(&self, chunk: Vec<(usize, StatusUpdate)>) -> Vec<(usize, Outcome)> {
        let mut found = Vec::with_capacity(chunk.len());
        for status in chunk {
            let place = status.0;
            let single = [status];
            let outcome = match self.apply_chunk(&single).await {
                Ok(()) => Outcome::Accepted,
                Err(StoreError::Refused(_)) => {
                    let raw = single.first().map(|(_, status)| serde_json::to_string(status).unwrap_or_default());
                    self.keep_refused(raw.unwrap_or_default()).await
                }
                Err(error) => Outcome::Failed(error),
            };
            found.push((place, outcome));
        }
        found
    }

    async fn apply_chunk(&self, chunk: &[(usize, StatusUpdate)]) -> Result<(), StoreError> {
        let inbox = &self.entry.inbox;
        let statuses = chunk.iter().map(|(_, status)| status.clone()).collect();
        // The writer has published the events: it knows their order.
        let (keys, events) = self.state.queue.apply_statuses(inbox.tenant.id, inbox.id, statuses, self.at).await?;
        self.hint(keys);
        self.state.engine.arrived(inbox.id, arrived(&events));
        self.state.metrics.items(inbox.channel.as_str(), "status", chunk.len() as u64);
        Ok(())
    }

    fn stray(&self, event: Option<&str>, reason: &'static str, raw: String) -> NewUnrouted {
        let inbox = &self.entry.inbox;
        let id = event.map(|event| unrouted_id(inbox.id, event));
        NewUnrouted { id, channel: inbox.channel.as_str(), account: None, inbox: Some((inbox.tenant.id, inbox.id)), reason, raw }
    }

    async fn keep(&self, strays: Vec<(usize, NewUnrouted)>) -> Vec<(usize, Outcome)> {
        let (places, rows): (Vec<usize>, Vec<NewUnrouted>) = strays.into_iter().unzip();
        match keep_strays(self.state, rows, self.at).await {
            Ok(known) => {
                places.into_iter().zip(known.into_iter().map(|known| if known { Outcome::Duplicate } else { Outcome::Kept })).collect()
            }
            Err(error) => places.into_iter().map(|place| (place, Outcome::Failed(error.clone()))).collect(),
        }
    }
}

/// Returns true if deliveries for the inbox are taken: it has not been switched off. Those for a suspended business are taken too, and kept
/// until it goes on: what a customer wrote is never lost.
pub fn is_open(entry: &InboxEntry) -> bool {
    entry.inbox.state != InboxState::Disabled
}

/// Makes the adapter's own ids of people unique in the tenant: two adapters may both know a customer 7, and they are not one person.
///
/// Numbers and e-mail addresses stay as they are, because those do name the same person everywhere.
pub fn own_people(inbox: InboxId, peer: &mut Peer) {
    for address in peer.person.iter_mut().filter(|address| address.kind == AddressKind::External) {
        let owned = format!("{inbox}/{}", address.value);
        address.value = if owned.len() <= MAX_ADDRESS { owned } else { format!("{inbox}/{}", sha256_hex(address.value.as_bytes())) };
    }
}

/// Returns the same id for the same event of an inbox, so that it is kept once.
fn unrouted_id(inbox: InboxId, event: &str) -> Uuid {
    let hash = sha256(format!("{inbox}/{event}").as_bytes());
    uuid::Builder::from_custom_bytes(hash.first_chunk().copied().unwrap_or_default()).into_uuid()
}

/// Keeps parts that belong nowhere, in bounded operations; tells for each whether it had been kept before.
///
/// # Errors
/// [`StoreError`]: some may not be kept; the caller must repeat.
pub async fn keep_strays(state: &HttpState, mut rows: Vec<NewUnrouted>, at: Timestamp) -> Result<Vec<bool>, StoreError> {
    let mut found = Vec::with_capacity(rows.len());
    while !rows.is_empty() {
        let chunk: Vec<NewUnrouted> = rows.drain(..rows.len().min(CHUNK)).collect();
        let words: Vec<(&str, &str)> = chunk.iter().map(|row| (row.channel, row.reason)).collect();
        let known = state.store.keep_unrouted(chunk, at).await?;
        let fresh = words.into_iter().zip(&known).filter(|(_, known)| !**known);
        fresh.for_each(|((channel, reason), _)| state.metrics.unrouted(channel, reason));
        found.extend(known);
    }
    Ok(found)
}

/// Reads which messages the channel has, by what the writer tells of their statuses.
fn arrived(events: &[Arc<Published>]) -> Vec<(ConversationId, MessageId)> {
    let field = |event: &Published, name| event.data.get(name).and_then(|value| value.as_str()).map(str::to_owned);
    let statuses = events.iter().filter(|event| event.kind == "message.status" && field(event, "status").as_deref() != Some("failed"));
    statuses.filter_map(|event| Some((event.conversation, field(event, "message_id")?.parse().ok()?))).collect()
}
