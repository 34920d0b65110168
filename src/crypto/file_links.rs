//! Links that open one file for a while, derived instead of stored: `f_`, what they open and until when, and a code over that under a key
//! made from the installation's. Whoever has one may read the file: links are made only for those who may. Never compares a code with `==`.

use crate::crypto::keyring::KeyRing;
use crate::crypto::mac::{equal, hmac_sha256};
use crate::domain::ids::{FileId, TenantId};
use crate::domain::time::Timestamp;
use crate::ports::files::{FileLinks, Shown};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use secrecy::{ExposeSecret, SecretBox};
use uuid::Uuid;

/// How the secret of every link begins.
const PREFIX: &str = "f_";
/// Bytes of the code: nobody guesses 128 bits.
const CODE: usize = 16;
/// Bytes of what is signed: business, file, what is shown, and until when in seconds.
const SAID: usize = 16 + 16 + 1 + 5;
/// Length of a token.
const LENGTH: usize = 72;
/// Binds the derived keys to their use.
const PURPOSE: &[u8] = b"recado file link 1";

/// What a link opens.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct OpenedFile {
    /// The business.
    pub tenant: TenantId,
    /// The file.
    pub file: FileId,
    /// What of it.
    pub shown: Shown,
    /// Until when.
    pub until: Timestamp,
}

/// Why a link opens nothing.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum NoFile {
    /// We have not made it.
    Unknown,
    /// We have made it, and its time is over.
    Expired,
}

/// Makes and reads links. Codes of older keys are read while those are loaded.
pub struct SignedFiles {
    base: String,
    keys: Vec<SecretBox<[u8; 32]>>,
}

impl SignedFiles {
    /// Derives the keys; `base` is our address for the world, without a slash at its end.
    #[must_use]
    pub fn new(ring: &KeyRing, base: &str) -> Self {
        let keys = ring.all().map(|key| SecretBox::new(Box::new(hmac_sha256(key, &[PURPOSE])))).collect();
        Self { base: base.trim_end_matches('/').to_owned(), keys }
    }

    fn code(key: &SecretBox<[u8; 32]>, said: &[u8]) -> [u8; CODE] {
        let code = hmac_sha256(key.expose_secret(), &[said]);
        code.first_chunk::<CODE>().copied().unwrap_or_default()
    }

    /// Returns the secret part of a link. It holds until the second in which `until` lies.
    #[must_use]
    pub fn token(&self, opened: OpenedFile) -> String {
        let seconds = u64::try_from(opened.until.micros() / 1_000_000).unwrap_or_default().to_be_bytes();
        let mut bytes = [opened.tenant.0.into_bytes(), opened.file.0.into_bytes()].concat();
        bytes.push(match opened.shown {
            Shown::InPlace => 1,
            Shown::Download => 2,
            Shown::Preview => 3,
        });
        bytes.extend_from_slice(seconds.last_chunk::<5>().unwrap_or(&[0; 5]));
        let code = self.keys.first().map(|key| Self::code(key, &bytes)).unwrap_or_default();
        bytes.extend_from_slice(&code);
        format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(bytes))
    }

    /// Reads the secret part of a link.
    ///
    /// # Errors
    /// [`NoFile`].
    pub fn read(&self, token: &str, now: Timestamp) -> Result<OpenedFile, NoFile> {
        let opened = self.opened(token).ok_or(NoFile::Unknown)?;
        if now > opened.until { Err(NoFile::Expired) } else { Ok(opened) }
    }

    fn opened(&self, token: &str) -> Option<OpenedFile> {
        let bytes = URL_SAFE_NO_PAD.decode(token.strip_prefix(PREFIX).filter(|rest| rest.len() == LENGTH)?).ok()?;
        let (said, code) = bytes.split_at_checked(SAID)?;
        let known = self.keys.iter().fold(false, |known, key| known | equal(&Self::code(key, said), code));
        let (tenant, rest) = said.split_at_checked(16)?;
        let (file, rest) = rest.split_at_checked(16)?;
        let (shown, seconds) = rest.split_first()?;
        let shown = match shown {
            1 => Shown::InPlace,
            2 => Shown::Download,
            3 => Shown::Preview,
            _ => return None,
        };
        let seconds = seconds.iter().fold(0_i64, |all, byte| (all << 8) | i64::from(*byte));
        let (tenant, file) = (TenantId(Uuid::from_slice(tenant).ok()?), FileId(Uuid::from_slice(file).ok()?));
        known.then_some(OpenedFile { tenant, file, shown, until: Timestamp::from_secs(seconds) })
    }
}

impl FileLinks for SignedFiles {
    fn link(&self, tenant: TenantId, file: FileId, shown: Shown, until: Timestamp) -> String {
        format!("{}/files/{}", self.base, self.token(OpenedFile { tenant, file, shown, until }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::mac::sha256;
    use base64::engine::general_purpose::STANDARD;
    use secrecy::SecretString;

    const UNTIL: Timestamp = Timestamp::from_secs(1_790_000_000);

    fn key(seed: &str) -> SecretString {
        SecretString::from(STANDARD.encode(sha256(seed.as_bytes())))
    }

    fn links(current: &str, older: &[SecretString]) -> SignedFiles {
        SignedFiles::new(&KeyRing::parse(&key(current), older).unwrap(), "https://recado.example/")
    }

    fn opened(shown: Shown) -> OpenedFile {
        OpenedFile { tenant: TenantId(Uuid::from_u128(1)), file: FileId(Uuid::from_u128(2)), shown, until: UNTIL }
    }

    #[test]
    fn a_link_opens_what_it_was_made_for_until_its_time_is_over() {
        let links = links("a", &[]);
        for shown in [Shown::InPlace, Shown::Download, Shown::Preview] {
            let token = links.token(opened(shown));
            assert_eq!(token.len(), PREFIX.len() + LENGTH);
            assert_eq!(links.read(&token, UNTIL), Ok(opened(shown)));
            assert_eq!(links.read(&token, UNTIL.after(std::time::Duration::from_secs(1))), Err(NoFile::Expired));
            let link = links.link(TenantId(Uuid::from_u128(1)), FileId(Uuid::from_u128(2)), shown, UNTIL);
            assert_eq!(link, format!("https://recado.example/files/{token}"));
        }
    }

    /// C11: every single changed sign of a link, and one of another installation.
    #[test]
    fn a_forged_link_opens_nothing_also_when_its_time_is_over() {
        let (links_a, late) = (links("a", &[]), UNTIL.after(std::time::Duration::from_secs(9)));
        let token = links_a.token(opened(Shown::InPlace));
        for place in 0..token.len() {
            let mut changed = token.clone().into_bytes();
            changed[place] = if changed[place] == b'A' { b'B' } else { b'A' };
            let changed = std::str::from_utf8(&changed).unwrap();
            assert_eq!(links_a.read(changed, UNTIL), Err(NoFile::Unknown), "{place}");
            assert_eq!(links_a.read(changed, late), Err(NoFile::Unknown), "{place}: not even that it was one");
            assert_eq!(links_a.read(token.get(..place).unwrap_or_default(), UNTIL), Err(NoFile::Unknown));
        }
        assert_eq!(links("b", &[]).read(&token, UNTIL), Err(NoFile::Unknown));
        assert_eq!(links("b", &[key("a")]).read(&token, UNTIL), Ok(opened(Shown::InPlace)), "an older key still reads");
    }
}
