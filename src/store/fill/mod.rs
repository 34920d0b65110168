//! A made-up installation of any size, for benchmarks and for tests of query plans: tenants with inboxes, contacts, threads, conversations
//! and messages as a year or two of business would have left them. The same plan always makes the same rows.
//!
//! Written in sets and in the order of time, through the writer. Never into a database that holds a tenant.

mod made;
mod words;
mod write;

use crate::domain::ids::{InboxId, TenantId};
use crate::domain::time::Timestamp;
use crate::ports::store::StoreError;
use crate::store::Store;
use crate::store::scope::Role;
use made::Site;
use sea_orm::{EntityTrait, PaginatorTrait};
use std::time::Duration;
use thiserror::Error;
use uuid::Uuid;

/// Inboxes of the large tenant; a small one has two.
pub const INBOXES: u32 = 12;

/// People of the large tenant to whom conversations are assigned; a small one has two.
pub const ASSIGNEES: u32 = 40;

/// Small tenants beside the large one: together they have a tenth of the conversations.
pub const SMALL: u32 = 9;

/// Messages of each conversation.
pub const MESSAGES: u32 = 3;

/// How far back the first conversation lies.
pub const SPAN: Duration = Duration::from_secs(730 * 86_400);

/// Conversations that go in with one transaction.
const CHUNK: u32 = 400;

/// What is to be made.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// Conversations of all tenants together.
    pub conversations: u32,
    /// Chooses names, words and states.
    pub seed: u64,
    /// When the last conversation was begun.
    pub until: Timestamp,
}

/// A tenant that was made.
#[derive(Clone, Debug)]
pub struct FilledTenant {
    /// The tenant.
    pub id: TenantId,
    /// Its inboxes.
    pub inboxes: Vec<InboxId>,
    /// Whom its conversations are assigned to: ids only, nobody of them signs in.
    pub assignees: Vec<Uuid>,
    /// Its conversations.
    pub conversations: u32,
}

/// What was made.
#[derive(Clone, Debug)]
pub struct Filled {
    /// The tenant with nine tenths of everything.
    pub large: FilledTenant,
    /// The others.
    pub small: Vec<FilledTenant>,
}

/// Why nothing, or not everything, was made.
#[derive(Debug, Error)]
pub enum FillError {
    /// Somebody's data is in there.
    #[error("this database holds a tenant already: fill an empty one")]
    NotEmpty,
    /// The database refused or went away.
    #[error("the database could not be filled")]
    Store(#[source] StoreError),
}

impl From<StoreError> for FillError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

/// Returns what a plan makes, without making it: for a database that was filled before.
#[must_use]
pub fn planned(plan: &Plan) -> Option<Filled> {
    let mut tenants = Site::new(*plan).tenants();
    let small = tenants.split_off(1);
    tenants.pop().map(|large| Filled { large, small })
}

/// Fills an empty database; `progress` hears how many conversations are in it.
///
/// # Errors
/// [`FillError`]; what was written before it stays.
pub async fn fill(store: &Store, plan: &Plan, progress: &(dyn Fn(u32) + Sync)) -> Result<Filled, FillError> {
    let tenants = store.solo(Role::Engine, |tx| Box::pin(async move { entities::tenant::Entity::find().count(tx).await })).await?;
    if tenants > 0 {
        return Err(FillError::NotEmpty);
    }
    let site = Site::new(*plan);
    write::tenants(store, &site).await?;
    let mut done = 0;
    while done < plan.conversations {
        let until = plan.conversations.min(done + CHUNK);
        write::conversations(store, &site, done..until).await?;
        store.index_words().await?;
        done = until;
        progress(done);
    }
    if store.backend() == sea_orm::DbBackend::Postgres {
        write::analyze(store).await?;
    }
    planned(plan).ok_or(FillError::NotEmpty)
}

#[cfg(test)]
mod tests;
