//! A model that gets booking wrong: whatever it does, the customer hears only what the rows say.

use super::kit::{Clinic, ROOM};
use crate::domain::content::Content;
use crate::domain::tool::ToolCall;
use crate::ports::llm::{ChatReply, Llm};
use crate::testing::llm::{Line, ScriptedLlm};
use anyhow::Result;
use serde_json::{Value, json};
use std::sync::Arc;

const NOW: &str = "2027-03-03T20:30:00Z";

pub fn calls(tool: &str, arguments: Value) -> Line {
    let call = ToolCall { id: "c1".to_owned(), name: tool.to_owned(), arguments, extra: None };
    Line::Says(ChatReply { calls: vec![call], model: "scripted".to_owned(), tokens: (100, 10), ..ChatReply::default() })
}

pub fn says(text: &str) -> Line {
    Line::Says(ChatReply { text: Some(text.to_owned()), model: "scripted".to_owned(), tokens: (100, 10), ..ChatReply::default() })
}

pub async fn clinic(model: &Arc<ScriptedLlm>) -> Result<Clinic> {
    Clinic::open(NOW, "America/Mexico_City", Some("Ana López".to_owned()), Some(Arc::clone(model) as Arc<dyn Llm>)).await
}

#[actix::test]
async fn sched_a88_the_customers_own_words_win_over_the_models_date() -> Result<()> {
    let model = Arc::new(ScriptedLlm::default());
    let clinic = clinic(&model).await?;
    model.then(calls("find_slots", json!({"service": "limpieza", "when": "2027-03-09T10:00"})));
    let answer = clinic.says(ROOM, Content::text("Una limpieza mañana a las 5 por favor")).await?;
    assert!(answer.contains("jueves 4 de marzo") && answer.contains("¿La confirmo?"), "{answer}");
    Ok(())
}

#[actix::test]
async fn a_slot_that_was_never_shown_cannot_be_held() -> Result<()> {
    let model = Arc::new(ScriptedLlm::default());
    let clinic = clinic(&model).await?;
    model.then(calls("find_slots", json!({"service": "limpieza", "when": "mañana por la mañana"})));
    let shown = clinic.says(ROOM, Content::text("una limpieza mañana por la mañana")).await?;
    assert!(shown.contains("1. "), "{shown}");
    model.then(calls("hold_slot", json!({"slot": "Z9"})));
    model.then(says("¿Cuál de esos horarios prefiere?"));
    let answer = clinic.says(ROOM, Content::text("el que sea más cómodo para ustedes")).await?;
    assert_eq!(answer, "¿Cuál de esos horarios prefiere?");
    assert!(clinic.appointments().await?.is_empty());
    Ok(())
}

#[actix::test]
async fn sched_a89_a_model_that_says_booked_without_a_booking_is_not_heard() -> Result<()> {
    let model = Arc::new(ScriptedLlm::default());
    let clinic = clinic(&model).await?;
    model.then(says("¡Listo! Su cita quedó confirmada para mañana a las 5."));
    model.then(says("Su cita está agendada para mañana a las 5 de la tarde."));
    let answer = clinic.says(ROOM, Content::text("Quiero una limpieza mañana a las 5")).await?;
    assert!(!answer.contains("confirmada") && !answer.contains("agendada"), "{answer}");
    assert!(clinic.appointments().await?.is_empty());
    Ok(())
}

#[actix::test]
async fn a_model_cannot_say_yes_for_the_customer() -> Result<()> {
    let model = Arc::new(ScriptedLlm::default());
    let clinic = clinic(&model).await?;
    model.then(calls("find_slots", json!({"service": "limpieza", "when": "mañana a las 5"})));
    clinic.says(ROOM, Content::text("limpieza mañana a las 5")).await?;
    model.then(calls("confirm_booking", json!({})));
    model.then(says("¿Desea que la confirme?"));
    let answer = clinic.says(ROOM, Content::text("déjeme pensarlo un rato")).await?;
    assert_eq!(answer, "¿Desea que la confirme?");
    assert!(clinic.appointments().await?.is_empty());
    let asked = model.seen().len();
    let answer = clinic.says(ROOM, Content::text("sí, confírmela")).await?;
    assert!(answer.contains("quedó confirmada") && answer.contains("jueves 4 de marzo"), "{answer}");
    assert_eq!(model.seen().len(), asked, "a plain yes needs no model");
    assert_eq!(clinic.appointments().await?, ["confirmed 2027-03-04T23:00:00Z"]);
    Ok(())
}

#[actix::test]
async fn a_yes_to_a_models_own_question_is_asked_for_in_fixed_words_first() -> Result<()> {
    let model = Arc::new(ScriptedLlm::default());
    let clinic = clinic(&model).await?;
    model.then(calls("find_slots", json!({"service": "limpieza", "when": "mañana a las 5"})));
    clinic.says(ROOM, Content::text("limpieza mañana a las 5")).await?;
    model.then(says("¿Le parece bien ese horario, o prefiere las 6?"));
    clinic.says(ROOM, Content::text("hmm no sé")).await?;
    model.then(calls("confirm_booking", json!({})));
    let answer = clinic.says(ROOM, Content::text("sí")).await?;
    assert!(answer.ends_with("¿La confirmo?"), "{answer}");
    assert!(clinic.appointments().await?.is_empty());
    assert!(clinic.says(ROOM, Content::text("sí")).await?.contains("quedó confirmada"));
    Ok(())
}

#[actix::test]
async fn a_name_that_nobody_said_is_no_name() -> Result<()> {
    let model = Arc::new(ScriptedLlm::default());
    let clinic = Clinic::open(NOW, "America/Mexico_City", None, Some(Arc::clone(&model) as Arc<dyn Llm>)).await?;
    model.then(calls("find_slots", json!({"service": "limpieza", "when": "mañana a las 5"})));
    assert!(clinic.says(ROOM, Content::text("limpieza mañana a las 5")).await?.contains("¿A nombre de quién"));
    model.then(calls("confirm_booking", json!({"name": "Juan Pérez"})));
    model.then(says("¿A nombre de quién la confirmo?"));
    clinic.says(ROOM, Content::text("¿y cuánto dura?")).await?;
    assert!(clinic.appointments().await?.is_empty());
    model.then(calls("confirm_booking", json!({"name": "María Ruiz"})));
    let answer = clinic.says(ROOM, Content::text("María Ruiz")).await?;
    assert!(answer.contains("a nombre de María Ruiz"), "{answer}");
    Ok(())
}

#[actix::test]
async fn a_name_beside_another_time_is_no_yes_to_the_time_that_is_held() -> Result<()> {
    let model = Arc::new(ScriptedLlm::default());
    let clinic = Clinic::open(NOW, "America/Mexico_City", None, Some(Arc::clone(&model) as Arc<dyn Llm>)).await?;
    model.then(calls("find_slots", json!({"service": "limpieza", "when": "mañana a las 5"})));
    assert!(clinic.says(ROOM, Content::text("limpieza mañana a las 5")).await?.contains("¿A nombre de quién"));
    model.then(calls("confirm_booking", json!({"name": "María Ruiz"})));
    model.then(says("¿A nombre de quién la confirmo?"));
    clinic.says(ROOM, Content::text("María Ruiz, el martes a las 6")).await?;
    assert!(clinic.appointments().await?.is_empty(), "{:?}", clinic.appointments().await?);
    // A name may be the word for a day.
    model.then(calls("confirm_booking", json!({"name": "Domingo Ruiz"})));
    let answer = clinic.says(ROOM, Content::text("Domingo Ruiz")).await?;
    assert!(answer.contains("a nombre de Domingo Ruiz"), "{answer}");
    Ok(())
}

#[actix::test]
async fn the_wrong_tool_for_a_wish_changes_nothing() -> Result<()> {
    let model = Arc::new(ScriptedLlm::default());
    let clinic = clinic(&model).await?;
    // Nothing is held and there is no appointment: neither tool is even offered, and a call of either ends in words.
    model.then(calls("cancel_booking", json!({})));
    let answer = clinic.says(ROOM, Content::text("quiero una cita")).await?;
    assert!(answer.contains("No encuentro citas"), "{answer}");
    model.then(calls("confirm_booking", json!({"name": "Ana"})));
    model.then(says("¿Para qué día la busca?"));
    assert_eq!(clinic.says(ROOM, Content::text("bueno entonces una nueva")).await?, "¿Para qué día la busca?");
    assert!(clinic.appointments().await?.is_empty());
    Ok(())
}

#[actix::test]
async fn a_model_is_told_where_the_customer_stands_and_never_of_others() -> Result<()> {
    let model = Arc::new(ScriptedLlm::default());
    let clinic = clinic(&model).await?;
    clinic.taken("2027-03-04T23:00:00Z").await?;
    model.then(says("¿En qué le ayudo?"));
    clinic.says(ROOM, Content::text("hola")).await?;
    let seen = model.seen();
    let Some(crate::ports::llm::ChatMessage::System { text }) = seen.last().and_then(|request| request.messages.first()) else {
        anyhow::bail!("no prompt")
    };
    assert!(text.contains("Limpieza dental (30 min)") && text.contains("This customer has no appointment"), "{text}");
    assert!(!text.contains("Otra persona"), "{text}");
    Ok(())
}
