//! Token buckets: how fast an account and a recipient may be written to. Pure: time is given.

use crate::ports::clock::Moment;
use std::time::Duration;

/// Refills one token every `every`, holds at most `burst`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Rate {
    /// Time for one token.
    pub every: Duration,
    /// Most tokens saved up.
    pub burst: u32,
}

impl Rate {
    /// WhatsApp: 80 messages a second per number.
    pub const WHATSAPP_ACCOUNT: Self = Self { every: Duration::from_micros(12_500), burst: 80 };
    /// WhatsApp: one message per 6 s to the same person, bursts of 45 borrow from the future.
    pub const WHATSAPP_PAIR: Self = Self { every: Duration::from_secs(6), burst: 45 };
}

/// The state of a bucket: the moment at which it is full again.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Bucket {
    full_at: Moment,
}

impl Bucket {
    /// A full one.
    pub const fn full(now: Moment) -> Self {
        Self { full_at: now }
    }

    /// Takes a token, or tells how long to wait for one.
    pub fn take(&mut self, rate: Rate, now: Moment) -> Result<(), Duration> {
        let full_at = self.full_at.max(now).after(rate.every);
        let debt = full_at.0.saturating_sub(now.0);
        let most = rate.every.saturating_mul(rate.burst);
        if debt > most {
            return Err(debt.saturating_sub(most));
        }
        self.full_at = full_at;
        Ok(())
    }

    /// Returns true if nothing would be forgotten by dropping it.
    pub fn is_full(&self, now: Moment) -> bool {
        self.full_at <= now
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_passes_and_the_next_one_waits_for_one_token() {
        let rate = Rate { every: Duration::from_secs(6), burst: 45 };
        let mut bucket = Bucket::full(Moment(Duration::from_secs(100)));
        let now = Moment(Duration::from_secs(100));
        for _ in 0..45 {
            assert_eq!(bucket.take(rate, now), Ok(()));
        }
        assert_eq!(bucket.take(rate, now), Err(Duration::from_secs(6)));
        assert_eq!(bucket.take(rate, now.after(Duration::from_secs(6))), Ok(()));
        assert!(bucket.take(rate, now.after(Duration::from_secs(6))).is_err());
        assert!(bucket.is_full(now.after(Duration::from_secs(46 * 6))));
    }
}
