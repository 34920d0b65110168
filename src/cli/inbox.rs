//! `recado inbox create|update|resume|list`.

use crate::cli::{open, print_json, secret};
use crate::config::Config;
use crate::domain::ids::InboxId;
use crate::domain::inbox::ChannelKind;
use crate::store::admin::Admin;
use crate::store::admin::inboxes::{CreatedInbox, NewInbox};
use anyhow::{anyhow, bail};
use clap::Subcommand;
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use std::io::Write;

/// Inboxes.
#[derive(Debug, Subcommand)]
pub enum Inbox {
    /// Make an inbox of a tenant.
    Create {
        /// The tenant's slug.
        #[arg(long, value_name = "SLUG")]
        tenant: String,
        /// whatsapp or generic.
        #[arg(long)]
        channel: String,
        /// What the tenant calls it.
        #[arg(long)]
        name: String,
        /// The channel's configuration; `-` reads it from standard input, which keeps secrets out of the list of processes.
        #[arg(long, value_name = "JSON")]
        config: String,
        /// Print the object as JSON.
        #[arg(long)]
        json: bool,
    },
    /// Replace settings and secrets of an inbox; those that are not named stay.
    Update {
        /// The tenant's slug.
        #[arg(long, value_name = "SLUG")]
        tenant: String,
        /// The inbox's id.
        #[arg(long, value_name = "ID")]
        inbox: InboxId,
        /// What to replace; `null` takes a setting away, `-` reads it from standard input, which keeps secrets out of the list of processes.
        #[arg(long, value_name = "JSON")]
        config: String,
        /// Print the object as JSON.
        #[arg(long)]
        json: bool,
    },
    /// Let an inbox that was paused send again.
    Resume {
        /// The tenant's slug.
        #[arg(long, value_name = "SLUG")]
        tenant: String,
        /// The inbox's id.
        #[arg(long, value_name = "ID")]
        inbox: InboxId,
        /// Print the object as JSON.
        #[arg(long)]
        json: bool,
    },
    /// List a tenant's inboxes.
    List {
        /// The tenant's slug.
        #[arg(long, value_name = "SLUG")]
        tenant: String,
        /// Print one object a line as JSON.
        #[arg(long)]
        json: bool,
    },
}

pub(super) async fn run(config: &Config, what: Inbox, out: &mut dyn Write) -> anyhow::Result<()> {
    match what {
        Inbox::Create { tenant, channel, name, config: text, json } => {
            let channel = parse_channel(&channel)?;
            let new = NewInbox { channel, name, config: parse_config(&text)? };
            let admin = open::admin(config, secret::from_settings_or_folder(config)?).await?;
            let made = create(&admin, &tenant, new).await?;
            print_kept(out, "made", &made, json)
        }
        Inbox::Update { tenant, inbox, config: text, json } => {
            let change = parse_config(&text)?;
            let admin = open::admin(config, secret::from_settings_or_folder(config)?).await?;
            let tenant = admin.require_tenant(&tenant).await?;
            print_kept(out, "changed", &admin.update_inbox(tenant.id, inbox, change).await?, json)
        }
        Inbox::Resume { tenant, inbox, json } => {
            let admin = open::admin(config, secret::from_settings_or_folder(config).or_else(secret::without)?).await?;
            let tenant = admin.require_tenant(&tenant).await?;
            let view = admin.resume_inbox(tenant.id, inbox).await?;
            print_kept(out, "resumed", &CreatedInbox { view, made_secret: None }, json)
        }
        Inbox::List { tenant, json } => {
            let admin = open::admin(config, secret::from_settings_or_folder(config).or_else(secret::without)?).await?;
            let tenant = admin.require_tenant(&tenant).await?;
            for inbox in admin.list_inboxes(tenant.id).await? {
                if json {
                    print_json(out, &serde_json::to_value(&inbox)?)?;
                } else {
                    let why = inbox.state_reason.map(|reason| format!(": {reason}")).unwrap_or_default();
                    writeln!(out, "{} {} {} ({}{why})", inbox.id, inbox.channel, inbox.name, inbox.state)?;
                }
            }
            Ok(())
        }
    }
}

async fn create(admin: &Admin, slug: &str, new: NewInbox) -> anyhow::Result<CreatedInbox> {
    let tenant = admin.require_tenant(slug).await?;
    Ok(admin.create_inbox(tenant.id, new).await?)
}

fn print_kept(out: &mut dyn Write, verb: &str, made: &CreatedInbox, json: bool) -> anyhow::Result<()> {
    if !json {
        writeln!(out, "{verb} inbox {} {}", made.view.name, made.view.id)?;
        if let Some(secret) = &made.made_secret {
            writeln!(out, "secret {} (shown once, for the adapter's signatures)", secret.expose_secret())?;
        }
        return Ok(());
    }
    let mut object = serde_json::to_value(&made.view)?;
    if let (Some(secret), Value::Object(fields)) = (&made.made_secret, &mut object) {
        fields.insert("secret".to_owned(), json!(secret.expose_secret()));
    }
    print_json(out, &object)
}

fn parse_channel(text: &str) -> anyhow::Result<ChannelKind> {
    let known = ChannelKind::ALL.map(ChannelKind::as_str).join(", ");
    ChannelKind::parse(text).ok_or_else(|| anyhow!("there is no channel {text}: use one of {known}"))
}

/// Reads the configuration; the parser's words are not shown, they may quote a secret.
fn parse_config(text: &str) -> anyhow::Result<Value> {
    let read = if text == "-" { std::io::read_to_string(std::io::stdin())? } else { text.to_owned() };
    match serde_json::from_str(&read) {
        Ok(config) => Ok(config),
        Err(error) => bail!("--config is not JSON (line {}, column {})", error.line(), error.column()),
    }
}
