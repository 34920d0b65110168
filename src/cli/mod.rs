//! The commands, one file each: the only room that prints. Results go to the writer that is handed in, complaints to standard error.
//!
//! A command reads the settings, opens what it needs and calls one thing. Names and flags are a promise to scripts.

mod api_key;
mod backup;
mod bench;
mod chat;
mod demo;
mod doctor;
mod inbox;
mod keys;
mod migrate;
mod model;
mod open;
mod openapi;
mod secret;
mod serve;
mod tenant;
#[cfg(test)]
mod tests;
mod user;

use crate::config::{Config, LogFormat};
use crate::telemetry::{self, traces::Traces};
use clap::{Parser, Subcommand};
use std::io::Write;
use std::path::PathBuf;

/// The receptionist of a business, on every channel it has.
#[derive(Debug, Parser)]
#[command(name = "recado", version, about)]
pub struct Cli {
    /// The settings file, named before the command; recado.toml in the working folder if it is there.
    #[arg(id = "settings", long = "config", value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What `recado` can do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run the server.
    Serve,
    /// Run a server with a made-up business to try everything; needs no settings.
    Demo,
    /// Talk to a tenant's assistant in the terminal.
    Chat(chat::Args),
    /// Change the schema of the database.
    #[command(subcommand)]
    Migrate(migrate::Migrate),
    /// Make and list tenants.
    #[command(subcommand)]
    Tenant(tenant::Tenant),
    /// Make and list a tenant's inboxes.
    #[command(subcommand)]
    Inbox(inbox::Inbox),
    /// Set up, list and check a tenant's models.
    #[command(subcommand)]
    Model(model::Model),
    /// Make, list and revoke keys for the HTTP API.
    #[command(subcommand)]
    ApiKey(api_key::ApiKey),
    /// Make and list the people who sign in.
    #[command(subcommand)]
    User(user::User),
    /// Look after the keys that encrypt secrets.
    #[command(subcommand)]
    Keys(keys::Keys),
    /// Check settings, folder, keys, database, clock, inboxes and queue; says what to do and exits with 1 if something does not work.
    Doctor(doctor::Args),
    /// Copy a SQLite installation into a folder, also while the server runs.
    Backup(backup::Backup),
    /// Bring such a copy back. Refused while a server runs.
    Restore(backup::Restore),
    /// Print the OpenAPI document of the HTTP API.
    Openapi,
    /// Load a server of its own with made-up customers and say what came of it.
    Bench(bench::Args),
    /// What the benchmark runs beside itself.
    #[command(flatten)]
    BenchHelper(bench::Helper),
}

/// Runs a command; `out` gets what it prints.
///
/// # Errors
/// What went wrong, with its chain of causes ([`chain`]).
pub async fn run(cli: Cli, out: &mut dyn Write) -> anyhow::Result<()> {
    if matches!(cli.command, Command::Openapi) {
        return openapi::run(out);
    }
    // These take no settings: nothing of this installation may reach what they start.
    if let Command::Bench(args) = cli.command {
        return Box::pin(bench::run(args, out)).await;
    }
    if let Command::BenchHelper(helper) = cli.command {
        return bench::help(helper).await;
    }
    let config = match (Config::load(cli.config.as_deref()), &cli.command) {
        (Err(error), Command::Doctor(args)) => return doctor::without_settings(&error, *args, out),
        (config, _) => config?,
    };
    let lines = match config.log.format {
        LogFormat::Text => telemetry::Lines::Text,
        LogFormat::Json => telemetry::Lines::Json,
    };
    // Only what runs for long has a trace worth reading.
    let collector = config.otlp_endpoint.as_ref().filter(|_| matches!(cli.command, Command::Serve | Command::Demo));
    let traces = collector.map(Traces::start).transpose()?;
    telemetry::start(&config.log.filter, lines, traces.as_ref())?;
    let outcome = run_with(cli.command, config, out).await;
    if let Some(traces) = traces {
        traces.end();
    }
    outcome
}

/// Runs a command with settings that are read already.
///
/// # Errors
/// As [`run`].
pub async fn run_with(command: Command, config: Config, out: &mut dyn Write) -> anyhow::Result<()> {
    match command {
        Command::Serve => Box::pin(serve::run(config)).await,
        Command::Demo => Box::pin(demo::run(config, out)).await,
        Command::Chat(args) => chat::run(config, args).await,
        Command::Migrate(what) => migrate::run(&config, what, out).await,
        Command::Tenant(what) => tenant::run(&config, what, out).await,
        Command::Inbox(what) => inbox::run(&config, what, out).await,
        Command::Model(what) => model::run(&config, what, out).await,
        Command::ApiKey(what) => api_key::run(&config, what, out).await,
        Command::User(what) => user::run(&config, what, out).await,
        Command::Keys(what) => keys::run(&config, what, out).await,
        Command::Doctor(args) => doctor::run(&config, args, out).await,
        Command::Backup(args) => backup::back_up(&config, args, out).await,
        Command::Restore(args) => backup::restore(&config, args, out).await,
        Command::Openapi => openapi::run(out),
        Command::Bench(args) => Box::pin(bench::run(args, out)).await,
        Command::BenchHelper(helper) => bench::help(helper).await,
    }
}

/// Writes an error with all its causes in one line; a cause that the text above it already tells is left out.
#[must_use]
pub fn chain(error: &anyhow::Error) -> String {
    let mut line = error.to_string();
    for cause in error.chain().skip(1).map(ToString::to_string) {
        if !line.ends_with(&cause) {
            line = format!("{line}: {cause}");
        }
    }
    line
}

/// Prints an object as one line of JSON.
fn print_json(out: &mut dyn Write, value: &serde_json::Value) -> anyhow::Result<()> {
    Ok(writeln!(out, "{value}")?)
}
