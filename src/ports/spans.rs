//! The spans of the product: where time is spent, for operators with a trace collector.
//!
//! A span holds ids, fixed words and numbers only. Never a text of customers, an address, a token, a path with ids in clear, or a query.

/// The target of every span that may leave the process. At the level TRACE, so that nothing is made where nobody collects.
pub const TARGET: &str = "recado::span";
