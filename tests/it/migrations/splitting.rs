//! Cutting a migration's text into statements.

use migration::statements::{render, split};
use sea_orm::DbBackend;

#[test]
fn a_semicolon_in_a_comment_or_a_text_ends_nothing() {
    let text = "-- first; not a statement\nCREATE TABLE a (x text DEFAULT 'b;--c');  -- second; note\n\nINSERT INTO a VALUES ('it''s; \"so\"');\n;\n";
    assert_eq!(split(text), ["CREATE TABLE a (x text DEFAULT 'b;--c')", "INSERT INTO a VALUES ('it''s; \"so\"')"]);
}

#[test]
fn a_last_statement_needs_no_semicolon_and_a_minus_is_no_comment() {
    assert_eq!(split("SELECT 3 - 1;\nSELECT \"odd;name\" - 2"), ["SELECT 3 - 1", "SELECT \"odd;name\" - 2"]);
    assert_eq!(split("-- nothing; here"), Vec::<String>::new());
}

#[test]
fn every_placeholder_is_filled_in_for_both_databases() {
    let template = "{id} {ts} {bytes} {false} '{}'";
    assert_eq!(render(template, DbBackend::Sqlite), "blob bigint blob 0 '{}'");
    assert_eq!(render(template, DbBackend::Postgres), "uuid timestamptz bytea false '{}'");
}
