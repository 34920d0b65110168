//! The business that is killed over and over: an installation, its adapter, its facts.

use crate::support::database::{TestDatabase, connect};
use crate::support::driver::{Driver, Wire};
use crate::support::fake_adapter::{FakeAdapter, Manner};
use crate::support::process::Installation;
use crate::support::states::{States, as_engine};
use anyhow::{Context, Result};
use sea_orm::{ConnectionTrait, DatabaseConnection};
use serde_json::{Value, json};
use std::sync::Arc;

/// What the assistant answers: a reply without it is no answer of the assistant.
pub const HOURS: &str = "De lunes a viernes de 9 a 18 horas";

/// Which database it runs on.
#[derive(Debug)]
pub enum Home {
    /// In its own folder.
    Sqlite,
    /// On the tests' server.
    Postgres(TestDatabase),
}

/// The business.
#[derive(Debug)]
pub struct Business {
    /// The binary and its settings.
    pub installation: Installation,
    /// Its channel.
    pub adapter: Arc<FakeAdapter>,
    /// Its customers' provider.
    pub driver: Arc<Driver>,
    home: Home,
}

impl Business {
    /// Makes the tenant and its inbox by the commands, and teaches the assistant the opening hours.
    pub async fn open(home: Home, manner: Manner) -> Result<Self> {
        Self::open_with(home, manner, &[]).await
    }

    /// As [`Business::open`], with further variables.
    pub async fn open_with(home: Home, manner: Manner, variables: &[(&str, String)]) -> Result<Self> {
        let mut installation = Installation::new()?;
        for (name, value) in variables {
            installation = installation.with(name, value.clone());
        }
        for name in ["GATHERING_MS", "SWEEP_MS", "UNCERTAIN_WAIT_MS", "RETRY_SCHEDULE_MS"] {
            let value = if name == "RETRY_SCHEDULE_MS" { ["200"; 30].join(",") } else { "200".to_owned() };
            installation = installation.with(&format!("RECADO_ENGINE_{name}"), value);
        }
        installation = installation.with("RECADO_ENGINE_SEND_DEADLINE_MS", "2000");
        if let Home::Postgres(database) = &home {
            installation = installation.with("RECADO_DATABASE_URL", database.url());
        }
        let idempotent = manner.idempotent;
        let adapter = Arc::new(FakeAdapter::with(manner).await?);
        installation.json(&["tenant", "create", "--slug", "acme", "--name", "Acme"])?;
        let config = adapter.config().to_string();
        let arguments = ["inbox", "create", "--tenant", "acme", "--channel", "generic", "--name", "Chat", "--config", &config];
        let inbox = installation.json(&arguments)?;
        let inbox = inbox.get("id").and_then(Value::as_str).context("the inbox has no id")?.to_owned();
        let wire = Wire::Generic { inbox, secret: adapter.secret().clone() };
        let driver = Arc::new(Driver::new(&installation.base(), wire)?);
        let business = Self { installation, adapter, driver, home };
        business.teach(idempotent).await?;
        Ok(business)
    }

    /// Takes away the uniques that would still stop a second writer where the version does not. PostgreSQL only.
    pub async fn drop_second_fence(&self) -> Result<()> {
        let db = self.database().await?;
        for (table, number) in [("message", "seq"), ("outbox", "ord"), ("turn", "turn_no")] {
            let unique = format!("{table}_tenant_id_conversation_id_{number}_key");
            db.execute_unprepared(&format!("ALTER TABLE {table} DROP CONSTRAINT {unique}")).await?;
        }
        Ok(db.close().await?)
    }

    /// Opens the live database.
    pub async fn database(&self) -> Result<DatabaseConnection> {
        match &self.home {
            Home::Sqlite => connect(&format!("sqlite://{}?mode=rw", self.installation.database_file().display())).await,
            Home::Postgres(database) => connect(database.url()).await,
        }
    }

    /// Counts the rows that a dead server has left.
    pub async fn remains(&self) -> Result<States> {
        match &self.home {
            Home::Sqlite => {
                let copy = connect(&format!("sqlite://{}?mode=rw", self.installation.copy_database()?.display())).await?;
                let states = States::read(&copy).await?;
                copy.close().await?;
                Ok(states)
            }
            Home::Postgres(database) => States::read(database.connection()).await,
        }
    }

    /// Writes the facts, and what the adapter can do, as its capability document would say it.
    async fn teach(&self, idempotent: bool) -> Result<()> {
        let db = self.database().await?;
        let facts = json!({"hours": {"es": HOURS}}).to_string();
        let settings = json!({"url": self.adapter.url(), "capabilities": {"idempotent": idempotent}}).to_string();
        let tx = as_engine(&db).await?;
        tx.execute_unprepared(&format!("UPDATE tenant SET facts = '{facts}'")).await?;
        tx.execute_unprepared(&format!("UPDATE inbox SET settings = '{settings}'")).await?;
        tx.commit().await?;
        Ok(db.close().await?)
    }
}
