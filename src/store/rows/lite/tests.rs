//! What a connection that is asked in place keeps and undoes.

use super::*;
use crate::store::rows::{Columns, Kind, get};
use crate::store::test_folder::TestFolder;
use crate::store::writer::{is_away, is_passing, name_of};

const SAID: Columns = &[("id", Kind::Int), ("said", Kind::Text)];

fn lite(folder: &TestFolder) -> Lite {
    let lite = Lite::open(&folder.path().join("lite.db"), &[("journal_mode", "WAL"), ("busy_timeout", "1")]).unwrap();
    lite.simple("CREATE TABLE IF NOT EXISTS said (id bigint PRIMARY KEY, said text NOT NULL)").unwrap();
    lite
}

fn set(said: &[(i64, &str)]) -> Rows {
    let mut rows = Rows::new(Spelling::Bound, SAID);
    said.iter().for_each(|(id, said)| rows.push([(*id).into(), (*said).into()]));
    rows
}

fn add(lite: &Lite, said: &[(i64, &str)]) -> Result<u64, DbErr> {
    let rows = set(said);
    lite.run(&rows.insert("said", ""), &rows)
}

fn count(lite: &Lite) -> i64 {
    let found = lite.all("SELECT COUNT(*) AS count, r.id FROM said", &set(&[(1, "")]).clone());
    found.ok().and_then(|found| get(found.first()?, "count").ok()).unwrap_or(-1)
}

#[test]
fn a_statement_is_run_for_each_row_and_every_row_is_counted() {
    let folder = TestFolder::new();
    let lite = lite(&folder);
    let begun = lite.begin().unwrap();
    assert_eq!(add(&lite, &[(1, "one"), (2, "two"), (3, "three")]).unwrap(), 3);
    let changed = set(&[(2, "zwei"), (9, "neun")]);
    assert_eq!(lite.run("UPDATE said SET said = r.said FROM {rows} WHERE said.id = r.id", &changed).unwrap(), 1);
    let found = lite.all("SELECT s.said FROM {rows} CROSS JOIN said s WHERE s.id = r.id", &set(&[(3, ""), (2, ""), (7, "")])).unwrap();
    let found: Vec<String> = found.iter().map(|row| get(row, "said").unwrap()).collect();
    assert_eq!(found, ["three", "zwei"]);
    begun.commit().unwrap();
    assert_eq!(count(&lite), 3);
}

#[test]
fn sets_of_every_size_are_written_whole() {
    let folder = TestFolder::new();
    let lite = lite(&folder);
    for size in [1, 3, 4, 5, 16, 21, 39] {
        let all: Vec<(i64, &str)> = (0..size).map(|id| (id, "old")).collect();
        assert_eq!(add(&lite, &all).unwrap(), size.unsigned_abs());
        let changed: Vec<(i64, &str)> = (0..size).map(|id| (id, "new")).collect();
        let sql = "UPDATE said SET said = r.said FROM {rows} WHERE said.id = r.id";
        assert_eq!(lite.run(sql, &set(&changed)).unwrap(), size.unsigned_abs());
        let left = lite.all("SELECT COUNT(*) AS count FROM said WHERE said = 'new'", &set(&[(1, "")])).unwrap();
        assert_eq!(get::<i64>(&left[0], "count").unwrap(), size);
        let gone = set(&changed);
        assert_eq!(lite.run(&gone.delete("said", ""), &gone).unwrap(), size.unsigned_abs());
    }
}

#[test]
fn what_was_not_committed_is_undone() {
    let folder = TestFolder::new();
    let lite = lite(&folder);
    let begun = lite.begin().unwrap();
    add(&lite, &[(1, "one")]).unwrap();
    drop(begun);
    assert_eq!(count(&lite), 0);
}

#[test]
fn a_refused_statement_names_its_code_and_can_be_undone() {
    let folder = TestFolder::new();
    let lite = lite(&folder);
    let begun = lite.begin().unwrap();
    let refused = add(&lite, &[(1, "one"), (1, "again")]).unwrap_err();
    assert_eq!(name_of(&refused), "exec 1555");
    assert!(!is_passing(&refused) && !is_away(&refused));
    drop(begun);
    assert_eq!(count(&lite), 0);
    assert!(lite.begin().is_ok());
}

#[test]
fn a_lock_that_another_connection_holds_is_a_fault_that_passes() {
    let folder = TestFolder::new();
    let (one, other) = (lite(&folder), lite(&folder));
    let begun = one.begin().unwrap();
    let busy = other.begin().err().unwrap();
    assert!(is_passing(&busy), "{}", name_of(&busy));
    drop(begun);
    assert!(other.begin().is_ok());
}
