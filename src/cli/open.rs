//! Opening the database for a command, and bringing its schema to date.
//!
//! Commands may run beside a server: on SQLite a short write waits for the other's. They never migrate under a running server.

use crate::config::Config;
use crate::crypto::ids::SystemIds;
use crate::crypto::keyring::KeyRing;
use crate::domain::audit::{Actor, Caller};
use crate::net::clock::SystemClock;
use crate::net::guard::AllowList;
use crate::store::Store;
use crate::store::admin::Admin;
use crate::store::connect::{StoreOptions, connect_for_migration};
use crate::store::lock::make_private_folder;
use anyhow::{Context, bail};
use secrecy::ExposeSecret;
use std::sync::Arc;

/// Opens the door to administration. A SQLite database without any table is set up first.
pub(super) async fn admin(config: &Config, ring: KeyRing) -> anyhow::Result<Admin> {
    prepare_folder(config)?;
    bring_up(config, Policy::OnlyEmpty).await?;
    let options = StoreOptions::new(config.database_url.expose_secret());
    let store = Store::open(&options, Arc::new(SystemClock::new()), Arc::new(SystemIds::new())).await?;
    let admin = Admin::new(store, Arc::new(ring)).allowing(AllowList::new(config.outbound_allow.clone(), &[]));
    Ok(admin.acting(Caller::here(Actor::Operator)))
}

/// Makes the data folder, for its owner alone.
pub(super) fn prepare_folder(config: &Config) -> anyhow::Result<()> {
    make_private_folder(&config.data_dir).with_context(|| format!("could not make the data folder {}", config.data_dir.display()))
}

/// Which schemas of SQLite may be migrated without being asked.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Policy {
    /// Every one: this process holds the server's lock.
    Any,
    /// An empty one: nobody can be using it.
    OnlyEmpty,
}

/// Migrates SQLite as far as `policy` allows; refuses an old schema otherwise, and always on PostgreSQL.
pub(super) async fn bring_up(config: &Config, policy: Policy) -> anyhow::Result<()> {
    let url = config.database_url.expose_secret();
    let db = connect_for_migration(url).await?;
    let status = migration::status(&db).await.context("could not read the state of the schema")?;
    let pending = status.iter().filter(|(_, applied)| !applied).count();
    let empty = pending == status.len();
    let allowed = url.starts_with("sqlite:") && (policy == Policy::Any || empty);
    if pending > 0 && allowed {
        migration::up(&db).await.context("could not migrate the database")?;
    } else if pending > 0 {
        bail!("the database schema is {pending} migration(s) behind: run `recado migrate up`");
    }
    Ok(db.close().await?)
}
