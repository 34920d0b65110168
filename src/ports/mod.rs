//! Ports: what the engine needs from the outside, as traits with their errors. No implementation lives here.

pub mod bookings;
pub mod bulk;
pub mod calendar;
pub mod channel;
pub mod clock;
pub mod directory;
pub mod engine;
pub mod faults;
pub mod files;
pub mod ids;
pub mod imports;
pub mod llm;
pub mod mail;
pub mod metrics;
pub mod models;
pub mod notices;
pub mod prompts;
pub mod spans;
pub mod store;
pub mod toolbox;
pub mod waitlist;
pub mod webhooks;
