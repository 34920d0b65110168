//! One message's words that go for good, under living actors.

use super::done;
use crate::domain::audit::Action;
use crate::domain::content::Content;
use crate::domain::conversation::standing::Standing;
use crate::domain::delivery::ItemBody;
use crate::domain::ids::{AgentId, MessageId};
use crate::ports::channel::SendError;
use crate::ports::clock::Clock;
use crate::ports::engine::Engine;
use crate::ports::llm::ChatReply;
use crate::ports::store::Ingested;
use crate::store::audit::AuditFilter;
use crate::store::people::fixtures::Base;
use crate::store::people::messages_gone::{Deleter, MessageGone};
use crate::store::scope::{Role, read_as};
use crate::testing::channel::Fault;
use crate::testing::gated_store::Place;
use crate::testing::llm::Line;
use crate::testing::rig::{Rig, RigOptions};
use anyhow::{Context, Result, bail};
use sea_orm::{ConnectionTrait, DbBackend, Statement};
use std::time::Duration;

const SECRET: &str = "xilofono";

async fn texts(rig: &Rig, sql: String) -> Result<Vec<String>> {
    let found = read_as(&rig.store, Role::Engine, move |tx| {
        Box::pin(async move {
            let rows = tx.query_all_raw(Statement::from_string(tx.get_database_backend(), sql)).await?;
            rows.iter().map(|row| row.try_get("", "t")).collect()
        })
    });
    Ok(found.await?)
}

async fn stands(rig: &Rig) -> Result<Vec<String>> {
    columns_with(rig, SECRET).await
}

/// Lists the columns of the database in which a word stands.
pub(in crate::engine::tests) async fn columns_with(rig: &Rig, word: &str) -> Result<Vec<String>> {
    let columns = if rig.store.backend() == DbBackend::Postgres {
        "SELECT table_name || '.' || column_name AS t FROM information_schema.columns
         WHERE table_schema = current_schema() AND data_type IN ('text', 'tsvector') ORDER BY 1"
    } else {
        "SELECT m.name || '.' || c.name AS t FROM sqlite_master m JOIN pragma_table_info(m.name) c WHERE m.type = 'table' ORDER BY 1"
    };
    let mut holding = Vec::new();
    for column in texts(rig, columns.to_owned()).await? {
        let (table, name) = column.split_once('.').context("a column")?;
        // The index over words itself; what it holds is asked by searching.
        if table.starts_with("message_words") || table.starts_with("contact_words") {
            continue;
        }
        let sql = format!("SELECT 'x' AS t FROM \"{table}\" WHERE CAST(\"{name}\" AS text) LIKE '%{word}%' LIMIT 1");
        if !texts(rig, sql).await?.is_empty() {
            holding.push(column);
        }
    }
    Ok(holding)
}

fn house(rig: &Rig) -> Deleter {
    Deleter { agent: rig.agent, any: true }
}

async fn delete(rig: &Rig, room: &str, message: MessageId, by: Deleter) -> Result<MessageGone> {
    let gone = rig.store.tenant(rig.tenant).delete_message(rig.key(room)?.id, message, by, rig.clock.now()).await?;
    if let MessageGone::Done(key, published) = &gone {
        let engine = rig.engines.first().context("an engine")?;
        engine.publish(published.clone());
        engine.hint(*key);
        engine.outbox_hint(*key);
    }
    Ok(gone)
}

async fn written(rig: &Rig, room: &str, direction: &str) -> Result<MessageId> {
    let lines = rig.messages(room).await?;
    lines.iter().rfind(|line| line.direction == direction).map(|line| line.id).context("a message")
}

async fn goes_everywhere(rig: Rig) -> Result<()> {
    rig.llm.then(Line::Says(ChatReply { text: Some("Entendido.".to_owned()), ..ChatReply::default() }));
    let said = rig.item("ana", ItemBody::Message { content: Content::text(format!("mi clave es {SECRET}")) });
    rig.deliver(said.clone()).await?;
    rig.settle().await?;
    let changed = ItemBody::Edited { target: said.external_id.clone(), content: Content::text(format!("mi clave era {SECRET}")) };
    rig.deliver(rig.item("ana", changed)).await?;
    rig.settle().await?;
    done(&rig.note("ana", &format!("dijo {SECRET}")).await?);
    rig.settle().await?;
    assert!(stands(&rig).await?.contains(&"inbound.payload".to_owned()), "the test sees where it stands");
    for direction in ["in", "note"] {
        let message = written(&rig, "ana", direction).await?;
        let gone = delete(&rig, "ana", message, house(&rig)).await?;
        let MessageGone::Done(_, published) = gone else { bail!("{gone:?}") };
        assert_eq!(published.iter().map(|event| event.kind).collect::<Vec<_>>(), ["message.changed"]);
        assert!(matches!(delete(&rig, "ana", message, house(&rig)).await?, MessageGone::Already), "twice is once");
    }
    rig.settle().await?;
    assert_eq!(stands(&rig).await?, Vec::<String>::new());
    rig.snapshot_is_rebuilt("ana").await?;

    // The provider repeats itself, and the customer changes what is gone.
    let edited = ItemBody::Edited { target: said.external_id.clone(), content: Content::text(format!("{SECRET}, decía")) };
    assert!(matches!(rig.ingest(rig.inbox, vec![said]).await?.as_slice(), [Ingested::Duplicate]));
    let key = rig.deliver(rig.item("ana", edited)).await?;
    rig.settle().await?;
    let words: Vec<String> = rig.lines(key).await?.into_iter().filter(|line| line.direction != "out").map(|line| line.text).collect();
    assert_eq!(words, ["", ""], "nothing comes back");
    assert_eq!(stands(&rig).await?, Vec::<String>::new(), "nor stays in the queue");
    rig.customer("ana", "¿sigue ahí?").await?;
    rig.settle().await?;
    let asked = rig.llm.seen().pop().context("the model was asked")?;
    assert!(!format!("{:?}", asked.messages).contains(SECRET), "the assistant does not know it");
    let log = rig.store.tenant(rig.tenant).audit_events(AuditFilter::default(), 100).await?;
    let deleted: Vec<_> = log.iter().filter(|event| event.action == Action::MessageDeleted.as_str()).collect();
    assert_eq!(deleted.len(), 2);
    assert!(!format!("{deleted:?}").contains(SECRET));
    rig.snapshot_is_rebuilt("ana").await
}

#[actix::test]
async fn conv_55_deleted_words_stand_nowhere_any_more_and_nothing_brings_them_back() -> Result<()> {
    goes_everywhere(Rig::new().await?).await
}

#[actix::test]
async fn conv_55_deleted_words_stand_nowhere_any_more_on_postgres_too() -> Result<()> {
    let base = Base::postgres().await;
    goes_everywhere(Rig::with(RigOptions { url: Some(base.url.clone()), ..RigOptions::default() }).await?).await
}

#[actix::test]
async fn conv_55_what_the_customer_deleted_at_the_channel_goes_for_good_by_a_wish() -> Result<()> {
    let rig = Rig::new().await?;
    rig.llm.then(Line::Says(ChatReply { text: Some("Entendido.".to_owned()), ..ChatReply::default() }));
    let said = rig.item("ana", ItemBody::Message { content: Content::text(format!("mi clave es {SECRET}")) });
    rig.deliver(said.clone()).await?;
    rig.settle().await?;
    rig.deliver(rig.item("ana", ItemBody::Deleted { target: said.external_id })).await?;
    rig.settle().await?;
    let message = written(&rig, "ana", "in").await?;
    assert!(matches!(delete(&rig, "ana", message, house(&rig)).await?, MessageGone::Done(..)));
    rig.settle().await?;
    assert_eq!(stands(&rig).await?, Vec::<String>::new());
    assert!(matches!(delete(&rig, "ana", message, house(&rig)).await?, MessageGone::Already));
    rig.snapshot_is_rebuilt("ana").await
}

#[actix::test]
async fn conv_55_a_message_deleted_in_mid_turn_is_answered_by_nobody() -> Result<()> {
    let rig = Rig::new().await?;
    rig.llm.hold();
    let key = rig.customer("ana", "hola").await?;
    rig.until("the model is asked", async || Ok(!rig.llm.seen().is_empty())).await?;
    let message = written(&rig, "ana", "in").await?;
    assert!(matches!(delete(&rig, "ana", message, house(&rig)).await?, MessageGone::Done(..)));
    rig.llm.release(9);
    rig.settle().await?;
    rig.pass(Duration::from_secs(60), Duration::from_secs(5)).await;
    rig.settle().await?;
    assert_eq!(rig.received("ana"), Vec::<String>::new());
    let state = rig.state("ana").await?;
    assert_eq!((state.standing, state.waiting_since), (Standing::Pending, None), "nobody waits");
    assert!(rig.queue_of(key).await?.iter().all(|row| row.state == "settled"), "nothing is owed");
    rig.snapshot_is_rebuilt("ana").await?;
    rig.customer("ana", "otra cosa").await?;
    rig.settle().await?;
    assert_eq!(rig.received("ana"), ["re: otra cosa"]);
    Ok(())
}

#[actix::test]
async fn what_has_not_left_is_stopped_and_what_is_leaving_is_not_touched() -> Result<()> {
    let rig = Rig::new().await?;
    rig.customer("ana", "hola").await?;
    rig.settle().await?;
    let key = rig.key("ana")?;
    rig.gates.hold(Place::Claims, key.id);
    done(&rig.agent_replies("ana", "con errores").await?);
    rig.until("it waits to leave", || async { Ok(rig.gates.held(Place::Claims, key.id) == 1) }).await?;
    let message = written(&rig, "ana", "out").await?;
    assert!(matches!(delete(&rig, "ana", message, house(&rig)).await?, MessageGone::Done(..)));
    rig.gates.let_go(Place::Claims, key.id);
    rig.settle().await?;
    assert_eq!(rig.received("ana"), ["re: hola"], "it never left");

    rig.channel.gates.close("ana");
    done(&rig.agent_replies("ana", "sale ya").await?);
    rig.until("the call is under way", || async { Ok(rig.channel.gates.waiting("ana") == 1) }).await?;
    let message = written(&rig, "ana", "out").await?;
    assert!(matches!(delete(&rig, "ana", message, house(&rig)).await?, MessageGone::Leaving));
    rig.channel.gates.open("ana");
    rig.settle().await?;
    assert_eq!(rig.received("ana"), ["re: hola", "sale ya"]);
    assert!(matches!(delete(&rig, "ana", message, house(&rig)).await?, MessageGone::Done(..)));
    rig.settle().await?;
    rig.snapshot_is_rebuilt("ana").await
}

#[actix::test]
async fn what_failed_and_is_deleted_cannot_be_sent_again() -> Result<()> {
    let rig = Rig::new().await?;
    rig.customer("ana", "hola").await?;
    rig.settle().await?;
    rig.channel.then(Fault::Refuse(SendError::Fail { code: "blocked".into(), detail: "no".into() }));
    done(&rig.agent_replies("ana", "no llega").await?);
    rig.settle().await?;
    let (message, key) = (written(&rig, "ana", "out").await?, rig.key("ana")?);
    assert!(matches!(delete(&rig, "ana", message, house(&rig)).await?, MessageGone::Done(..)));
    let scope = rig.store.tenant(rig.tenant);
    let again = scope.retry_message(key.id, message, rig.clock.now()).await?;
    assert_eq!(again, crate::store::people::retry::Retried::NotFailed);
    assert_eq!(rig.outbox("ana").await?.last().map(|row| row.state.clone()), Some("cancelled".to_owned()));
    Ok(())
}

#[actix::test]
async fn one_deletes_ones_own_notes_and_nothing_else() -> Result<()> {
    let rig = Rig::new().await?;
    rig.customer("ana", "hola").await?;
    rig.settle().await?;
    done(&rig.note("ana", "nota").await?);
    let (note, theirs) = (written(&rig, "ana", "note").await?, written(&rig, "ana", "in").await?);
    let mine = Deleter { agent: rig.agent, any: false };
    let other = Deleter { agent: AgentId(rig.tenant.0), any: false };
    assert!(matches!(delete(&rig, "ana", note, other).await?, MessageGone::NotYours));
    for message in [theirs, written(&rig, "ana", "out").await?] {
        assert!(matches!(delete(&rig, "ana", message, mine).await?, MessageGone::NotYours));
    }
    assert!(matches!(delete(&rig, "ana", MessageId(rig.tenant.0), house(&rig)).await?, MessageGone::Absent));
    rig.customer("luz", "hola").await?;
    rig.settle().await?;
    assert!(matches!(delete(&rig, "luz", note, mine).await?, MessageGone::Absent), "it is of another conversation");
    assert!(matches!(delete(&rig, "ana", note, mine).await?, MessageGone::Done(..)));
    rig.snapshot_is_rebuilt("ana").await
}
