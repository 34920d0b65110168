//! Partners that answer: models, and the offline assistant that needs none.

pub mod metered;
pub mod offline;
pub mod openai;
pub mod route;
