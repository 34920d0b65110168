//! The generic channel: our own signed HTTP contract, by which anybody plugs a channel of their own.
//!
//! Both directions are signed with *Standard Webhooks* ([`standard_webhooks`](crate::crypto::standard_webhooks)). The adapter posts events
//! to us ([`inbound`]); we post messages to `{url}/messages` ([`outbound`]). Settings: `url`, perhaps `capabilities` (the adapter's
//! document); secret: `secret`.

pub mod capabilities;
pub mod inbound;
pub mod outbound;
mod wire;

pub use wire::EventError;
