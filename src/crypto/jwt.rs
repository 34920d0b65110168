//! Access tokens: JSON web tokens of 15 minutes, HS256 and nothing else (RFC 7519, RFC 8725).
//!
//! Of our own, since so little of the standard is wanted: one algorithm, fixed here and never chosen by a header; keys per audience found by a
//! number in a fixed list; times compared with the clock that is handed in. Nothing personal is inside. Never says why a token is refused.

use crate::crypto::mac::{hmac_sha256, verify_hmac_sha256};
use crate::crypto::platform::Platform;
use crate::domain::time::Timestamp;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use thiserror::Error;
use uuid::Uuid;

/// Seconds that an access token lives.
pub const ACCESS_SECONDS: i64 = 15 * 60;
/// Seconds by which the clocks of two servers may differ.
const LEEWAY_SECONDS: i64 = 5;
/// Longest token that is looked at, in bytes.
const MAX_TOKEN: usize = 2048;
const ISSUER: &str = "recado";
const ALGORITHM: &str = "HS256";
const KIND: &str = "at+jwt";
/// What the keys' numbers are called in a header.
const KEY_PREFIX: &str = "k";

/// What a token is for. Each has keys of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Audience {
    /// The people's API.
    Console,
    /// The second step of signing in, and nothing else.
    Mfa,
}

impl Audience {
    /// Returns the label under which its key is derived.
    const fn label(self) -> &'static str {
        match self {
            Self::Console => "jwt/console",
            Self::Mfa => "jwt/mfa",
        }
    }
}

/// What a token says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Claims {
    iss: String,
    /// What it is for.
    pub aud: Audience,
    /// The account.
    pub sub: Uuid,
    /// The business.
    pub tid: Uuid,
    /// The session; for the second step the member.
    pub sid: Uuid,
    /// The version of the member's role; for the second step when the password was set.
    pub rv: i64,
    /// When it was issued, in seconds since 1970.
    pub iat: i64,
    /// When it ends.
    pub exp: i64,
    /// Names the token.
    pub jti: Uuid,
}

/// What a new token is about.
#[derive(Clone, Copy, Debug)]
pub struct Subject {
    /// The account.
    pub account: Uuid,
    /// The business.
    pub tenant: Uuid,
    /// The session; for the second step the member.
    pub session: Uuid,
    /// The version of the member's role; for the second step when the password was set.
    pub version: i64,
}

/// The token is not one that is accepted here and now.
#[derive(Debug, Error, Clone, Copy, PartialEq, Eq)]
#[error("the token is not valid")]
pub struct JwtError;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Header {
    alg: String,
    kid: String,
    typ: String,
}

/// Issues a token that lives for `seconds`.
///
/// # Errors
/// [`JwtError`] if it cannot be written.
pub fn issue(platform: &Platform, audience: Audience, subject: Subject, at: (Timestamp, i64), jti: Uuid) -> Result<SecretString, JwtError> {
    let (now, seconds) = at;
    let iat = now.micros().div_euclid(1_000_000);
    let header = Header { alg: ALGORITHM.to_owned(), kid: format!("{KEY_PREFIX}{}", platform.newest().id()), typ: KIND.to_owned() };
    let claims = Claims {
        iss: ISSUER.to_owned(),
        aud: audience,
        sub: subject.account,
        tid: subject.tenant,
        sid: subject.session,
        rv: subject.version,
        iat,
        exp: iat.saturating_add(seconds),
        jti,
    };
    let signed = format!("{}.{}", encode(&header)?, encode(&claims)?);
    let key = platform.newest().derive(audience.label());
    let tag = hmac_sha256(key.expose_secret(), &[signed.as_bytes()]);
    Ok(SecretString::from(format!("{signed}.{}", URL_SAFE_NO_PAD.encode(tag))))
}

/// Reads a token that is valid for this audience now.
///
/// # Errors
/// [`JwtError`], whatever is wrong with it.
pub fn verify(platform: &Platform, audience: Audience, token: &str, now: Timestamp) -> Result<Claims, JwtError> {
    if token.len() > MAX_TOKEN {
        return Err(JwtError);
    }
    let (signed, tag) = token.rsplit_once('.').ok_or(JwtError)?;
    let (header, claims) = signed.split_once('.').ok_or(JwtError)?;
    let header: Header = decode(header)?;
    if header.alg != ALGORITHM || header.typ != KIND {
        return Err(JwtError);
    }
    let number = header.kid.strip_prefix(KEY_PREFIX).filter(|digits| digits.bytes().all(|byte| byte.is_ascii_digit())).ok_or(JwtError)?;
    let key = number.parse().ok().and_then(|id| platform.key(id)).ok_or(JwtError)?.derive(audience.label());
    let tag = URL_SAFE_NO_PAD.decode(tag).or(Err(JwtError))?;
    if !verify_hmac_sha256(key.expose_secret(), &[signed.as_bytes()], &tag) {
        return Err(JwtError);
    }
    let claims: Claims = decode(claims)?;
    let now = now.micros().div_euclid(1_000_000);
    let in_time = claims.iat <= now.saturating_add(LEEWAY_SECONDS) && now < claims.exp.saturating_add(LEEWAY_SECONDS);
    if claims.iss == ISSUER && claims.aud == audience && in_time { Ok(claims) } else { Err(JwtError) }
}

fn encode(part: &impl Serialize) -> Result<String, JwtError> {
    serde_json::to_vec(part).map(|json| URL_SAFE_NO_PAD.encode(json)).or(Err(JwtError))
}

fn decode<T: for<'de> Deserialize<'de>>(part: &str) -> Result<T, JwtError> {
    let json = URL_SAFE_NO_PAD.decode(part).or(Err(JwtError))?;
    serde_json::from_slice(&json).or(Err(JwtError))
}

#[cfg(test)]
mod tests;
