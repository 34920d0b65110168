//! Adapters to the outside world's messengers: one folder per channel, each with a pure inbound side and a sender.
//!
//! A channel never calls the engine or the store, and channels never know each other.

pub mod whatsapp;

#[cfg(test)]
pub mod contract;
