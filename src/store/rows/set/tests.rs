//! What a set looks like on its way into a statement.

use super::*;

const COLUMNS: Columns = &[("id", Kind::Id), ("said", Kind::Text), ("at", Kind::At), ("late", Kind::Bool), ("n", Kind::Int)];

fn json(backend: DbBackend) -> String {
    let mut rows = Rows::new(Spelling::Json(backend), COLUMNS);
    rows.push([Uuid::from_u128(255).into(), "a\"b".into(), Timestamp::from_micros(1).into(), true.into(), 7.into()]);
    rows.push([Cell::Null, Cell::Null, Cell::Null, Cell::Null, Cell::Null]);
    rows.json()
}

#[test]
fn sqlite_gets_arrays_with_hex_and_microseconds() {
    assert_eq!(json(DbBackend::Sqlite), r#"[["000000000000000000000000000000ff","a\"b",1,true,7],[null,null,null,null,null]]"#);
}

#[test]
fn postgres_gets_objects_with_six_digits_of_a_second() {
    let text = json(DbBackend::Postgres);
    assert!(text.contains(r#""at":"1970-01-01T00:00:00.000001Z""#), "{text}");
    assert!(text.contains(r#""id":"00000000-0000-0000-0000-0000000000ff""#), "{text}");
}

#[test]
fn one_text_serves_every_size_of_a_set() {
    let mut rows = Rows::new(Spelling::Json(DbBackend::Sqlite), COLUMNS);
    let empty = rows.statement("SELECT r.n FROM {rows}").sql;
    rows.push([Cell::Null, Cell::Null, Cell::Null, Cell::Null, 1.into()]);
    assert_eq!(rows.statement("SELECT r.n FROM {rows}").sql, empty);
    assert_eq!(rows.len(), 1);
}

#[test]
fn an_empty_set_is_an_empty_list() {
    assert_eq!(Rows::new(Spelling::Json(DbBackend::Sqlite), COLUMNS).json(), "[]");
}

#[test]
fn a_text_that_is_run_for_each_row_has_parameters_in_place_of_the_set() {
    let rows = Rows::new(Spelling::Bound, COLUMNS);
    let text = |sql: &str| rows.text(sql);
    assert_eq!(text("SELECT o.id, r.n FROM {rows} CROSS JOIN outbox o WHERE o.id = r.id"), "SELECT o.id, ?5 FROM outbox o WHERE o.id = ?1");
    assert_eq!(text("UPDATE t SET said = r.said FROM {rows} WHERE t.id=r.id"), "UPDATE OR FAIL t SET said = ?2  WHERE t.id=?1");
    assert_eq!(text("DELETE FROM t WHERE (a, b) IN (SELECT r.id, r.n FROM {rows})"), "DELETE FROM t WHERE (a, b) IN (SELECT ?1, ?5 )");
    assert_eq!(text("SELECT counter.n, r.nothing, r.at"), "SELECT counter.n, r.nothing, ?3");
    assert_eq!(
        text(&rows.insert("t", "RETURNING id")),
        "INSERT OR FAIL INTO t (id, said, at, late, n) VALUES (?1, ?2, ?3, ?4, ?5) RETURNING id"
    );
    assert_eq!(text(&rows.delete("t", "AND x")), "DELETE FROM t WHERE id = ?1 AND said = ?2 AND at = ?3 AND late = ?4 AND n = ?5 AND x");
}

#[test]
fn bound_values_come_out_as_they_went_in_row_by_row() {
    let mut rows = Rows::new(Spelling::Bound, COLUMNS);
    rows.push([Uuid::from_u128(255).into(), "a\"b".into(), Timestamp::from_micros(1).into(), true.into(), 7.into()]);
    rows.push([Cell::Null, "ñ".into(), Cell::Null, Cell::Null, 8.into()]);
    let cells: Vec<String> = rows.cells(0, 2).map(|cell| format!("{cell:?}")).collect();
    assert_eq!(cells[1..5], ["Text(\"a\\\"b\")", "At(1970-01-01T00:00:00.000001Z)", "Bool(true)", "Int(7)"]);
    assert_eq!(cells[5..], ["Null", "Text(\"ñ\")", "Null", "Null", "Int(8)"]);
    assert_eq!(rows.cells(1, 1).count(), 5);
    assert_eq!(rows.cells(1, 2).count(), 0);
}

#[test]
fn a_text_that_is_run_for_many_rows_names_the_parameters_of_each() {
    const TWO: Columns = &[("id", Kind::Id), ("n", Kind::Int)];
    let rows = Rows::new(Spelling::Bound, TWO);
    assert_eq!(rows.text_of(&rows.insert("t", ""), 2), "INSERT OR FAIL INTO t (id, n) VALUES (?1, ?2), (?3, ?4) ");
    assert_eq!(
        rows.text_of("UPDATE t SET n = r.n FROM {rows} WHERE t.id = r.id", 2),
        "UPDATE OR FAIL t SET n = r.n FROM (SELECT column1 AS id, column2 AS n FROM (VALUES (?1, ?2), (?3, ?4))) AS r WHERE t.id = r.id"
    );
}
