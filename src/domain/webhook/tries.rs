//! What one try came to, and what follows from it for the delivery and for its endpoint.

use crate::domain::content::truncate;
use crate::domain::time::Timestamp;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// Most tries of a delivery.
pub const TRIES: i64 = 10;
/// Most bytes that are kept of an answer.
pub const MOST_ANSWER: usize = 1_024;
/// The waits between two tries, in seconds, as *Standard Webhooks* has them: about three days in all.
const WAITS: [u64; 9] = [5, 5 * 60, 30 * 60, 2 * HOUR, 5 * HOUR, 10 * HOUR, 14 * HOUR, 20 * HOUR, 24 * HOUR];
const HOUR: u64 = 3_600;
/// The shortest rest of an endpoint that is overloaded or does not answer.
const REST: Duration = Duration::from_mins(1);
/// The longest rest that an endpoint may ask for.
const LONGEST_REST: Duration = Duration::from_hours(1);
/// How long an endpoint may do nothing but fail.
pub const GIVEN_UP_AFTER: Duration = Duration::from_hours(120);
/// Failures farther apart than this are none of one stretch: nobody knows what was between them.
const ONE_STRETCH: Duration = Duration::from_hours(48);
/// An endpoint that failed this long was away: with its return whatever waits is tried at once.
const OUTAGE: Duration = Duration::from_mins(5);

/// What an endpoint answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// A status.
    Status {
        /// Which.
        code: u16,
        /// How long it wants to be left alone.
        retry_after: Option<Duration>,
    },
    /// None in time.
    TimedOut,
    /// No connection was made.
    Unreachable,
    /// The connection broke.
    Broken,
    /// Its address is not allowed, or is none.
    Blocked,
    /// Its secret does not open.
    NoSecret,
}

impl Answer {
    /// Returns the status, if there was one.
    #[must_use]
    pub const fn status(self) -> Option<u16> {
        match self {
            Self::Status { code, .. } => Some(code),
            Self::TimedOut | Self::Unreachable | Self::Broken | Self::Blocked | Self::NoSecret => None,
        }
    }

    /// Names what was wrong, in a word for people; `None`: nothing.
    #[must_use]
    pub const fn trouble(self) -> Option<&'static str> {
        match self {
            Self::Status { code: 200..300, .. } => None,
            Self::Status { code: 300..400, .. } => Some("redirect"),
            Self::Status { code: 410, .. } => Some("gone"),
            Self::Status { .. } => Some("status"),
            Self::TimedOut => Some("timeout"),
            Self::Unreachable => Some("unreachable"),
            Self::Broken => Some("broken"),
            Self::Blocked => Some("blocked"),
            Self::NoSecret => Some("no_secret"),
        }
    }
}

/// What an answer means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It was taken.
    Delivered,
    /// It was not.
    Refused,
    /// It was not, and the endpoint must be left alone for so long.
    Throttled(Duration),
    /// It was not, and the endpoint wants nothing any more.
    Gone,
}

/// Judges an answer. A redirect is never followed: it could lead into our own network.
#[must_use]
pub fn judge(answer: Answer) -> Verdict {
    match answer {
        Answer::Status { code: 200..300, .. } => Verdict::Delivered,
        Answer::Status { code: 410, .. } => Verdict::Gone,
        Answer::Status { code: 429 | 502 | 504, retry_after } => Verdict::Throttled(retry_after.unwrap_or(REST).clamp(REST, LONGEST_REST)),
        Answer::Status { retry_after: Some(wish), .. } if !wish.is_zero() => Verdict::Throttled(wish.min(LONGEST_REST)),
        Answer::TimedOut => Verdict::Throttled(REST),
        Answer::Status { .. } | Answer::Unreachable | Answer::Broken | Answer::Blocked | Answer::NoSecret => Verdict::Refused,
    }
}

/// What becomes of a delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// It has arrived.
    Delivered,
    /// It is tried again then.
    Again(Timestamp),
    /// It will not be tried again.
    Failed,
    /// It is too old.
    Expired,
    /// What it tells of is gone.
    Dropped,
}

impl Next {
    /// Returns the stored state.
    #[must_use]
    pub const fn state(self) -> &'static str {
        match self {
            Self::Delivered => "delivered",
            Self::Again(_) => "pending",
            Self::Failed => "failed",
            Self::Expired => "expired",
            Self::Dropped => "dropped",
        }
    }
}

/// Says what becomes of a delivery after its `made`th try. `lot` is a random number: it spreads the next tries of many.
#[must_use]
pub fn after(verdict: Verdict, made: i64, now: Timestamp, lot: u64) -> Next {
    let least = match verdict {
        Verdict::Delivered => return Next::Delivered,
        Verdict::Throttled(rest) => rest,
        Verdict::Refused | Verdict::Gone => Duration::ZERO,
    };
    let nth = usize::try_from(made.max(1) - 1).unwrap_or(usize::MAX);
    match WAITS.get(nth) {
        Some(seconds) => Next::Again(now.after(spread(*seconds, lot).max(least))),
        None => Next::Failed,
    }
}

/// Spreads a wait by a fifth to both sides.
fn spread(seconds: u64, lot: u64) -> Duration {
    Duration::from_millis(seconds * 800 + seconds * 400 * (lot % 1_000) / 1_000)
}

/// A stretch in which an endpoint did nothing but fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Streak {
    /// Its first failure.
    pub since: Timestamp,
    /// Its newest.
    pub last: Timestamp,
}

/// What a try means for its endpoint.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Health {
    /// The stretch of failures that goes on; any success ends it.
    pub streak: Option<Streak>,
    /// Until when it is left alone.
    pub rest_until: Option<Timestamp>,
    /// It is disabled, with this word.
    pub given_up: Option<&'static str>,
    /// It has come back after an outage: what waits for it need not wait longer.
    pub returned: bool,
}

/// Says what a try means for its endpoint.
#[must_use]
pub fn health(before: Option<Streak>, verdict: Verdict, now: Timestamp) -> Health {
    if verdict == Verdict::Delivered {
        return Health { returned: before.is_some_and(|streak| now.since(streak.since) >= OUTAGE), ..Health::default() };
    }
    let goes_on = before.filter(|streak| now.since(streak.last) <= ONE_STRETCH);
    let streak = Streak { since: goes_on.map_or(now, |streak| streak.since), last: now };
    let failing = now.since(streak.since) >= GIVEN_UP_AFTER;
    let (rest_until, given_up) = match verdict {
        Verdict::Gone => (None, Some("gone")),
        Verdict::Throttled(rest) => (Some(now.after(rest)), failing.then_some("failing")),
        Verdict::Refused | Verdict::Delivered => (None, failing.then_some("failing")),
    };
    Health { streak: Some(streak), rest_until, given_up, returned: false }
}

/// One try, as it is kept for people.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempt {
    /// When it began.
    pub at: Timestamp,
    /// How long it took.
    pub duration_ms: u64,
    /// The status, if there was one.
    pub status: Option<u16>,
    /// What was wrong; null: nothing.
    pub error: Option<String>,
    /// The beginning of the answer.
    pub answer: Option<String>,
}

impl Attempt {
    /// Writes a try down. Nothing of an answer is kept that would be longer than [`MOST_ANSWER`], or no text.
    #[must_use]
    pub fn of(answer: Answer, at: Timestamp, took: Duration, said: &str) -> Self {
        let plain = |letter: &char| !letter.is_control() || matches!(letter, '\n' | '\t');
        let said: String = said.chars().filter(plain).take(MOST_ANSWER).collect();
        let said = truncate(&said, MOST_ANSWER).to_owned();
        Self {
            at,
            duration_ms: u64::try_from(took.as_millis()).unwrap_or(u64::MAX),
            status: answer.status(),
            error: answer.trouble().map(str::to_owned),
            answer: Some(said).filter(|said| !said.is_empty() && answer != Answer::Blocked),
        }
    }
}

/// Adds a try to those that are kept: the newest [`TRIES`].
pub fn remember(attempts: &mut Vec<Attempt>, attempt: Attempt) {
    attempts.push(attempt);
    let most = usize::try_from(TRIES).unwrap_or_default();
    attempts.drain(..attempts.len().saturating_sub(most));
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_secs(1_000_000);

    fn status(code: u16) -> Answer {
        Answer::Status { code, retry_after: None }
    }

    fn wait(made: i64, lot: u64) -> Option<u64> {
        match after(Verdict::Refused, made, NOW, lot) {
            Next::Again(at) => Some(at.since(NOW).as_secs()),
            Next::Delivered | Next::Failed | Next::Expired | Next::Dropped => None,
        }
    }

    #[test]
    fn ten_tries_stretch_over_three_days_and_the_tenth_is_the_last() {
        let waits: Vec<Option<u64>> = (1..=10).map(|made| wait(made, 500)).collect();
        let expected = [5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400].map(Some);
        assert_eq!((&waits[..9], waits[9]), (&expected[..], None));
        let all: u64 = waits.into_iter().flatten().sum();
        assert!((3 * 86_400..4 * 86_400).contains(&all), "{all}");
        assert_eq!((wait(2, 0), wait(2, 999)), (Some(240), Some(359)), "a fifth to both sides");
        assert_eq!(wait(-3, 500), Some(5));
    }

    #[test]
    fn only_a_2xx_is_a_success_and_a_redirect_is_none() {
        for code in [200, 201, 202, 204, 299] {
            assert_eq!(judge(status(code)), Verdict::Delivered, "{code}");
        }
        for code in [100, 199, 300, 301, 302, 307, 308, 400, 401, 404, 418, 500, 501, 503] {
            assert_eq!(judge(status(code)), Verdict::Refused, "{code}");
        }
        for answer in [Answer::Unreachable, Answer::Broken, Answer::Blocked, Answer::NoSecret] {
            assert_eq!(judge(answer), Verdict::Refused, "{answer:?}");
        }
        assert_eq!(judge(status(410)), Verdict::Gone);
        assert_eq!(status(302).trouble(), Some("redirect"));
    }

    #[test]
    fn an_overloaded_endpoint_is_left_alone_as_long_as_it_asks_within_bounds() {
        let asks = |code, seconds| judge(Answer::Status { code, retry_after: Some(Duration::from_secs(seconds)) });
        for code in [429, 502, 504] {
            assert_eq!(judge(status(code)), Verdict::Throttled(REST), "{code}");
        }
        assert_eq!(judge(Answer::TimedOut), Verdict::Throttled(REST));
        assert_eq!(asks(429, 1), Verdict::Throttled(REST));
        assert_eq!(asks(429, 600), Verdict::Throttled(Duration::from_mins(10)));
        assert_eq!((asks(429, 999_999), asks(503, 999_999)), (Verdict::Throttled(LONGEST_REST), Verdict::Throttled(LONGEST_REST)));
        assert_eq!((asks(503, 7), asks(503, 0)), (Verdict::Throttled(Duration::from_secs(7)), Verdict::Refused));
        assert_eq!(asks(200, 600), Verdict::Delivered);
        assert_eq!(after(asks(429, 600), 1, NOW, 500), Next::Again(NOW.after(Duration::from_mins(10))), "no earlier than it asked");
        assert_eq!(after(asks(429, 60), 4, NOW, 500), Next::Again(NOW.after(Duration::from_hours(2))), "nor than we would");
        assert_eq!(after(asks(429, 60), 10, NOW, 500), Next::Failed);
    }

    #[test]
    fn an_endpoint_that_only_fails_for_120_hours_is_given_up_and_any_success_begins_anew() {
        let hours = |hours: u64| NOW.after(Duration::from_hours(hours));
        let mut streak = None;
        for hour in (0..120).step_by(10) {
            let health = health(streak, Verdict::Refused, hours(hour));
            assert_eq!((health.given_up, health.streak.map(|streak| streak.since)), (None, Some(NOW)), "{hour}");
            streak = health.streak;
        }
        assert_eq!(health(streak, Verdict::Refused, hours(120)).given_up, Some("failing"));
        assert_eq!(health(streak, Verdict::Throttled(REST), hours(120)).given_up, Some("failing"));
        let well = health(streak, Verdict::Delivered, hours(119));
        assert_eq!((well.streak, well.given_up, well.returned), (None, None, true));
        assert_eq!(health(well.streak, Verdict::Refused, hours(121)).given_up, None);
    }

    #[test]
    fn failures_with_long_silence_between_them_are_no_stretch() {
        let before = Some(Streak { since: NOW, last: NOW });
        let later = NOW.after(Duration::from_hours(240));
        let health = health(before, Verdict::Refused, later);
        assert_eq!((health.given_up, health.streak), (None, Some(Streak { since: later, last: later })));
    }

    #[test]
    fn whoever_is_gone_is_given_up_at_once_and_a_short_trouble_is_no_outage() {
        assert_eq!(health(None, Verdict::Gone, NOW).given_up, Some("gone"));
        let before = Some(Streak { since: NOW, last: NOW });
        assert!(!health(before, Verdict::Delivered, NOW.after(Duration::from_secs(20))).returned);
        assert_eq!(health(None, Verdict::Delivered, NOW), Health::default());
        assert_eq!(health(None, Verdict::Throttled(REST), NOW).rest_until, Some(NOW.after(REST)));
    }

    #[test]
    fn of_an_answer_a_kilobyte_of_text_is_kept_and_nothing_of_a_blocked_one() {
        let kept = Attempt::of(status(500), NOW, Duration::from_millis(12), &format!("a\0\u{1b}[31m{}", "é".repeat(2_000)));
        let answer = kept.answer.clone().unwrap();
        assert!(answer.len() <= MOST_ANSWER && answer.len() > MOST_ANSWER - 2 && answer.starts_with("a[31mé"));
        assert_eq!((kept.status, kept.error.as_deref(), kept.duration_ms), (Some(500), Some("status"), 12));
        assert_eq!(Attempt::of(Answer::Blocked, NOW, Duration::ZERO, "root:x:0:0").answer, None);
        let mut all = Vec::new();
        for _ in 0..15 {
            remember(&mut all, kept.clone());
        }
        assert_eq!(all.len(), 10);
    }
}
