//! Surveys through the whole product: what the customer is sent, the page behind the link, and what people read of it.

use crate::support::app::TestApp;
use crate::support::database::TestDatabase;
use crate::support::tenant::TestTenant;
use anyhow::{Context, Result, ensure};
use recado::testing::llm::ScriptedLlm;
use reqwest::{Client, Method};
use serde_json::{Value, json};
use std::sync::Arc;

const PUBLIC: &str = "https://recado.example";

/// Whoever has the link may answer: nobody of the business reads it, wherever the message is shown.
async fn seen_without_the_link(acme: &TestTenant<'_>, link: &str) -> Result<()> {
    let talk = acme.conversation_with("ana").await?["id"].as_str().context("a conversation")?.to_owned();
    let token = link.rsplit_once('/').context("no token")?.1.to_owned();
    for (path, shows) in [
        (format!("conversations/{talk}/messages"), true),
        (format!("conversations/{talk}"), true),
        ("conversations".to_owned(), true),
        // What is searched may be a moment behind.
        ("search/messages?q=enlace".to_owned(), false),
    ] {
        let (status, shown) = acme.call(Method::GET, &path, None).await?;
        ensure!(status == 200, "{path}: {shown}");
        let shown = shown.to_string();
        ensure!(!shown.contains(&token) && !shown.contains("svy_"), "{path} shows the link");
        ensure!(!shows || shown.contains("[enlace personal de la encuesta]"), "{path} does not show the message: {shown}");
    }
    Ok(())
}

#[actix::test]
async fn a_customer_who_was_served_is_asked_and_their_answer_is_counted_until_the_conversation_goes() -> Result<()> {
    for database in TestDatabase::both().await? {
        let setup = TestApp::on(database).model(Arc::new(ScriptedLlm::default())).set("RECADO_PUBLIC_URL", PUBLIC);
        let app = setup.start().await?;
        let acme = app.tenant("acme").await?;
        let chat = acme.generic_inbox(json!({})).await?;
        let (_, inboxes) = acme.call(Method::GET, "inboxes", None).await?;
        let inbox = inboxes["data"][0]["id"].as_str().context("an inbox")?.to_owned();
        let words = json!({"es": "¿Cómo le fue con {business}? {link}"});
        let (status, set) =
            acme.call(Method::PUT, &format!("inboxes/{inbox}/survey"), Some(json!({"enabled": true, "words": words}))).await?;
        ensure!(status == 200, "{set}");

        chat.contact_says("ana", "hola").await?;
        app.settle().await?;
        acme.agent_replies("ana", "Soy Marta").await?;
        acme.agent_sets_status("ana", "resolved").await?;
        app.settle().await?;
        let last = app.adapter.in_room("ana").pop().context("nothing was sent")?.text;
        let link = last.split_once("¿Cómo le fue con acme? ").context("no question")?.1.to_owned();
        let page = format!("{}{}", app.base(), link.strip_prefix(PUBLIC).context("another address")?);
        seen_without_the_link(&acme, &link).await?;
        assert_eq!(acme.conversation_with("ana").await?["status"], "resolved");

        let http = Client::builder().no_proxy().build()?;
        let shown = http.get(&page).send().await?;
        ensure!(shown.status() == 200 && shown.text().await?.contains("acme"), "the page is not shown");
        let answered = http.post(&page).body("rating=5&comment=Marta+fue+muy+amable").send().await?;
        ensure!(answered.status() == 200 && answered.text().await?.contains("¡Gracias por su opinión!"), "no thanks");

        let (_, list) = acme.call(Method::GET, "surveys", None).await?;
        let row = &list["data"][0];
        assert_eq!((&row["rating"], &row["comment"], &row["held_by"]), (&json!(5), &json!("Marta fue muy amable"), &json!("people")));
        assert_eq!(row["state"], "sent");
        let (_, report) = acme.call(Method::GET, "surveys/report", None).await?;
        let people = |report: &Value| (report["people"]["asked"].clone(), report["people"]["average"].clone());
        assert_eq!(people(&report), (json!(1), json!(5.0)));

        // The customer comes back: another stretch, another question.
        chat.contact_says("ana", "otra cosa").await?;
        app.settle().await?;
        acme.agent_sets_status("ana", "resolved").await?;
        app.settle().await?;
        let (_, list) = acme.call(Method::GET, "surveys", None).await?;
        let held: Vec<_> =
            list["data"].as_array().context("a list")?.iter().map(|row| (row["cycle"].clone(), row["held_by"].clone())).collect();
        assert_eq!(held, [(json!(2), json!("assistant")), (json!(1), json!("people"))]);

        let talk = acme.conversation_with("ana").await?["id"].as_str().context("a conversation")?.to_owned();
        let (status, gone) = acme.call(Method::DELETE, &format!("conversations/{talk}"), None).await?;
        ensure!(status == 204, "{gone}");
        app.settle().await?;
        let (_, list) = acme.call(Method::GET, "surveys", None).await?;
        assert_eq!(list["data"], json!([]), "what they said goes with it");
        assert_eq!(http.get(&page).send().await?.status(), 404);
    }
    Ok(())
}
