//! Full-text search: newest first, within a tenant and what its caller sees.
//!
//! Two steps in one transaction. The first *finds*: it asks the words' index for ids, with every filter inside; on PostgreSQL as the role
//! `recado_search`, whose policy is the tenant and the words. The second *reads* these rows as people, as any other list does: what the
//! first must not have found, the second does not show. Both look at a bounded number of rows: a page may hold fewer hits than were asked
//! for, or none, and still say where to go on.

mod contacts;
mod find;
mod index;
mod messages;
mod postgres;
mod sqlite;
#[cfg(test)]
mod tests;

pub use contacts::{ContactHit, ContactSearch};
pub use messages::{MessageHit, MessageSearch};

use uuid::Uuid;

/// A place in the hits, newest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SearchPlace {
    /// The number of the row's words; 0 where the id says it all.
    pub number: i64,
    /// The row.
    pub id: Uuid,
}

/// Some hits, and where to go on.
#[derive(Clone, Debug)]
pub struct Hits<T> {
    /// The hits.
    pub rows: Vec<T>,
    /// Where to go on; `None` at the end.
    pub next: Option<SearchPlace>,
}
