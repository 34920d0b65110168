//! Chance that can be replayed: every random choice of a test comes from a seed that it prints.

use std::ops::Range;
use std::time::Duration;

/// A small deterministic generator (SplitMix64).
#[derive(Clone, Debug)]
pub struct Dice(u64);

impl Dice {
    /// Starts from a seed.
    pub const fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// Returns the next number.
    pub const fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// Returns a number of a range, which must not be empty.
    pub const fn within(&mut self, range: &Range<u64>) -> u64 {
        range.start + self.next() % (range.end - range.start)
    }

    /// Returns a span of a range in milliseconds.
    pub const fn millis(&mut self, range: &Range<u64>) -> Duration {
        Duration::from_millis(self.within(range))
    }

    /// Returns true once in `times`, on average.
    pub const fn once_in(&mut self, times: u64) -> bool {
        self.next().is_multiple_of(times)
    }

    /// Makes a generator of its own, for a task that runs beside this one.
    pub const fn split(&mut self) -> Self {
        Self(self.next())
    }

    /// Puts a list into a random order.
    pub fn shuffle<T>(&mut self, list: &mut [T]) {
        for last in (1..list.len()).rev() {
            let other = usize::try_from(self.within(&(0..last as u64 + 1))).unwrap_or_default();
            list.swap(last, other);
        }
    }
}
