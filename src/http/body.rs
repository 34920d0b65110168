//! Bodies: read raw, with a limit and a time-out of their own, because the framework has none for a slow body; then decoded.
//!
//! Never logs a body. What is wrong is told by the name of the field.

use crate::http::problem::Problem;
use crate::ports::clock::Clock;
use actix_web::error::PayloadError;
use actix_web::http::{StatusCode, header};
use actix_web::web::{Bytes, BytesMut, Payload};
use actix_web::{HttpMessage, HttpRequest};
use futures::{Stream, StreamExt};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use std::sync::Arc;
use std::time::Duration;

/// How much, and how slowly.
#[derive(Clone, Copy, Debug)]
pub struct BodyLimits {
    /// Most bytes.
    pub bytes: usize,
    /// Longest time from the first byte wanted to the last one read, for a body that brings nothing.
    pub time: Duration,
    /// What earns a second more: a long body may take its time as long as it comes at this pace.
    pub bytes_per_second: u32,
}

impl BodyLimits {
    /// Returns the whole time that a body has, of which so much has arrived.
    pub(super) fn allowed(self, arrived: usize) -> Duration {
        let earned = arrived as u64 * 1_000 / u64::from(self.bytes_per_second.max(1));
        self.time.saturating_add(Duration::from_millis(earned))
    }
}

/// Reads a whole body.
///
/// # Errors
/// 413 over the limit (told by the header already where there is one), 408 if it comes too slowly, 400 if it breaks off.
pub async fn read(request: &HttpRequest, payload: Payload, limits: BodyLimits, clock: &dyn Clock) -> Result<Bytes, Problem> {
    announced(request, limits)?;
    let began = clock.moment();
    let mut payload = payload;
    let mut body = BytesMut::new();
    loop {
        let chunk = tokio::select! {
            chunk = payload.next() => chunk,
            () = clock.sleep_until(began.after(limits.allowed(body.len()))) => return Err(too_slow()),
        };
        match chunk {
            None => return Ok(body.freeze()),
            Some(Err(_)) => return Err(Problem::bad_request("the body broke off")),
            Some(Ok(chunk)) if body.len() + chunk.len() > limits.bytes => return Err(too_large(limits.bytes)),
            Some(Ok(chunk)) => body.extend_from_slice(&chunk),
        }
    }
}

/// Gives a body out piece by piece, for what must never be whole in memory. Ends with an overflow, or with a time-out of the kind `TimedOut`.
///
/// # Errors
/// 413 if the header already tells of too much.
pub fn stream(
    request: &HttpRequest,
    payload: Payload,
    limits: BodyLimits,
    clock: Arc<dyn Clock>,
) -> Result<impl Stream<Item = Result<Bytes, PayloadError>> + use<>, Problem> {
    announced(request, limits)?;
    let began = clock.moment();
    Ok(futures::stream::try_unfold((payload, 0_usize), move |(mut payload, arrived)| {
        let clock = Arc::clone(&clock);
        async move {
            let chunk = tokio::select! {
                chunk = payload.next() => chunk.transpose()?,
                () = clock.sleep_until(began.after(limits.allowed(arrived))) => {
                    return Err(PayloadError::Io(std::io::Error::from(std::io::ErrorKind::TimedOut)));
                }
            };
            let Some(chunk) = chunk else { return Ok(None) };
            let arrived = arrived + chunk.len();
            if arrived > limits.bytes { Err(PayloadError::Overflow) } else { Ok(Some((chunk, (payload, arrived)))) }
        }
    }))
}

/// Refuses what says itself that it is too long.
fn announced(request: &HttpRequest, limits: BodyLimits) -> Result<(), Problem> {
    let too_long = length(request).is_some_and(|length| length > limits.bytes as u64);
    if too_long { Err(too_large(limits.bytes)) } else { Ok(()) }
}

/// Returns how long a body says that it is.
pub(super) fn length(request: &HttpRequest) -> Option<u64> {
    request.headers().get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok())
}

/// Says that a body came too slowly.
pub(super) fn too_slow() -> Problem {
    Problem::new(StatusCode::REQUEST_TIMEOUT, "the body came too slowly")
}

/// Says that a body is too long.
pub(super) fn too_large(limit: usize) -> Problem {
    Problem::new(StatusCode::PAYLOAD_TOO_LARGE, format!("the body is longer than {limit} bytes"))
}

/// Decodes JSON.
///
/// # Errors
/// As [`value`] and [`decode`].
pub fn json<T: DeserializeOwned>(body: &[u8]) -> Result<T, Problem> {
    decode(&value(body)?)
}

/// Reads JSON of any shape.
///
/// # Errors
/// 400 for what is no JSON, or is nested too deeply.
pub fn value(body: &[u8]) -> Result<Value, Problem> {
    serde_json::from_slice(body).map_err(|error| {
        Problem::bad_request(format!("the body is not JSON that can be read (line {}, column {})", error.line(), error.column()))
    })
}

/// Decodes JSON that has been read.
///
/// # Errors
/// 422 naming the field that does not fit.
pub fn decode<T: DeserializeOwned>(value: &Value) -> Result<T, Problem> {
    T::deserialize(value).map_err(|error| {
        let text = error.to_string();
        let field = value.as_object().and_then(culprit::<T>).or_else(|| quoted(&text));
        field.map_or_else(|| Problem::unprocessable(text.clone()), |field| Problem::field(field, text.clone()))
    })
}

/// Reads JSON, or the empty object where there is no body at all.
///
/// # Errors
/// As [`value`].
pub fn value_or_empty(body: &[u8]) -> Result<Value, Problem> {
    value(if body.is_empty() { b"{}" } else { body })
}

/// Refuses a body that says that it is not JSON: a form of a foreign page must not pass as a command.
///
/// # Errors
/// 415.
pub fn require_json(request: &HttpRequest) -> Result<(), Problem> {
    let kind = request.content_type();
    if kind.is_empty() || kind.eq_ignore_ascii_case("application/json") || kind.ends_with("+json") {
        return Ok(());
    }
    Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "send application/json"))
}

/// Finds the field that does not fit, by decoding each alone: all but the culprit fail for lack of the others only.
fn culprit<T: DeserializeOwned>(map: &Map<String, Value>) -> Option<String> {
    map.iter().find_map(|(key, value)| {
        let alone = Value::Object(Map::from_iter([(key.clone(), value.clone())]));
        let error = T::deserialize(&alone).err()?;
        (!error.to_string().starts_with("missing field")).then(|| key.clone())
    })
}

/// Returns the field named between backticks, as in "missing field `text`".
fn quoted(text: &str) -> Option<String> {
    text.split('`').nth(1).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Sample {
        #[expect(dead_code, reason = "only decoded")]
        text: String,
        #[serde(default)]
        #[expect(dead_code, reason = "only decoded")]
        private: bool,
    }

    fn refusal(body: &str) -> (u16, Value) {
        let problem = json::<Sample>(body.as_bytes()).expect_err("must be refused");
        (problem.status().as_u16(), serde_json::to_value(&problem).expect("serialises"))
    }

    #[test]
    fn broken_and_deeply_nested_bodies_are_no_json() {
        assert_eq!(refusal("{").0, 400);
        assert_eq!(refusal("").0, 400);
        let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
        assert_eq!(refusal(&format!("{{\"text\":{deep}}}")).0, 400);
        assert_eq!(refusal("\u{feff}{}").0, 400);
    }

    #[test]
    fn the_field_that_does_not_fit_is_named() {
        for (body, field) in [
            (r#"{"text":"a","private":"yes"}"#, "private"),
            (r#"{"text":7}"#, "text"),
            (r#"{"text":"a","colour":"red"}"#, "colour"),
            (r#"{"private":true}"#, "text"),
        ] {
            let (status, problem) = refusal(body);
            assert_eq!((status, problem["errors"][0]["field"].as_str()), (422, Some(field)), "{body}");
        }
    }

    #[test]
    fn a_body_that_is_no_object_is_refused() {
        assert_eq!(refusal("[]").0, 422);
        assert_eq!(refusal("null").0, 422);
    }
}
