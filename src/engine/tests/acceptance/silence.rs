//! The assistant never speaks over a person, and speaks again only when it is asked to.

use super::{done, started};
use crate::domain::conversation::standing::{Human, Standing};
use crate::domain::inbox::{CommonSettings, Tenant};
use crate::domain::suspension::{Feature, Stopped};
use crate::ports::engine::CommandAnswer;
use crate::testing::gated_store::Place;
use crate::testing::rig::{Rig, RigOptions};
use anyhow::Result;
use std::sync::Arc;
use std::time::Duration;

#[actix::test]
async fn conv_45_the_assistant_stays_silent_if_people_took_it_before_during_or_after_thinking() -> Result<()> {
    let rig = Rig::new().await?;
    // Before: assigned while the first message was already answered.
    rig.customer("before", "uno").await?;
    rig.settle().await?;
    done(&rig.assign("before", Some(rig.agent)).await?);
    rig.customer("before", "dos").await?;
    // During: taken while the model thinks.
    rig.llm.gates.close("tres");
    rig.customer("during", "tres").await?;
    rig.until("the model was asked", || async { Ok(rig.llm.gates.waiting("tres") == 1) }).await?;
    done(&rig.assign("during", Some(rig.agent)).await?);
    rig.llm.gates.open("tres");
    // After: the reply is committed and has not begun to leave.
    let key = rig.ingest(rig.inbox, vec![rig.item("after", super::message("cuatro"))]).await?;
    assert_eq!(key.len(), 1);
    let key = rig.key("after")?;
    rig.gates.hold(Place::Claims, key.id);
    rig.hint(key);
    rig.until("the reply waits to leave", || async { Ok(rig.gates.held(Place::Claims, key.id) == 1) }).await?;
    done(&rig.assign("after", Some(rig.agent)).await?);
    rig.gates.let_go(Place::Claims, key.id);
    rig.settle().await?;
    assert_eq!(rig.received("before"), ["re: uno"]);
    assert_eq!(rig.received("during"), Vec::<String>::new());
    assert_eq!(rig.received("after"), Vec::<String>::new());
    assert_eq!(rig.outbox("after").await?[0].state, "cancelled");
    for room in ["before", "during", "after"] {
        assert_eq!(rig.standing(room).await?, Standing::Open(Some(Human::Agent(rig.agent))), "{room}");
        rig.snapshot_is_rebuilt(room).await?;
    }
    Ok(())
}

#[actix::test]
async fn conv_46_a_reply_is_never_delivered_after_a_human_reply() -> Result<()> {
    let rig = Rig::new().await?;
    rig.llm.hold();
    rig.customer("ana", "hola").await?;
    rig.until("the model was asked", || async { Ok(rig.llm.seen().len() == 1) }).await?;
    // The clock stands still: both happen in the same microsecond.
    rig.llm.release(1);
    done(&rig.agent_replies("ana", "soy Eva").await?);
    rig.settle().await?;
    let received = rig.received("ana");
    assert_eq!(received.last().map(String::as_str), Some("soy Eva"), "{received:?}");
    assert!(received.len() <= 2, "{received:?}");
    rig.snapshot_is_rebuilt("ana").await
}

#[actix::test]
async fn conv_46_a_reply_whose_commit_loses_against_a_takeover_leaves_no_trace() -> Result<()> {
    let rig = Rig::new().await?;
    rig.llm.hold();
    let key = rig.customer("ana", "hola").await?;
    rig.until("the model was asked", || async { Ok(rig.llm.seen().len() == 1) }).await?;
    done(&rig.agent_replies("ana", "soy Eva").await?);
    rig.llm.release(1);
    rig.settle().await?;
    rig.pass(Duration::from_secs(50), Duration::from_secs(5)).await;
    rig.settle().await?;
    assert_eq!(rig.received("ana"), ["soy Eva"]);
    assert!(rig.lines(key).await?.iter().all(|line| line.author != "assistant"));
    Ok(())
}

#[actix::test]
async fn conv_47_several_quick_messages_get_one_reply_to_the_last() -> Result<()> {
    let common =
        CommonSettings { gathering_ms: Some(2_000), disclosure: Some(false), idle_after_hours: Some(0), ..CommonSettings::default() };
    let rig = Rig::with(RigOptions { common, ..RigOptions::default() }).await?;
    for text in ["hola", "quiero una cita", "mañana"] {
        rig.customer("ana", text).await?;
        rig.observe("ana").await?;
        rig.advance(Duration::from_secs(1));
    }
    rig.settle_within(Duration::from_secs(10), Duration::from_millis(500)).await?;
    assert_eq!(rig.received("ana"), ["re: mañana"]);
    let lines = rig.messages("ana").await?;
    let last = lines.iter().rfind(|line| line.direction == "in").unwrap();
    assert_eq!(rig.outbox("ana").await?[0].in_reply_to, last.external_id);
    assert_eq!(rig.llm.seen().len(), 1);
    Ok(())
}

#[actix::test]
async fn conv_47_a_message_while_thinking_restarts_the_turn() -> Result<()> {
    let rig = Rig::new().await?;
    rig.llm.gates.close("primero");
    rig.customer("ana", "primero").await?;
    rig.until("the model was asked", || async { Ok(rig.llm.gates.waiting("primero") == 1) }).await?;
    rig.customer("ana", "segundo").await?;
    rig.settle().await?;
    rig.llm.gates.open("primero");
    rig.settle().await?;
    assert_eq!(rig.received("ana"), ["re: segundo"]);
    Ok(())
}

#[actix::test]
async fn conv_48_after_a_takeover_nothing_comes_until_it_is_handed_back() -> Result<()> {
    let rig = Rig::new().await?;
    rig.customer("ana", "hola").await?;
    rig.settle().await?;
    done(&rig.agent_replies("ana", "soy Eva").await?);
    for text in ["¿sigue ahí?", "¿hola?"] {
        rig.customer("ana", text).await?;
        rig.settle().await?;
    }
    assert_eq!(rig.received("ana"), ["re: hola", "soy Eva"]);
    done(&rig.hand_back("ana").await?);
    rig.settle().await?;
    assert_eq!(rig.received("ana"), ["re: hola", "soy Eva", "re: ¿hola?"]);
    assert_eq!(rig.standing("ana").await?, Standing::Pending);
    rig.snapshot_is_rebuilt("ana").await
}

#[actix::test]
async fn conv_49_a_human_message_starts_no_run() -> Result<()> {
    let rig = Rig::new().await?;
    rig.customer("ana", "hola").await?;
    rig.settle().await?;
    done(&rig.agent_replies("ana", "soy Eva").await?);
    done(&rig.note("ana", "llamar mañana").await?);
    rig.echo("ana", "desde el teléfono", "phone-1").await?;
    rig.settle().await?;
    assert_eq!(rig.llm.seen().len(), 1);
    Ok(())
}

#[actix::test]
async fn conv_50_once_sending_has_begun_a_takeover_does_not_tear_the_reply() -> Result<()> {
    let rig = Rig::new().await?;
    rig.channel.gates.close("ana");
    rig.customer("ana", "hola").await?;
    rig.until("the call is under way", || async { Ok(rig.channel.gates.waiting("ana") == 1) }).await?;
    let CommandAnswer::Done { may_still_arrive, .. } = rig.agent_replies("ana", "soy Eva").await? else { panic!("pending") };
    assert_eq!(may_still_arrive, ["re: hola"]);
    rig.channel.gates.open("ana");
    rig.settle().await?;
    assert_eq!(rig.received("ana"), ["re: hola", "soy Eva"]);
    Ok(())
}

#[actix::test]
async fn conv_51_a_reply_or_a_phone_echo_takes_over_and_a_note_does_not() -> Result<()> {
    let rig = Rig::new().await?;
    for room in ["reply", "echo", "note"] {
        rig.customer(room, "hola").await?;
    }
    rig.settle().await?;
    done(&rig.agent_replies("reply", "soy Eva").await?);
    rig.echo("echo", "soy Eva desde el teléfono", "phone-1").await?;
    done(&rig.note("note", "cliente habitual").await?);
    rig.settle().await?;
    assert_eq!(rig.standing("reply").await?, Standing::Open(Some(Human::Agent(rig.agent))));
    assert_eq!(rig.standing("echo").await?, Standing::Open(Some(Human::Phone)));
    assert_eq!(rig.standing("note").await?, Standing::Pending);
    for room in ["reply", "echo", "note"] {
        rig.snapshot_is_rebuilt(room).await?;
    }
    Ok(())
}

#[actix::test]
async fn a_takeover_cancels_what_waits_for_a_retry_and_is_not_held_up_by_it() -> Result<()> {
    let rig = Rig::new().await?;
    rig.channel.then(super::refusal());
    rig.customer("ana", "hola").await?;
    rig.until("the reply waits for a retry", || async { Ok(started(&rig, "ana").await? == "retry") }).await?;
    done(&rig.agent_replies("ana", "soy Eva").await?);
    // The clock has not moved: the person's answer leaves before the retry would have been due.
    rig.settle().await?;
    assert_eq!(rig.received("ana"), ["soy Eva"]);
    assert_eq!(rig.outbox("ana").await?[0].state, "cancelled");
    Ok(())
}

#[actix::test]
async fn a_call_that_comes_back_retryable_after_a_takeover_is_cancelled() -> Result<()> {
    let rig = Rig::new().await?;
    rig.channel.gates.close("ana");
    rig.channel.then(super::refusal());
    rig.customer("ana", "hola").await?;
    rig.until("the call is under way", || async { Ok(rig.channel.gates.waiting("ana") == 1) }).await?;
    done(&rig.agent_replies("ana", "soy Eva").await?);
    rig.channel.gates.open("ana");
    rig.settle().await?;
    assert_eq!(rig.received("ana"), ["soy Eva"]);
    assert_eq!(rig.outbox("ana").await?[0].state, "cancelled");
    rig.snapshot_is_rebuilt("ana").await
}

#[actix::test]
async fn a_suspended_assistant_is_silent_with_a_reason_for_every_message_and_answers_again_afterwards() -> Result<()> {
    let rig = Rig::new().await?;
    let stop = |stopped: Stopped| {
        rig.directory.change(rig.inbox, |inbox| inbox.tenant = Arc::new(Tenant { stopped: stopped.clone(), ..(*inbox.tenant).clone() }));
    };
    stop(Stopped::default().with(Feature::Assistant, "unpaid"));
    rig.customer("ana", "hola").await?;
    rig.customer("ana", "¿hay alguien?").await?;
    rig.settle().await?;
    assert_eq!(rig.received("ana"), Vec::<String>::new());
    assert_eq!(rig.standing("ana").await?, Standing::Open(None));
    let reasons: Vec<_> = rig.queue("ana").await?.into_iter().map(|row| row.reason).collect();
    assert!(reasons.iter().all(Option::is_some) && reasons.iter().any(|reason| reason.as_deref() == Some("suspended")), "{reasons:?}");
    stop(Stopped::default());
    rig.customer("eva", "hola").await?;
    rig.settle().await?;
    assert_eq!(rig.received("eva"), ["re: hola"]);
    Ok(())
}
