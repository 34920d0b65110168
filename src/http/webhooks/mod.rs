//! Deliveries of providers and adapters. The signature over the raw bytes comes first, then parsing, then the store, then the answer.
//!
//! An acknowledgement means that every part is durable, or was before, or is kept as unrouted. A part that fails never takes its
//! neighbours along.

pub mod deliver;
pub mod generic;
pub mod whatsapp;

#[cfg(test)]
mod tests;
