//! Encryption at rest: AES-256-GCM under a data key (DEK) per tenant, itself wrapped by a key-encryption key of the [`KeyRing`].
//!
//! A stored value is `0x01 ‖ dek_id u32 BE ‖ nonce 12 ‖ ciphertext ‖ tag 16`. The additional data names tenant, table, column and row, so
//! a value copied elsewhere does not open. Nonces and keys come in as arguments ([`random_bytes`](crate::crypto::random::random_bytes));
//! **a nonce must never be used twice with one key**: draw it anew for every call. Deleting a tenant's wrapped keys shreds all its values.

use crate::crypto::keyring::KeyRing;
use crate::crypto::mac::hmac_sha256;
use aes_gcm::aead::{Aead, KeyInit, Payload};
use aes_gcm::{Aes256Gcm, Nonce};
use secrecy::{ExposeSecret, SecretBox, SecretSlice, SecretString};
use std::fmt::Display;
use thiserror::Error;

/// First byte of a stored value.
const FORMAT: u8 = 1;
/// Length of a nonce, in bytes.
pub const NONCE: usize = 12;

/// Why a value or a key cannot be opened or made. Says nothing about the content.
#[derive(Debug, Error, Clone, PartialEq, Eq)]
pub enum EnvelopeError {
    /// Too short, or a format that we do not know.
    #[error("the stored value is malformed")]
    Malformed,
    /// The key-encryption key is not loaded.
    #[error("the key-encryption key {0} is not loaded")]
    UnknownKek(String),
    /// The value was sealed with another data key of the tenant, or the key is another tenant's.
    #[error("the data key {0} does not belong to this value")]
    WrongDek(u32),
    /// The tag does not fit: wrong key, wrong place, or changed bytes.
    #[error("the stored value does not open")]
    Refused,
    /// A name holds the separator of the additional data.
    #[error("a name of the place holds a separator")]
    Place,
}

/// Where a value stands; bound to it by the cipher.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Location {
    tenant: String,
    table: &'static str,
    column: &'static str,
    row: String,
}

impl Location {
    /// Names a place. The row id must exist before the value is sealed.
    #[must_use]
    pub fn new(tenant: impl Display, table: &'static str, column: &'static str, row: impl Display) -> Self {
        Self { tenant: tenant.to_string(), table, column, row: row.to_string() }
    }

    fn aad(&self, dek_id: u32) -> Result<String, EnvelopeError> {
        let Self { tenant, table, column, row } = self;
        if [tenant, *table, *column, row].iter().any(|part| part.contains('|')) {
            return Err(EnvelopeError::Place);
        }
        Ok(format!("v1|dek:{dek_id}|tenant:{tenant}|{table}.{column}|{row}"))
    }
}

/// An opened data key. Debug shows no key.
#[derive(Debug)]
pub struct Dek {
    id: u32,
    tenant: String,
    key: SecretBox<[u8; 32]>,
}

impl Dek {
    /// Returns its number within the tenant.
    #[must_use]
    pub const fn id(&self) -> u32 {
        self.id
    }

    /// Returns a key of its own for one purpose; the data key itself is never used for anything but sealing.
    #[must_use]
    pub fn derive(&self, label: &str) -> SecretBox<[u8; 32]> {
        SecretBox::new(Box::new(hmac_sha256(self.key.expose_secret(), &[b"recado/v1/", label.as_bytes()])))
    }

    /// Makes a key that depends on its number only.
    #[cfg(test)]
    pub(crate) fn for_tests(tenant: &str, id: u32) -> Self {
        Self { id, tenant: tenant.to_owned(), key: SecretBox::new(Box::new(hmac_sha256(&id.to_be_bytes(), &[b"test"]))) }
    }
}

/// A data key as the database keeps it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WrappedDek {
    /// The key that wrapped it.
    pub kek_id: String,
    /// `nonce 12 ‖ ciphertext 32 ‖ tag 16`.
    pub bytes: Vec<u8>,
}

/// Wraps a data key under the ring's current key. `tenant` may be the word `platform`.
///
/// # Errors
/// [`EnvelopeError::Place`] for a tenant with a separator in its name.
pub fn wrap_dek(
    ring: &KeyRing,
    tenant: &str,
    dek_id: u32,
    key: &SecretBox<[u8; 32]>,
    nonce: [u8; NONCE],
) -> Result<WrappedDek, EnvelopeError> {
    let kek_id = ring.current_id();
    let kek = ring.get(kek_id).ok_or_else(|| EnvelopeError::UnknownKek(kek_id.to_owned()))?;
    let aad = wrapping_aad(kek_id, tenant, dek_id)?;
    let sealed = encrypt(kek, nonce, key.expose_secret(), &aad)?;
    Ok(WrappedDek { kek_id: kek_id.to_owned(), bytes: [nonce.as_slice(), &sealed].concat() })
}

/// Opens a wrapped data key.
///
/// # Errors
/// [`EnvelopeError`], also for the key of another tenant or of another number.
pub fn unwrap_dek(ring: &KeyRing, tenant: &str, dek_id: u32, wrapped: &WrappedDek) -> Result<Dek, EnvelopeError> {
    let kek = ring.get(&wrapped.kek_id).ok_or_else(|| EnvelopeError::UnknownKek(wrapped.kek_id.clone()))?;
    let aad = wrapping_aad(&wrapped.kek_id, tenant, dek_id)?;
    let (nonce, sealed) = wrapped.bytes.split_first_chunk::<NONCE>().ok_or(EnvelopeError::Malformed)?;
    let opened = decrypt(kek, *nonce, sealed, &aad)?;
    match <[u8; 32]>::try_from(opened.expose_secret()) {
        Ok(key) => Ok(Dek { id: dek_id, tenant: tenant.to_owned(), key: SecretBox::new(Box::new(key)) }),
        Err(_) => Err(EnvelopeError::Malformed),
    }
}

/// Wraps a data key anew under the current key; `None` if it is so already. Values sealed with it stay as they are.
///
/// # Errors
/// [`EnvelopeError`] if the old wrapping does not open.
pub fn rewrap_dek(
    ring: &KeyRing,
    tenant: &str,
    dek_id: u32,
    wrapped: &WrappedDek,
    nonce: [u8; NONCE],
) -> Result<Option<WrappedDek>, EnvelopeError> {
    if wrapped.kek_id == ring.current_id() {
        return Ok(None);
    }
    let dek = unwrap_dek(ring, tenant, dek_id, wrapped)?;
    wrap_dek(ring, tenant, dek_id, &dek.key, nonce).map(Some)
}

/// Encrypts a value for one place.
///
/// # Errors
/// [`EnvelopeError::WrongDek`] if the key is another tenant's.
pub fn seal(dek: &Dek, place: &Location, plaintext: &[u8], nonce: [u8; NONCE]) -> Result<Vec<u8>, EnvelopeError> {
    if dek.tenant != place.tenant {
        return Err(EnvelopeError::WrongDek(dek.id));
    }
    let sealed = encrypt(dek.key.expose_secret(), nonce, plaintext, &place.aad(dek.id)?)?;
    Ok([[FORMAT].as_slice(), &dek.id.to_be_bytes(), &nonce, &sealed].concat())
}

/// Returns the number of the data key that a stored value needs.
///
/// # Errors
/// [`EnvelopeError::Malformed`].
pub fn dek_id_of(stored: &[u8]) -> Result<u32, EnvelopeError> {
    split(stored).map(|(dek_id, _, _)| dek_id)
}

/// Opens a stored value.
///
/// # Errors
/// [`EnvelopeError`]; a value from another place is [`EnvelopeError::Refused`].
pub fn open(dek: &Dek, place: &Location, stored: &[u8]) -> Result<SecretSlice<u8>, EnvelopeError> {
    let (dek_id, nonce, sealed) = split(stored)?;
    if dek_id != dek.id || dek.tenant != place.tenant {
        return Err(EnvelopeError::WrongDek(dek_id));
    }
    decrypt(dek.key.expose_secret(), nonce, sealed, &place.aad(dek_id)?)
}

/// Opens a stored value that is text.
///
/// # Errors
/// [`EnvelopeError`]; [`EnvelopeError::Malformed`] if it is not UTF-8.
pub fn open_text(dek: &Dek, place: &Location, stored: &[u8]) -> Result<SecretString, EnvelopeError> {
    let opened = open(dek, place, stored)?;
    match std::str::from_utf8(opened.expose_secret()) {
        Ok(text) => Ok(SecretString::from(text)),
        Err(_) => Err(EnvelopeError::Malformed),
    }
}

fn split(stored: &[u8]) -> Result<(u32, [u8; NONCE], &[u8]), EnvelopeError> {
    let (format, rest) = stored.split_first().ok_or(EnvelopeError::Malformed)?;
    let (dek_id, rest) = rest.split_first_chunk::<4>().ok_or(EnvelopeError::Malformed)?;
    let (nonce, sealed) = rest.split_first_chunk::<NONCE>().ok_or(EnvelopeError::Malformed)?;
    if *format != FORMAT {
        return Err(EnvelopeError::Malformed);
    }
    Ok((u32::from_be_bytes(*dek_id), *nonce, sealed))
}

fn wrapping_aad(kek_id: &str, tenant: &str, dek_id: u32) -> Result<String, EnvelopeError> {
    if tenant.contains('|') || kek_id.contains('|') {
        return Err(EnvelopeError::Place);
    }
    Ok(format!("kek|{kek_id}|tenant|{tenant}|dek|{dek_id}"))
}

fn encrypt(key: &[u8; 32], nonce: [u8; NONCE], msg: &[u8], aad: &str) -> Result<Vec<u8>, EnvelopeError> {
    let cipher = Aes256Gcm::new(key.into());
    match cipher.encrypt(&Nonce::from(nonce), Payload { msg, aad: aad.as_bytes() }) {
        Ok(sealed) => Ok(sealed),
        Err(_) => Err(EnvelopeError::Refused),
    }
}

fn decrypt(key: &[u8; 32], nonce: [u8; NONCE], msg: &[u8], aad: &str) -> Result<SecretSlice<u8>, EnvelopeError> {
    let cipher = Aes256Gcm::new(key.into());
    match cipher.decrypt(&Nonce::from(nonce), Payload { msg, aad: aad.as_bytes() }) {
        Ok(opened) => Ok(SecretSlice::from(opened)),
        Err(_) => Err(EnvelopeError::Refused),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::mac::{hex, sha256, unhex};
    use base64::Engine;
    use base64::engine::general_purpose::STANDARD;

    const SECRET: &[u8] = b"1//refresh-token-example";

    fn counting<const N: usize>() -> [u8; N] {
        std::array::from_fn(|at| u8::try_from(at).unwrap())
    }

    fn dek() -> Dek {
        Dek { id: 7, tenant: "t_01".to_owned(), key: SecretBox::new(Box::new(counting())) }
    }

    fn place() -> Location {
        Location::new("t_01", "oauth_token", "refresh", "id_42")
    }

    fn ring(current: &str, older: &[&str]) -> KeyRing {
        let text = |seed: &str| SecretString::from(STANDARD.encode(sha256(seed.as_bytes())));
        KeyRing::parse(&text(current), &older.iter().map(|seed| text(seed)).collect::<Vec<_>>()).unwrap()
    }

    #[test]
    fn the_reference_vector_holds() {
        let stored = seal(&dek(), &place(), SECRET, counting()).unwrap();
        let expected = "0100000007000102030405060708090a0b\
                        762df969a083b07efe29baffde821d03aeb3ff559d0b3319436bc1c57ee128c0084836db4e5260f4";
        assert_eq!(hex(&stored), expected);
        assert_eq!(dek_id_of(&stored), Ok(7));
        assert_eq!(open(&dek(), &place(), &unhex(expected).unwrap()).unwrap().expose_secret(), SECRET);
        assert_eq!(open_text(&dek(), &place(), &stored).unwrap().expose_secret().as_bytes(), SECRET);
    }

    #[test]
    fn a_value_moved_to_another_place_does_not_open() {
        let stored = seal(&dek(), &place(), SECRET, counting()).unwrap();
        for elsewhere in [
            Location::new("t_01", "oauth_token", "refresh", "id_43"),
            Location::new("t_01", "oauth_token", "access", "id_42"),
            Location::new("t_01", "inbox", "refresh", "id_42"),
        ] {
            assert_eq!(open(&dek(), &elsewhere, &stored).unwrap_err(), EnvelopeError::Refused);
        }
        let foreign = Location::new("t_02", "oauth_token", "refresh", "id_42");
        assert_eq!(open(&dek(), &foreign, &stored).unwrap_err(), EnvelopeError::WrongDek(7));
        // Even under a key that claims to be the other tenant's, the tag does not fit.
        let claimed = Dek { tenant: "t_02".to_owned(), ..dek() };
        assert_eq!(open(&claimed, &foreign, &stored).unwrap_err(), EnvelopeError::Refused);
        assert_eq!(open(&Dek { id: 8, ..dek() }, &place(), &stored).unwrap_err(), EnvelopeError::WrongDek(7));
    }

    #[test]
    fn every_prefix_and_every_flipped_byte_is_refused_without_a_panic() {
        let stored = seal(&dek(), &place(), SECRET, counting()).unwrap();
        for length in 0..stored.len() {
            assert!(open(&dek(), &place(), &stored[..length]).is_err());
        }
        for at in 0..stored.len() {
            let mut changed = stored.clone();
            changed[at] ^= 1;
            assert!(open(&dek(), &place(), &changed).is_err(), "byte {at}");
        }
        assert_eq!(open(&dek(), &place(), &[]).unwrap_err(), EnvelopeError::Malformed);
    }

    #[test]
    fn a_data_key_opens_only_for_its_tenant_and_number() {
        let ring = ring("a", &[]);
        let wrapped = wrap_dek(&ring, "t_01", 7, &dek().key, counting()).unwrap();
        assert_eq!(wrapped.bytes.len(), 60);
        let opened = unwrap_dek(&ring, "t_01", 7, &wrapped).unwrap();
        let stored = seal(&dek(), &place(), SECRET, counting()).unwrap();
        assert_eq!(open(&opened, &place(), &stored).unwrap().expose_secret(), SECRET);
        assert_eq!(unwrap_dek(&ring, "t_02", 7, &wrapped).unwrap_err(), EnvelopeError::Refused);
        assert_eq!(unwrap_dek(&ring, "t_01", 8, &wrapped).unwrap_err(), EnvelopeError::Refused);
        for length in 0..60 {
            let short = WrappedDek { bytes: wrapped.bytes[..length].to_vec(), ..wrapped.clone() };
            assert!(unwrap_dek(&ring, "t_01", 7, &short).is_err());
        }
    }

    #[test]
    fn after_re_wrapping_the_old_key_can_go() {
        let wrapped = wrap_dek(&ring("old", &[]), "t_01", 7, &dek().key, counting()).unwrap();
        let both = ring("new", &["old"]);
        assert!(unwrap_dek(&both, "t_01", 7, &wrapped).is_ok());
        assert!(matches!(unwrap_dek(&ring("new", &[]), "t_01", 7, &wrapped), Err(EnvelopeError::UnknownKek(_))));
        let moved = rewrap_dek(&both, "t_01", 7, &wrapped, [9; NONCE]).unwrap().unwrap();
        assert!(unwrap_dek(&ring("new", &[]), "t_01", 7, &moved).is_ok());
        assert_eq!(rewrap_dek(&both, "t_01", 7, &moved, [9; NONCE]), Ok(None));
    }

    #[test]
    fn a_name_with_a_separator_is_refused() {
        let place = Location::new("t_01", "oauth_token", "refresh", "a|b");
        assert_eq!(seal(&dek(), &place, SECRET, counting()), Err(EnvelopeError::Place));
        assert_eq!(wrap_dek(&ring("a", &[]), "t|1", 7, &dek().key, counting()), Err(EnvelopeError::Place));
    }
}
