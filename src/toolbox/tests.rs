//! The catalogue takes what fits and names what does not.

use super::*;
use crate::domain::facts::Facts;
use crate::domain::language::Language;
use crate::domain::tool::{HandoffReason, ToolEffect};
use serde_json::json;
use std::sync::Arc;

fn run(name: &str, arguments: Value) -> Result<ToolOutcome, ToolError> {
    let facts: Facts = serde_json::from_value(json!({"hours": {"es": "De 9 a 18", "en": "9 to 18"}})).expect("facts");
    let context = ToolContext::for_tests(Arc::new(facts), Language::Es);
    let call = ToolCall { id: "1".to_owned(), name: name.to_owned(), arguments, extra: None };
    futures::executor::block_on(Catalogue::default().call(&call, &context))
}

#[test]
fn a_fact_is_answered_word_for_word_in_the_wanted_language() {
    let outcome = run("answer_from_faq", json!({"question": "a qué hora abren", "language": "en"})).expect("outcome");
    assert_eq!(outcome.result, json!({"found": true, "topic": "hours", "answer": "9 to 18"}));
    assert_eq!(outcome.effect, ToolEffect::None);
    let absent = run("answer_from_faq", json!({"question": "dónde", "topic": "address"})).expect("outcome");
    assert_eq!(absent.result, json!({"found": false, "topic": "address"}));
}

#[test]
fn effects_carry_what_was_said() {
    let note = run("take_message", json!({"name": " Ana ", "reason": "llega tarde", "contact": "5512345678"})).expect("note");
    assert_eq!(note.effect, ToolEffect::Note { text: "Ana (5512345678): llega tarde".to_owned() });
    let handed = run("hand_off", json!({"reason": "needs_person", "text": "  "})).expect("hand-off");
    assert_eq!(handed.effect, ToolEffect::HandOff { reason: HandoffReason::NeedsPerson, text: None, summary: None });
    let closed = run("resolve", json!({"note": "settled", "text": "Adiós"})).expect("resolve");
    assert_eq!(closed.effect, ToolEffect::Resolve { text: Some("Adiós".to_owned()), note: "settled".to_owned() });
}

#[test]
fn wrong_arguments_are_refused_by_name() {
    let long = "x".repeat(5_000);
    let table = [
        ("take_message", json!({"name": "Ana"}), "reason"),
        ("take_message", json!({"name": " ", "reason": "x"}), "name"),
        ("take_message", json!({"name": "Ana", "reason": long}), "reason"),
        ("take_message", json!({"name": "Ana", "reason": "x", "phone": "1"}), "phone"),
        ("hand_off", json!({"reason": "assistant_failed"}), "assistant_failed"),
        ("hand_off", json!({"reason": "unknown", "text": 7}), "7"),
        ("hand_off", json!({}), "reason"),
        ("resolve", json!({"text": "bye"}), "note"),
        ("answer_from_faq", json!({"question": ""}), "question"),
        ("answer_from_faq", json!({"question": "x", "topic": "secrets"}), "secrets"),
        ("answer_from_faq", json!({"question": "x", "language": "fr"}), "fr"),
        ("answer_from_faq", Value::Null, "object"),
        ("hand_off", json!(["unknown", null, null]), "object"),
    ];
    for (name, arguments, mention) in table {
        match run(name, arguments.clone()) {
            Err(ToolError::Invalid(why)) => assert!(why.contains(mention), "{name} {arguments}: {why}"),
            other => panic!("{name} {arguments}: {other:?}"),
        }
    }
}

#[test]
fn an_unknown_tool_is_refused_and_specs_are_closed_objects() {
    assert_eq!(run("drop_tables", json!({})), Err(ToolError::Unknown("drop_tables".to_owned())));
    let specs = Catalogue::default().specs();
    assert_eq!(specs.iter().map(|spec| spec.name.as_str()).collect::<Vec<_>>(), ["answer_from_faq", "take_message", "hand_off", "resolve"]);
    for spec in specs.iter() {
        assert_eq!(spec.parameters["additionalProperties"], json!(false), "{}", spec.name);
    }
}

#[test]
fn every_schema_is_in_the_subset_that_is_checked() {
    for spec in Catalogue::default().specs().iter() {
        assert_eq!(crate::domain::schema::unknown_word(&spec.parameters), None, "{}", spec.name);
    }
}
