//! The public page of an appointment that was made in a chat: what it does, what the conversation hears of it, and that repeats are harmless.

use super::mails::{PATIENCE, first_slots, link_of, posted, resource};
use crate::support::app::TestApp;
use crate::support::database::TestDatabase;
use crate::support::tenant::{TestInbox, TestTenant};
use anyhow::{Context, Result, ensure};
use chrono::{Datelike, Days, NaiveDateTime};
use recado::testing::mail::SmtpServer;
use reqwest::{Client, Method};
use serde_json::{Value, json};

const MONTHS: [&str; 12] =
    ["enero", "febrero", "marzo", "abril", "mayo", "junio", "julio", "agosto", "septiembre", "octubre", "noviembre", "diciembre"];
const PUBLIC: &str = "https://recado.example";

/// A page, and a customer's chat.
struct Visit<'a> {
    app: &'a TestApp,
    shop: &'a TestTenant<'a>,
    client: Client,
    url: String,
}

impl Visit<'_> {
    async fn get(&self, query: &str) -> Result<String> {
        let page = self.client.get(format!("{}{query}", self.url)).send().await?;
        ensure!(page.status() == 200, "{}", page.status());
        Ok(page.text().await?)
    }

    async fn post(&self, action: &str, version: i64) -> Result<String> {
        let page = self.client.post(&self.url).body(format!("action={action}&version={version}")).send().await?;
        ensure!(page.status() == 200, "{}", page.status());
        let html = page.text().await?;
        self.app.settle().await?;
        Ok(html)
    }

    /// Returns how often each deed stands in the conversation (comes, wants another time, cancelled), its status, and how much the customer heard.
    async fn heard(&self) -> Result<([usize; 3], String, usize)> {
        let thread = self.shop.thread_with("Luz").await?;
        let notes = ["confirmó por correo que vendrá", "pide otro horario por correo", "canceló por correo"];
        let conversation = self.shop.conversation_with("Luz").await?;
        let status = conversation["status"].as_str().context("no status")?.to_owned();
        let count = |text: &str| thread.iter().filter(|line| line.contains(text)).count();
        Ok((notes.map(count), status, self.app.adapter.in_room("Luz").len()))
    }
}

/// Names a day in words that mean the same at every hour of the day.
async fn in_three_days(shop: &TestTenant<'_>, service: &Value) -> Result<String> {
    let id = service["id"].as_str().context("no id")?;
    let (_, page) = shop.call(Method::GET, &format!("slots?service_id={id}&limit=1"), None).await?;
    let today = NaiveDateTime::parse_from_str(page["data"][0]["local"].as_str().context("no slot")?, "%Y-%m-%dT%H:%M")?;
    let day = today.date() + Days::new(3);
    let month = usize::try_from(day.month0())?;
    Ok(format!("el {} de {}", day.day(), MONTHS.get(month).context("no month")?))
}

/// Books by chat: the assistant asks for the address, which is where the confirmation goes.
async fn booked(app: &TestApp, shop: &TestTenant<'_>, chat: &TestInbox) -> Result<Value> {
    let resource = posted(shop, "resources", resource()).await?;
    let question = json!({"key": "mail", "text": {"es": "¿A qué correo le escribimos?"}, "required": true, "kind": "email"});
    let needs = json!([{"any_of": [resource["id"]]}]);
    let service = json!({"name": {"es": "Consulta"}, "duration": 30, "needs": needs, "questions": [question]});
    let service = posted(shop, "services", service).await?;
    let wish = format!("quiero una consulta {} a las 10 de la mañana", in_three_days(shop, &service).await?);
    for text in [&wish, "es luz@example.com", "sí, por favor"] {
        chat.contact_says("Luz", text).await?;
        app.settle().await?;
    }
    let (_, page) = shop.call(Method::GET, "appointments?status=confirmed", None).await?;
    let row = page["data"].get(0).with_context(|| format!("nothing was booked: {:?}", app.adapter.in_room("Luz")))?.clone();
    ensure!(row["contact"]["email"] == "luz@example.com" || row["email"] == "luz@example.com", "{row}");
    ensure!(!first_slots(shop, &service).await?.is_empty());
    Ok(row)
}

#[actix_web::test]
async fn what_is_said_on_the_page_is_read_in_the_chat_once_and_a_link_that_is_followed_says_nothing() -> Result<()> {
    for database in TestDatabase::both().await? {
        let smtp = SmtpServer::start().await?;
        let setup = TestApp::on(database).set("RECADO_SMTP_URL", &smtp.url()).set("RECADO_MAIL_FROM", "no-reply@recado.example");
        let app = setup.set("RECADO_PUBLIC_URL", PUBLIC).start().await?;
        let shop = app.tenant("clinic").await?;
        let chat = shop.generic_inbox(json!({})).await?;
        let row = booked(&app, &shop, &chat).await?;
        tokio::time::timeout(PATIENCE, smtp.has(1)).await.context("no confirmation came")?;
        let mail = smtp.received().pop().context("no mail")?;
        assert_eq!(mail.to, ["luz@example.com"]);
        let url = format!("{}{}", app.base(), link_of(&mail, PUBLIC)?);
        let visit = Visit { app: &app, shop: &shop, client: Client::builder().build()?, url };
        let version = row["version"].as_i64().context("no version")?;
        let (nothing, status, words) = visit.heard().await?;
        assert_eq!((nothing, status.as_str()), ([0, 0, 0], "pending"));

        // Whatever follows links may follow all of them.
        for query in ["", "?action=come", &format!("?action=come&version={version}"), &format!("?action=move&version={version}")] {
            let page = visit.get(query).await?;
            ensure!(["come", "move", "cancel"].iter().all(|action| page.contains(&format!("value=\"{action}\""))), "{page}");
        }
        app.settle().await?;
        assert_eq!(visit.heard().await?, ([0, 0, 0], "pending".to_owned(), words), "reading says nothing");

        for _ in 0..3 {
            let page = visit.post("come", version).await?;
            ensure!(page.contains("Gracias") && !page.contains("value=\"come\""), "{page}");
            assert_eq!(visit.heard().await?, ([1, 0, 0], "pending".to_owned(), words), "a note, once, and the assistant goes on");
        }
        for _ in 0..3 {
            let page = visit.post("move", version).await?;
            ensure!(page.contains("Mientras tanto, su cita sigue en pie") && !page.contains("value=\"move\""), "{page}");
            assert_eq!(visit.heard().await?, ([1, 1, 0], "open".to_owned(), words), "people have it, once");
        }
        ensure!(visit.post("come", version - 1).await?.contains("cambió mientras tanto"));
        let own = format!("appointments/{}", row["id"].as_str().context("no id")?);
        let (_, after) = shop.call(Method::GET, &own, None).await?;
        assert_eq!((&after["status"], &after["version"], &after["starts_at"]), (&row["status"], &row["version"], &row["starts_at"]));

        // People move it: what an older page says counts no more, what the new one says is noted anew.
        let later = json!({"starts_at": first_slots(&shop, &json!({"id": row["service_id"]})).await?[5], "version": version});
        let moved = posted(&shop, &format!("{own}/move"), later).await?;
        app.settle().await?;
        ensure!(visit.post("come", version).await?.contains("cambió mientras tanto"));
        let version = moved["version"].as_i64().context("no version")?;
        for _ in 0..2 {
            visit.post("come", version).await?;
        }
        assert_eq!(visit.heard().await?.0, [2, 1, 0]);
        for _ in 0..2 {
            let page = visit.post("cancel", version).await?;
            ensure!(page.contains("Está cancelada.") && !page.contains("<button"), "{page}");
        }
        assert_eq!(visit.heard().await?.0, [2, 1, 1]);
        assert_eq!(smtp.complaints(), Vec::<String>::new());
    }
    Ok(())
}
