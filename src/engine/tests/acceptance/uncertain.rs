//! A call whose outcome nobody knows: what each kind of channel and each policy makes of it.

use super::delivery::{can, rig_with};
use super::started;
use crate::domain::conversation::standing::{Standing, Status};
use crate::domain::delivery::DeliveryState;
use crate::domain::inbox::{ChannelKind, UncertainPolicy};
use crate::testing::channel::Fault;
use crate::testing::rig::Rig;
use anyhow::Result;
use std::time::Duration;

#[actix::test]
async fn an_idempotent_channel_is_simply_asked_again() -> Result<()> {
    let rig = Rig::new().await?;
    rig.channel.then(Fault::TakeButLoseAnswer);
    rig.customer("ana", "hola").await?;
    rig.until("it waits for a retry", || async { Ok(started(&rig, "ana").await? == "retry") }).await?;
    rig.advance(Duration::from_secs(1));
    rig.until("it is sent", || async { Ok(started(&rig, "ana").await? == "sent") }).await?;
    assert_eq!(rig.received("ana"), ["re: hola"]);
    let begun = rig.channel.begun();
    assert_eq!(begun.len(), 2);
    assert_eq!(begun[0].key, begun[1].key);
    assert_eq!(rig.standing("ana").await?, Standing::Pending);
    Ok(())
}

#[actix::test]
async fn a_channel_that_echoes_our_reference_is_waited_for() -> Result<()> {
    let rig = rig_with(can(false, true), ChannelKind::Generic).await?;
    rig.channel.then(Fault::TakeButLoseAnswer);
    rig.customer("ana", "hola").await?;
    rig.until("the call was made", || async { Ok(rig.received("ana").len() == 1) }).await?;
    rig.pass(Duration::from_secs(20), Duration::from_secs(1)).await;
    assert_eq!(started(&rig, "ana").await?, "sending");
    let reference = rig.outbox("ana").await?[0].id.clone();
    rig.status_update("out-1", Some(reference), DeliveryState::Delivered).await?;
    rig.pass(Duration::from_secs(70), Duration::from_secs(2)).await;
    rig.settle().await?;
    assert_eq!(started(&rig, "ana").await?, "sent");
    assert_eq!(rig.messages("ana").await?[1].status.as_deref(), Some("delivered"));
    assert_eq!((rig.channel.begun().len(), rig.standing("ana").await?), (1, Standing::Pending));
    Ok(())
}

#[actix::test]
async fn a_channel_that_echoes_nothing_back_in_time_leaves_it_to_people() -> Result<()> {
    let rig = rig_with(can(false, true), ChannelKind::Generic).await?;
    rig.channel.then(Fault::TakeButLoseAnswer);
    rig.customer("ana", "hola").await?;
    rig.until("the call was made", || async { Ok(rig.received("ana").len() == 1) }).await?;
    rig.pass(Duration::from_secs(56), Duration::from_secs(2)).await;
    assert_eq!(started(&rig, "ana").await?, "sending", "a minute is not over");
    rig.pass(Duration::from_secs(8), Duration::from_secs(1)).await;
    rig.settle().await?;
    assert_eq!(started(&rig, "ana").await?, "uncertain");
    assert_eq!(rig.standing("ana").await?.status(), Status::Open);
    assert_eq!(rig.channel.begun().len(), 1);
    Ok(())
}

#[actix::test]
async fn at_most_once_tells_people_and_sends_nothing_again() -> Result<()> {
    let rig = rig_with(can(false, false), ChannelKind::Generic).await?;
    rig.channel.then(Fault::TakeButLoseAnswer);
    rig.customer("ana", "hola").await?;
    rig.settle().await?;
    rig.pass(Duration::from_mins(5), Duration::from_secs(15)).await;
    assert_eq!(started(&rig, "ana").await?, "uncertain");
    assert_eq!((rig.channel.begun().len(), rig.standing("ana").await?), (1, Standing::Open(None)));
    let timeline = rig.timeline("ana").await?;
    assert!(timeline.iter().any(|(kind, data)| kind == "conversation.handed_off" && data["reason"] == "delivery_uncertain"));
    Ok(())
}

#[actix::test]
async fn at_least_once_sends_again() -> Result<()> {
    let rig = rig_with(can(false, false), ChannelKind::Generic).await?;
    rig.directory.change(rig.inbox, |inbox| inbox.common.uncertain = UncertainPolicy::AtLeastOnce);
    rig.channel.then(Fault::TakeButLoseAnswer);
    rig.customer("ana", "hola").await?;
    rig.until("it waits for a retry", || async { Ok(started(&rig, "ana").await? == "retry") }).await?;
    rig.advance(Duration::from_secs(1));
    rig.until("it is sent", || async { Ok(started(&rig, "ana").await? == "sent") }).await?;
    assert_eq!(rig.received("ana"), ["re: hola", "re: hola"]);
    Ok(())
}

#[actix::test]
async fn a_call_that_hangs_ends_at_its_deadline() -> Result<()> {
    let rig = Rig::new().await?;
    rig.channel.then(Fault::Hang);
    rig.customer("ana", "hola").await?;
    rig.until("the call was made", || async { Ok(rig.channel.begun().len() == 1) }).await?;
    rig.advance(Duration::from_secs(15));
    rig.until("it waits for a retry", || async { Ok(started(&rig, "ana").await? == "retry") }).await?;
    rig.advance(Duration::from_secs(1));
    rig.until("it is sent", || async { Ok(started(&rig, "ana").await? == "sent") }).await?;
    assert_eq!(rig.received("ana"), ["re: hola"]);
    Ok(())
}
