//! Hand-offs: one bundle, one text, whatever went wrong.

use super::{done, message};
use crate::domain::content::Content;
use crate::domain::conversation::standing::Standing;
use crate::domain::delivery::ItemBody;
use crate::domain::tool::ToolCall;
use crate::ports::llm::{ChatMessage, ChatReply, LlmError};
use crate::testing::gated_store::CommitFault;
use crate::testing::llm::Line;
use crate::testing::rig::Rig;
use anyhow::Result;
use serde_json::{Value, json};
use std::time::Duration;

fn calls(name: &str, arguments: Value) -> Line {
    let call = ToolCall { id: "c1".into(), name: name.into(), arguments, extra: None };
    Line::Says(ChatReply { calls: vec![call], model: "scripted".into(), ..ChatReply::default() })
}

fn says(text: &str) -> Line {
    Line::Says(ChatReply { text: Some(text.into()), model: "scripted".into(), ..ChatReply::default() })
}

async fn handed_off_once(rig: &Rig, room: &str) -> Result<()> {
    assert_eq!(rig.standing(room).await?, Standing::Open(None), "{room}");
    assert_eq!(rig.received(room).len(), 1, "{room}: {:?}", rig.received(room));
    let timeline = rig.timeline(room).await?;
    assert_eq!(timeline.iter().filter(|(kind, _)| kind == "conversation.handed_off").count(), 1, "{room}");
    assert!(rig.state(room).await?.waiting_since.is_some(), "{room}");
    rig.snapshot_is_rebuilt(room).await
}

#[actix::test]
async fn conv_39_a_hand_off_opens_keeps_the_wait_clock_and_makes_one_event() -> Result<()> {
    let rig = Rig::new().await?;
    rig.llm.gates.close("hola");
    rig.customer("ana", "hola").await?;
    rig.until("the model was asked", || async { Ok(rig.llm.gates.waiting("hola") == 1) }).await?;
    let since = rig.state("ana").await?.waiting_since;
    rig.advance(Duration::from_secs(7));
    rig.llm.then(Line::Fails(LlmError::Broken("broken".into())));
    rig.llm.gates.open("hola");
    rig.settle().await?;
    assert!(since.is_some());
    assert_eq!(rig.state("ana").await?.waiting_since, since);
    handed_off_once(&rig, "ana").await
}

#[actix::test]
async fn conv_41_44_every_failure_ends_in_one_text_and_a_hand_off() -> Result<()> {
    let rig = Rig::new().await?;
    let empty = Line::Says(ChatReply::default());
    let lines = [
        ("fail", Line::Fails(LlmError::Rejected("400".into()))),
        ("retry", Line::Fails(LlmError::Broken("503".into()))),
        ("deadline", Line::Fails(LlmError::Deadline)),
        ("empty", empty),
        ("blank", says("  \n ")),
        ("tool", calls("hand_off", json!({ "reason": "customer_asked" }))),
        ("promise", says("Claro, le comunico con una persona de nuestro equipo.")),
    ];
    for (room, line) in lines {
        rig.llm.then(line);
        rig.customer(room, "hola").await?;
        rig.settle().await?;
        handed_off_once(&rig, room).await?;
    }
    Ok(())
}

#[actix::test]
async fn conv_44_a_model_that_never_answers_ends_in_a_hand_off() -> Result<()> {
    let rig = Rig::new().await?;
    rig.llm.then(Line::Hangs);
    rig.customer("ana", "hola").await?;
    rig.until("the model was asked", || async { Ok(rig.llm.seen().len() == 1) }).await?;
    rig.settle_within(Duration::from_secs(60), Duration::from_secs(5)).await?;
    handed_off_once(&rig, "ana").await
}

#[actix::test]
async fn conv_44_a_tool_that_is_called_wrongly_again_and_again_ends_in_a_hand_off() -> Result<()> {
    let rig = Rig::new().await?;
    rig.llm.by(Box::new(|_| Some(calls("take_message", json!({ "wrong": true })))));
    rig.customer("ana", "hola").await?;
    rig.settle().await?;
    handed_off_once(&rig, "ana").await
}

#[actix::test]
async fn conv_43_a_hand_off_that_did_not_commit_is_done_in_full() -> Result<()> {
    let rig = Rig::new().await?;
    rig.llm.by(Box::new(|_| Some(calls("hand_off", json!({ "reason": "customer_asked", "text": "Le paso." })))));
    for (room, fault) in [("busy", CommitFault::Busy), ("lost", CommitFault::LoseAnswer), ("stale", CommitFault::Stale)] {
        rig.llm.gates.close(room);
        rig.customer(room, &format!("persona {room}")).await?;
        rig.until("the model was asked", || async { Ok(rig.llm.gates.waiting(room) == 1) }).await?;
        rig.gates.then(fault);
        rig.llm.gates.open(room);
        rig.settle_within(Duration::from_secs(20), Duration::from_millis(250)).await?;
        handed_off_once(&rig, room).await?;
        assert_eq!(rig.received(room), ["Le paso."], "{room}");
    }
    Ok(())
}

#[actix::test]
async fn conv_55_a_deleted_message_is_invisible_to_the_assistant() -> Result<()> {
    let rig = Rig::new().await?;
    let secret = rig.item("ana", message("mi clave es 1234"));
    let target = secret.external_id.clone();
    rig.deliver(secret).await?;
    rig.settle().await?;
    rig.deliver(rig.item("ana", ItemBody::Deleted { target })).await?;
    rig.customer("ana", "¿siguen ahí?").await?;
    rig.settle().await?;
    let seen = rig.llm.seen();
    assert!(!format!("{:?}", seen.last()).contains("1234\", at"), "{:?}", seen.last());
    rig.snapshot_is_rebuilt("ana").await
}

#[actix::test]
async fn conv_57_a_promise_of_a_person_becomes_the_hand_off_it_promises() -> Result<()> {
    let rig = Rig::new().await?;
    rig.llm.then(says("Claro, en un minuto le llama una persona de nuestro equipo."));
    rig.customer("ana", "hola").await?;
    rig.settle().await?;
    assert_eq!(rig.received("ana"), [crate::domain::phrases::handed_to_people(crate::domain::language::Language::Es)]);
    let timeline = rig.timeline("ana").await?;
    assert!(timeline.iter().any(|(kind, data)| kind == "conversation.handed_off" && data["reason"] == "promise_repaired"));
    handed_off_once(&rig, "ana").await
}

#[actix::test]
async fn conv_79_notes_reach_neither_customer_nor_model() -> Result<()> {
    let rig = Rig::new().await?;
    rig.customer("ana", "hola").await?;
    rig.settle().await?;
    done(&rig.note("ana", "CONFIDENCIAL: moroso").await?);
    rig.llm.then(calls("take_message", json!({ "name": "Ana", "reason": "CONFIDENCIAL llamar" })));
    rig.customer("ana", "tome un recado").await?;
    rig.settle().await?;
    rig.customer("ana", "gracias").await?;
    rig.settle().await?;
    assert_eq!(rig.messages("ana").await?.iter().filter(|line| line.direction == "note").count(), 2);
    assert!(rig.channel.begun().iter().all(|call| !call.text.contains("CONFIDENCIAL")));
    let texts = rig.llm.seen().into_iter().flat_map(|request| request.messages.to_vec());
    for message in texts {
        let text = match message {
            ChatMessage::System { text } | ChatMessage::User { text, .. } | ChatMessage::Assistant { text, .. } => text,
            ChatMessage::Tool { .. } => continue,
        };
        assert!(!text.contains("CONFIDENCIAL"), "{text}");
    }
    rig.snapshot_is_rebuilt("ana").await
}

#[actix::test]
async fn an_edit_while_the_model_thinks_is_what_is_answered() -> Result<()> {
    let rig = Rig::new().await?;
    rig.llm.gates.close("mañana");
    let item = rig.item("ana", message("para mañana"));
    let target = item.external_id.clone();
    rig.deliver(item).await?;
    rig.until("the model was asked", || async { Ok(rig.llm.gates.waiting("mañana") == 1) }).await?;
    rig.deliver(rig.item("ana", ItemBody::Edited { target, content: Content::text("para el lunes") })).await?;
    rig.settle().await?;
    assert_eq!(rig.received("ana"), ["re: para el lunes"]);
    rig.snapshot_is_rebuilt("ana").await
}
