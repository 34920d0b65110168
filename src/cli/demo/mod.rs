//! `recado demo`: a server with a made-up business, without any settings.

mod book;
mod clinic;
mod seed;

use crate::app::DemoData;
use crate::cli::{secret, serve};
use crate::config::Config;
use crate::crypto::keyring::KeyRing;
use crate::store::lock::ServeLock;
use anyhow::bail;
use ipnet::IpNet;
use std::io::Write;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Where the demo's own adapter answers, below its address.
pub const ADAPTER_PATH: &str = "demo/adapter";

/// How many times as much the demo takes.
const DEMO_MULTIPLIER: u32 = 10;

pub(super) async fn run(mut config: Config, out: &mut dyn Write) -> anyhow::Result<()> {
    let (lock, keys, data) = prepare_all(&mut config).await?;
    writeln!(out, "The demo listens on http://{}: open http://{}/demo", config.listen, config.listen)?;
    writeln!(out, "Its API key is in {}", config.data_dir.join("demo.key").display())?;
    out.flush()?;
    Ok(Box::pin(crate::app::demo(config, keys, lock, data)).await?)
}

/// Everything before the server starts: lock, schema, key, business.
pub(super) async fn prepare_all(config: &mut Config) -> anyhow::Result<(ServeLock, KeyRing, DemoData)> {
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
    let data = prepare(config).await?;
    Ok((lock, keys, data))
}

/// Checks the keys and seeds the business.
async fn prepare(config: &Config) -> anyhow::Result<DemoData> {
    let admin = serve::check(config, secret::from_settings_or_folder(config)?).await?;
    let adapter = format!("http://{}/{ADAPTER_PATH}", config.listen);
    seed::seed(&admin, &config.data_dir, &adapter).await
}
