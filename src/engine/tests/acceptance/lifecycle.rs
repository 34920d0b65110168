//! Status, snooze, spam, cycles.

use super::{done, message};
use crate::domain::conversation::standing::{Standing, Status};
use crate::domain::inbox::CommonSettings;
use crate::engine::Threads;
use crate::engine::placement::Single;
use crate::ports::clock::Clock;
use crate::ports::llm::ChatMessage;
use crate::testing::gated_store::Place;
use crate::testing::rig::{Rig, RigOptions};
use anyhow::Result;
use std::time::Duration;

const HOUR: Duration = Duration::from_hours(1);

#[actix::test]
async fn conv_05_a_message_wakes_a_snoozed_conversation_and_drops_its_timer() -> Result<()> {
    let rig = Rig::new().await?;
    rig.customer("ana", "hola").await?;
    rig.settle().await?;
    done(&rig.set_status("ana", Status::Snoozed, Some(rig.clock.now().after(HOUR))).await?);
    rig.customer("ana", "ya estoy").await?;
    rig.settle().await?;
    assert_eq!(rig.standing("ana").await?.status(), Status::Open);
    rig.advance(HOUR * 2);
    rig.pass(Duration::from_secs(3), Duration::from_secs(1)).await;
    rig.settle().await?;
    assert!(rig.queue("ana").await?.iter().all(|row| row.kind != "timer"), "the timer fired");
    rig.snapshot_is_rebuilt("ana").await
}

#[actix::test]
async fn conv_10_a_snooze_whose_time_has_passed_opens_the_conversation() -> Result<()> {
    let rig = Rig::new().await?;
    rig.customer("ana", "hola").await?;
    rig.settle().await?;
    done(&rig.set_status("ana", Status::Snoozed, Some(rig.clock.now().after(HOUR))).await?);
    rig.advance(HOUR - Duration::from_secs(5));
    rig.pass(Duration::from_secs(3), Duration::from_secs(1)).await;
    assert_eq!(rig.standing("ana").await?.status(), Status::Snoozed);
    rig.advance(Duration::from_secs(5));
    rig.until("it woke", || async {
        // The look that sees the timer may begin after the last move of the clock.
        rig.advance(Duration::from_millis(100));
        Ok(rig.standing("ana").await?.status() == Status::Open)
    })
    .await?;
    rig.snapshot_is_rebuilt("ana").await
}

#[actix::test]
async fn conv_11_a_snooze_that_fell_due_during_a_long_outage_wakes_at_the_next_start() -> Result<()> {
    let mut rig = Rig::build(RigOptions::default()).await?;
    let first = rig.start(&Single, Threads::Own).await?;
    rig.customer("ana", "hola").await?;
    rig.settle().await?;
    done(&rig.set_status("ana", Status::Snoozed, Some(rig.clock.now().after(HOUR))).await?);
    rig.kill(first).await;
    rig.advance(HOUR * 48);
    rig.start(&Single, Threads::Own).await?;
    rig.pass(Duration::from_secs(32), Duration::from_secs(1)).await;
    rig.until("it woke", || async {
        // The look that sees the timer may begin after the last move of the clock.
        rig.advance(Duration::from_millis(100));
        Ok(rig.standing("ana").await?.status() == Status::Open)
    })
    .await?;
    rig.kill(1).await;
    Ok(())
}

#[actix::test]
async fn conv_15_resolving_twice_makes_one_event() -> Result<()> {
    let rig = Rig::new().await?;
    rig.customer("ana", "hola").await?;
    rig.settle().await?;
    done(&rig.set_status("ana", Status::Resolved, None).await?);
    done(&rig.set_status("ana", Status::Resolved, None).await?);
    let timeline = rig.timeline("ana").await?;
    let resolves = timeline.iter().filter(|(kind, data)| kind == "conversation.standing" && data["to"] == "resolved");
    assert_eq!(resolves.count(), 1, "{timeline:?}");
    rig.snapshot_is_rebuilt("ana").await
}

#[actix::test]
async fn conv_18_a_message_that_arrives_between_an_idle_check_and_its_write_wins() -> Result<()> {
    let common = CommonSettings { gathering_ms: Some(0), disclosure: Some(false), idle_after_hours: Some(1), ..CommonSettings::default() };
    let rig = Rig::with(RigOptions { common, ..RigOptions::default() }).await?;
    let key = rig.customer("ana", "gracias, eso es todo").await?;
    rig.settle().await?;
    rig.gates.hold(Place::Records, key.id);
    rig.advance(HOUR);
    rig.until("the idle check decided", || async { Ok(rig.gates.held(Place::Records, key.id) == 1) }).await?;
    rig.customer("ana", "otra pregunta").await?;
    rig.gates.let_go(Place::Records, key.id);
    rig.settle().await?;
    assert_eq!(rig.standing("ana").await?, Standing::Pending);
    assert_eq!(rig.received("ana").last().map(String::as_str), Some("re: otra pregunta"));
    Ok(())
}

#[actix::test]
async fn conv_20_spam_is_quarantined_and_comes_back_in_order() -> Result<()> {
    let rig = Rig::new().await?;
    rig.customer("ana", "compre ya").await?;
    rig.settle().await?;
    done(&rig.set_status("ana", Status::Spam, None).await?);
    for text in ["uno", "dos", "tres"] {
        rig.customer("ana", text).await?;
        rig.settle().await?;
    }
    assert_eq!(rig.messages("ana").await?.len(), 2, "a quarantined message is not in the thread");
    assert_eq!(rig.received("ana"), ["re: compre ya"]);
    done(&rig.set_status("ana", Status::Open, None).await?);
    rig.settle_within(Duration::from_secs(10), Duration::from_secs(1)).await?;
    let lines = rig.messages("ana").await?;
    let texts: Vec<&str> = lines.iter().skip(2).map(|line| line.text.as_str()).collect();
    assert_eq!(texts, ["uno", "dos", "tres"]);
    assert_eq!(rig.llm.seen().len(), 1);
    rig.snapshot_is_rebuilt("ana").await
}

#[actix::test]
async fn conv_53_an_idle_conversation_is_resolved_with_a_note_or_given_to_people() -> Result<()> {
    let common = CommonSettings { gathering_ms: Some(0), disclosure: Some(false), idle_after_hours: Some(1), ..CommonSettings::default() };
    let rig = Rig::with(RigOptions { common, ..RigOptions::default() }).await?;
    rig.customer("done", "gracias, eso es todo").await?;
    rig.customer("unclear", "eso no me sirve").await?;
    rig.settle().await?;
    rig.advance(HOUR);
    rig.until("both were judged", || async {
        Ok(rig.standing("done").await? != Standing::Pending && rig.standing("unclear").await? != Standing::Pending)
    })
    .await?;
    assert_eq!(rig.standing("done").await?, Standing::Resolved);
    assert_eq!(rig.standing("unclear").await?, Standing::Open(None));
    for room in ["done", "unclear"] {
        let lines = rig.messages(room).await?;
        assert_eq!(lines.iter().filter(|line| line.direction == "note").count(), 1, "{room}");
        assert_eq!(rig.received(room).len(), 1, "{room}");
        rig.snapshot_is_rebuilt(room).await?;
    }
    Ok(())
}

#[actix::test]
async fn conv_54_after_resolve_and_return_the_old_cycle_does_not_lead() -> Result<()> {
    let rig = Rig::new().await?;
    rig.customer("ana", "quiero hablar con una persona").await?;
    rig.settle().await?;
    done(&rig.agent_replies("ana", "soy Eva").await?);
    done(&rig.set_status("ana", Status::Resolved, None).await?);
    rig.customer("ana", "otra cosa").await?;
    rig.settle().await?;
    assert_eq!(rig.received("ana").last().map(String::as_str), Some("re: otra cosa"));
    let seen = rig.llm.seen();
    let last = seen.last().unwrap();
    assert_eq!(last.messages.len(), 2, "the prompt and: {:?}", last.messages);
    assert!(matches!(&last.messages[1], ChatMessage::User { text, .. } if text == "otra cosa"));
    rig.snapshot_is_rebuilt("ana").await
}

#[actix::test]
async fn conv_22_two_first_messages_at_once_make_one_contact_and_one_conversation() -> Result<()> {
    let rig = Rig::new().await?;
    let (one, other) = (rig.item("ana", message("uno")), rig.item("ana", message("dos")));
    let (first, second) = futures::join!(rig.ingest(rig.inbox, vec![one]), rig.ingest(rig.inbox, vec![other]));
    assert_eq!((first?.len(), second?.len()), (1, 1));
    let conversations = rig.conversations().await?;
    assert_eq!(conversations.len(), 1);
    rig.hint(rig.key("ana")?);
    rig.settle().await?;
    assert_eq!(rig.messages("ana").await?.iter().filter(|line| line.direction == "in").count(), 2);
    Ok(())
}
