//! Copies of a running installation, made and brought back by the real binary: nothing acknowledged before a copy is missing from it.

use crate::recovery::business::{Business, Home};
use crate::support::database::{TestDatabase, connect};
use crate::support::dice::Dice;
use crate::support::driver::Said;
use crate::support::fake_adapter::Manner;
use crate::support::load::{Crowd, Load};
use crate::support::process::Installation;
use anyhow::{Context, Result, ensure};
use sea_orm::{ConnectionTrait, DbBackend, Statement};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Returns the ids of every delivered message that a database holds.
async fn heard(database: &Path) -> Result<BTreeSet<String>> {
    let db = connect(&format!("sqlite://{}?mode=ro", database.display())).await?;
    let rows = Statement::from_string(DbBackend::Sqlite, "SELECT external_id FROM inbound WHERE kind = 'item'");
    let rows = db.query_all_raw(rows).await?;
    let ids = rows.iter().map(|row| row.try_get("", "external_id")).collect::<Result<_, _>>()?;
    db.close().await?;
    Ok(ids)
}

fn said_ok(output: &std::process::Output) -> Result<String> {
    ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

fn complaint(output: &std::process::Output) -> String {
    assert!(!output.status.success(), "it should have been refused");
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[actix::test]
async fn a_copy_under_load_loses_nothing_acknowledged_before_it_and_its_server_answers() -> Result<()> {
    let business = Business::open(Home::Sqlite, Manner::default()).await?;
    let mut server = business.installation.serve(&[]).await?;
    let crowd = Crowd { singles: 4, talkers: 2, bursts: 2, pause: 1..10 };
    let load = Load::start(&business.driver, &business.adapter, &mut Dice::new(7), &crowd);
    let archives = business.installation.database_file().with_file_name("archives");
    std::fs::create_dir_all(&archives)?;
    let mut made: Vec<(PathBuf, BTreeSet<String>)> = Vec::new();
    for number in 0..3 {
        tokio::time::sleep(Duration::from_millis(150)).await;
        let before: BTreeSet<String> = business.driver.acks().into_iter().map(|ack| ack.said.id).collect();
        let archive = archives.join(format!("copy-{number}"));
        let to = archive.display().to_string();
        // The load goes on: the command runs in a process of its own.
        let output = business.installation.run_beside(&["backup", "--to", &to]).await?;
        assert!(said_ok(&output)?.contains("RECADO_SECRET_KEY is not in it"));
        made.push((archive, before));
    }
    load.finish().await?;
    server.kill()?;
    ensure!(made.iter().all(|(_, before)| !before.is_empty()), "there was no load");
    for (archive, before) in &made {
        let inside = heard(&archive.join("recado.db")).await?;
        assert_eq!(before.difference(&inside).collect::<Vec<_>>(), Vec::<&String>::new(), "{}", archive.display());
    }

    // Another machine: same key, empty folder.
    let (archive, _) = made.last().context("made")?;
    let from = archive.display().to_string();
    let other = business.installation.sibling()?;
    assert!(said_ok(&other.run(&["restore", "--from", &from, "--check"])?)?.starts_with("whole:"));
    assert!(!other.database_file().exists(), "a check restores nothing");
    assert!(said_ok(&other.run(&["restore", "--from", &from])?)?.starts_with("restored"));
    let mut restored = other.serve(&[]).await?;
    let driver = business.driver.at(&other.base())?;
    driver.deliver(&Said { room: "after".into(), id: "after-1".into(), text: "¿Cuál es el horario?".into() }).await?;
    assert_eq!(business.adapter.received("after", 1).await.len(), 1, "the restored server answers");
    let refused = complaint(&other.run(&["restore", "--from", &from, "--force"])?);
    assert!(refused.contains("another recado server"), "{refused}");
    restored.kill()?;
    assert!(heard(&other.database_file()).await?.contains("after-1"));
    let refused = complaint(&other.run(&["restore", "--from", &from])?);
    assert!(refused.contains("--force"), "{refused}");
    said_ok(&other.run(&["restore", "--from", &from, "--force"])?)?;
    assert!(!heard(&other.database_file()).await?.contains("after-1"), "the copy is older");
    Ok(())
}

#[actix::test]
async fn a_copy_carries_the_key_only_when_told_and_then_opens_alone() -> Result<()> {
    let home = Installation::new()?;
    home.json(&["tenant", "create", "--slug", "acme", "--name", "Acme"])?;
    let config = r#"{"url":"http://127.0.0.1:8080"}"#;
    home.json(&["inbox", "create", "--tenant", "acme", "--channel", "generic", "--name", "Chat", "--config", config])?;
    let archive = home.database_file().with_file_name("keyed").display().to_string();
    assert_eq!(home.json(&["backup", "--to", &archive, "--with-key"])?["with_key"], true);
    let other = Installation::new()?.without("RECADO_SECRET_KEY");
    said_ok(&other.run(&["restore", "--from", &archive])?)?;
    assert_eq!(other.json(&["keys", "rotate"])?["current"], 1, "the key in the archive opens what is in it");
    Ok(())
}

#[actix::test]
async fn a_copy_that_was_killed_is_whole_or_not_there() -> Result<()> {
    let home = Installation::new()?;
    home.json(&["tenant", "create", "--slug", "acme", "--name", "Acme"])?;
    let archives = home.database_file().with_file_name("archives");
    let mut there = 0;
    for millis in [0, 10, 20, 30, 40, 60, 80, 120, 200, 2_000] {
        let archive = archives.join(format!("after-{millis}"));
        let to = archive.display().to_string();
        home.run_killed(&["backup", "--to", &to], Duration::from_millis(millis)).await?;
        if archive.exists() {
            there += 1;
            said_ok(&home.run(&["restore", "--check", "--from", &to])?)?;
        }
    }
    ensure!(there > 0, "none came to its end, so nothing was seen");
    Ok(())
}

#[actix::test]
async fn postgresql_is_left_to_its_own_tools_with_a_word_on_how() -> Result<()> {
    let database = TestDatabase::postgres().await?;
    let home = Installation::new()?.with("RECADO_DATABASE_URL", database.url());
    let refused = complaint(&home.run(&["backup", "--to", "copy"])?);
    assert!(refused.contains("pg_dump") && !refused.contains("postgres://"), "{refused}");
    Ok(())
}
