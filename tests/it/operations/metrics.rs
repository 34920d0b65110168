//! The figures of a running server: their names and kinds are a promise to dashboards and alerts, and they move.

use crate::support::app::TestApp;
use anyhow::{Context, Result};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;
use tokio::time::Instant;

/// Every metric with its kind. Who changes this list changes `docs/operations.md` and the dashboard too.
const PROMISED: [(&str, &str); 37] = [
    ("recado_activations_total", "counter"),
    ("recado_build_info", "gauge"),
    ("recado_calendar_flags_total", "counter"),
    ("recado_calendar_work_total", "counter"),
    ("recado_commit_duration_seconds", "histogram"),
    ("recado_commit_operations", "histogram"),
    ("recado_commits_failed_total", "counter"),
    ("recado_fenced_commits_total", "counter"),
    ("recado_handoffs_total", "counter"),
    ("recado_http_request_duration_seconds", "histogram"),
    ("recado_http_responses_total", "counter"),
    ("recado_inbound_items_total", "counter"),
    ("recado_inbound_oldest_seconds", "gauge"),
    ("recado_inbound_rows", "gauge"),
    ("recado_lane_longest_rows", "gauge"),
    ("recado_lane_rows", "gauge"),
    ("recado_live_conversations", "gauge"),
    ("recado_mails_total", "counter"),
    ("recado_model_cost_micros_total", "counter"),
    ("recado_model_duration_seconds", "histogram"),
    ("recado_model_tokens_total", "counter"),
    ("recado_outbox_oldest_due_seconds", "gauge"),
    ("recado_outbox_rows", "gauge"),
    ("recado_panics_total", "counter"),
    ("recado_paused_inboxes", "gauge"),
    ("recado_queue_read", "gauge"),
    ("recado_send_duration_seconds", "histogram"),
    ("recado_sends_total", "counter"),
    ("recado_sent_total", "counter"),
    ("recado_sqlite_wal_bytes", "gauge"),
    ("recado_stale_commits_total", "counter"),
    ("recado_swept_total", "counter"),
    ("recado_turn_duration_seconds", "histogram"),
    ("recado_turns_total", "counter"),
    ("recado_unrouted_total", "counter"),
    ("recado_writer_queue_operations", "gauge"),
    ("recado_writes_refused_total", "counter"),
];

/// One scrape: kinds by name, values by series.
struct Scrape {
    kinds: BTreeMap<String, String>,
    values: BTreeMap<String, f64>,
}

impl Scrape {
    async fn of(app: &TestApp) -> Result<Self> {
        let client = reqwest::Client::builder().no_proxy().build()?;
        let answer = client.get(format!("{}/metrics", app.base())).send().await?.error_for_status()?;
        let text = answer.text().await?;
        let mut scrape = Self { kinds: BTreeMap::new(), values: BTreeMap::new() };
        for line in text.lines() {
            if let Some((name, kind)) = line.strip_prefix("# TYPE ").and_then(|line| line.split_once(' ')) {
                scrape.kinds.insert(name.to_owned(), kind.to_owned());
            } else if let Some((series, value)) = line.rsplit_once(' ').filter(|_| !line.starts_with('#')) {
                scrape.values.insert(series.to_owned(), value.parse().with_context(|| line.to_owned())?);
            }
        }
        Ok(scrape)
    }

    fn value(&self, series: &str) -> f64 {
        self.values.get(series).copied().unwrap_or_default()
    }
}

#[actix::test]
async fn a_real_server_shows_every_promised_metric_and_the_values_move() -> Result<()> {
    let app = TestApp::sqlite().await?;
    let acme = app.tenant("acme").await?;
    let web = acme.generic_inbox(json!({})).await?;
    let before = Scrape::of(&app).await?;
    web.contact_says("ana", "hola").await?;
    app.settle().await?;
    // The engine's totals are a second old at most.
    let until = Instant::now() + Duration::from_secs(10);
    let after = loop {
        let scrape = Scrape::of(&app).await?;
        if scrape.value("recado_sent_total") > 0.0 || Instant::now() > until {
            break scrape;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    };

    let mut shown: BTreeMap<&str, &str> = after.kinds.iter().map(|(name, kind)| (name.as_str(), kind.as_str())).collect();
    // A counter of something that never happened has no series yet.
    shown.entry("recado_unrouted_total").or_insert("counter");
    assert_eq!(shown, BTreeMap::from(PROMISED));

    for series in [
        "recado_commit_operations_count",
        "recado_commit_duration_seconds_count",
        "recado_activations_total",
        "recado_turns_total",
        "recado_sent_total",
        r#"recado_turn_duration_seconds_count{outcome="replied"}"#,
        r#"recado_sends_total{channel="generic",outcome="sent"}"#,
        r#"recado_send_duration_seconds_count{channel="generic"}"#,
        r#"recado_model_duration_seconds_count{model="offline",outcome="answered",provider="offline"}"#,
        r#"recado_inbound_items_total{channel="generic",outcome="accepted"}"#,
        r#"recado_http_request_duration_seconds_count{class="2xx",method="POST",route="/api/v1/channels/{inbox_id}/events"}"#,
        r#"recado_http_responses_total{status="200"}"#,
    ] {
        assert!(after.value(series) > before.value(series), "{series} did not move");
    }
    assert!(after.value("recado_sqlite_wal_bytes") > 0.0);
    assert!(after.value("recado_queue_read") > 0.5);
    let version = format!(r#"recado_build_info{{version="{}"}}"#, env!("CARGO_PKG_VERSION"));
    assert!(after.value(&version) > 0.5);
    Ok(())
}

/// Returns every name of ours in a text, as the registry knows it.
fn named_in(text: &str) -> BTreeSet<String> {
    let letter = |char: char| char.is_ascii_lowercase() || char.is_ascii_digit() || char == '_';
    let words = text.split(|char: char| !letter(char)).filter(|word| word.starts_with("recado_"));
    let kinds = BTreeMap::from(PROMISED);
    let family = |word: &str| {
        let base = ["_bucket", "_sum", "_count"].into_iter().find_map(|end| word.strip_suffix(end));
        base.filter(|base| kinds.get(base) == Some(&"histogram")).unwrap_or(word).to_owned()
    };
    words.map(family).collect()
}

fn promised() -> BTreeSet<String> {
    PROMISED.iter().map(|(name, _)| (*name).to_owned()).collect()
}

#[test]
fn every_query_of_the_dashboard_and_of_the_alerts_names_a_metric_that_exists() -> Result<()> {
    let dashboard: Value = serde_json::from_str(include_str!("../../../deploy/grafana/recado.json"))?;
    let panels = dashboard["panels"].as_array().context("panels")?;
    let targets = panels.iter().flat_map(|panel| panel["targets"].as_array().cloned().unwrap_or_default());
    let queries: Vec<String> = targets.filter_map(|target| target["expr"].as_str().map(str::to_owned)).collect();
    let rules = include_str!("../../../deploy/prometheus/recado.rules.yaml");
    let rules = rules.lines().filter_map(|line| line.trim().strip_prefix("expr: ").map(str::to_owned));
    let rules: Vec<String> = rules.collect();
    assert!(queries.len() > 20 && rules.len() > 10);
    for query in queries.iter().chain(&rules) {
        let names = named_in(query);
        assert!(!names.is_empty() && names.is_subset(&promised()), "{query}");
    }
    Ok(())
}

#[test]
fn the_operators_book_lists_every_metric_and_no_other() {
    let book = include_str!("../../../docs/operations.md");
    let rows = book.lines().filter_map(|line| line.strip_prefix("| `")).filter_map(|line| line.split('`').next());
    assert_eq!(rows.map(str::to_owned).filter(|name| name.starts_with("recado_")).collect::<BTreeSet<_>>(), promised());
    let unknown: Vec<String> = named_in(book).difference(&promised()).cloned().collect();
    assert_eq!(unknown, ["recado_engine", "recado_people", "recado_search"], "roles of PostgreSQL, no metrics");
}
