//! Passwords: what is accepted, and bcrypt over a keyed digest.
//!
//! bcrypt cuts what it hashes at 72 bytes. So it never sees a password: it sees the Base64 of HMAC-SHA-384 under the installation's pepper,
//! which always has 64 characters. A stolen table of hashes is useless without the pepper, which is not in the database in clear.
//! Stored: `p{key}$2b${cost}$…`, where `key` numbers the pepper. Slow on purpose: call it through [`HashingPool`] only.
//!
//! [`HashingPool`]: crate::crypto::hashing::HashingPool

use crate::crypto::mac::hmac_sha384;
use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use secrecy::{ExposeSecret, SecretString};
use std::str::FromStr;
use thiserror::Error;
use unicode_normalization::UnicodeNormalization;

/// Fewest characters of a password.
pub const MIN_CHARS: usize = 8;
/// Most characters of a password.
pub const MAX_CHARS: usize = 256;

/// Passwords that everybody tries first; in lower case.
const COMMON: &str = include_str!("password/common.txt");

/// Why a password is not taken. Never shows it.
#[derive(Debug, Error, Clone, Copy, PartialEq, Eq)]
pub enum PasswordError {
    /// Too short or too long.
    #[error("must be {MIN_CHARS} to {MAX_CHARS} characters")]
    Length,
    /// Everybody's password.
    #[error("is one of the commonest passwords")]
    Common,
    /// The mail address or its first part.
    #[error("must not be your mail address")]
    Address,
}

/// Why a hash cannot be made or read.
#[derive(Debug, Error, Clone, Copy, PartialEq, Eq)]
pub enum HashError {
    /// The stored text is not one of ours.
    #[error("the stored password hash is malformed")]
    Malformed,
    /// The pepper with this number is not there.
    #[error("the key {0} of the stored password hash is not loaded")]
    UnknownKey(u32),
    /// The cost is outside of what bcrypt knows.
    #[error("bcrypt does not take this cost")]
    Cost,
}

/// A password in the form that is hashed: normalised, of bearable length.
#[derive(Clone, Debug)]
pub struct Password(SecretString);

impl Password {
    /// Takes what somebody signs in with: normalised and bounded, otherwise unjudged. `None` is longer than any password can be.
    #[must_use]
    pub fn presented(text: &SecretString) -> Option<Self> {
        // Normalising at most triples the length; what is far beyond the bound is not looked at.
        if text.expose_secret().len() > MAX_CHARS * 16 {
            return None;
        }
        let normal: String = text.expose_secret().nfc().collect();
        (normal.chars().count() <= MAX_CHARS).then(|| Self(SecretString::from(normal)))
    }

    /// Takes a new password of the account with this address.
    ///
    /// # Errors
    /// [`PasswordError`].
    pub fn chosen(text: &SecretString, email: &str) -> Result<Self, PasswordError> {
        let password = Self::presented(text).ok_or(PasswordError::Length)?;
        let chars = password.0.expose_secret().chars().count();
        if chars < MIN_CHARS {
            return Err(PasswordError::Length);
        }
        let lower = password.0.expose_secret().to_lowercase();
        if COMMON.lines().any(|common| common == lower) {
            return Err(PasswordError::Common);
        }
        if lower == email || email.split('@').next().is_some_and(|local| local == lower) {
            return Err(PasswordError::Address);
        }
        Ok(password)
    }

    /// Returns the 64 characters that bcrypt hashes.
    fn keyed(&self, pepper: &[u8; 32]) -> String {
        STANDARD_NO_PAD.encode(hmac_sha384(pepper, self.0.expose_secret().as_bytes()))
    }
}

/// A pepper with its number.
pub struct Pepper<'a> {
    /// The number of the platform's key that it comes from.
    pub id: u32,
    /// The key.
    pub key: &'a [u8; 32],
}

/// Hashes a password.
///
/// # Errors
/// [`HashError::Cost`].
pub fn hash(password: &Password, pepper: &Pepper<'_>, cost: u32, salt: [u8; 16]) -> Result<String, HashError> {
    match bcrypt::non_truncating_hash_with_salt(password.keyed(pepper.key), cost, salt) {
        Ok(parts) => Ok(format!("p{}{}", pepper.id, parts.format_for_version(bcrypt::Version::TwoB))),
        Err(_) => Err(HashError::Cost),
    }
}

/// Returns the number of the pepper of a stored hash, and what bcrypt made of it.
///
/// # Errors
/// [`HashError::Malformed`].
pub fn parts(stored: &str) -> Result<(u32, &str), HashError> {
    let rest = stored.strip_prefix('p').ok_or(HashError::Malformed)?;
    let at = rest.find('$').ok_or(HashError::Malformed)?;
    let (id, bcrypted) = rest.split_at_checked(at).ok_or(HashError::Malformed)?;
    match id.parse() {
        Ok(id) if bcrypted.is_ascii() && bcrypted.len() == 60 => Ok((id, bcrypted)),
        Ok(_) | Err(_) => Err(HashError::Malformed),
    }
}

/// Compares a password with what bcrypt made ([`parts`]); takes as long as its cost says.
///
/// # Errors
/// [`HashError::Malformed`].
pub fn verify(password: &Password, pepper: &[u8; 32], bcrypted: &str) -> Result<bool, HashError> {
    bcrypt::verify(password.keyed(pepper), bcrypted).or(Err(HashError::Malformed))
}

/// Returns true if a stored hash should be made anew at the next right password: a lower cost, or an older pepper.
#[must_use]
pub fn is_outdated(stored: &str, pepper: u32, cost: u32) -> bool {
    let Ok((id, bcrypted)) = parts(stored) else { return true };
    id != pepper || bcrypt::HashParts::from_str(bcrypted).map_or(true, |found| found.get_cost() < cost)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PEPPER: [u8; 32] = [7; 32];

    fn pepper() -> Pepper<'static> {
        Pepper { id: 1, key: &PEPPER }
    }

    fn presented(text: &str) -> Password {
        Password::presented(&SecretString::from(text)).unwrap()
    }

    fn fits(one: &str, other: &str) -> bool {
        let stored = hash(&presented(one), &pepper(), 4, [3; 16]).unwrap();
        verify(&presented(other), &PEPPER, parts(&stored).unwrap().1).unwrap()
    }

    #[test]
    fn a_password_of_71_72_or_73_bytes_is_told_from_every_longer_and_shorter_one() {
        for length in [71, 72, 73] {
            let text = "a".repeat(length);
            assert!(fits(&text, &text), "{length}");
            assert!(!fits(&text, &format!("{text}a")), "{length}");
            assert!(!fits(&text, &text[1..]), "{length}");
        }
        assert!(!fits(&"a".repeat(100), &"a".repeat(72)));
        assert!(!fits(&"a".repeat(72), &"a".repeat(100)));
    }

    #[test]
    fn eighteen_emoji_fill_72_bytes_and_the_nineteenth_counts() {
        let full = "🦎".repeat(18);
        assert_eq!(full.len(), 72);
        assert!(fits(&full, &full));
        assert!(!fits(&full, &"🦎".repeat(19)));
    }

    #[test]
    fn nothing_ends_at_a_nul() {
        assert!(fits("before\0after", "before\0after"));
        assert!(!fits("before\0after", "before\0other"));
        assert!(!fits("before\0after", "before"));
    }

    #[test]
    fn composed_and_decomposed_letters_are_the_same_password() {
        assert!(fits("contrase\u{f1}a larga", "contrasen\u{303}a larga"));
    }

    #[test]
    fn the_stored_form_names_pepper_and_cost_and_is_outdated_by_either() {
        let stored = hash(&presented("correct horse"), &pepper(), 5, [3; 16]).unwrap();
        assert!(stored.starts_with("p1$2b$05$") && stored.len() == 62, "{stored}");
        assert!(!is_outdated(&stored, 1, 5) && !is_outdated(&stored, 1, 4));
        assert!(is_outdated(&stored, 1, 6) && is_outdated(&stored, 2, 5));
        assert_eq!(hash(&presented("correct horse"), &pepper(), 3, [3; 16]), Err(HashError::Cost));
    }

    #[test]
    fn the_pepper_decides_and_a_foreign_text_is_malformed() {
        let stored = hash(&presented("correct horse"), &pepper(), 4, [3; 16]).unwrap();
        assert!(!verify(&presented("correct horse"), &[8; 32], parts(&stored).unwrap().1).unwrap());
        for text in ["", "p", "p1", "$2b$04$x", "px$2b$", "p1$2b$04$short", &format!("p1${}", "é".repeat(30))] {
            assert_eq!(parts(text), Err(HashError::Malformed), "{text}");
        }
    }

    #[test]
    fn short_long_common_and_own_names_are_refused() {
        let refused = |text: &str| Password::chosen(&SecretString::from(text), "ana.gomez@shop.test").unwrap_err();
        assert_eq!(refused("seven77"), PasswordError::Length);
        assert_eq!(refused(&"x".repeat(257)), PasswordError::Length);
        assert_eq!(refused(&"x".repeat(100_000)), PasswordError::Length);
        assert_eq!(refused("PassWord123"), PasswordError::Common);
        assert_eq!(refused("contrasen\u{303}a"), PasswordError::Common);
        assert_eq!(refused("Ana.Gomez"), PasswordError::Address);
        assert_eq!(refused("ana.gomez@shop.test"), PasswordError::Address);
        assert!(Password::chosen(&SecretString::from("🦎".repeat(256)), "a@b.test").is_ok());
        assert!(Password::chosen(&SecretString::from("correct horse"), "a@b.test").is_ok());
    }

    #[test]
    fn the_list_is_in_the_form_that_it_is_compared_in() {
        let odd = COMMON.lines().find(|line| line.chars().count() < MIN_CHARS || line.to_lowercase() != **line || line.trim() != *line);
        assert_eq!(odd, None);
    }
}
