//! Proves that a call comes from Meta: the handshake of a new webhook address and the signature of every delivery. Pure.
//!
//! Compares in constant time and never tells which of several secrets was close.

use hmac::{Hmac, KeyInit, Mac};
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};
use subtle::{Choice, ConstantTimeEq};
use thiserror::Error;

/// Longest challenge that we send back, in bytes; Meta's is a number of some ten digits.
const MAX_CHALLENGE: usize = 256;

/// Why a handshake is refused; all of them are 403.
#[derive(Debug, Error, Clone, Copy, PartialEq, Eq)]
pub enum HandshakeError {
    /// The mode is not `subscribe`.
    #[error("hub.mode is not subscribe")]
    Mode,
    /// The token is absent or not ours.
    #[error("hub.verify_token is not ours")]
    Token,
    /// The challenge is absent, too long or holds characters that could be markup.
    #[error("hub.challenge is missing or not plain")]
    Challenge,
}

/// Why a delivery is not believed.
#[derive(Debug, Error, Clone, Copy, PartialEq, Eq)]
pub enum SignatureError {
    /// No signature at all: 401.
    #[error("the signature is missing")]
    Missing,
    /// Not in the form of a signature: 401.
    #[error("the signature is malformed")]
    Malformed,
    /// Not made with any of our secrets: 403.
    #[error("the signature is wrong")]
    Wrong,
}

/// Returns the challenge to answer with, verbatim, as `text/plain`.
///
/// `query` is the decoded query; of a repeated name the first counts. An empty expected token never matches.
///
/// # Errors
/// [`HandshakeError`]: answer 403.
pub fn verify_handshake<'a>(
    query: impl IntoIterator<Item = (&'a str, &'a str)>,
    expected: &SecretString,
) -> Result<String, HandshakeError> {
    let (mut mode, mut token, mut challenge) = (None, None, None);
    for (name, value) in query {
        match name {
            "hub.mode" => mode = mode.or(Some(value)),
            "hub.verify_token" => token = token.or(Some(value)),
            "hub.challenge" => challenge = challenge.or(Some(value)),
            _ => {}
        }
    }
    if mode != Some("subscribe") {
        return Err(HandshakeError::Mode);
    }
    let expected = expected.expose_secret();
    let token = token.unwrap_or_default();
    if expected.is_empty() || !same_text(token, expected) {
        return Err(HandshakeError::Token);
    }
    challenge.filter(|challenge| is_plain(challenge)).map(str::to_owned).ok_or(HandshakeError::Challenge)
}

/// Refuses what cannot be believed whatever its body says, so that the body need not be read: no signature, none that could be one, or no
/// secret to compare with.
///
/// # Errors
/// [`SignatureError`].
pub fn check_signature_header(header: Option<&str>, secrets: &[SecretString]) -> Result<(), SignatureError> {
    let header = header.map(str::trim).filter(|header| !header.is_empty()).ok_or(SignatureError::Missing)?;
    header.strip_prefix("sha256=").and_then(unhex).ok_or(SignatureError::Malformed)?;
    let usable = secrets.iter().any(|secret| !secret.expose_secret().is_empty());
    if usable { Ok(()) } else { Err(SignatureError::Wrong) }
}

/// Accepts a delivery whose `X-Hub-Signature-256` was made over these very bytes with one of the secrets.
///
/// `body` is what came over the wire: parsing and writing it again would change the escapes and so the signature.
///
/// # Errors
/// [`SignatureError::Missing`] is 401, [`SignatureError::Wrong`] is 403.
pub fn verify_signature(header: Option<&str>, body: &[u8], secrets: &[SecretString]) -> Result<(), SignatureError> {
    let header = header.map(str::trim).filter(|header| !header.is_empty()).ok_or(SignatureError::Missing)?;
    let claimed = header.strip_prefix("sha256=").and_then(unhex).ok_or(SignatureError::Wrong)?;
    let mut matches = Choice::from(0);
    for secret in secrets.iter().map(ExposeSecret::expose_secret).filter(|secret| !secret.is_empty()) {
        if let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret.as_bytes()) {
            mac.update(body);
            matches |= mac.finalize().into_bytes().as_slice().ct_eq(&claimed);
        }
    }
    if bool::from(matches) { Ok(()) } else { Err(SignatureError::Wrong) }
}

/// Compares digests, so that not even the length of ours shows in the time it takes.
fn same_text(one: &str, other: &str) -> bool {
    Sha256::digest(one).as_slice().ct_eq(Sha256::digest(other).as_slice()).into()
}

/// A challenge is echoed to whoever asks: nothing that a browser could take for markup gets back.
fn is_plain(challenge: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'=');
    !challenge.is_empty() && challenge.len() <= MAX_CHALLENGE && challenge.bytes().all(plain)
}

/// Reads the 32 bytes of a SHA-256 in hex.
fn unhex(text: &str) -> Option<[u8; 32]> {
    if text.len() != 64 || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    let mut bytes = [0; 32];
    for (index, byte) in bytes.iter_mut().enumerate() {
        *byte = u8::from_str_radix(text.get(index * 2..index * 2 + 2)?, 16).ok()?;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAIN: &[u8] = br#"{"object":"page","entry":[]}"#;
    const PLAIN_MAC: &str = "1a82db3abc2fa71a3fffecfedef579a8468a44850cd8a83a0c56974faff81689";
    const ESCAPED: &[u8] = br#"{"object":"page","entry":[{"id":"1","time":1,"messaging":[{"message":{"text":"\u00e4\u00f6\u00e5"}}]}]}"#;
    const ESCAPED_MAC: &str = "30cf8a9f9f6340fbf74c7cd95cab17f56b8d8f75f31b09c947742d12958e86a5";

    fn secrets(list: &[&str]) -> Vec<SecretString> {
        list.iter().map(|secret| SecretString::from(*secret)).collect()
    }

    #[test]
    fn known_signatures_are_accepted_and_any_of_several_secrets_may_match() {
        for (body, mac) in [(PLAIN, PLAIN_MAC), (ESCAPED, ESCAPED_MAC)] {
            let header = format!("sha256={mac}");
            assert_eq!(verify_signature(Some(&header), body, &secrets(&["test-app-secret"])), Ok(()));
            assert_eq!(verify_signature(Some(&header), body, &secrets(&["old", "test-app-secret", ""])), Ok(()));
            assert_eq!(verify_signature(Some(&header), body, &secrets(&["test-app-secret", "new"])), Ok(()));
            assert_eq!(verify_signature(Some(&header), body, &secrets(&["test-app-secret "])), Err(SignatureError::Wrong));
        }
    }

    #[test]
    fn a_missing_signature_is_told_from_a_wrong_one() {
        let ours = secrets(&["test-app-secret"]);
        assert_eq!(verify_signature(None, PLAIN, &ours), Err(SignatureError::Missing));
        assert_eq!(verify_signature(Some("  "), PLAIN, &ours), Err(SignatureError::Missing));
        let short = format!("sha256={}", PLAIN_MAC.get(..63).unwrap());
        let long = format!("sha256={PLAIN_MAC}0");
        let sha1 = format!("sha1={PLAIN_MAC}");
        let signed = format!("sha256={}", PLAIN_MAC.replace("1a", "+a"));
        for header in [PLAIN_MAC, &short, &long, &sha1, &signed, "sha256=", "sha256=é"] {
            assert_eq!(verify_signature(Some(header), PLAIN, &ours), Err(SignatureError::Wrong), "{header}");
            assert_eq!(check_signature_header(Some(header), &ours), Err(SignatureError::Malformed), "{header}");
        }
        assert_eq!(verify_signature(Some(&format!("sha256={PLAIN_MAC}")), ESCAPED, &ours), Err(SignatureError::Wrong));
    }

    #[test]
    fn without_a_secret_nothing_is_believed() {
        // HMAC with an empty key is a signature that anybody can make.
        let mac = Hmac::<Sha256>::new_from_slice(b"").unwrap().chain_update(PLAIN).finalize().into_bytes();
        let header = mac.iter().fold("sha256=".to_owned(), |text, byte| format!("{text}{byte:02x}"));
        assert_eq!(verify_signature(Some(&header), PLAIN, &secrets(&[""])), Err(SignatureError::Wrong));
        assert_eq!(verify_signature(Some(&header), PLAIN, &[]), Err(SignatureError::Wrong));
        for none in [secrets(&[""]), Vec::new()] {
            assert_eq!(check_signature_header(Some(&header), &none), Err(SignatureError::Wrong));
        }
        assert_eq!(check_signature_header(Some(&header), &secrets(&["", "a"])), Ok(()));
        assert_eq!(check_signature_header(Some(" "), &secrets(&["a"])), Err(SignatureError::Missing));
    }

    fn shake(query: &[(&str, &str)], expected: &str) -> Result<String, HandshakeError> {
        verify_handshake(query.iter().copied(), &SecretString::from(expected))
    }

    #[test]
    fn the_challenge_comes_back_verbatim_for_the_right_token_only() {
        let query = [("hub.mode", "subscribe"), ("hub.verify_token", "tok"), ("hub.challenge", "1158201444")];
        assert_eq!(shake(&query, "tok").as_deref(), Ok("1158201444"));
        assert_eq!(shake(&query, "tok2"), Err(HandshakeError::Token));
        assert_eq!(shake(&[("hub.mode", "subscribe"), ("hub.challenge", "1")], "tok"), Err(HandshakeError::Token));
        assert_eq!(
            shake(&[("hub.mode", "unsubscribe"), ("hub.verify_token", "tok"), ("hub.challenge", "1")], "tok"),
            Err(HandshakeError::Mode)
        );
        assert_eq!(shake(&[], "tok"), Err(HandshakeError::Mode));
    }

    #[test]
    fn an_unset_token_never_matches_an_empty_one() {
        assert_eq!(shake(&[("hub.mode", "subscribe"), ("hub.verify_token", ""), ("hub.challenge", "1")], ""), Err(HandshakeError::Token));
    }

    #[test]
    fn a_challenge_that_could_be_markup_is_not_echoed() {
        for challenge in ["<script>", "a b", "1\r\nX-Evil: 1", "é", "", &"1".repeat(257)] {
            let query = [("hub.mode", "subscribe"), ("hub.verify_token", "tok"), ("hub.challenge", challenge)];
            assert_eq!(shake(&query, "tok"), Err(HandshakeError::Challenge), "{challenge}");
        }
    }
}
