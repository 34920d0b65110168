//! `recado migrate up|down|status`.

use crate::cli::open::prepare_folder;
use crate::config::Config;
use crate::store::connect::connect_for_migration;
use crate::store::lock::ServeLock;
use anyhow::Context;
use clap::Subcommand;
use secrecy::ExposeSecret;
use std::io::Write;

/// Changes to the schema.
#[derive(Debug, Subcommand)]
pub enum Migrate {
    /// Apply every pending migration: all or nothing.
    Up,
    /// Take every migration back. All data is lost. Refused while a server runs.
    Down,
    /// List the migrations and whether they are applied.
    Status,
}

pub(super) async fn run(config: &Config, what: Migrate, out: &mut dyn Write) -> anyhow::Result<()> {
    prepare_folder(config)?;
    let url = config.database_url.expose_secret();
    match what {
        Migrate::Up => {
            let db = connect_for_migration(url).await?;
            migration::up(&db).await.context("could not migrate the database")?;
        }
        Migrate::Down => {
            let _lock = ServeLock::acquire(&config.data_dir, url).await?;
            let db = connect_for_migration(url).await?;
            migration::down(&db).await.context("could not take the migrations back")?;
        }
        Migrate::Status => {}
    }
    print_status(url, out).await
}

async fn print_status(url: &str, out: &mut dyn Write) -> anyhow::Result<()> {
    let db = connect_for_migration(url).await?;
    for (name, applied) in migration::status(&db).await.context("could not read the state of the schema")? {
        writeln!(out, "{} {name}", if applied { "applied" } else { "pending" })?;
    }
    Ok(())
}
