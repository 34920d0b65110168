//! What people are told of the book while the real binary dies: once, whatever happens.

use crate::bookings::mails::{PATIENCE, resource};
use crate::support::database::TestDatabase;
use crate::support::process::Installation;
use crate::support::states::as_engine;
use anyhow::{Context, Result, ensure};
use recado::testing::mail::SmtpServer;
use reqwest::{Client, Method};
use sea_orm::{ConnectionTrait, Statement};
use serde_json::{Value, json};
use std::time::Duration;

/// The rung is written and nobody has heard of it yet.
const POINT: &str = "notice_after_rung:1";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_approval_is_told_once_while_the_server_dies_after_the_rung_on_sqlite() -> Result<()> {
    told_once(&TestDatabase::sqlite().await?).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_approval_is_told_once_while_the_server_dies_after_the_rung_on_postgres() -> Result<()> {
    told_once(&TestDatabase::postgres().await?).await
}

async fn told_once(database: &TestDatabase) -> Result<()> {
    let smtp = SmtpServer::start().await?;
    let home = Installation::new()?.with("RECADO_DATABASE_URL", database.url());
    let home = home.with("RECADO_SMTP_URL", smtp.url()).with("RECADO_MAIL_FROM", "no-reply@recado.example");
    home.json(&["tenant", "create", "--slug", "acme", "--name", "Acme"])?;
    home.json(&["user", "create", "--tenant", "acme", "--email", "ana@example.com", "--name", "Ana", "--role", "owner"])?;
    let key = home.json(&["api-key", "create", "--tenant", "acme", "--name", "test"])?["key"].as_str().context("no key")?.to_owned();
    let mut server = home.serve(&[("RECADO_TEST_FAULT", POINT)]).await?;
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
    let service = json!({"name": {"es": "Consulta"}, "duration": 30, "approval": true, "needs": [{"any_of": [resource["id"]]}]});
    let service = call(Method::POST, "services", Some(service)).await?;
    let page = call(Method::GET, &format!("slots?service_id={}&limit=10", service["id"].as_str().context("no id")?), None).await?;
    let wish = json!({"service_id": service["id"], "starts_at": page["data"][3]["starts_at"], "contact": {"name": "Luz"}});
    let made = call(Method::POST, "appointments", Some(wish)).await?;
    ensure!(made["status"] == "pending_owner", "{made}");
    ensure!(server.aborts_within(PATIENCE).await?, "{POINT} was not passed");
    let mut server = home.serve(&[]).await?;
    tokio::time::timeout(PATIENCE, smtp.has(1)).await.context("the owner was not told")?;
    // What is told twice would show itself now.
    tokio::time::sleep(Duration::from_secs(2)).await;
    server.kill()?;
    let told: Vec<String> = smtp.received().into_iter().flat_map(|mail| mail.to).collect();
    assert_eq!((told.as_slice(), smtp.complaints().len()), (["ana@example.com".to_owned()].as_slice(), 0));
    let tx = as_engine(database.connection()).await?;
    let sql = "SELECT kind FROM notification";
    let rows = tx.query_all_raw(Statement::from_string(database.backend(), sql)).await?;
    let kinds = rows.iter().map(|row| row.try_get::<String>("", "kind")).collect::<Result<Vec<_>, _>>()?;
    assert_eq!(kinds, ["appointment_approval"]);
    Ok(())
}
