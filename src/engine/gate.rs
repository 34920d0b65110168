//! How many conversations of one tenant may read and record at once: one tenant's flood waits here, not in front of the others.
//!
//! Holds hints only. What it forgets is found by the safety net; it never decides about a row.

use crate::domain::ids::{ConversationId, ConversationKey, TenantId};
use crate::engine::registry::Shards;
use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};

/// Most hints that wait per tenant; more are left to the safety net.
const MOST_WAITING: usize = 20_000;

/// The gate. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Gate {
    shards: Arc<Shards>,
    tenants: Arc<Mutex<HashMap<TenantId, Line>>>,
    most: usize,
}

/// One tenant's line.
#[derive(Default)]
struct Line {
    inside: usize,
    waiting: VecDeque<ConversationKey>,
    known: HashSet<ConversationId>,
}

impl Line {
    fn next(&mut self) -> Option<ConversationKey> {
        let key = self.waiting.pop_front()?;
        self.known.remove(&key.id);
        Some(key)
    }
}

impl Gate {
    pub fn new(shards: Arc<Shards>, most: usize) -> Self {
        Self { shards, tenants: Arc::default(), most: most.max(1) }
    }

    /// Lets a hint through, or in line.
    pub fn look(&self, key: ConversationKey) {
        if self.enters(key) {
            self.send(key);
        }
    }

    /// Lets a hint through whatever the tenant has under way: people wait for it.
    pub fn look_now(&self, key: ConversationKey) {
        self.shards.look(key, None);
    }

    fn enters(&self, key: ConversationKey) -> bool {
        let mut tenants = self.tenants.lock().unwrap_or_else(PoisonError::into_inner);
        let line = tenants.entry(key.tenant).or_default();
        if line.inside < self.most {
            line.inside += 1;
            return true;
        }
        if line.waiting.len() < MOST_WAITING && line.known.insert(key.id) {
            line.waiting.push_back(key);
        }
        false
    }

    /// Takes the place of one that left, or gives it up.
    fn leave(&self, tenant: TenantId) -> Option<ConversationKey> {
        let mut tenants = self.tenants.lock().unwrap_or_else(PoisonError::into_inner);
        let line = tenants.get_mut(&tenant)?;
        let next = line.next();
        if next.is_none() {
            line.inside = line.inside.saturating_sub(1);
            if line.inside == 0 {
                tenants.remove(&tenant);
            }
        }
        next
    }

    /// Sends a hint with its pass. A full registry gives both back: then the next in line tries, until nobody is left.
    fn send(&self, key: ConversationKey) {
        let mut key = Some(key);
        while let Some(now) = key {
            let pass = Pass { gate: Some(self.clone()), tenant: now.tenant };
            let Some(refused) = self.shards.look(now, Some(pass)) else { return };
            refused.forget();
            key = self.leave(now.tenant);
        }
    }
}

/// The right to read and record; the next in line gets it when it is dropped.
pub(crate) struct Pass {
    /// `None` once it was given up.
    gate: Option<Gate>,
    tenant: TenantId,
}

impl Pass {
    /// Ends it without calling the next in line: the caller does.
    fn forget(mut self) {
        self.gate = None;
    }
}

impl Drop for Pass {
    fn drop(&mut self) {
        if let Some(gate) = self.gate.take()
            && let Some(next) = gate.leave(self.tenant)
        {
            gate.send(next);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ids::Partition;
    use uuid::Uuid;

    fn key(tenant: u128, conversation: u128) -> ConversationKey {
        let id = ConversationId(Uuid::from_u128(conversation));
        ConversationKey { tenant: TenantId(Uuid::from_u128(tenant)), id, part: Partition(0) }
    }

    #[test]
    fn a_tenant_over_its_measure_waits_and_the_others_do_not() {
        let gate = Gate::new(Arc::default(), 2);
        assert_eq!([1, 2, 3, 3].map(|id| gate.enters(key(1, id))), [true, true, false, false]);
        assert!(gate.enters(key(2, 4)));
        assert_eq!(gate.leave(key(1, 1).tenant), Some(key(1, 3)));
        assert_eq!(gate.leave(key(1, 1).tenant), None);
        assert!(gate.enters(key(1, 5)));
    }

    #[test]
    fn a_registry_that_takes_nothing_does_not_keep_places() {
        let gate = Gate::new(Arc::default(), 1);
        assert!(gate.enters(key(1, 1)));
        assert!((2..50_000).all(|id| !gate.enters(key(1, id))));
        gate.send(key(1, 1));
        assert!(gate.tenants.lock().unwrap().is_empty());
    }
}
