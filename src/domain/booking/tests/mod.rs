//! Acceptance statements (`sched_aNN_…`), laws over random books, and the model of a whole day's trade.

mod busy;
mod changes;
mod holds;
mod hours;
pub(crate) mod kit;
mod laws;
mod model;
mod needs;
mod renewal;
mod zones;
