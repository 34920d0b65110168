//! The doctor as an operator runs it: the real binary, its lines, its exit code.

use crate::support::database::TestDatabase;
use crate::support::fake_adapter::FakeAdapter;
use crate::support::peer::{Answer, Handler, Peer};
use crate::support::process::Installation;
use anyhow::{Context, Result};
use serde_json::{Value, json};
use std::os::unix::fs::PermissionsExt;
use std::sync::Arc;
use std::time::Duration;

/// One run.
struct Visit {
    healthy: bool,
    whole: Value,
}

impl Visit {
    async fn to(home: &Installation, more: &[&str]) -> Result<Self> {
        let output = home.run_beside(&[&["doctor", "--json"], more].concat()).await?;
        let code = output.status.code().context("no exit code")?;
        let whole: Value = serde_json::from_slice(&output.stdout).with_context(|| String::from_utf8_lossy(&output.stderr).into_owned())?;
        assert_eq!(code == 0, whole["ok"] == true, "the exit code follows the findings: {whole}");
        assert!(code == 0 || code == 1);
        Ok(Self { healthy: code == 0, whole })
    }

    /// Returns the verdicts of a check.
    fn of(&self, check: &str) -> Vec<&str> {
        let findings = self.whole["findings"].as_array().map(Vec::as_slice).unwrap_or_default();
        findings.iter().filter(|one| one["check"] == check).filter_map(|one| one["verdict"].as_str()).collect()
    }

    /// Returns what the worst finding of a check says, with its advice.
    fn says(&self, check: &str, verdict: &str) -> String {
        let findings = self.whole["findings"].as_array().map(Vec::as_slice).unwrap_or_default();
        let found = findings.iter().find(|one| one["check"] == check && one["verdict"] == verdict);
        found.map_or_else(|| format!("nothing in {}", self.whole), |one| format!("{} -> {}", one["says"], one["advice"]))
    }
}

#[actix::test]
async fn a_healthy_installation_passes_on_both_databases_beside_its_server() -> Result<()> {
    let database = TestDatabase::postgres().await?;
    for url in [None, Some(database.url())] {
        let mut home = Installation::new()?;
        if let Some(url) = url {
            home = home.with("RECADO_DATABASE_URL", url);
        }
        let adapter = FakeAdapter::start().await?;
        home.json(&["tenant", "create", "--slug", "acme", "--name", "Acme"])?;
        let config = adapter.config().to_string();
        home.json(&["inbox", "create", "--tenant", "acme", "--channel", "generic", "--name", "Chat", "--config", &config])?;
        let mut server = home.serve(&[]).await?;
        let visit = Visit::to(&home, &["--online"]).await?;
        assert!(visit.healthy, "{}", visit.whole);
        for check in ["settings", "secret key", "database", "login", "data keys", "clock", "server", "queue", "outbox", "rows", "inboxes"] {
            assert_eq!(visit.of(check).first(), Some(&"ok"), "{check} in {}", visit.whole);
        }
        assert_eq!(visit.of("online"), ["ok", "ok"], "adapter and own address: {}", visit.whole);
        assert!(visit.says("server", "ok").contains("is running"));
        server.kill()?;
    }
    Ok(())
}

#[actix::test]
async fn every_illness_is_named_with_its_cure_and_the_exit_code_is_one() -> Result<()> {
    let wrong = Installation::new()?.with("RECADO_LOG_FORMAT", "xml");
    let visit = Visit::to(&wrong, &[]).await?;
    assert!(!visit.healthy && visit.says("settings", "fail").contains("log_format"));

    let home = Installation::new()?;
    let new = Visit::to(&home, &[]).await?;
    assert!(new.healthy && new.says("database", "warn").contains("serve"), "nothing is there yet: {}", new.whole);
    assert!(!home.database_file().exists(), "the doctor makes nothing");

    home.json(&["tenant", "create", "--slug", "acme", "--name", "Acme"])?;
    let config = r#"{"phone_number_id":"1090","waba_id":"7","access_token":"EAAcanary"}"#;
    let inbox = home.json(&["inbox", "create", "--tenant", "acme", "--channel", "whatsapp", "--name", "Main", "--config", config])?;
    let lacking = Visit::to(&home, &[]).await?;
    let says = lacking.says("inbox", "fail");
    assert!(!lacking.healthy && says.contains("app_secret") && says.contains("verify_token") && says.contains("inbox update"), "{says}");
    assert!(says.contains(inbox["id"].as_str().context("id")?));

    let home = home.with("RECADO_META_APP_SECRET", "s").with("RECADO_META_VERIFY_TOKEN", "v");
    assert!(Visit::to(&home, &[]).await?.healthy);
    let folder = home.database_file().parent().context("a folder")?.to_owned();
    std::fs::set_permissions(&folder, std::fs::Permissions::from_mode(0o755))?;
    assert!(Visit::to(&home, &[]).await?.says("data folder", "warn").contains("chmod 700"));

    let other = home.sibling()?.with("RECADO_DATABASE_URL", format!("sqlite://{}", home.database_file().display()));
    let other = other.with("RECADO_SECRET_KEY", "YWJjZGVmMDEyMzQ1Njc4OTAxMjM0NTY3ODlhYmNkZWY=");
    let visit = Visit::to(&other, &[]).await?;
    assert!(!visit.healthy && visit.says("data keys", "fail").contains("1 of 1"), "{}", visit.whole);

    let away = Installation::new()?.with("RECADO_DATABASE_URL", "postgres://u:hunter2@127.0.0.1:1/none");
    let visit = Visit::to(&away, &[]).await?;
    assert!(!visit.healthy && visit.of("database") == ["fail"] && !visit.whole.to_string().contains("hunter2"), "{}", visit.whole);
    Ok(())
}

#[actix::test]
async fn a_refused_token_and_a_silent_adapter_are_found_online_and_no_token_is_shown() -> Result<()> {
    let handler: Handler = Arc::new(|_| Box::pin(async { (Duration::ZERO, Answer::json(401, &json!({"error": {"code": 190}}))) }));
    let graph = Peer::start(handler).await?;
    let home = Installation::new()?
        .with("RECADO_META_GRAPH_URL", graph.url())
        .with("RECADO_META_APP_SECRET", "s")
        .with("RECADO_META_VERIFY_TOKEN", "v");
    home.json(&["tenant", "create", "--slug", "acme", "--name", "Acme"])?;
    let config = r#"{"phone_number_id":"1090","waba_id":"7","access_token":"EAAcanary"}"#;
    home.json(&["inbox", "create", "--tenant", "acme", "--channel", "whatsapp", "--name", "Main", "--config", config])?;
    let adapter = FakeAdapter::start().await?;
    let config = adapter.config().to_string();
    home.json(&["inbox", "create", "--tenant", "acme", "--channel", "generic", "--name", "Chat", "--config", &config])?;
    drop(adapter);
    let visit = Visit::to(&home, &["--online"]).await?;
    assert!(!visit.healthy && visit.of("online").iter().filter(|verdict| **verdict == "fail").count() == 2, "{}", visit.whole);
    assert!(visit.says("online", "fail").contains("inbox update"));
    let text = home.run_beside(&["doctor", "--online"]).await?;
    let lines = String::from_utf8(text.stdout)?;
    assert!(lines.lines().any(|line| line.starts_with("FAIL  online")) && !lines.contains("EAAcanary"), "{lines}");
    Ok(())
}

#[actix::test]
async fn the_operators_model_is_looked_at_and_with_a_call_it_is_told_whether_it_answers() -> Result<()> {
    let handler: Handler = Arc::new(|_| Box::pin(async { (Duration::ZERO, Answer::json(401, &json!({"error": {"message": "bad key"}}))) }));
    let refusing = Peer::start(handler).await?;
    // The operator's own addresses need no leave.
    let home = Installation::new()?
        .without("RECADO_OUTBOUND_ALLOW")
        .with("RECADO_LLM_BASE_URL", format!("{}/v1", refusing.url()))
        .with("RECADO_LLM_KIND", "openai")
        .with("RECADO_LLM_MODEL", "small-1");
    home.json(&["tenant", "create", "--slug", "acme", "--name", "Acme"])?;
    assert!(Visit::to(&home, &[]).await?.says("model", "warn").contains("RECADO_LLM_API_KEY"));
    let home = home.with("RECADO_LLM_API_KEY", "sk-canary");
    let quiet = Visit::to(&home, &[]).await?;
    assert!(quiet.healthy && quiet.says("model", "ok").contains("small-1"), "nobody is asked without --online");
    let visit = Visit::to(&home, &["--online"]).await?;
    assert!(!visit.healthy && visit.says("model", "fail").contains("key was refused"), "{}", visit.whole);
    assert!(!visit.whole.to_string().contains("sk-canary"));
    Ok(())
}

/// What waits and what is stuck shows: nobody must read tables.
#[actix::test]
async fn rows_that_wait_or_were_given_up_are_worth_a_warning() -> Result<()> {
    let home = Installation::new()?;
    home.json(&["tenant", "create", "--slug", "acme", "--name", "Acme"])?;
    let url = format!("sqlite://{}?mode=rw", home.database_file().display());
    let db = crate::support::database::connect(&url).await?;
    let columns = "(tenant_id, id, inbox_id, external_id, kind, conversation_id, part, payload, state, occurred_at, received_at)";
    for (id, state) in [("01", "new"), ("02", "dead")] {
        let row = format!("(x'00', x'{id}', x'00', '{id}', 'timer', x'00', 0, '{{}}', '{state}', 1, 1)");
        sea_orm::ConnectionTrait::execute_unprepared(&db, &format!("INSERT INTO inbound {columns} VALUES {row}")).await?;
    }
    db.close().await?;
    let visit = Visit::to(&home, &[]).await?;
    assert!(visit.healthy, "a warning is no failure: {}", visit.whole);
    assert!(visit.says("queue", "warn").contains("1 open") && visit.says("rows", "warn").contains("1 message(s) given up"));
    Ok(())
}
