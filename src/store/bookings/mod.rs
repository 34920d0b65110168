//! The book on the database: the agenda, appointments, and the one transaction in which an act is decided and written.
//!
//! The core decides ([`crate::domain::booking`]); this room loads what a decision bears on, writes what comes out, and has the database
//! itself refuse what must never be: two appointments on one seat at one time. Outside calendars are asked before a transaction, never inside one.

mod act;
pub mod agenda;
pub(in crate::store) mod ask;
mod jobs;
mod load;
mod marks;
pub(in crate::store) mod news;
mod outside;
mod people;
pub(in crate::store) mod polls;
mod port;
mod read;
pub(in crate::store) mod renew;
mod rows;
mod waitlist;
mod write;

pub(crate) use act::Wish;
pub(in crate::store) use act::{carry_out, taken};
pub(crate) use agenda::Agendas;
