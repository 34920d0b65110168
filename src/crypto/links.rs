//! Secret addresses of public pages, derived instead of stored: `apt_` or `svy_`, what the page is of, and a code over that under a key made
//! from the installation's, one for each kind of page. No column of the database opens one: what is stored of a message holds a mark, and the
//! address takes its place as the message leaves. Never compares a code with `==`.

use crate::crypto::keyring::KeyRing;
use crate::crypto::mac::{equal, hmac_sha256};
use crate::domain::booking::ics::NOBODY;
use crate::domain::ids::{AppointmentId, ConversationId, TenantId};
use crate::ports::mail::Links;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use secrecy::{ExposeSecret, SecretBox};
use uuid::Uuid;

/// How the secret of every appointment's page begins.
const PREFIX: &str = "apt_";
/// How the secret of every survey's page begins.
const SURVEY: &str = "svy_";
/// Bytes of the code: nobody guesses 128 bits.
const CODE: usize = 16;
/// Binds the derived keys to their use.
const PURPOSE: &[u8] = b"recado appointment page 1";
const SURVEY_PURPOSE: &[u8] = b"recado survey page 1";

/// Makes and reads the addresses. Codes of older keys are read while those are loaded.
pub struct PageLinks {
    base: String,
    organizer: String,
    keys: Vec<SecretBox<[u8; 32]>>,
    survey_keys: Vec<SecretBox<[u8; 32]>>,
}

impl PageLinks {
    /// Derives the keys; `base` is our address for the world, without a slash at its end.
    #[must_use]
    pub fn new(ring: &KeyRing, base: &str) -> Self {
        let keys = |purpose| ring.all().map(|key| SecretBox::new(Box::new(hmac_sha256(key, &[purpose])))).collect();
        let base = base.trim_end_matches('/').to_owned();
        let host = url::Url::parse(&base).ok().and_then(|url| url.domain().map(str::to_owned));
        let organizer = host.map_or_else(|| NOBODY.to_owned(), |host| format!("no-reply@{host}"));
        Self { base, organizer, keys: keys(PURPOSE), survey_keys: keys(SURVEY_PURPOSE) }
    }

    /// Names the address from which mails come as that of calendar files; without one it is nobody's, at our own address for the world.
    #[must_use]
    pub fn sent_by(self, address: Option<&str>) -> Self {
        match address {
            Some(address) => Self { organizer: address.to_owned(), ..self },
            None => self,
        }
    }

    fn code(key: &SecretBox<[u8; 32]>, ids: &[u8]) -> [u8; CODE] {
        let code = hmac_sha256(key.expose_secret(), &[ids]);
        code.first_chunk::<CODE>().copied().unwrap_or_default()
    }

    /// Writes what a page is of, with its code.
    fn sealed(keys: &[SecretBox<[u8; 32]>], mut bytes: Vec<u8>) -> String {
        let code = keys.first().map(|key| Self::code(key, &bytes)).unwrap_or_default();
        bytes.extend_from_slice(&code);
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// Reads what a page is of, `length` bytes; `None` for what we have not made.
    fn opened(keys: &[SecretBox<[u8; 32]>], text: &str, length: usize) -> Option<Vec<u8>> {
        let bytes = URL_SAFE_NO_PAD.decode(text).ok().filter(|bytes| bytes.len() == length + CODE)?;
        let (of, code) = bytes.split_at_checked(length)?;
        let known = keys.iter().fold(false, |known, key| known | equal(&Self::code(key, of), code));
        known.then(|| of.to_vec())
    }

    /// Returns the secret part of an appointment's page.
    #[must_use]
    pub fn token(&self, tenant: TenantId, id: AppointmentId) -> String {
        format!("{PREFIX}{}", Self::sealed(&self.keys, [tenant.0.into_bytes(), id.0.into_bytes()].concat()))
    }

    /// Reads the secret part; `None` for one that we have not made.
    #[must_use]
    pub fn read(&self, token: &str) -> Option<(TenantId, AppointmentId)> {
        let of = Self::opened(&self.keys, token.strip_prefix(PREFIX)?, 32)?;
        let (tenant, id) = of.split_at_checked(16)?;
        Some((TenantId(Uuid::from_slice(tenant).ok()?), AppointmentId(Uuid::from_slice(id).ok()?)))
    }

    /// Returns the secret part of the page of a survey.
    #[must_use]
    pub fn survey_token(&self, tenant: TenantId, conversation: ConversationId, cycle: i64) -> String {
        let ids = [tenant.0.into_bytes(), conversation.0.into_bytes()].concat();
        // Four bytes: a link is read by people on small screens, and no conversation is resolved four thousand million times.
        let cycle = u32::try_from(cycle).unwrap_or_default().to_be_bytes();
        format!("{SURVEY}{}", Self::sealed(&self.survey_keys, [ids.as_slice(), &cycle].concat()))
    }

    /// Reads the secret part of the page of a survey: which conversation, and which stretch of it; `None` for one that we have not made.
    #[must_use]
    pub fn read_survey(&self, token: &str) -> Option<(TenantId, ConversationId, i64)> {
        let of = Self::opened(&self.survey_keys, token.strip_prefix(SURVEY)?, 36)?;
        let (tenant, rest) = of.split_at_checked(16)?;
        let (conversation, cycle) = rest.split_at_checked(16)?;
        let ids = (TenantId(Uuid::from_slice(tenant).ok()?), ConversationId(Uuid::from_slice(conversation).ok()?));
        Some((ids.0, ids.1, i64::from(u32::from_be_bytes(*cycle.first_chunk()?))))
    }
}

impl Links for PageLinks {
    fn appointment(&self, tenant: TenantId, id: AppointmentId) -> String {
        format!("{}/appointments/{}", self.base, self.token(tenant, id))
    }

    fn organizer(&self) -> &str {
        &self.organizer
    }

    fn survey(&self, tenant: TenantId, conversation: ConversationId, cycle: i64) -> String {
        format!("{}/s/{}", self.base, self.survey_token(tenant, conversation, cycle))
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
    #[test]
    fn the_link_of_a_survey_is_of_one_stretch_and_opens_no_other_page() {
        let (tenant, id) = (Uuid::from_u128(1), Uuid::from_u128(2));
        let links_a = links("a", &[]);
        let token = links_a.survey_token(TenantId(tenant), ConversationId(id), 7);
        assert_eq!(links_a.read_survey(&token), Some((TenantId(tenant), ConversationId(id), 7)));
        assert_eq!(links_a.survey(TenantId(tenant), ConversationId(id), 7), format!("https://recado.example/s/{token}"));
        assert_eq!(token.len(), 74);
        for place in 0..token.len() {
            let mut changed = token.clone().into_bytes();
            changed[place] = if changed[place] == b'A' { b'B' } else { b'A' };
            assert_eq!(links_a.read_survey(std::str::from_utf8(&changed).unwrap()), None, "{place}");
            assert_eq!(links_a.read_survey(token.get(..place).unwrap_or_default()), None);
        }
        assert_eq!(links_a.read(&token), None);
        let appointment = links_a.token(TenantId(tenant), AppointmentId(id));
        assert_eq!(links_a.read_survey(&appointment), None);
        assert_eq!(links_a.read_survey(&appointment.replace(PREFIX, SURVEY)), None);
        assert_eq!(links("b", &[]).read_survey(&token), None);
        assert_eq!(links("b", &[key("a")]).read_survey(&token).map(|(.., cycle)| cycle), Some(7));
    }
}
