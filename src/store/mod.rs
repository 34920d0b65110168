//! The store: every query of the product lives here, and nobody else speaks to a table.
//!
//! It never decides what happens to a conversation (that is `domain`) and never calls the outside world.

pub mod registry;
