//! A clock that only moves when told to.

use crate::domain::time::Timestamp;
use crate::ports::clock::{Clock, Moment};
use async_trait::async_trait;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::Duration;
use tokio::sync::watch;

/// A clock that stands still until a test moves it. Whoever sleeps wakes when the time has come, on whatever thread.
pub struct ManualClock {
    day: Mutex<Timestamp>,
    moment: watch::Sender<Duration>,
}

impl ManualClock {
    /// Starts at a time of day.
    #[must_use]
    pub fn at(day: Timestamp) -> Self {
        Self { day: Mutex::new(day), moment: watch::channel(Duration::from_secs(1)).0 }
    }

    /// Moves on: the time of day and the monotonic clock.
    pub fn advance(&self, by: Duration) {
        {
            let mut day = self.day.lock().unwrap_or_else(PoisonError::into_inner);
            *day = day.after(by);
        }
        self.moment.send_modify(|moment| *moment += by);
    }

    /// Sets the time of day only, as an operator or a broken time server would.
    pub fn jump_to(&self, day: Timestamp) {
        *self.day.lock().unwrap_or_else(PoisonError::into_inner) = day;
    }
}

#[async_trait]
impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        *self.day.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn moment(&self) -> Moment {
        Moment(*self.moment.borrow())
    }

    async fn sleep_until(&self, until: Moment) {
        let mut moments = self.moment.subscribe();
        // An error means that the clock is gone: nobody waits any more.
        let _gone = moments.wait_for(|moment| *moment >= until.0).await;
    }
}
