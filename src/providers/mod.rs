//! Vendors behind the ports: models, speech, calendars. One folder a kind; never know each other.

pub mod llm;
