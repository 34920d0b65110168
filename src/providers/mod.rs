//! Vendors behind the ports: models, speech, calendars. One folder a kind; never know each other.

/// Partners that answer.
pub mod llm;
