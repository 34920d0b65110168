//! `recado keys rotate`.

use crate::cli::{open, print_json, secret};
use crate::config::Config;
use clap::Subcommand;
use std::io::Write;

/// Keys that encrypt secrets.
#[derive(Debug, Subcommand)]
pub enum Keys {
    /// Wrap every data key under the current RECADO_SECRET_KEY. Before: restart the servers with the new key there and the old one in
    /// RECADO_SECRET_KEY_PREVIOUS. Afterwards the old one may go. Runs beside servers and may be repeated.
    Rotate {
        /// Print the object as JSON.
        #[arg(long)]
        json: bool,
    },
}

pub(super) async fn run(config: &Config, what: Keys, out: &mut dyn Write) -> anyhow::Result<()> {
    let Keys::Rotate { json } = what;
    let admin = open::admin(config, secret::from_settings_or_folder(config)?).await?;
    let rotated = admin.rotate_keys().await?;
    if json {
        return print_json(out, &serde_json::to_value(rotated)?);
    }
    Ok(writeln!(out, "{} data keys wrapped anew, {} were current", rotated.rewrapped, rotated.current)?)
}
