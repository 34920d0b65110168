//! Changes, their bounds and their telling; filters and orders.

use super::attributes::{Attributes, MAX_ATTRIBUTES, MAX_BYTES, MAX_NAME, Scalar, is_name};
use super::filter::{AssigneeIs, Filter, Span};
use super::sort::{Key, Sort};
use super::*;
use crate::domain::conversation::standing::Status;
use crate::domain::time::Timestamp;
use uuid::Uuid;

fn label(number: u128) -> LabelId {
    LabelId(Uuid::from_u128(number))
}

fn labels(numbers: impl IntoIterator<Item = u128>) -> BTreeSet<LabelId> {
    numbers.into_iter().map(label).collect()
}

fn text(words: &str) -> Option<Scalar> {
    Some(Scalar::Text(words.to_owned()))
}

fn noted(changes: &[(&str, Option<Scalar>)]) -> TriageChange {
    TriageChange::Attributes(changes.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect())
}

#[test]
fn changes_are_made_in_order_and_told_once() {
    let before = Triage { labels: labels([1, 2]), ..Triage::default() };
    let changes = [
        TriageChange::Priority(Some(Priority::High)),
        TriageChange::AddLabels(labels([3])),
        TriageChange::RemoveLabels(labels([1, 9])),
        noted(&[("plan", text("oro")), ("vip", Some(Scalar::Bool(true)))]),
    ];
    let after = before.changed(&changes).unwrap();
    assert_eq!((after.priority, after.labels.clone()), (Some(Priority::High), labels([2, 3])));
    assert_eq!(after.attributes.get("vip"), Some(&Scalar::Bool(true)));
    let told = serde_json::to_value(before.differences(&after)).unwrap();
    assert_eq!(told[0], serde_json::json!({"field": "priority", "before": null, "after": "high"}));
    assert_eq!(told[1]["before"].as_array().map(Vec::len), Some(2));
    assert_eq!(told[2], serde_json::json!({"field": "attributes", "before": [], "after": ["plan", "vip"], "set": ["plan", "vip"]}));
    assert!(!told.to_string().contains("oro"), "what an attribute holds is not told");
    assert!(after.differences(&after).is_empty());
}

#[test]
fn what_is_beyond_a_bound_changes_nothing() {
    let full = Triage { labels: labels(0..20), ..Triage::default() };
    assert_eq!(full.changed(&[TriageChange::Priority(None), TriageChange::AddLabels(labels([99]))]), Err(TooMuch::Labels));
    assert!(full.changed(&[TriageChange::AddLabels(labels([3]))]).is_ok());
    let many: Vec<String> = (0..=MAX_ATTRIBUTES).map(|number| format!("a{number}")).collect();
    let all: Vec<(&str, Option<Scalar>)> = many.iter().map(|name| (name.as_str(), text("x"))).collect();
    assert_eq!(Triage::default().changed(&[noted(&all)]), Err(TooMuch::Attributes));
    assert!(Triage::default().changed(&[noted(&all[1..])]).is_ok());
    // {"a":"…"} is eight bytes around the words.
    let fits = Triage::default().changed(&[noted(&[("a", text(&"x".repeat(MAX_BYTES - 8)))])]).unwrap();
    assert_eq!(serde_json::to_string(&fits.attributes).unwrap().len(), MAX_BYTES);
    assert_eq!(Triage::default().changed(&[noted(&[("a", text(&"x".repeat(MAX_BYTES - 7)))])]), Err(TooMuch::Attributes));
    assert_eq!(fits.changed(&[noted(&[("a", None)])]), Ok(Triage::default()));
}

#[test]
fn a_name_is_a_word_of_small_letters() {
    for good in ["a", "plan_2", &"x".repeat(MAX_NAME)] {
        assert!(is_name(good), "{good}");
    }
    for bad in ["", "2x", "_x", "Plan", "año", "a-b", "a b", &"x".repeat(MAX_NAME + 1)] {
        assert!(!is_name(bad), "{bad}");
    }
}

#[test]
fn what_is_queued_reads_back() {
    let all = vec![
        TriageChange::Priority(None),
        TriageChange::Priority(Some(Priority::Urgent)),
        TriageChange::SetLabels(labels([1])),
        TriageChange::AddLabels(labels([])),
        noted(&[("a", None), ("b", Some(Scalar::Number(7.into()))), ("c", text("x"))]),
    ];
    let json = serde_json::to_string(&all).unwrap();
    assert_eq!(serde_json::from_str::<Vec<TriageChange>>(&json).unwrap(), all);
    assert_eq!(serde_json::from_str::<Attributes>("{}").unwrap(), Attributes::default());
}

#[test]
fn titles_that_look_alike_have_one_key() {
    assert_eq!(title_key("  Reclamación\u{a0} URGENTE "), "reclamacion urgente");
    assert_eq!(title_key("Reclamacio\u{301}n urgente"), title_key("reclamación Urgente"));
    assert_ne!(title_key("A+"), title_key("A"));
}

#[test]
fn a_filter_reads_back_and_says_only_what_was_asked() {
    assert_eq!(serde_json::to_string(&Filter::default()).unwrap(), "{}");
    let filter = Filter {
        statuses: [Status::Open].into(),
        assignee: Some(AssigneeIs::Me),
        priorities: [None, Some(Priority::Low)].into(),
        created: Span { from: Some(Timestamp::from_secs(9)), before: None },
        unattended: true,
        ..Filter::default()
    };
    let json = serde_json::to_string(&filter).unwrap();
    assert_eq!(serde_json::from_str::<Filter>(&json).unwrap(), filter);
    assert!(!filter.is_plain() && Filter { assignee: Some(AssigneeIs::Nobody), ..Filter::default() }.is_plain());
}

#[test]
fn every_order_is_spelled_and_leaves_out_what_is_not_asked_for() {
    for sort in Sort::ALL {
        assert_eq!(Sort::parse(sort.as_str()), Some(sort));
        assert_eq!(serde_json::to_value(sort).unwrap(), sort.as_str());
    }
    let none = Filter::default();
    assert_eq!(Sort::Priority.phases(&none).len(), 10);
    assert_eq!(Sort::Waiting.phases(&none)[0].1.key, Key::Waiting);
    let urgent = Filter { priorities: [Some(Priority::Urgent)].into(), waiting: Some(true), ..Filter::default() };
    let phases = Sort::Priority.phases(&urgent);
    assert_eq!((phases.len(), phases[0].0), (1, 0));
    let calm = Filter { waiting: Some(false), ..Filter::default() };
    assert_eq!(Sort::Waiting.phases(&calm).iter().map(|(number, _)| *number).collect::<Vec<_>>(), [1]);
}
