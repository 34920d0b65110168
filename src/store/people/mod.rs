//! People's queries: what the API reads and the few rows that it may change, one tenant at a time through [`TenantScope`].
//!
//! Never decides what a message means and never touches a snapshot: commands go through the engine's queue. The two functions that
//! find a tenant (a key by its hash) or belong to none (deliveries without an owner) act as the engine.
//!
//! [`TenantScope`]: crate::store::TenantScope

pub mod api_keys;
pub mod business;
pub mod commands;
pub mod contacts;
pub mod conversations;
pub mod invitations;
pub mod members;
pub mod messages;
pub mod notifications;
pub mod retry;
pub mod timeline;
pub mod turns;
pub mod unrouted;
mod visible;

#[cfg(test)]
pub(crate) mod fixtures;
#[cfg(test)]
mod tests;
