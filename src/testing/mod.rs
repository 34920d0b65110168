//! Partners for tests: faults, a clock one can turn, scripted models, recording channels. Only with the feature `testing`.

pub mod calendar;
pub mod calendar_client;
pub mod calendar_server;
pub mod channel;
pub mod clock;
pub mod crowd;
pub mod directory;
pub mod faults;
pub mod files;
pub mod flaky;
pub mod gate;
pub mod gated_store;
pub mod llm;
pub mod mail;
pub mod model_server;

pub mod race;
pub mod rig;
pub mod webhooks;
