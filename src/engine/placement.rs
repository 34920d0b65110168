//! Who owns which partition. One machine: everything. The database's epochs decide, whatever a placement believes.

use crate::domain::ids::{Epoch, PARTITIONS, Partition};
use crate::ports::store::{EngineStore, StoreError};
use async_trait::async_trait;

/// Decides which partitions this node should own.
#[async_trait]
pub trait Placement: Send + Sync {
    /// Takes the partitions this node should own; raises their epochs.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn claim(&self, store: &dyn EngineStore, node: &str) -> Result<Vec<(Partition, Epoch)>, StoreError>;

    /// True if a lock proves that no other process can have a call under way.
    fn predecessor_dead(&self) -> bool;
}

/// One process owns all: the lock on the data folder proves it.
#[derive(Clone, Copy, Debug, Default)]
pub struct Single;

#[async_trait]
impl Placement for Single {
    async fn claim(&self, store: &dyn EngineStore, node: &str) -> Result<Vec<(Partition, Epoch)>, StoreError> {
        let all: Vec<Partition> = (0..PARTITIONS).map(Partition).collect();
        store.claim_partitions(node, &all).await
    }

    fn predecessor_dead(&self) -> bool {
        true
    }
}

/// A fixed list per engine, without any lock: for tests with several engines over one database. The same list twice plays a zombie.
#[cfg(feature = "testing")]
#[derive(Clone, Debug)]
pub struct Fixed(pub Vec<Partition>);

#[cfg(feature = "testing")]
impl Fixed {
    /// Owns the partitions whose numbers fit.
    #[must_use]
    pub fn of(owns: impl Fn(u16) -> bool) -> Self {
        Self((0..PARTITIONS).filter(|part| owns(*part)).map(Partition).collect())
    }
}

#[cfg(feature = "testing")]
#[async_trait]
impl Placement for Fixed {
    async fn claim(&self, store: &dyn EngineStore, node: &str) -> Result<Vec<(Partition, Epoch)>, StoreError> {
        store.claim_partitions(node, &self.0).await
    }

    fn predecessor_dead(&self) -> bool {
        false
    }
}
