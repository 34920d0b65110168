//! A real model on this machine, at the address in `RECADO_TEST_MODEL_URL`: the real binary, real weights, a customer who is answered by
//! them, and people who see the answer grow. There is no skipping: without a model the test fails and says how to get one.

use crate::support::driver::{Driver, Said, Wire};
use crate::support::fake_adapter::FakeAdapter;
use crate::support::process::Installation;
use crate::support::variables::{needed, say};
use anyhow::{Context, Result, ensure};
use reqwest::{Client, Response};
use serde_json::Value;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::task::JoinHandle;
use tokio::time::Instant;

/// A guest: around a name stands a fence, and a model as small as this one reads the fence out.
const ROOM: &str = "guest";
/// What she says. What a model of 135 million parameters has to say to that is printed and not judged: that its very words arrive is.
const TALK: [&str; 2] = ["Hello", "I need help"];
/// As long as all of it may take on a machine that has other work.
const PATIENCE: Duration = Duration::from_secs(150);

/// The tenant's stream of events, as people read it.
struct Stream {
    heard: Arc<Mutex<String>>,
    task: JoinHandle<()>,
}

impl Stream {
    async fn open(base: &str, key: &str) -> Result<Self> {
        let http = Client::builder().no_proxy().build()?;
        let mut answer: Response = http.get(format!("{base}/api/v1/events")).bearer_auth(key).send().await?.error_for_status()?;
        let heard = Arc::new(Mutex::new(String::new()));
        let noted = Arc::clone(&heard);
        let task = tokio::spawn(async move {
            while let Ok(Some(bytes)) = answer.chunk().await {
                noted.lock().expect("nobody panics while noting").push_str(&String::from_utf8_lossy(&bytes));
            }
        });
        Ok(Self { heard, task })
    }

    /// Returns the drafts of a turn so far; the empty one, which takes them back, too.
    fn drafts(&self, turn: i64) -> Vec<String> {
        let heard = self.heard.lock().expect("nobody panics while noting").clone();
        let events = heard.split("\n\n").filter_map(|event| event.split_once("event: draft\ndata: "));
        let data = events.filter_map(|(_, data)| serde_json::from_str::<Value>(data).ok());
        data.filter(|data| data["turn_no"] == turn).map(|data| data["text"].as_str().unwrap_or_default().to_owned()).collect()
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Reads something as JSON.
async fn read(url: &str, key: &str) -> Result<Value> {
    let http = Client::builder().no_proxy().timeout(Duration::from_secs(30)).build()?;
    Ok(serde_json::from_str(&http.get(url).bearer_auth(key).send().await?.error_for_status()?.text().await?)?)
}

/// Makes a business whose operator has this model, in the manner that `docs/local-model.md` advises.
async fn installation(url: &str) -> Result<(Installation, String)> {
    let model = read(&format!("{url}/models"), "").await?["data"][0]["id"].as_str().context("the server names no model")?.to_owned();
    let deadline = PATIENCE.as_millis().to_string();
    let made = Installation::new()?
        .with("RECADO_OUTBOUND_ALLOW", "127.0.0.1/32")
        .with("RECADO_LLM_BASE_URL", url)
        .with("RECADO_LLM_MODEL", model.clone())
        .with("RECADO_LLM_KIND", "llamacpp")
        .with("RECADO_LLM_MAX_OUTPUT_TOKENS", "120")
        .with("RECADO_LLM_TEMPERATURE", "0")
        .with("RECADO_LLM_TOOLS", "false")
        .with("RECADO_LLM_FIRST_BYTE_MS", deadline.clone())
        .with("RECADO_LLM_CALL_DEADLINE_MS", deadline.clone())
        .with("RECADO_ENGINE_TURN_DEADLINE_MS", deadline)
        .with("RECADO_ENGINE_GATHERING_MS", "0");
    made.json(&["tenant", "create", "--slug", "sun", "--name", "Sun Dental", "--locale", "en-US"])?;
    Ok((made, model))
}

/// What the trace of a turn says about who has answered: the model, at the first try, with nothing that a guard had to stop.
fn ensure_answered_by(model: &str, turn: &Value) -> Result<()> {
    let attempts = turn.pointer("/trace/attempts").and_then(Value::as_array).context("nobody was asked")?;
    let [only] = attempts.as_slice() else { anyhow::bail!("not at the first try: {turn}") };
    ensure!(only["provider"] == "platform" && only["model"] == model && only["failure"].is_null(), "somebody else has answered: {turn}");
    ensure!(turn.pointer("/trace/tokens/1").and_then(Value::as_u64).is_some_and(|tokens| tokens > 1), "it has said nothing: {turn}");
    let found =
        turn.pointer("/trace/guards").and_then(Value::as_array).into_iter().flatten().filter_map(|verdict| verdict["found"].as_array());
    ensure!(found.flatten().next().is_none(), "a guard had to step in: {turn}");
    Ok(())
}

// A command that asks the model blocks the test's own thread.
#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn a_customer_talks_to_a_real_model_on_this_machine_and_people_see_its_answers_grow() -> Result<()> {
    let url = needed("RECADO_TEST_MODEL_URL", "scripts/local-model start /tmp/model prints one; see CONTRIBUTING.md")?;
    let (installation, model) = installation(&url).await?;
    let checked = installation.run(&["doctor", "--online"])?;
    let told = String::from_utf8_lossy(&checked.stdout).into_owned();
    ensure!(told.lines().any(|line| line.starts_with("ok") && line.ends_with("it answers")), "{told}");

    let adapter = FakeAdapter::start().await?;
    // The core's own words about a machine are tested elsewhere: here every word must be the model's.
    let mut config = adapter.config();
    config["disclosure"] = false.into();
    let config = config.to_string();
    let line = ["inbox", "create", "--tenant", "sun", "--channel", "generic", "--name", "Chat", "--config", &config];
    let inbox = installation.json(&line)?["id"].as_str().context("the inbox has no id")?.to_owned();
    let minted = installation.json(&["api-key", "create", "--tenant", "sun", "--name", "people"])?;
    let key = minted["key"].as_str().context("no key")?;
    let _server = installation.serve(&[]).await?;
    let base = format!("{}/api/v1", installation.base());
    let driver = Driver::new(&installation.base(), Wire::Generic { inbox, secret: adapter.secret().clone() })?.of_guests();
    let stream = Stream::open(&installation.base(), key).await?;

    for (place, words) in TALK.into_iter().enumerate() {
        let began = Instant::now();
        driver.deliver(&Said { room: ROOM.to_owned(), id: format!("in-{place}"), text: words.to_owned() }).await?;
        let replies = tokio::time::timeout(PATIENCE, adapter.received(ROOM, place + 1)).await?;
        let reply = replies.get(place).context("no reply")?.text.clone();
        let id = read(&format!("{base}/conversations"), key).await?["data"][0]["id"].as_str().context("no conversation")?.to_owned();
        let turns = read(&format!("{base}/conversations/{id}/turns"), key).await?;
        let newest = turns["data"].as_array().into_iter().flatten().max_by_key(|turn| turn["turn_no"].as_i64());
        let turn = newest.context("no turn")?;
        ensure_answered_by(&model, turn)?;
        let drafts = stream.drafts(turn["turn_no"].as_i64().context("no number")?);
        say(format!("local model: {words:?} -> {reply:?} after {:.1?}, drafts {drafts:?}, {}", began.elapsed(), turn["trace"]["tokens"]));
        let shown: Vec<&String> = drafts.iter().filter(|draft| !draft.is_empty()).collect();
        ensure!(shown.iter().all(|draft| reply.contains(draft.trim())), "drafts of something else: {drafts:?}");
        ensure!(shown.iter().any(|draft| draft.len() < reply.len()), "nobody saw the answer grow: {drafts:?}");
    }
    Ok(())
}
