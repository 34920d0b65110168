//! What people sort conversations by: changed by commands, told once, moving nobody.

use super::sim::{ANA, Sim, call};
use crate::domain::conversation::effect::{CommandOutcome, TimelineKind};
use crate::domain::conversation::event::Happening;
use crate::domain::conversation::standing::Standing;
use crate::domain::ids::LabelId;
use crate::domain::tool::{HandoffReason, ToolEffect};
use crate::domain::triage::{Difference, Priority, TriageChange};
use serde_json::json;
use std::collections::BTreeSet;
use uuid::Uuid;

fn labels(numbers: impl IntoIterator<Item = u128>) -> BTreeSet<LabelId> {
    numbers.into_iter().map(|number| LabelId(Uuid::from_u128(number))).collect()
}

fn triaged(sim: &Sim) -> Vec<&[Difference]> {
    sim.timeline
        .iter()
        .filter_map(|kind| if let TimelineKind::Triaged { differences, .. } = kind { Some(differences.as_slice()) } else { None })
        .collect()
}

#[test]
fn a_change_is_told_with_what_was_before_and_moves_nobody() {
    let mut sim = Sim::new();
    sim.customer("hola");
    let (standing, activity) = (sim.standing(), sim.now.state.last_activity_at);
    let changes = vec![TriageChange::Priority(Some(Priority::Urgent)), TriageChange::AddLabels(labels([1, 2]))];
    sim.arrive(Happening::AgentTriaged { by: ANA, changes });
    assert_eq!(sim.outcome(), Some(CommandOutcome::Done { changed: true, seq: None }));
    assert_eq!((sim.standing(), sim.now.state.last_activity_at), (standing, activity));
    let before = Difference::Priority { before: None, after: Some(Priority::Urgent) };
    assert_eq!(triaged(&sim), [[before, Difference::Labels { before: labels([]), after: labels([1, 2]) }]]);
}

#[test]
fn conv_24_an_empty_or_irrelevant_change_emits_no_event() {
    let mut sim = Sim::new();
    sim.customer("hola");
    sim.arrive(Happening::AgentTriaged { by: ANA, changes: vec![TriageChange::AddLabels(labels([1]))] });
    let told = sim.timeline.len();
    let nothing = [
        vec![],
        vec![TriageChange::Priority(None)],
        vec![TriageChange::SetLabels(labels([1])), TriageChange::RemoveLabels(labels([2]))],
        vec![TriageChange::Priority(Some(Priority::Low)), TriageChange::Priority(None)],
        vec![TriageChange::Attributes([("plan".to_owned(), None)].into())],
    ];
    for changes in nothing {
        sim.arrive(Happening::AgentTriaged { by: ANA, changes });
        assert_eq!(sim.outcome(), Some(CommandOutcome::Done { changed: false, seq: None }));
    }
    assert_eq!(sim.timeline.len(), told);
}

#[test]
fn one_label_too_many_changes_nothing_at_all() {
    let mut sim = Sim::new();
    sim.customer("hola");
    let changes = vec![TriageChange::Priority(Some(Priority::Low)), TriageChange::SetLabels(labels(0..21))];
    sim.arrive(Happening::AgentTriaged { by: ANA, changes });
    assert!(matches!(sim.outcome(), Some(CommandOutcome::Refused { code, .. }) if code == "too_many_labels"));
    assert_eq!((sim.now.state.triage.priority, triaged(&sim).len()), (None, 0));
}

#[test]
fn whoever_is_upset_is_handed_over_with_a_high_priority_unless_a_person_has_said_another() {
    let hand_over = |sim: &mut Sim, reason| {
        sim.gathered().calls(vec![call("hand_off", json!({}))]).tool(ToolEffect::HandOff { reason, text: None, summary: None });
        (sim.handoffs(), sim.now.state.triage.priority)
    };
    let (mut upset, mut calm, mut said) = (Sim::new(), Sim::new(), Sim::new());
    upset.customer("¡esto es un robo!");
    assert_eq!(hand_over(&mut upset, HandoffReason::CustomerUpset), (1, Some(Priority::High)));
    assert_eq!(triaged(&upset), [[Difference::Priority { before: None, after: Some(Priority::High) }]]);
    calm.customer("quiero una persona");
    assert_eq!((hand_over(&mut calm, HandoffReason::CustomerAsked), triaged(&calm).len()), ((1, None), 0));
    said.customer("¡esto es un robo!");
    said.arrive(Happening::AgentTriaged { by: ANA, changes: vec![TriageChange::Priority(Some(Priority::Low))] });
    assert_eq!((hand_over(&mut said, HandoffReason::CustomerUpset), triaged(&said).len()), ((1, Some(Priority::Low)), 1));
}

#[test]
fn it_stays_through_every_status() {
    let mut sim = Sim::new();
    sim.customer("hola");
    sim.arrive(Happening::AgentTriaged { by: ANA, changes: vec![TriageChange::SetLabels(labels([7]))] });
    sim.resolve().customer("otra vez");
    assert_eq!((sim.standing(), sim.now.state.triage.labels.clone()), (Standing::Pending, labels([7])));
}
