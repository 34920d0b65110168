//! People's queries: what the API reads and the few rows that it may change, one tenant at a time through [`TenantScope`].
//!
//! Never decides what a message means and never touches a snapshot: commands go through the engine's queue. The two functions that
//! find a tenant (a key by its hash) or belong to none (deliveries without an owner) act as the engine.
//!
//! [`TenantScope`]: crate::store::TenantScope

pub mod api_keys;
pub mod bulk;
pub mod business;
pub mod canned;
pub mod commands;
pub mod contacts;
pub mod conversations;
pub mod conversations_gone;
pub mod cycles;
pub mod desk;
pub mod files;
mod inbox_hours;
mod inbox_survey;
pub mod invitations;
pub mod labels;
pub mod listing;
pub mod members;
pub mod messages;
pub mod messages_gone;
pub mod notifications;
pub mod reading;
pub mod retry;
pub mod search;
pub mod surveys;
pub mod teams;
pub mod timeline;
pub mod turns;
pub mod unrouted;
pub mod views;
mod visible;
pub mod webhooks;

use crate::domain::audit::{Caller, Deed};
use crate::domain::ids::TenantId;
use crate::domain::time::Timestamp;
use crate::store::audit;
use crate::store::scope::{Role, assume};
use sea_orm::{DatabaseTransaction, DbErr};

/// Writes what people did into the audit log, as the last thing that their transaction does: people have no right to write there, so from
/// here on it acts as the engine.
async fn logged(tx: &DatabaseTransaction, tenant: TenantId, (by, at): (&Caller, Timestamp), deed: Deed) -> Result<(), DbErr> {
    assume(tx, Role::Engine).await?;
    audit::record(tx, tenant, by, at, &deed).await
}

#[cfg(test)]
pub(crate) mod fixtures;
#[cfg(test)]
mod tests;
