//! Crashes: the engine is killed where it hurts and another one starts on the same database.

use super::delivery::can;
use super::{message, started};
use crate::domain::conversation::standing::Standing;
use crate::engine::Threads;
use crate::engine::placement::{Fixed, Single};
use crate::ports::engine::Engine as _;
use crate::testing::channel::RecordingChannel;
use crate::testing::gated_store::{CommitFault, Place};
use crate::testing::rig::{Rig, RigOptions};
use anyhow::Result;
use std::sync::atomic::Ordering;
use std::time::Duration;

async fn own() -> Result<Rig> {
    let mut rig = Rig::build(RigOptions::default()).await?;
    rig.start(&Single, Threads::Own).await?;
    Ok(rig)
}

async fn restart(rig: &mut Rig) -> Result<()> {
    let old = rig.engines.len() - 1;
    rig.kill(old).await;
    rig.advance(Duration::from_secs(3));
    rig.start(&Single, Threads::Own).await?;
    Ok(())
}

#[actix::test]
async fn conv_56_a_restart_in_the_middle_of_a_turn_gives_exactly_one_answer() -> Result<()> {
    let mut rig = own().await?;
    rig.llm.gates.close("hola");
    rig.customer("ana", "hola").await?;
    rig.until("the model was asked", || async { Ok(rig.llm.gates.waiting("hola") == 1) }).await?;
    restart(&mut rig).await?;
    rig.llm.gates.open("hola");
    rig.settle_within(Duration::from_secs(60), Duration::from_secs(1)).await?;
    assert_eq!(rig.received("ana"), ["re: hola"]);
    assert_eq!(rig.standing("ana").await?, Standing::Pending);
    rig.snapshot_is_rebuilt("ana").await?;
    rig.kill(1).await;
    Ok(())
}

#[actix::test]
async fn conv_56_a_restart_before_or_after_the_commit_gives_exactly_one_answer() -> Result<()> {
    for place in [Place::Records, Place::Replies, Place::Claims] {
        let mut rig = own().await?;
        rig.ingest(rig.inbox, vec![rig.item("ana", message("hola"))]).await?;
        let key = rig.key("ana")?;
        rig.gates.hold(place, key.id);
        rig.hint(key);
        rig.until("it is held", || async { Ok(rig.gates.held(place, key.id) == 1) }).await?;
        restart(&mut rig).await?;
        rig.gates.let_go(place, key.id);
        rig.settle_within(Duration::from_secs(60), Duration::from_secs(1)).await?;
        assert_eq!(rig.received("ana"), ["re: hola"], "{place:?}");
        rig.snapshot_is_rebuilt("ana").await?;
        rig.kill(1).await;
    }
    Ok(())
}

#[actix::test]
async fn conv_61_what_was_received_before_a_crash_is_answered_after_it() -> Result<()> {
    let mut rig = Rig::build(RigOptions::default()).await?;
    for room in 0..30 {
        rig.ingest(rig.inbox, vec![rig.item(&format!("room-{room}"), message("hola"))]).await?;
    }
    rig.start(&Single, Threads::Current).await?;
    rig.settle_within(Duration::from_secs(10), Duration::from_secs(1)).await?;
    for room in 0..30 {
        assert_eq!(rig.received(&format!("room-{room}")), ["re: hola"]);
    }
    Ok(())
}

#[actix::test]
async fn a_row_found_sending_is_sent_again_where_that_is_safe() -> Result<()> {
    let mut rig = own().await?;
    rig.customer("ana", "hola").await?;
    rig.settle().await?;
    rig.channel.gates.close("ana");
    rig.customer("ana", "otra").await?;
    rig.until("the call is under way", || async { Ok(rig.channel.gates.waiting("ana") == 1) }).await?;
    restart(&mut rig).await?;
    rig.channel.gates.open("ana");
    rig.settle_within(Duration::from_secs(30), Duration::from_secs(1)).await?;
    rig.advance(Duration::from_secs(2));
    rig.settle_within(Duration::from_secs(30), Duration::from_secs(1)).await?;
    assert_eq!(rig.received("ana"), ["re: hola", "re: otra"]);
    rig.kill(1).await;
    Ok(())
}

#[actix::test]
async fn a_row_found_sending_goes_to_people_where_nobody_can_tell() -> Result<()> {
    let channel = RecordingChannel::with(can(false, false));
    let mut rig = Rig::build(RigOptions { channel, ..RigOptions::default() }).await?;
    rig.start(&Single, Threads::Own).await?;
    rig.channel.gates.close("ana");
    rig.customer("ana", "hola").await?;
    rig.until("the call is under way", || async { Ok(rig.channel.gates.waiting("ana") == 1) }).await?;
    restart(&mut rig).await?;
    rig.settle_within(Duration::from_secs(30), Duration::from_secs(1)).await?;
    assert_eq!(started(&rig, "ana").await?, "uncertain");
    assert_eq!(rig.standing("ana").await?, Standing::Open(None));
    assert_eq!(rig.channel.begun().len(), 1);
    rig.kill(1).await;
    Ok(())
}

#[actix::test]
async fn after_an_outage_due_work_starts_spread_out() -> Result<()> {
    let mut rig = own().await?;
    rig.kill(0).await;
    rig.advance(Duration::from_mins(5));
    rig.ingest(rig.inbox, vec![rig.item("ana", message("hola"))]).await?;
    rig.start(&Single, Threads::Own).await?;
    // Each business has a moment of its own within thirty seconds.
    let moment = Duration::from_millis(u64::try_from(rig.tenant.0.as_u128() % 30_000)?);
    rig.pass(moment.saturating_sub(Duration::from_millis(1_500)), Duration::from_millis(500)).await;
    assert!(moment < Duration::from_secs(2) || rig.received("ana").is_empty(), "it began before its moment");
    rig.settle_within(Duration::from_secs(10), Duration::from_millis(500)).await?;
    assert_eq!(rig.received("ana"), ["re: hola"]);
    rig.kill(1).await;
    Ok(())
}

#[actix::test]
async fn after_a_short_pause_due_work_starts_at_once() -> Result<()> {
    let mut rig = own().await?;
    rig.kill(0).await;
    rig.advance(Duration::from_secs(20));
    rig.ingest(rig.inbox, vec![rig.item("ana", message("hola"))]).await?;
    rig.start(&Single, Threads::Own).await?;
    rig.settle().await?;
    assert_eq!(rig.received("ana"), ["re: hola"]);
    rig.kill(1).await;
    Ok(())
}

#[actix::test]
async fn a_commit_that_was_given_up_and_lands_late_is_the_only_answer() -> Result<()> {
    for late_first in [true, false] {
        let rig = Rig::new().await?;
        rig.llm.gates.close("hola");
        let key = rig.customer("ana", "hola").await?;
        rig.until("the model was asked", || async { Ok(rig.llm.gates.waiting("hola") == 1) }).await?;
        rig.gates.hold(Place::Late, key.id);
        rig.gates.then(CommitFault::Late);
        rig.llm.gates.release("hola", 1);
        rig.until("it was given up", || async { Ok(rig.gates.held(Place::Late, key.id) == 1) }).await?;
        rig.advance(Duration::from_secs(1));
        rig.until("the model was asked again", || async { Ok(rig.llm.gates.waiting("hola") == 1) }).await?;
        if late_first {
            rig.gates.let_go(Place::Late, key.id);
            rig.until("it landed", || async { Ok(rig.received("ana").len() + rig.outbox("ana").await?.len() > 0) }).await?;
            rig.llm.gates.open("hola");
        } else {
            rig.llm.gates.open("hola");
            rig.settle().await?;
            rig.gates.let_go(Place::Late, key.id);
        }
        rig.settle_within(Duration::from_secs(20), Duration::from_secs(1)).await?;
        rig.pass(Duration::from_secs(5), Duration::from_secs(1)).await;
        assert_eq!(rig.outbox("ana").await?.len(), 1, "late first: {late_first}");
        assert_eq!(rig.received("ana"), ["re: hola"], "late first: {late_first}");
        rig.snapshot_is_rebuilt("ana").await?;
    }
    Ok(())
}

#[actix::test]
async fn a_commit_that_lands_while_its_conversation_is_read_again_is_noticed() -> Result<()> {
    let rig = Rig::new().await?;
    let item = rig.item("ana", message("hola"));
    rig.ingest(rig.inbox, vec![item]).await?;
    let key = rig.key("ana")?;
    rig.gates.hold(Place::Late, key.id);
    rig.gates.then(CommitFault::Late);
    rig.hint(key);
    rig.until("the record step was given up", || async { Ok(rig.gates.held(Place::Late, key.id) == 1) }).await?;
    rig.gates.hold(Place::Looks, key.id);
    rig.advance(Duration::from_secs(1));
    rig.until("the conversation was read again", || async { Ok(rig.gates.held(Place::Looks, key.id) == 1) }).await?;
    rig.gates.let_go(Place::Late, key.id);
    rig.until("the record step landed", || async { Ok(rig.open_work().await?.iter().any(|row| row.ends_with("recorded"))) }).await?;
    rig.gates.let_go(Place::Looks, key.id);
    rig.settle_within(Duration::from_secs(20), Duration::from_secs(1)).await?;
    assert_eq!(rig.received("ana"), ["re: hola"]);
    rig.snapshot_is_rebuilt("ana").await?;
    Ok(())
}

#[actix::test]
async fn a_zombies_commits_are_refused() -> Result<()> {
    let all = Fixed::of(|_| true);
    let mut rig = Rig::build(RigOptions::default()).await?;
    let zombie = rig.start(&all, Threads::Current).await?;
    rig.llm.gates.close("hola");
    rig.customer("ana", "hola").await?;
    rig.until("the zombie asked the model", || async { Ok(rig.llm.gates.waiting("hola") == 1) }).await?;
    rig.start(&all, Threads::Current).await?;
    rig.hint(rig.key("ana")?);
    rig.until("the new owner asked too", || async { Ok(rig.llm.gates.waiting("hola") == 2) }).await?;
    rig.llm.gates.open("hola");
    rig.settle_within(Duration::from_secs(40), Duration::from_secs(1)).await?;
    assert_eq!(rig.received("ana"), ["re: hola"]);
    assert_eq!(rig.channel.begun().len(), 1);
    assert!(rig.engines[zombie].stats().fenced.load(Ordering::Relaxed) > 0);
    rig.snapshot_is_rebuilt("ana").await
}

#[actix::test]
async fn an_aborted_engine_waits_for_nothing_and_the_next_one_answers_once() -> Result<()> {
    let mut rig = own().await?;
    rig.llm.gates.close("hola");
    rig.customer("ana", "hola").await?;
    rig.until("the model is asked", || async { Ok(rig.llm.gates.waiting("hola") == 1) }).await?;
    rig.engines[0].abort();
    assert!(!rig.engines[0].ready());
    rig.llm.gates.open("hola");
    rig.advance(Duration::from_secs(3));
    rig.start(&Single, Threads::Own).await?;
    rig.settle_within(Duration::from_secs(40), Duration::from_secs(1)).await?;
    assert_eq!(rig.received("ana"), ["re: hola"]);
    rig.snapshot_is_rebuilt("ana").await
}
