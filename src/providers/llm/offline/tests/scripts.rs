//! The scripts: no invented fact, no unanswered customer, no denied wish.

use super::stage::{Outcome, Stage};
use crate::domain::facts::Facts;
use crate::domain::guard::{Finding, Grounds, judge, promises_person};
use crate::domain::language::Language;
use crate::ports::llm::ChatMessage;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Business {
    pub business: String,
    pub facts: Facts,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Script {
    facts: String,
    language: Language,
    #[serde(default)]
    wish_for_person: bool,
    turns: Vec<ScriptTurn>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ScriptTurn {
    say: Vec<String>,
    #[serde(default)]
    expect: Expect,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct Expect {
    handed_over: Option<bool>,
    reason: Option<String>,
    contains: Vec<String>,
    not_contains: Vec<String>,
    tool: Option<String>,
    language: Option<String>,
}

pub fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scripts/offline")
}

pub fn businesses() -> BTreeMap<String, Business> {
    let text = std::fs::read_to_string(folder().join("facts.toml")).expect("facts.toml");
    toml::from_str(&text).expect("facts")
}

/// Numbers of a text: runs of digits with their separators, so that `9:00` and `2,500` count whole.
fn numbers(text: &str) -> Vec<String> {
    let parts = text.split(|letter: char| !(letter.is_ascii_digit() || ".,:".contains(letter)));
    parts
        .map(|part| part.trim_matches([',', '.', ':']))
        .filter(|part| part.chars().any(|letter| letter.is_ascii_digit()))
        .map(str::to_owned)
        .collect()
}

/// Returns numbers, links and currency amounts of the reply that neither facts nor customer said.
pub fn invented(reply: &str, business: &Business, said: &str) -> Vec<String> {
    let known = format!("{} {} {said}", serde_json::to_string(&business.facts).expect("facts"), business.business);
    let known_numbers = numbers(&known);
    let links = reply.split_whitespace().filter(|word| word.contains("://") || word.contains('@') || word.contains("www."));
    let currencies = reply.split_whitespace().filter(|word| word.contains(['$', '€', '£']));
    let strange =
        links.chain(currencies).map(|word| word.trim_matches([',', '.', ';'])).filter(|word| !known.contains(word)).map(str::to_owned);
    numbers(reply).into_iter().filter(|number| !known_numbers.contains(number)).chain(strange).collect()
}

fn check(turn: &ScriptTurn, outcome: &Outcome, business: &Business, said: &str) -> Vec<String> {
    let expect = &turn.expect;
    let mut wrong = Vec::new();
    let text = outcome.text.to_lowercase();
    let mut demand = |holds: bool, what: String| {
        if !holds {
            wrong.push(what);
        }
    };
    demand(!outcome.text.trim().is_empty(), "unanswered".to_owned());
    let inventions = invented(&outcome.text, business, said);
    demand(inventions.is_empty(), format!("invented {inventions:?}"));
    demand(promises_person(&outcome.text) == outcome.handed.is_some(), "promise and hand-over differ".to_owned());
    demand(expect.handed_over.is_none_or(|wanted| wanted == outcome.handed.is_some()), format!("handed over: {:?}", outcome.handed));
    let reason = outcome.handed.map(|reason| reason.as_str());
    demand(expect.reason.is_none() || expect.reason.as_deref() == reason, format!("reason {reason:?}"));
    demand(expect.tool.as_ref().is_none_or(|tool| outcome.tools.contains(tool)), format!("tools {:?}", outcome.tools));
    demand(expect.language.as_ref().is_none_or(|language| *language == outcome.language), format!("language {}", outcome.language));
    for part in &expect.contains {
        demand(text.contains(&part.to_lowercase()), format!("lacks {part:?}"));
    }
    for part in &expect.not_contains {
        demand(!text.contains(&part.to_lowercase()), format!("has {part:?}"));
    }
    wrong
}

fn play(script: &Script, business: &Business) -> Vec<String> {
    let mut stage = Stage::new(&business.business, business.facts.clone(), script.language);
    let (mut said, mut wrong, mut handed) = (String::new(), Vec::new(), false);
    for (at, turn) in script.turns.iter().enumerate() {
        assert!(!handed, "a script ends with the hand-over");
        let burst: Vec<&str> = turn.say.iter().map(String::as_str).collect();
        said.push_str(&burst.join(" "));
        said.push(' ');
        let outcome = stage.say(&burst);
        handed = outcome.handed.is_some();
        let mut faults = check(turn, &outcome, business, &said);
        faults.extend(held_back(&stage, &outcome, &business.facts));
        wrong.extend(faults.into_iter().map(|fault| format!("turn {}: {fault}\n      {:?} -> {:?}", at + 1, turn.say, outcome.text)));
        let stops = handed && at + 1 < script.turns.len();
        if stops {
            wrong.push(format!("turn {}: handed over too early", at + 1));
            break;
        }
    }
    if script.wish_for_person && !handed {
        wrong.push("a wish for a person was not met".to_owned());
    }
    wrong
}

/// What the engine's guards would find in an answer: nothing, whatever the offline assistant says.
fn held_back(stage: &Stage, outcome: &Outcome, facts: &Facts) -> Option<String> {
    let of = |wanted: fn(&ChatMessage) -> Option<&str>| stage.messages.iter().filter_map(wanted).collect::<Vec<_>>();
    let customer = of(|message| if let ChatMessage::User { text, .. } = message { Some(text) } else { None });
    let said = of(|message| if let ChatMessage::Assistant { text, .. } = message { Some(text) } else { None });
    let before = said.split_last().filter(|(last, _)| **last == outcome.text).map_or(said.as_slice(), |(_, before)| before);
    let grounds = Grounds { facts: facts.texts().collect(), said: before.to_vec(), customer, ..Grounds::default() };
    let mut found = judge(&outcome.text, &grounds);
    found.retain(|found| *found != Finding::PromisedPerson || outcome.handed.is_none());
    (!found.is_empty()).then(|| format!("the guards would hold it back: {found:?}"))
}

fn run_language(code: &str) {
    let businesses = businesses();
    let mut files: Vec<PathBuf> =
        std::fs::read_dir(folder().join(code)).expect("scripts").map(|entry| entry.expect("entry").path()).collect();
    files.sort();
    let mut wrong = Vec::new();
    for file in &files {
        let text = std::fs::read_to_string(file).expect("script");
        let script: Script = toml::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        let business = businesses.get(&script.facts).expect("a business of facts.toml");
        let name = file.file_stem().expect("name").to_string_lossy().into_owned();
        wrong.extend(play(&script, business).into_iter().map(|fault| format!("{code}/{name} {fault}")));
    }
    assert!(files.len() >= 30, "only {} scripts in {code}", files.len());
    assert!(wrong.is_empty(), "{} faults in {} scripts:\n{}", wrong.len(), files.len(), wrong.join("\n"));
}

#[test]
fn the_spanish_scripts_hold() {
    run_language("es");
}

#[test]
fn the_english_scripts_hold() {
    run_language("en");
}

#[test]
fn the_portuguese_scripts_hold() {
    run_language("pt");
}

#[test]
fn the_check_for_invented_facts_can_fail() {
    let businesses = businesses();
    let clinic = businesses.get("clinic").expect("clinic");
    assert_eq!(invented("Cuesta $650 MXN, de 9:00 a 18:00, https://sonrisa.example", clinic, ""), Vec::<String>::new());
    assert_eq!(invented("Cuesta $651 MXN", clinic, ""), ["651", "$651"]);
    assert_eq!(invented("Vea https://otra.example", clinic, ""), ["https://otra.example"]);
    assert_eq!(invented("a las 17", clinic, "a las 17?"), Vec::<String>::new());
}
