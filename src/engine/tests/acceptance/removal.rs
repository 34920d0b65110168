//! Conversations that are deleted under living actors: nothing of them stays but what may, and the customer begins anew.

use crate::domain::audit::Action;
use crate::domain::conversation::standing::Status;
use crate::domain::ids::ConversationKey;
use crate::ports::clock::Clock;
use crate::ports::engine::Engine;
use crate::store::audit::AuditFilter;
use crate::store::people::fixtures::Base;
use crate::store::scope::{Role, read_as};
use crate::testing::rig::{Rig, RigOptions};
use anyhow::{Context, Result, ensure};
use sea_orm::{ConnectionTrait, DbBackend, Statement};
use std::time::Duration;

/// What keeps the id of a conversation that is gone: neither holds a word.
const STAYS: [&str; 2] = ["timeline", "usage_fact"];

async fn texts(rig: &Rig, sql: String) -> Result<Vec<String>> {
    let found = read_as(&rig.store, Role::Engine, move |tx| {
        Box::pin(async move {
            let rows = tx.query_all_raw(Statement::from_string(tx.get_database_backend(), sql)).await?;
            rows.iter().map(|row| row.try_get("", "t")).collect()
        })
    });
    Ok(found.await?)
}

/// Lists the tables that hold rows of a conversation.
async fn remains(rig: &Rig, key: ConversationKey) -> Result<Vec<String>> {
    let postgres = rig.store.backend() == DbBackend::Postgres;
    let (tables, id) = if postgres {
        let tables = "SELECT table_name::text AS t FROM information_schema.columns
                      WHERE column_name = 'conversation_id' AND table_schema = current_schema() ORDER BY 1";
        (tables, format!("'{}'", key.id))
    } else {
        let tables = "SELECT m.name AS t FROM sqlite_master m JOIN pragma_table_info(m.name) c
                      WHERE m.type = 'table' AND c.name = 'conversation_id' ORDER BY 1";
        (tables, format!("x'{}'", key.id.0.simple()))
    };
    let mut holding = Vec::new();
    for table in texts(rig, tables.to_owned()).await? {
        let any = texts(rig, format!("SELECT 'x' AS t FROM {table} WHERE conversation_id = {id} LIMIT 1")).await?;
        if !any.is_empty() && !STAYS.contains(&table.as_str()) {
            holding.push(table);
        }
    }
    Ok(holding)
}

async fn delete(rig: &Rig, key: ConversationKey) -> Result<bool> {
    let gone = rig.store.tenant(rig.tenant).delete_conversation(key.id, rig.clock.now()).await?;
    let Some(gone) = gone else { return Ok(false) };
    assert_eq!(gone.key, key);
    let engine = rig.engines.first().context("an engine")?;
    engine.publish(gone.published);
    engine.hint(gone.key);
    Ok(true)
}

async fn numbers(rig: &Rig) -> Result<Vec<String>> {
    texts(rig, "SELECT CAST(number AS text) || ' ' || kind AS t FROM timeline ORDER BY number".to_owned()).await
}

async fn everything_goes(rig: Rig) -> Result<()> {
    for room in ["ana", "luz"] {
        rig.customer(room, "hola").await?;
        rig.settle().await?;
        rig.note(room, "a word for colleagues").await?;
        rig.set_status(room, Status::Snoozed, Some(rig.clock.now().after(Duration::from_hours(9)))).await?;
    }
    rig.settle().await?;
    let (ana, luz) = (rig.key("ana")?, rig.key("luz")?);
    let theirs = remains(&rig, luz).await?;
    for table in ["inbound", "message", "outbox", "timer", "turn", "conversation_cycle"] {
        ensure!(theirs.iter().any(|name| name == table), "{table} is not tried: {theirs:?}");
    }
    let before = numbers(&rig).await?;
    assert!(delete(&rig, ana).await?);
    rig.settle().await?;
    assert_eq!(remains(&rig, ana).await?, ["thread"; 0]);
    assert_eq!(remains(&rig, luz).await?, theirs, "another one keeps everything");
    assert_eq!(rig.store.wrong_counts(rig.tenant).await?, 0, "it is not counted any more");
    let scope = rig.store.tenant(rig.tenant);
    assert!(scope.conversation(ana.id).await?.is_none());
    let told = numbers(&rig).await?;
    let next = before.len() + 1;
    let hoped: Vec<String> = before.into_iter().chain([format!("{next} conversation.deleted")]).collect();
    assert_eq!(told, hoped, "what was numbered stays, and the next number is the next one");
    assert!(!delete(&rig, ana).await?, "twice is once");
    let log = scope.audit_events(AuditFilter::default(), 100).await?;
    assert_eq!(log.iter().filter(|event| event.action == Action::ConversationDeleted.as_str()).count(), 1);
    rig.customer("ana", "¿siguen ahí?").await?;
    rig.settle().await?;
    assert_ne!(rig.key("ana")?.id, ana.id, "a new conversation");
    assert_eq!(rig.messages("ana").await?.first().map(|line| line.text.clone()), Some("¿siguen ahí?".to_owned()));
    assert!(numbers(&rig).await?.len() > next);
    rig.snapshot_is_rebuilt("luz").await
}

#[actix::test]
async fn conv_23_103_a_deleted_conversation_leaves_its_numbers_and_the_customer_begins_anew() -> Result<()> {
    everything_goes(Rig::new().await?).await
}

#[actix::test]
async fn conv_23_103_a_deleted_conversation_leaves_its_numbers_on_postgres_too() -> Result<()> {
    let base = Base::postgres().await;
    everything_goes(Rig::with(RigOptions { url: Some(base.url.clone()), ..RigOptions::default() }).await?).await
}

#[actix::test]
async fn conv_23_a_deletion_cuts_the_assistant_off_in_mid_turn() -> Result<()> {
    let rig = Rig::new().await?;
    rig.llm.hold();
    let key = rig.customer("ana", "hola").await?;
    rig.until("the model is asked", async || Ok(!rig.llm.seen().is_empty())).await?;
    assert!(delete(&rig, key).await?);
    rig.until("nobody holds it", async || Ok(rig.observe("ana").await?.is_none_or(|seen| seen.phase.is_none()))).await?;
    rig.llm.release(9);
    rig.settle().await?;
    assert_eq!(rig.received("ana"), Vec::<String>::new(), "what the model says is nobody's");
    assert_eq!(remains(&rig, key).await?, ["thread"; 0]);
    rig.customer("ana", "¿hola?").await?;
    rig.settle().await?;
    assert_eq!(rig.received("ana").len(), 1, "the new one is answered");
    Ok(())
}
