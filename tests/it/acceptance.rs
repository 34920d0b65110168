//! The list of acceptance statements in `tests/README.md` is true: each has a test that bears its number, or says for which capability it is left.

use anyhow::{Context, Result, bail};
use std::collections::BTreeSet;
use std::path::Path;

/// How many statements there are.
const STATEMENTS: u32 = 104;

/// A line of the list: its number, and whether a test shows it.
fn rows(list: &str) -> Result<Vec<(u32, bool)>> {
    let mut rows = Vec::new();
    for line in list.lines().filter(|line| line.starts_with("| ") && line.chars().nth(2).is_some_and(|it| it.is_ascii_digit())) {
        let cells: Vec<&str> = line.trim_matches('|').split(" | ").map(str::trim).collect();
        let number: u32 = cells.first().context("no number")?.parse().with_context(|| line.to_owned())?;
        let shown = cells.last().context("nothing says what shows it")?;
        match shown {
            it if **it == *format!("`conv_{number:02}_…`") => rows.push((number, true)),
            it if it.strip_prefix("left: ").is_some_and(|what| what.len() > 3) => rows.push((number, false)),
            it => bail!("statement {number} is shown by {it:?}"),
        }
    }
    Ok(rows)
}

/// Finds the numbers of all tests named `conv_NN_…` below a folder; a test may bear several.
fn numbered(folder: &Path, found: &mut BTreeSet<u32>) -> Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            numbered(&path, found)?;
        } else if path.extension().is_some_and(|it| it == "rs") {
            let text = std::fs::read_to_string(&path)?;
            for name in text.split("fn conv_").skip(1) {
                found.extend(name.split('_').map_while(|part| part.parse::<u32>().ok()));
            }
        }
    }
    Ok(())
}

#[test]
fn every_statement_has_a_test_or_a_capability_that_it_waits_for() -> Result<()> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let rows = rows(&std::fs::read_to_string(root.join("tests/README.md"))?)?;
    let numbers: Vec<u32> = rows.iter().map(|(number, _)| *number).collect();
    assert_eq!(numbers, (1..=STATEMENTS).collect::<Vec<_>>(), "each statement has one line");
    let mut tests = BTreeSet::new();
    for folder in ["src", "tests"] {
        numbered(&root.join(folder), &mut tests)?;
    }
    for (number, shown) in rows {
        assert_eq!(shown, tests.contains(&number), "statement {number}: tests/README.md and the tests disagree");
    }
    Ok(())
}
