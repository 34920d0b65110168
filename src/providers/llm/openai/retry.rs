//! The one retry policy, and the times that servers ask for. Pure: time and chance are passed in.

use crate::domain::time::Timestamp;
use crate::net::retry_after::{CAP, parse_retry_after};
use crate::ports::llm::LlmError;
use std::time::Duration;

/// Most requests for one answer at one provider; then the next in the chain is asked.
const MOST_TRIES: u32 = 2;
/// The longest pause that we choose ourselves.
const PAUSE: Duration = Duration::from_millis(500);

/// Returns how long to wait before the next try, or `None` if there is none: the failure would not pass, it was tried often enough, or
/// the wait would eat more than half of the time left (the next provider then answers sooner). `dice` is any number.
pub(super) fn next_try(error: &LlmError, tries: u32, left: Duration, dice: u32) -> Option<Duration> {
    if tries >= MOST_TRIES || !error.may_pass() {
        return None;
    }
    let wish = match error {
        LlmError::Busy { retry_after, .. } => retry_after.unwrap_or_default(),
        LlmError::Unreachable(_)
        | LlmError::Broken(_)
        | LlmError::Rejected(_)
        | LlmError::Credentials(_)
        | LlmError::Spent(_)
        | LlmError::Declined
        | LlmError::Deadline => Duration::ZERO,
    };
    // Everybody who was turned away together comes back at different times.
    let wait = wish.saturating_add(PAUSE * (dice % 1_001) / 1_000);
    (wait <= left / 2).then_some(wait)
}

/// Reads `retry-after-ms`, or else `Retry-After` as seconds (whole or not) or as a date. Rubbish is no wish; an hour is the most.
pub(super) fn wish(millis: Option<&str>, retry_after: Option<&str>, now: Timestamp) -> Option<Duration> {
    let millis = millis.and_then(number).map(|millis| millis / 1_000.0).and_then(span);
    millis.or_else(|| {
        let value = retry_after?;
        parse_retry_after(value, now).or_else(|| number(value).and_then(span))
    })
}

fn number(value: &str) -> Option<f64> {
    let value = value.trim();
    // Only what a person would call a decimal number: no sign, no exponent, no infinity.
    let plain = !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    if plain { value.parse().ok() } else { None }
}

fn span(seconds: f64) -> Option<Duration> {
    if seconds >= CAP.as_secs_f64() { Some(CAP) } else { Duration::try_from_secs_f64(seconds).ok() }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_secs(784_111_777);
    const LEFT: Duration = Duration::from_secs(10);

    fn busy(seconds: Option<u64>) -> LlmError {
        LlmError::Busy { status: 429, retry_after: seconds.map(Duration::from_secs) }
    }

    #[test]
    fn only_what_may_pass_is_tried_again_and_only_once() {
        assert!(next_try(&LlmError::Broken("x".into()), 1, LEFT, 0).is_some());
        assert!(next_try(&LlmError::Unreachable("x".into()), 1, LEFT, 0).is_some());
        assert_eq!(next_try(&LlmError::Broken("x".into()), 2, LEFT, 0), None);
        for error in [
            LlmError::Rejected("x".into()),
            LlmError::Credentials(401),
            LlmError::Spent("x".into()),
            LlmError::Declined,
            LlmError::Deadline,
        ] {
            assert_eq!(next_try(&error, 1, LEFT, 0), None, "{error}");
        }
    }

    #[test]
    fn a_wish_is_kept_to_if_it_fits_and_else_the_next_is_asked_at_once() {
        assert_eq!(next_try(&busy(Some(3)), 1, LEFT, 0), Some(Duration::from_secs(3)));
        assert_eq!(next_try(&busy(Some(5)), 1, LEFT, 0), Some(Duration::from_secs(5)));
        assert_eq!(next_try(&busy(Some(6)), 1, LEFT, 0), None);
        assert_eq!(next_try(&busy(Some(3_600)), 1, LEFT, 0), None);
        assert_eq!(next_try(&busy(None), 1, Duration::ZERO, 1), None);
    }

    #[test]
    fn chance_spreads_the_pauses_over_half_a_second() {
        let pause = |dice| next_try(&busy(None), 1, LEFT, dice).unwrap();
        assert_eq!((pause(0), pause(500), pause(1_000), pause(1_001)), (Duration::ZERO, PAUSE / 2, PAUSE, Duration::ZERO));
        assert!((0..5_000).map(|dice| pause(dice * 858_993)).all(|pause| pause <= PAUSE));
    }

    #[test]
    fn every_form_of_the_header_is_read_and_an_hour_is_the_most() {
        let seconds = |value: &str| wish(None, Some(value), NOW).map(|wait| wait.as_secs_f64());
        assert_eq!(seconds("2"), Some(2.0));
        assert_eq!(seconds("1.5"), Some(1.5));
        assert_eq!(seconds("Sun, 06 Nov 1994 08:49:47 GMT"), Some(10.0));
        assert_eq!(seconds("86400"), Some(3_600.0));
        assert_eq!(seconds("99999999999999999999.5"), Some(3_600.0));
        for rubbish in ["", "soon", "-1", "1e9", "NaN", "inf", "1.2.3", "."] {
            assert_eq!(seconds(rubbish), None, "{rubbish}");
        }
        assert_eq!(wish(Some("250"), Some("9"), NOW), Some(Duration::from_millis(250)));
        assert_eq!(wish(Some("rubbish"), Some("9"), NOW), Some(Duration::from_secs(9)));
        assert_eq!(wish(None, None, NOW), None);
    }
}
