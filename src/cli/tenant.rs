//! `recado tenant create|list`.

use crate::cli::{open, print_json, secret};
use crate::config::Config;
use crate::store::admin::tenants::NewTenant;
use clap::Subcommand;
use std::io::Write;

/// Tenants.
#[derive(Debug, Subcommand)]
pub enum Tenant {
    /// Make a tenant.
    Create {
        /// Short name for commands and addresses: a-z, 0-9 and dashes.
        #[arg(long)]
        slug: String,
        /// The business's name as customers read it.
        #[arg(long)]
        name: String,
        /// Default language.
        #[arg(long, default_value = "es-MX")]
        locale: String,
        /// IANA zone name.
        #[arg(long, default_value = "America/Hermosillo")]
        timezone: String,
        /// Print the object as JSON.
        #[arg(long)]
        json: bool,
    },
    /// List the tenants.
    List {
        /// Print one object a line as JSON.
        #[arg(long)]
        json: bool,
    },
}

pub(super) async fn run(config: &Config, what: Tenant, out: &mut dyn Write) -> anyhow::Result<()> {
    // Tenants have no secrets of their own yet, so that a missing key must not keep anybody from making one.
    let admin = open::admin(config, secret::from_settings_or_folder(config).or_else(secret::without)?).await?;
    match what {
        Tenant::Create { slug, name, locale, timezone, json } => {
            let made = admin.create_tenant(NewTenant { slug, name, locale, timezone }).await?;
            if json { print_json(out, &serde_json::to_value(&made)?) } else { Ok(writeln!(out, "made tenant {} {}", made.slug, made.id)?) }
        }
        Tenant::List { json } => {
            for tenant in admin.list_tenants().await? {
                if json {
                    print_json(out, &serde_json::to_value(&tenant)?)?;
                } else {
                    writeln!(out, "{} {} {} ({})", tenant.id, tenant.slug, tenant.name, tenant.state)?;
                }
            }
            Ok(())
        }
    }
}
