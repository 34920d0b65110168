//! Secret addresses of public pages, derived instead of stored: `apt_`, the ids, and a code over them under a key made from the
//! installation's. Nothing in the database opens a page. Never compares a code with `==`.

use crate::crypto::keyring::KeyRing;
use crate::crypto::mac::{equal, hmac_sha256};
use crate::domain::ids::{AppointmentId, TenantId};
use crate::ports::mail::Links;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use secrecy::{ExposeSecret, SecretBox};
use uuid::Uuid;

/// How the secret of every appointment's page begins.
const PREFIX: &str = "apt_";
/// Bytes of the code: nobody guesses 128 bits.
const CODE: usize = 16;
/// Binds the derived keys to their use.
const PURPOSE: &[u8] = b"recado appointment page 1";

/// Makes and reads the addresses. Codes of older keys are read while those are loaded.
pub struct PageLinks {
    base: String,
    keys: Vec<SecretBox<[u8; 32]>>,
}

impl PageLinks {
    /// Derives the keys; `base` is our address for the world, without a slash at its end.
    #[must_use]
    pub fn new(ring: &KeyRing, base: &str) -> Self {
        let keys = ring.all().map(|key| SecretBox::new(Box::new(hmac_sha256(key, &[PURPOSE])))).collect();
        Self { base: base.trim_end_matches('/').to_owned(), keys }
    }

    fn code(key: &SecretBox<[u8; 32]>, ids: &[u8]) -> [u8; CODE] {
        let code = hmac_sha256(key.expose_secret(), &[ids]);
        code.first_chunk::<CODE>().copied().unwrap_or_default()
    }

    /// Returns the secret part of an appointment's page.
    #[must_use]
    pub fn token(&self, tenant: TenantId, id: AppointmentId) -> String {
        let mut bytes = [tenant.0.into_bytes(), id.0.into_bytes()].concat();
        let code = self.keys.first().map(|key| Self::code(key, &bytes)).unwrap_or_default();
        bytes.extend_from_slice(&code);
        format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(bytes))
    }

    /// Reads the secret part; `None` for one that we have not made.
    #[must_use]
    pub fn read(&self, token: &str) -> Option<(TenantId, AppointmentId)> {
        let bytes = URL_SAFE_NO_PAD.decode(token.strip_prefix(PREFIX).filter(|rest| rest.len() == 64)?).ok()?;
        let (ids, code) = bytes.split_at_checked(32)?;
        let known = self.keys.iter().fold(false, |known, key| known | equal(&Self::code(key, ids), code));
        let (tenant, id) = ids.split_at_checked(16)?;
        known.then_some((TenantId(Uuid::from_slice(tenant).ok()?), AppointmentId(Uuid::from_slice(id).ok()?)))
    }
}

impl Links for PageLinks {
    fn appointment(&self, tenant: TenantId, id: AppointmentId) -> String {
        format!("{}/appointments/{}", self.base, self.token(tenant, id))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::mac::sha256;
    use base64::engine::general_purpose::STANDARD;
    use secrecy::SecretString;

    fn key(seed: &str) -> SecretString {
        SecretString::from(STANDARD.encode(sha256(seed.as_bytes())))
    }

    fn links(current: &str, older: &[SecretString]) -> PageLinks {
        PageLinks::new(&KeyRing::parse(&key(current), older).unwrap(), "https://recado.example/")
    }

    #[test]
    fn a_token_is_read_back_and_stays_the_same() {
        let (tenant, id) = (TenantId(Uuid::from_u128(1)), AppointmentId(Uuid::from_u128(2)));
        let links = links("a", &[]);
        let token = links.token(tenant, id);
        assert_eq!(token, links.token(tenant, id));
        assert_eq!(token.len(), 68);
        assert_eq!(links.read(&token), Some((tenant, id)));
        assert_eq!(links.appointment(tenant, id), format!("https://recado.example/appointments/{token}"));
    }

    #[test]
    fn a_changed_or_cut_token_and_one_of_another_installation_open_nothing() {
        let (tenant, id) = (TenantId(Uuid::from_u128(1)), AppointmentId(Uuid::from_u128(2)));
        let links_a = links("a", &[]);
        let token = links_a.token(tenant, id);
        for place in 0..token.len() {
            let mut changed = token.clone().into_bytes();
            changed[place] = if changed[place] == b'A' { b'B' } else { b'A' };
            assert_eq!(links_a.read(std::str::from_utf8(&changed).unwrap()), None, "{place}");
            assert_eq!(links_a.read(token.get(..place).unwrap_or_default()), None);
        }
        assert_eq!(links("b", &[]).read(&token), None);
        assert_eq!(links("b", &[key("a")]).read(&token), Some((tenant, id)), "an older key still reads");
        assert_ne!(links("b", &[key("a")]).token(tenant, id), token, "and the current one makes");
    }
}
