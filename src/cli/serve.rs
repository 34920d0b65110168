//! `recado serve`.

use crate::cli::open::{self, Policy};
use crate::cli::secret;
use crate::config::Config;
use crate::crypto::keyring::KeyRing;
use crate::store::admin::Admin;
use crate::store::admin::role::check_role;
use crate::store::lock::{ServeLock, open_to_others};
use secrecy::ExposeSecret;

pub(super) async fn run(config: Config) -> anyhow::Result<()> {
    let keys = secret::from_settings(&config)?;
    let lock = lock_and_migrate(&config).await?;
    check(&config, secret::from_settings(&config)?).await?;
    Ok(Box::pin(crate::app::serve(config, keys, lock)).await?)
}

/// Makes sure that this is the only server, and then that its schema is current.
pub(super) async fn lock_and_migrate(config: &Config) -> anyhow::Result<ServeLock> {
    for name in &config.unknown_variables {
        tracing::warn!(name, "an environment variable begins with RECADO_ and means nothing to this release");
    }
    let lock = ServeLock::acquire(&config.data_dir, config.database_url.expose_secret()).await?;
    if open_to_others(&config.data_dir) {
        let folder = config.data_dir.display();
        tracing::warn!(%folder, "others may enter the data folder, which holds the database and keys: chmod 700 keeps them out");
    }
    open::bring_up(config, Policy::Any).await?;
    Ok(lock)
}

/// Refuses a login that no policy binds, and keys that do not open what is stored.
pub(super) async fn check(config: &Config, keys: KeyRing) -> anyhow::Result<Admin> {
    let admin = open::admin(config, keys).await?;
    check_role(admin.store()).await?;
    admin.check_data_keys().await?;
    Ok(admin)
}
