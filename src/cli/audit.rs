//! `recado audit list|verify`.

use crate::cli::{open, print_json, secret};
use crate::config::Config;
use crate::domain::audit::Event;
use crate::store::audit::AuditFilter;
use anyhow::bail;
use clap::Subcommand;
use serde_json::json;
use std::io::Write;

/// Most events that are listed.
const MOST: u64 = 1_000;

/// The audit log.
#[derive(Debug, Subcommand)]
pub enum Audit {
    /// List a tenant's newest events.
    List {
        /// The tenant's slug.
        #[arg(long, value_name = "SLUG")]
        tenant: String,
        /// How many.
        #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u64).range(1..=MOST))]
        limit: u64,
        /// Print one object a line as JSON.
        #[arg(long)]
        json: bool,
    },
    /// Follow a tenant's chain from its beginning; exits with 1 if an event was changed, removed or put elsewhere.
    Verify {
        /// The tenant's slug.
        #[arg(long, value_name = "SLUG")]
        tenant: String,
        /// Print the object as JSON.
        #[arg(long)]
        json: bool,
    },
}

pub(super) async fn run(config: &Config, what: Audit, out: &mut dyn Write) -> anyhow::Result<()> {
    let admin = open::admin(config, secret::from_settings_or_folder(config).or_else(secret::without)?).await?;
    match what {
        Audit::List { tenant, limit, json } => {
            let tenant = admin.require_tenant(&tenant).await?;
            for event in admin.store().tenant(tenant.id).audit_events(AuditFilter::default(), limit).await? {
                list(out, &event, json)?;
            }
            Ok(())
        }
        Audit::Verify { tenant, json } => {
            let tenant = admin.require_tenant(&tenant).await?;
            match admin.store().tenant(tenant.id).verify_audit().await? {
                Ok(held) if json => print_json(out, &serde_json::to_value(&held)?),
                Ok(held) => Ok(writeln!(out, "{} events hold, the last is {} {}", held.events, held.last, held.hash)?),
                Err(broken) => bail!("the audit log of {} is broken at event {}: {}", tenant.slug, broken.number, broken.fault.as_str()),
            }
        }
    }
}

fn list(out: &mut dyn Write, event: &Event, json: bool) -> anyhow::Result<()> {
    let Event { number, at, actor_kind, actor_id, action, target_kind, target_id, details, .. } = event;
    if json {
        let details: serde_json::Value = serde_json::from_str(details)?;
        let actor = json!({"kind": actor_kind, "id": actor_id});
        let target = json!({"kind": target_kind, "id": target_id});
        return print_json(
            out,
            &json!({"number": number, "at": at, "actor": actor, "action": action, "target": target, "details": details}),
        );
    }
    let actor = actor_id.as_ref().map_or_else(|| actor_kind.clone(), |id| format!("{actor_kind} {id}"));
    Ok(writeln!(out, "{number} {at} {actor} {action} {target_kind} {target_id}")?)
}
