//! Version 1: bearer key, problem+json, pages by key. One endpoint, one file.

pub mod api_keys;
pub mod appointments;
pub mod audit;
pub mod auth;
pub mod booking;
pub mod booking_rules;
pub mod business;
pub mod command;
pub mod commands_get;
pub mod consents;
pub mod contacts;
pub mod conversations;
pub mod events;
pub mod holidays;
pub mod inboxes;
pub mod invitations;
pub mod me;
pub mod members;
pub mod model_providers;
pub mod model_settings;
pub mod notifications;
pub mod resources;
pub mod services;
pub mod slots;
pub mod views;
pub mod waitlist;
