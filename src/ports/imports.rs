//! Tables of contacts that are taken in piece by piece. No implementation lives here.

use crate::domain::ids::{ContactImportId, TenantId};
use crate::domain::time::Timestamp;
use crate::ports::store::StoreError;
use async_trait::async_trait;

/// Imports that are not done.
#[async_trait]
pub trait Imports: Send + Sync {
    /// Lists them, the oldest first.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn open_imports(&self, limit: u32) -> Result<Vec<(TenantId, ContactImportId)>, StoreError>;

    /// Takes in up to so many rows of one, some at a time, each time in one transaction with what became of them: a row is never taken in
    /// twice, whoever works on it and whenever it stops. True: there is more.
    ///
    /// # Errors
    /// [`StoreError`]; the rows of the last piece were not taken in then.
    async fn work_import(&self, tenant: TenantId, id: ContactImportId, rows: usize, now: Timestamp) -> Result<bool, StoreError>;
}
