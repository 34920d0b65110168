//! Tables of Recado: one file per table, columns and relations only.
//!
//! Nothing here queries, decides or speaks to the outside; `store` does the first, and nobody but `store` uses this crate.
//! Ids are `Uuid` (16-byte blobs on SQLite), JSON is `String`, instants are [`instant::Instant`].

pub mod instant;

pub mod account;
pub mod account_route;
pub mod account_token;
pub mod api_key;
pub mod appointment;
pub mod appointment_reminder;
pub mod appointment_seat;
pub mod attachment;
pub mod audit_event;
pub mod audit_head;
pub mod booking_rules;
pub mod calendar_event;
pub mod calendar_job;
pub mod calendar_poll;
pub mod canned_reply;
pub mod config_version;
pub mod consent_event;
pub mod contact;
pub mod contact_identity;
pub mod contact_import;
pub mod contact_import_row;
pub mod contact_merge;
pub mod contact_note;
pub mod conversation;
pub mod data_key;
pub mod holiday;
pub mod inbound;
pub mod inbox;
pub mod invitation;
pub mod mail;
pub mod member;
pub mod message;
pub mod model_provider;
pub mod node;
pub mod notice;
pub mod notification;
pub mod notification_choice;
pub mod notification_rules;
pub mod outbox;
pub mod parked_status;
pub mod partition;
pub mod platform_key;
pub mod recovery_code;
pub mod refresh_token;
pub mod resource;
pub mod service;
pub mod session;
pub mod slot_shown;
pub mod suspension;
pub mod tenant;
pub mod tenant_feed;
pub mod thread;
pub mod thread_alias;
pub mod timeline;
pub mod timer;
pub mod turn;
pub mod turn_step;
pub mod unrouted;
pub mod usage_fact;
pub mod waitlist_entry;
