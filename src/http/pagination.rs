//! Pages by key: opaque cursors, so that a list never skips or repeats a row because another one came in.

use crate::domain::time::Timestamp;
use crate::http::problem::Problem;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

/// Rows of a page if nobody says.
pub const DEFAULT_LIMIT: u64 = 50;
/// Most rows of a page.
pub const MAX_LIMIT: u64 = 100;

/// The first and the last instant that a cursor may name, in microseconds: the years 1 to 9999, which both databases can hold.
const YEARS: std::ops::RangeInclusive<i64> = -62_135_596_800_000_000..=253_402_300_799_999_999;

/// A page of a list.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Page<T> {
    /// The rows.
    pub data: Vec<T>,
    /// Where the next page begins; null after the last one.
    pub next: Option<String>,
}

/// Checks the number of rows wanted.
///
/// # Errors
/// 422 outside 1 to [`MAX_LIMIT`].
pub fn limit(wanted: Option<u64>) -> Result<u64, Problem> {
    let limit = wanted.unwrap_or(DEFAULT_LIMIT);
    if (1..=MAX_LIMIT).contains(&limit) {
        return Ok(limit);
    }
    Err(Problem::field("limit", format!("must be from 1 to {MAX_LIMIT}")))
}

/// Makes a page of the rows read, of which one more than `limit` was asked for: that one tells that there is more.
pub fn page<R, T>(mut rows: Vec<R>, limit: u64, cursor: impl Fn(&R) -> String, view: impl Fn(R) -> T) -> Page<T> {
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let more = rows.len() > limit;
    rows.truncate(limit);
    let next = if more { rows.last().map(cursor) } else { None };
    Page { data: rows.into_iter().map(view).collect(), next }
}

/// Writes a place in a list that is ordered by a number and an id.
#[must_use]
pub fn place_cursor(number: i64, id: Uuid) -> String {
    let mut bytes = number.to_be_bytes().to_vec();
    bytes.extend_from_slice(id.as_bytes());
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Reads a place in a list that is ordered by a number and an id.
///
/// # Errors
/// 422 for anything that is none of our cursors.
pub fn read_place_cursor(text: &str) -> Result<(i64, Uuid), Problem> {
    let place = || {
        let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
        let (number, id) = bytes.split_first_chunk::<8>()?;
        Some((i64::from_be_bytes(*number), Uuid::from_slice(id).ok()?))
    };
    place().ok_or_else(wrong_cursor)
}

/// Reads a place in a list that is ordered by an instant and an id.
///
/// # Errors
/// 422 for anything that is none of our cursors.
pub fn read_moment_cursor(text: &str) -> Result<(Timestamp, Uuid), Problem> {
    let (micros, id) = read_place_cursor(text)?;
    if YEARS.contains(&micros) { Ok((Timestamp::from_micros(micros), id)) } else { Err(wrong_cursor()) }
}

/// Writes a place in a list that is ordered in phases, with the mark of that very list.
#[must_use]
pub fn marked_cursor(mark: [u8; 8], phase: u8, at: Timestamp, id: Uuid) -> String {
    let mut bytes = mark.to_vec();
    bytes.push(phase);
    bytes.extend_from_slice(&at.micros().to_be_bytes());
    bytes.extend_from_slice(id.as_bytes());
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Reads a place in a list that is ordered in phases, with the mark of the list that it belongs to.
///
/// # Errors
/// 422 for anything that is none of our cursors.
pub fn read_marked_cursor(text: &str) -> Result<([u8; 8], u8, Timestamp, Uuid), Problem> {
    let place = || {
        let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
        let (mark, rest) = bytes.split_first_chunk::<8>()?;
        let (phase, rest) = rest.split_first()?;
        let (at, id) = rest.split_first_chunk::<8>()?;
        let micros = i64::from_be_bytes(*at);
        let at = YEARS.contains(&micros).then_some(Timestamp::from_micros(micros))?;
        Some((*mark, *phase, at, Uuid::from_slice(id).ok()?))
    };
    place().ok_or_else(wrong_cursor)
}

/// Longest text in a cursor, in bytes.
const LONGEST_TEXT: usize = 1_024;

/// Writes a place in a list that is ordered by a text and an id.
#[must_use]
pub fn text_cursor(text: &str, id: Uuid) -> String {
    URL_SAFE_NO_PAD.encode([id.as_bytes(), text.as_bytes()].concat())
}

/// Reads a place in a list that is ordered by a text and an id.
///
/// # Errors
/// 422 for anything that is none of our cursors.
pub fn read_text_cursor(cursor: &str) -> Result<(String, Uuid), Problem> {
    let place = || {
        let bytes = URL_SAFE_NO_PAD.decode(cursor).ok().filter(|bytes| bytes.len() <= LONGEST_TEXT)?;
        let (id, text) = bytes.split_first_chunk::<16>()?;
        let text = String::from_utf8(text.to_vec()).ok().filter(|text| !text.chars().any(char::is_control))?;
        Some((text, Uuid::from_bytes(*id)))
    };
    place().ok_or_else(wrong_cursor)
}

/// Writes a number as a cursor.
#[must_use]
pub fn number_cursor(number: i64) -> String {
    URL_SAFE_NO_PAD.encode(number.to_be_bytes())
}

/// Reads a number from a cursor.
///
/// # Errors
/// 422 for anything that is none of our cursors.
pub fn read_number_cursor(text: &str) -> Result<i64, Problem> {
    let number = || {
        let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
        Some(i64::from_be_bytes(bytes.try_into().ok()?))
    };
    number().ok_or_else(wrong_cursor)
}

fn wrong_cursor() -> Problem {
    Problem::field("cursor", "is none of ours: use the value of next")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_comes_back_as_it_went() {
        let (at, id) = (Timestamp::from_micros(-5), Uuid::from_u128(7));
        assert_eq!(read_moment_cursor(&place_cursor(at.micros(), id)).ok(), Some((at, id)));
        assert_eq!(read_marked_cursor(&marked_cursor(*b"12345678", 9, at, id)).ok(), Some((*b"12345678", 9, at, id)));
        assert_eq!(read_number_cursor(&number_cursor(i64::MAX)).ok(), Some(i64::MAX));
    }

    #[test]
    fn a_foreign_cursor_is_refused() {
        for text in ["", "a", "🦀", "AAAA", "AAAAAAAAAAA", &"A".repeat(10_000)] {
            assert!(read_moment_cursor(text).is_err() && read_marked_cursor(text).is_err(), "{text}");
        }
        assert!(read_number_cursor("AAAA").is_err());
        assert!(read_text_cursor("AAAA").is_err() && read_text_cursor(&text_cursor("a\0", Uuid::nil())).is_err());
        assert_eq!(read_text_cursor(&text_cursor("ñandú", Uuid::max())).ok(), Some(("ñandú".to_owned(), Uuid::max())));
    }

    #[test]
    fn a_made_up_cursor_outside_the_years_of_the_database_is_refused() {
        let cursor = |at| marked_cursor([0; 8], 0, Timestamp::from_micros(at), Uuid::nil());
        for at in [i64::MIN, i64::MAX, YEARS.start() - 1, YEARS.end() + 1] {
            assert_eq!(read_marked_cursor(&cursor(at)).err().map(|problem| problem.status().as_u16()), Some(422), "{at}");
        }
        for text in ["0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999999Z"] {
            let at = Timestamp::parse(text).unwrap().micros();
            assert!(YEARS.contains(&at) && read_marked_cursor(&cursor(at)).is_ok(), "{text}");
        }
    }

    #[test]
    fn the_row_too_many_becomes_the_cursor_of_the_row_before() {
        let view = page(vec![1, 2, 3], 2, |row: &i64| number_cursor(*row), |row| row);
        assert_eq!((view.data, view.next), (vec![1, 2], Some(number_cursor(2))));
        assert_eq!(page(vec![1], 2, |row: &i64| number_cursor(*row), |row| row).next, None);
    }
}
