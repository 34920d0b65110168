//! The assistant's turn: fences, restarts, tools, crashes.

use super::sim::{Sim, call, outcome, secs};
use crate::domain::conversation::Phase;
use crate::domain::conversation::effect::Effect;
use crate::domain::conversation::event::{Event, Reply, ToolFailure};
use crate::domain::conversation::message::Author;
use crate::domain::conversation::policy::Policy;
use crate::domain::conversation::standing::Standing;
use crate::domain::tool::{ToolCall, ToolEffect};
use serde_json::json;

fn thinking() -> Sim {
    let mut sim = Sim::new();
    sim.customer("hola").gathered();
    sim
}

fn late_reply(sim: &Sim, text: &str) -> Event {
    Event::LlmReplied { turn: sim.turn(), reply: Reply { text: Some(text.into()), ..Reply::default() } }
}

fn note_call() -> ToolCall {
    call("take_message", json!({ "text": "llamar" }))
}

#[test]
fn conv_27_28_an_answer_stops_the_wait_clock_and_the_next_message_starts_a_new_one() {
    let mut sim = thinking();
    sim.reply("Hola");
    assert_eq!(sim.now.state.waiting_since, None);
    sim.tick(secs(60)).customer("¿precio?");
    assert_eq!(sim.now.state.waiting_since, Some(sim.at));
}

#[test]
fn a_new_message_restarts_the_turn_twice_then_waits_for_the_next() {
    let mut sim = thinking();
    let first = late_reply(&sim, "viejo");
    sim.customer("otra").customer("y otra").customer("y una más");
    let turn = sim.now.phase.turn().unwrap();
    assert_eq!((turn.restarts, turn.covers), (2, 3));
    sim.event(first);
    assert_eq!(sim.dropped(), Some("superseded"));
    sim.reply("uno");
    let turn = sim.now.phase.turn().unwrap();
    assert_eq!((turn.id.turn_no, turn.covers, turn.restarts), (2, 1, 0));
    sim.reply("dos");
    assert_eq!(sim.to_customer(), ["uno", "dos"]);
    assert_eq!(sim.outbox[0].0.in_reply_to, sim.messages[2].external_id, "an answer refers to what it answers");
}

#[test]
fn no_restart_twenty_seconds_after_the_oldest_message() {
    let mut sim = thinking();
    sim.tick(secs(17)).customer("a tiempo");
    assert_eq!(sim.now.phase.turn().unwrap().restarts, 1);
    sim.tick(secs(1)).customer("tarde");
    assert_eq!(sim.now.phase.turn().unwrap().restarts, 1);
}

#[test]
fn a_note_a_reaction_or_a_delivery_never_restarts_a_turn() {
    let mut sim = thinking();
    let turn = sim.turn();
    sim.agent_notes("ojo");
    assert_eq!(sim.turn(), turn);
}

#[test]
fn the_clock_of_those_who_wrote_meanwhile_counts_from_their_message() {
    let mut sim = thinking();
    sim.tick(secs(30)).customer("¿y el precio?");
    let wrote = sim.at;
    sim.tick(secs(30)).reply("Hola");
    assert_eq!(sim.now.state.waiting_since, Some(wrote));
}

#[test]
fn an_answer_that_comes_twice_is_not_the_answer_of_the_next_round() {
    let mut sim = thinking();
    let calls = vec![note_call()];
    let reply = Event::LlmReplied { turn: sim.turn(), reply: Reply { calls, ..Reply::default() } };
    sim.event(reply.clone()).event(reply.clone());
    assert_eq!(sim.dropped(), Some("superseded"), "while the tool runs");
    sim.tool_notes("llamar").event(reply);
    assert_eq!(sim.dropped(), Some("superseded"), "in the next round");
    assert_eq!(sim.now.journal.len(), 1);
}

#[test]
fn a_tools_answer_that_comes_twice_counts_once() {
    let mut sim = thinking();
    sim.calls(vec![note_call(), call("answer_from_faq", json!({}))]);
    let returned = Event::ToolReturned { turn: sim.turn(), call_id: "call_0".into(), outcome: outcome(ToolEffect::None) };
    sim.event(returned.clone()).event(returned.clone());
    assert!(matches!(sim.now.phase, Phase::Thinking { .. }));
    sim.event(returned);
    assert_eq!(sim.dropped(), Some("superseded"));
}

#[test]
fn the_record_of_a_turn_names_the_model_and_all_tokens_however_it_ends() {
    let endings: [fn(&mut Sim); 4] = [
        |sim| {
            sim.tool(ToolEffect::None).reply("Listo");
        },
        |sim| {
            sim.tool_hands_off(None);
        },
        |sim| {
            sim.tool(ToolEffect::None).reply("Un momento, le paso con un asesor.");
        },
        |sim| {
            sim.tool(ToolEffect::Resolve { text: None, note: "hecho".into() });
        },
    ];
    for (ending, tokens) in endings.into_iter().zip([30, 15, 30, 15]) {
        let mut sim = thinking();
        sim.calls(vec![call("x", json!({}))]);
        ending(&mut sim);
        assert_eq!(sim.turns[0].model, "model-1");
        assert!(sim.usage.contains(&("model_tokens", tokens)), "{:?}", sim.usage);
    }
}

#[test]
fn conv_43_a_hand_off_tool_that_ran_before_a_crash_but_did_not_commit_is_done_in_full_afterwards() {
    let mut sim = thinking();
    sim.calls(vec![call("hand_off", json!({}))]).crash();
    assert_eq!(sim.standing(), Standing::Pending);
    sim.calls(vec![call("hand_off", json!({}))]).tool_hands_off(None);
    assert_eq!((sim.standing(), sim.handoffs(), sim.to_customer().len()), (Standing::Open(None), 1, 1));
}

#[test]
fn conv_56_a_crash_at_any_point_of_a_turn_ends_in_one_answer() {
    let points: [fn(&mut Sim); 5] = [
        |sim| {
            sim.customer("hola");
        },
        |sim| {
            sim.customer("hola").gathered();
        },
        |sim| {
            sim.customer("hola").gathered().calls(vec![note_call()]);
        },
        |sim| {
            sim.customer("hola").gathered().calls(vec![note_call()]).tool_notes("llamar");
        },
        |sim| {
            sim.customer("hola").gathered().reply("Hola");
        },
    ];
    for (point, play) in points.into_iter().enumerate() {
        let mut sim = Sim::new();
        play(&mut sim);
        sim.crash();
        if sim.now.phase != Phase::Idle {
            sim.reply("Hola");
        }
        assert_eq!(sim.to_customer(), ["Hola"], "crash point {point}");
        assert_eq!(sim.reasons(), [Some("answered")]);
    }
}

#[test]
fn a_committed_side_effect_is_not_made_again_after_a_crash() {
    let mut sim = thinking();
    sim.calls(vec![note_call()]).tool_notes("llamar").crash();
    let turn = sim.now.phase.turn().unwrap();
    assert_eq!((turn.id.turn_no, turn.exchanges.len(), turn.journaled), (1, 1, true));
    sim.calls(vec![note_call()]);
    assert!(matches!(sim.effects(), [Effect::CallLlm { .. }]), "its result is taken from the journal");
    sim.reply("Le dejo su recado.");
    let notes = sim.messages.iter().filter(|message| message.author == Author::Note(None)).count();
    assert_eq!((notes, sim.turns.len(), sim.now.state.last_turn), (1, 1, 1));
}

#[test]
fn equal_calls_of_one_attempt_are_counted_and_each_is_committed() {
    let mut sim = thinking();
    sim.calls(vec![note_call(), note_call()]).tool_notes("llamar");
    assert_eq!(sim.last.as_ref().unwrap().writes.as_ref().unwrap().journal[0].occurrence, 0);
    sim.tool_notes("llamar");
    let entry = &sim.last.as_ref().unwrap().writes.as_ref().unwrap().journal[0];
    assert_eq!((entry.occurrence, entry.ordinal), (1, 1));
}

#[test]
fn a_turn_with_a_side_effect_is_not_restarted_and_a_takeover_leaves_a_note() {
    let mut sim = thinking();
    sim.calls(vec![note_call()]).tool_notes("llamar").customer("otra cosa");
    assert_eq!(sim.now.phase.turn().unwrap().restarts, 0);
    sim.agent_replies("yo sigo");
    assert!(sim.messages.iter().any(|message| message.content.text.contains("interrumpido")));
    assert_eq!((sim.turns[0].outcome, sim.now.state.last_turn), ("abandoned", 1));
}

#[test]
fn too_many_rounds_go_to_people() {
    let mut sim = thinking();
    for _ in 0..6 {
        sim.calls(vec![call("x", json!({}))]).tool(ToolEffect::None);
    }
    assert_eq!((sim.standing(), sim.handoffs(), sim.turns[0].reason), (Standing::Open(None), 1, Some("too_many_steps")));
}

#[test]
fn an_invalid_call_is_told_once_then_people_get_it() {
    let mut sim = thinking();
    sim.calls(vec![call("x", json!({}))]).tool_fails(ToolFailure::Invalid("unknown tool".into()));
    assert!(matches!(sim.effects(), [Effect::CallLlm { .. }]));
    sim.calls(vec![call("x", json!({}))]).tool_fails(ToolFailure::Invalid("unknown tool".into()));
    assert_eq!((sim.standing(), sim.to_customer().len()), (Standing::Open(None), 1));
}

#[test]
fn resolving_waits_for_what_the_customer_wrote_meanwhile() {
    let mut sim = thinking();
    sim.tick(secs(30)).calls(vec![call("resolve", json!({}))]).customer("ah, y otra cosa");
    sim.tool(ToolEffect::Resolve { text: Some("Con gusto.".into()), note: "hecho".into() });
    assert_eq!((sim.standing(), sim.to_customer()), (Standing::Pending, vec!["Con gusto."]));
    assert_eq!(sim.now.phase.turn().unwrap().covers, 1);

    let mut sim = thinking();
    sim.tick(secs(30)).calls(vec![call("resolve", json!({}))]).customer("ah, y otra cosa");
    sim.tool(ToolEffect::Resolve { text: None, note: "hecho".into() });
    assert_eq!(sim.now.phase.turn().unwrap().covers, 2, "nothing was said: the next turn answers all of it");
}

#[test]
fn an_assistant_that_is_switched_off_mid_conversation_says_no_more_and_people_get_it() {
    let moments: [fn(&mut Sim); 4] = [
        |sim| {
            sim.customer("¿hola?");
        },
        |sim| {
            sim.reply("Hola");
        },
        |sim| {
            sim.crash();
        },
        |sim| {
            sim.calls(vec![note_call()]);
        },
    ];
    for moment in moments {
        let mut sim = thinking();
        sim.policy = Policy { assistant: false, ..Policy::default() };
        moment(&mut sim);
        assert_eq!((sim.standing(), sim.handoffs(), sim.to_customer().len()), (Standing::Open(None), 1, 0));
        assert!(sim.now.state.waiting_since.is_some());
    }
}

#[test]
fn a_resume_with_nothing_owed_or_a_turn_under_way_does_nothing() {
    let mut sim = Sim::new();
    sim.event(Event::Resumed);
    assert_eq!(sim.dropped(), Some("nothing_owed"));
    sim.customer("hola").gathered().event(Event::Resumed);
    assert_eq!(sim.dropped(), Some("already_running"));
}
