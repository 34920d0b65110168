//! The files that install the product name what exists: settings, and nothing of somebody's own network.

use recado::config::DEFAULTS;
use std::collections::BTreeSet;

const FILES: [(&str, &str); 6] = [
    ("Dockerfile", include_str!("../../../Dockerfile")),
    ("compose.yaml", include_str!("../../../compose.yaml")),
    ("compose.postgres.yaml", include_str!("../../../compose.postgres.yaml")),
    ("recado.service", include_str!("../../../deploy/systemd/recado.service")),
    ("operations.md", include_str!("../../../docs/operations.md")),
    ("init.sh", include_str!("../../../deploy/postgres/init.sh")),
];

/// Variables of the files themselves, which the product never sees.
const OF_COMPOSE: [&str; 1] = ["RECADO_DATABASE_PASSWORD"];

/// Returns every variable that the product reads.
fn variables() -> BTreeSet<String> {
    let mut prefix = "RECADO_";
    let mut names = BTreeSet::new();
    for line in DEFAULTS.lines() {
        match line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            Some("engine") => prefix = "RECADO_ENGINE_",
            Some("limits") => prefix = "RECADO_LIMITS_",
            Some(table) => panic!("give the table {table} its prefix here"),
            None => {}
        }
        if let Some((key, _)) = line.split_once(" = ").filter(|_| !line.starts_with('#')) {
            names.insert(format!("{prefix}{}", key.to_uppercase()));
        }
    }
    names
}

#[test]
fn every_variable_in_the_files_of_an_installation_is_one_that_is_read() {
    let known = variables();
    for (file, text) in FILES {
        let words = text.split(|char: char| !char.is_ascii_uppercase() && char != '_').filter(|word| word.starts_with("RECADO_"));
        let strange: Vec<&str> = words.filter(|word| !known.contains(*word) && !OF_COMPOSE.contains(word)).collect();
        assert_eq!(strange, Vec::<&str>::new(), "{file}");
    }
}

#[test]
fn the_container_is_not_root_and_images_are_named_without_a_host() {
    let [(_, dockerfile), (_, alone), (_, postgres), ..] = FILES;
    assert!(dockerfile.lines().any(|line| line == "USER recado"));
    let bases = dockerfile.lines().filter_map(|line| line.strip_prefix("FROM "));
    let images = [alone, postgres].into_iter().flat_map(str::lines).filter_map(|line| line.trim().strip_prefix("image: "));
    for image in bases.chain(images) {
        assert!(!image.contains('/') && !image.contains(".io"), "{image}");
    }
}
