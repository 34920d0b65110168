//! Contacts under living conversations: whoever holds one learns what people did to its contact before its next step.

use crate::domain::conversation::standing::{Standing, Status};
use crate::domain::ids::{ContactId, ContactImportId};
use crate::ports::clock::Clock;
use crate::ports::ids::IdSource;
use crate::store::people::contacts::{Blocked, Merged, Undone};
use crate::store::scope::Role;
use crate::testing::rig::Rig;
use anyhow::{Context, Result, bail};
use sea_orm::ConnectionTrait;
use std::time::Duration;

async fn contact(rig: &Rig, room: &str) -> Result<ContactId> {
    let key = rig.key(room)?;
    let rows = rig.conversations().await?;
    Ok(ContactId(rows.iter().find(|row| row.id == key.id.0).context("a conversation")?.contact_id))
}

async fn block(rig: &Rig, room: &str, blocked: bool) -> Result<()> {
    let id = contact(rig, room).await?;
    let scope = rig.store.tenant(rig.tenant);
    let Blocked::Done(row, keys) = scope.block_contact(id, blocked, rig.agent, rig.clock.now()).await? else { bail!("not blocked") };
    assert_eq!(row.model.blocked, blocked);
    keys.into_iter().for_each(|key| rig.hint(key));
    rig.settle().await
}

async fn system_lines(rig: &Rig, room: &str) -> Result<usize> {
    Ok(rig.messages(room).await?.iter().filter(|line| line.direction == "system").count())
}

#[actix::test]
async fn conv_03_07_19_a_block_reaches_conversations_that_are_held_in_memory() -> Result<()> {
    let rig = Rig::new().await?;
    rig.customer("ana", "hola").await?;
    rig.settle().await?;
    let answered = rig.received("ana").len();
    assert!(answered > 0 && rig.standing("ana").await? == Standing::Pending);
    block(&rig, "ana", true).await?;
    assert_eq!((rig.standing("ana").await?, system_lines(&rig, "ana").await?), (Standing::Resolved, 1));
    rig.customer("ana", "¿siguen ahí?").await?;
    rig.settle().await?;
    assert_eq!(rig.standing("ana").await?, Standing::Resolved, "it never reopens");
    assert_eq!(rig.received("ana").len(), answered, "and nobody answers");
    assert!(rig.messages("ana").await?.iter().any(|line| line.text == "¿siguen ahí?"), "what they wrote is kept");
    block(&rig, "ana", true).await?;
    assert_eq!(system_lines(&rig, "ana").await?, 1, "twice is once");
    block(&rig, "ana", false).await?;
    assert_eq!((rig.standing("ana").await?, system_lines(&rig, "ana").await?), (Standing::Resolved, 1), "unblocking keeps the status");
    rig.customer("ana", "¿y ahora?").await?;
    rig.settle().await?;
    assert_eq!(rig.standing("ana").await?, Standing::Pending);
    assert!(rig.received("ana").len() > answered);
    rig.snapshot_is_rebuilt("ana").await
}

#[actix::test]
async fn conv_19_a_block_cuts_the_assistant_off_in_mid_turn() -> Result<()> {
    let rig = Rig::new().await?;
    rig.llm.hold();
    rig.customer("ana", "hola").await?;
    rig.until("the model is asked", async || Ok(!rig.llm.seen().is_empty())).await?;
    let id = contact(&rig, "ana").await?;
    let done = rig.store.tenant(rig.tenant).block_contact(id, true, rig.agent, rig.clock.now()).await?;
    let Blocked::Done(_, keys) = done else { bail!("not blocked") };
    keys.into_iter().for_each(|key| rig.hint(key));
    rig.until("it is resolved", async || Ok(rig.standing("ana").await? == Standing::Resolved)).await?;
    rig.llm.release(9);
    rig.settle().await?;
    assert_eq!(rig.received("ana"), Vec::<String>::new());
    Ok(())
}

#[actix::test]
async fn conv_98_a_merge_moves_conversations_under_their_actors_and_the_undo_brings_exactly_them_back() -> Result<()> {
    let rig = Rig::new().await?;
    for room in ["ana", "luz"] {
        rig.customer(room, "hola").await?;
    }
    rig.settle().await?;
    let (ana, luz) = (contact(&rig, "ana").await?, contact(&rig, "luz").await?);
    let scope = rig.store.tenant(rig.tenant);
    let Merged::Conflict(kind, ..) = scope.merge_contacts(ana, luz, rig.agent, rig.clock.now()).await? else { bail!("two customers") };
    assert_eq!(kind, "external");
    let forget = "DELETE FROM contact_identity";
    rig.store.solo(Role::Engine, move |tx| Box::pin(async move { tx.execute_unprepared(forget).await.map(drop) })).await?;
    let Merged::Done(_, Some(_), keys) = scope.merge_contacts(ana, luz, rig.agent, rig.clock.now()).await? else { bail!("not merged") };
    assert_eq!(keys, [rig.key("luz")?]);
    assert_eq!(contact(&rig, "luz").await?, ana);
    rig.set_status("luz", Status::Resolved, None).await?;
    rig.customer("luz", "otra cosa").await?;
    rig.customer("ana", "y yo").await?;
    rig.settle().await?;
    assert_eq!((contact(&rig, "luz").await?, rig.standing("luz").await?), (ana, Standing::Pending), "it goes on as before");
    let Undone::Done(_, back, _) = scope.undo_merge(ana, rig.clock.now()).await? else { bail!("not undone") };
    assert_eq!((back, contact(&rig, "luz").await?, contact(&rig, "ana").await?), (luz, luz, ana));
    assert!(matches!(scope.undo_merge(ana, rig.clock.now()).await?, Undone::Nothing));
    rig.customer("luz", "sigo aquí").await?;
    rig.settle().await
}

#[actix::test]
async fn a_table_of_contacts_is_taken_in_without_anybody_asking_again() -> Result<()> {
    let rig = Rig::new().await?;
    let scope = rig.store.tenant(rig.tenant);
    let id = ContactImportId(crate::crypto::ids::SystemIds::new().uuid());
    let table: String = std::iter::once("name\n".to_owned()).chain((0..1_500).map(|number| format!("Row {number}\n"))).collect();
    scope.begin_import(id, rig.agent, (table, 1_500), rig.clock.now()).await?;
    rig.pass(Duration::from_secs(3), Duration::from_secs(1)).await;
    rig.until("all of it is taken in", async || Ok(scope.contact_import(id).await?.is_some_and(|import| import.done))).await?;
    let import = scope.contact_import(id).await?.context("an import")?;
    assert_eq!((import.read, import.counts), (1_500, (1_500, 0, 0)));
    Ok(())
}
