//! Partners for tests: faults, a clock one can turn, scripted models, recording channels. Only with the feature `testing`.

pub mod channel;
pub mod clock;
pub mod faults;
pub mod llm;
