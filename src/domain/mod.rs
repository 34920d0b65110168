//! The pure core: plain data and rules. No I/O, no clock, no randomness, no async; nothing here points outward.

pub mod content;
pub mod conversation;
pub mod courtesy;
pub mod delivery;
pub mod disclosure;
pub mod facts;
pub mod facts_lookup;
pub mod fence;
pub mod guard;
pub mod idle;
pub mod ids;
pub mod inbox;
pub mod language;
pub mod language_of;
pub mod learnt;
pub mod model;
pub mod notes;
pub mod phrases;
pub mod prompt;
pub mod schema;
pub mod summary;
pub mod time;
pub mod tool;
pub mod topic;
pub mod words;
