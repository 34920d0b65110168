//! The [`Clock`] of the running system. Tests use a manual one.

use crate::domain::time::Timestamp;
use crate::ports::clock::{Clock, Moment};
use async_trait::async_trait;
use std::time::Instant;

/// The system's time of day and its monotonic clock, counted from when this was made.
#[derive(Clone, Copy, Debug)]
pub struct SystemClock {
    start: Instant,
}

impl SystemClock {
    /// Starts the clock; make one per process.
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "this is the port's implementation")]
    pub fn new() -> Self {
        Self { start: Instant::now() }
    }
}

impl Default for SystemClock {
    fn default() -> Self {
        Self::new()
    }
}

#[async_trait]
impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the port's implementation")]
    fn now(&self) -> Timestamp {
        Timestamp::from(chrono::Utc::now())
    }

    fn moment(&self) -> Moment {
        Moment(self.start.elapsed())
    }

    async fn sleep_until(&self, until: Moment) {
        tokio::time::sleep(until.0.saturating_sub(self.moment().0)).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[tokio::test]
    async fn sleeping_until_a_past_moment_returns_at_once() {
        let clock = SystemClock::new();
        clock.sleep_until(Moment(Duration::ZERO)).await;
        let first = clock.moment();
        assert!(clock.moment() >= first);
        assert!(clock.now() > Timestamp::from_secs(1_700_000_000));
    }
}
