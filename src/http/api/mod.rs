//! The people's API, by version.

pub mod v1;
