//! A desk for tests: every model stands as it is told to, and a check ends as it is told to.

use crate::crypto::file_links::SignedFiles;
use crate::crypto::keyring::KeyRing;
use crate::crypto::links::PageLinks;
use crate::domain::ids::{ModelProviderId, TenantId};
use crate::domain::model::{Budget, Day, Spent};
use crate::http::ModelDoor;
use crate::ports::llm::LlmError;
use crate::ports::models::{DayReport, ModelDesk, ModelServer, Standing};
use crate::ports::store::StoreError;
use crate::store::Store;
use crate::store::accounts::{AccountSettings, Accounts};
use crate::store::admin::Admin;
use crate::store::people::fixtures::NOW;
use async_trait::async_trait;
use secrecy::{ExposeSecret, SecretString};
use std::sync::Arc;
use std::time::Duration;

/// The key that makes every check fail.
pub const REFUSED_KEY: &str = "sk-refused";

struct FakeDesk;

#[async_trait]
impl ModelDesk for FakeDesk {
    fn standing(&self, _: TenantId, _: ModelProviderId, revision: i64) -> Standing {
        if revision > 1 {
            return Standing::Well;
        }
        Standing::Resting { until: NOW.after(Duration::from_mins(10)), reason: "the model's key was refused (401)".to_owned() }
    }

    async fn day(&self, _: TenantId) -> Result<Option<DayReport>, StoreError> {
        let spent = Spent { tokens: 90, cost_micros: 7 };
        let budget = Budget { tokens: Some(100), cost_micros: None };
        Ok(Some(DayReport { day: Day::of(NOW, "UTC"), spent, state: budget.state(spent) }))
    }

    fn has_platform(&self) -> bool {
        true
    }

    async fn check(&self, _: TenantId, server: &ModelServer) -> Result<(), LlmError> {
        let refused = server.key.as_ref().is_some_and(|key| key.expose_secret() == REFUSED_KEY);
        if refused { Err(LlmError::Credentials(401)) } else { Ok(()) }
    }

    async fn check_platform(&self) -> Option<Result<(), LlmError>> {
        Some(Ok(()))
    }
}

/// What an operator has set: cheap passwords, anybody may sign up, pages at `https://desk.test`, no SMTP server.
pub fn settings() -> AccountSettings {
    let public_url = "https://desk.test".parse().expect("an address");
    AccountSettings { bcrypt_cost: 4, sign_up_open: true, public_url, mails: false, terms_version: "2026-11".into() }
}

/// A door to accounts over the same rows.
pub async fn accounts(store: Store, settings: AccountSettings) -> Accounts {
    Accounts::open(&door(store).admin, settings).await.expect("opens")
}

/// A door to models over real rows.
pub fn door(store: Store) -> ModelDoor {
    let key = SecretString::from("MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=");
    let ring = KeyRing::parse(&key, &[]).expect("a key");
    ModelDoor { admin: Admin::new(store, Arc::new(ring)), desk: Arc::new(FakeDesk) }
}

/// The addresses of public pages.
pub fn links() -> Arc<PageLinks> {
    let key = SecretString::from("MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=");
    Arc::new(PageLinks::new(&KeyRing::parse(&key, &[]).expect("a key"), "http://localhost"))
}

/// The links to files.
pub fn file_links() -> Arc<SignedFiles> {
    let key = SecretString::from("MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=");
    Arc::new(SignedFiles::new(&KeyRing::parse(&key, &[]).expect("a key"), "http://localhost"))
}
