//! Webhooks to businesses' own systems over the real binary, on real sockets, while it dies: every event arrives, under one name each.

use crate::recovery::business::{Business, Home};
use crate::support::database::TestDatabase;
use crate::support::driver::Said;
use crate::support::fake_adapter::Manner;
use crate::support::peer::{Answer, Handler, Peer};
use crate::support::states::as_engine;
use anyhow::{Context, Result, ensure};
use recado::crypto::standard_webhooks::{SignedHeaders, TOLERANCE, verify};
use recado::net::clock::SystemClock;
use recado::ports::clock::Clock;
use reqwest::Client;
use sea_orm::{ConnectionTrait, Statement};
use secrecy::SecretString;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// Where the server dies.
const POINTS: [&str; 6] = [
    "webhook_after_follow:2",
    "webhook_before_send:1",
    "webhook_before_send:3",
    "webhook_before_mark:1",
    "webhook_before_mark:2",
    "webhook_after_mark:1",
];
/// How long an aimed death may take.
const AIMED: Duration = Duration::from_secs(10);
/// How long everything may take to arrive.
const PATIENCE: Duration = Duration::from_secs(60);

/// What an endpoint was told: the names under which each number came, and what broke the contract.
#[derive(Default)]
struct Heard {
    secret: Mutex<String>,
    names: Mutex<BTreeMap<i64, BTreeSet<String>>>,
    /// Numbers that were refused once: a second refusal would be told after five minutes only.
    refused: Mutex<BTreeSet<i64>>,
    complaints: Mutex<Vec<String>>,
}

impl Heard {
    /// An endpoint that checks every signature and refuses every fifth call, but no event twice.
    async fn listen(self: &Arc<Self>) -> Result<Peer> {
        let heard = Arc::clone(self);
        let calls = Arc::new(std::sync::atomic::AtomicU64::new(0));
        let handler: Handler = Arc::new(move |request| {
            let (heard, call) = (Arc::clone(&heard), calls.fetch_add(1, std::sync::atomic::Ordering::SeqCst));
            Box::pin(async move {
                let secret = SecretString::from(heard.secret.lock().unwrap().clone());
                let signature = [request.header("webhook-signature").unwrap_or_default()];
                let name = request.header("webhook-id").unwrap_or_default().to_owned();
                let headers = SignedHeaders { id: Some(&name), timestamp: request.header("webhook-timestamp"), signatures: &signature };
                if let Err(error) = verify(&[secret], headers, &request.body, SystemClock::new().now(), TOLERANCE) {
                    heard.complaints.lock().unwrap().push(error.to_string());
                }
                let body: Value = serde_json::from_slice(&request.body).unwrap_or_default();
                let number = body["number"].as_i64().unwrap_or(-1);
                if call % 5 == 4 && heard.refused.lock().unwrap().insert(number) {
                    return (Duration::ZERO, Answer::json(500, &json!({"busy": true})));
                }
                heard.names.lock().unwrap().entry(number).or_default().insert(name);
                (Duration::ZERO, Answer::json(200, &json!({})))
            })
        });
        Peer::start(handler).await
    }

    fn numbers(&self) -> Vec<i64> {
        self.names.lock().unwrap().keys().copied().collect()
    }
}

/// Adds the endpoint over the API of a running server.
async fn subscribe(business: &Business, url: &str) -> Result<String> {
    let made = business.installation.json(&["api-key", "create", "--tenant", "acme", "--name", "hooks"])?;
    let key = made["key"].as_str().context("a key")?;
    let body = json!({"url": format!("{url}/hook"), "events": ["*"]});
    let call = Client::builder().build()?.post(format!("{}/api/v1/webhooks", business.installation.base()));
    let answer = call.bearer_auth(key).json(&body).send().await?;
    ensure!(answer.status() == 201, "{}", answer.text().await?);
    Ok(answer.json::<Value>().await?["secret"].as_str().context("a secret")?.to_owned())
}

async fn timeline(business: &Business) -> Result<Vec<i64>> {
    let db = business.database().await?;
    let tx = as_engine(&db).await?;
    let sql = Statement::from_string(db.get_database_backend(), "SELECT number AS n FROM timeline ORDER BY number");
    let rows = tx.query_all_raw(sql).await?.iter().map(|row| row.try_get("", "n")).collect::<Result<Vec<i64>, _>>()?;
    tx.rollback().await?;
    db.close().await?;
    Ok(rows)
}

async fn kill_test(home: Home) -> Result<()> {
    let heard = Arc::new(Heard::default());
    let endpoint = heard.listen().await?;
    let fast = [("RECADO_ENGINE_SWEEP_MS", "100".to_owned())];
    let business = Business::open_with(home, Manner::default(), &fast).await?;
    let mut server = business.installation.serve(&[]).await?;
    *heard.secret.lock().unwrap() = subscribe(&business, &endpoint.url()).await?;
    server.kill()?;
    let mut died = 0;
    for (nth, point) in POINTS.iter().enumerate() {
        let mut server = business.installation.serve(&[("RECADO_TEST_FAULT", *point)]).await?;
        let room = format!("room-{nth}");
        let said = Said { room: room.clone(), id: format!("{room}-1"), text: "hola".to_owned() };
        let talk = business.driver.deliver(&said);
        let deaths = async {
            let aborted = server.aborts_within(AIMED).await?;
            if !aborted {
                server.kill()?;
            }
            anyhow::Ok((aborted, business.installation.serve(&[]).await?))
        };
        let ((), (aborted, mut server)) = tokio::time::timeout(PATIENCE, async {
            let (talk, deaths) = tokio::join!(talk, deaths);
            talk?;
            anyhow::Ok(((), deaths?))
        })
        .await
        .with_context(|| format!("nothing came of {point}"))??;
        died += usize::from(aborted);
        tokio::time::timeout(PATIENCE, business.adapter.received(&room, 1)).await.context("nobody was answered")?;
        server.kill()?;
    }
    let mut server = business.installation.serve(&[]).await?;
    let arrived = async {
        while heard.numbers() != timeline(&business).await? {
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
        anyhow::Ok(())
    };
    tokio::time::timeout(PATIENCE, arrived).await.with_context(|| format!("only {:?} arrived", heard.numbers()))??;
    let names = heard.names.lock().unwrap().clone();
    ensure!(names.values().all(|names| names.len() == 1), "an event came under two names: {names:?}");
    let all: BTreeSet<&String> = names.values().flatten().collect();
    ensure!(all.len() == names.len(), "two events came under one name");
    ensure!(heard.complaints.lock().unwrap().is_empty(), "{:?}", heard.complaints.lock().unwrap());
    ensure!(died >= POINTS.len() - 1, "only {died} deaths");
    let log = business.installation.log();
    ensure!(!log.contains("whsec_") && !log.contains(&endpoint.url()), "the log tells a secret or an address");
    server.kill()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_event_is_lost_and_none_has_two_names_while_the_server_dies_on_sqlite() -> Result<()> {
    kill_test(Home::Sqlite).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_event_is_lost_and_none_has_two_names_while_the_server_dies_on_postgres() -> Result<()> {
    kill_test(Home::Postgres(TestDatabase::postgres().await?)).await
}
