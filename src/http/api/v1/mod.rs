//! Version 1: bearer key, problem+json, pages by key. One endpoint, one file.

pub mod command;
pub mod commands_get;
pub mod conversations;
pub mod events;
pub mod views;
