//! Time as a port. Nothing else in the product asks what time it is.

use crate::domain::time::Timestamp;
use async_trait::async_trait;
use std::time::Duration;

/// A moment of the monotonic clock, in time since the clock's start: for deadlines and leases.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Moment(pub Duration);

impl Moment {
    /// Returns the moment `span` later.
    #[must_use]
    pub const fn after(self, span: Duration) -> Self {
        Self(self.0.saturating_add(span))
    }
}

/// The clock.
#[async_trait]
pub trait Clock: Send + Sync {
    /// Tells the time of day; may jump.
    fn now(&self) -> Timestamp;

    /// Tells the monotonic time; never jumps.
    fn moment(&self) -> Moment;

    /// Waits until the monotonic clock reaches `until`.
    async fn sleep_until(&self, until: Moment);
}
