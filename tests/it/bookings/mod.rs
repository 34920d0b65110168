//! The book through its port, on both databases: the wall, holds and what follows them, steps that book, many at once.

mod agenda;
mod around;
mod calendar_deaths;
mod change_deaths;
mod changes;
mod commits;
pub mod deaths;
mod engines;
mod holds;
mod judge;
mod mails;
mod notices;
mod over_http;
mod page;
mod races;
pub(crate) mod rig;
mod waiting;
mod wall;
mod worker;
