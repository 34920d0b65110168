//! The outbound HTTP client and what belongs to it: the guard against requests into private networks, retry times, the system clock.
//!
//! Nothing else in the product builds an HTTP client. Never follows redirects, never uses a proxy from the environment, never unpacks
//! bodies, never retries by itself.

pub mod client;
pub mod clock;
pub mod guard;
pub mod retry_after;
#[cfg(test)]
pub(crate) mod test_server;
