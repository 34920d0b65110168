//! What people set, and what hangs on it: wake-up times, cycles, assignees.

use super::sim::{ANA, Sim, secs};
use crate::domain::conversation::effect::{CommandOutcome, TimelineKind};
use crate::domain::conversation::standing::{Human, Standing, Status};
use crate::domain::conversation::{Conversation, State};

fn changes(sim: &Sim) -> usize {
    sim.timeline.iter().filter(|kind| matches!(kind, TimelineKind::StandingChanged { .. })).count()
}

#[test]
fn conv_08_a_reply_or_a_note_in_a_resolved_conversation_leaves_it_resolved() {
    let mut sim = Sim::new();
    sim.customer("hola").resolve().agent_replies("por cierto").agent_notes("nota");
    assert_eq!((sim.standing(), sim.now.state.cycle), (Standing::Resolved, 1));
    assert_eq!(sim.to_customer(), ["por cierto"]);
}

#[test]
fn conv_09_leaving_snoozed_by_any_path_clears_the_wake_up_time() {
    let paths: [fn(&mut Sim); 7] = [
        |sim| {
            sim.customer("hola");
        },
        |sim| {
            sim.resolve();
        },
        |sim| {
            sim.status(Some(Status::Spam), None);
        },
        |sim| {
            sim.status(Some(Status::Open), None);
        },
        |sim| {
            sim.status(None, None);
        },
        |sim| {
            sim.hand_back();
        },
        |sim| {
            sim.tick(secs(601));
        },
    ];
    for path in paths {
        let mut sim = Sim::new();
        sim.snooze(secs(600));
        path(&mut sim);
        assert_ne!(sim.standing().status(), Status::Snoozed);
        assert!(!sim.timers.contains_key(&super::super::event::TimerKind::Snooze));
    }
}

#[test]
fn conv_12_a_snooze_in_the_past_is_refused_and_changes_nothing() {
    let mut sim = Sim::new();
    let now = sim.at;
    sim.customer("hola").status(Some(Status::Snoozed), Some(now));
    assert!(matches!(sim.outcome(), Some(CommandOutcome::Refused { code, .. }) if code == "snooze_in_past"));
    assert_eq!(sim.standing(), Standing::Pending);
}

#[test]
fn conv_13_toggling_resolves_what_is_open_and_opens_anything_else() {
    let table = [
        (Status::Open, Status::Resolved),
        (Status::Pending, Status::Open),
        (Status::Snoozed, Status::Open),
        (Status::Resolved, Status::Open),
        (Status::Spam, Status::Open),
    ];
    for (from, to) in table {
        let mut sim = Sim::new();
        sim.status(Some(from), None).status(None, None);
        assert_eq!(sim.standing().status(), to, "{from:?}");
    }
}

#[test]
fn conv_15_resolving_twice_resolves_once() {
    let mut sim = Sim::new();
    sim.customer("hola").resolve();
    let before = (sim.timeline.len(), changes(&sim), sim.now.state.resolved_at);
    sim.tick(secs(5)).resolve();
    assert_eq!((sim.timeline.len(), changes(&sim), sim.now.state.resolved_at), before);
    assert_eq!(sim.outcome(), Some(CommandOutcome::Done { changed: false, seq: None }));
}

#[test]
fn resolving_while_the_customer_writes_ends_the_turn_and_the_next_message_reopens() {
    let mut sim = Sim::new();
    sim.customer("hola").gathered();
    let turn = sim.turn();
    sim.resolve();
    assert_eq!((sim.reasons()[0], sim.now.state.waiting_since), (Some("set_by_agent"), None));
    sim.customer("¿hola?").gathered().reply("Dígame");
    assert_ne!(sim.turn(), turn);
    assert_eq!((sim.standing(), sim.to_customer()), (Standing::Pending, vec!["Dígame"]));
}

#[test]
fn every_return_from_resolved_is_a_new_cycle_also_by_way_of_spam() {
    let mut sim = Sim::new();
    sim.customer("hola").resolve().status(Some(Status::Spam), None).status(Some(Status::Open), None);
    assert_eq!(sim.now.state.cycle, 2);
    sim.resolve().hand_back();
    assert_eq!(sim.now.state.cycle, 3);
    sim.resolve().snooze(secs(9)).tick(secs(9));
    assert_eq!(sim.now.state.cycle, 4);
}

#[test]
fn an_assignee_who_is_dropped_by_a_return_to_the_assistant_is_told_to_streams() {
    let returns: [fn(&mut Sim); 2] = [
        |sim| {
            sim.hand_back();
        },
        |sim| {
            sim.resolve().customer("hola");
        },
    ];
    for returned in returns {
        let mut sim = Sim::new();
        sim.assign(Some(ANA));
        returned(&mut sim);
        assert_eq!((sim.standing(), sim.now.state.assignee), (Standing::Pending, None));
        assert!(sim.timeline.iter().any(|event| matches!(event, TimelineKind::AssigneeChanged { assignee: None, .. })));
    }
}

#[test]
fn moving_a_snooze_moves_its_timer() {
    let mut sim = Sim::new();
    sim.snooze(secs(60)).snooze(secs(600)).tick(secs(61));
    assert_eq!(sim.standing().status(), Status::Snoozed);
    sim.status(Some(Status::Snoozed), None);
    assert!(sim.timers.is_empty(), "until the customer writes");
}

#[test]
fn every_standing_reads_back_as_it_was_written() {
    let at = super::sim::start();
    let people = [None, Some(Human::Phone), Some(Human::Agent(ANA))];
    let mut all = vec![Standing::Pending, Standing::Resolved, Standing::Spam];
    for speaker in people {
        all.extend([Standing::Open(speaker), Standing::Snoozed { speaker, until: None }, Standing::Snoozed { speaker, until: Some(at) }]);
    }
    for standing in all {
        let state = State { standing, ..Conversation::begin(true, false, false, at) };
        let text = serde_json::to_string(&state).unwrap();
        assert_eq!(serde_json::from_str::<State>(&text).unwrap(), state, "{text}");
    }
}
