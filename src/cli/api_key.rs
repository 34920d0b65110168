//! `recado api-key create|list|revoke`.

use crate::cli::{open, print_json, secret};
use crate::config::Config;
use crate::crypto::ids::SystemIds;
use crate::domain::ids::ApiKeyId;
use crate::ports::ids::IdSource;
use crate::store::admin::api_keys::NewKey;
use anyhow::{Context, ensure};
use clap::Subcommand;
use secrecy::ExposeSecret;
use serde_json::json;
use std::io::Write;

/// Most keys that are listed.
const MOST_SHOWN: u64 = 10_000;

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
        /// What it may do, such as contacts:write; repeatable. Without it: everything.
        #[arg(long = "scope", value_name = "AREA:LEVEL")]
        scopes: Vec<String>,
        /// Print the object as JSON.
        #[arg(long)]
        json: bool,
    },
    /// List a tenant's keys, revoked ones too; of each only its last characters.
    List {
        /// The tenant's slug.
        #[arg(long, value_name = "SLUG")]
        tenant: String,
        /// Print one object a line as JSON.
        #[arg(long)]
        json: bool,
    },
    /// Refuse a key from now on; running servers notice within two seconds.
    Revoke {
        /// The tenant's slug.
        #[arg(long, value_name = "SLUG")]
        tenant: String,
        /// The key's id, as the list shows it.
        #[arg(long, value_name = "ID")]
        id: ApiKeyId,
        /// Print the object as JSON.
        #[arg(long)]
        json: bool,
    },
}

pub(super) async fn run(config: &Config, what: ApiKey, out: &mut dyn Write) -> anyhow::Result<()> {
    let admin = open::admin(config, secret::from_settings_or_folder(config).or_else(secret::without)?).await?;
    match what {
        ApiKey::Create { tenant, name, scopes, json } => {
            let tenant = admin.require_tenant(&tenant).await?;
            let scopes = if scopes.is_empty() { vec!["*".to_owned()] } else { scopes };
            let new = NewKey { id: ApiKeyId(SystemIds::new().uuid()), name: name.clone(), scopes };
            let made = admin.make_api_key(tenant.id, new).await?.context("another key has this id")?;
            if json {
                return print_json(out, &json!({ "id": made.id, "name": name, "tenant_id": tenant.id, "key": made.key.expose_secret() }));
            }
            Ok(writeln!(out, "key {} (shown once)", made.key.expose_secret())?)
        }
        ApiKey::List { tenant, json } => {
            let tenant = admin.require_tenant(&tenant).await?;
            for key in admin.list_api_keys(tenant.id, None, MOST_SHOWN).await? {
                if json {
                    print_json(out, &serde_json::to_value(&key)?)?;
                } else {
                    let state = key.revoked_at.map_or_else(|| "active".to_owned(), |at| format!("revoked {at}"));
                    writeln!(out, "{} {} …{} ({state})", key.id, key.name, key.last4)?;
                }
            }
            Ok(())
        }
        ApiKey::Revoke { tenant, id, json } => {
            let tenant = admin.require_tenant(&tenant).await?;
            ensure!(admin.revoke_api_key(tenant.id, id).await?, "the tenant has no key {id} that is still accepted");
            if json { print_json(out, &json!({ "id": id, "revoked": true })) } else { Ok(writeln!(out, "revoked key {id}")?) }
        }
    }
}
