//! The look-up finds what is there and nothing else.

use super::*;
use serde_json::json;

fn facts() -> Facts {
    serde_json::from_value(json!({
        "hours": {"es": "De 9 a 18", "en": "9 to 18"},
        "phone": "555 0100",
        "prices": [
            {"name": {"es": "Limpieza dental", "en": "Dental cleaning"}, "price": "$650"},
            {"name": {"es": "Radiografía dental"}, "aliases": ["rayos x"], "price": "$200"},
            {"name": {"es": "Extracción"}, "price": "$900"},
        ],
        "faq": [
            {"keywords": ["estacionamiento", "parking"], "question": {}, "answer": {"es": "Sí, en el sótano."}},
            {"keywords": ["estacionamiento para motos"], "answer": {"es": "Motos, gratis."}},
            {"keywords": ["", "de"], "answer": {"es": "Nunca."}},
        ],
    }))
    .expect("facts")
}

fn ask(question: &str, topic: Topic) -> Result<String, Topic> {
    lookup(&facts(), question, topic, Language::Es, Language::Es).map(|found| found.answer)
}

#[test]
fn a_part_of_a_name_is_enough_when_it_is_unique() {
    assert_eq!(ask("cuánto cuesta la limpieza", Topic::Price), Ok("Limpieza dental: $650".to_owned()));
    assert_eq!(ask("precio de las extracciones", Topic::Price), Ok("Extracción: $900".to_owned()));
}

#[test]
fn an_ambiguous_part_names_all_and_a_longer_name_names_none() {
    assert_eq!(ask("precio dental", Topic::Price), Ok("Limpieza dental: $650; Radiografía dental: $200".to_owned()));
    assert_eq!(ask("precio del implante dental", Topic::Price), Err(Topic::Price));
}

#[test]
fn a_question_for_all_prices_lists_them() {
    let all = ask("qué precios manejan?", Topic::Price).expect("prices");
    assert!(all.contains("$650") && all.contains("$900"));
}

#[test]
fn the_longest_keyword_wins_and_empty_keywords_never_match() {
    assert_eq!(ask("hay estacionamiento para motos?", Topic::Auto), Ok("Motos, gratis.".to_owned()));
    assert_eq!(ask("tienen ESTACIONAMINETO", Topic::Auto), Ok("Sí, en el sótano.".to_owned()));
    assert_eq!(ask("de", Topic::Faq), Err(Topic::Faq));
    assert_eq!(ask("", Topic::Auto), Err(Topic::Auto));
}

#[test]
fn a_missing_language_falls_back_and_a_missing_fact_is_not_found() {
    let english = lookup(&facts(), "parking?", Topic::Auto, Language::En, Language::Es);
    assert_eq!(english, Ok(Found { topic: Topic::Faq, answer: "Sí, en el sótano.".to_owned() }));
    assert_eq!(ask("dónde están", Topic::Address), Err(Topic::Address));
    assert_eq!(ask("dónde están", Topic::Auto), Err(Topic::Address));
    assert_eq!(lookup(&Facts::default(), "precios", Topic::Price, Language::Es, Language::Es), Err(Topic::Price));
}

#[test]
fn auto_finds_a_topic_by_its_words() {
    assert_eq!(ask("a qué hora abren", Topic::Auto), Ok("De 9 a 18".to_owned()));
    assert_eq!(ask("y la limpieza", Topic::Auto), Ok("Limpieza dental: $650".to_owned()));
}
