//! One decision by the front desk of a business at a time, within this process: so that a burst of hand-overs is given out in turn instead of
//! being decided again and again. Only helps: what two nodes decide at once, the fence of the commit sorts out.

use crate::domain::ids::TenantId;
use std::sync::Arc;
use tokio::sync::{Mutex, OwnedMutexGuard};

/// Businesses share this many turns.
const TURNS: usize = 64;

/// The right to decide; ends when it is dropped.
pub(crate) type DeskTurn = OwnedMutexGuard<()>;

/// Who may decide.
pub(crate) struct Desks(Vec<Arc<Mutex<()>>>);

impl Default for Desks {
    fn default() -> Self {
        Self((0..TURNS).map(|_| Arc::default()).collect())
    }
}

impl Desks {
    /// Waits for the right to decide.
    pub async fn enter(&self, tenant: TenantId) -> DeskTurn {
        let place = usize::try_from(tenant.0.as_u128() % TURNS as u128).unwrap_or_default();
        let turn = self.0.get(place).cloned().unwrap_or_default();
        turn.lock_owned().await
    }
}
