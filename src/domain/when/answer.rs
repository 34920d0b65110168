//! Questions that callers ask of an answer: does this time suit, is this what was meant. Decides nothing new.

use super::{Answer, Days, Hours, Times, Understood};
use chrono::{NaiveDate, NaiveDateTime, NaiveTime};

impl Hours {
    /// Returns true if the time of day is meant.
    #[must_use]
    pub fn contain(&self, time: NaiveTime) -> bool {
        self.from <= time && (time < self.until || self.until == NaiveTime::MIN)
    }
}

impl Times {
    /// Returns true if the time of day is meant.
    #[must_use]
    pub fn contain(&self, time: NaiveTime) -> bool {
        match self {
            Self::Any => true,
            Self::At(at) => *at == time,
            Self::Within(hours) => hours.contain(time),
        }
    }
}

impl Days {
    /// Returns true if the date is meant.
    #[must_use]
    pub fn contain(&self, date: NaiveDate) -> bool {
        self.first <= date && self.last.is_none_or(|last| date <= last)
    }
}

impl Answer {
    /// Returns true if the clock time of the business is meant, so that a free slot at it may be offered.
    #[must_use]
    pub fn contains(&self, local: NaiveDateTime) -> bool {
        match self {
            Self::Moment(moment) => moment.local == local,
            Self::Days(days) => days.contain(local.date()) && days.times.contain(local.time()),
            Self::Times(times) => times.contain(local.time()),
        }
    }
}

impl Understood {
    /// Returns what the words mean if that is sure.
    #[must_use]
    pub const fn sure(&self) -> Option<Answer> {
        match self {
            Self::Sure(answer) => Some(*answer),
            Self::Nothing | Self::Ask { .. } | Self::Missing { .. } | Self::Past(_) | Self::Impossible { .. } => None,
        }
    }

    /// Returns true if a proposal, for instance of a model, is not what the customer's words mean: what the words mean wins then. Words
    /// that say nothing about time leave every proposal as it is; words that have to be asked back leave none.
    #[must_use]
    pub fn overrules(&self, proposed: NaiveDateTime) -> bool {
        match self {
            Self::Nothing => false,
            Self::Sure(answer) => !answer.contains(proposed),
            Self::Ask { .. } | Self::Missing { .. } | Self::Past(_) | Self::Impossible { .. } => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn time(hour: u32) -> NaiveTime {
        NaiveTime::from_hms_opt(hour, 0, 0).unwrap()
    }

    #[test]
    fn hours_end_before_their_end_and_midnight_is_the_end_of_the_day() {
        let evening = Hours { from: time(18), until: NaiveTime::MIN };
        assert!(evening.contain(time(18)) && evening.contain(time(23)) && !evening.contain(time(17)));
        let morning = Hours { from: time(9), until: time(12) };
        assert!(morning.contain(time(9)) && morning.contain(time(11)) && !morning.contain(time(12)));
    }

    #[test]
    fn days_without_an_end_go_on() {
        let first = NaiveDate::from_ymd_opt(2027, 3, 4).unwrap();
        let days = Days { first, last: None, times: Times::Within(Hours { from: time(16), until: NaiveTime::MIN }) };
        assert!(Answer::Days(days).contains(first.and_hms_opt(16, 0, 0).unwrap()));
        assert!(!Answer::Days(days).contains(first.and_hms_opt(15, 59, 0).unwrap()));
        assert!(!Answer::Days(days).contains(first.pred_opt().unwrap().and_hms_opt(16, 0, 0).unwrap()));
        assert!(Answer::Days(days).contains(NaiveDate::from_ymd_opt(2030, 1, 1).unwrap().and_hms_opt(20, 0, 0).unwrap()));
    }
}
