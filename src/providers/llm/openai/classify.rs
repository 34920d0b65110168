//! What a failure means. Pure: from statuses, codes and causes to [`LlmError`]; a server's own sentences are read here and never passed on.

use crate::net::client::Failure;
use crate::ports::llm::LlmError;
use serde_json::Value;
use std::fmt;
use std::time::Duration;

/// Codes of accounts without money.
const SPENT: [&str; 8] = [
    "insufficient_quota",
    "credit_balance_exhausted",
    "organization_spend_limit_exceeded",
    "project_spend_limit_exceeded",
    "organization_usage_limit_exceeded",
    "billing_hard_limit_reached",
    "billing_not_active",
    "payment_required",
];
/// Codes of keys that are refused.
const KEY: [&str; 5] = ["invalid_api_key", "authentication_error", "api_key_invalid", "permission_error", "unauthorized"];
/// Codes of content that is not talked about.
const DECLINED: [&str; 5] = ["content_filter", "content_policy_violation", "refusal", "moderation", "flagged"];
/// Codes of requests that will not be taken a second time either.
const REJECTED: [&str; 4] = ["context_length_exceeded", "string_above_max_length", "model_not_found", "not_found_error"];
/// Codes of servers with too much to do.
const BUSY: [&str; 6] =
    ["rate_limit_exceeded", "rate_limit_error", "slow_down", "provider_overloaded", "overloaded_error", "resource_exhausted"];
/// Words in a sentence that say that the chat is too long, where servers have no code for it.
const TOO_LONG: [&str; 5] = ["context length", "maximum context", "context window", "context size", "prompt is too long"];

/// Why a try gave no answer, before it is judged. Its text never holds anything of the body.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Fault {
    /// No answer began in time.
    Silent,
    /// It began and stopped.
    Stalled,
    /// No connection, or a broken one, before the answer began.
    Net(Failure),
    /// The connection broke within the answer.
    Cut,
    /// More than we read.
    TooLong,
    /// Not JSON where JSON is due.
    Page,
    /// A status other than success.
    Status {
        /// The HTTP status.
        status: u16,
        /// When to come back.
        retry_after: Option<Duration>,
        /// The body, as far as it is JSON.
        body: Value,
    },
    /// Our own request could not be made.
    Request,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Silent => f.write_str("silent"),
            Self::Stalled => f.write_str("stalled"),
            Self::Net(failure) => write!(f, "{failure}"),
            Self::Cut => f.write_str("cut"),
            Self::TooLong => f.write_str("too long"),
            Self::Page => f.write_str("no json"),
            Self::Status { status, .. } => write!(f, "{status}"),
            Self::Request => f.write_str("no request"),
        }
    }
}

impl std::error::Error for Fault {}

/// Judges a failed try.
pub(super) fn judge(fault: &Fault) -> LlmError {
    match fault {
        // Not `Broken`: a server that hangs is not asked a second time while the customer waits.
        Fault::Silent => LlmError::Deadline,
        Fault::Stalled => LlmError::Broken("it stopped in the middle".to_owned()),
        Fault::Net(Failure::Blocked) => LlmError::Rejected("the address is not allowed".to_owned()),
        Fault::Net(Failure::NotSent) => LlmError::Unreachable("no connection".to_owned()),
        Fault::Net(Failure::TimedOut) => LlmError::Deadline,
        Fault::Net(Failure::Broken) => LlmError::Unreachable("the connection broke".to_owned()),
        Fault::Cut => LlmError::Broken("the connection broke in the middle".to_owned()),
        Fault::TooLong => LlmError::Broken("the answer is too large".to_owned()),
        Fault::Page => LlmError::Broken("no json".to_owned()),
        Fault::Status { status, retry_after, body } => by_status(*status, *retry_after, &Words::of(body)),
        Fault::Request => LlmError::Rejected("the request cannot be written".to_owned()),
    }
}

/// Judges an error that came with a success status: in the body, or in the middle of a stream.
pub(super) fn judge_inside(error: &Value) -> LlmError {
    let words = Words::of(error);
    match words.status {
        Some(status) => by_status(status, None, &words),
        None => by_code(500, None, &words).unwrap_or_else(|| LlmError::Broken(words.named("an error inside the answer"))),
    }
}

fn by_status(status: u16, retry_after: Option<Duration>, words: &Words) -> LlmError {
    by_code(status, retry_after, words).unwrap_or_else(|| match status {
        401 | 403 => LlmError::Credentials(status),
        402 => LlmError::Spent("the provider's account is empty".to_owned()),
        429 | 498 | 503 | 529 => LlmError::Busy { status, retry_after },
        408 | 409 | 500.. => LlmError::Broken(status.to_string()),
        _ => LlmError::Rejected(words.named(&status.to_string())),
    })
}

/// Judges by the codes, which say more than a status.
fn by_code(status: u16, retry_after: Option<Duration>, words: &Words) -> Option<LlmError> {
    if words.any(&SPENT) {
        return Some(LlmError::Spent("the provider's quota".to_owned()));
    }
    if words.any(&DECLINED) || words.flagged {
        return Some(LlmError::Declined);
    }
    if words.any(&REJECTED) || words.too_long {
        let why = if words.too_long { "too long".to_owned() } else { status.to_string() };
        return Some(LlmError::Rejected(words.named(&why)));
    }
    if words.any(&KEY) {
        return Some(LlmError::Credentials(status));
    }
    // The model wrote a call that its own server cannot read: another roll of the dice may help.
    if words.any(&["tool_use_failed"]) {
        return Some(LlmError::Broken("tool_use_failed".to_owned()));
    }
    words.any(&BUSY).then_some(LlmError::Busy { status: if status < 400 || status == 500 { 429 } else { status }, retry_after })
}

/// What can be learned from an error's body, in whichever of the known forms.
#[derive(Debug, Default)]
struct Words {
    codes: Vec<String>,
    /// A status inside the body.
    status: Option<u16>,
    too_long: bool,
    /// Moderation gave reasons.
    flagged: bool,
}

impl Words {
    /// Reads `{"error": {..}}`, `[{"error": {..}}]`, `{"error": "…"}`, `{"message": …}` and the error alone.
    fn of(body: &Value) -> Self {
        let body = body.as_array().and_then(|list| list.first()).unwrap_or(body);
        let error = body.get("error").filter(|error| !error.is_null()).unwrap_or(body);
        let places = ["/code", "/type", "/status", "/metadata/error_type", "/metadata/reason", "/details/0/reason"];
        let codes = places.iter().filter_map(|place| error.pointer(place)).filter_map(Value::as_str).map(str::to_ascii_lowercase);
        let number = |place: &str| error.get(place).and_then(|code| code.as_u64().or_else(|| code.as_str()?.parse().ok()));
        let status = ["code", "status", "status_code"].iter().find_map(|place| number(place));
        let sentence = error.get("message").and_then(Value::as_str).or_else(|| error.as_str()).unwrap_or_default().to_ascii_lowercase();
        let reasons = error.pointer("/metadata/reasons").and_then(Value::as_array);
        Self {
            codes: codes.collect(),
            status: status.and_then(|status| u16::try_from(status).ok()).filter(|status| (400..600).contains(status)),
            too_long: TOO_LONG.iter().any(|words| sentence.contains(words)),
            flagged: reasons.is_some_and(|reasons| !reasons.is_empty()),
        }
    }

    fn any(&self, known: &[&str]) -> bool {
        self.codes.iter().any(|code| known.contains(&code.as_str()))
    }

    /// Adds the first code to our own words, if it looks like a code.
    fn named(&self, words: &str) -> String {
        let is_code = |code: &&String| code.len() <= 40 && code.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
        self.codes.iter().find(is_code).map_or_else(|| words.to_owned(), |code| format!("{words}, {code}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn status(status: u16, body: Value) -> LlmError {
        judge(&Fault::Status { status, retry_after: Some(Duration::from_secs(2)), body })
    }

    fn busy(status: u16) -> LlmError {
        LlmError::Busy { status, retry_after: Some(Duration::from_secs(2)) }
    }

    #[test]
    fn a_status_alone_says_what_to_do() {
        for (code, expected) in [
            (401, LlmError::Credentials(401)),
            (403, LlmError::Credentials(403)),
            (404, LlmError::Rejected("404".into())),
            (400, LlmError::Rejected("400".into())),
            (302, LlmError::Rejected("302".into())),
            (408, LlmError::Broken("408".into())),
            (429, busy(429)),
            (503, busy(503)),
            (529, busy(529)),
            (500, LlmError::Broken("500".into())),
            (504, LlmError::Broken("504".into())),
        ] {
            assert_eq!(status(code, Value::Null), expected, "{code}");
        }
        assert!(matches!(status(402, Value::Null), LlmError::Spent(_)));
    }

    #[test]
    fn an_empty_account_is_no_crowd() {
        for body in [
            json!({"error": {"message": "You exceeded your current quota", "type": "insufficient_quota", "code": "insufficient_quota"}}),
            json!({"error": {"type": "x", "code": "project_spend_limit_exceeded"}}),
        ] {
            assert!(matches!(status(429, body), LlmError::Spent(_)));
        }
        assert_eq!(status(429, json!({"error": {"type": "requests", "code": "rate_limit_exceeded"}})), busy(429));
    }

    #[test]
    fn errors_are_read_in_the_forms_of_every_server() {
        let rejected = |error: LlmError| matches!(error, LlmError::Rejected(_));
        // OpenAI, llama.cpp (a number as code), Anthropic, vLLM, Gemini (a list).
        assert!(rejected(status(
            404,
            json!({"error": {"message": "no such model", "type": "invalid_request_error", "code": "model_not_found"}})
        )));
        assert!(rejected(status(
            400,
            json!({"error": {"code": 400, "message": "the request exceeds the available context size", "type": "exceed_context_size_error"}})
        )));
        assert!(rejected(status(500, json!({"error": "prompt is too long: 9 tokens > 8 maximum"}))));
        assert_eq!(
            status(401, json!({"type": "error", "error": {"type": "authentication_error", "message": "x"}})),
            LlmError::Credentials(401)
        );
        assert_eq!(status(529, json!({"type": "error", "error": {"type": "overloaded_error", "message": "x"}})), busy(529));
        let gemini = json!([{"error": {"code": 429, "message": "quota", "status": "RESOURCE_EXHAUSTED"}}]);
        assert_eq!(status(429, gemini), busy(429));
        let key =
            json!([{"error": {"code": 400, "message": "x", "status": "INVALID_ARGUMENT", "details": [{"reason": "API_KEY_INVALID"}]}}]);
        assert_eq!(status(400, key), LlmError::Credentials(400));
        // OpenRouter: moderation.
        assert_eq!(status(403, json!({"error": {"code": 403, "message": "x", "metadata": {"reasons": ["violence"]}}})), LlmError::Declined);
        // Groq: an unreadable call of its own model.
        let failed =
            json!({"error": {"message": "x", "type": "invalid_request_error", "code": "tool_use_failed", "failed_generation": "<f>"}});
        assert_eq!(status(400, failed), LlmError::Broken("tool_use_failed".into()));
    }

    #[test]
    fn an_error_inside_a_success_is_judged_by_its_own_code() {
        assert_eq!(judge_inside(&json!({"code": 502, "message": "provider returned error"})), LlmError::Broken("502".into()));
        assert_eq!(judge_inside(&json!({"code": "429", "message": "x"})), LlmError::Busy { status: 429, retry_after: None });
        let overloaded = json!({"message": "x", "metadata": {"error_type": "provider_overloaded"}});
        assert_eq!(judge_inside(&overloaded), LlmError::Busy { status: 429, retry_after: None });
        assert_eq!(judge_inside(&json!({"code": 400, "metadata": {"error_type": "content_policy_violation"}})), LlmError::Declined);
        assert_eq!(judge_inside(&json!("boom")), LlmError::Broken("an error inside the answer".into()));
    }

    #[test]
    fn a_servers_sentences_are_never_repeated() {
        let secret = "the key sk-12345 of ana@example.com";
        for body in [json!({"error": {"message": secret, "code": secret, "type": secret}}), json!(secret), json!({"error": secret})] {
            for code in [400, 401, 404, 429, 500] {
                let shown = format!("{} {}", status(code, body.clone()), judge_inside(&body));
                assert!(!shown.contains("sk-") && !shown.contains("ana"), "{shown}");
            }
        }
    }

    #[test]
    fn a_server_that_hangs_is_not_asked_again() {
        assert!(!judge(&Fault::Silent).may_pass() && judge(&Fault::Silent).is_ill());
        for fault in [Fault::Stalled, Fault::Cut, Fault::TooLong, Fault::Page, Fault::Net(Failure::NotSent), Fault::Net(Failure::Broken)] {
            assert!(judge(&fault).may_pass(), "{fault}");
        }
    }
}
