//! Sets of typed rows on their way into statements, rows on their way out, and the transaction that takes the one for the other.
//!
//! One SQL text serves both databases and every size of a set: it names the set `{rows}` and its columns `r.name`.

mod lite;
mod row;
mod set;
mod tx;

pub(crate) use lite::Lite;
pub(crate) use row::{Record, Row, at, get, maybe_at};
pub(crate) use set::{Cell, Columns, Kind, Rows, Spelling};
pub(crate) use tx::Tx;
