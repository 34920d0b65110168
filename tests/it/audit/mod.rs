//! The audit log, suspensions, limits and consents on both databases.

mod chain;
mod deeds;
mod holding;
mod people;
mod rig;
mod sorting;
