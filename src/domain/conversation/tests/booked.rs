//! Acts on the book within a turn: one commit for act and journal, then the telling; a crash between the two repeats neither.

use super::sim::*;
use crate::domain::booking::{Act, Actor};
use crate::domain::content::{Button, Content};
use crate::domain::conversation::TurnId;
use crate::domain::conversation::effect::Effect;
use crate::domain::conversation::event::Event;
use crate::domain::tool::ToolEffect;
use serde_json::json;

fn act() -> ToolEffect {
    ToolEffect::Book { actor: Actor::System, act: Box::new(Act::Show { shown: Vec::new() }) }
}

fn told() -> ToolEffect {
    let buttons = vec![Button { id: "yes".into(), title: "Sí".into() }];
    ToolEffect::Say { content: Box::new(Content { buttons, ..Content::text("Jueves a las 17:00. ¿La confirmo?") }), note: None }
}

fn asking() -> Sim {
    let mut sim = Sim::new();
    sim.customer("mañana a las 5").gathered();
    sim.calls(vec![call("find_slots", json!({ "when": "mañana a las 5" })), call("find_slots", json!({ "when": "otro" }))]);
    sim
}

fn tells(sim: &Sim) -> bool {
    sim.effects().iter().any(|effect| matches!(effect, Effect::Tell { .. }))
}

#[test]
fn an_act_is_committed_with_its_journal_and_told_in_the_words_of_the_product() {
    let mut sim = asking();
    sim.tool(act());
    assert_eq!(sim.acts.len(), 1);
    assert!(tells(&sim), "{:?}", sim.effects());
    assert_eq!(sim.now.journal.len(), 1, "what the store has journaled stands in memory too");
    sim.tool(told());
    assert_eq!(sim.to_customer(), ["Jueves a las 17:00. ¿La confirmo?"]);
    assert_eq!(sim.messages.last().unwrap().content.buttons.len(), 1);
    assert_eq!(sim.acts.len(), 1, "the calls after it are not made");
    assert_eq!(sim.turns.last().unwrap().outcome, "replied");
    assert!(sim.now.owed.is_empty());
}

#[test]
fn what_was_booked_before_a_crash_is_told_after_it_and_not_booked_again() {
    let mut sim = asking();
    sim.tool(act());
    sim.crash();
    assert!(tells(&sim), "told before any model is asked: {:?}", sim.effects());
    sim.tool(told());
    assert_eq!(sim.to_customer(), ["Jueves a las 17:00. ¿La confirmo?"]);
    assert_eq!(sim.acts.len(), 1);
}

#[test]
fn a_call_that_is_made_again_after_a_crash_is_told_too() {
    let mut sim = asking();
    sim.tool_notes("n");
    sim.tool(act());
    sim.crash();
    assert!(tells(&sim));
    // What the tool says is for the model this time: it goes on, and asks for the same again.
    sim.tool(ToolEffect::None);
    sim.calls(vec![call("find_slots", json!({ "when": "otro" }))]);
    assert!(!tells(&sim) || sim.acts.len() == 1);
}

#[test]
fn a_takeover_between_act_and_telling_keeps_the_act_and_says_so() {
    let mut sim = asking();
    sim.tool(act());
    sim.agent_replies("Yo le ayudo");
    sim.tool(told());
    assert_eq!(sim.to_customer(), ["Yo le ayudo"]);
    assert!(
        sim.messages.iter().any(|message| message.author == crate::domain::conversation::message::Author::Note(None)),
        "people are told"
    );
}

#[test]
fn an_answer_of_the_book_to_a_superseded_turn_is_dropped() {
    let mut sim = asking();
    sim.event(Event::Booked { turn: TurnId { turn_no: 9, attempt: 9 }, call_id: "call_0".into(), result: json!({}) });
    assert_eq!(sim.last.as_ref().unwrap().dropped, Some("superseded"));
}
