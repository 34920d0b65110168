//! How messages leave: order, refusals, rates, rests, pauses, windows.

use super::{done, refusal, started};
use crate::domain::conversation::standing::Standing;
use crate::domain::ids::ConversationId;
use crate::domain::inbox::{ChannelKind, InboxState, Tenant};
use crate::domain::suspension::{Feature, Stopped};
use crate::engine::settings::EngineSettings;
use crate::ports::channel::{Capabilities, ChannelSender, Scope, SendError, TextUnit};
use crate::ports::clock::Clock;
use crate::ports::engine::Engine;
use crate::ports::llm::Llm;
use crate::store::people::retry::Retried;
use crate::testing::channel::{Fault, RecordingChannel};
use crate::testing::flaky::Flaky;
use crate::testing::llm::Line;
use crate::testing::rig::{Rig, RigOptions};
use anyhow::Result;
use std::sync::Arc;
use std::time::Duration;

/// What the channel of these tests can do.
pub(in crate::engine::tests) fn can(idempotent: bool, echoes_reference: bool) -> Capabilities {
    Capabilities {
        max_text: 4096,
        text_unit: TextUnit::Chars,
        buttons: None,
        typing: false,
        read_receipts: false,
        window: None,
        templates: false,
        idempotent,
        echoes_reference,
        echoes_own_sends: false,
        media: crate::domain::file::Media::default(),
    }
}

pub(in crate::engine::tests) async fn rig_with(can: Capabilities, kind: ChannelKind) -> Result<Rig> {
    Rig::with(RigOptions { channel: RecordingChannel::with(can), kind, ..RigOptions::default() }).await
}

#[actix::test]
async fn parts_of_a_long_answer_leave_in_order_even_if_one_is_refused() -> Result<()> {
    let rig = rig_with(Capabilities { max_text: 12, ..can(true, false) }, ChannelKind::Generic).await?;
    let text = "uno dos tres cuatro cinco seis siete ocho";
    let reply = crate::ports::llm::ChatReply { text: Some(text.into()), ..Default::default() };
    rig.llm.then(Line::Says(reply));
    rig.channel.then(refusal());
    rig.customer("ana", "cuente").await?;
    rig.settle_within(Duration::from_secs(30), Duration::from_secs(1)).await?;
    let received = rig.received("ana");
    assert!(received.len() > 2, "{received:?}");
    assert_eq!(received.join(" "), text);
    let rows = rig.outbox("ana").await?;
    assert!(rows.iter().all(|row| row.state == "sent"));
    rig.snapshot_is_rebuilt("ana").await
}

#[actix::test]
async fn the_next_part_leaves_as_soon_as_the_channel_says_where_the_last_one_is() -> Result<()> {
    let rig = rig_with(Capabilities { max_text: 12, ..can(false, true) }, ChannelKind::Generic).await?;
    let reply = crate::ports::llm::ChatReply { text: Some("uno dos tres cuatro cinco seis".into()), ..Default::default() };
    rig.llm.then(Line::Says(reply));
    let key = rig.customer("ana", "cuente").await?;
    rig.until("the first part has left", || async { Ok(started(&rig, "ana").await? == "sent") }).await?;
    let parts: Vec<_> = rig.outbox("ana").await?.into_iter().filter_map(|row| row.message).collect();
    let (engine, first, other) = (&rig.engines[0], parts[0], parts[1]);
    assert!(parts.len() > 2, "{parts:?}");
    // Word of another message is no word of this one.
    engine.arrived(rig.inbox, vec![(key.id, other)]);
    engine.arrived(rig.inbox, vec![(ConversationId(uuid::Uuid::nil()), first)]);
    for _ in 0..30 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    assert_eq!(rig.received("ana").len(), 1, "a part keeps its distance");
    engine.arrived(rig.inbox, vec![(key.id, first)]);
    rig.until("the second part has left", || async { Ok(rig.received("ana").len() == 2) }).await?;
    rig.settle_within(Duration::from_secs(30), Duration::from_secs(1)).await?;
    assert_eq!(rig.received("ana").join(" "), "uno dos tres cuatro cinco seis");
    Ok(())
}

#[actix::test]
async fn a_message_that_is_refused_to_the_end_is_dead_and_goes_to_people() -> Result<()> {
    let settings = EngineSettings { retry_schedule_ms: vec![1_000, 5_000], drain_ms: 0, ..EngineSettings::default() };
    let rig = Rig::with(RigOptions { settings, ..RigOptions::default() }).await?;
    for _ in 0..3 {
        rig.channel.then(refusal());
    }
    rig.customer("ana", "hola").await?;
    rig.until("it was tried", || async { Ok(started(&rig, "ana").await? == "retry") }).await?;
    for _ in 0..8 {
        rig.pass(Duration::from_secs(1), Duration::from_millis(500)).await;
    }
    rig.until("it is dead", || async { Ok(started(&rig, "ana").await? == "dead") }).await?;
    rig.settle().await?;
    assert_eq!(rig.channel.begun().len(), 3);
    assert_eq!(rig.standing("ana").await?, Standing::Open(None));
    assert_eq!(rig.messages("ana").await?[1].status.as_deref(), Some("failed"));
    Ok(())
}

#[actix::test]
async fn a_recipient_of_whatsapp_gets_a_burst_of_45_and_then_one_each_six_seconds() -> Result<()> {
    let rig = rig_with(can(true, false), ChannelKind::Whatsapp).await?;
    rig.customer("ana", "hola").await?;
    rig.settle().await?;
    for number in 0..50 {
        done(&rig.agent_replies("ana", &format!("{number}")).await?);
    }
    rig.until("the burst has left", || async { Ok(rig.received("ana").len() == 45) }).await?;
    for _ in 0..5 {
        tokio::task::yield_now().await;
    }
    assert_eq!(rig.received("ana").len(), 45);
    // Another recipient is not held up.
    rig.customer("eva", "hola").await?;
    rig.until("the other one is served", || async { Ok(rig.received("eva").len() == 1) }).await?;
    for more in 46..=51 {
        rig.advance(Duration::from_millis(5_900));
        assert_eq!(rig.received("ana").len(), more - 1);
        rig.advance(Duration::from_millis(100));
        rig.until("one more has left", || async { Ok(rig.received("ana").len() == more) }).await?;
    }
    let numbers: Vec<String> = (0..50).map(|number| number.to_string()).collect();
    assert_eq!(rig.received("ana").split_off(1), numbers);
    Ok(())
}

#[actix::test]
async fn a_retry_after_of_the_account_rests_all_of_it() -> Result<()> {
    let rig = Rig::new().await?;
    let after = Some(Duration::from_secs(20));
    rig.channel.then(Fault::Refuse(SendError::Retry { after, scope: Scope::Account, code: "429".into() }));
    rig.customer("ana", "hola").await?;
    rig.until("it was refused", || async { Ok(started(&rig, "ana").await? == "retry") }).await?;
    rig.customer("eva", "hola").await?;
    rig.pass(Duration::from_secs(18), Duration::from_secs(1)).await;
    assert_eq!(rig.channel.begun().len(), 1, "the account rests");
    rig.settle_within(Duration::from_secs(10), Duration::from_secs(1)).await?;
    rig.until("both have left", || async { Ok(rig.received("ana").len() + rig.received("eva").len() == 2) }).await?;
    Ok(())
}

#[actix::test]
async fn a_broken_account_is_paused_and_sends_what_waited_when_it_is_mended() -> Result<()> {
    let rig = Rig::new().await?;
    rig.channel.then(Fault::Refuse(SendError::Pause { code: "190".into(), detail: "the token has expired".into() }));
    rig.customer("ana", "hola").await?;
    rig.until("it was refused", || async { Ok(started(&rig, "ana").await? == "retry") }).await?;
    assert_eq!(rig.directory.pauses(), [(rig.inbox, "the token has expired".to_owned())]);
    rig.customer("eva", "hola").await?;
    rig.pass(Duration::from_mins(10), Duration::from_secs(30)).await;
    assert_eq!(rig.channel.begun().len(), 1, "nothing leaves a paused account");
    rig.directory.change(rig.inbox, |inbox| inbox.state = InboxState::Active);
    rig.settle_within(Duration::from_secs(60), Duration::from_secs(1)).await?;
    assert_eq!((rig.received("ana").len(), rig.received("eva").len()), (1, 1));
    Ok(())
}

#[actix::test]
async fn nothing_leaves_for_a_suspended_business_until_it_is_back() -> Result<()> {
    let rig = Rig::new().await?;
    rig.customer("ana", "hola").await?;
    rig.settle().await?;
    let suspend = |suspended: bool| {
        rig.directory.change(rig.inbox, |inbox| {
            let stopped = if suspended { Stopped::default().with(Feature::All, "unpaid") } else { Stopped::default() };
            inbox.tenant = Arc::new(Tenant { stopped, ..(*inbox.tenant).clone() });
        });
    };
    suspend(true);
    rig.agent_replies("ana", "¿sigue ahí?").await?;
    rig.pass(Duration::from_mins(2), Duration::from_secs(10)).await;
    assert_eq!(rig.received("ana"), ["re: hola"]);
    suspend(false);
    rig.settle_within(Duration::from_secs(60), Duration::from_secs(1)).await?;
    assert_eq!(rig.received("ana"), ["re: hola", "¿sigue ahí?"]);
    Ok(())
}

#[actix::test]
async fn conv_71_a_send_executed_outside_the_window_fails_visibly() -> Result<()> {
    let window = Some(Duration::from_hours(24));
    let rig = rig_with(Capabilities { window, ..can(true, false) }, ChannelKind::Generic).await?;
    rig.directory.change(rig.inbox, |inbox| inbox.state = InboxState::Paused);
    rig.customer("ana", "hola").await?;
    rig.until("the reply waits", || async { Ok(started(&rig, "ana").await? == "pending") }).await?;
    rig.advance(Duration::from_hours(24));
    rig.directory.change(rig.inbox, |inbox| inbox.state = InboxState::Active);
    rig.settle_within(Duration::from_secs(60), Duration::from_secs(1)).await?;
    let row = rig.outbox("ana").await?.remove(0);
    assert_eq!((row.state.as_str(), row.code.as_deref()), ("failed", Some("window_closed")));
    assert_eq!(rig.standing("ana").await?, Standing::Open(None));
    assert_eq!(rig.channel.begun().len(), 0);
    Ok(())
}

#[actix::test]
async fn a_person_goes_before_the_assistant_when_the_account_was_at_rest() -> Result<()> {
    let settings = EngineSettings { lane_parallel: 1, drain_ms: 0, ..EngineSettings::default() };
    let rig = Rig::with(RigOptions { settings, ..RigOptions::default() }).await?;
    rig.customer("ana", "hola").await?;
    rig.settle().await?;
    rig.channel.gates.close("blocker");
    rig.customer("blocker", "hola").await?;
    rig.until("the lane is busy", || async { Ok(rig.channel.gates.waiting("blocker") == 1) }).await?;
    rig.customer("eva", "hola").await?;
    rig.until("the assistant's row waits", || async { Ok(started(&rig, "eva").await? == "pending") }).await?;
    done(&rig.agent_replies("ana", "soy Eva").await?);
    let engine = rig.engines.first().expect("an engine");
    rig.until("the lane holds all three", || async { Ok(engine.totals().lane_rows == 3) }).await?;
    assert_eq!(engine.totals().lane_longest, 3);
    rig.channel.gates.open("blocker");
    rig.settle().await?;
    rig.until("nothing is left in it", || async { Ok(engine.totals().lane_rows == 0) }).await?;
    let order: Vec<String> = rig.channel.begun().into_iter().skip(2).map(|call| call.to).collect();
    assert_eq!(order, ["ana", "eva"]);
    Ok(())
}

#[actix::test]
async fn conv_78_a_retry_of_a_failed_message_sends_it_once_more_and_of_others_is_refused() -> Result<()> {
    let rig = Rig::new().await?;
    rig.channel.then(Fault::Refuse(SendError::Fail { code: "131047".into(), detail: "not allowed".into() }));
    let key = rig.customer("ana", "hola").await?;
    rig.settle().await?;
    let message = rig.messages("ana").await?.into_iter().find(|line| line.author == "assistant").map(|line| line.id).unwrap();
    assert_eq!(rig.outbox("ana").await?[0].state, "failed");
    let people = rig.store.tenant(rig.tenant);
    let queued = people.retry_message(key.id, message, rig.clock.now()).await?;
    assert!(matches!(queued, Retried::Queued(_)), "{queued:?}");
    rig.engines[0].outbox_hint(key);
    rig.until("it is sent", || async { Ok(started(&rig, "ana").await? == "sent") }).await?;
    assert_eq!(people.retry_message(key.id, message, rig.clock.now()).await?, Retried::NotFailed);
    rig.engines[0].outbox_hint(key);
    rig.settle().await?;
    assert_eq!(rig.received("ana"), ["re: hola"]);
    let begun = rig.channel.begun();
    assert_eq!((begun.len(), &begun[0].in_reply_to), (2, &begun[1].in_reply_to));
    Ok(())
}

#[actix::test]
async fn a_flaky_model_and_a_flaky_channel_leave_no_customer_without_an_outcome() -> Result<()> {
    let rig = Rig::build(RigOptions::default()).await?;
    let mut ports = rig.ports();
    ports.llm = Arc::new(Flaky::every(3, Arc::clone(&rig.llm) as Arc<dyn Llm>));
    let channel = Arc::new(Flaky::every(4, Arc::clone(&rig.channel) as Arc<dyn ChannelSender>));
    ports.senders.insert(ChannelKind::Generic, channel);
    let rig = rig.start_over(ports).await?;
    for room in 0..40 {
        rig.customer(&format!("room-{room}"), "hola").await?;
    }
    rig.settle_within(Duration::from_secs(120), Duration::from_secs(1)).await?;
    // Somebody may meet the bad call several times in a row: 1, 5 and 25 seconds.
    rig.until("everybody has got something", || async {
        rig.advance(Duration::from_secs(1));
        Ok(rig.channel.received().len() == 40)
    })
    .await?;
    rig.settle().await?;
    let mut handed = 0;
    for room in 0..40 {
        let room = format!("room-{room}");
        assert_eq!(rig.received(&room).len(), 1, "{room}");
        handed += usize::from(rig.standing(&room).await? != Standing::Pending);
    }
    assert!((8..=20).contains(&handed), "{handed} were handed over");
    Ok(())
}
