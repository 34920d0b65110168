//! `recado demo`: a server with a made-up business, without any settings.

mod book;
mod clinic;
mod line;
mod seed;

use crate::app::{DemoData, account_settings};
use crate::cli::{secret, serve, user};
use crate::config::Config;
use crate::crypto::keyring::KeyRing;
use crate::domain::audit::{Actor, Caller};
use crate::domain::ids::TenantId;
use crate::domain::permission::Role;
use crate::store::accounts::{Accounts, NewUser};
use crate::store::admin::Admin;
use crate::store::lock::ServeLock;
use anyhow::bail;
use ipnet::IpNet;
use secrecy::{ExposeSecret, SecretString};
use std::io::Write;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Where the demo's own adapter answers, below its address.
pub const ADAPTER_PATH: &str = "demo/adapter";

/// How many times as much the demo takes.
const DEMO_MULTIPLIER: u32 = 10;
/// Who owns the demo's business.
pub const OWNER: &str = "owner@demo.test";

pub(super) async fn run(mut config: Config, out: &mut dyn Write) -> anyhow::Result<()> {
    let (lock, keys, data, owner) = prepare_all(&mut config).await?;
    writeln!(out, "The demo listens on http://{}: open http://{}/demo", config.listen, config.listen)?;
    writeln!(out, "Its API key is in {}", config.data_dir.join("demo.key").display())?;
    match owner {
        Some(password) => writeln!(out, "Sign in as {OWNER} with the password {} (shown once)", password.expose_secret())?,
        None => writeln!(out, "Sign in as {OWNER}; the password was shown when the demo was first run")?,
    }
    out.flush()?;
    Ok(Box::pin(crate::app::demo(config, keys, lock, data)).await?)
}

/// Everything before the server starts: lock, schema, key, business.
pub(super) async fn prepare_all(config: &mut Config) -> anyhow::Result<(ServeLock, KeyRing, DemoData, Option<SecretString>)> {
    if config.listen.port() == 0 {
        bail!("the demo calls itself, so RECADO_LISTEN must name a port");
    }
    if !config.listen.ip().is_loopback() {
        bail!("the demo's page carries an API key: RECADO_LISTEN must be a loopback address such as 127.0.0.1:8080");
    }
    // Whoever tries things out tries them often.
    config.limits.multiplier = config.limits.multiplier.saturating_mul(DEMO_MULTIPLIER);
    let lock = serve::lock_and_migrate(config).await?;
    let keys = secret::from_anywhere_or_new(config)?;
    // The demo's adapter is on loopback, where tenants' addresses may not reach otherwise.
    config.outbound_allow.extend([IpNet::from(IpAddr::from(Ipv4Addr::LOCALHOST)), IpNet::from(IpAddr::from(Ipv6Addr::LOCALHOST))]);
    config.accounts.sign_up_open = true;
    let (data, owner) = prepare(config).await?;
    Ok((lock, keys, data, owner))
}

/// Checks the keys and seeds the business.
async fn prepare(config: &Config) -> anyhow::Result<(DemoData, Option<SecretString>)> {
    let admin = serve::check(config, secret::from_settings_or_folder(config)?).await?;
    let adapter = format!("http://{}/{ADAPTER_PATH}", config.listen);
    let data = seed::seed(&admin, &config.data_dir, &adapter).await?;
    let owner = owner(&admin, config, data.tenant).await?;
    Ok((data, owner))
}

/// Sees that the business has an owner; returns the password of one that was just made.
async fn owner(admin: &Admin, config: &Config, tenant: TenantId) -> anyhow::Result<Option<SecretString>> {
    let accounts = Accounts::open(admin, account_settings(config)).await?.acting(Caller::here(Actor::Operator));
    if !accounts.users(tenant).await?.is_empty() {
        return Ok(None);
    }
    let password = user::made_up()?;
    let new = NewUser {
        tenant,
        email: OWNER.to_owned(),
        name: "Ana Ruiz".to_owned(),
        locale: "es-MX".to_owned(),
        role: Role::Owner,
        password: password.clone(),
        existing: true,
    };
    accounts.create_user(new).await?;
    Ok(Some(password))
}
