//! `recado model add|update|list|remove|check|limits`.

mod update;

use crate::app;
use crate::cli::{open, print_json, secret};
use crate::config::Config;
use crate::domain::ids::{InboxId, ModelProviderId, TenantId};
use crate::domain::model::Prices;
use crate::store::admin::Admin;
use crate::store::admin::model_settings::ModelSettings;
use crate::store::admin::models::{KeyChange, ProviderForm, ProviderView};
use anyhow::{anyhow, bail};
use clap::Subcommand;
use secrecy::SecretString;
use serde_json::{Value, json};
use std::io::Write;

/// The models of a tenant.
#[derive(Debug, Subcommand)]
pub enum Model {
    /// Add a provider to the end of a tenant's chain; from then on the tenant's own providers answer.
    Add(Box<Add>),
    /// Change what is named of a provider and leave the rest as it is.
    Update(Box<update::Update>),
    /// List a tenant's providers in the order in which they are asked.
    List {
        /// The tenant's slug.
        #[arg(long, value_name = "SLUG")]
        tenant: String,
        /// Print one object a line as JSON.
        #[arg(long)]
        json: bool,
    },
    /// Forget a provider with its key.
    Remove {
        /// The tenant's slug.
        #[arg(long, value_name = "SLUG")]
        tenant: String,
        /// The provider's name or id.
        #[arg(long, value_name = "NAME")]
        name: String,
        /// Print the object as JSON.
        #[arg(long)]
        json: bool,
    },
    /// Ask each provider, or one, for a word, and say what is wrong. Fails if one fails.
    Check {
        /// The tenant's slug.
        #[arg(long, value_name = "SLUG")]
        tenant: String,
        /// The provider's name or id; all if left out.
        #[arg(long, value_name = "NAME")]
        name: Option<String>,
        /// Print one object a line as JSON.
        #[arg(long)]
        json: bool,
    },
    /// Show a tenant's limits, or replace those that are named.
    Limits(Limits),
}

/// A provider to be added.
#[derive(Debug, clap::Args)]
pub struct Add {
    /// The tenant's slug.
    #[arg(long, value_name = "SLUG")]
    tenant: String,
    /// What the tenant calls it; shown in traces.
    #[arg(long)]
    name: String,
    /// openai, openrouter, anthropic, gemini, groq, ollama, vllm, llamacpp, litellm or compatible; told by the address if left out.
    #[arg(long)]
    kind: Option<String>,
    /// The address up to /chat/completions; that of the kind if left out.
    #[arg(long, value_name = "URL")]
    base_url: Option<String>,
    /// The model asked for.
    #[arg(long)]
    model: String,
    /// The key; `-` reads it from standard input, which keeps it out of the list of processes.
    #[arg(long, value_name = "KEY")]
    api_key: Option<Secret>,
    /// The inbox that it answers for alone.
    #[arg(long, value_name = "ID")]
    inbox: Option<InboxId>,
    /// Its place in the chain, lowest first.
    #[arg(long)]
    position: Option<i64>,
    /// What a million tokens in cost, in millionths of a currency.
    #[arg(long, value_name = "MICROS", requires = "price_output")]
    price_input: Option<u64>,
    /// What a million tokens out cost.
    #[arg(long, value_name = "MICROS", requires = "price_input")]
    price_output: Option<u64>,
    /// Most calls at once.
    #[arg(long)]
    parallel: Option<u32>,
    /// Print the object as JSON.
    #[arg(long)]
    json: bool,
}

/// The limits to be replaced.
#[derive(Debug, clap::Args)]
pub struct Limits {
    /// The tenant's slug.
    #[arg(long, value_name = "SLUG")]
    tenant: String,
    /// May the platform's key stand in where the tenant's own providers fail?
    #[arg(long, value_name = "true|false")]
    allow_platform_fallback: Option<bool>,
    /// Most tokens of a day; `none` takes the bound away.
    #[arg(long, value_name = "N|none", value_parser = bound)]
    tokens_per_day: Option<Bound>,
    /// Most cost of a day in millionths; `none` takes the bound away.
    #[arg(long, value_name = "N|none", value_parser = bound)]
    cost_micros_per_day: Option<Bound>,
    /// Print the object as JSON.
    #[arg(long)]
    json: bool,
}

/// A key on the command line. Debug shows none.
#[derive(Clone, Debug)]
struct Secret(SecretString);

impl From<String> for Secret {
    fn from(text: String) -> Self {
        Self(SecretString::from(text))
    }
}

/// A bound, or none.
#[derive(Clone, Copy, Debug)]
struct Bound(Option<u64>);

fn bound(text: &str) -> Result<Bound, String> {
    if text == "none" {
        return Ok(Bound(None));
    }
    match text.parse() {
        Ok(number) => Ok(Bound(Some(number))),
        Err(_) => Err("must be a whole number or none".to_owned()),
    }
}

pub(super) async fn run(config: &Config, what: Model, out: &mut dyn Write) -> anyhow::Result<()> {
    let ring = secret::from_settings_or_folder(config);
    match what {
        Model::Add(new) => add(&open::admin(config, ring?).await?, *new, out).await,
        Model::Update(changes) => {
            let ring = if changes.seals() { ring? } else { ring.or_else(secret::without)? };
            update::run(&open::admin(config, ring).await?, *changes, out).await
        }
        Model::List { tenant, json } => {
            let admin = open::admin(config, ring.or_else(secret::without)?).await?;
            let tenant = admin.require_tenant(&tenant).await?;
            admin.list_model_providers(tenant.id).await?.iter().try_for_each(|view| print(out, "", view, json))
        }
        Model::Remove { tenant, name, json } => {
            let admin = open::admin(config, ring.or_else(secret::without)?).await?;
            let tenant = admin.require_tenant(&tenant).await?;
            let view = find(&admin, tenant.id, &name).await?;
            admin.remove_model_provider(tenant.id, view.id).await?;
            print(out, "removed ", &view, json)
        }
        Model::Check { tenant, name, json } => {
            let admin = open::admin(config, ring?).await?;
            let tenant = admin.require_tenant(&tenant).await?.id;
            let views = match name {
                Some(name) => vec![find(&admin, tenant, &name).await?],
                None => admin.list_model_providers(tenant).await?,
            };
            check(config, &admin, tenant, views, json, out).await
        }
        Model::Limits(limits) => change(&open::admin(config, ring.or_else(secret::without)?).await?, limits, out).await,
    }
}

async fn add(admin: &Admin, new: Add, out: &mut dyn Write) -> anyhow::Result<()> {
    let tenant = admin.require_tenant(&new.tenant).await?;
    let api_key = match new.api_key {
        Some(Secret(key)) => KeyChange::Set(from_input(key)?),
        None => KeyChange::Keep,
    };
    let prices = new.price_input.zip(new.price_output).map(|(input, output)| Prices { input, output });
    let form = ProviderForm {
        name: new.name,
        kind: new.kind,
        base_url: new.base_url,
        model: new.model,
        api_key,
        inbox_id: new.inbox,
        position: new.position,
        prices,
        parallel: new.parallel,
        enabled: true,
    };
    print(out, "added ", &admin.add_model_provider(tenant.id, form).await?, new.json)
}

/// Reads a key from standard input where the command line says `-`.
fn from_input(key: SecretString) -> anyhow::Result<SecretString> {
    use secrecy::ExposeSecret;
    if key.expose_secret() != "-" {
        return Ok(key);
    }
    let read = std::io::read_to_string(std::io::stdin())?;
    Ok(SecretString::from(read.trim()))
}

/// Finds a provider by its id or its name.
async fn find(admin: &Admin, tenant: TenantId, name: &str) -> anyhow::Result<ProviderView> {
    let id = name.parse::<ModelProviderId>().ok();
    let all = admin.list_model_providers(tenant).await?;
    let found = all.into_iter().find(|view| Some(view.id) == id || view.name == name);
    found.ok_or_else(|| anyhow!("the tenant has no model provider {name}; `recado model list` shows them"))
}

async fn check(
    config: &Config,
    admin: &Admin,
    tenant: TenantId,
    views: Vec<ProviderView>,
    json: bool,
    out: &mut dyn Write,
) -> anyhow::Result<()> {
    let desk = app::model_desk(config, admin).await?;
    let mut failed = 0;
    for view in views {
        let provider = admin.open_model_provider(tenant, view.id).await?;
        let problem = desk.check(tenant, &provider.server).await.err().map(|error| error.to_string());
        failed += usize::from(problem.is_some());
        if json {
            let ok = problem.is_none();
            print_json(out, &json!({"id": view.id, "name": view.name, "ok": ok, "problem": problem}))?;
        } else {
            writeln!(out, "{} {}: {}", view.id, view.name, problem.as_deref().unwrap_or("it answers"))?;
        }
    }
    if failed > 0 {
        bail!("{failed} model provider(s) did not answer");
    }
    Ok(())
}

async fn change(admin: &Admin, limits: Limits, out: &mut dyn Write) -> anyhow::Result<()> {
    let tenant = admin.require_tenant(&limits.tenant).await?.id;
    let before = admin.model_settings(tenant).await?;
    let after = ModelSettings {
        allow_platform_fallback: limits.allow_platform_fallback.unwrap_or(before.allow_platform_fallback),
        tokens_per_day: limits.tokens_per_day.map_or(before.tokens_per_day, |Bound(bound)| bound),
        cost_micros_per_day: limits.cost_micros_per_day.map_or(before.cost_micros_per_day, |Bound(bound)| bound),
        ..before
    };
    if after != before {
        admin.set_model_settings(tenant, after).await?;
    }
    let shown: Value = serde_json::to_value(after)?;
    if limits.json {
        return print_json(out, &shown);
    }
    for (name, value) in shown.as_object().into_iter().flatten() {
        writeln!(out, "{name} {}", if value.is_null() { "none".to_owned() } else { value.to_string() })?;
    }
    Ok(())
}

fn print(out: &mut dyn Write, verb: &str, view: &ProviderView, json: bool) -> anyhow::Result<()> {
    if json {
        return print_json(out, &serde_json::to_value(view)?);
    }
    let inbox = view.inbox_id.map(|inbox| format!(" for inbox {inbox}")).unwrap_or_default();
    let key = if view.has_key { "with a key" } else { "without a key" };
    let off = if view.enabled { "" } else { ", off" };
    Ok(writeln!(out, "{verb}{} {} {} at {} {key}{inbox} ({}{off})", view.id, view.name, view.model, view.base_url, view.kind)?)
}
