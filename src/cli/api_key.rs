//! `recado api-key create`.

use crate::cli::{open, print_json, secret};
use crate::config::Config;
use clap::Subcommand;
use secrecy::ExposeSecret;
use serde_json::json;
use std::io::Write;

/// Keys for the HTTP API.
#[derive(Debug, Subcommand)]
pub enum ApiKey {
    /// Make a key; it is shown once.
    Create {
        /// The tenant's slug.
        #[arg(long, value_name = "SLUG")]
        tenant: String,
        /// What the tenant calls it.
        #[arg(long)]
        name: String,
        /// Print the object as JSON.
        #[arg(long)]
        json: bool,
    },
}

pub(super) async fn run(config: &Config, what: ApiKey, out: &mut dyn Write) -> anyhow::Result<()> {
    let ApiKey::Create { tenant, name, json } = what;
    let admin = open::admin(config, secret::from_settings_or_folder(config).or_else(secret::without)?).await?;
    let tenant = admin.require_tenant(&tenant).await?;
    let made = admin.mint_api_key(tenant.id, &name).await?;
    if json {
        return print_json(out, &json!({ "id": made.id, "name": name, "tenant_id": tenant.id, "key": made.key.expose_secret() }));
    }
    Ok(writeln!(out, "key {} (shown once)", made.key.expose_secret())?)
}
