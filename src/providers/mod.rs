//! Vendors behind the ports: models, mail, speech, calendars. One folder a kind; never know each other.

pub mod llm;
pub mod mail;
