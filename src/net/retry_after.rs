//! The `Retry-After` header. Pure; never believes more than an hour.

use crate::domain::time::Timestamp;
use chrono::DateTime;
use std::time::Duration;

/// The longest wait that a peer may ask for.
pub const CAP: Duration = Duration::from_secs(3600);

/// Reads seconds or an HTTP date; a date in the past is "now", rubbish is `None`. At most [`CAP`].
#[must_use]
pub fn parse_retry_after(value: &str, now: Timestamp) -> Option<Duration> {
    let value = value.trim();
    if !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit()) {
        // More digits than a number holds is still a wish to wait long.
        return Some(value.parse().map_or(CAP, Duration::from_secs).min(CAP));
    }
    // The one date format that servers must send is a case of RFC 2822; the two obsolete ones count as rubbish.
    let date = value.ends_with(" GMT").then(|| DateTime::parse_from_rfc2822(value).ok()).flatten()?;
    Some(Timestamp::from_micros(date.timestamp_micros()).since(now).min(CAP))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Sun, 06 Nov 1994 08:49:37 GMT.
    const NOW: Timestamp = Timestamp::from_secs(784_111_777);

    fn read(value: &str) -> Option<u64> {
        parse_retry_after(value, NOW).map(|wait| wait.as_secs())
    }

    #[test]
    fn seconds_are_read_and_capped() {
        assert_eq!(read("0"), Some(0));
        assert_eq!(read(" 120 "), Some(120));
        assert_eq!(read("3601"), Some(3600));
        assert_eq!(read("99999999999999999999999999"), Some(3600));
    }

    #[test]
    fn dates_are_read_and_capped() {
        assert_eq!(read("Sun, 06 Nov 1994 08:50:37 GMT"), Some(60));
        assert_eq!(read("Sun, 06 Nov 1994 08:49:37 GMT"), Some(0));
        assert_eq!(read("Sat, 05 Nov 1994 08:49:37 GMT"), Some(0));
        assert_eq!(read("Fri, 31 Dec 9999 23:59:59 GMT"), Some(3600));
    }

    #[test]
    fn rubbish_is_nothing() {
        for value in
            ["", "soon", "-1", "+5", "1.5", "1e3", "Sun, 06 Nov 1994", "Mon, 06 Nov 1994 08:49:37 GMT", "１２", "1994-11-06T08:49:37Z"]
        {
            assert_eq!(read(value), None, "{value}");
        }
    }
}
