//! The pure core: plain data and rules. No I/O, no clock, no randomness, no async; nothing here points outward.

pub mod content;
pub mod delivery;
pub mod facts;
pub mod ids;
pub mod language;
pub mod time;
pub mod tool;
