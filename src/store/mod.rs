//! The database: every query of the product, on SQLite and PostgreSQL from the same code.
//!
//! Engine rows are written by the group-commit [`writer`] only. People's reads and writes go through a [`TenantScope`], which cannot be
//! made without a tenant; on PostgreSQL it also runs under row-level security. This room never decides what a message means.

pub mod accounts;
pub mod admin;
pub mod audit;
pub mod backup;
pub mod bookings;
mod bulk;
pub mod connect;
pub mod consents;
pub mod counts;
mod desk;
pub mod directory;
mod engine;
pub mod figures;
mod files;
pub mod fill;
mod labels;
mod load;
pub mod lock;
pub mod mail;
pub mod notices;
pub mod people;
mod readers;
mod reads;
mod rebuild;
pub mod registry;
mod removal;
pub(crate) mod rows;
pub mod scope;
pub(crate) mod spelling;
pub mod surveys;
mod sweep;
#[cfg(test)]
pub(crate) mod test_folder;
pub mod time;
pub mod webhooks;
mod wiping;
pub mod writer;

pub use scope::TenantScope;

use crate::domain::ids::TenantId;
use crate::ports::clock::Clock;
use crate::ports::ids::IdSource;
use sea_orm::{DatabaseConnection, DbBackend};
use std::path::PathBuf;
use std::sync::Arc;

/// The open database. Cheap to clone.
#[derive(Clone)]
pub struct Store {
    inner: Arc<Inner>,
}

/// What the store is made of.
pub(crate) struct Inner {
    /// Readers: many connections, read-only on SQLite.
    pub(crate) readers: DatabaseConnection,
    /// The engine's questions on SQLite.
    pub(crate) engine_readers: Option<readers::Readers>,
    /// The one that writes.
    pub(crate) writer: writer::Writer,
    /// Time.
    pub(crate) clock: Arc<dyn Clock>,
    /// Ids.
    pub(crate) ids: Arc<dyn IdSource>,
    /// What the tenants offer; the writer has the same.
    pub(in crate::store) agendas: bookings::Agendas,
    /// Where SQLite keeps its log; `None` on PostgreSQL and for a database without a file.
    pub(crate) log: Option<PathBuf>,
}

impl Store {
    /// Returns the kind of database.
    #[must_use]
    pub fn backend(&self) -> DbBackend {
        self.inner.readers.get_database_backend()
    }

    /// Opens the door to one tenant's rows, as people see them.
    #[must_use]
    pub fn tenant(&self, tenant: TenantId) -> TenantScope {
        TenantScope::new(self.clone(), tenant)
    }

    /// Returns the readers' pool. Only for this room.
    pub(crate) fn readers(&self) -> &DatabaseConnection {
        &self.inner.readers
    }
}
