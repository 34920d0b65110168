//! What businesses' own systems are told: each event once under one name, whatever the endpoint does, and never more than it asked for.

use crate::crypto::ids::SystemIds;
use crate::domain::ids::{InboxId, TenantId, WebhookId};
use crate::domain::webhook::{Answer, Next};
use crate::engine::Threads;
use crate::engine::placement::Single;
use crate::ports::clock::Clock;
use crate::ports::ids::IdSource;
use crate::ports::webhooks::{EndedDelivery, TakenDelivery, WebhookQueue};
use crate::store::admin::tenants::NewTenant;
use crate::store::admin::webhooks::{NewWebhook, Stretch, WebhookForm, WebhookView};
use crate::store::audit::AuditFilter;
use crate::store::people::fixtures::Base;
use crate::store::people::webhooks::DeliveryRow;
use crate::store::scope::{Role, read_as};
use crate::testing::rig::{Rig, RigOptions};
use crate::testing::webhooks::{Reply, Told};
use anyhow::{Context, Result, ensure};
use entities::{notice, timeline};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};
use serde_json::json;
use std::collections::{BTreeSet, HashSet};
use std::time::Duration;

const HOOK: &str = "https://hooks.example.com/a";
const OTHER: &str = "https://hooks.example.com/b";
const HOUR: Duration = Duration::from_hours(1);

fn form(url: &str, events: &[&str]) -> WebhookForm {
    let events = events.iter().map(|kind| (*kind).to_owned()).collect();
    WebhookForm { url: url.to_owned(), events, enabled: true, ..WebhookForm::default() }
}

async fn hook_with(rig: &Rig, form: WebhookForm) -> Result<NewWebhook> {
    let id = WebhookId(SystemIds::new().uuid());
    rig.admin().add_webhook(rig.tenant, id, form).await?.context("it is new")
}

async fn hook(rig: &Rig, url: &str) -> Result<WebhookId> {
    Ok(hook_with(rig, form(url, &["*"])).await?.view.id)
}

async fn stands(rig: &Rig, id: WebhookId) -> Result<WebhookView> {
    rig.admin().find_webhook(rig.tenant, id).await?.context("it is there")
}

async fn deliveries(rig: &Rig, id: WebhookId) -> Result<Vec<DeliveryRow>> {
    Ok(rig.store.tenant(rig.tenant).webhook_deliveries(id, None, None, 1_000).await?)
}

/// Lets time pass, a few looks long.
async fn pass(rig: &Rig, secs: u64) {
    rig.pass(Duration::from_secs(secs), Duration::from_secs(1)).await;
}

/// A customer writes and is answered; the worker looks.
async fn talk(rig: &Rig, room: &str) -> Result<()> {
    rig.customer(room, "hola").await?;
    rig.settle().await?;
    pass(rig, 3).await;
    Ok(())
}

/// The numbers of the business's timeline.
async fn numbers(rig: &Rig) -> Result<Vec<i64>> {
    let all = timeline::Entity::find().filter(timeline::Column::TenantId.eq(rig.tenant.0)).order_by_asc(timeline::Column::Number);
    let rows = read_as(&rig.store, Role::Engine, |tx| Box::pin(all.all(tx))).await?;
    Ok(rows.into_iter().map(|row| row.number).collect())
}

fn taken(told: &[Told]) -> Vec<i64> {
    let mut numbers: Vec<i64> = told.iter().filter(|told| told.taken).filter_map(|told| told.body.get("number")?.as_i64()).collect();
    numbers.sort_unstable();
    numbers
}

#[actix::test]
async fn every_event_is_told_once_with_its_message_and_under_its_own_name() -> Result<()> {
    every_event_once(Rig::new().await?).await
}

#[actix::test]
async fn every_event_is_told_once_on_postgres_too() -> Result<()> {
    let base = Base::postgres().await;
    every_event_once(Rig::with(RigOptions { url: Some(base.url.clone()), ..RigOptions::default() }).await?).await
}

async fn every_event_once(rig: Rig) -> Result<()> {
    talk(&rig, "before").await?;
    let began = numbers(&rig).await?.len();
    let id = hook(&rig, HOOK).await?;
    talk(&rig, "ana").await?;
    talk(&rig, "ben").await?;
    let told = rig.caller.told();
    let expected: Vec<i64> = numbers(&rig).await?.split_off(began);
    assert!(expected.len() >= 8, "{expected:?}");
    assert_eq!(taken(&told), expected, "all since it was made, and nothing of before");
    let names: HashSet<&String> = told.iter().map(|told| &told.name).collect();
    assert_eq!(names.len(), told.len());
    assert!(
        told.iter().all(|told| told.url == HOOK && told.signatures.len() == 1 && told.body.get("business_id") == Some(&json!(rig.tenant)))
    );
    let message = told.iter().find(|told| told.body.get("type") == Some(&json!("message.created"))).context("a message")?;
    assert_eq!(message.body.pointer("/data/message/content/text"), Some(&json!("hola")));
    assert_eq!(message.body.pointer("/data/conversation/inbox_id"), Some(&json!(rig.inbox)));
    let rows = deliveries(&rig, id).await?;
    assert!(rows.iter().all(|row| row.state == "delivered" && row.attempt == 1 && row.due_at.is_none()), "{rows:?}");
    assert_eq!(rows.iter().map(|row| &row.name).collect::<HashSet<_>>(), names);
    let view = stands(&rig, id).await?;
    assert_eq!((view.cursor, view.expired, view.failing_since), (expected.last().copied().unwrap_or_default(), 0, None));
    Ok(())
}

#[actix::test]
async fn an_endpoint_hears_its_kinds_and_inboxes_and_notes_only_if_it_asks() -> Result<()> {
    let rig = Rig::new().await?;
    let elsewhere: InboxId = rig.add_inbox(Default::default()).await?;
    hook_with(&rig, form(HOOK, &["message.created"])).await?;
    hook_with(&rig, WebhookForm { notes: true, ..form(OTHER, &["message.created"]) }).await?;
    let silent = "https://hooks.example.com/silent";
    hook_with(&rig, WebhookForm { inboxes: Some(vec![elsewhere]), ..form(silent, &["*"]) }).await?;
    talk(&rig, "ana").await?;
    rig.note("ana", "she is angry").await?;
    rig.settle().await?;
    pass(&rig, 3).await;
    let texts = |url: &str| -> Vec<String> {
        let told = rig.caller.told_at(url);
        told.iter().filter_map(|told| told.body["data"]["message"]["content"]["text"].as_str().map(str::to_owned)).collect()
    };
    assert!(rig.caller.told_at(HOOK).iter().all(|told| told.body["type"] == "message.created"));
    assert!(texts(HOOK).contains(&"hola".to_owned()) && !texts(HOOK).contains(&"she is angry".to_owned()), "{:?}", texts(HOOK));
    assert!(texts(OTHER).contains(&"she is angry".to_owned()));
    assert_eq!(rig.caller.told_at(silent), []);
    Ok(())
}

#[actix::test]
async fn an_endpoint_never_hears_of_another_business() -> Result<()> {
    let rig = Rig::new().await?;
    let new = NewTenant { slug: "other".into(), name: "Other".into(), locale: "es-MX".into(), timezone: "UTC".into() };
    let other: TenantId = rig.admin().create_tenant(new).await?.id;
    let id = WebhookId(SystemIds::new().uuid());
    rig.admin().add_webhook(other, id, form(OTHER, &["*"])).await?.context("it is new")?;
    hook(&rig, HOOK).await?;
    talk(&rig, "ana").await?;
    assert!(!rig.caller.told_at(HOOK).is_empty());
    assert_eq!(rig.caller.told_at(OTHER), []);
    assert!(rig.admin().find_webhook(rig.tenant, id).await?.is_none());
    assert_eq!(rig.store.tenant(other).webhook_deliveries(id, None, None, 10).await?, []);
    Ok(())
}

#[actix::test]
async fn what_fails_is_tried_ten_times_under_one_name_and_then_waits_for_people() -> Result<()> {
    let rig = Rig::new().await?;
    let id = hook_with(&rig, form(HOOK, &["conversation.created"])).await?.view.id;
    rig.caller.always(HOOK, Some(Reply::status(500)));
    talk(&rig, "ana").await?;
    for _ in 0..12 {
        rig.advance(Duration::from_hours(30));
        pass(&rig, 3).await;
        if stands(&rig, id).await?.disabled_reason.is_some() {
            rig.admin().enable_webhook(rig.tenant, id, false).await?;
        }
    }
    let row = deliveries(&rig, id).await?.pop().context("a delivery")?;
    assert!(row.state == "expired" || row.state == "failed", "{row:?}");
    let told = rig.caller.told();
    assert!(told.len() <= 10 && told.iter().all(|one| one.name == row.name), "{}", told.len());
    assert_eq!(row.attempts.len(), told.len());
    assert!(row.attempts.iter().all(|attempt| attempt.status == Some(500) && attempt.answer.as_deref() == Some("the answer's words")));
    Ok(())
}

#[actix::test]
async fn ten_tries_follow_the_schedule_and_the_tenth_is_the_last() -> Result<()> {
    let rig = Rig::new().await?;
    let id = hook_with(&rig, form(HOOK, &["conversation.created"])).await?.view.id;
    rig.caller.always(HOOK, Some(Reply::status(500)));
    talk(&rig, "ana").await?;
    for made in 2..=10 {
        let due = deliveries(&rig, id).await?[0].due_at.context("it is tried again")?;
        rig.advance(due.since(rig.clock.now()));
        pass(&rig, 2).await;
        assert_eq!(rig.caller.told().len(), made, "once for each wait");
    }
    let row = deliveries(&rig, id).await?.pop().context("a delivery")?;
    assert_eq!((row.state.as_str(), row.attempt, row.due_at), ("failed", 10, None));
    let hours = row.attempts[9].at.since(row.attempts[0].at).as_secs() / 3_600;
    assert!((60..=92).contains(&hours), "{hours}");
    assert!(stands(&rig, id).await?.enabled, "three days are no five");
    Ok(())
}

#[actix::test]
async fn an_endpoint_that_hangs_or_fails_holds_up_neither_another_nor_the_engine() -> Result<()> {
    let rig = Rig::new().await?;
    for number in 0..5 {
        let url = format!("https://hooks.example.com/hangs/{number}");
        hook(&rig, &url).await?;
        rig.caller.always(&url, Some(Reply::Hang));
    }
    hook(&rig, HOOK).await?;
    for room in ["ana", "ben", "cia"] {
        talk(&rig, room).await?;
    }
    assert_eq!(taken(&rig.caller.told_at(HOOK)), numbers(&rig).await?);
    assert!(rig.caller.told_at("https://hooks.example.com/hangs/0").len() <= 2, "never more than two at once");
    assert!(rig.received("cia").len() == 1, "the engine goes on");
    Ok(())
}

#[actix::test]
async fn at_most_two_calls_of_one_endpoint_are_under_way_over_two_servers() -> Result<()> {
    let base = Base::postgres().await;
    let mut rig = Rig::build(RigOptions { url: Some(base.url.clone()), ..RigOptions::default() }).await?;
    rig.start(&Single, Threads::Current).await?;
    let ports = rig.ports();
    let second = crate::engine::EngineHandle::start(ports, Default::default(), "second".into(), &Single, Threads::Current).await?;
    rig.engines.push(second);
    hook(&rig, HOOK).await?;
    rig.caller.always(HOOK, Some(Reply::Hang));
    for room in 0..12 {
        rig.customer(&format!("room-{room}"), "hola").await?;
    }
    rig.settle().await?;
    pass(&rig, 8).await;
    assert!((1..=2).contains(&rig.caller.busiest()), "{}", rig.caller.busiest());
    Ok(())
}

#[actix::test]
async fn whoever_asks_to_be_left_alone_is_and_then_gets_everything() -> Result<()> {
    let rig = Rig::new().await?;
    let id = hook(&rig, HOOK).await?;
    rig.caller.then(HOOK, Reply::asking(429, 600));
    talk(&rig, "ana").await?;
    let before = rig.caller.told().len();
    assert!(before <= 2, "{before}");
    let until = stands(&rig, id).await?.rests_until.context("it rests")?;
    assert!(until.since(rig.clock.now()) > Duration::from_secs(580));
    pass(&rig, 120).await;
    assert_eq!(rig.caller.told().len(), before, "nothing meanwhile");
    rig.advance(Duration::from_secs(600));
    pass(&rig, 5).await;
    assert_eq!(taken(&rig.caller.told()), numbers(&rig).await?);
    Ok(())
}

#[actix::test]
async fn a_410_disables_at_once_with_a_notice_and_a_row_of_the_log() -> Result<()> {
    let rig = Rig::new().await?;
    let id = hook(&rig, HOOK).await?;
    rig.caller.always(HOOK, Some(Reply::status(410)));
    talk(&rig, "ana").await?;
    let view = stands(&rig, id).await?;
    assert_eq!((view.enabled, view.disabled_reason.as_deref(), view.disabled_at.is_some()), (false, Some("gone"), true));
    let calls = rig.caller.told().len();
    assert!(calls <= 2, "{calls}");
    talk(&rig, "ben").await?;
    assert_eq!(rig.caller.told().len(), calls, "nothing more is told");
    assert_eq!(disabled(&rig).await?, 1);
    // What happened meanwhile waits, and comes once it is enabled again.
    rig.caller.always(HOOK, None);
    rig.admin().enable_webhook(rig.tenant, id, false).await?;
    rig.advance(HOUR);
    pass(&rig, 5).await;
    assert_eq!(taken(&rig.caller.told()), numbers(&rig).await?);
    Ok(())
}

/// How often the log and the notices tell that an endpoint was given up: both as often.
async fn disabled(rig: &Rig) -> Result<usize> {
    let filter = AuditFilter { action: Some("webhook.disabled".to_owned()), ..AuditFilter::default() };
    let log = rig.store.tenant(rig.tenant).audit_events(filter, 100).await?;
    ensure!(log.iter().all(|event| event.actor_kind == "system"), "{log:?}");
    let all = notice::Entity::find().filter(notice::Column::Kind.eq("webhook_disabled"));
    let notices = read_as(&rig.store, Role::Engine, |tx| Box::pin(all.all(tx))).await?.len();
    ensure!(log.len() == notices, "{} in the log, {notices} notices", log.len());
    Ok(notices)
}

#[actix::test]
async fn after_120_hours_of_only_failures_it_is_disabled_and_a_success_in_between_keeps_it() -> Result<()> {
    let rig = Rig::new().await?;
    let (bad, good) = (hook(&rig, HOOK).await?, hook(&rig, OTHER).await?);
    rig.caller.always(HOOK, Some(Reply::status(500)));
    rig.caller.always(OTHER, Some(Reply::status(500)));
    for day in 0..12 {
        if day == 6 {
            rig.caller.then(OTHER, Reply::status(204));
            rig.caller.then(OTHER, Reply::status(204));
        }
        talk(&rig, &format!("room-{day}")).await?;
        let expected = day * 12 < 120;
        assert_eq!(stands(&rig, bad).await?.enabled, expected, "after {} hours", day * 12);
        rig.advance(Duration::from_hours(12));
    }
    assert!(stands(&rig, good).await?.enabled);
    assert_eq!((stands(&rig, bad).await?.disabled_reason.as_deref(), disabled(&rig).await?), (Some("failing"), 1));
    Ok(())
}

#[actix::test]
async fn with_its_return_an_endpoint_gets_what_waits_at_once() -> Result<()> {
    let rig = Rig::new().await?;
    hook(&rig, HOOK).await?;
    rig.caller.always(HOOK, Some(Reply::Say(Answer::Unreachable)));
    for _ in 0..3 {
        talk(&rig, "ana").await?;
        pass(&rig, 20).await;
        rig.advance(HOUR);
    }
    rig.caller.always(HOOK, None);
    talk(&rig, "ben").await?;
    pass(&rig, 5).await;
    assert_eq!(taken(&rig.caller.told()), numbers(&rig).await?, "without the hours of the schedule");
    Ok(())
}

#[actix::test]
async fn what_is_older_than_a_week_is_passed_over_and_counted() -> Result<()> {
    let rig = Rig::new().await?;
    let id = hook_with(&rig, WebhookForm { enabled: false, ..form(HOOK, &["*"]) }).await?.view.id;
    talk(&rig, "ana").await?;
    let old = numbers(&rig).await?.len();
    rig.advance(Duration::from_hours(8 * 24));
    talk(&rig, "ben").await?;
    rig.admin().enable_webhook(rig.tenant, id, false).await?;
    pass(&rig, 3).await;
    assert_eq!(taken(&rig.caller.told()), numbers(&rig).await?.split_off(old));
    assert_eq!(stands(&rig, id).await?.expired, old as i64);
    Ok(())
}

#[actix::test]
async fn whoever_skips_what_was_missed_hears_from_now_on() -> Result<()> {
    let rig = Rig::new().await?;
    let id = hook(&rig, HOOK).await?;
    rig.caller.always(HOOK, Some(Reply::status(410)));
    talk(&rig, "ana").await?;
    rig.caller.always(HOOK, None);
    rig.admin().enable_webhook(rig.tenant, id, true).await?;
    let missed = numbers(&rig).await?.len();
    talk(&rig, "ben").await?;
    assert_eq!(taken(&rig.caller.told()), numbers(&rig).await?.split_off(missed));
    assert!(deliveries(&rig, id).await?.iter().any(|row| row.state == "dropped"));
    Ok(())
}

#[actix::test]
async fn a_new_secret_signs_beside_the_old_one_for_a_day() -> Result<()> {
    let rig = Rig::new().await?;
    let first = hook_with(&rig, form(HOOK, &["conversation.created"])).await?;
    let second = rig.admin().rotate_webhook_secret(rig.tenant, first.view.id).await?;
    talk(&rig, "ana").await?;
    rig.advance(Duration::from_hours(25));
    talk(&rig, "ben").await?;
    let signatures: Vec<usize> = rig.caller.told().iter().map(|told| told.signatures.len()).collect();
    assert_eq!(signatures, [2, 1]);
    use secrecy::ExposeSecret;
    assert_ne!(first.secret.expose_secret(), second.secret.expose_secret());
    let third = rig.admin().rotate_webhook_secret(rig.tenant, first.view.id).await?;
    talk(&rig, "cia").await?;
    let last = rig.caller.told().pop().context("told")?;
    let number = rig.clock.now().micros().div_euclid(1_000_000);
    ensure!(last.signatures.len() == 2 && number > 0 && third.view.old_secret_until.is_some());
    Ok(())
}

#[actix::test]
async fn a_replay_tells_again_under_the_same_names_and_only_what_is_wanted() -> Result<()> {
    let rig = Rig::new().await?;
    talk(&rig, "before").await?;
    let id = hook_with(&rig, form(HOOK, &["message.created", "turn.ended"])).await?.view.id;
    talk(&rig, "ana").await?;
    let first = rig.caller.told();
    ensure!(first.len() == 3, "two messages and a turn: {first:?}");
    let admin = rig.admin();
    // One delivery.
    let one = deliveries(&rig, id).await?.pop().context("a delivery")?;
    assert!(admin.replay_delivery(rig.tenant, id, one.id).await?);
    pass(&rig, 3).await;
    assert_eq!(rig.caller.told().last().map(|told| told.name.clone()), Some(one.name));
    // Everything, what was before the endpoint too; never another kind.
    let done = admin.replay_webhook(rig.tenant, id, Stretch { from: Some(1), ..Stretch::default() }).await?;
    assert_eq!((done.queued, done.next), (6, None));
    pass(&rig, 3).await;
    let told = rig.caller.told().split_off(4);
    let names = |told: &[Told]| told.iter().map(|told| told.name.clone()).collect::<BTreeSet<_>>();
    assert_eq!(told.len(), 6);
    assert!(names(&first).is_subset(&names(&told)), "the same names as before");
    assert_eq!(deliveries(&rig, id).await?.len(), 6, "one row for each event");
    // By time.
    let now = rig.clock.now();
    let none = Stretch { since: Some(now.after(HOUR)), ..Stretch::default() };
    assert_eq!(admin.replay_webhook(rig.tenant, id, none).await?.queued, 0);
    let all = Stretch { since: Some(now.before(HOUR)), until: Some(now), ..Stretch::default() };
    assert_eq!(admin.replay_webhook(rig.tenant, id, all).await?.queued, 6);
    Ok(())
}

#[actix::test]
async fn a_sample_is_tried_once_also_at_a_disabled_endpoint_and_says_nothing_of_its_health() -> Result<()> {
    let rig = Rig::new().await?;
    let id = hook_with(&rig, WebhookForm { enabled: false, ..form(HOOK, &["*"]) }).await?.view.id;
    rig.caller.then(HOOK, Reply::status(410));
    rig.admin().test_webhook(rig.tenant, id).await?;
    pass(&rig, 30).await;
    let told = rig.caller.told();
    assert_eq!((told.len(), told[0].body["type"].as_str()), (1, Some("webhook.test")));
    let row = deliveries(&rig, id).await?.pop().context("a delivery")?;
    assert_eq!((row.state.as_str(), row.number, row.attempts[0].error.as_deref()), ("failed", None, Some("gone")));
    let view = stands(&rig, id).await?;
    assert_eq!((view.disabled_reason, view.failing_since), (None, None));
    Ok(())
}

#[actix::test]
async fn what_a_message_says_is_read_when_it_is_told_and_a_deleted_one_says_nothing() -> Result<()> {
    let rig = Rig::new().await?;
    hook_with(&rig, form(HOOK, &["message.created"])).await?;
    rig.caller.always(HOOK, Some(Reply::status(500)));
    talk(&rig, "ana").await?;
    use entities::message;
    let gone = message::Entity::update_many().col_expr(message::Column::DeletedAt, Expr::val(rig.clock.now().micros()));
    rig.store.solo(Role::Engine, move |tx| Box::pin(async move { gone.exec(tx).await.map(drop) })).await?;
    rig.caller.always(HOOK, None);
    rig.advance(HOUR);
    pass(&rig, 5).await;
    let told = rig.caller.told();
    let last = told.iter().rfind(|told| told.taken).context("told")?;
    assert_eq!(
        (last.body["data"]["message"]["deleted"].as_bool(), &last.body["data"]["message"]["content"]["text"]),
        (Some(true), &json!(""))
    );
    assert_eq!(told.iter().filter(|one| one.name == last.name).count(), 2, "under the same name");
    Ok(())
}

#[actix::test]
async fn a_worker_that_died_leaves_its_deliveries_to_another_after_its_lease() -> Result<()> {
    let rig = Rig::new().await?;
    talk(&rig, "ana").await?;
    let (id, desk) = (hook(&rig, HOOK).await?, rig.webhooks());
    let all = Stretch { from: Some(1), ..Stretch::default() };
    let queued = rig.admin().replay_webhook(rig.tenant, id, all).await?.queued;
    let now = rig.clock.now();
    let dead = desk.take_webhooks((rig.tenant, id), now, now.after(HOUR)).await?.context("something is due")?;
    ensure!(dead.deliveries.len() == queued && queued >= 4);
    pass(&rig, 10).await;
    assert_eq!(rig.caller.told(), [], "what one has, no other gets");
    rig.advance(HOUR);
    pass(&rig, 5).await;
    assert_eq!(taken(&rig.caller.told()), numbers(&rig).await?);
    // Whoever comes back too late changes nothing.
    let end = |one: &TakenDelivery| EndedDelivery { id: one.id, sample: false, tried: None, next: Next::Failed };
    let ended = dead.deliveries.iter().map(end).collect();
    desk.end_webhooks((rig.tenant, id, dead.lease), ended, Vec::new(), rig.clock.now()).await?;
    assert!(deliveries(&rig, id).await?.iter().all(|row| row.state == "delivered"));
    Ok(())
}
