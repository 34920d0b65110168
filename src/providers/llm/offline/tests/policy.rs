//! Rules that scripts do not reach: hostile chats, failing tools, superseded turns, languages that change.

use super::scripts::{businesses, invented};
use super::stage::Stage;
use crate::domain::guard::promises_person;
use crate::domain::language::Language;
use crate::domain::time::Timestamp;
use crate::domain::tool::{HandoffReason, ToolCall};
use crate::ports::llm::{ChatMessage, ChatReply};
use crate::providers::llm::offline::texts::{ALL, Texts};
use proptest::prelude::*;
use serde_json::{Value, json};

fn clinic(language: Language) -> Stage {
    let businesses = businesses();
    let clinic = businesses.get("clinic").expect("clinic");
    Stage::new(&clinic.business, clinic.facts.clone(), language)
}

fn user(text: &str) -> ChatMessage {
    ChatMessage::User { text: text.to_owned(), at: Timestamp::default() }
}

fn assistant(text: &str, human: bool) -> ChatMessage {
    ChatMessage::Assistant { text: text.to_owned(), calls: Vec::new(), human }
}

fn tool(name: &str, result: Value) -> ChatMessage {
    ChatMessage::Tool { call_id: "1".to_owned(), name: name.to_owned(), result }
}

fn ask(messages: Vec<ChatMessage>) -> ChatReply {
    let mut stage = clinic(Language::Es);
    stage.messages = messages;
    stage.ask()
}

fn only_call(reply: &ChatReply) -> &ToolCall {
    assert_eq!(reply.calls.len(), 1, "{reply:?}");
    &reply.calls[0]
}

#[test]
fn the_first_answer_says_that_it_is_automatic_and_later_ones_do_not() {
    let mut stage = clinic(Language::Pt);
    assert!(stage.say(&["horário?"]).text.contains("assistente automático de Clínica Dental Sonrisa"));
    assert!(!stage.say(&["endereço?"]).text.contains("automático"));
    assert!(clinic(Language::En).say(&["agent please"]).text.contains("automatic assistant"));
}

#[test]
fn a_model_free_answer_says_so_in_its_trace() {
    let reply = ask(vec![user("hola")]);
    assert_eq!((reply.model.as_str(), reply.note.as_deref(), reply.tokens), ("offline", Some("greets (es)"), (0, 0)));
}

#[test]
fn a_failed_look_up_is_no_answer() {
    for result in [
        json!({"error": "boom"}),
        Value::Null,
        json!({"found": true}),
        json!({"found": true, "answer": " "}),
        json!({"found": "yes", "answer": "$1"}),
    ] {
        let reply = ask(vec![user("cuánto cuesta la limpieza?"), tool("answer_from_faq", result.clone()), tool("answer_from_faq", result)]);
        let text = reply.text.expect("a text");
        assert!(text.contains("no tengo ese precio") && !text.contains('$'), "{text}");
    }
}

#[test]
fn a_failed_message_goes_to_people() {
    let call = ask(vec![
        user("quiero una cita"),
        assistant("¿Me dice su nombre, por favor?", false),
        user("Ana"),
        tool("take_message", json!({"error": "boom"})),
    ]);
    assert_eq!(only_call(&call).arguments["reason"], json!("needs_person"));
}

#[test]
fn a_message_that_was_taken_is_not_taken_twice() {
    let taken = tool("take_message", json!({"saved": true}));
    let reply = ask(vec![
        user("quiero una cita"),
        assistant("¿Me dice su nombre, por favor?", false),
        user("Ana"),
        taken,
        user("es para el lunes"),
    ]);
    assert_eq!((only_call(&reply).name.as_str(), &only_call(&reply).arguments["reason"]), ("hand_off", &json!("message_taken")));
}

#[test]
fn facts_of_a_superseded_turn_are_looked_up_again() {
    let stale = tool("answer_from_faq", json!({"found": true, "answer": "De 9 a 18"}));
    let reply = ask(vec![user("horario?"), stale, user("no, la dirección")]);
    assert!(reply.calls.iter().any(|call| call.arguments["topic"] == json!("address")), "{reply:?}");
}

#[test]
fn a_name_refused_twice_goes_to_people() {
    let mut stage = clinic(Language::Es);
    stage.say(&["quiero una cita"]);
    assert_eq!(stage.say(&["para el martes a las 10"]).handed, None);
    assert_eq!(stage.say(&["que martes a las 10"]).handed, Some(HandoffReason::NeedsPerson));
}

#[test]
fn a_name_does_not_change_the_language() {
    let mut stage = clinic(Language::Es);
    stage.say(&["hola, quiero una cita"]);
    let outcome = stage.say(&["João do Carmo e Silva"]);
    assert_eq!((outcome.language.as_str(), outcome.handed), ("es", Some(HandoffReason::MessageTaken)));
}

#[test]
fn a_note_holds_the_first_wish_and_a_contact() {
    let mut stage = clinic(Language::En);
    stage.say(&["how much are braces?"]);
    stage.say(&["I'd rather leave a message"]);
    let outcome = stage.say(&["Bob Stone, +1 555 010 9999"]);
    assert_eq!(outcome.notes.len(), 1);
    let note = &outcome.notes[0];
    assert!(note.starts_with("Bob Stone (+1 555 010 9999): how much are braces?"), "{note}");
}

#[test]
fn a_question_of_a_person_is_not_taken_for_its_own() {
    let offer = "¿Quiere que le atienda una persona del equipo, o prefiere dejar un recado?";
    let own = ask(vec![user("implantes?"), assistant(offer, false), user("sí")]);
    assert_eq!(own.calls.first().map(|call| call.name.as_str()), Some("hand_off"));
    assert!(ask(vec![user("implantes?"), assistant(offer, true), user("sí")]).calls.is_empty());
}

#[test]
fn only_hand_over_texts_promise_a_person() {
    for Texts { offer, offer_person, unknown, no_booking, message_gladly, ask_name, ask_name_and_reason, ask_reason, .. } in ALL {
        for text in [offer, offer_person, unknown, no_booking, message_gladly, ask_name, ask_name_and_reason, ask_reason] {
            assert!(!promises_person(text), "{text}");
        }
    }
    for Texts { hand_asked, hand_upset, hand_unknown, hand_emergency, hand_unreadable, hand_message, .. } in ALL {
        for text in [hand_asked, hand_upset, hand_unknown, hand_emergency, hand_unreadable, hand_message] {
            assert!(promises_person(text), "{text}");
        }
    }
}

#[test]
fn conv_44_unreadable_messages_end_with_people() {
    for language in [Language::Es, Language::En, Language::Pt] {
        let mut stage = clinic(language);
        assert_eq!(stage.say(&["[video]", ""]).handed, None);
        assert_eq!(stage.say(&["<audio>"]).handed, Some(HandoffReason::NeedsPerson));
    }
}

#[test]
fn an_empty_chat_gets_a_text() {
    assert!(ask(Vec::new()).text.is_some_and(|text| !text.is_empty()));
    assert!(ask(vec![ChatMessage::System { text: "quiero un humano".to_owned() }]).calls.is_empty());
}

fn words() -> impl Strategy<Value = String> {
    let known = prop::sample::select(vec![
        "hola",
        "quiero",
        "precio",
        "limpieza",
        "cita",
        "soy",
        "Ana",
        "no",
        "sí",
        "gracias",
        "?",
        "price",
        "message",
        "leave",
        "book",
        "horário",
        "recado",
        "eso es todo",
        "[audio]",
        "👍",
        "\u{0}",
        "implante",
        "I'm",
        "name",
        "cuánto",
        "donde",
        "\n",
        "¿",
        "mi nombre es",
        "don't",
        "\u{202e}",
        "ñ",
    ]);
    prop::collection::vec(prop_oneof![4 => known.prop_map(str::to_owned), 1 => ".{0,12}"], 0..9).prop_map(|words| words.join(" "))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_chat_is_answered_without_inventions(bursts in prop::collection::vec(prop::collection::vec(words(), 1..3), 1..5)) {
        let businesses = businesses();
        let business = businesses.get("clinic").expect("clinic");
        let mut stage = clinic(Language::Es);
        let mut said = String::new();
        for burst in bursts {
            said.push_str(&burst.join(" "));
            said.push(' ');
            let outcome = stage.say(&burst.iter().map(String::as_str).collect::<Vec<_>>());
            prop_assert!(!outcome.text.trim().is_empty());
            prop_assert_eq!(promises_person(&outcome.text), outcome.handed.is_some(), "{}", outcome.text);
            if outcome.handed.is_some() || outcome.resolved {
                break;
            }
            let inventions = invented(&outcome.text, business, &said);
            prop_assert!(inventions.is_empty(), "{:?} in {}", inventions, outcome.text);
        }
    }
}

#[test]
fn a_text_too_long_to_read_goes_to_people() {
    let midst = format!("{} quiero un humano {}", "bla ".repeat(8_000), "bla ".repeat(8_000));
    for text in [midst, "a? ".repeat(100), "hola\n".repeat(2_000)] {
        assert_eq!(clinic(Language::Es).say(&[&text]).handed, Some(HandoffReason::NeedsPerson));
    }
    assert_eq!(clinic(Language::Es).say(&[&"x".repeat(60_000)]).handed, None);
}
