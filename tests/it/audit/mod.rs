//! The audit log, suspensions, limits and consents on both databases.

mod chain;
mod customers;
mod deeds;
mod desk;
mod holding;
mod people;
mod rig;
mod sorting;
