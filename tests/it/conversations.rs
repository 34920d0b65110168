//! Conversations through the whole product: a customer writes to the real door, the fakes outside say what arrived.

use crate::support::app::TestApp;
use crate::support::database::TestDatabase;
use crate::support::fake_adapter::Trouble;
use crate::support::fake_graph::GraphTrouble;
use anyhow::Result;
use recado::net::clock::SystemClock;
use recado::ports::clock::Clock;
use recado::ports::llm::ChatReply;
use recado::testing::clock::ManualClock;
use recado::testing::llm::{Line, ScriptedLlm};
use serde_json::json;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

const HOURS: &str = "De lunes a viernes de 9 a 18 horas";

#[actix::test]
async fn a_question_is_answered_from_the_facts_on_both_databases() -> Result<()> {
    for database in TestDatabase::both().await? {
        let app = TestApp::on(database).start().await?;
        let acme = app.tenant("acme").await?;
        acme.knows(json!({"hours": {"es": HOURS}})).await?;
        let chat = acme.generic_inbox(json!({})).await?;
        chat.contact_says("ana", "¿A qué hora abren?").await?;
        app.settle().await?;
        let replies = app.adapter.in_room("ana");
        assert_eq!((replies.len(), replies[0].in_reply_to.as_deref()), (1, Some("in-ana-0")), "{replies:?}");
        assert!(replies[0].text.contains(HOURS), "{replies:?}");
        assert_eq!(acme.conversation_with("ana").await?["status"], "pending");
    }
    Ok(())
}

#[actix::test]
async fn while_a_person_speaks_the_assistant_is_silent_until_it_is_handed_back() -> Result<()> {
    let app = TestApp::on(TestDatabase::sqlite().await?).model(Arc::new(ScriptedLlm::default())).start().await?;
    let acme = app.tenant("acme").await?;
    let chat = acme.generic_inbox(json!({})).await?;
    chat.contact_says("ana", "hola").await?;
    app.settle().await?;
    acme.agent_replies("ana", "Soy Marta").await?;
    chat.contact_says("ana", "gracias, Marta").await?;
    app.settle().await?;
    assert_eq!(acme.conversation_with("ana").await?["status"], "open");
    acme.agent_hands_back("ana").await?;
    app.settle().await?;
    chat.contact_says("ana", "otra cosa").await?;
    app.settle().await?;
    let heard: Vec<String> = app.adapter.in_room("ana").into_iter().map(|accepted| accepted.text).collect();
    insta::assert_json_snapshot!(json!({"heard": heard, "thread": acme.thread_with("ana").await?}));
    Ok(())
}

#[actix::test]
async fn a_message_for_whatsapp_survives_a_refusal_and_follows_its_statuses() -> Result<()> {
    let app = TestApp::on(TestDatabase::sqlite().await?).model(Arc::new(ScriptedLlm::default())).start().await?;
    let acme = app.tenant("acme").await?;
    let whatsapp = acme.whatsapp_inbox(json!({})).await?;
    app.graph.then(GraphTrouble::Error(500, 2));
    whatsapp.contact_says("5215512345678", "hola").await?;
    app.settle().await?;
    let taken = app.graph.log();
    assert_eq!(
        (taken.len(), taken[0].to.as_str(), taken[0].text()),
        (1, "+5215512345678", "Soy el asistente automático de acme. re: hola"),
        "{taken:?}"
    );
    let door = format!("{}/webhooks/whatsapp", app.base());
    assert_eq!(app.graph.post_status(&door, &taken[0], "delivered").await?, 200);
    assert_eq!(app.graph.post_status(&door, &taken[0], "sent").await?, 200, "a late status is taken and changes nothing");
    let id = acme.conversation_with("5215512345678").await?["id"].clone();
    let path = format!("conversations/{}/messages", id.as_str().unwrap_or_default());
    let (_, messages) = acme.call(reqwest::Method::GET, &path, None).await?;
    let ours = messages["data"].as_array().and_then(|all| all.iter().find(|one| one["direction"] == "out")).cloned();
    assert_eq!(ours.map(|one| one["status"].clone()), Some(json!("delivered")));
    Ok(())
}

#[actix::test]
async fn a_lost_answer_on_whatsapp_is_resolved_by_the_status_that_names_our_reference() -> Result<()> {
    let app = TestApp::on(TestDatabase::sqlite().await?)
        .model(Arc::new(ScriptedLlm::default()))
        .set("RECADO_ENGINE_UNCERTAIN_WAIT_MS", "5000")
        .start()
        .await?;
    let acme = app.tenant("acme").await?;
    let whatsapp = acme.whatsapp_inbox(json!({})).await?;
    app.graph.then(GraphTrouble::LoseAnswer);
    whatsapp.contact_says("5215512345678", "hola").await?;
    while app.graph.log().is_empty() {
        tokio::task::yield_now().await;
    }
    let taken = app.graph.log().remove(0);
    app.graph.post_status(&format!("{}/webhooks/whatsapp", app.base()), &taken, "sent").await?;
    app.settle().await?;
    assert_eq!(app.graph.log().len(), 1, "never sent again");
    assert_eq!(acme.conversation_with("5215512345678").await?["status"], "pending", "nobody has to look after it");
    Ok(())
}

#[actix::test]
async fn without_such_a_status_people_are_told_that_it_is_uncertain() -> Result<()> {
    let app = TestApp::on(TestDatabase::sqlite().await?).model(Arc::new(ScriptedLlm::default())).start().await?;
    let acme = app.tenant("acme").await?;
    let whatsapp = acme.whatsapp_inbox(json!({})).await?;
    app.graph.then(GraphTrouble::Hang);
    whatsapp.contact_says("5215512345678", "hola").await?;
    app.settle().await?;
    assert_eq!((app.graph.log().len(), app.states().await?.rows("outbox", &["uncertain"])), (0, 1));
    assert_eq!(acme.conversation_with("5215512345678").await?["status"], "open");
    Ok(())
}

#[actix::test]
async fn an_idempotent_adapter_in_trouble_gets_the_message_once() -> Result<()> {
    let app = TestApp::on(TestDatabase::sqlite().await?).model(Arc::new(ScriptedLlm::default())).start().await?;
    let acme = app.tenant("acme").await?;
    let chat = acme.generic_inbox(json!({})).await?;
    [Trouble::LoseAnswer, Trouble::Status(503), Trouble::Reset].into_iter().for_each(|trouble| app.adapter.then(trouble));
    chat.contact_says("ana", "hola").await?;
    app.settle().await?;
    assert_eq!((app.adapter.in_room("ana").len(), app.adapter.calls().len()), (1, 4));
    assert_eq!(acme.conversation_with("ana").await?["status"], "pending");
    Ok(())
}

#[actix::test]
async fn a_message_that_the_adapter_refuses_goes_to_people() -> Result<()> {
    let app = TestApp::on(TestDatabase::sqlite().await?).model(Arc::new(ScriptedLlm::default())).start().await?;
    let acme = app.tenant("acme").await?;
    let chat = acme.generic_inbox(json!({})).await?;
    app.adapter.then(Trouble::Refuse("unreachable"));
    chat.contact_says("ana", "hola").await?;
    app.settle().await?;
    assert_eq!(acme.conversation_with("ana").await?["status"], "open");
    assert_eq!(app.states().await?.rows("outbox", &["failed"]), 1);
    Ok(())
}

#[actix::test]
async fn a_resolved_conversation_comes_back_when_the_customer_does() -> Result<()> {
    let app = TestApp::sqlite().await?;
    let acme = app.tenant("acme").await?;
    acme.knows(json!({"hours": {"es": HOURS}})).await?;
    let chat = acme.generic_inbox(json!({})).await?;
    chat.contact_says("ana", "¿A qué hora abren?").await?;
    app.settle().await?;
    acme.agent_sets_status("ana", "resolved").await?;
    assert_eq!(acme.conversation_with("ana").await?["status"], "resolved");
    chat.contact_says("ana", "¿Y qué horario tienen?").await?;
    app.settle().await?;
    let again = acme.conversation_with("ana").await?;
    assert_eq!((again["status"].as_str(), again["cycle"].as_i64()), (Some("pending"), Some(2)));
    assert_eq!(app.adapter.in_room("ana").len(), 2);
    Ok(())
}

#[actix::test]
async fn silence_after_a_question_of_the_assistant_is_looked_after() -> Result<()> {
    let clock = Arc::new(ManualClock::at(SystemClock::new().now()));
    let llm = Arc::new(ScriptedLlm::default());
    llm.then(Line::Says(ChatReply { text: Some("¿Para qué día?".to_owned()), ..ChatReply::default() }));
    let app = TestApp::on(TestDatabase::sqlite().await?).model(llm).clock(&clock).start().await?;
    let acme = app.tenant("acme").await?;
    acme.generic_inbox(json!({})).await?.contact_says("ana", "Quiero una cita").await?;
    app.settle().await?;
    clock.advance(Duration::from_hours(21));
    let replies = tokio::time::timeout(Duration::from_secs(10), app.adapter.received("ana", 2)).await?;
    assert!(replies[1].text.contains("¿Sigue ahí?"), "{replies:?}");
    app.settle().await
}

#[actix::test]
async fn a_test_that_leaves_work_over_fails() -> Result<()> {
    let llm = Arc::new(ScriptedLlm::default());
    llm.hold();
    let app = TestApp::on(TestDatabase::sqlite().await?).model(llm).start().await?;
    app.tenant("acme").await?.generic_inbox(json!({})).await?.contact_says("ana", "hola").await?;
    let ended = catch_unwind(AssertUnwindSafe(|| drop(app))).expect_err("work was left over");
    assert!(ended.downcast_ref::<String>().is_some_and(|text| text.starts_with("the test left work over")));
    Ok(())
}

#[actix::test]
async fn a_test_may_say_that_it_leaves_work_over() -> Result<()> {
    let llm = Arc::new(ScriptedLlm::default());
    llm.then(Line::Hangs);
    let mut app = TestApp::on(TestDatabase::sqlite().await?).model(llm).start().await?;
    app.leave_work();
    app.tenant("acme").await?.generic_inbox(json!({})).await?.contact_says("ana", "hola").await?;
    Ok(())
}
