//! Ids and jitter of the running system. Not for secrets: those come from [`random_bytes`].

use crate::crypto::random::random_bytes;
use crate::ports::ids::IdSource;
use std::sync::atomic::{AtomicU64, Ordering};
use uuid::Uuid;

/// The odd step of the splitmix64 generator; it visits every state once.
const STEP: u64 = 0x9e37_79b9_7f4a_7c15;

/// The [`IdSource`] of the running system: ids rise within the process, jitter never blocks and takes no lock.
#[derive(Debug)]
pub struct SystemIds {
    state: AtomicU64,
}

impl SystemIds {
    /// Makes a source. Without randomness of the system only the jitter becomes predictable.
    #[must_use]
    pub fn new() -> Self {
        let seed = random_bytes().map_or(STEP, u64::from_le_bytes);
        Self { state: AtomicU64::new(seed) }
    }
}

impl Default for SystemIds {
    fn default() -> Self {
        Self::new()
    }
}

impl IdSource for SystemIds {
    #[expect(clippy::disallowed_methods, reason = "this is the port's implementation")]
    fn uuid(&self) -> Uuid {
        Uuid::now_v7()
    }

    fn below(&self, bound: u64) -> u64 {
        let mixed = mix(self.state.fetch_add(STEP, Ordering::Relaxed));
        // The high half of the product is uniform below `bound` up to 2^-64, and 0 for 0.
        u64::try_from((u128::from(mixed) * u128::from(bound)) >> 64).unwrap_or_default()
    }
}

/// Splitmix64's finaliser: neighbours in, unrelated numbers out.
const fn mix(state: u64) -> u64 {
    let z = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_rise_and_are_of_version_7() {
        let ids = SystemIds::new();
        let made: Vec<Uuid> = (0..1000).map(|_| ids.uuid()).collect();
        assert!(made.is_sorted_by(|left, right| left < right));
        assert!(made.iter().all(|id| id.get_version_num() == 7));
    }

    #[test]
    fn jitter_stays_below_its_bound_and_covers_it() {
        let ids = SystemIds::new();
        let mut seen = [0_u32; 10];
        for _ in 0..10_000 {
            seen[usize::try_from(ids.below(10)).unwrap()] += 1;
        }
        assert!(seen.iter().all(|count| *count > 700), "{seen:?}");
        assert_eq!(ids.below(0), 0);
        assert_eq!(ids.below(1), 0);
    }
}
