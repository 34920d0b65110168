//! Channels: per channel a folder with `inbound` (verify and parse: pure), `outbound` (send) and `wire` (their JSON).
//!
//! A channel never calls the engine or the database and never knows another channel.

pub mod generic;
pub mod whatsapp;

#[cfg(test)]
pub mod contract;
