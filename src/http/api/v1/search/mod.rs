//! Finding what was said, and who said it.

pub mod contacts;
pub mod messages;
#[cfg(test)]
mod tests;

use crate::domain::search::{Wanted, WantedError};
use crate::http::pagination::{Page, place_cursor, read_place_cursor};
use crate::http::problem::Problem;
use crate::store::people::search::{Hits, SearchPlace};

/// Most hits of a page.
const MAX_HITS: u64 = 200;

/// Hits of a page if nobody says.
const HITS: u64 = 50;

fn limit(wanted: Option<u64>) -> Result<u64, Problem> {
    let limit = wanted.unwrap_or(HITS);
    if (1..=MAX_HITS).contains(&limit) {
        return Ok(limit);
    }
    Err(Problem::field("limit", format!("must be from 1 to {MAX_HITS}")))
}

/// Reads the query. It is asked for here and not by its type: whoever may not search hears that, not what is missing.
fn wanted(query: Option<&str>, read: impl Fn(&str) -> Result<Wanted, WantedError>) -> Result<Wanted, Problem> {
    let query = query.ok_or_else(|| Problem::field("q", "is missing"))?;
    read(query).map_err(|error| Problem::field("q", error.to_string()))
}

fn place(cursor: Option<&str>) -> Result<Option<SearchPlace>, Problem> {
    let place = cursor.map(read_place_cursor).transpose()?;
    Ok(place.map(|(number, id)| SearchPlace { number, id }))
}

fn page<R, T>(hits: Hits<R>, view: impl Fn(R) -> T) -> Page<T> {
    let next = hits.next.map(|place| place_cursor(place.number, place.id));
    Page { data: hits.rows.into_iter().map(view).collect(), next }
}
