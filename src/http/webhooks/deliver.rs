//! Hands the parsed parts of a delivery to the store, in bounded operations one after the other, and hints the engine.
//!
//! What is stored stays stored: a refused rest is told to the caller, whose repeat finds the first part as duplicates.

use crate::domain::delivery::{Item, StatusUpdate, Update};
use crate::domain::ids::ConversationKey;
use crate::domain::time::Timestamp;
use crate::http::HttpState;
use crate::ports::directory::InboxEntry;
use crate::ports::faults;
use crate::ports::store::{Ingest, Ingested, StoreError};
use crate::store::people::unrouted::NewUnrouted;
use std::collections::BTreeSet;

/// Most parts in one operation of the store.
pub const CHUNK: usize = 200;

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
        let mut outcomes = vec![Outcome::Failed(StoreError::Unknown); updates.len()];
        let (mut items, mut statuses, mut strays) = (Vec::new(), Vec::new(), Vec::new());
        for (place, update) in updates.into_iter().enumerate() {
            match update {
                Update::Item(item) => items.push((place, *item)),
                Update::Status(status) => statuses.push((place, status)),
                Update::Unrouted { reason, raw } => strays.push((place, self.stray(reason, raw.to_string()))),
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
        let kept = self.keep(vec![(0, self.stray("store_refused", raw))]).await;
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
            let (places, chunk): (Vec<usize>, Vec<StatusUpdate>) = statuses.drain(..statuses.len().min(CHUNK)).unzip();
            let outcome = self.apply_chunk(chunk).await;
            let failed = matches!(outcome, Outcome::Failed(_));
            found.extend(places.into_iter().map(|place| (place, outcome.clone())));
            if failed {
                found.extend(statuses.drain(..).map(|(place, _)| (place, outcome.clone())));
            }
        }
        found
    }

    async fn apply_chunk(&self, chunk: Vec<StatusUpdate>) -> Outcome {
        let inbox = &self.entry.inbox;
        let count = chunk.len() as u64;
        let raw = serde_json::to_string(&chunk).unwrap_or_default();
        match self.state.queue.apply_statuses(inbox.tenant.id, inbox.id, chunk, self.at).await {
            // The writer has published the events: it knows their order.
            Ok((keys, _)) => {
                self.hint(keys);
                self.state.metrics.items(inbox.channel.as_str(), "status", count);
                Outcome::Accepted
            }
            Err(StoreError::Refused(_)) => {
                let kept = self.keep(vec![(0, self.stray("store_refused", raw))]).await;
                kept.into_iter().next().map_or(Outcome::Kept, |(_, outcome)| outcome)
            }
            Err(error) => Outcome::Failed(error),
        }
    }

    fn stray(&self, reason: &'static str, raw: String) -> NewUnrouted {
        let inbox = &self.entry.inbox;
        NewUnrouted { channel: inbox.channel.as_str(), account: None, inbox: Some((inbox.tenant.id, inbox.id)), reason, raw }
    }

    async fn keep(&self, strays: Vec<(usize, NewUnrouted)>) -> Vec<(usize, Outcome)> {
        let (places, rows): (Vec<usize>, Vec<NewUnrouted>) = strays.into_iter().unzip();
        let outcome = match keep_strays(self.state, rows, self.at).await {
            Ok(()) => Outcome::Kept,
            Err(error) => Outcome::Failed(error),
        };
        places.into_iter().map(|place| (place, outcome.clone())).collect()
    }
}

/// Keeps parts that belong nowhere, in bounded operations.
///
/// # Errors
/// [`StoreError`]: some may not be kept; the caller must repeat.
pub async fn keep_strays(state: &HttpState, mut rows: Vec<NewUnrouted>, at: Timestamp) -> Result<(), StoreError> {
    while !rows.is_empty() {
        let chunk: Vec<NewUnrouted> = rows.drain(..rows.len().min(CHUNK)).collect();
        let words: Vec<(&str, &str)> = chunk.iter().map(|row| (row.channel, row.reason)).collect();
        state.store.keep_unrouted(chunk, at).await?;
        words.into_iter().for_each(|(channel, reason)| state.metrics.unrouted(channel, reason));
    }
    Ok(())
}
