//! What the integration tests share. Nothing here asserts; tests do.

pub mod database;
pub mod seed;
pub mod tables;
