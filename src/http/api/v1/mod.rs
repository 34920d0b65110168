//! Version 1: bearer key, problem+json, pages by key. One endpoint, one file.

pub mod command;
pub mod commands_get;
pub mod conversations;
pub mod events;
pub mod model_providers;
pub mod model_settings;
pub mod views;
