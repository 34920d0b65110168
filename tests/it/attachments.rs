//! Files over the real binary while it dies: no message without its file, no file sent twice, and no bytes that nobody knows of.

use crate::recovery::business::{Business, Home};
use crate::support::database::TestDatabase;
use crate::support::driver::Said;
use crate::support::fake_adapter::Manner;
use crate::support::process::Server;
use crate::support::states::as_engine;
use anyhow::{Context, Result, ensure};
use reqwest::Client;
use sea_orm::{ConnectionTrait, Statement};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Where the server dies while a file is brought and sent.
const COMING: [&str; 8] = [
    "upload_after_row:1",
    "upload_after_bytes:1",
    "upload_after_finish:1",
    "attach_after_hold:1",
    "c9_after_sending:1",
    "c10_before_mark:1",
    "c10_after_mark:1",
    "none:1",
];
/// Where it dies while files go that nobody uses.
const GOING: [&str; 4] = ["file_after_row:1", "file_after_bytes:1", "file_after_bytes:2", "none:1"];
const PATIENCE: Duration = Duration::from_secs(60);
/// How long an aimed death may take.
const AIMED: Duration = Duration::from_secs(10);

/// A picture of one pixel.
const PIXEL: &[u8] = &[
    0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0, 0, 0, 13, 0x49, 0x48, 0x44, 0x52, 0, 0, 0, 1, 0, 0, 0, 1, 8, 6, 0, 0, 0, 0x1f, 0x15,
    0xc4, 0x89, 0, 0, 0, 13, 0x49, 0x44, 0x41, 0x54, 0x78, 0x9c, 0x63, 0xf8, 0xcf, 0xc0, 0xf0, 0x1f, 0, 5, 0, 1, 0xff, 0x89, 0x99, 0x3d,
    0x1d, 0, 0, 0, 0, 0x49, 0x45, 0x4e, 0x44, 0xae, 0x42, 0x60, 0x82,
];

struct Desk<'a> {
    business: &'a Business,
    http: Client,
    key: String,
}

impl Desk<'_> {
    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.business.installation.base())
    }

    async fn get(&self, path: &str) -> Result<Value> {
        Ok(self.http.get(self.url(path)).bearer_auth(&self.key).send().await?.error_for_status()?.json().await?)
    }

    /// Brings the picture; the same key is the same file.
    async fn bring(&self, key: &str) -> Result<String> {
        let mut body =
            b"--cut\r\ncontent-disposition: form-data; name=\"file\"; filename=\"photo.png\"\r\ncontent-type: image/png\r\n\r\n".to_vec();
        body.extend_from_slice(PIXEL);
        body.extend_from_slice(b"\r\n--cut--\r\n");
        let call = self.http.post(self.url("/api/v1/attachments")).bearer_auth(&self.key).header("idempotency-key", key);
        let answer = call.header("content-type", "multipart/form-data; boundary=cut").body(body).send().await?;
        let (status, body) = (answer.status(), answer.json::<Value>().await?);
        ensure!(status == 201, "{body}");
        Ok(body["id"].as_str().context("an id")?.to_owned())
    }

    async fn reply(&self, talk: &str, file: &str, key: &str) -> Result<()> {
        let path = format!("/api/v1/conversations/{talk}/messages");
        let call = self.http.post(self.url(&path)).bearer_auth(&self.key).header("idempotency-key", key);
        let answer = call.json(&json!({"text": key, "attachments": [file]})).send().await?;
        let (status, body) = (answer.status(), answer.text().await?);
        ensure!(status.is_success(), "{status}: {body}");
        Ok(())
    }

    /// Does both, again and again until it is done: the server dies meanwhile and somebody starts it anew.
    async fn insist(&self, talk: &str, key: &str) -> Result<()> {
        loop {
            let done = async { self.reply(talk, &self.bring(key).await?, key).await }.await;
            match done {
                Ok(()) => return Ok(()),
                Err(error) if error.downcast_ref::<reqwest::Error>().is_some() => tokio::time::sleep(Duration::from_millis(100)).await,
                Err(error) if error.to_string().starts_with("503") => tokio::time::sleep(Duration::from_millis(100)).await,
                Err(error) => return Err(error),
            }
        }
    }
}

/// Waits for the aimed death and starts the server anew.
async fn after_death(business: &Business, mut server: Server) -> Result<(bool, Server)> {
    let aborted = server.aborts_within(AIMED).await?;
    if !aborted {
        server.kill()?;
    }
    Ok((aborted, business.installation.serve(&[]).await?))
}

/// Returns every file below the folder.
fn kept(folder: &Path) -> Result<BTreeSet<String>> {
    let mut found = BTreeSet::new();
    let mut waiting: Vec<PathBuf> = vec![folder.to_owned()];
    while let Some(path) = waiting.pop() {
        for entry in std::fs::read_dir(&path)? {
            let path = entry?.path();
            if path.is_dir() {
                waiting.push(path);
            } else {
                found.insert(path.strip_prefix(folder)?.display().to_string());
            }
        }
    }
    Ok(found)
}

/// Returns the names that rows know.
async fn known(business: &Business) -> Result<BTreeSet<String>> {
    let db = business.database().await?;
    let tx = as_engine(&db).await?;
    let sql = "SELECT name AS n FROM file UNION SELECT name || '-1' FROM file WHERE preview";
    let rows = tx.query_all_raw(Statement::from_string(db.get_database_backend(), sql)).await?;
    let names = rows.iter().map(|row| row.try_get("", "n")).collect::<Result<_, _>>()?;
    tx.rollback().await?;
    db.close().await?;
    Ok(names)
}

async fn change(business: &Business, sql: &str) -> Result<()> {
    let db = business.database().await?;
    let tx = as_engine(&db).await?;
    tx.execute_unprepared(sql).await?;
    tx.commit().await?;
    Ok(db.close().await?)
}

/// Lets the day pass that a file waits for somebody to use it.
async fn a_day_passes(business: &Business) -> Result<()> {
    let db = business.database().await?;
    let zero = if db.get_database_backend() == sea_orm::DbBackend::Postgres { "to_timestamp(1)" } else { "1" };
    db.close().await?;
    change(business, &format!("UPDATE file SET expires_at = {zero} WHERE expires_at IS NOT NULL")).await?;
    change(business, &format!("UPDATE conversation_file SET held_until = {zero} WHERE held_until IS NOT NULL")).await
}

async fn kill_test(home: Home) -> Result<()> {
    let business = Business::open(home, Manner::default()).await?;
    let made = business.installation.json(&["api-key", "create", "--tenant", "acme", "--name", "desk"])?;
    let key = made["key"].as_str().context("a key")?.to_owned();
    let desk = Desk { business: &business, http: Client::builder().timeout(Duration::from_secs(20)).build()?, key };
    let mut server = business.installation.serve(&[]).await?;
    business.driver.deliver(&Said { room: "ana".to_owned(), id: "ana-1".to_owned(), text: "hola".to_owned() }).await?;
    tokio::time::timeout(PATIENCE, business.adapter.received("ana", 1)).await.context("nobody was answered")?;
    let talk = desk.get("/api/v1/conversations").await?["data"][0]["id"].as_str().context("a conversation")?.to_owned();
    let mut died = 0;
    for point in COMING {
        server.kill()?;
        let dying = business.installation.serve(&[("RECADO_TEST_FAULT", point)]).await?;
        let both = async { tokio::join!(desk.insist(&talk, point), after_death(&business, dying)) };
        let (sent, dead) = tokio::time::timeout(PATIENCE, both).await.with_context(|| format!("nothing came of {point}"))?;
        sent.with_context(|| point.to_owned())?;
        let aborted;
        (aborted, server) = dead?;
        died += usize::from(aborted);
    }
    ensure!(died == COMING.len() - 1, "only {died} deaths");
    tokio::time::timeout(PATIENCE, business.adapter.received("ana", 1 + COMING.len())).await.context("not everything was sent")?;
    each_has_its_file(&desk, &talk).await?;

    for point in GOING {
        for number in 0..3 {
            desk.bring(&format!("{point} {number}")).await?;
        }
        server.kill()?;
        a_day_passes(&business).await?;
        let dying = business.installation.serve(&[("RECADO_TEST_FAULT", point)]).await?;
        (_, server) = after_death(&business, dying).await?;
        nobody_is_left_over(&business).await.with_context(|| point.to_owned())?;
    }
    each_has_its_file(&desk, &talk).await?;
    server.kill()?;
    change(&business, "DELETE FROM conversation").await?;
    let mut server = business.installation.serve(&[]).await?;
    // As long as the sweep has not been there, folder and rows agree on what it will take.
    let begun = tokio::time::Instant::now();
    while !known(&business).await?.is_empty() {
        ensure!(begun.elapsed() < PATIENCE, "a conversation's files go with it");
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    nobody_is_left_over(&business).await?;
    server.kill()
}

/// Every reply went out once and has its file, whose link opens.
async fn each_has_its_file(desk: &Desk<'_>, talk: &str) -> Result<()> {
    let thread = desk.get(&format!("/api/v1/conversations/{talk}/messages?limit=100")).await?;
    for point in COMING {
        let own: Vec<&Value> = thread["data"].as_array().context("a page")?.iter().filter(|it| it["content"]["text"] == *point).collect();
        ensure!(own.len() == 1, "{point} was written {} times", own.len());
        let link = own[0]["content"]["attachments"][0]["url"].as_str().with_context(|| format!("{point} has no file"))?;
        let shown = desk.http.get(link).send().await?;
        ensure!(shown.status() == 200 && shown.bytes().await? == PIXEL, "{point}");
        let sent = desk.business.adapter.in_room("ana").into_iter().filter(|it| it.text == *point).collect::<Vec<_>>();
        ensure!(sent.len() == 1 && sent[0].attachments.len() == 1, "{point} was sent {} times", sent.len());
    }
    Ok(())
}

/// The folder comes to hold what rows know, and nothing else.
async fn nobody_is_left_over(business: &Business) -> Result<()> {
    let folder = business.installation.database_file().parent().context("a folder")?.join("files");
    let begun = tokio::time::Instant::now();
    loop {
        let (kept, known) = (kept(&folder)?, known(business).await?);
        if kept == known {
            return Ok(());
        }
        ensure!(begun.elapsed() < PATIENCE, "kept {kept:?}, known {known:?}");
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_message_is_without_its_file_and_no_file_without_its_row_while_the_server_dies_on_sqlite() -> Result<()> {
    kill_test(Home::Sqlite).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_message_is_without_its_file_and_no_file_without_its_row_while_the_server_dies_on_postgres() -> Result<()> {
    kill_test(Home::Postgres(TestDatabase::postgres().await?)).await
}
