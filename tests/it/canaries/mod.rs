//! No secret in clear, wherever one looks: unique words are planted as every secret there is, the real binary goes through a tour, then every
//! column of every table, the logs, the metrics and a copy are searched for them.

mod dump;
mod needles;
mod people;
mod tour;
mod words;

use crate::canaries::dump::{Place, every_column, files_below};
use crate::canaries::needles::Needles;
use crate::canaries::tour::Tour;
use crate::support::database::TestDatabase;
use crate::support::states::as_engine;
use anyhow::{Context, Result, ensure};
use sea_orm::ConnectionTrait;

/// Says where a canary stands, without the canary.
fn found(needles: &Needles, places: &[Place]) -> Vec<String> {
    places.iter().flat_map(|place| needles.found_in(&place.bytes).into_iter().map(|name| format!("{name} in {}", place.name))).collect()
}

async fn no_secret_in_clear(database: Option<&TestDatabase>) -> Result<()> {
    let tour = Tour::go(database).await?;
    let needles = &tour.needles;
    ensure!(needles.len() >= 50, "the tour has planted too little");

    let db = tour.database().await?;
    let columns = every_column(&db).await?;
    ensure!(columns.len() > 500, "only {} values were dumped", columns.len());
    for table in [
        "tenant.",
        "inbox.secrets",
        "model_provider.secret",
        "api_key.hash",
        "message.content",
        "audit_event.details",
        "account.password_hash",
        "account.totp_secret",
        "account_token.hash",
        "refresh_token.hash",
        "recovery_code.hash",
        "invitation.hash",
        "consent_event.kind",
        "mail.recipient",
        "mail.payload",
        "webhook_endpoint.secret",
    ] {
        ensure!(
            columns.iter().any(|place| place.name.starts_with(table) && !place.bytes.is_empty()),
            "{table} was empty: the tour missed it"
        );
    }
    words::reached(&tour.words, &columns)?;
    let mut leaks = found(needles, &columns);

    let log = tour.home.log();
    for pattern in ["DEBUG", "/api/v1/model-providers", "/api/v1/auth/login", "/api/v1/me/totp", "/api/v1/auth/password/reset"] {
        ensure!(log.contains(pattern), "the log does not tell of {pattern}");
    }
    let told = [Place::new("the log", log), Place::new("/metrics", tour.metrics.clone())];
    leaks.extend(found(needles, &told));
    leaks.extend(found(&tour.words, &told));
    if database.is_none() {
        let copies = tour.copy()?;
        let files = files_below(&copies)?;
        ensure!(files.iter().any(|place| place.name.ends_with("recado.db") && place.bytes.len() > 100_000), "there is no copy");
        leaks.extend(found(needles, &files));
        leaks.extend(found(needles, &files_below(&tour.data())?));
    }
    assert_eq!(leaks, Vec::<String>::new());

    // The same search finds what is there: planted in one row, it must come out of it, and of what SQLite keeps to find the contact by.
    let tx = as_engine(&db).await?;
    tx.execute_unprepared(&format!("UPDATE contact SET name = 'x {} y'", tour.needles.first())).await?;
    tx.commit().await?;
    let planted = found(needles, &every_column(&db).await?);
    let (named, others): (Vec<String>, Vec<String>) = planted.into_iter().partition(|place| place.ends_with("contact.name"));
    assert!(!named.is_empty() && others.iter().all(|place| place.contains(" in contact_words")), "{named:?} {others:?}");
    db.close().await?;
    Ok(())
}

#[actix::test]
async fn no_secret_stands_in_clear_in_tables_logs_metrics_or_a_copy_on_sqlite() -> Result<()> {
    no_secret_in_clear(None).await
}

#[actix::test]
async fn no_secret_stands_in_clear_in_tables_logs_or_metrics_on_postgres() -> Result<()> {
    no_secret_in_clear(Some(&TestDatabase::postgres().await?)).await
}

impl Tour {
    async fn database(&self) -> Result<sea_orm::DatabaseConnection> {
        self.home.database(self.url.as_deref()).await
    }

    fn data(&self) -> std::path::PathBuf {
        self.home.database_file().with_file_name("")
    }

    /// Makes a copy with the command and returns its folder.
    fn copy(&self) -> Result<std::path::PathBuf> {
        let to = self.home.database_file().with_file_name("copy");
        let output = self.home.run(&["backup", "--to", to.to_str().context("a path")?])?;
        ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        Ok(to)
    }
}
