//! Other people's code: its licences, and that we use one version of what we use directly.
//!
//! Asks `cargo metadata`, offline and for this platform, so that nobody must install a tool.

use anyhow::{Context, Result, ensure};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

/// Licences that ask for no more than a notice.
const ALLOWED: [&str; 14] = [
    "0BSD",
    "Apache-2.0",
    "Apache-2.0 WITH LLVM-exception",
    "MIT",
    "MIT-0",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "BSL-1.0",
    "CC0-1.0",
    "CDLA-Permissive-2.0",
    "ISC",
    "Unicode-3.0",
    "Unlicense",
    "Zlib",
];

/// Direct dependencies of which somebody else still brings an older version.
const OLDER_BROUGHT_BY_OTHERS: [&str; 4] = ["base64", "getrandom", "http", "sha2"];

fn metadata() -> Result<Value> {
    let host = if cfg!(target_arch = "aarch64") { "aarch64-unknown-linux-gnu" } else { "x86_64-unknown-linux-gnu" };
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--offline", "--format-version", "1", "--filter-platform", host])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()?;
    ensure!(output.status.success(), "cargo metadata: {}", String::from_utf8_lossy(&output.stderr));
    Ok(serde_json::from_slice(&output.stdout)?)
}

fn packages(metadata: &Value) -> Result<&Vec<Value>> {
    metadata["packages"].as_array().context("no packages")
}

/// Reads a licence expression: every part joined by AND must offer an allowed one; OR and `/` offer a choice.
fn is_allowed(expression: &str) -> bool {
    let flat = expression.replace(['(', ')'], " ").replace('/', " OR ");
    // Without precedence: brackets only ever group choices in the expressions of crates, which the test below pins.
    flat.split(" AND ").all(|part| part.split(" OR ").any(|name| ALLOWED.contains(&name.trim())))
}

#[test]
fn every_licence_is_permissive() -> Result<()> {
    let metadata = metadata()?;
    let wrong: Vec<String> = packages(&metadata)?
        .iter()
        .filter(|package| !package["license"].as_str().is_some_and(is_allowed))
        .map(|package| format!("{} ({})", package["name"], package["license"]))
        .collect();
    assert_eq!(wrong, Vec::<String>::new());
    Ok(())
}

#[test]
fn copyleft_is_refused_and_a_choice_is_taken() {
    for expression in ["GPL-3.0", "AGPL-3.0-only", "MIT AND GPL-2.0", "LGPL-2.1 OR GPL-3.0", "SSPL-1.0", ""] {
        assert!(!is_allowed(expression), "{expression}");
    }
    for expression in ["MIT/Apache-2.0", "MIT OR GPL-3.0", "(MIT OR Apache-2.0) AND Unicode-3.0", "ISC AND (Apache-2.0 OR ISC)"] {
        assert!(is_allowed(expression), "{expression}");
    }
}

#[test]
fn a_direct_dependency_has_one_version() -> Result<()> {
    let metadata = metadata()?;
    let ours: BTreeSet<&str> = metadata["workspace_members"].as_array().context("no members")?.iter().filter_map(Value::as_str).collect();
    let mut versions: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    let mut direct = BTreeSet::new();
    for package in packages(&metadata)? {
        let name = package["name"].as_str().unwrap_or_default();
        versions.entry(name).or_default().insert(package["version"].as_str().unwrap_or_default());
        if ours.contains(package["id"].as_str().unwrap_or_default()) {
            direct.extend(package["dependencies"].as_array().into_iter().flatten().filter_map(|needed| needed["name"].as_str()));
        }
    }
    let doubled: Vec<&str> = direct.into_iter().filter(|name| versions.get(name).is_some_and(|found| found.len() > 1)).collect();
    assert_eq!(doubled, OLDER_BROUGHT_BY_OTHERS);
    Ok(())
}
