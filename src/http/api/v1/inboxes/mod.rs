//! Inboxes as people see them, without their secrets.

pub mod list;
