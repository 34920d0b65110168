//! Actions over many conversations on the real binary: it dies at each point of the protocol and goes on, and ten thousand take seconds.

use crate::bookings::deaths::{ask, one};
use crate::store::rig::open;
use crate::support::database::{TestDatabase, connect};
use crate::support::process::Installation;
use crate::support::variables::say;
use anyhow::{Context, Result, ensure};
use recado::net::clock::SystemClock;
use recado::ports::clock::Clock;
use recado::store::fill::{Plan, fill};
use sea_orm::DatabaseConnection;
use serde_json::{Value, json};
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// Where the server dies: at the first stretch, and later ones.
const POINTS: [&str; 4] = ["bulk_after_given:1", "bulk_after_run:1", "bulk_after_given:2", "c8_after_commit:77"];
/// How long a server may take to die, and an action to end.
const PATIENCE: Duration = Duration::from_secs(60);

/// A business with very many conversations, and a key to it.
struct Shop {
    installation: Installation,
    url: String,
    key: String,
    client: reqwest::Client,
    _database: Option<TestDatabase>,
}

impl Shop {
    async fn open(database: Option<TestDatabase>, conversations: u32) -> Result<Self> {
        let mut installation = Installation::new()?.with("RECADO_ENGINE_SWEEP_MS", "200").with("RECADO_LIMITS_MULTIPLIER", "1000");
        if let Some(database) = &database {
            installation = installation.with("RECADO_DATABASE_URL", database.url());
        }
        let migrated = installation.run(&["migrate", "up"])?;
        ensure!(migrated.status.success(), "{}", String::from_utf8_lossy(&migrated.stderr));
        let url = match &database {
            Some(database) => database.url().to_owned(),
            None => format!("sqlite://{}?mode=rw", installation.database_file().display()),
        };
        let filled = fill(&open(&url).await?, &Plan { conversations, seed: 7, until: SystemClock::new().now() }, &|_| ()).await?;
        let db = connect(&url).await?;
        let slug: String =
            one(&db, &format!("SELECT slug AS n FROM tenant WHERE name = '{}'", name_of(&db, filled.large.conversations).await?)).await?;
        db.close().await?;
        let key = installation.json(&["api-key", "create", "--tenant", &slug, "--name", "bulk"])?;
        let key = key.get("key").and_then(Value::as_str).context("no key")?.to_owned();
        #[expect(clippy::disallowed_methods, reason = "the test is a client of the door")]
        let client = reqwest::Client::new();
        Ok(Self { installation, url, key, client, _database: database })
    }

    async fn call(&self, path: &str, body: Option<&Value>) -> Result<(u16, Value)> {
        let url = format!("{}/api/v1/conversations{path}", self.installation.base());
        let request = match body {
            Some(body) => self.client.post(url).json(body),
            None => self.client.get(url),
        };
        let answer = request.bearer_auth(&self.key).send().await?;
        let status = answer.status().as_u16();
        Ok((status, answer.json().await?))
    }

    async fn begin(&self, wish: &Value) -> Result<String> {
        let (status, told) = self.call("/bulk", Some(wish)).await?;
        ensure!(status == 202, "{told}");
        Ok(told.get("id").and_then(Value::as_str).context("no id")?.to_owned())
    }

    /// Waits until an action has ended; returns how it stands.
    async fn ended(&self, id: &str) -> Result<Value> {
        let until = Instant::now() + PATIENCE;
        loop {
            let (_, told) = self.call(&format!("/bulk/{id}"), None).await?;
            if told["state"] == "done" {
                return Ok(told);
            }
            ensure!(Instant::now() < until, "it does not end: {told}");
            sleep(Duration::from_millis(50)).await;
        }
    }
}

/// The large tenant is the one with the most conversations.
async fn name_of(db: &DatabaseConnection, conversations: u32) -> Result<String> {
    one(
        db,
        &format!(
            "SELECT t.name AS n FROM tenant t JOIN conversation c ON c.tenant_id = t.id GROUP BY t.id, t.name HAVING COUNT(*) = {conversations}"
        ),
    )
    .await
}

/// Each item was done by one command, which left one event; nothing of the queue is open.
async fn judge(shop: &Shop, id: &str, items: i64, told: &Value) -> Result<()> {
    let count = |word: &str| told["counts"][word].as_i64().unwrap_or_default();
    // Some were as urgent before.
    let done = count("done");
    ensure!(told["total"] == items && done + count("unchanged") == items, "{told}");
    let db = connect(&shop.url).await?;
    let named = format!("external_id LIKE 'bulk:{id}:%'");
    let commands: i64 = one(&db, &format!("SELECT COUNT(*) AS n FROM inbound WHERE {named}")).await?;
    let settled: i64 = one(&db, &format!("SELECT COUNT(*) AS n FROM inbound WHERE {named} AND state = 'settled'")).await?;
    ensure!(commands == items && settled == items, "{commands} commands, {settled} settled, for {items} items");
    let events =
        ask(&db, "SELECT conversation_id, COUNT(*) AS n FROM timeline WHERE kind = 'conversation.changed' GROUP BY conversation_id")
            .await?;
    ensure!(i64::try_from(events.len())? == done, "{} told of, {done} done", events.len());
    for row in events {
        let told: i64 = row.try_get("", "n")?;
        ensure!(told == 1, "one was told {told} times");
    }
    Ok(db.close().await?)
}

async fn kill_test(database: Option<TestDatabase>) -> Result<()> {
    let shop = Shop::open(database, 600).await?;
    let mut server = shop.installation.serve(&[("RECADO_TEST_FAULT", POINTS[0])]).await?;
    let id = shop.begin(&json!({"filter": {}, "action": {"type": "priority", "priority": "urgent"}})).await?;
    for point in POINTS.iter().skip(1) {
        ensure!(server.aborts_within(PATIENCE).await?, "it did not die before {point}");
        server = shop.installation.serve(&[("RECADO_TEST_FAULT", point)]).await?;
    }
    if server.aborts_within(Duration::from_secs(5)).await? {
        server = shop.installation.serve(&[]).await?;
    }
    let told = shop.ended(&id).await?;
    judge(&shop, &id, 540, &told).await?;
    server.kill()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_action_over_many_goes_on_where_the_server_died_on_sqlite() -> Result<()> {
    kill_test(None).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_action_over_many_goes_on_where_the_server_died_on_postgres() -> Result<()> {
    kill_test(Some(TestDatabase::postgres().await?)).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_thousand_conversations_are_each_reported_and_one_more_is_too_many() -> Result<()> {
    let shop = Shop::open(None, 11_112).await?;
    let mut server = shop.installation.serve(&[]).await?;
    let all = json!({"filter": {}, "action": {"type": "priority", "priority": "urgent"}});
    let (status, told) = shop.call("/bulk", Some(&all)).await?;
    assert_eq!((status, &told["errors"][0]["field"]), (422, &json!("filter")), "{told}");
    let db = connect(&shop.url).await?;
    let newest = "SELECT id AS n FROM conversation WHERE tenant_id = (SELECT tenant_id FROM conversation GROUP BY tenant_id ORDER BY COUNT(*) DESC LIMIT 1)
                  ORDER BY id LIMIT 10000";
    let ids: Vec<uuid::Uuid> = ask(&db, newest).await?.iter().map(|row| row.try_get("", "n")).collect::<Result<_, _>>()?;
    db.close().await?;
    let wish = json!({"conversation_ids": ids, "action": {"type": "priority", "priority": "urgent"}});
    let began = Instant::now();
    let id = shop.begin(&wish).await?;
    let told = shop.ended(&id).await?;
    say(format!("10,000 conversations in {:?}", began.elapsed()));
    let (mut reported, mut next) = (0, String::new());
    loop {
        let (status, page) = shop.call(&format!("/bulk/{id}/items?limit=100{next}"), None).await?;
        assert_eq!(status, 200, "{page}");
        reported += page["data"].as_array().map_or(0, Vec::len);
        match page["next"].as_str() {
            Some(cursor) => next = format!("&cursor={cursor}"),
            None => break,
        }
    }
    assert_eq!(reported, 10_000);
    judge(&shop, &id, 10_000, &told).await?;
    server.kill()
}
