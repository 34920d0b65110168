//! Hashes and message authentication codes with constant-time comparison. Never compares a code with `==`.

use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256, Sha384};
use std::fmt::Write;
use subtle::ConstantTimeEq;

/// Block size of SHA-384, in bytes.
const WIDE_BLOCK: usize = 128;

/// Block size of SHA-256, in bytes: HMAC pads shorter keys with zeros to it and hashes longer ones.
const BLOCK: usize = 64;

/// Returns SHA-256 of `bytes`.
#[must_use]
pub fn sha256(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

/// Returns SHA-256 of `bytes` in lower-case hex.
#[must_use]
pub fn sha256_hex(bytes: &[u8]) -> String {
    hex(&sha256(bytes))
}

/// Returns HMAC-SHA256 of the joined `parts`; a key of any length.
#[must_use]
pub fn hmac_sha256(key: &[u8], parts: &[&[u8]]) -> [u8; 32] {
    keyed(key, parts).finalize().into_bytes().into()
}

/// Returns HMAC-SHA256 of the joined `parts` in lower-case hex.
#[must_use]
pub fn hmac_sha256_hex(key: &[u8], parts: &[&[u8]]) -> String {
    hex(&hmac_sha256(key, parts))
}

/// Returns HMAC-SHA384 of `bytes` under a key of 32 bytes.
#[must_use]
pub fn hmac_sha384(key: &[u8; 32], bytes: &[u8]) -> [u8; 48] {
    let mut block = [0_u8; WIDE_BLOCK];
    for (slot, byte) in block.iter_mut().zip(key) {
        *slot = *byte;
    }
    let mut mac = Hmac::<Sha384>::new(&block.into());
    mac.update(bytes);
    mac.finalize().into_bytes().into()
}

/// Returns true if `tag` is the whole HMAC-SHA256 of the joined `parts`. A shorter tag never passes. Constant time.
#[must_use]
pub fn verify_hmac_sha256(key: &[u8], parts: &[&[u8]], tag: &[u8]) -> bool {
    keyed(key, parts).verify_slice(tag).is_ok()
}

/// Returns true if `tag_hex` (either case) is the whole HMAC-SHA256 of the joined `parts`. Constant time.
#[must_use]
pub fn verify_hmac_sha256_hex(key: &[u8], parts: &[&[u8]], tag_hex: &str) -> bool {
    unhex(tag_hex).is_some_and(|tag| verify_hmac_sha256(key, parts, &tag))
}

/// Compares in a time that depends on the lengths only; different lengths are unequal.
#[must_use]
pub fn equal(left: &[u8], right: &[u8]) -> bool {
    left.ct_eq(right).into()
}

/// Returns `bytes` in lower-case hex.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// Reads hex of either case; `None` for an odd length or another character.
#[must_use]
pub fn unhex(text: &str) -> Option<Vec<u8>> {
    let (pairs, rest) = text.as_bytes().as_chunks::<2>();
    if !rest.is_empty() {
        return None;
    }
    pairs.iter().map(|[high, low]| Some(nibble(*high)? << 4 | nibble(*low)?)).collect()
}

fn nibble(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok())
}

/// Starts the code over `parts`. The key is brought to block size by hand, which is what HMAC does and cannot fail.
fn keyed(key: &[u8], parts: &[&[u8]]) -> Hmac<Sha256> {
    let mut block = [0_u8; BLOCK];
    let hashed = sha256(key);
    let used: &[u8] = if key.len() > BLOCK { &hashed } else { key };
    for (slot, byte) in block.iter_mut().zip(used) {
        *slot = *byte;
    }
    let mut mac = Hmac::<Sha256>::new(&block.into());
    for part in parts {
        mac.update(part);
    }
    mac
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_published_vectors_of_rfc_4231_hold() {
        let cases: [(Vec<u8>, &[u8], &str); 3] = [
            (vec![0x0b; 20], b"Hi There", "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"),
            (b"Jefe".to_vec(), b"what do ya want for nothing?", "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"),
            (
                vec![0xaa; 131],
                b"Test Using Larger Than Block-Size Key - Hash Key First",
                "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54",
            ),
        ];
        for (key, data, expected) in cases {
            assert_eq!(hmac_sha256_hex(&key, &[data]), expected);
            assert!(verify_hmac_sha256_hex(&key, &[data], expected));
            assert!(verify_hmac_sha256_hex(&key, &[data], &expected.to_uppercase()));
        }
    }

    #[test]
    fn hmac_sha384_agrees_with_another_implementation() {
        let expected = "6aa58dec781184d57ed63306f2f031daac02040f81d99a7c7d783dda196862c47a9aff30cca63ccfd2b427b148bdac1a";
        assert_eq!(hex(&hmac_sha384(&[7; 32], b"correct horse")), expected);
    }

    #[test]
    fn parts_are_joined() {
        assert_eq!(hmac_sha256(b"k", &[b"a", b"bc"]), hmac_sha256(b"k", &[b"abc"]));
    }

    #[test]
    fn a_short_empty_or_long_tag_never_passes() {
        let tag = hmac_sha256(b"k", &[b"x"]);
        assert!(verify_hmac_sha256(b"k", &[b"x"], &tag));
        for length in 0..32 {
            assert!(!verify_hmac_sha256(b"k", &[b"x"], &tag[..length]));
        }
        assert!(!verify_hmac_sha256(b"k", &[b"x"], &[tag.as_slice(), &[0]].concat()));
        assert!(!verify_hmac_sha256(b"other", &[b"x"], &tag));
        assert!(!verify_hmac_sha256_hex(b"k", &[b"x"], ""));
        assert!(!verify_hmac_sha256_hex(b"k", &[b"x"], "zz"));
    }

    #[test]
    fn hex_is_read_back_and_rubbish_refused() {
        assert_eq!(unhex(&hex(&[0, 1, 0xab, 0xff])), Some(vec![0, 1, 0xab, 0xff]));
        assert_eq!(unhex("AbFf"), Some(vec![0xab, 0xff]));
        for text in ["0", "0g", "é0", "0x00", " 00"] {
            assert_eq!(unhex(text), None, "{text}");
        }
        assert_eq!(sha256_hex(b""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    }

    #[test]
    fn unequal_lengths_are_unequal() {
        assert!(equal(b"ab", b"ab"));
        assert!(equal(b"", b""));
        assert!(!equal(b"ab", b"abc"));
        assert!(!equal(b"ab", b""));
        assert!(!equal(b"ab", b"ac"));
    }
}
