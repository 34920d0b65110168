//! What keeps the links of waiting mails from whoever reads tables, dumps and copies: the installation's own key.
//!
//! A mail is bound to its row, so one that is put in another's place does not open. Errors never show what they could not seal or open.

use crate::crypto::envelope::NONCE;
use crate::crypto::platform::Platform;
use crate::crypto::random::random_bytes;
use crate::domain::ids::TenantId;
use crate::ports::mail::{Kept, MailSeals, Said, Unopened};
use crate::store::admin::platform_keys::platform;
use crate::store::admin::{Admin, AdminError};
use sea_orm::DbErr;
use secrecy::ExposeSecret;
use std::sync::Arc;
use uuid::Uuid;

/// Seals and opens. Cheap to clone.
#[derive(Clone, Debug)]
pub struct MailSeal {
    platform: Arc<Platform>,
}

impl MailSeal {
    /// Takes the installation's opened keys.
    #[must_use]
    pub const fn new(platform: Arc<Platform>) -> Self {
        Self { platform }
    }

    /// Opens the installation's keys; makes the first one if there is none yet.
    ///
    /// # Errors
    /// [`AdminError`] if the key of the installation does not open what is stored, or the database is away.
    pub async fn of(admin: &Admin) -> Result<Self, AdminError> {
        Ok(Self::new(Arc::new(platform(admin.store(), admin.ring()).await?)))
    }

    /// Seals what the mail of a row says.
    pub(super) fn close(&self, tenant: TenantId, id: Uuid, said: &Said) -> Result<Kept, DbErr> {
        let unsealed = || DbErr::Custom("a mail cannot be sealed".to_owned());
        let text = serde_json::to_vec(said).map_err(|_unshown| unsealed())?;
        let nonce = random_bytes::<NONCE>().map_err(|_| unsealed())?;
        let sealed = self.platform.seal(place(tenant, id), &text, nonce).map_err(|_| unsealed())?;
        Ok(Kept::Sealed { sealed })
    }
}

impl MailSeals for MailSeal {
    fn open(&self, tenant: TenantId, id: Uuid, sealed: &[u8]) -> Result<Said, Unopened> {
        let text = self.platform.open(place(tenant, id), sealed).map_err(|_unshown| Unopened)?;
        serde_json::from_slice(text.expose_secret()).map_err(|_unshown| Unopened)
    }
}

fn place(tenant: TenantId, id: Uuid) -> (&'static str, &'static str, String) {
    ("mail", "payload", format!("{tenant}/{id}"))
}
