//! Partners that answer: models, and the offline assistant that needs none.

/// The assistant that needs no model.
pub mod offline;
