//! Cryptography: signatures, envelope encryption, tokens, ids. Pure computing; the only impure functions are
//! [`random::random_bytes`] and [`ids::SystemIds`]; [`hashing::HashingPool`] keeps slow computing off the threads of requests.
//!
//! Never logs, never keeps a secret outside `secrecy` types, never panics on short or hostile data. No I/O, no network, no database.

pub mod digest;
pub mod envelope;
pub mod file_links;
pub mod hashing;
pub mod ids;
pub mod jwt;
pub mod keyring;
pub mod links;
pub mod mac;
pub mod password;
pub mod platform;
pub mod random;
pub mod standard_webhooks;
pub mod tokens;
pub mod totp;
