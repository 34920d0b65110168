//! Where ids and jitter come from: a port, so that tests repeat exactly.

use uuid::Uuid;

/// Makes ids.
pub trait IdSource: Send + Sync {
    /// Returns a new UUIDv7.
    fn uuid(&self) -> Uuid;

    /// Returns a number below `bound` (0 if `bound` is 0), for jitter; not for secrets.
    fn below(&self, bound: u64) -> u64;
}
