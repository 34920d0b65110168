//! A model that gets booking wrong, in every language: the wrong tool, a wrong handle, a time that was never offered, a booking that is none,
//! and an answer that nobody gave.

use super::kit::{Clinic, ROOM};
use super::models::{calls, clinic, says};
use crate::domain::content::Content;
use crate::testing::llm::ScriptedLlm;
use anyhow::Result;
use serde_json::json;
use std::sync::Arc;

/// What is said in a language.
struct Words {
    /// A wish for a list of times.
    list: &'static str,
    /// Hesitation that chooses nothing.
    hesitates: &'static str,
    /// A model's harmless answer.
    harmless: &'static str,
    /// A model's claim that it has booked.
    booked: [&'static str; 2],
    /// A wish for a time of the service that asks.
    braces: &'static str,
    /// The first question of that service.
    asks: &'static str,
}

const ALL: [Words; 3] = [
    Words {
        list: "una limpieza mañana por la mañana",
        hesitates: "no sé, el que sea más cómodo para ustedes",
        harmless: "¿Cuál de esos horarios prefiere?",
        booked: ["¡Listo! Su cita quedó confirmada para mañana a las 5.", "Su cita está agendada para mañana a las 5 de la tarde."],
        braces: "ortodoncia mañana a las 5",
        asks: "¿Es su primera visita?",
    },
    Words {
        list: "a cleaning tomorrow morning please",
        hesitates: "hmm, whatever is easiest for you people",
        harmless: "Which of those times do you prefer?",
        booked: ["Done! Your appointment is confirmed for tomorrow at 5.", "Your appointment is booked for tomorrow at 5 pm."],
        braces: "orthodontics tomorrow at 5pm",
        asks: "Is this your first visit?",
    },
    Words {
        list: "uma limpeza amanhã de manhã, por favor",
        hesitates: "não sei, o que for mais cômodo para vocês",
        harmless: "Qual desses horários você prefere?",
        booked: ["Pronto! Seu agendamento está confirmado para amanhã às 17h.", "Sua consulta está marcada para amanhã às 17h."],
        braces: "ortodontia amanhã às 17h",
        asks: "É a sua primeira consulta?",
    },
];

async fn each(play: impl AsyncFn(&Words, Arc<ScriptedLlm>, Clinic) -> Result<()>) -> Result<()> {
    for words in &ALL {
        let model = Arc::new(ScriptedLlm::default());
        let clinic = clinic(&model).await?;
        play(words, model, clinic).await?;
    }
    Ok(())
}

#[actix::test]
async fn the_wrong_tool_books_and_cancels_nothing_in_any_language() -> Result<()> {
    each(async |words, model, clinic| {
        model.then(calls("cancel_booking", json!({})));
        let answer = clinic.says(ROOM, Content::text(words.list)).await?;
        assert!(!answer.is_empty());
        model.then(calls("confirm_booking", json!({"name": "Ana"})));
        model.then(says(words.harmless));
        assert_eq!(clinic.says(ROOM, Content::text(words.hesitates)).await?, words.harmless);
        assert!(clinic.appointments().await?.is_empty());
        Ok(())
    })
    .await
}

#[actix::test]
async fn a_wrong_handle_holds_nothing_in_any_language() -> Result<()> {
    each(async |words, model, clinic| {
        model.then(calls("find_slots", json!({"service": "", "when": ""})));
        let shown = clinic.says(ROOM, Content::text(words.list)).await?;
        assert!(shown.contains("1. "), "{shown}");
        model.then(calls("hold_slot", json!({"slot": "Z9"})));
        model.then(says(words.harmless));
        assert_eq!(clinic.says(ROOM, Content::text(words.hesitates)).await?, words.harmless);
        assert!(clinic.newest().await.is_err());
        Ok(())
    })
    .await
}

#[actix::test]
async fn a_time_that_was_never_offered_is_not_held_in_any_language() -> Result<()> {
    each(async |words, model, clinic| {
        model.then(calls("hold_slot", json!({"slot": "A1"})));
        model.then(says(words.harmless));
        assert_eq!(clinic.says(ROOM, Content::text(words.list)).await?, words.harmless);
        assert!(clinic.newest().await.is_err());
        Ok(())
    })
    .await
}

#[actix::test]
async fn booked_without_a_booking_is_not_heard_in_any_language() -> Result<()> {
    each(async |words, model, clinic| {
        words.booked.iter().for_each(|text| model.then(says(text)));
        let answer = clinic.says(ROOM, Content::text(words.list)).await?;
        assert!(!words.booked.contains(&answer.as_str()), "{answer}");
        assert!(clinic.appointments().await?.is_empty());
        Ok(())
    })
    .await
}

#[actix::test]
async fn an_answer_that_nobody_gave_is_none_in_any_language() -> Result<()> {
    each(async |words, model, clinic| {
        model.then(calls("find_slots", json!({"service": "", "when": ""})));
        let asked = clinic.says(ROOM, Content::text(words.braces)).await?;
        assert!(asked.contains(words.asks), "{asked}");
        model.then(calls("answer_question", json!({"answer": "yes"})));
        model.then(calls("confirm_booking", json!({})));
        let answer = clinic.says(ROOM, Content::text("🤔 hmm")).await?;
        assert!(answer.ends_with(words.asks), "{answer}");
        assert!(clinic.newest().await?.answers.is_empty());
        Ok(())
    })
    .await
}
