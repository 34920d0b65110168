//! `recado tenant create|list|suspend|resume|limits`.

use crate::cli::{open, print_json, secret};
use crate::config::Config;
use crate::domain::limits::{Counted, FILE_BYTES, Limits};
use crate::domain::suspension::Feature;
use crate::domain::time::Timestamp;
use crate::store::admin::Admin;
use crate::store::admin::limits::LimitsChange;
use crate::store::admin::suspensions::NewSuspension;
use crate::store::admin::tenants::NewTenant;
use anyhow::{Context, ensure};
use clap::Subcommand;
use serde_json::{Map, json};
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
    /// Stop a tenant, or a feature of it. Nothing is lost: what customers write is kept, and what waits goes on after `resume`.
    Suspend {
        /// The tenant's slug.
        slug: String,
        /// Why, in words that the tenant's people read.
        #[arg(long)]
        reason: String,
        /// assistant, outgoing, booking, api, or all.
        #[arg(long, default_value = "all", value_parser = parse_feature)]
        feature: Feature,
        /// From when, such as 2026-12-01T00:00:00Z; now if absent.
        #[arg(long, value_parser = parse_instant)]
        from: Option<Timestamp>,
        /// Until when; until `resume` if absent.
        #[arg(long, value_parser = parse_instant)]
        until: Option<Timestamp>,
        /// Print the object as JSON.
        #[arg(long)]
        json: bool,
    },
    /// Let a suspended tenant, or one of its features, go on.
    Resume {
        /// The tenant's slug.
        slug: String,
        /// Only this feature; without it everything that was suspended.
        #[arg(long, value_parser = parse_feature)]
        feature: Option<Feature>,
        /// Print the object as JSON.
        #[arg(long)]
        json: bool,
    },
    /// Show what a tenant's plan allows, or change it.
    Limits {
        /// The tenant's slug.
        slug: String,
        /// Most members and open invitations; `none`: no bound.
        #[arg(long, value_name = "N", value_parser = parse_bound)]
        members: Option<Bound>,
        /// Most inboxes; `none`: no bound.
        #[arg(long, value_name = "N", value_parser = parse_bound)]
        inboxes: Option<Bound>,
        /// Most accepted API keys; `none`: no bound.
        #[arg(long, value_name = "N", value_parser = parse_bound)]
        api_keys: Option<Bound>,
        /// Most bytes of files that people attach, such as 5GiB; `none`: no bound. 10GiB if nothing was said.
        #[arg(long, value_name = "BYTES", value_parser = parse_bytes)]
        file_bytes: Option<ByteBound>,
        /// Print the object as JSON.
        #[arg(long)]
        json: bool,
    },
}

/// A bound of a plan; `None`: none.
#[derive(Clone, Copy, Debug)]
pub struct Bound(Option<u32>);

fn parse_bound(text: &str) -> Result<Bound, String> {
    match text {
        "none" => Ok(Bound(None)),
        number => number.parse().ok().map(|most| Bound(Some(most))).ok_or_else(|| "must be a number or none".to_owned()),
    }
}

/// A bound of a plan in bytes; `None`: none.
#[derive(Clone, Copy, Debug)]
pub struct ByteBound(Option<u64>);

fn parse_bytes(text: &str) -> Result<ByteBound, String> {
    if text == "none" {
        return Ok(ByteBound(None));
    }
    let units = [("KiB", 1_u64 << 10), ("MiB", 1 << 20), ("GiB", 1 << 30), ("TiB", 1 << 40)];
    let (number, unit) = units.into_iter().find_map(|(name, unit)| Some((text.strip_suffix(name)?.trim_end(), unit))).unwrap_or((text, 1));
    let bytes = number.parse::<u64>().ok().and_then(|number| number.checked_mul(unit)).filter(|bytes| i64::try_from(*bytes).is_ok());
    bytes.map(|bytes| ByteBound(Some(bytes))).ok_or_else(|| "must be bytes, such as 500MiB or 5GiB, or none".to_owned())
}

fn parse_feature(text: &str) -> Result<Feature, String> {
    Feature::parse(text).ok_or_else(|| format!("must be one of {}", Feature::ALL.map(Feature::as_str).join(", ")))
}

fn parse_instant(text: &str) -> Result<Timestamp, String> {
    Timestamp::parse(text).ok_or_else(|| "must be an instant such as 2026-12-01T00:00:00Z".to_owned())
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
        Tenant::Suspend { slug, reason, feature, from, until, json } => {
            suspend(&admin, &slug, NewSuspension { feature, reason, from, until }, json, out).await
        }
        Tenant::Resume { slug, feature, json } => {
            let tenant = admin.require_tenant(&slug).await?;
            let ended = admin.resume(tenant.id, feature).await?;
            ensure!(ended > 0, "nothing of the tenant {slug} is suspended");
            if json { print_json(out, &json!({"ended": ended})) } else { Ok(writeln!(out, "{slug}: {ended} suspension(s) ended")?) }
        }
        Tenant::Limits { slug, members, inboxes, api_keys, file_bytes, json } => {
            let named = [(Counted::Members, members), (Counted::Inboxes, inboxes), (Counted::ApiKeys, api_keys)];
            limits(&admin, &slug, (named, file_bytes), json, out).await
        }
    }
}

async fn suspend(admin: &Admin, slug: &str, new: NewSuspension, json: bool, out: &mut dyn Write) -> anyhow::Result<()> {
    let tenant = admin.require_tenant(slug).await?;
    let made = admin.suspend(tenant.id, new).await?;
    if json {
        let feature = made.feature.as_str();
        return print_json(out, &json!({"id": made.id, "feature": feature, "reason": made.reason, "from": made.from, "until": made.until}));
    }
    let until = made.until.map_or_else(|| "until `recado tenant resume`".to_owned(), |until| format!("until {until}"));
    Ok(writeln!(out, "{slug}: {} is suspended from {} {until}", made.feature.as_str(), made.from)?)
}

/// What the command names.
type Named = ([(Counted, Option<Bound>); 3], Option<ByteBound>);

async fn limits(admin: &Admin, slug: &str, (named, bytes): Named, json: bool, out: &mut dyn Write) -> anyhow::Result<()> {
    let tenant = admin.require_tenant(slug).await?;
    let given = named.into_iter().filter_map(|(what, bound)| Some((what, bound?)));
    let change = given.fold(LimitsChange::default(), |change, (what, bound)| change.set(what, bound.0));
    let change = bytes.map_or(change, |bytes| change.set_file_bytes(bytes.0));
    if change != LimitsChange::default() {
        admin.change_limits(tenant.id, change).await?;
    }
    let (limits, used): (Limits, Vec<(Counted, u64)>) = admin.limits(tenant.id).await.context("could not read the limits")?;
    let files = admin.file_bytes(tenant.id).await.context("could not read how much files take")?;
    if json {
        let rows = used.into_iter().map(|(what, used)| (what.as_str().to_owned(), json!({"most": limits.of(what), "used": used})));
        let files = (FILE_BYTES.to_owned(), json!({"most": limits.file_bytes, "used": files}));
        return print_json(out, &serde_json::Value::Object(rows.chain([files]).collect::<Map<_, _>>()));
    }
    for (what, used) in used {
        let most = limits.of(what).map_or_else(|| "no bound".to_owned(), |most| format!("at most {most}"));
        writeln!(out, "{}: {used} used, {most}", what.as_str())?;
    }
    let most = limits.file_bytes.map_or_else(|| "no bound".to_owned(), |most| format!("at most {most}"));
    writeln!(out, "{FILE_BYTES}: {files} used, {most}")?;
    Ok(())
}
