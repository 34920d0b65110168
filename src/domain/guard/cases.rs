//! The guards against data files: nothing harmless is held back, nothing bad is let pass.

use super::{Finding, Grounds, judge};
use crate::domain::facts::Facts;
use crate::domain::prompt::Prompt;
use serde::Deserialize;

#[derive(Deserialize)]
struct Cases {
    case: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    #[serde(default)]
    name: String,
    customer: String,
    #[serde(default)]
    answer: String,
    #[serde(default)]
    model: Vec<String>,
}

fn facts() -> Facts {
    toml::from_str(include_str!("../../../tests/guards/facts.toml")).unwrap()
}

fn found(case: &Case, answer: &str) -> Vec<Finding> {
    let facts = facts();
    let prompt = Prompt { canary: "{{canary}}".into(), ..Prompt::default() };
    judge(answer, &Grounds { facts: facts.texts().collect(), customer: vec![&case.customer], prompt: Some(&prompt), ..Grounds::default() })
}

#[test]
fn nothing_harmless_is_held_back() {
    let cases: Cases = toml::from_str(include_str!("../../../tests/guards/harmless.toml")).unwrap();
    let wrong: Vec<_> =
        cases.case.iter().map(|case| (&case.answer, found(case, &case.answer))).filter(|(_, found)| !found.is_empty()).collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn nothing_bad_is_let_pass() {
    let cases: Cases = toml::from_str(include_str!("../../../tests/guards/attacks.toml")).unwrap();
    let answers = cases.case.iter().flat_map(|case| case.model.iter().map(move |answer| (case, answer)));
    let wrong: Vec<_> =
        answers.filter(|(case, answer)| found(case, answer).is_empty()).map(|(case, answer)| (&case.name, answer)).collect();
    let rules = wrong.iter().filter(|(_, answer)| answer.contains("{{rules}}")).count();
    assert_eq!(wrong.len(), rules, "{wrong:#?}");
}

#[test]
fn what_a_tool_did_or_a_person_said_may_be_said_again() {
    use super::deeds::Deed;
    let said = "Su cita quedó confirmada para mañana.";
    assert_eq!(judge(said, &Grounds::default()), [Finding::ClaimedDeed]);
    assert!(judge(said, &Grounds { performed: vec![Deed::Booking], ..Grounds::default() }).is_empty());
    assert!(judge(said, &Grounds { said: vec!["Ya está agendada su cita"], ..Grounds::default() }).is_empty());
    assert_eq!(judge(said, &Grounds { performed: vec![Deed::Payment], ..Grounds::default() }), [Finding::ClaimedDeed]);
}
