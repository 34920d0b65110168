//! What a turn may do with tools, and what becomes of an answer without ground.

use super::sim::{Sim, call, outcome, secs};
use crate::domain::conversation::event::{Event, ToolFailure};
use crate::domain::conversation::policy::Policy;
use crate::domain::conversation::standing::Standing;
use crate::domain::tool::{ToolCall, ToolEffect, ToolOutcome};
use serde_json::json;
use std::sync::Arc;

fn asked(policy: Policy) -> Sim {
    let mut sim = Sim::with(policy);
    sim.customer("hola").gathered();
    sim
}

fn look_up(question: &str) -> ToolCall {
    call("answer_from_faq", json!({ "question": question }))
}

#[test]
fn the_same_call_runs_twice_then_the_model_is_told_then_people_take_over() {
    let mut sim = asked(Policy::default());
    for question in ["Precio", " precio  "] {
        sim.calls(vec![look_up(question)]).tool(ToolEffect::None);
    }
    sim.calls(vec![look_up("PRECIO")]);
    let turn = sim.now.phase.turn().unwrap();
    assert_eq!(turn.exchanges.last().unwrap().result["error"], "enough");
    assert_eq!(sim.standing(), Standing::Pending);
    sim.calls(vec![look_up("precio")]);
    assert_eq!(sim.standing(), Standing::Open(None), "told and called again");
}

#[test]
fn a_model_that_was_told_may_still_answer() {
    let mut sim = asked(Policy { max_calls: 1, ..Policy::default() });
    sim.calls(vec![look_up("a"), look_up("b")]).tool(ToolEffect::None);
    sim.reply("No lo sé.");
    assert_eq!(sim.to_customer(), ["No lo sé."]);
    assert_eq!(sim.standing(), Standing::Pending);
}

#[test]
fn invalid_calls_of_one_round_are_one_mistake() {
    let mut sim = asked(Policy::default());
    sim.calls(vec![look_up("a"), look_up("b")]);
    sim.tool_fails(ToolFailure::Invalid("wrong".into())).tool_fails(ToolFailure::Invalid("wrong".into()));
    assert_eq!(sim.standing(), Standing::Pending);
    sim.calls(vec![look_up("c")]).tool_fails(ToolFailure::Invalid("wrong".into()));
    assert_eq!(sim.standing(), Standing::Open(None));
}

fn booking(sim: &mut Sim) -> bool {
    let turn = sim.turn();
    sim.calls(vec![call("book", json!({ "slot": "slot_1" }))]);
    sim.turn() == turn
}

fn binding() -> Policy {
    Policy { binding: Arc::from(["book".to_owned()]), ..Policy::default() }
}

#[test]
fn what_binds_runs_only_after_the_customer_has_answered_the_question() {
    let mut sim = asked(binding());
    assert!(!booking(&mut sim), "not at once");
    assert_eq!(sim.now.phase.turn().unwrap().exchanges[0].result["error"], "needs_confirmation");
    assert!(!booking(&mut sim), "nor in the same turn");
    sim.reply("¿Le parece bien?");
    sim.tick(secs(5)).customer("sí").gathered();
    assert!(booking(&mut sim), "now it runs");
    let done = ToolOutcome { result: json!({ "performed": ["booking"] }), ..outcome(ToolEffect::None) };
    sim.event(Event::ToolReturned { turn: sim.turn(), call_id: "call_0".into(), outcome: done });
    sim.reply("Su cita quedó confirmada.");
    assert_eq!(sim.to_customer().last().copied(), Some("Su cita quedó confirmada."));
}

#[test]
fn another_call_or_a_later_turn_needs_a_question_of_its_own() {
    let mut sim = asked(binding());
    booking(&mut sim);
    sim.reply("¿Le parece bien?");
    sim.tick(secs(5)).customer("¿y el precio?").gathered();
    sim.calls(vec![call("book", json!({ "slot": "slot_2" }))]);
    assert_eq!(sim.now.phase.turn().unwrap().exchanges[0].result["error"], "needs_confirmation");
    sim.reply("No lo sé.");
    sim.tick(secs(5)).customer("bueno").gathered();
    assert!(!booking(&mut sim), "the last question was about slot_2");
}

#[test]
fn a_crash_between_question_and_answer_forgets_nothing() {
    let mut sim = asked(binding());
    booking(&mut sim);
    sim.reply("¿Le parece bien?");
    sim.reload();
    sim.tick(secs(5)).customer("sí").gathered();
    assert!(booking(&mut sim));
}

#[test]
fn an_answer_without_ground_is_asked_again_once_then_people_take_over() {
    let mut sim = asked(Policy::default());
    sim.reply("Cuesta $99.");
    assert!(sim.to_customer().is_empty());
    assert_eq!(sim.standing(), Standing::Pending);
    sim.reply("Cuesta $99.");
    assert_eq!(sim.standing(), Standing::Open(None));
    assert_eq!(sim.turns[0].reason, Some("answer_held_back"));
    assert!(!sim.to_customer()[0].contains("99"));
    assert_eq!(sim.turns[0].trace["guards"].as_array().unwrap().len(), 2);
}

#[test]
fn the_texts_of_a_hand_over_and_a_good_bye_are_judged_too() {
    let mut sim = asked(Policy::default());
    sim.calls(vec![call("hand_off", json!({}))]).tool_hands_off(Some("Le paso, y su reembolso ha sido procesado."));
    assert!(!sim.to_customer()[0].contains("reembolso"), "{:?}", sim.to_customer());
    let mut sim = asked(Policy::default());
    let text = Some("Su cita quedó confirmada. ¡Adiós!".into());
    sim.calls(vec![call("resolve", json!({}))]).tool(ToolEffect::Resolve { text, note: "ok".into() });
    assert_eq!(sim.standing(), Standing::Resolved);
    assert!(!sim.to_customer()[0].contains("confirmada"));
}

#[test]
fn a_long_answer_is_asked_shorter_then_cut_at_a_sentence() {
    let mut sim = asked(Policy { max_answer: Some(30), ..Policy::default() });
    let long = "Uno dos tres cuatro. Cinco seis siete ocho nueve. Diez.";
    sim.reply(long).reply(long);
    assert_eq!(sim.to_customer(), ["Uno dos tres cuatro."]);
}
