//! Places: how many calls run at once for a tenant and at a provider, and which provider rests. In memory; a restart forgets it.
//!
//! Whoever waits, waits for a bounded time. Places that nobody uses are swept, so that tenants that come and go leave nothing behind.

use super::breaker::{Admission, Breaker, Verdict};
use crate::ports::clock::Moment;
use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// More places than this are swept before another one is made.
const SWEEP_AT: usize = 4_096;

/// Parallel calls by key.
pub(super) struct Gates<K> {
    places: Mutex<HashMap<K, (u32, Arc<Semaphore>)>>,
}

impl<K> Default for Gates<K> {
    fn default() -> Self {
        Self { places: Mutex::default() }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl<K: Hash + Eq + Copy> Gates<K> {
    /// Waits for a place among `most`; `None` only if the gate is closed, which never happens. A changed number makes a new gate: calls
    /// under way finish at the old one.
    pub(super) async fn enter(&self, key: K, most: u32) -> Option<OwnedSemaphorePermit> {
        self.gate(key, most).acquire_owned().await.ok()
    }

    fn gate(&self, key: K, most: u32) -> Arc<Semaphore> {
        let mut places = lock(&self.places);
        if places.len() >= SWEEP_AT && !places.contains_key(&key) {
            places.retain(|_, (size, gate)| Arc::strong_count(gate) > 1 || gate.available_permits() < usize_of(*size));
        }
        let place = places.entry(key).or_insert_with(|| (most, Arc::new(Semaphore::new(usize_of(most)))));
        if place.0 != most {
            *place = (most, Arc::new(Semaphore::new(usize_of(most))));
        }
        Arc::clone(&place.1)
    }
}

fn usize_of(number: u32) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX).min(Semaphore::MAX_PERMITS)
}

/// Breakers by key, each with the words of the failure that opened it.
pub(super) struct Breakers<K> {
    known: Mutex<HashMap<K, (Breaker, String)>>,
}

impl<K> Default for Breakers<K> {
    fn default() -> Self {
        Self { known: Mutex::default() }
    }
}

/// The right to one call. Dropped without an outcome, it frees the trial that it may be.
pub(super) struct Pass<'a, K: Hash + Eq + Copy> {
    breakers: &'a Breakers<K>,
    key: K,
    trial: bool,
}

impl<K: Hash + Eq + Copy> Breakers<K> {
    /// Asks for a call.
    ///
    /// # Errors
    /// The words of the failure that made it rest.
    pub(super) fn admit(&self, key: K, now: Moment) -> Result<Pass<'_, K>, String> {
        let mut known = lock(&self.known);
        let Some((breaker, reason)) = known.get_mut(&key) else {
            return Ok(Pass { breakers: self, key, trial: false });
        };
        match breaker.admit(now) {
            Admission::Open => Ok(Pass { breakers: self, key, trial: false }),
            Admission::Trial => Ok(Pass { breakers: self, key, trial: true }),
            Admission::Resting(_) | Admission::Trying => Err(reason.clone()),
        }
    }

    /// Tells how a provider stands, with the words of its last failure.
    pub(super) fn look(&self, key: K, now: Moment) -> (Admission, String) {
        let known = lock(&self.known);
        known.get(&key).map_or((Admission::Open, String::new()), |(breaker, reason)| (breaker.look(now), reason.clone()))
    }

    fn settle(&self, key: K, now: Moment, verdict: Verdict, why: &str) -> bool {
        let mut known = lock(&self.known);
        if verdict == Verdict::Well && !known.contains_key(&key) {
            return false;
        }
        if known.len() >= SWEEP_AT && !known.contains_key(&key) {
            // What rests no more and was not asked lately knows nothing worth keeping.
            known.retain(|_, (breaker, _)| breaker.look(now) != Admission::Open);
        }
        let (breaker, reason) = known.entry(key).or_default();
        let opened = breaker.settle(now, verdict);
        if matches!(verdict, Verdict::Ill | Verdict::Rest(_)) {
            why.clone_into(reason);
        }
        opened
    }
}

impl<K: Hash + Eq + Copy> Pass<'_, K> {
    /// Takes the call's outcome. Returns true if the provider rests from now on.
    pub(super) fn settle(mut self, now: Moment, verdict: Verdict, why: &str) -> bool {
        // The breaker ends the trial itself.
        self.trial = false;
        self.breakers.settle(self.key, now, verdict, why)
    }
}

impl<K: Hash + Eq + Copy> Drop for Pass<'_, K> {
    fn drop(&mut self) {
        if self.trial
            && let Some((breaker, _)) = lock(&self.breakers.known).get_mut(&self.key)
        {
            breaker.give_up();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::FutureExt;
    use std::time::Duration;

    fn at(seconds: u64) -> Moment {
        Moment(Duration::from_secs(seconds))
    }

    #[tokio::test]
    async fn a_place_is_free_again_when_its_call_ends_or_is_dropped() {
        let gates = Gates::default();
        let first = gates.enter("a", 1).await;
        assert!(gates.enter("a", 1).now_or_never().is_none());
        assert!(gates.enter("b", 1).now_or_never().is_some(), "another's places are its own");
        drop(first);
        assert!(gates.enter("a", 1).now_or_never().is_some());
    }

    #[tokio::test]
    async fn a_changed_number_of_places_counts_at_once() {
        let gates = Gates::default();
        let _first = gates.enter("a", 1).await;
        assert!(gates.enter("a", 2).now_or_never().is_some());
    }

    #[tokio::test]
    async fn unused_places_are_swept() {
        let gates = Gates::default();
        let held = gates.enter(0, 1).await;
        for key in 1..=SWEEP_AT {
            drop(gates.enter(key, 1).await);
        }
        assert!(lock(&gates.places).len() < 10);
        assert!(gates.enter(0, 1).now_or_never().is_none(), "a place in use is kept");
        drop(held);
    }

    #[test]
    fn a_trial_whose_caller_goes_away_is_free_for_the_next() {
        let breakers = Breakers::default();
        let pass = breakers.admit("a", at(0)).ok().unwrap();
        assert!(pass.settle(at(0), Verdict::Rest(Duration::from_secs(10)), "the key was refused"));
        assert_eq!(breakers.admit("a", at(9)).err().as_deref(), Some("the key was refused"));
        let trial = breakers.admit("a", at(10)).ok().unwrap();
        assert!(breakers.admit("a", at(10)).is_err());
        drop(trial);
        let trial = breakers.admit("a", at(10)).ok().unwrap();
        trial.settle(at(10), Verdict::Well, "");
        assert!(breakers.admit("a", at(10)).is_ok() && breakers.admit("b", at(0)).is_ok());
    }
}
