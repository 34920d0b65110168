//! Partners that answer: models, and the offline assistant that needs none.

pub mod offline;
pub mod route;
