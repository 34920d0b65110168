//! The store as the engine uses it, through its port, on both databases.

mod desk;
mod figures;
mod ingest;
pub mod rig;
mod sending;
mod statuses;
mod steps;
mod sweeps;
mod triage;
