//! Places for streams: so many in the whole installation, so many per caller, so that one caller cannot keep the others out.

use crate::domain::ids::AgentId;
use crate::http::HttpState;
use crate::http::problem::Problem;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::OwnedSemaphorePermit;

/// How many streams each key has open; shared by the workers of a server.
#[derive(Clone, Default)]
pub struct KeyStreams {
    open: Arc<Mutex<HashMap<AgentId, usize>>>,
}

impl KeyStreams {
    /// A count stays right even if its holder panicked.
    fn counts(&self) -> MutexGuard<'_, HashMap<AgentId, usize>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn enter(&self, key: AgentId, most: usize) -> Option<KeyPlace> {
        let mut counts = self.counts();
        let open = counts.get(&key).copied().unwrap_or_default();
        if open >= most {
            return None;
        }
        counts.insert(key, open + 1);
        Some(KeyPlace { streams: self.clone(), key })
    }

    fn leave(&self, key: AgentId) {
        let mut counts = self.counts();
        match counts.get(&key).copied().unwrap_or_default() {
            0 | 1 => drop(counts.remove(&key)),
            open => drop(counts.insert(key, open - 1)),
        }
    }
}

/// One place of a key; given back when it is dropped.
struct KeyPlace {
    streams: KeyStreams,
    key: AgentId,
}

impl Drop for KeyPlace {
    fn drop(&mut self) {
        self.streams.leave(self.key);
    }
}

/// A place for one stream; given back when it is dropped.
pub(super) struct Place {
    _key: KeyPlace,
    _all: OwnedSemaphorePermit,
}

impl Place {
    /// Takes a place.
    ///
    /// # Errors
    /// 429 if the key has as many as it may, 503 if there is none at all.
    pub(super) fn take(state: &HttpState, key: AgentId) -> Result<Self, Problem> {
        let own = state.key_streams.enter(key, state.limits.key_streams).ok_or_else(Problem::too_many)?;
        let all = Arc::clone(&state.streams).try_acquire_owned().ok().ok_or_else(Problem::unavailable)?;
        Ok(Self { _key: own, _all: all })
    }
}
