//! Cuts a migration's text into statements and fills in the types that differ between the databases.
//!
//! Knows quotes and `--` comments, nothing else: a body in dollar quotes is run whole by its migration, never through here.

use sea_orm_migration::sea_orm::DbBackend;

/// Replaces the placeholders `{id}`, `{ts}`, `{bytes}` and `{false}` by what `backend` calls them.
#[must_use]
pub fn render(template: &str, backend: DbBackend) -> String {
    let postgres = backend == DbBackend::Postgres;
    let [id, ts, bytes, no] = if postgres { ["uuid", "timestamptz", "bytea", "false"] } else { ["blob", "bigint", "blob", "0"] };
    template.replace("{id}", id).replace("{ts}", ts).replace("{bytes}", bytes).replace("{false}", no)
}

/// Where the reader stands in the text.
enum Place {
    Code,
    Comment,
    Quoted(char),
}

/// Returns the statements of `text` without comments, each without its semicolon; empty ones are left out.
///
/// A semicolon inside a quoted text or a comment ends nothing. A doubled quote closes and opens again, so it needs no case.
#[must_use]
pub fn split(text: &str) -> Vec<String> {
    let mut done = Vec::new();
    let mut current = String::new();
    let mut place = Place::Code;
    let mut chars = text.chars().peekable();
    while let Some(char) = chars.next() {
        place = match place {
            Place::Comment if char == '\n' => Place::Code,
            Place::Comment => continue,
            Place::Quoted(quote) if char == quote => Place::Code,
            Place::Quoted(quote) => Place::Quoted(quote),
            Place::Code if char == '-' && chars.peek() == Some(&'-') => {
                place = Place::Comment;
                continue;
            }
            Place::Code if char == ';' => {
                done.push(std::mem::take(&mut current));
                place = Place::Code;
                continue;
            }
            Place::Code if char == '\'' || char == '"' => Place::Quoted(char),
            Place::Code => Place::Code,
        };
        current.push(char);
    }
    done.push(current);
    done.iter().map(|statement| statement.trim().to_owned()).filter(|statement| !statement.is_empty()).collect()
}
