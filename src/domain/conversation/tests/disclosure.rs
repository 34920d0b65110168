//! The assistant's first words of a stretch say that a machine wrote them, whoever chose the words.

use super::sim::{ANA, Fate, Sim, call, says, secs};
use crate::domain::conversation::policy::Policy;
use crate::domain::disclosure::discloses;
use serde_json::json;

const HE_IS: &str = "Soy el asistente automático de Casa Azul.";

fn sim() -> Sim {
    Sim::with(Policy { disclosure: Some("Casa Azul".into()), ..Policy::default() })
}

#[test]
fn what_a_model_forgets_is_added_once() {
    let mut sim = sim();
    sim.customer("hola").gathered().reply("¡Hola! ¿En qué le ayudo?");
    sim.customer("¿dónde están?").gathered().reply("En la calle Mayor 3.");
    assert_eq!(sim.to_customer(), ["¡Hola! Soy el asistente automático de Casa Azul. ¿En qué le ayudo?", "En la calle Mayor 3."]);
    assert_eq!(sim.messages[1].content.text, sim.to_customer()[0], "people read what the customer read");
}

#[test]
fn what_a_model_says_itself_is_left_alone() {
    let mut sim = sim();
    sim.customer("hola").gathered().reply("Hola, le atiende el asistente virtual de Casa Azul.");
    assert_eq!(sim.to_customer(), ["Hola, le atiende el asistente virtual de Casa Azul."]);
}

#[test]
fn it_is_said_in_the_customers_language() {
    for (words, told) in [
        ("oi, vocês abrem hoje?", "Sou o assistente automático de Casa Azul. Sim."),
        ("hello, are you open today?", "I am the automatic assistant of Casa Azul. Sim."),
    ] {
        let mut sim = sim();
        sim.customer(words).gathered().reply("Sim.");
        assert_eq!(sim.to_customer(), [told]);
    }
}

#[test]
fn it_is_not_repeated_after_people_and_is_in_the_next_stretch() {
    let mut sim = sim();
    sim.customer("hola").gathered().reply("Dígame.");
    sim.outbox.iter_mut().for_each(|(_, fate)| *fate = Fate::Sent);
    sim.arrive(says(ANA, "Hola, soy Ana.")).customer("¿dónde están?").hand_back().reply("En la calle Mayor 3.");
    assert_eq!(sim.to_customer(), [&format!("{HE_IS} Dígame."), "Hola, soy Ana.", "En la calle Mayor 3."]);
    sim.resolve().customer("hola de nuevo").gathered().reply("Dígame.");
    assert_eq!(sim.to_customer().last().copied(), Some(format!("{HE_IS} Dígame.").as_str()));
}

#[test]
fn a_person_who_spoke_first_does_not_disclose_for_the_machine() {
    let mut sim = sim();
    sim.customer("hola").arrive(says(ANA, "Hola, soy Ana.")).customer("¿dónde están?").hand_back().reply("En la calle Mayor 3.");
    assert_eq!(sim.to_customer(), ["Hola, soy Ana.", &format!("{HE_IS} En la calle Mayor 3.")]);
}

#[test]
fn a_long_silence_of_the_snapshot_does_not_bring_it_back() {
    let mut sim = sim();
    sim.customer("hola").gathered().reply("Dígame.");
    for number in 0..40 {
        sim.customer(&format!("{number} {}", "palabra ".repeat(100)));
    }
    sim.tick(secs(20)).reply("Gracias.");
    assert!(sim.now.state.recent.iter().all(|message| message.seq > 2), "the first answer has left the snapshot");
    assert_eq!(sim.to_customer(), [&format!("{HE_IS} Dígame."), "Gracias."]);
}

#[test]
fn a_hand_over_and_a_failure_are_first_words_too() {
    let mut asked = sim();
    asked.customer("quiero una persona").gathered().calls(vec![call("hand_off", json!({}))]).tool_hands_off(Some("Le paso con Ana."));
    assert_eq!(asked.to_customer(), [format!("{HE_IS} Le paso con Ana.")]);
    let mut failed = sim();
    failed.customer("hola").gathered().llm_fails();
    assert!(failed.to_customer().iter().all(|text| discloses(text)), "{:?}", failed.to_customer());
}

#[test]
fn first_words_that_are_too_long_for_the_channel_leave_in_parts() {
    let mut sim = Sim::with(Policy { disclosure: Some("Casa Azul".into()), max_text: 50, ..Policy::default() });
    sim.customer("hola").gathered().reply("Estamos en la calle Mayor 3, junto a la plaza.");
    let parts = sim.to_customer();
    assert!(parts.len() > 1 && parts.iter().all(|part| part.chars().count() <= 50), "{parts:?}");
    assert_eq!(parts.iter().filter(|part| discloses(part)).count(), 1, "{parts:?}");
}

#[test]
fn a_takeover_in_the_same_step_takes_the_first_words_back() {
    let mut sim = Sim::with(Policy { disclosure: Some("Casa Azul".into()), blocked: false, ..Policy::default() });
    sim.customer("hola");
    assert_eq!(sim.now.state.spoke_in, 0);
    sim.arrive(says(ANA, "Yo le atiendo."));
    assert_eq!(sim.now.state.spoke_in, 0, "only the assistant's own words count");
}

#[test]
fn a_business_may_switch_it_off() {
    let mut sim = Sim::new();
    sim.customer("hola").gathered().reply("Dígame.");
    assert_eq!(sim.to_customer(), ["Dígame."]);
}
