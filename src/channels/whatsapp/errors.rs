//! What a refusal of the Graph API means for the message and for its lane. Pure.
//!
//! Decides on Meta's codes, then on the HTTP status, never on texts, and repeats none of Meta's texts: they may name customers.

use crate::channels::whatsapp::wire::Id;
use crate::ports::channel::{Scope, SendError};
use chrono::DateTime;
use serde::Deserialize;
use serde_json::Value;
use std::time::Duration;

/// Longest pause that we take from a header.
const MAX_WAIT: Duration = Duration::from_secs(60 * 60);

/// WhatsApp allows one message in six seconds to the same person, once a burst is used up.
const PAIR_WAIT: Duration = Duration::from_secs(6);

/// The headers of an answer that say when to come back.
#[derive(Clone, Copy, Default, Debug)]
pub struct WaitHeaders<'a> {
    /// `Retry-After`: seconds or an HTTP date.
    pub retry_after: Option<&'a str>,
    /// `Date`: what that date counts from, so that no clock of ours is needed.
    pub date: Option<&'a str>,
    /// `X-Business-Use-Case-Usage`: JSON with minutes to wait.
    pub usage: Option<&'a str>,
}

/// Returns the pause that the answer asks for, at most an hour.
#[must_use]
pub fn wait(headers: WaitHeaders<'_>) -> Option<Duration> {
    headers
        .retry_after
        .and_then(|text| retry_after(text.trim(), headers.date))
        .or_else(|| headers.usage.and_then(regain_access))
        .map(|wait| wait.min(MAX_WAIT))
}

fn retry_after(text: &str, date: Option<&str>) -> Option<Duration> {
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Some(Duration::from_secs(text.parse().unwrap_or(u64::MAX)));
    }
    let until = DateTime::parse_from_rfc2822(text).ok()?;
    let now = DateTime::parse_from_rfc2822(date?.trim()).ok()?;
    Some((until - now).to_std().unwrap_or_default())
}

/// `{"<business>": [{"estimated_time_to_regain_access": 19, ..}]}`; the longest counts, zero means no limit.
fn regain_access(json: &str) -> Option<Duration> {
    let usage: Value = serde_json::from_str(json).ok()?;
    let limits = usage.as_object()?.values().filter_map(Value::as_array).flatten();
    let minutes = limits.filter_map(|limit| limit.get("estimated_time_to_regain_access")?.as_u64()).max()?;
    (minutes > 0).then(|| Duration::from_secs(minutes.saturating_mul(60)))
}

#[derive(Deserialize)]
struct ErrorBody {
    error: GraphError,
}

#[derive(Deserialize)]
struct GraphError {
    #[serde(default)]
    code: Option<Id>,
    #[serde(default)]
    error_subcode: Option<Id>,
    #[serde(default)]
    is_transient: Option<bool>,
    #[serde(default)]
    fbtrace_id: Option<String>,
}

fn graph_error(body: &[u8]) -> Option<GraphError> {
    serde_json::from_slice::<ErrorBody>(body).ok().map(|body| body.error)
}

/// Returns Meta's id of the failed call, for support cases.
#[must_use]
pub fn trace_id(body: &[u8]) -> Option<String> {
    graph_error(body)?.fbtrace_id.map(|id| id.chars().filter(char::is_ascii_alphanumeric).take(64).collect())
}

/// What a code asks of us.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Verdict {
    Retry(Scope, Option<Duration>),
    Fail(&'static str, &'static str),
    Pause(&'static str),
}

/// Decides what a refused call means. A known code decides alone; else `is_transient`, then the status.
///
/// `wait` is what the headers asked for ([`wait`]); growing pauses over several attempts are the lane's affair. Also for a 2xx whose
/// body is an error or nothing that we understand: without a message id its outcome is unknown.
#[must_use]
pub fn classify(status: u16, wait: Option<Duration>, body: &[u8]) -> SendError {
    let error = graph_error(body);
    let number = |id: Option<&Id>| id.and_then(|id| id.0.parse::<u32>().ok());
    let code = error.as_ref().and_then(|error| number(error.code.as_ref()));
    let subcode = error.as_ref().and_then(|error| number(error.error_subcode.as_ref()));
    let transient = error.as_ref().is_some_and(|error| error.is_transient == Some(true));
    if error.is_none() && (200..300).contains(&status) {
        return SendError::Unknown { code: "unreadable_answer".to_owned() };
    }
    let name = code.map_or_else(|| format!("http_{status}"), |code| code.to_string());
    let verdict = code.and_then(|code| of_code(code, subcode)).unwrap_or_else(|| of_status(status, transient));
    match verdict {
        Verdict::Retry(scope, least) => SendError::Retry { after: wait.or(least), scope, code: name },
        Verdict::Fail(ours, detail) => {
            SendError::Fail { code: if ours.is_empty() { name } else { ours.to_owned() }, detail: detail.to_owned() }
        }
        Verdict::Pause(detail) => SendError::Pause { code: name, detail: detail.to_owned() },
    }
}

const fn of_code(code: u32, subcode: Option<u32>) -> Option<Verdict> {
    use Verdict::{Fail, Pause, Retry};
    Some(match code {
        0 | 190 => Pause("the access token is no longer valid; connect the WhatsApp account again"),
        3 | 10 | 131005 | 200..=299 => Pause("a permission of the access token is missing or was taken away"),
        33 | 803 => Pause("the phone number id does not exist or is not ours"),
        100 if matches!(subcode, Some(33)) => Pause("the phone number id does not exist or is not ours"),
        368 | 131031 => Pause("Meta has blocked the WhatsApp account"),
        131037 => Pause("Meta has not approved the display name of the number"),
        131042 => Pause("Meta reports a payment problem of the WhatsApp account"),
        131045 | 133004..=133006 | 133008..=133010 | 133015 | 133016 => Pause("the number is not registered with the Cloud API"),
        131048 => Pause("Meta limits the number because of its quality rating"),
        2 | 131016 | 131057 => Retry(Scope::Account, None),
        // Meta's "something went wrong" may be about this one message: it must not hold up everybody else's.
        1 | 131000 | 135000 | 132069 => Retry(Scope::Recipient, None),
        131056 => Retry(Scope::Recipient, Some(PAIR_WAIT)),
        4 | 17 | 32 | 613 | 80001 | 80002 | 80006 | 80007 | 80008 | 130429 => Retry(Scope::Account, None),
        131047 => Fail("window_closed", "more than 24 hours since the customer's last message; only a template is allowed"),
        131026 | 551 => Fail("unreachable", "the customer cannot be reached on WhatsApp"),
        131050 => Fail("opted_out", "the customer does not want marketing messages"),
        100 | 131008 | 131009 => Fail("invalid", "WhatsApp refused a parameter of the message"),
        131021 => Fail("invalid", "sender and recipient are the same number"),
        131051 => Fail("invalid", "WhatsApp does not support this type of message"),
        // The code remains the provider's where people have to know which one it was.
        130497 => Fail("", "the business may not write to customers of this country"),
        131049 | 130472 => Fail("", "Meta does not deliver this message to this customer for now; do not repeat it within 24 hours"),
        131030 => Fail("", "the recipient is not in the allow list of the test number"),
        131052 | 131053 => Fail("", "a file of the message could not be transferred"),
        131062 => Fail("", "this template cannot be sent to a customer without a number"),
        131063 | 131064 => Fail("", "this template cannot be sent this way"),
        132000 | 132001 | 132005 | 132007 | 132008 | 132012 => {
            Fail("", "the template does not exist, is not approved or does not fit its parameters")
        }
        132015 | 132016 => Fail("", "Meta has paused or disabled the template"),
        132068 => Fail("", "Meta has blocked the form of the template"),
        137000 => Fail("", "the customer's identity key has changed"),
        _ => return None,
    })
}

const fn of_status(status: u16, transient: bool) -> Verdict {
    match status {
        _ if transient => Verdict::Retry(Scope::Recipient, None),
        // A redirect or a time-out of a proxy: nothing of ours was taken.
        300..=399 | 408 | 425 | 429 | 500..=599 => Verdict::Retry(Scope::Account, None),
        401 => Verdict::Pause("the access token was not accepted"),
        403 => Verdict::Pause("access was refused"),
        _ => Verdict::Fail("", "WhatsApp refused the message"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn graph(status: u16, code: i64) -> SendError {
        let error = json!({"error": {"message": "(#1) for 5215512345678", "type": "OAuthException", "code": code, "error_data": "text"}});
        classify(status, None, error.to_string().as_bytes())
    }

    #[test]
    fn every_listed_code_has_its_meaning() {
        let pause = [0, 3, 10, 33, 190, 200, 230, 299, 368, 803, 131005, 131031, 131037, 131042, 131045, 131048, 133004, 133005, 133006];
        for code in pause.into_iter().chain([133008, 133009, 133010, 133015, 133016]) {
            assert!(matches!(graph(400, code), SendError::Pause { code: name, .. } if name == code.to_string()), "{code}");
        }
        for code in [2, 4, 17, 32, 613, 80001, 80002, 80006, 80007, 80008, 130429, 131016, 131057] {
            let expected = SendError::Retry { after: None, scope: Scope::Account, code: code.to_string() };
            assert_eq!(graph(400, code), expected, "{code}");
        }
        for (code, after) in [(131056, Some(PAIR_WAIT)), (1, None), (131000, None), (135000, None), (132069, None)] {
            assert_eq!(graph(400, code), SendError::Retry { after, scope: Scope::Recipient, code: code.to_string() });
        }
        for (code, ours) in [
            (131047, "window_closed"),
            (131026, "unreachable"),
            (551, "unreachable"),
            (131050, "opted_out"),
            (100, "invalid"),
            (131008, "invalid"),
            (131009, "invalid"),
            (131021, "invalid"),
            (131051, "invalid"),
        ] {
            assert!(matches!(graph(400, code), SendError::Fail { code, .. } if code == ours), "{code}");
        }
        let own = [130472, 130497, 131030, 131049, 131052, 131053, 131062, 131063, 131064, 132000, 132001, 132005, 132007, 132008];
        for code in own.into_iter().chain([132012, 132015, 132016, 132068, 137000, 999_999]) {
            assert!(matches!(graph(400, code), SendError::Fail { code: name, .. } if name == code.to_string()), "{code}");
        }
    }

    #[test]
    fn the_code_outweighs_the_status() {
        assert!(matches!(graph(500, 131047), SendError::Fail { .. }));
        assert!(matches!(graph(400, 131000), SendError::Retry { .. }));
        assert!(matches!(graph(200, 190), SendError::Pause { .. }));
        assert!(matches!(graph(503, 999_999), SendError::Retry { .. }));
        let missing = json!({"error": {"code": 100, "error_subcode": 33}}).to_string();
        assert!(matches!(classify(400, None, missing.as_bytes()), SendError::Pause { .. }));
        let transient = json!({"error": {"code": 999_999, "is_transient": true}}).to_string();
        assert!(matches!(classify(400, None, transient.as_bytes()), SendError::Retry { .. }));
    }

    #[test]
    fn without_a_code_the_status_decides() {
        for status in [302, 408, 429, 500, 502, 503, 504] {
            let expected = SendError::Retry { after: Some(Duration::from_secs(9)), scope: Scope::Account, code: format!("http_{status}") };
            assert_eq!(classify(status, Some(Duration::from_secs(9)), b"<html>later</html>"), expected);
        }
        assert!(matches!(classify(401, None, b""), SendError::Pause { .. }));
        assert!(matches!(classify(403, None, b"{}"), SendError::Pause { .. }));
        assert!(matches!(classify(404, None, b"not found"), SendError::Fail { .. }));
        for garbage in [&b"<html>"[..], b"", b"{}", b"[]", b"{\"messages\":[]}", b"\xff"] {
            assert!(matches!(classify(200, None, garbage), SendError::Unknown { .. }));
        }
    }

    #[test]
    fn metas_texts_go_no_further() {
        assert!(!format!("{:?}", graph(400, 131026)).contains("5215512345678"));
    }

    #[test]
    fn the_wait_comes_from_seconds_a_date_or_the_usage() {
        let seconds = |text| wait(WaitHeaders { retry_after: Some(text), ..WaitHeaders::default() }).map(|wait| wait.as_secs());
        assert_eq!(seconds("7"), Some(7));
        assert_eq!(seconds(" 0 "), Some(0));
        assert_eq!(seconds("86400"), Some(3600));
        assert_eq!(seconds("99999999999999999999999"), Some(3600));
        for odd in ["", "-1", "soon", "1.5", "Wed, 21 Oct 2026 07:28:30 GMT"] {
            assert_eq!(seconds(odd), None, "{odd}");
        }
        let date = |until, now| wait(WaitHeaders { retry_after: Some(until), date: Some(now), usage: None }).map(|wait| wait.as_secs());
        assert_eq!(date("Wed, 21 Oct 2026 07:28:30 GMT", "Wed, 21 Oct 2026 07:28:00 GMT"), Some(30));
        assert_eq!(date("Wed, 21 Oct 2026 07:28:00 GMT", "Wed, 21 Oct 2026 07:28:30 GMT"), Some(0));
        assert_eq!(date("Wed, 21 Oct 2026 07:28:00 GMT", "today"), None);
        let usage = |usage| wait(WaitHeaders { usage: Some(usage), ..WaitHeaders::default() }).map(|wait| wait.as_secs());
        let minutes = r#"{"1":[{"type":"whatsapp","estimated_time_to_regain_access":2},{}],"2":[{"estimated_time_to_regain_access":19}]}"#;
        assert_eq!(usage(minutes), Some(19 * 60));
        assert_eq!(usage(r#"{"1":[{"estimated_time_to_regain_access":0}]}"#), None);
        assert_eq!(usage("[]"), None);
    }

    #[test]
    fn the_trace_id_is_plain_text() {
        assert_eq!(trace_id(br#"{"error":{"fbtrace_id":"Ab-C\n1"}}"#).as_deref(), Some("AbC1"));
        assert_eq!(trace_id(b"{}"), None);
    }
}
