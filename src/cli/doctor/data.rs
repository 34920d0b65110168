//! What the database says: its schema, its login, its clock, its queue.

use crate::cli::doctor::report::Report;
use crate::cli::{chain, open, secret};
use crate::config::Config;
use crate::crypto::keyring::KeyRing;
use crate::domain::time::Timestamp;
use crate::net::clock::SystemClock;
use crate::ports::clock::Clock;
use crate::store::admin::Admin;
use crate::store::admin::role::{check_role, missing_extensions, missing_roles};
use crate::store::connect::{connect_for_migration, database_file};
use secrecy::ExposeSecret;
use std::time::Duration;

/// A build of this release cannot run before this instant (2026-01-01).
const EARLIEST: Timestamp = Timestamp::from_secs(1_767_225_600);
/// Clocks may differ by this much.
const SKEW: Duration = Duration::from_secs(5);
/// Signed deliveries are refused when clocks differ by more.
const TOO_MUCH: Duration = Duration::from_mins(2);
/// A server gives a sign of life every few seconds.
const ALIVE: Duration = Duration::from_secs(20);
/// A row that is owed an outcome for longer than this is stuck.
const OLD: Duration = Duration::from_mins(2);
/// So large a log means that a reader holds it, or that checkpoints fail.
const LARGE_LOG: u64 = 256 * 1024 * 1024;

/// Reaches the database without changing it, and opens the door to administration.
pub(super) async fn open(config: &Config, ring: Option<KeyRing>, report: &mut Report) -> Option<Admin> {
    let url = config.database_url.expose_secret();
    if let Some(file) = database_file(url).filter(|file| !file.is_file()) {
        report.warn("database", format!("there is none at {} yet", file.display()), "the first command or `serve` makes it");
        return None;
    }
    match schema(url).await {
        Ok((0, all)) => report.ok("database", format!("reachable, schema current ({all} migrations)")),
        Ok((pending, _)) if url.starts_with("sqlite:") => {
            report.warn("database", format!("the schema is {pending} migration(s) behind"), "`serve` migrates at its start");
            return None;
        }
        Ok((pending, _)) => {
            report.fail("database", format!("the schema is {pending} migration(s) behind"), "run `recado migrate up`");
            extensions(url, report).await;
            return None;
        }
        Err(error) => {
            let advice = "start it, correct RECADO_DATABASE_URL, or use the release that made the schema";
            report.fail("database", chain(&error), advice);
            return None;
        }
    }
    let opened = match ring.map_or_else(|| secret::without(secret::SecretError::Missing), Ok) {
        Ok(ring) => open::admin(config, ring).await,
        Err(error) => Err(error.into()),
    };
    opened.inspect_err(|error| report.fail("database", chain(error), "see the cause")).ok()
}

/// The migrations that are pending may make their extensions.
async fn extensions(url: &str, report: &mut Report) {
    let missing = async {
        let db = connect_for_migration(url).await?;
        let missing = missing_extensions(&db).await;
        db.close().await?;
        anyhow::Ok(missing?)
    };
    match missing.await {
        Ok(missing) if missing.is_empty() => report.ok("extensions", "there, or to be made by the migration"),
        Ok(missing) => {
            let make = missing.iter().map(|name| format!("CREATE EXTENSION {name}")).collect::<Vec<_>>().join("; ");
            let advice = format!("install the server's contrib package, then let an administrator run in this database: {make}");
            report.fail("extensions", format!("the login cannot make {}", missing.join(", ")), advice);
        }
        Err(error) => report.fail("extensions", chain(&error), "see the cause"),
    }
}

/// Returns how many migrations are pending, and how many there are.
async fn schema(url: &str) -> anyhow::Result<(usize, usize)> {
    let db = connect_for_migration(url).await?;
    let status = migration::status(&db).await;
    db.close().await?;
    let status = status?;
    Ok((status.iter().filter(|(_, applied)| !applied).count(), status.len()))
}

/// The login of PostgreSQL is bound by the policies and may act in both roles.
pub(super) async fn login(admin: &Admin, report: &mut Report) {
    if admin.store().wal_bytes().is_some() {
        return report.ok("login", "SQLite has none");
    }
    let missing = match check_role(admin.store()).await {
        Ok(()) => missing_roles(admin.store()).await,
        Err(error) => return report.fail("login", error.to_string(), "make a login of its own for Recado"),
    };
    match missing {
        Ok(missing) if missing.is_empty() => report.ok("login", "bound by row-level security, member of its roles"),
        Ok(missing) => {
            let grants = missing.iter().map(|role| format!("GRANT {role} TO <login>")).collect::<Vec<_>>().join("; ");
            report.fail("login", format!("is no member of {}", missing.join(", ")), grants);
        }
        Err(error) => report.fail("login", error.to_string(), "see the cause"),
    }
}

/// The key opens what is stored.
pub(super) async fn keys(admin: &Admin, report: &mut Report) {
    match admin.check_data_keys().await {
        Ok(count) => report.ok("data keys", format!("{count} open with the loaded key")),
        Err(error) => report.fail("data keys", error.to_string(), "give the key that closed them: without it these secrets are lost"),
    }
}

/// The clock is neither absurd nor far from the database's, and has not gone back.
pub(super) async fn clock(admin: &Admin, report: &mut Report) {
    let now = SystemClock::new().now();
    if now < EARLIEST {
        return report.fail("clock", format!("it shows {now}"), "set the clock: signatures and windows depend on it");
    }
    let (theirs, last) = match admin.store().clocks().await {
        Ok(clocks) => clocks,
        Err(error) => return report.fail("clock", error.to_string(), "see the cause"),
    };
    let apart = theirs.map_or(Duration::ZERO, |theirs| now.since(theirs).max(theirs.since(now)));
    let ahead = last.map_or(Duration::ZERO, |last| last.since(now));
    let advice = "run a time service on every machine";
    if apart > TOO_MUCH {
        report.fail("clock", format!("{} s away from the database's", apart.as_secs()), advice);
    } else if apart > SKEW {
        report.warn("clock", format!("{} s away from the database's", apart.as_secs()), advice);
    } else if ahead > SKEW {
        report.warn("clock", format!("the last server's clock was {} s ahead of this one", ahead.as_secs()), advice);
    } else {
        report.ok("clock", format!("{now}"));
    }
    match last.map(|last| now.since(last)) {
        Some(age) if age < ALIVE => report.ok("server", "a server is running on this database"),
        Some(age) => report.ok("server", format!("none is running; the last sign of life is {} s old", age.as_secs())),
        None => report.ok("server", "none has run yet"),
    }
}

/// Nothing is stuck.
pub(super) async fn queue(admin: &Admin, report: &mut Report) {
    let figures = match admin.store().queue_figures().await {
        Ok(figures) => figures,
        Err(error) => return report.fail("queue", error.to_string(), "see the cause"),
    };
    let says = format!("{} open, the oldest {} s old", figures.inbound_open, figures.inbound_age.as_secs());
    if figures.inbound_age > OLD {
        report.warn("queue", says, "is `serve` running? its log and recado_inbound_oldest_seconds tell more");
    } else {
        report.ok("queue", says);
    }
    let waiting = figures.outbox.pending + figures.outbox.retry + figures.outbox.sending;
    let says = format!("{waiting} to send, the oldest due for {} s", figures.outbox_age.as_secs());
    if figures.outbox_age > OLD {
        report.warn("outbox", says, "is `serve` running, is an inbox paused, does the channel answer?");
    } else {
        report.ok("outbox", says);
    }
    let (dead, quarantined) = (figures.inbound_dead, figures.quarantined);
    if dead + quarantined > 0 {
        let says = format!("{dead} message(s) given up, {quarantined} kept aside");
        report.warn("rows", says, "their conversations were handed to people; the log names them");
    } else {
        report.ok("rows", "none given up or kept aside");
    }
    let sends = figures.outbox.failed + figures.outbox.dead + figures.outbox.uncertain;
    if sends > 0 {
        let says = format!("{sends} send(s) failed, given up or of unknown outcome");
        report.warn("sends", says, "people were told in each conversation; a person may send again from there");
    }
    if let Some(log) = admin.store().wal_bytes().filter(|log| *log > LARGE_LOG) {
        report.warn("database", format!("the write-ahead log has {} MiB", log / (1024 * 1024)), "is a copy or a long read under way?");
    }
}
