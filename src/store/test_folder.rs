//! A folder of one test, which goes with it, and a store on SQLite in it.

use crate::crypto::ids::SystemIds;
use crate::net::clock::SystemClock;
use crate::store::Store;
use crate::store::connect::{StoreOptions, connect_for_migration};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

static NEXT: AtomicU32 = AtomicU32::new(0);

/// A folder; dropping it removes it.
pub(crate) struct TestFolder(PathBuf);

impl TestFolder {
    /// Makes one.
    pub(crate) fn new() -> Self {
        let name = format!("recado_unit_{}_{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let path = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    /// Returns where it is.
    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    /// Returns the address of its database.
    pub(crate) fn url(&self) -> String {
        format!("sqlite://{}?mode=rwc", self.0.join("recado.db").display())
    }

    /// Migrates and opens its database.
    pub(crate) async fn store(&self) -> Store {
        let url = self.url();
        migration::up(&connect_for_migration(&url).await.unwrap()).await.unwrap();
        Store::open(&StoreOptions::new(url), Arc::new(SystemClock::new()), Arc::new(SystemIds::new())).await.unwrap()
    }
}

impl Drop for TestFolder {
    fn drop(&mut self) {
        drop(std::fs::remove_dir_all(&self.0));
    }
}
