//! The WhatsApp Cloud API: `inbound` verifies and parses webhooks (pure), `wire` holds their JSON.
//!
//! Never rewrites the number a reply goes to, and never decides on the provider's texts, only on its codes.

pub mod inbound;
pub mod numbers;
mod surrogates;
mod wire;
