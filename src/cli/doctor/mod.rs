//! `recado doctor`: looks at everything an installation stands on and says what to do. Changes nothing, and runs beside a server.

mod counts;
mod data;
mod files;
mod inboxes;
mod local;
mod mail;
mod model;
mod online;
mod report;

use crate::cli::print_json;
use crate::config::{Config, ConfigError};
use report::{Report, Verdict};
use serde_json::json;
use std::io::Write;

/// What to look at.
#[derive(Clone, Copy, Debug, clap::Args)]
pub struct Args {
    /// Also ask the channels, and this server's own public address.
    #[arg(long)]
    pub online: bool,
    /// Print one object as JSON.
    #[arg(long)]
    pub json: bool,
}

/// Looks.
pub(super) async fn run(config: &Config, args: Args, out: &mut dyn Write) -> anyhow::Result<()> {
    let mut report = Report::default();
    local::settings(config, &mut report);
    local::folder(config, &mut report);
    files::check(config, args.online, &mut report).await;
    model::settings(config, &mut report);
    mail::settings(config, &mut report);
    let ring = local::secret_key(config, &mut report);
    if let Some(admin) = data::open(config, ring, &mut report).await {
        data::login(&admin, &mut report).await;
        data::keys(&admin, &mut report).await;
        data::clock(&admin, &mut report).await;
        data::queue(&admin, &mut report).await;
        counts::counts(&admin, &mut report).await;
        let entries = inboxes::check(config, &admin, &mut report).await;
        if args.online {
            online::check(config, &entries, &mut report).await;
            model::ask(config, &admin, &mut report).await;
            mail::ask(config, &mut report).await;
        }
    }
    finish(&report, args, out)
}

/// Looks no further than the settings, which cannot be read.
pub(super) fn without_settings(error: &ConfigError, args: Args, out: &mut dyn Write) -> anyhow::Result<()> {
    let mut report = Report::default();
    report.fail("settings", error.to_string(), "correct them; src/config/default.toml explains every key");
    finish(&report, args, out)
}

fn finish(report: &Report, args: Args, out: &mut dyn Write) -> anyhow::Result<()> {
    let failed = report.count(Verdict::Fail);
    if args.json {
        print_json(out, &json!({ "ok": failed == 0, "warnings": report.count(Verdict::Warn), "findings": report.0 }))?;
    } else {
        report.print(out)?;
    }
    out.flush()?;
    anyhow::ensure!(failed == 0, "{failed} of {} checks failed", report.0.len());
    Ok(())
}
