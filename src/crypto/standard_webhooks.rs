//! The public *Standard Webhooks* scheme, both ways: the generic channel adapter and the tenants' own webhooks use it.
//!
//! The signature is taken over the **raw** body; nothing may be parsed before it is checked. Never says which secret matched or how a
//! signature differed.

use crate::crypto::mac::{hmac_sha256, verify_hmac_sha256};
use crate::domain::time::Timestamp;
use base64::Engine;
use base64::alphabet;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig, STANDARD};
use secrecy::{ExposeSecret, SecretString};
use std::time::Duration;
use thiserror::Error;

/// Header with the unique id of the message, stable over retries.
pub const ID_HEADER: &str = "webhook-id";
/// Header with the time of sending, in seconds since 1970.
pub const TIMESTAMP_HEADER: &str = "webhook-timestamp";
/// Header with a space-separated list of `v1,<Base64>`.
pub const SIGNATURE_HEADER: &str = "webhook-signature";
/// How far a timestamp may lie in the past or in the future.
pub const TOLERANCE: Duration = Duration::from_secs(300);

const SECRET_PREFIX: &str = "whsec_";
/// Longest `webhook-id` that we look at, in bytes.
const MAX_ID: usize = 256;
/// Most signatures of one delivery that we try: rotation needs two.
const MAX_SIGNATURES: usize = 16;
/// Base64 with or without padding: both are seen in secrets and, rarely, in signatures.
const LENIENT: GeneralPurpose =
    GeneralPurpose::new(&alphabet::STANDARD, GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent));

/// A secret that is no key.
#[derive(Debug, Error, Clone, Copy, PartialEq, Eq)]
#[error("the webhook secret is not whsec_ followed by base64")]
pub struct SecretError;

/// Why a delivery is not believed.
#[derive(Debug, Error, Clone, Copy, PartialEq, Eq)]
pub enum VerifyError {
    /// A header is absent (answered with 401).
    #[error("the header {0} is missing")]
    Missing(&'static str),
    /// A header cannot be read.
    #[error("a signature header is malformed")]
    Malformed,
    /// Too old, or from the future: a replay or a wrong clock.
    #[error("the webhook timestamp is too far from now")]
    Skew,
    /// No signature fits any secret.
    #[error("the webhook signature is wrong")]
    Wrong,
}

/// The three headers of a delivery as they came; `signatures` holds every header of that name.
#[derive(Clone, Copy, Debug)]
pub struct SignedHeaders<'a> {
    /// `webhook-id`.
    pub id: Option<&'a str>,
    /// `webhook-timestamp`.
    pub timestamp: Option<&'a str>,
    /// `webhook-signature`, all of them.
    pub signatures: &'a [&'a str],
}

/// Makes a new secret from random bytes.
#[must_use]
pub fn new_secret(random: &[u8; 32]) -> SecretString {
    SecretString::from(format!("{SECRET_PREFIX}{}", STANDARD.encode(random)))
}

/// Checks a secret that somebody typed in, so that a bad one is refused when it is set and not when it is first used.
///
/// # Errors
/// [`SecretError`] if it is empty or no Base64.
pub fn check_secret(secret: &SecretString) -> Result<(), SecretError> {
    decode(secret).map(|_| ())
}

/// Signs a delivery; returns the value of the signature header. `timestamp` is in seconds since 1970 and goes into its header as it is.
///
/// # Errors
/// [`SecretError`] if the secret is no key.
pub fn sign(secret: &SecretString, id: &str, timestamp: i64, body: &[u8]) -> Result<String, SecretError> {
    let key = decode(secret)?;
    let tag = hmac_sha256(&key, &[id.as_bytes(), b".", timestamp.to_string().as_bytes(), b".", body]);
    Ok(format!("v1,{}", STANDARD.encode(tag)))
}

/// Refuses what cannot be believed whatever its body says, so that the body need not be read: a header is missing or malformed, the time
/// is wrong, or there is no secret that is a key.
///
/// # Errors
/// [`VerifyError`].
pub fn check_headers(secrets: &[SecretString], headers: SignedHeaders<'_>, now: Timestamp, tolerance: Duration) -> Result<(), VerifyError> {
    claims(headers, now, tolerance)?;
    if headers.signatures.iter().flat_map(|header| tags(header)).next().is_none() {
        return Err(VerifyError::Malformed);
    }
    if secrets.iter().any(|secret| decode(secret).is_ok()) { Ok(()) } else { Err(VerifyError::Wrong) }
}

/// Checks a delivery against every secret (two during a rotation), in constant time for each pair.
///
/// # Errors
/// [`VerifyError`]; a secret that is no key fits nothing.
pub fn verify(
    secrets: &[SecretString],
    headers: SignedHeaders<'_>,
    body: &[u8],
    now: Timestamp,
    tolerance: Duration,
) -> Result<(), VerifyError> {
    let (id, timestamp) = claims(headers, now, tolerance)?;
    let tags: Vec<Vec<u8>> = headers.signatures.iter().flat_map(|header| tags(header)).take(MAX_SIGNATURES).collect();
    let parts: [&[u8]; 5] = [id.as_bytes(), b".", timestamp.as_bytes(), b".", body];
    let fits =
        secrets.iter().filter_map(|secret| decode(secret).ok()).any(|key| tags.iter().any(|tag| verify_hmac_sha256(&key, &parts, tag)));
    if fits { Ok(()) } else { Err(VerifyError::Wrong) }
}

/// Returns the id and the timestamp, if all headers are there and the time is right.
fn claims(headers: SignedHeaders<'_>, now: Timestamp, tolerance: Duration) -> Result<(&str, &str), VerifyError> {
    let id = headers.id.ok_or(VerifyError::Missing(ID_HEADER))?;
    let timestamp = headers.timestamp.ok_or(VerifyError::Missing(TIMESTAMP_HEADER))?;
    if headers.signatures.is_empty() {
        return Err(VerifyError::Missing(SIGNATURE_HEADER));
    }
    if id.is_empty() || id.len() > MAX_ID {
        return Err(VerifyError::Malformed);
    }
    let at = parse_seconds(timestamp).ok_or(VerifyError::Malformed)?;
    // One of the two is zero.
    if now.since(at) > tolerance || at.since(now) > tolerance {
        return Err(VerifyError::Skew);
    }
    Ok((id, timestamp))
}

/// Returns the key bytes of a secret; never empty.
fn decode(secret: &SecretString) -> Result<Vec<u8>, SecretError> {
    let text = secret.expose_secret().trim();
    let encoded = text.strip_prefix(SECRET_PREFIX).unwrap_or(text);
    match LENIENT.decode(encoded) {
        Ok(key) if !key.is_empty() => Ok(key),
        Ok(_) | Err(_) => Err(SecretError),
    }
}

/// Returns the 32-byte tags of version 1 in a header; other versions and broken entries are skipped.
fn tags(header: &str) -> impl Iterator<Item = Vec<u8>> + use<'_> {
    header
        .split_ascii_whitespace()
        .filter_map(|entry| entry.strip_prefix("v1,"))
        .filter_map(|encoded| LENIENT.decode(encoded).ok())
        .filter(|tag| tag.len() == 32)
}

/// Reads whole seconds: digits only, because the text itself is signed and two spellings of one number must not both be right.
fn parse_seconds(text: &str) -> Option<Timestamp> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if !digits {
        return None;
    }
    text.parse().ok().map(Timestamp::from_secs)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3";
    const BODY: &[u8] = br#"{"type":"message"}"#;
    const SIGNATURE: &str = "v1,DSj5sboxrrzw3ykUoyLagTKSlt9jOMLBaCOMsQbtis8=";
    const AT: i64 = 1_760_000_000;

    fn check(secrets: &[&str], signatures: &[&str], body: &[u8], now: i64) -> Result<(), VerifyError> {
        let secrets: Vec<SecretString> = secrets.iter().map(|secret| SecretString::from(*secret)).collect();
        let headers = SignedHeaders { id: Some("evt_01"), timestamp: Some("1760000000"), signatures };
        verify(&secrets, headers, body, Timestamp::from_secs(now), TOLERANCE)
    }

    #[test]
    fn the_published_vectors_hold_both_ways() {
        let cases: [(&str, &str, i64, &str, &str); 3] = [
            (SECRET, "evt_01", AT, r#"{"type":"message"}"#, SIGNATURE),
            (
                "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
                "msg_p5jXN8AQM9LWM0D4loKWxJek",
                1_614_265_330,
                r#"{"test": 2432232314}"#,
                "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
            ),
            (
                "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD",
                "msg_27UH4WbU6Z5A5EzD8u03UvzRbpk",
                1_649_367_553,
                r#"{"email":"test@example.com","username":"test_user"}"#,
                "v1,tZ1I4/hDygAJgO5TYxiSd6Sd0kDW6hPenDe+bTa3Kkw=",
            ),
        ];
        for (secret, id, at, body, signature) in cases {
            let secret = SecretString::from(secret);
            assert_eq!(sign(&secret, id, at, body.as_bytes()).unwrap(), signature);
            let at_text = at.to_string();
            let headers = SignedHeaders { id: Some(id), timestamp: Some(&at_text), signatures: &[signature] };
            assert_eq!(verify(&[secret], headers, body.as_bytes(), Timestamp::from_secs(at), TOLERANCE), Ok(()));
        }
    }

    #[test]
    fn an_empty_or_short_signature_never_passes() {
        let full = SIGNATURE.strip_prefix("v1,").unwrap();
        for length in 0..full.len() - 1 {
            let short: String = "v1,".chars().chain(full.chars().take(length)).collect();
            assert_eq!(check(&[SECRET], &[&short], BODY, AT), Err(VerifyError::Wrong), "{short}");
        }
        assert_eq!(check(&[SECRET], &[""], BODY, AT), Err(VerifyError::Wrong));
        assert_eq!(check(&[SECRET], &["v1, v1"], BODY, AT), Err(VerifyError::Wrong));
    }

    #[test]
    fn a_changed_body_secret_or_version_is_wrong() {
        assert_eq!(check(&[SECRET], &[SIGNATURE], BODY, AT), Ok(()));
        assert_eq!(check(&[SECRET], &[SIGNATURE], br#"{"type":"massage"}"#, AT), Err(VerifyError::Wrong));
        assert_eq!(check(&["whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"], &[SIGNATURE], BODY, AT), Err(VerifyError::Wrong));
        assert_eq!(check(&[SECRET], &[&SIGNATURE.replace("v1,", "v2,")], BODY, AT), Err(VerifyError::Wrong));
        assert_eq!(check(&[], &[SIGNATURE], BODY, AT), Err(VerifyError::Wrong));
        for unusable in ["", "whsec_", "whsec_!!"] {
            assert_eq!(check(&[unusable], &[SIGNATURE], BODY, AT), Err(VerifyError::Wrong));
        }
    }

    #[test]
    fn during_rotation_any_secret_and_any_signature_of_the_list_will_do() {
        let list = format!("v1a,xyz v1,AAAA {SIGNATURE}");
        assert_eq!(check(&["whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", SECRET], &[&list], BODY, AT), Ok(()));
        assert_eq!(check(&[SECRET], &["v1,AAAA", SIGNATURE], BODY, AT), Ok(()));
    }

    #[test]
    fn the_clock_may_differ_by_five_minutes_and_no_more() {
        for now in [AT - 300, AT + 300] {
            assert_eq!(check(&[SECRET], &[SIGNATURE], BODY, now), Ok(()));
        }
        for now in [AT - 301, AT + 301, 0, i64::MAX] {
            assert_eq!(check(&[SECRET], &[SIGNATURE], BODY, now), Err(VerifyError::Skew));
        }
    }

    #[test]
    fn missing_and_malformed_headers_are_told_apart() {
        let secrets = [SecretString::from(SECRET)];
        let now = Timestamp::from_secs(AT);
        let run = |id, timestamp, signatures: &[&str]| verify(&secrets, SignedHeaders { id, timestamp, signatures }, BODY, now, TOLERANCE);
        assert_eq!(run(None, Some("1"), &[SIGNATURE]), Err(VerifyError::Missing(ID_HEADER)));
        assert_eq!(run(Some("a"), None, &[SIGNATURE]), Err(VerifyError::Missing(TIMESTAMP_HEADER)));
        assert_eq!(run(Some("a"), Some("1"), &[]), Err(VerifyError::Missing(SIGNATURE_HEADER)));
        for timestamp in ["", "+1760000000", "-1", "1760000000.0", " 1760000000", "99999999999999999999", "１"] {
            assert_eq!(run(Some("evt_01"), Some(timestamp), &[SIGNATURE]), Err(VerifyError::Malformed), "{timestamp}");
        }
        assert_eq!(run(Some(""), Some("1760000000"), &[SIGNATURE]), Err(VerifyError::Malformed));
        assert_eq!(run(Some(&"a".repeat(257)), Some("1760000000"), &[SIGNATURE]), Err(VerifyError::Malformed));
    }

    #[test]
    fn secrets_may_lack_padding_or_prefix() {
        let padded = SecretString::from("whsec_c2VjcmV0IQ==");
        let expected = sign(&padded, "a", 1, b"x").unwrap();
        for same in ["whsec_c2VjcmV0IQ", "c2VjcmV0IQ==", "c2VjcmV0IQ", " whsec_c2VjcmV0IQ==\n"] {
            assert_eq!(sign(&SecretString::from(same), "a", 1, b"x").unwrap(), expected);
        }
        for bad in ["", "whsec_", "whsec_é", "not base64!"] {
            assert_eq!(check_secret(&SecretString::from(bad)), Err(SecretError));
        }
    }

    #[test]
    fn a_new_secret_is_usable() {
        let secret = new_secret(&[7; 32]);
        assert_eq!(check_secret(&secret), Ok(()));
        assert!(secret.expose_secret().starts_with("whsec_"));
        assert!(!format!("{secret:?}").contains("whsec_"));
    }
}
