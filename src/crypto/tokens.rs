//! API keys: `rk_` and 32 random bytes in base 62. Only their SHA-256 is stored; a key is shown once.
//!
//! A key is found by the hash of what was presented: equality on a hash gives nothing away.

use crate::crypto::mac::sha256;
use secrecy::SecretString;

/// How every key begins, so that secret scanners know it.
pub const PREFIX: &str = "rk_";

/// Length of 32 bytes in base 62, with leading zeros: 62^43 is just above 2^256.
const DIGITS: usize = 43;

const ALPHABET: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// Makes a key from random bytes; returns it with what is stored of it.
#[must_use]
pub fn mint(random: [u8; 32]) -> (SecretString, [u8; 32]) {
    let token = format!("{PREFIX}{}", base62(random));
    let stored = hash(&token);
    (SecretString::from(token), stored)
}

/// How every refresh token begins.
pub const REFRESH_PREFIX: &str = "rt_";
/// How every token of a link for a new password begins.
pub const RESET_PREFIX: &str = "rp_";
/// How every token of a link to another address begins.
pub const ADDRESS_PREFIX: &str = "ve_";

/// Makes a token with a prefix of its own; returns it with what is stored of it.
#[must_use]
pub fn mint_as(prefix: &str, random: [u8; 32]) -> (SecretString, [u8; 32]) {
    let token = format!("{prefix}{}", base62(random));
    let stored = hash(&token);
    (SecretString::from(token), stored)
}

/// Returns true for the shape of a token with this prefix; anything else need not be looked up.
#[must_use]
pub fn has_shape(prefix: &str, token: &str) -> bool {
    token.strip_prefix(prefix).is_some_and(|body| body.len() == DIGITS && body.bytes().all(|byte| byte.is_ascii_alphanumeric()))
}

const BASE32: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/// Writes a recovery code: 80 random bits as four groups of four letters and digits; returns it with what is stored of it.
#[must_use]
pub fn mint_recovery(random: [u8; 10]) -> (SecretString, [u8; 32]) {
    let mut bits = random.iter().fold(0_u128, |bits, byte| bits << 8 | u128::from(*byte));
    let mut letters = Vec::with_capacity(19);
    for at in 0..16 {
        if at > 0 && at % 4 == 0 {
            letters.push('-');
        }
        let digit = usize::try_from(bits & 31).unwrap_or_default();
        letters.push(BASE32.get(digit).copied().map_or('A', char::from));
        bits >>= 5;
    }
    let code: String = letters.iter().rev().collect();
    let stored = hash_recovery(&code);
    (SecretString::from(code), stored)
}

/// Returns what is stored of a recovery code, however it is typed.
#[must_use]
pub fn hash_recovery(code: &str) -> [u8; 32] {
    let plain: String = code.chars().filter(char::is_ascii_alphanumeric).map(|letter| letter.to_ascii_uppercase()).collect();
    sha256(plain.as_bytes())
}

/// How the token of every invitation's link begins.
pub const INVITATION_PREFIX: &str = "inv_";

/// How every secret of a calendar's address begins.
pub const FEED_PREFIX: &str = "cal_";

/// Makes the secret of a calendar's address; returns it with what is stored of it.
#[must_use]
pub fn mint_feed(random: [u8; 32]) -> (SecretString, [u8; 32]) {
    let token = format!("{FEED_PREFIX}{}", base62(random));
    let stored = hash(&token);
    (SecretString::from(token), stored)
}

/// Returns what is stored of a key, and looked up when one is presented.
#[must_use]
pub fn hash(token: &str) -> [u8; 32] {
    sha256(token.as_bytes())
}

/// Returns what people may see of a key: its prefix and last four characters, nothing of a text too short to be one.
#[must_use]
pub fn redact(token: &str) -> String {
    let body = token.strip_prefix(PREFIX).unwrap_or_default();
    if body.len() != DIGITS || !body.is_ascii() {
        return "…".to_owned();
    }
    let tail = body.get(DIGITS - 4..).unwrap_or_default();
    format!("{PREFIX}…{tail}")
}

/// Writes a big-endian number in base 62, always [`DIGITS`] long.
fn base62(mut number: [u8; 32]) -> String {
    let mut digits = Vec::with_capacity(DIGITS);
    for _ in 0..DIGITS {
        let mut remainder = 0_usize;
        for byte in &mut number {
            let value = remainder << 8 | usize::from(*byte);
            // Below 256, because `remainder` is below 62.
            *byte = u8::try_from(value / 62).unwrap_or_default();
            remainder = value % 62;
        }
        digits.push(ALPHABET.get(remainder).copied().map_or('0', char::from));
    }
    digits.iter().rev().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use secrecy::ExposeSecret;

    #[test]
    fn numbers_are_written_in_base_62() {
        assert_eq!(base62([0; 32]), "0".repeat(43));
        let mut small = [0; 32];
        small[31] = 62;
        assert_eq!(base62(small), format!("{}10", "0".repeat(41)));
        small[30] = 1; // 256 + 62 = 318 = 5 * 62 + 8
        assert_eq!(base62(small), format!("{}58", "0".repeat(41)));
        assert_eq!(base62([255; 32]), "yhjskwdA6OZ1AL1YmHWZWm8LLG7HjnuCA2j5rOw8Xp1");
    }

    #[test]
    fn a_key_is_found_by_its_hash_and_never_printed() {
        let (token, stored) = mint([9; 32]);
        assert_eq!(hash(token.expose_secret()), stored);
        assert_ne!(mint([8; 32]).1, stored);
        assert_eq!(token.expose_secret().len(), 46);
        assert!(!format!("{token:?}").contains("rk_"));
    }

    #[test]
    fn a_recovery_code_has_eighty_bits_in_four_groups_and_may_be_typed_carelessly() {
        let (code, stored) = mint_recovery([0; 10]);
        assert_eq!(code.expose_secret(), "AAAA-AAAA-AAAA-AAAA");
        let mut one = [0; 10];
        one[9] = 1;
        assert_eq!(mint_recovery(one).0.expose_secret(), "AAAA-AAAA-AAAA-AAAB");
        assert_eq!(mint_recovery([255; 10]).0.expose_secret(), "7777-7777-7777-7777");
        assert_eq!(hash_recovery(" aaaa aaaa-AAAAaaaa"), stored);
        assert_ne!(hash_recovery("AAAA"), stored);
    }

    #[test]
    fn a_token_is_known_by_its_shape() {
        let (token, stored) = mint_as(REFRESH_PREFIX, [9; 32]);
        assert!(has_shape(REFRESH_PREFIX, token.expose_secret()) && hash(token.expose_secret()) == stored);
        assert!(
            !has_shape(RESET_PREFIX, token.expose_secret())
                && !has_shape(REFRESH_PREFIX, "rt_short")
                && !has_shape("rt_", &format!("rt_{}", "é".repeat(21)))
        );
    }

    #[test]
    fn redaction_shows_four_characters_of_a_key_and_nothing_of_anything_else() {
        let (token, _) = mint([9; 32]);
        let shown = redact(token.expose_secret());
        assert!(shown.starts_with("rk_…") && shown.chars().count() == 8, "{shown}");
        assert!(token.expose_secret().ends_with(shown.strip_prefix("rk_…").unwrap()));
        for other in ["", "rk_", "rk_short", "hunter2", &format!("rk_{}", "é".repeat(30))] {
            assert_eq!(redact(other), "…");
        }
    }
}
