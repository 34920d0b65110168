//! What the integration tests share. Nothing here asserts; tests do.

pub mod app;
pub mod authenticator;
pub mod database;
pub mod dice;
pub mod driver;
pub mod fake_adapter;
pub mod fake_graph;
pub mod judge;
pub mod load;
pub mod peer;
pub mod process;
pub mod seed;
pub mod states;
pub mod tables;
pub mod tenant;
pub mod variables;
