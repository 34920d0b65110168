//! People who sign in, on both databases: who wins when many try at once, and what is left in the tables.

mod factors;
mod sessions;
mod stuffing;

use crate::support::database::TestDatabase;
use anyhow::{Context, Result, bail};
use recado::crypto::ids::SystemIds;
use recado::crypto::keyring::KeyRing;
use recado::domain::time::Timestamp;
use recado::ports::clock::Clock;
use recado::ports::mail::{Content, Kept, MailQueue, MailSeals};
use recado::store::Store;
use recado::store::accounts::{AccountError, AccountSettings, Accounts, Attempt, Device, Login, NewBusiness, SignedIn};
use recado::store::admin::Admin;
use recado::store::connect::StoreOptions;
use recado::testing::clock::ManualClock;
use sea_orm::{ConnectionTrait, DbBackend, Statement, TransactionTrait};
use secrecy::SecretString;
use std::sync::Arc;
use std::time::Duration;

const KEY: &str = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=";
const EMAIL: &str = "ana@shop.test";
const PASSWORD: &str = "canary-correct-horse";
const NOW: Timestamp = Timestamp::from_secs(1_760_000_000);

/// One database with its door to accounts.
struct Office {
    database: TestDatabase,
    store: Store,
    accounts: Accounts,
    clock: Arc<ManualClock>,
}

impl Office {
    async fn both() -> Result<Vec<Self>> {
        let mut offices = Vec::new();
        for database in TestDatabase::both().await? {
            let clock = Arc::new(ManualClock::at(NOW));
            let options = StoreOptions::new(database.url());
            let store = Store::open(&options, Arc::clone(&clock) as Arc<dyn Clock>, Arc::new(SystemIds::new())).await?;
            let admin = Admin::new(store.clone(), Arc::new(KeyRing::parse(&SecretString::from(KEY), &[])?));
            let settings = AccountSettings {
                bcrypt_cost: 4,
                sign_up_open: true,
                public_url: "https://desk.test".parse()?,
                mails: false,
                terms_version: "2026-11".into(),
            };
            offices.push(Self { accounts: Accounts::open(&admin, settings).await?, database, store, clock });
        }
        Ok(offices)
    }

    async fn sign_up(&self) -> Result<SignedIn> {
        let new = NewBusiness {
            name: "Ana Ruiz".into(),
            email: EMAIL.into(),
            phone: None,
            business: "Acme".into(),
            password: PASSWORD.into(),
            locale: "es-MX".into(),
            timezone: "America/Hermosillo".into(),
            terms: "2026-11".into(),
        };
        Ok(self.accounts.sign_up(new, &home()).await?)
    }

    async fn login(&self, password: &str, device: Device) -> Result<Login, AccountError> {
        let attempt = Attempt { email: EMAIL.into(), password: SecretString::from(password), business: None, device };
        self.accounts.login(attempt).await
    }

    async fn enter(&self, password: &str, device: Device) -> Result<SignedIn> {
        match self.login(password, device).await? {
            Login::In(signed_in) => Ok(*signed_in),
            Login::NeedsCode(_) => bail!("a code is needed"),
        }
    }

    /// Returns every text of one column.
    async fn column(&self, table: &str, column: &str) -> Result<Vec<String>> {
        let tx = self.database.connection().begin().await?;
        if self.database.backend() == DbBackend::Postgres {
            tx.execute_unprepared("SET LOCAL ROLE recado_engine").await?;
        }
        let sql = format!("SELECT {column} AS found FROM {table} ORDER BY 1");
        let rows = tx.query_all_raw(Statement::from_string(self.database.backend(), sql)).await?;
        tx.rollback().await?;
        rows.iter().map(|row| Ok(row.try_get::<String>("", "found")?)).collect()
    }

    /// Returns the token of the last link that was mailed.
    async fn link(&self) -> Result<String> {
        let link = self.said("#token=").await?;
        let rest = link.split("#token=").nth(1).context("a token")?;
        Ok(rest.chars().take_while(|char| char.is_ascii_alphanumeric() || *char == '_').collect())
    }

    /// Waits for a mail that says something, and returns it as its sender would read it.
    async fn said(&self, what: &str) -> Result<String> {
        for _ in 0..500 {
            let letters = self.letters().await?;
            if let Some(found) = letters.into_iter().find(|(_, text)| text.contains(what)) {
                return Ok(found.1);
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        bail!("no link was mailed")
    }

    /// Returns every waiting mail, its recipient and text, the newest first; they are due again at once.
    async fn letters(&self) -> Result<Vec<(String, String)>> {
        let (now, seal) = (self.clock.now(), self.accounts.mail_seal());
        let mut letters = Vec::new();
        for mail in self.store.take_mails(now, now, 100).await?.into_iter().rev() {
            let said = match mail.kept {
                Kept::Sealed { sealed } => seal.open(mail.tenant, mail.id, &sealed)?,
                Kept::Clear(said) => said,
            };
            let Content::Letter(letter) = said.content else { continue };
            letters.push((mail.to.as_str().to_owned(), letter.text));
        }
        Ok(letters)
    }
}

fn home() -> Device {
    Device::new("192.0.2.1", "Firefox")
}

fn elsewhere() -> Device {
    Device::new("198.51.100.7", "curl")
}
