//! How long a door stays shut after wrong passwords and codes: longer each time, never for ever.
//!
//! A try is counted *before* it is looked at and taken back if it was right, so that many at once gain nothing. A try that comes while the
//! door is shut is not looked at and does not prolong the wait. An outsider can make the owner wait, and no more than that: from an address
//! where the account was signed in lately the wait is short, and a link for a new password opens the door at once.

use crate::domain::time::Timestamp;
use std::time::Duration;

/// Failures that cost nothing.
pub const FREE: i64 = 5;
/// After so long without a failure the free ones count anew.
const WINDOW: Duration = Duration::from_mins(15);
/// After so long without a failure everything is forgotten.
const MEMORY: Duration = Duration::from_hours(24);
/// The first wait.
const FIRST: Duration = Duration::from_mins(1);
/// The longest wait; after wrong codes, every one.
const LONGEST: Duration = Duration::from_mins(15);
/// The longest wait where the account is at home.
const AT_HOME: Duration = Duration::from_secs(30);

/// What was tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Factor {
    /// A password.
    Password,
    /// A code of the second factor: there are only a million of them.
    Code,
}

/// Wrong tries of one account.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Failures {
    /// How many since the last right one.
    pub count: i64,
    /// When the last one was.
    pub last: Option<Timestamp>,
    /// Until when nothing is looked at.
    pub until: Option<Timestamp>,
}

impl Failures {
    /// Returns how long the door stays shut, if it is; `at_home`: the caller's address is one where the account was signed in lately.
    #[must_use]
    pub fn wait(&self, now: Timestamp, at_home: bool) -> Option<Duration> {
        let until = self.until?;
        let short = self.last.map_or(until, |last| last.after(AT_HOME));
        let until = if at_home { until.min(short) } else { until };
        (until > now).then(|| until.since(now))
    }

    /// Returns what one more wrong try makes of it.
    #[must_use]
    pub fn and_one_more(&self, now: Timestamp, factor: Factor) -> Self {
        let quiet = self.last.map_or(MEMORY, |last| now.since(last));
        let forgotten = quiet >= MEMORY || (self.count < FREE && quiet >= WINDOW);
        let count = if forgotten { 1 } else { self.count.saturating_add(1) };
        let doublings = u32::try_from(count - FREE).ok();
        let wait = doublings.map(|doublings| match factor {
            Factor::Password => FIRST.saturating_mul(1_u32.checked_shl(doublings.min(10)).unwrap_or(u32::MAX)).min(LONGEST),
            Factor::Code => LONGEST,
        });
        Self { count, last: Some(now), until: wait.map(|wait| now.after(wait)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_secs(1_760_000_000);

    fn failed(times: usize, factor: Factor) -> Failures {
        (0..times).fold(Failures::default(), |failures, _| failures.and_one_more(NOW, factor))
    }

    fn minutes(minutes: u64) -> Option<Duration> {
        Some(Duration::from_mins(minutes))
    }

    #[test]
    fn the_fifth_failure_shuts_the_door_and_each_further_one_for_longer_up_to_a_quarter_of_an_hour() {
        for (times, wait) in
            [(0, None), (4, None), (5, minutes(1)), (6, minutes(2)), (7, minutes(4)), (8, minutes(8)), (9, minutes(15)), (500, minutes(15))]
        {
            assert_eq!(failed(times, Factor::Password).wait(NOW, false), wait, "{times}");
        }
    }

    #[test]
    fn the_door_opens_by_itself_at_the_very_second() {
        let failures = failed(9, Factor::Password);
        assert!(failures.wait(NOW.after(Duration::from_secs(899)), false).is_some());
        assert_eq!(failures.wait(NOW.after(Duration::from_secs(900)), false), None);
    }

    #[test]
    fn where_the_account_is_at_home_the_wait_is_half_a_minute() {
        let failures = failed(100, Factor::Password);
        assert_eq!(failures.wait(NOW, true), Some(Duration::from_secs(30)));
        assert_eq!(failures.wait(NOW.after(Duration::from_secs(30)), true), None);
    }

    #[test]
    fn five_wrong_codes_cost_a_quarter_of_an_hour_at_once() {
        assert_eq!(failed(4, Factor::Code).wait(NOW, false), None);
        assert_eq!(failed(5, Factor::Code).wait(NOW, false), minutes(15));
    }

    #[test]
    fn a_few_failures_are_forgotten_in_a_quarter_of_an_hour_and_many_in_a_day() {
        let later = |span| NOW.after(span);
        assert_eq!(failed(4, Factor::Password).and_one_more(later(WINDOW), Factor::Password).count, 1);
        assert_eq!(failed(4, Factor::Password).and_one_more(later(WINDOW - Duration::from_secs(1)), Factor::Password).count, 5);
        assert_eq!(failed(9, Factor::Password).and_one_more(later(WINDOW), Factor::Password).count, 10);
        assert_eq!(failed(9, Factor::Password).and_one_more(later(MEMORY), Factor::Password).count, 1);
    }

    #[test]
    fn a_clock_that_goes_back_forgets_nothing() {
        assert_eq!(failed(5, Factor::Password).and_one_more(NOW.before(Duration::from_hours(48)), Factor::Password).count, 6);
    }
}
