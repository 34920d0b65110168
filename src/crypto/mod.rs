//! Cryptography: signatures, envelope encryption, tokens, ids. Pure computing; the only impure functions are
//! [`random::random_bytes`] and [`ids::SystemIds`].
//!
//! Never logs, never keeps a secret outside `secrecy` types, never panics on short or hostile data. No I/O, no network, no database.

pub mod envelope;
pub mod ids;
pub mod keyring;
pub mod links;
pub mod mac;
pub mod random;
pub mod standard_webhooks;
pub mod tokens;
