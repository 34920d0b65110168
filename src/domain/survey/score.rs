//! Counting answers: how many were asked, how many answered, and how satisfied they were. Pure.

use crate::domain::survey::Rating;

/// What was counted of some surveys.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Score {
    /// Asked, whether or not they answered.
    asked: u64,
    /// Answers by rating, 1 to 5.
    ratings: [u64; 5],
}

impl Score {
    /// Adds so many surveys with this rating; `None`: not answered.
    pub fn add(&mut self, rating: Option<Rating>, count: u64) {
        self.asked += count;
        let place = rating.and_then(|rating| usize::try_from(rating.number() - 1).ok());
        if let Some(cell) = place.and_then(|place| self.ratings.get_mut(place)) {
            *cell += count;
        }
    }

    /// Returns how many were asked.
    #[must_use]
    pub const fn asked(&self) -> u64 {
        self.asked
    }

    /// Returns how many answered.
    #[must_use]
    pub fn answered(&self) -> u64 {
        self.ratings.iter().sum()
    }

    /// Returns the answers by rating, 1 to 5.
    #[must_use]
    pub const fn ratings(&self) -> [u64; 5] {
        self.ratings
    }

    /// Returns how many of a hundred answered, to a tenth; `None`: nobody was asked.
    #[must_use]
    pub fn response_rate(&self) -> Option<f64> {
        ratio(self.answered() * 100, self.asked, 10)
    }

    /// Returns the mean rating, to a hundredth; `None`: nobody answered.
    #[must_use]
    pub fn average(&self) -> Option<f64> {
        let sum = self.ratings.iter().zip(1_u64..).map(|(count, rating)| count * rating).sum();
        ratio(sum, self.answered(), 100)
    }
}

/// Divides, to one part of `parts`; halves go up. Whole numbers until the end, so that equal figures are equal.
fn ratio(sum: u64, of: u64, parts: u32) -> Option<f64> {
    let rounded = (sum.saturating_mul(2 * u64::from(parts)) + of).checked_div(2 * of)?;
    // A mean of ratings and a part of a hundred are small.
    Some(f64::from(u32::try_from(rounded).unwrap_or(u32::MAX)) / f64::from(parts))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn score(counts: [u64; 5], silent: u64) -> Score {
        let mut score = Score::default();
        score.add(None, silent);
        for (count, rating) in counts.into_iter().zip(1..) {
            score.add(Rating::new(rating), count);
        }
        score
    }

    #[test]
    fn nothing_is_divided_by_nothing() {
        let nobody = Score::default();
        assert_eq!((nobody.asked(), nobody.answered(), nobody.response_rate(), nobody.average()), (0, 0, None, None));
        let silent = score([0; 5], 7);
        assert_eq!((silent.asked(), silent.answered(), silent.response_rate(), silent.average()), (7, 0, Some(0.0), None));
    }

    #[test]
    fn rates_and_means_are_rounded_halves_up() {
        let some = score([1, 0, 0, 0, 2], 5);
        assert_eq!((some.asked(), some.answered(), some.ratings()), (8, 3, [1, 0, 0, 0, 2]));
        assert_eq!((some.response_rate(), some.average()), (Some(37.5), Some(3.67)));
        assert_eq!(score([0, 0, 0, 1, 1], 4).response_rate(), Some(33.3));
        assert_eq!(score([0, 0, 0, 7, 1], 0).average(), Some(4.13), "4.125");
        assert_eq!(score([0, 0, 0, 0, 9], 0).average(), Some(5.0));
    }
}
