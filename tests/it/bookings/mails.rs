//! Mails of appointments over the whole product: by SMTP, with the page that they lead to, and while the real binary dies.

use crate::support::app::TestApp;
use crate::support::database::TestDatabase;
use crate::support::process::Installation;
use crate::support::tenant::TestTenant;
use anyhow::{Context, Result, ensure};
use recado::testing::mail::{Received, SmtpServer};
use reqwest::{Client, Method};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::time::Duration;

/// How long a mail may take.
pub const PATIENCE: Duration = Duration::from_secs(20);
/// Where the server dies, at which mail.
const POINTS: [&str; 3] = ["mail_before_send:1", "mail_before_mark:1", "mail_after_mark:1"];

/// What sets one person up who is always there.
pub fn resource() -> Value {
    let days = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];
    let hours: Value = days.into_iter().map(|day| (day.to_owned(), json!([{"from": "00:00", "to": "24:00"}]))).collect();
    json!({"name": "Ana", "kind": "person", "hours": hours})
}

fn service(resource: &Value) -> Value {
    json!({"name": {"es": "Consulta"}, "duration": 30, "needs": [{"any_of": [resource["id"]]}]})
}

pub async fn posted(shop: &TestTenant<'_>, path: &str, body: Value) -> Result<Value> {
    let (status, made) = shop.call(Method::POST, path, Some(body)).await?;
    ensure!(status < 300, "{path}: {status} {made}");
    Ok(made)
}

/// Returns a mail's plain text, decoded.
fn text_of(mail: &Received) -> String {
    // Soft line ends of quoted-printable, then its few escapes that matter here.
    mail.message.replace("=\r\n", "").replace("=3D", "=")
}

/// Returns the page that a mail leads to, below our own address.
pub fn link_of(mail: &Received, public: &str) -> Result<String> {
    let text = text_of(mail);
    let at = text.find(&format!("{public}/appointments/")).with_context(|| format!("no link in {text}"))?;
    let link: String = text.get(at..).unwrap_or_default().chars().take_while(|sign| !sign.is_whitespace() && *sign != '"').collect();
    Ok(link.replacen(public, "", 1))
}

pub async fn first_slots(shop: &TestTenant<'_>, service: &Value) -> Result<Vec<Value>> {
    let id = service["id"].as_str().context("no id")?;
    let (status, page) = shop.call(Method::GET, &format!("slots?service_id={id}&limit=10"), None).await?;
    ensure!(status == 200, "{page}");
    Ok(page["data"].as_array().context("no page")?.iter().map(|slot| slot["starts_at"].clone()).collect())
}

/// A business with mail, and one appointment whose confirmation has arrived; returns its page.
async fn confirmed(shop: &TestTenant<'_>, smtp: &SmtpServer) -> Result<(Value, String)> {
    let resource = posted(shop, "resources", resource()).await?;
    let service = posted(shop, "services", service(&resource)).await?;
    let free = first_slots(shop, &service).await?;
    let wish = json!({"service_id": service["id"], "starts_at": free[6], "contact": {"name": "Luz <Ríos>", "email": "luz@example.com"}});
    let made = posted(shop, "appointments", wish).await?;
    tokio::time::timeout(PATIENCE, smtp.has(1)).await.context("no confirmation came")?;
    let mail = smtp.received().pop().context("no mail")?;
    ensure!(mail.to == ["luz@example.com"] && mail.from == "no-reply@recado.example");
    ensure!(mail.header("from").is_some_and(|from| from.starts_with("clinic <")), "{:?}", mail.header("from"));
    let file = "Content-Type: text/calendar; method=PUBLISH; charset=utf-8";
    ensure!(mail.message.contains(file) && mail.message.contains("multipart/alternative"), "{}", mail.message);
    Ok((made, link_of(&mail, "https://recado.example")?))
}

#[actix_web::test]
async fn a_customer_follows_the_link_of_a_mail_and_cancels_by_the_form_only() -> Result<()> {
    for database in TestDatabase::both().await? {
        let smtp = SmtpServer::start().await?;
        let setup = TestApp::on(database).set("RECADO_SMTP_URL", &smtp.url()).set("RECADO_MAIL_FROM", "no-reply@recado.example");
        let app = setup.set("RECADO_PUBLIC_URL", "https://recado.example").start().await?;
        let shop = app.tenant("clinic").await?;
        let (made, path) = confirmed(&shop, &smtp).await?;
        let url = format!("{}{path}", app.base());
        let own = format!("appointments/{}", made["id"].as_str().context("no id")?);
        let client = Client::builder().build()?;

        // Scanners read, follow and ask for everything: nothing changes.
        for query in ["", "?action=cancel&version=1", "?action=cancel"] {
            let page = client.get(format!("{url}{query}")).send().await?;
            ensure!(
                page.status() == 200 && page.headers()["referrer-policy"] == "no-referrer" && page.headers()["cache-control"] == "no-store"
            );
            ensure!(page.headers()["content-security-policy"].to_str()?.starts_with("default-src 'none'"));
            let html = page.text().await?;
            ensure!(html.contains("Está confirmada.") && html.contains("hora de Hermosillo") && !html.contains("<script"), "{html}");
            ensure!(!html.contains("luz@example.com"), "the page shows no address");
        }
        ensure!(client.head(&url).send().await?.status() != 200);
        let (_, row) = shop.call(Method::GET, &own, None).await?;
        assert_eq!((row["status"].as_str(), row["version"].as_i64()), (Some("confirmed"), made["version"].as_i64()));

        // A form of an older version, one that is none, and a wrong address change nothing either.
        let post = |url: String, form: &'static str| {
            let form = form.to_owned();
            let form_type = ("content-type", "application/x-www-form-urlencoded");
            client.post(url).header(form_type.0, form_type.1).body(form).send()
        };
        ensure!(post(url.clone(), "action=cancel&version=99").await?.text().await?.contains("cambió mientras tanto"));
        assert_eq!(post(url.clone(), "action=nothing&version=1").await?.status(), 422);
        let mut wrong = url.clone();
        wrong.pop();
        for wrong in [format!("{wrong}{}", if url.ends_with('A') { 'B' } else { 'A' }), wrong, format!("{url}A")] {
            assert_eq!(post(wrong, "action=cancel&version=1").await?.status(), 404);
        }
        let version = made["version"].as_i64().context("no version")?;
        let form: &'static str = Box::leak(format!("action=cancel&version={version}").into_boxed_str());
        for _ in 0..2 {
            ensure!(post(url.clone(), form).await?.text().await?.contains("Está cancelada."), "a repeat is a success");
        }
        let (_, row) = shop.call(Method::GET, &own, None).await?;
        assert_eq!(row["status"], "cancelled");
        tokio::time::timeout(PATIENCE, smtp.has(2)).await.context("no cancellation came")?;
        let mail = smtp.received().pop().context("no mail")?;
        ensure!(mail.message.contains("text/calendar; method=CANCEL; charset=utf-8"), "{}", mail.message);
        assert_eq!((smtp.complaints(), smtp.received().len()), (Vec::new(), 2));
    }
    Ok(())
}

#[actix_web::test]
async fn the_page_obeys_the_rules_of_changing_and_is_not_shown_for_ever() -> Result<()> {
    let smtp = SmtpServer::start().await?;
    let setup = TestApp::on(TestDatabase::sqlite().await?).set("RECADO_SMTP_URL", &smtp.url());
    let setup = setup.set("RECADO_MAIL_FROM", "no-reply@recado.example").set("RECADO_PUBLIC_URL", "https://recado.example");
    let app = setup.start().await?;
    let shop = app.tenant("clinic").await?;
    let (made, path) = confirmed(&shop, &smtp).await?;
    let (status, _) = shop.call(Method::PUT, "booking-rules", Some(json!({"change_until_hours": 720}))).await?;
    assert_eq!(status, 200);
    let (url, client) = (format!("{}{path}", app.base()), Client::builder().build()?);
    let page = client.get(&url).send().await?.text().await?;
    ensure!(page.contains("comuníquese con el negocio") && !page.contains("value=\"cancel\""), "{page}");
    let form = format!("action=cancel&version={}", made["version"]);
    let answer = client.post(&url).body(form).send().await?.text().await?;
    ensure!(answer.contains("Ya no se puede cancelar aquí"), "{answer}");
    let (_, row) = shop.call(Method::GET, &format!("appointments/{}", made["id"].as_str().context("no id")?), None).await?;
    assert_eq!(row["status"], "confirmed");
    let mut last = 200;
    for _ in 0..40 {
        last = client.get(&url).send().await?.status().as_u16();
    }
    assert_eq!(last, 429);
    Ok(())
}

/// What nobody would read is not offered: an appointment without a conversation has no buttons to come or to ask for another time.
#[actix_web::test]
async fn without_a_conversation_the_page_offers_nothing_that_nobody_would_read() -> Result<()> {
    let smtp = SmtpServer::start().await?;
    let setup = TestApp::on(TestDatabase::sqlite().await?).set("RECADO_SMTP_URL", &smtp.url());
    let app = setup.set("RECADO_MAIL_FROM", "no-reply@recado.example").set("RECADO_PUBLIC_URL", "https://recado.example").start().await?;
    let shop = app.tenant("clinic").await?;
    let (made, path) = confirmed(&shop, &smtp).await?;
    let (url, client) = (format!("{}{path}", app.base()), Client::builder().build()?);
    let page = client.get(&url).send().await?.text().await?;
    ensure!(!page.contains("value=\"come\"") && page.contains("value=\"cancel\""), "{page}");
    let answer = client.post(&url).body(format!("action=come&version={}", made["version"])).send().await?.text().await?;
    ensure!(answer.contains("cambió mientras tanto"), "{answer}");
    Ok(())
}

/// Books one appointment over HTTP at a running server, for a customer with an address of their own.
async fn book(home: &Installation, key: &str, service: &Value, start: &Value, email: &str) -> Result<Value> {
    let wish = json!({"service_id": service["id"], "starts_at": start, "contact": {"name": "Luz", "email": email}});
    let request = Client::builder().build()?.post(format!("{}/api/v1/appointments", home.base())).bearer_auth(key).json(&wish);
    let answer = request.send().await?;
    ensure!(answer.status() == 201, "{}", answer.text().await?);
    Ok(answer.json().await?)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_mail_is_lost_while_the_server_dies_and_only_the_doubtful_one_comes_twice_under_one_name() -> Result<()> {
    for database in TestDatabase::both().await? {
        killed_at_every_point(&database).await.with_context(|| format!("{:?}", database.backend()))?;
    }
    Ok(())
}

async fn killed_at_every_point(database: &TestDatabase) -> Result<()> {
    let smtp = SmtpServer::start().await?;
    let home = Installation::new()?.with("RECADO_DATABASE_URL", database.url());
    let home = home.with("RECADO_SMTP_URL", smtp.url()).with("RECADO_MAIL_FROM", "no-reply@recado.example");
    home.json(&["tenant", "create", "--slug", "acme", "--name", "Acme"])?;
    let key = home.json(&["api-key", "create", "--tenant", "acme", "--name", "test"])?["key"].as_str().context("no key")?.to_owned();
    let mut server = home.serve(&[]).await?;
    let http = Client::builder().build()?;
    let call = |method: Method, path: &str, body: Option<Value>| {
        let request = http.request(method, format!("{}/api/v1/{path}", home.base())).bearer_auth(&key);
        let request = match body {
            Some(body) => request.json(&body),
            None => request,
        };
        async move { anyhow::Ok(request.send().await?.error_for_status()?.json::<Value>().await?) }
    };
    let resource = call(Method::POST, "resources", Some(resource())).await?;
    let service = call(Method::POST, "services", Some(service(&resource))).await?;
    let page = call(Method::GET, &format!("slots?service_id={}&limit=10", service["id"].as_str().context("no id")?), None).await?;
    server.kill()?;
    for (nth, point) in POINTS.iter().enumerate() {
        let mut server = home.serve(&[("RECADO_TEST_FAULT", *point)]).await?;
        let start = &page["data"][nth + 3]["starts_at"];
        book(&home, &key, &service, start, &format!("c{nth}@example.com")).await?;
        ensure!(server.aborts_within(PATIENCE).await?, "{point} was not passed");
        let mut server = home.serve(&[]).await?;
        let wanted = [1, 3, 4][nth];
        tokio::time::timeout(PATIENCE, smtp.has(wanted)).await.with_context(|| format!("after {point}: {:?}", smtp.received().len()))?;
        // What is sent twice would show itself now.
        tokio::time::sleep(Duration::from_secs(2)).await;
        server.kill()?;
    }
    let mut by_customer: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for mail in smtp.received() {
        by_customer.entry(mail.to.concat()).or_default().push(mail.message_id());
    }
    let copies: Vec<usize> = by_customer.values().map(Vec::len).collect();
    assert_eq!(copies, [1, 2, 1], "only what died between the server's answer and our mark comes twice");
    for names in by_customer.values() {
        assert!(names.iter().all(|name| Some(name) == names.first()), "{names:?}");
    }
    assert_eq!(smtp.complaints(), Vec::<String>::new());
    Ok(())
}

#[actix::test]
async fn the_doctor_asks_the_mail_server_and_sends_nothing() -> Result<()> {
    let smtp = SmtpServer::start_with(Some(("ana", "hunter2ok"))).await?;
    for (password, verdict) in [("hunter2ok", "ok"), ("hunter2no", "fail")] {
        let url = format!("smtp://ana:{password}@127.0.0.1:{}", smtp.port());
        let home = Installation::new()?.with("RECADO_SMTP_URL", url).with("RECADO_MAIL_FROM", "no-reply@recado.example");
        home.json(&["tenant", "create", "--slug", "acme", "--name", "Acme"])?;
        let output = home.run_beside(&["doctor", "--json", "--online"]).await?;
        let report: Value = serde_json::from_slice(&output.stdout)?;
        let told = report["findings"].as_array().context("no findings")?.iter().rfind(|finding| finding["check"] == "mail");
        assert_eq!(told.context("mail was not looked at")?["verdict"], verdict, "{report}");
        ensure!(!String::from_utf8_lossy(&output.stdout).contains(password), "the password is not shown");
    }
    assert!(smtp.received().is_empty());
    assert_eq!(smtp.complaints(), Vec::<String>::new());
    Ok(())
}
