//! One message's words that go for good, under living actors.

use super::done;
use crate::crypto::ids::SystemIds;
use crate::domain::audit::Action;
use crate::domain::content::Content;
use crate::domain::conversation::event::Happening;
use crate::domain::conversation::standing::Standing;
use crate::domain::delivery::ItemBody;
use crate::domain::ids::{AgentId, MessageId, WebhookId};
use crate::domain::inbox::CommonSettings;
use crate::domain::tool::ToolCall;
use crate::engine::settings::EngineSettings;
use crate::engine::tests::side_jobs::aside;
use crate::ports::channel::SendError;
use crate::ports::clock::Clock;
use crate::ports::engine::Engine;
use crate::ports::ids::IdSource;
use crate::ports::llm::ChatReply;
use crate::ports::store::Ingested;
use crate::store::admin::webhooks::WebhookForm;
use crate::store::audit::AuditFilter;
use crate::store::people::fixtures::Base;
use crate::store::people::messages_gone::{Deleter, MessageGone};
use crate::store::scope::{Role, read_as};
use crate::testing::channel::Fault;
use crate::testing::gated_store::Place;
use crate::testing::llm::Line;
use crate::testing::rig::{Rig, RigOptions};
use crate::testing::webhooks::Reply;
use anyhow::{Context, Result, bail};
use sea_orm::{ConnectionTrait, DbBackend, Statement};
use serde_json::json;
use std::time::Duration;

const SECRET: &str = "xilofono";
const HOOK: &str = "https://hooks.example.com/a";

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

fn says(text: impl Into<String>) -> Line {
    Line::Says(ChatReply { text: Some(text.into()), model: "scripted".into(), tokens: (3, 5), ..ChatReply::default() })
}

/// A long talk: a memory, a mood with its words, a hand-over with a summary of the tool's and one of a model's, and an endpoint that repeats.
async fn told_again(rig: &Rig) -> Result<MessageId> {
    let form =
        WebhookForm { url: HOOK.to_owned(), events: ["*".to_owned()].into_iter().collect(), enabled: true, ..WebhookForm::default() };
    rig.admin().add_webhook(rig.tenant, WebhookId(SystemIds::new().uuid()), form).await?.context("it is new")?;
    rig.caller.always(HOOK, Some(Reply::Repeat));
    let said = format!("mi clave es {SECRET}");
    let facts = json!({ "facts": [format!("su clave es {SECRET}")], "open_requests": [], "promises": [] });
    let mood = json!({ "language": "es", "sentiment": "angry", "evidence": said });
    let summary = json!({ "reason": format!("perdió su clave {SECRET}"), "done": "se le escuchó", "promised": "", "next_step": "llamarla",
        "language": "es", "sentiment": "angry", "evidence": said });
    [facts, mood, summary].iter().for_each(|answer| rig.llm.then_aside(says(answer.to_string())));
    (0..4).for_each(|_| rig.llm.then(says("Sí.")));
    let arguments = json!({ "reason": "customer_asked", "text": "Le paso.", "summary": format!("su clave es {SECRET}") });
    let call = ToolCall { id: "c1".into(), name: "hand_off".into(), arguments, extra: None };
    rig.llm.then(Line::Says(ChatReply { calls: vec![call], model: "scripted".into(), ..ChatReply::default() }));
    let words = [said.as_str(), "¿me oyen?", "contesten por favor", "sigo esperando", "quiero una persona"];
    for (place, words) in words.into_iter().enumerate() {
        rig.customer("ana", words).await?;
        rig.settle().await?;
        if let Some(number) = place.checked_sub(1).filter(|number| *number > 0) {
            aside(rig, number).await?;
        }
    }
    rig.pass(Duration::from_secs(5), Duration::from_secs(1)).await;
    rig.settle().await?;
    let lines = rig.messages("ana").await?;
    lines.iter().find(|line| line.direction == "in").map(|line| line.id).context("a message")
}

async fn notes(rig: &Rig) -> Result<Vec<String>> {
    let lines = rig.messages("ana").await?;
    Ok(lines.into_iter().filter(|line| line.direction == "note").map(|line| line.text).collect())
}

async fn goes_where_a_machine_told_it(rig: Rig) -> Result<()> {
    let message = told_again(&rig).await?;
    let told = notes(&rig).await?;
    let quoted = told.first().is_some_and(|note| note.ends_with(&format!("Ánimo: enojado («mi clave es {SECRET}»)")));
    assert!(told.len() == 2 && quoted, "{told:?}");
    let known = rig.state("ana").await?.learnt;
    assert!(known.memory.is_some() && known.mood.is_some(), "{known:?}");
    let before = stands(&rig).await?;
    for column in ["conversation.learnt", "message.content", "turn.trace", "webhook_delivery.attempts"] {
        assert!(before.contains(&column.to_owned()), "the test sees where it stands: {before:?}");
    }
    let brought = "(external_id LIKE 'learnt:%' OR external_id LIKE 'summary:%')";
    let kept = texts(&rig, format!("SELECT payload AS t FROM inbound WHERE {brought}")).await?;
    assert_eq!(kept, [r#"{"type":"forgotten"}"#; 3], "what side jobs bring back loses its words as it settles");
    // As an earlier release left them.
    let old = format!("UPDATE inbound SET payload = '{{\"type\":\"learnt\",\"lesson\":\"{SECRET}\"}}' WHERE {brought}");
    let write = rig.store.solo(Role::Engine, move |tx| Box::pin(async move { tx.execute_unprepared(&old).await.map(drop) }));
    write.await?;

    let gone = delete(&rig, "ana", message, house(&rig)).await?;
    let MessageGone::Done(_, published) = gone else { bail!("{gone:?}") };
    let changed = published.iter().map(|event| (event.kind, event.data.get("what").cloned()));
    let expected = ["deleted", "edited", "edited"].map(|what| ("message.changed", Some(json!(what))));
    assert_eq!(changed.collect::<Vec<_>>(), expected);
    rig.pass(Duration::from_secs(5), Duration::from_secs(1)).await;
    rig.settle().await?;
    assert_eq!(stands(&rig).await?, Vec::<String>::new());
    let left = [
        "Pasada a personas: el cliente pidió una persona\n[…]\nÁnimo: enojado",
        "Resumen del asistente\nMotivo: […]\nHecho: se le escuchó\nSiguiente paso: llamarla",
    ];
    assert_eq!(notes(&rig).await?, left, "what tells nothing of it stays");
    rig.snapshot_is_rebuilt("ana").await
}

/// The model is shown the newest message only, so that there is a memory soon.
fn forgetful() -> RigOptions {
    let base = RigOptions::default();
    let settings = EngineSettings { context_tokens: 0, ..base.settings };
    RigOptions { settings, common: CommonSettings { language: Some(false), ..base.common }, ..RigOptions::default() }
}

#[actix::test]
async fn conv_55_what_a_machine_told_of_deleted_words_goes_with_them() -> Result<()> {
    goes_where_a_machine_told_it(Rig::with(forgetful()).await?).await
}

#[actix::test]
async fn conv_55_what_a_machine_told_of_deleted_words_goes_with_them_on_postgres_too() -> Result<()> {
    let base = Base::postgres().await;
    goes_where_a_machine_told_it(Rig::with(RigOptions { url: Some(base.url.clone()), ..forgetful() }).await?).await
}

#[actix::test]
async fn conv_55_of_words_that_were_changed_before_nothing_is_left_that_a_model_wrote() -> Result<()> {
    let rig = Rig::with(forgetful()).await?;
    let message = told_again(&rig).await?;
    let said = texts(&rig, "SELECT external_id AS t FROM message WHERE direction = 'in' ORDER BY seq LIMIT 1".to_owned()).await?;
    let target = said.first().cloned().context("its name")?;
    rig.deliver(rig.item("ana", ItemBody::Edited { target, content: Content::text("nada") })).await?;
    rig.settle().await?;
    assert!(matches!(delete(&rig, "ana", message, house(&rig)).await?, MessageGone::Done(..)));
    rig.settle().await?;
    assert_eq!(stands(&rig).await?, Vec::<String>::new(), "nobody knows any more what it said");
    let left = notes(&rig).await?;
    assert_eq!(left.last().map(String::as_str), Some("Resumen del asistente\nMotivo: […]\nHecho: […]\nSiguiente paso: […]"));
    rig.snapshot_is_rebuilt("ana").await
}

#[actix::test]
async fn conv_55_a_note_that_was_made_of_the_book_keeps_its_sentences() -> Result<()> {
    let rig = Rig::with(forgetful()).await?;
    let message = told_again(&rig).await?;
    let book = "UPDATE message SET turn_no = NULL, inbound_id = NULL, content = '{\"text\":\"La clave de su cita: lunes\"}'
                WHERE direction = 'note' AND inbound_id IS NOT NULL";
    rig.store.solo(Role::Engine, move |tx| Box::pin(async move { tx.execute_unprepared(book).await.map(drop) })).await?;
    assert!(matches!(delete(&rig, "ana", message, house(&rig)).await?, MessageGone::Done(..)));
    let left = notes(&rig).await?;
    assert_eq!(left.last().map(String::as_str), Some("La clave de su cita: lunes"), "no model has written it");
    Ok(())
}

#[actix::test]
async fn conv_55_a_summary_that_was_asked_for_before_brings_nothing_back() -> Result<()> {
    let rig = Rig::new().await?;
    rig.llm.then(says("Entendido."));
    rig.customer("ana", &format!("mi clave es {SECRET}")).await?;
    rig.settle().await?;
    let (changes, paid) = (rig.state("ana").await?.learnt.changes, rig.used("model_tokens").await?);
    let message = written(&rig, "ana", "in").await?;
    assert!(matches!(delete(&rig, "ana", message, house(&rig)).await?, MessageGone::Done(..)));
    let late = Happening::SummaryMade { text: format!("Motivo: {SECRET}"), tokens: 30, cost_micros: 0, changes };
    done(&rig.command("ana", late).await?);
    rig.settle().await?;
    assert_eq!(stands(&rig).await?, Vec::<String>::new());
    assert_eq!((notes(&rig).await?.len(), rig.used("model_tokens").await? - paid), (0, 30), "its price is booked");
    rig.snapshot_is_rebuilt("ana").await
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
