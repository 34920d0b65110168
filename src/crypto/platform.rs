//! The installation's own keys: what seals and signs where no tenant is known yet.
//!
//! From each data key of the platform others are derived by label (HMAC-SHA-256): the pepper of passwords, the keys of tokens per audience. The
//! newest key seals and signs; older ones still open and verify. Debug shows numbers only.

use crate::crypto::envelope::{Dek, EnvelopeError, Location, NONCE, dek_id_of, open, seal};
use secrecy::{SecretBox, SecretSlice};
use std::collections::BTreeMap;

/// The name that stands where a tenant's id stands otherwise.
pub const PLATFORM: &str = "platform";

/// The label of the pepper of passwords.
const PEPPER: &str = "password/pepper";
/// The label of the key that signs tokens against foreign pages.
const CSRF: &str = "csrf";

/// The opened keys. At least one.
#[derive(Debug)]
pub struct Platform {
    newest: u32,
    keys: BTreeMap<u32, Dek>,
    first: Dek,
}

impl Platform {
    /// Takes opened keys; `None` without any.
    #[must_use]
    pub fn new(keys: Vec<Dek>) -> Option<Self> {
        let mut keys: BTreeMap<u32, Dek> = keys.into_iter().map(|key| (key.id(), key)).collect();
        let (newest, first) = keys.pop_last()?;
        Some(Self { newest, keys, first })
    }

    /// Returns the key that seals and signs.
    #[must_use]
    pub const fn newest(&self) -> &Dek {
        &self.first
    }

    /// Returns a key by its number.
    #[must_use]
    pub fn key(&self, id: u32) -> Option<&Dek> {
        if id == self.newest { Some(&self.first) } else { self.keys.get(&id) }
    }

    /// Returns the pepper of a number.
    #[must_use]
    pub fn pepper(&self, id: u32) -> Option<SecretBox<[u8; 32]>> {
        self.key(id).map(|key| key.derive(PEPPER))
    }

    /// Returns every key that signs tokens against foreign pages, the newest first.
    pub fn csrf_keys(&self) -> impl Iterator<Item = SecretBox<[u8; 32]>> {
        std::iter::once(&self.first).chain(self.keys.values().rev()).map(|key| key.derive(CSRF))
    }

    /// Seals a value that belongs to no tenant.
    ///
    /// # Errors
    /// [`EnvelopeError`].
    pub fn seal(&self, place: (&'static str, &'static str, String), value: &[u8], nonce: [u8; NONCE]) -> Result<Vec<u8>, EnvelopeError> {
        seal(&self.first, &location(place), value, nonce)
    }

    /// Opens such a value.
    ///
    /// # Errors
    /// [`EnvelopeError`].
    pub fn open(&self, place: (&'static str, &'static str, String), sealed: &[u8]) -> Result<SecretSlice<u8>, EnvelopeError> {
        let id = dek_id_of(sealed)?;
        open(self.key(id).ok_or(EnvelopeError::WrongDek(id))?, &location(place), sealed)
    }

    /// Makes keys with these numbers.
    #[cfg(test)]
    pub(crate) fn for_tests(ids: &[u32]) -> Self {
        Self::new(ids.iter().map(|id| Dek::for_tests(PLATFORM, *id)).collect()).unwrap()
    }
}

fn location((table, column, row): (&'static str, &'static str, String)) -> Location {
    Location::new(PLATFORM, table, column, row)
}

#[cfg(test)]
mod tests {
    use super::*;
    use secrecy::ExposeSecret;

    #[test]
    fn keys_of_two_labels_or_numbers_differ() {
        let platform = Platform::for_tests(&[1, 2]);
        let made = |id: u32, label: &str| *platform.key(id).unwrap().derive(label).expose_secret();
        assert_ne!(made(1, "jwt/console"), made(1, "jwt/mfa"));
        assert_ne!(made(1, PEPPER), made(2, PEPPER));
        assert_eq!(platform.newest().id(), 2);
        assert!(platform.pepper(3).is_none());
        assert_eq!(platform.csrf_keys().count(), 2);
    }

    #[test]
    fn what_an_older_key_sealed_still_opens_and_only_in_its_place() {
        let sealed = Platform::for_tests(&[1]).seal(("account", "totp_secret", "a".into()), b"seed", [1; NONCE]).unwrap();
        let both = Platform::for_tests(&[1, 2]);
        assert_eq!(both.open(("account", "totp_secret", "a".into()), &sealed).unwrap().expose_secret(), b"seed");
        assert!(both.open(("account", "totp_secret", "b".into()), &sealed).is_err());
        assert!(Platform::for_tests(&[2]).open(("account", "totp_secret", "a".into()), &sealed).is_err());
    }

    #[test]
    fn without_a_key_there_is_no_platform() {
        assert!(Platform::new(Vec::new()).is_none());
    }
}
