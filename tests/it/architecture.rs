//! The house rules that no compiler knows: who imports whom, how long a file is, what must be absent.
//!
//! Reads the sources as text, without comments. Test code may import what it likes.

use anyhow::{Context, Result};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// The rooms from the inside out. A room may import itself and any room of a line above, never a peer.
const LAYERS: [&[&str]; 9] = [
    &["domain"],
    &["ports"],
    &["net", "crypto"],
    &["engine", "store", "channels", "files", "providers", "prompting", "toolbox", "webhooks_out"],
    &["http"],
    &["config", "telemetry"],
    &["app", "bench"],
    &["cli"],
    &["testing"],
];

/// Longest file, in lines.
const MAX_LINES: usize = 500;

/// A source file: its path below the repository, and its text.
struct Source {
    path: String,
    text: String,
}

impl Source {
    /// Returns the room of a file in `src`; `None` for the crate's root files.
    fn room(&self) -> Option<&str> {
        let inside = self.path.strip_prefix("src/")?;
        let first = inside.split('/').next()?;
        let room = first.strip_suffix(".rs").unwrap_or(first);
        (!matches!(room, "lib" | "main")).then_some(room)
    }

    /// Returns true for files that exist for tests only.
    fn is_test(&self) -> bool {
        let name = self.path.rsplit('/').next().unwrap_or_default();
        self.path.starts_with("tests/")
            || self.path.contains("/tests/")
            || ["tests.rs", "testkit.rs", "fixtures.rs", "contract.rs"].contains(&name)
            || name.starts_with("test_")
    }

    /// Returns the product's code: no comments, nothing from the test module on.
    fn code(&self) -> String {
        let product = self.text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
        product.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
    }
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Reads every source below the given folders.
fn sources(folders: &[&str]) -> Result<Vec<Source>> {
    let mut found = Vec::new();
    let mut waiting: Vec<PathBuf> = folders.iter().map(|folder| root().join(folder)).collect();
    while let Some(folder) = waiting.pop() {
        for entry in std::fs::read_dir(&folder).with_context(|| folder.display().to_string())? {
            let path = entry?.path();
            if path.is_dir() {
                waiting.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = std::fs::read_to_string(&path)?;
                found.push(Source { path: path.strip_prefix(root())?.display().to_string(), text });
            }
        }
    }
    found.sort_by(|one, other| one.path.cmp(&other.path));
    assert!(!found.is_empty());
    Ok(found)
}

fn everything() -> Result<Vec<Source>> {
    sources(&["src", "tests", "entities/src", "migration/src"])
}

/// Returns the rooms that a text names after `crate::`, also in a group of names.
fn imported(code: &str) -> BTreeSet<String> {
    let name = |text: &str| -> String { text.trim_start().chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect() };
    let mut rooms = BTreeSet::new();
    for after in code.split("crate::").skip(1) {
        let Some(group) = after.strip_prefix('{') else {
            rooms.insert(name(after));
            continue;
        };
        let mut depth = 0;
        let mut start = true;
        for (at, char) in group.char_indices() {
            if start && depth == 0 && !char.is_whitespace() {
                rooms.insert(name(group.get(at..).unwrap_or_default()));
                start = false;
            }
            match char {
                '{' => depth += 1,
                '}' if depth == 0 => break,
                '}' => depth -= 1,
                ',' if depth == 0 => start = true,
                _ => {}
            }
        }
    }
    rooms.retain(|room| room.starts_with(|first: char| first.is_ascii_lowercase()));
    rooms
}

fn layer(room: &str) -> Option<usize> {
    LAYERS.iter().position(|rooms| rooms.contains(&room))
}

fn may_import(room: &str, other: &str) -> bool {
    room == other || matches!((layer(room), layer(other)), (Some(own), Some(inner)) if inner < own)
}

#[test]
fn rooms_import_inwards_only_and_never_a_peer() -> Result<()> {
    let mut wrong = Vec::new();
    for source in sources(&["src"])?.iter().filter(|source| !source.is_test()) {
        let Some(room) = source.room() else { continue };
        assert!(layer(room).is_some(), "{}: give the room a place in LAYERS", source.path);
        let outward = imported(&source.code()).into_iter().filter(|other| !may_import(room, other));
        wrong.extend(outward.map(|other| format!("{} imports {other}", source.path)));
    }
    assert_eq!(wrong, Vec::<String>::new());
    Ok(())
}

/// Follows from the layers as long as these are an order; says so even if somebody bends the table.
#[test]
fn no_room_reaches_itself_through_others() -> Result<()> {
    let mut graph: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for source in sources(&["src"])?.iter().filter(|source| !source.is_test()) {
        let Some(room) = source.room() else { continue };
        graph.entry(room.to_owned()).or_default().extend(imported(&source.code()).into_iter().filter(|other| other != room));
    }
    // A room that imports nothing that is left is taken away; what remains is in a cycle or leads to one.
    while let Some(leaf) =
        graph.iter().find(|(_, others)| others.iter().all(|other| !graph.contains_key(other))).map(|(room, _)| room.clone())
    {
        graph.remove(&leaf);
    }
    assert!(graph.is_empty(), "a cycle among {:?}", graph.keys());
    Ok(())
}

/// Checks that `word` stands in the product's code of the allowed rooms only.
fn only_in(word: &str, rooms: &[&str]) -> Result<()> {
    let strangers: Vec<String> = sources(&["src"])?
        .into_iter()
        .filter(|source| !source.is_test() && !source.room().is_some_and(|room| rooms.contains(&room)))
        .filter(|source| source.code().contains(word))
        .map(|source| source.path)
        .collect();
    assert_eq!(strangers, Vec::<String>::new(), "{word} belongs to {rooms:?}");
    Ok(())
}

#[test]
fn queries_stand_in_the_store_only() -> Result<()> {
    only_in("Entity::find", &["store", "testing"])?;
    only_in("entities::", &["store", "testing"])?;
    only_in("sea_orm::", &["store", "testing"])?;
    only_in("migration::", &["app", "cli", "testing"])
}

#[test]
fn outside_names_stay_in_their_rooms() -> Result<()> {
    only_in("std::env::var", &["config", "testing"])?;
    only_in("reqwest::Client::", &["net"])?;
    only_in("object_store::", &["files"])?;
    only_in("image::", &["files"])?;
    only_in("writeln!(out", &["cli"])?;
    only_in("actix_web::", &["http", "app", "bench", "testing"])
}

/// Invariant 1: `domain` performs nothing and knows no time but what it is given.
#[test]
fn invariant_1_the_domain_is_pure() -> Result<()> {
    let words = [
        "async fn",
        ".await",
        "actix",
        "sea_orm",
        "reqwest",
        "tokio::",
        "Utc::now",
        "SystemTime",
        "Instant::now",
        "rand::",
        "std::fs",
        "std::net::Tcp",
    ];
    for source in sources(&["src/domain"])?.iter().filter(|source| !source.is_test()) {
        for word in words {
            assert!(!source.code().contains(word), "{} holds {word}", source.path);
        }
    }
    Ok(())
}

#[test]
fn files_are_short_say_what_they_are_for_and_silence_no_lint_in_secret() -> Result<()> {
    let silencer = concat!("#[", "allow(");
    let inner = concat!("#![", "allow(");
    for Source { path, text } in everything()? {
        assert!(text.lines().count() <= MAX_LINES, "{path} is longer than {MAX_LINES} lines");
        let child = path.contains("/tests") || path.starts_with("tests/");
        assert!(text.starts_with("//!") || child, "{path} does not begin with //!");
        assert!(!text.contains(silencer) && !text.contains(inner), "{path} silences a lint without a reason: use expect");
    }
    Ok(())
}

#[test]
fn the_checker_sees_through_groups_and_tells_rooms_from_types() {
    let code = "use crate::{domain::ids::{A, B}, store}; crate::net::x(); crate::Thing; pub(in crate::store) fn f()";
    assert_eq!(imported(code).into_iter().collect::<Vec<_>>(), ["domain", "net", "store"]);
    assert!(may_import("store", "crypto") && may_import("cli", "app"));
    assert!(!may_import("store", "channels") && !may_import("domain", "ports") && !may_import("http", "app"));
}

/// A merge once dropped a line of `main.rs`, and a room of tests compiled into nothing without a word.
#[test]
fn every_room_of_the_integration_tests_is_listed() {
    let listed = include_str!("main.rs");
    let rooms = std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it")).unwrap();
    let names = rooms.map(|room| room.unwrap().path()).filter(|path| path.extension().is_some_and(|kind| kind == "rs"));
    let missing: Vec<String> = names
        .map(|path| path.file_stem().unwrap().to_string_lossy().into_owned())
        .filter(|name| name != "main" && !listed.contains(&format!("mod {name};")))
        .collect();
    assert_eq!(missing, Vec::<String>::new());
}

/// The framework has no time-out for a slow body: only `http::body` may read one, because it has.
#[test]
fn no_handler_reads_a_body_but_through_the_one_reader_that_has_a_time_out() -> Result<()> {
    let extractors = [": Json<", ": web::Json", ": Bytes", ": web::Bytes", ": Form<", ": web::Form", ": Multipart", ": Either<"];
    let mut handlers = 0;
    for source in sources(&["src/http"])?.iter().filter(|source| !source.is_test() && source.path != "src/http/body.rs") {
        let code = source.code();
        for word in ["payload.next(", "payload.try_next(", ".to_bytes(", "to_bytes_limited", "PayloadConfig", "JsonConfig"] {
            assert!(!code.contains(word), "{} holds {word}: use http::body::read", source.path);
        }
        for function in code.split("async fn ").skip(1) {
            let signature = function.split(" {\n").next().unwrap_or_default();
            handlers += usize::from(signature.contains("Payload"));
            let taken = extractors.iter().find(|extractor| signature.contains(*extractor));
            let inner = signature.starts_with("parse_bytes");
            assert!(inner || taken.is_none(), "{}: {signature} takes {taken:?}", source.path);
        }
    }
    assert!(handlers >= 10, "the test looks at the wrong place: {handlers}");
    Ok(())
}

#[test]
fn secrets_are_compared_in_constant_time_only() -> Result<()> {
    for source in sources(&["src"])?.iter().filter(|source| !source.is_test() && !source.path.contains("/testkit/")) {
        for line in source.code().lines() {
            let compared = line.contains("==") || line.contains("!=");
            // Whether a secret is there at all, or to be read from the standard input, is no secret.
            let harmless = [".is_empty()", ".len()", "!= \"-\""].iter().any(|word| line.contains(word));
            assert!(!(compared && line.contains("expose_secret()")) || harmless, "{}: {line}", source.path);
        }
    }
    Ok(())
}

#[test]
fn secrets_in_the_settings_cannot_be_printed() -> Result<()> {
    let mut found = 0;
    for source in sources(&["src/config"])?.iter().filter(|source| !source.is_test()) {
        for line in source.code().lines().filter(|line| line.trim_start().starts_with("pub ")) {
            let Some((name, kind)) = line.trim().trim_start_matches("pub ").split_once(": ") else { continue };
            if ["secret", "password", "api_key", "token", "database_url"].iter().any(|word| name.contains(word) && !name.contains("tokens"))
            {
                assert!(kind.contains("SecretString"), "{}: {name} is {kind}", source.path);
                found += 1;
            }
        }
    }
    assert!(found >= 5, "the test looks at the wrong place: {found}");
    Ok(())
}

/// What endpoints may subscribe to is a closed list: a kind that the store writes and the list does not know could not be asked for.
#[test]
fn every_kind_of_event_on_the_timeline_can_be_subscribed_to() -> Result<()> {
    let mut unknown = BTreeSet::new();
    let mut known = BTreeSet::new();
    for source in sources(&["src/store/writer", "src/store/people", "src/store/surveys"])?.iter().filter(|source| !source.is_test()) {
        for word in source.code().split('"').skip(1).step_by(2) {
            let parts: Vec<&str> = word.split('.').collect();
            let plain = |part: &&str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
            let events = ["conversation", "message", "turn", "contact", "appointment", "survey"];
            if parts.len() == 2 && parts.iter().all(plain) && events.contains(&parts[0]) {
                let listed = recado::domain::webhook::KINDS.contains(&word);
                if listed {
                    known.insert(word.to_owned())
                } else {
                    unknown.insert(word.to_owned())
                };
            }
        }
    }
    assert_eq!(unknown, BTreeSet::new(), "add them to domain/webhook/kind.rs and docs/webhooks.md");
    assert_eq!(known.len(), recado::domain::webhook::KINDS.len(), "a kind that nothing writes");
    Ok(())
}
