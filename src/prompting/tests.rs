//! Every template renders strictly; the prompt says what it must and nothing of a customer.

use super::Library;
use crate::domain::facts::Facts;
use crate::domain::language::Language;
use crate::domain::prompt::{PromptContext, SideJob};
use crate::domain::schema::unknown_word;
use crate::domain::time::Timestamp;
use crate::ports::prompts::Prompts;
use std::sync::Arc;

fn facts() -> Arc<Facts> {
    Arc::new(toml::from_str(include_str!("../../tests/guards/facts.toml")).unwrap())
}

fn context<'a>(facts: &'a Arc<Facts>, advice: &'a [&'static str]) -> PromptContext<'a> {
    PromptContext {
        business: "Casa Azul",
        timezone: "America/Mexico_City",
        locale: "es-MX",
        facts,
        now: Timestamp::parse("2026-11-22T03:30:00Z").unwrap(),
        language: Language::Es,
        first_answer: true,
        channel: "whatsapp",
        max_chars: Some(600),
        boundary: "b0b0",
        advice,
        enough: true,
    }
}

#[test]
fn the_prompt_holds_rules_facts_and_the_local_moment_in_this_order() {
    let (library, facts) = (Library::new().unwrap(), facts());
    let rendered = library.reply(&context(&facts, &["It was too long."])).unwrap();
    let places: Vec<usize> = ["receptionist of Casa Azul", "$650 MXN", "2026-11-21, 21:30 (America/Mexico_City)"]
        .iter()
        .map(|piece| rendered.system.find(piece).unwrap_or_else(|| panic!("{piece} in {}", rendered.system)))
        .collect();
    assert!(places.is_sorted(), "{places:?}");
    for piece in
        ["Saturday", "Answer in Spanish", "Soy el asistente automático de Casa Azul.", "At most 600", "<data-b0b0", "too long", "enough"]
    {
        assert!(rendered.prompt.moment.contains(piece), "{piece} in {}", rendered.prompt.moment);
    }
    assert_eq!(rendered.prompt.version.len(), 8);
    assert!(rendered.prompt.leaks_into("the mark is data-b0b0"));
    let piece: String = rendered.system.chars().skip(700).take(200).collect();
    assert!(rendered.prompt.leaks_into(&piece), "{piece}");
    assert!(!rendered.prompt.leaks_into("La limpieza dental cuesta $650 MXN. Lunes a viernes de 9:00 a 18:00, sábados de 10 a 14 h."));
}

#[test]
fn a_business_without_facts_renders_too_and_the_stable_part_is_made_once() {
    let library = Library::new().unwrap();
    let facts = Arc::new(Facts::default());
    let plain = PromptContext { first_answer: false, max_chars: None, enough: false, ..context(&facts, &[]) };
    let one = library.reply(&plain).unwrap();
    let other = library.reply(&PromptContext { timezone: "nowhere", ..plain }).unwrap();
    assert!(!one.system.contains("last draft") && !one.system.contains("first message here"));
    assert!(other.system.contains("(UTC)"));
    assert_eq!(library.stable.read().unwrap().len(), 1);
}

#[test]
fn side_jobs_render_and_their_shapes_are_strict() {
    let library = Library::new().unwrap();
    for job in [SideJob::HandoffSummary, SideJob::RollingSummary, SideJob::Reading] {
        let rendered = library.side_job(job, Language::Pt, "b0b0").unwrap();
        assert!(rendered.system.contains("data-b0b0"));
        assert_eq!(rendered.system.contains("Portuguese"), job != SideJob::Reading, "a reading writes no words of its own");
        assert_eq!(unknown_word(&rendered.schema), None);
        assert_eq!(rendered.schema["required"].as_array().unwrap().len(), rendered.schema["properties"].as_object().unwrap().len());
    }
}

#[test]
fn an_unknown_variable_is_an_error_and_no_gap() {
    let library = Library::new().unwrap();
    let error = library.render("reply/system", minijinja::context! { wrong => 1 }).unwrap_err();
    assert_eq!(error.name, "reply/system");
}
