//! The key-encryption keys of an installation. They never leave this room; everything else sees their ids.
//!
//! Several may be loaded at once: the current one wraps, the others only unwrap until everything is re-wrapped.

use crate::crypto::mac::{hex, sha256};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use secrecy::{ExposeSecret, SecretBox, SecretString};
use std::collections::BTreeMap;
use thiserror::Error;

/// Why a key is not taken. Never shows the key.
#[derive(Debug, Error, Clone, Copy, PartialEq, Eq)]
pub enum KeyError {
    /// Not Base64 of 32 bytes.
    #[error("a secret key must be 32 bytes in base64")]
    Format,
    /// All bytes are equal: a placeholder, not a key.
    #[error("the secret key is a placeholder")]
    Placeholder,
}

/// The loaded key-encryption keys by id. Debug shows the ids only.
pub struct KeyRing {
    current: String,
    keys: BTreeMap<String, SecretBox<[u8; 32]>>,
}

impl KeyRing {
    /// Reads the current key and older ones that still unwrap, each 32 bytes in Base64.
    ///
    /// # Errors
    /// [`KeyError`]: the installation must not start.
    pub fn parse(current: &SecretString, older: &[SecretString]) -> Result<Self, KeyError> {
        let current = parse_key(current)?;
        let current_id = kek_id(&current);
        let mut keys = BTreeMap::from([(current_id.clone(), current)]);
        for text in older {
            let key = parse_key(text)?;
            keys.insert(kek_id(&key), key);
        }
        Ok(Self { current: current_id, keys })
    }

    /// Returns the id of the key that wraps.
    #[must_use]
    pub fn current_id(&self) -> &str {
        &self.current
    }

    /// Returns every loaded id, sorted.
    pub fn ids(&self) -> impl Iterator<Item = &str> {
        self.keys.keys().map(String::as_str)
    }

    /// Returns every loaded key, the current one first; for deriving others only.
    pub(in crate::crypto) fn all(&self) -> impl Iterator<Item = &[u8; 32]> {
        let others = self.keys.iter().filter(|(id, _)| **id != self.current).map(|(_, key)| key);
        self.keys.get(&self.current).into_iter().chain(others).map(ExposeSecret::expose_secret)
    }

    /// Returns a key by id; for the envelope only.
    pub(in crate::crypto) fn get(&self, id: &str) -> Option<&[u8; 32]> {
        self.keys.get(id).map(ExposeSecret::expose_secret)
    }
}

impl std::fmt::Debug for KeyRing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("KeyRing").field("current", &self.current).field("ids", &self.keys.keys()).finish()
    }
}

/// Returns the id of a key: `k` and the first 8 hex digits of its SHA-256.
fn kek_id(key: &SecretBox<[u8; 32]>) -> String {
    let digest = sha256(key.expose_secret());
    format!("k{}", hex(digest.first_chunk::<4>().unwrap_or(&[0; 4])))
}

fn parse_key(text: &SecretString) -> Result<SecretBox<[u8; 32]>, KeyError> {
    let Ok(bytes) = STANDARD.decode(text.expose_secret().trim()) else {
        return Err(KeyError::Format);
    };
    let Ok(key) = <[u8; 32]>::try_from(bytes.as_slice()) else {
        return Err(KeyError::Format);
    };
    if key.iter().zip(key.iter().skip(1)).all(|(left, right)| left == right) {
        return Err(KeyError::Placeholder);
    }
    Ok(SecretBox::new(Box::new(key)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(seed: &[u8]) -> SecretString {
        SecretString::from(STANDARD.encode(sha256(seed)))
    }

    #[test]
    fn a_ring_knows_its_keys_by_id() {
        let ring = KeyRing::parse(&text(b"new"), &[text(b"old")]).unwrap();
        assert_eq!(ring.ids().count(), 2);
        assert!(ring.get(ring.current_id()).is_some());
        assert!(ring.get("k00000000").is_none());
        assert_eq!(ring.current_id().len(), 9);
    }

    #[test]
    fn a_placeholder_or_a_short_key_is_refused() {
        for key in [[0; 32], [b'x'; 32]] {
            assert_eq!(KeyRing::parse(&SecretString::from(STANDARD.encode(key)), &[]).unwrap_err(), KeyError::Placeholder);
        }
        for bad in ["", "changeme", "////", &STANDARD.encode([1; 31]), &STANDARD.encode([1; 33])] {
            assert_eq!(KeyRing::parse(&SecretString::from(bad), &[]).unwrap_err(), KeyError::Format, "{bad}");
        }
        assert_eq!(KeyRing::parse(&text(b"new"), &[SecretString::from("x")]).unwrap_err(), KeyError::Format);
    }

    #[test]
    fn debug_shows_no_key() {
        let ring = KeyRing::parse(&text(b"new"), &[]).unwrap();
        assert_eq!(format!("{ring:?}"), format!("KeyRing {{ current: {id:?}, ids: [{id:?}] }}", id = ring.current_id()));
    }
}
