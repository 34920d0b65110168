//! The hand-off: one bundle, one text, whichever path led to it.

use super::sim::{Sim, call, secs};
use crate::domain::conversation::Phase;
use crate::domain::conversation::effect::InboundState;
use crate::domain::conversation::event::ToolFailure;
use crate::domain::conversation::message::Author;
use crate::domain::conversation::standing::{Standing, Status};
use crate::domain::ids::InboundId;
use crate::domain::language::Language;
use crate::domain::phrases::handed_to_people;
use crate::domain::tool::ToolEffect;
use serde_json::json;

/// A way to a hand-off, with its name.
type Path = (&'static str, fn(&mut Sim));

fn thinking() -> Sim {
    let mut sim = Sim::new();
    sim.customer("quiero hablar con alguien").gathered();
    sim
}

#[test]
fn conv_39_a_hand_off_opens_keeps_the_wait_clock_and_is_told_once() {
    let mut sim = thinking();
    let since = sim.now.state.waiting_since;
    sim.tick(secs(5)).calls(vec![call("hand_off", json!({}))]).tool_hands_off(Some("Le paso con Ana."));
    assert_eq!((sim.standing(), sim.handoffs()), (Standing::Open(None), 1));
    assert_eq!(sim.now.state.waiting_since, since, "conv_27: a hand-off text does not stop the clock");
    assert_eq!(sim.to_customer(), ["Le paso con Ana."]);
    assert_eq!(sim.reasons(), [Some("handed_off")]);
}

#[test]
fn conv_41_44_the_customer_sees_exactly_one_text_whichever_failure_caused_it() {
    let paths: [Path; 7] = [
        ("the model fails", |sim| {
            sim.llm_fails();
        }),
        ("an empty answer", |sim| {
            sim.reply("  ");
        }),
        ("a tool fails", |sim| {
            sim.calls(vec![call("x", json!({}))]).tool_fails(ToolFailure::Failed("broken".into()));
        }),
        ("the deadline passes while a tool runs", |sim| {
            sim.calls(vec![call("x", json!({}))]).llm_fails();
        }),
        ("the tool says it itself", |sim| {
            sim.calls(vec![call("x", json!({}))]).tool_hands_off(Some("Le paso con Ana."));
        }),
        ("the tool says nothing", |sim| {
            sim.calls(vec![call("x", json!({}))]).tool_hands_off(Some(" "));
        }),
        ("rows are poison", |sim| {
            let rows = sim.rows.keys().copied().collect();
            sim.poisoned(rows);
        }),
    ];
    for (name, path) in paths {
        let mut sim = thinking();
        path(&mut sim);
        assert_eq!((sim.standing(), sim.handoffs(), sim.to_customer().len()), (Standing::Open(None), 1, 1), "{name}");
        assert_eq!(sim.now.phase, Phase::Idle, "{name}");
        sim.llm_fails().poisoned(vec![]).delivery_fails(false);
        assert_eq!((sim.handoffs(), sim.to_customer().len()), (1, 1), "{name}: never a second one");
    }
}

#[test]
fn conv_57_a_promise_of_a_person_becomes_the_hand_off_that_it_promises() {
    let mut sim = thinking();
    sim.reply("Un momento, en cinco minutos le llama un asesor.");
    let fixed = handed_to_people(Language::Es);
    assert_eq!((sim.standing(), sim.to_customer(), sim.handoffs()), (Standing::Open(None), vec![fixed], 1));
    assert!(sim.now.state.waiting_since.is_some());
}

#[test]
fn conv_57_a_promise_in_the_last_words_of_a_resolve_is_repaired_too() {
    let mut sim = thinking();
    let text = Some("Un momento, le paso con un asesor.".into());
    sim.calls(vec![call("resolve", json!({}))]).tool(ToolEffect::Resolve { text, note: "hecho".into() });
    assert_eq!((sim.standing(), sim.handoffs()), (Standing::Open(None), 1));
}

#[test]
fn conv_79_notes_and_system_lines_never_leave() {
    let mut sim = thinking();
    sim.agent_notes("secreto").llm_fails().resolve();
    let notes: Vec<i64> = sim.messages.iter().filter(|message| !message.author.public()).map(|message| message.seq).collect();
    assert_eq!(notes.len(), 2);
    assert!(sim.outbox.iter().all(|(row, _)| !notes.contains(&row.seq)));
    assert!(sim.to_customer().iter().all(|text| !text.contains("timed out")), "nor does what the machine says about itself");
}

#[test]
fn conv_54_after_resolve_and_return_the_assistant_answers_again() {
    let mut sim = thinking();
    sim.llm_fails().resolve().customer("hola otra vez").gathered().reply("¡Hola!");
    assert_eq!((sim.standing(), sim.now.state.cycle), (Standing::Pending, 2));
    assert_eq!(sim.to_customer().last(), Some(&"¡Hola!"));
    assert!(sim.now.state.recent.iter().any(|message| message.cycle == 1), "the old cycle is told apart by its number");
}

#[test]
fn poison_is_dead_and_people_learn_of_it_whoever_holds_the_conversation() {
    for (status, becomes) in [(Status::Open, Status::Open), (Status::Resolved, Status::Open), (Status::Snoozed, Status::Open)] {
        let mut sim = Sim::new();
        sim.status(Some(status), None);
        let row = sim.row(sim.words("bad", "☠"), secs(0));
        sim.ingest(&row);
        sim.poisoned(vec![row.id, row.id]);
        assert_eq!(sim.rows[&row.id].state, InboundState::Dead);
        assert_eq!((sim.standing().status(), sim.to_customer().len()), (becomes, 0));
        assert!(matches!(sim.messages.last().map(|message| message.author), Some(Author::Note(None))));
    }
}

#[test]
fn poison_among_owed_rows_settles_the_others_as_handed_over() {
    let mut sim = Sim::new();
    sim.customer("uno").customer("dos").gathered();
    let first: Vec<InboundId> = sim.rows.keys().copied().take(1).collect();
    sim.poisoned(first);
    assert_eq!(sim.reasons(), [Some("poison"), Some("handed_off")]);
}
