//! When to try again. Pure: the jitter comes in as a number.

use crate::ports::ids::IdSource;
use std::time::Duration;

/// Jitter is drawn in steps of 2^-32.
const JITTER_STEPS: u32 = u32::MAX;

/// An exponential schedule: `first`, then each time `factor` times longer, never more than `cap`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Backoff {
    /// The wait after the first failure.
    pub first: Duration,
    /// How much longer each further wait is.
    pub factor: u32,
    /// The longest wait, before jitter.
    pub cap: Duration,
    /// By what share of itself a wait may be shorter or longer, `0.0..=1.0`; 0.2 is ±20 %.
    pub spread: f64,
}

impl Backoff {
    /// Returns the wait after failure number `attempt` (1 is the first), with `jitter` in `[0, 1)`.
    #[must_use]
    pub fn delay(&self, attempt: u32, jitter: f64) -> Duration {
        let factor = self.factor.checked_pow(attempt.saturating_sub(1)).unwrap_or(u32::MAX);
        spread(self.first.saturating_mul(factor).min(self.cap), self.spread, jitter)
    }
}

/// Returns the wait after failure number `attempt` of a fixed schedule; `None` when the schedule is used up.
#[must_use]
pub fn scheduled(schedule: &[Duration], attempt: u32, share: f64, jitter: f64) -> Option<Duration> {
    let at = usize::try_from(attempt.checked_sub(1)?).ok()?;
    schedule.get(at).map(|wait| spread(*wait, share, jitter))
}

/// Draws a jitter in `[0, 1)`.
#[must_use]
pub fn jitter(ids: &dyn IdSource) -> f64 {
    let drawn = ids.below(u64::from(JITTER_STEPS));
    f64::from(u32::try_from(drawn).unwrap_or_default()) / f64::from(JITTER_STEPS)
}

/// Moves `wait` within ± `share` of itself; shares and jitters out of their range count as the nearest sane value.
fn spread(wait: Duration, share: f64, jitter: f64) -> Duration {
    let share = if share.is_finite() { share.clamp(0.0, 1.0) } else { 0.0 };
    let jitter = if jitter.is_finite() { jitter.clamp(0.0, 1.0) } else { 0.5 };
    Duration::try_from_secs_f64(wait.as_secs_f64() * (1.0 - share + 2.0 * share * jitter)).unwrap_or(wait)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Draws always the same share of the bound, capped below it.
    struct Fixed(u64);

    impl IdSource for Fixed {
        fn uuid(&self) -> uuid::Uuid {
            uuid::Uuid::nil()
        }

        fn below(&self, bound: u64) -> u64 {
            self.0.min(bound - 1)
        }
    }

    const PLAN: Backoff = Backoff { first: Duration::from_secs(1), factor: 5, cap: Duration::from_secs(3600), spread: 0.2 };

    #[test]
    fn waits_grow_to_the_cap() {
        let waits: Vec<u64> = (1..=7).map(|attempt| PLAN.delay(attempt, 0.5).as_secs()).collect();
        assert_eq!(waits, [1, 5, 25, 125, 625, 3125, 3600]);
        assert_eq!(PLAN.delay(0, 0.5).as_secs(), 1);
        assert_eq!(PLAN.delay(u32::MAX, 0.5).as_secs(), 3600);
    }

    #[test]
    fn jitter_moves_a_wait_by_its_share_only() {
        assert_eq!(PLAN.delay(3, 0.0), Duration::from_secs(20));
        let longest = PLAN.delay(3, 0.999_999);
        assert!(longest > Duration::from_secs(29) && longest < Duration::from_secs(30));
    }

    #[test]
    fn insane_numbers_do_not_panic() {
        let odd = Backoff { first: Duration::MAX, factor: u32::MAX, cap: Duration::MAX, spread: f64::NAN };
        assert_eq!(odd.delay(u32::MAX, f64::INFINITY), Duration::MAX);
        assert_eq!(PLAN.delay(1, -7.0), Duration::from_millis(800));
    }

    #[test]
    fn a_fixed_schedule_ends() {
        let schedule = [Duration::from_secs(5), Duration::from_secs(300)];
        assert_eq!(scheduled(&schedule, 0, 0.0, 0.5), None);
        assert_eq!(scheduled(&schedule, 1, 0.0, 0.5), Some(Duration::from_secs(5)));
        assert_eq!(scheduled(&schedule, 2, 0.0, 0.5), Some(Duration::from_secs(300)));
        assert_eq!(scheduled(&schedule, 3, 0.0, 0.5), None);
    }

    #[test]
    fn drawn_jitter_lies_in_its_range() {
        assert!(jitter(&Fixed(0)).abs() < f64::EPSILON);
        let top = jitter(&Fixed(u64::MAX));
        assert!((0.999..1.0).contains(&top), "{top}");
    }
}
