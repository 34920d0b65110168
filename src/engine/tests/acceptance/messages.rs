//! What comes in: once, in order, with its references and statuses.

use super::{done, message};
use crate::domain::content::Content;
use crate::domain::conversation::standing::{Human, Standing, Status};
use crate::domain::delivery::{Address, AddressKind, DeliveryState, Item, ItemBody};
use crate::domain::inbox::{ChannelKind, CommonSettings};
use crate::ports::clock::Clock;
use crate::ports::store::Ingested;
use crate::testing::rig::{Rig, RigOptions};
use anyhow::Result;
use std::time::Duration;

#[actix::test]
async fn conv_59_the_same_id_twice_makes_one_message_per_inbox() -> Result<()> {
    let rig = Rig::new().await?;
    let other = rig.add_inbox(CommonSettings { gathering_ms: Some(0), disclosure: Some(false), ..CommonSettings::default() }).await?;
    let item = rig.item("ana", message("hola"));
    let key = rig.deliver(item.clone()).await?;
    assert_eq!(rig.ingest(rig.inbox, vec![item.clone()]).await?, [Ingested::Duplicate]);
    let second = rig.ingest(other, vec![item.clone(), item]).await?;
    assert!(matches!(second[..], [Ingested::Accepted(elsewhere), Ingested::Duplicate] if elsewhere != key), "{second:?}");
    rig.hint(key);
    rig.hint(rig.key("ana")?);
    rig.settle().await?;
    assert_eq!(rig.conversations().await?.len(), 2);
    assert_eq!(rig.lines(key).await?.iter().filter(|line| line.direction == "in").count(), 1);
    Ok(())
}

#[actix::test]
async fn conv_62_messages_are_stored_in_provider_order_under_load() -> Result<()> {
    let rig = Rig::new().await?;
    let start = rig.clock.now();
    rig.llm.by(Box::new(|_| None));
    rig.advance(Duration::from_secs(100));
    let rooms: Vec<String> = (0..12).map(|room| format!("room-{room}")).collect();
    for room in &rooms {
        // One delivery, the provider's own times out of order.
        let items = [3_u64, 1, 4, 0, 2].map(|second| Item {
            occurred_at: Some(start.after(Duration::from_secs(second))),
            ..rig.item(room, message(&format!("m{second}")))
        });
        rig.ingest(rig.inbox, items.to_vec()).await?;
    }
    for room in &rooms {
        for _ in 0..3 {
            rig.hint(rig.key(room)?);
        }
    }
    rig.settle().await?;
    for room in &rooms {
        let lines = rig.messages(room).await?;
        let texts: Vec<&str> = lines.iter().filter(|line| line.direction == "in").map(|line| line.text.as_str()).collect();
        assert_eq!(texts, ["m0", "m1", "m2", "m3", "m4"], "{room}");
        assert_eq!(rig.received(room), ["re: m4"], "{room}");
    }
    Ok(())
}

#[actix::test]
async fn conv_63_the_echo_of_our_own_send_makes_no_second_bubble() -> Result<()> {
    let rig = Rig::new().await?;
    rig.customer("ana", "hola").await?;
    rig.settle().await?;
    let id = rig.channel.received()[0].external_id.clone();
    rig.echo("ana", "re: hola", &id).await?;
    rig.settle().await?;
    assert_eq!(rig.standing("ana").await?, Standing::Pending);
    assert_eq!(rig.messages("ana").await?.len(), 2);
    assert_eq!(rig.queue("ana").await?[1].reason.as_deref(), Some("own_echo"));
    rig.snapshot_is_rebuilt("ana").await
}

#[actix::test]
async fn conv_63_an_echo_that_overtakes_the_sends_answer_is_still_ours() -> Result<()> {
    let rig = Rig::new().await?;
    rig.channel.gates.close("ana");
    rig.customer("ana", "hola").await?;
    rig.until("the call is under way", || async { Ok(rig.channel.gates.waiting("ana") == 1) }).await?;
    rig.echo("ana", "re: hola", "out-1").await?;
    rig.observe("ana").await?;
    assert_eq!(rig.queue("ana").await?[1].state, "new", "the echo is parked");
    rig.channel.gates.open("ana");
    // The clock stands still: the mark of the send wakes the echo, not its fifteen seconds.
    rig.settle().await?;
    assert_eq!(rig.queue("ana").await?[1].reason.as_deref(), Some("own_echo"));
    assert_eq!(rig.standing("ana").await?, Standing::Pending);
    Ok(())
}

#[actix::test]
async fn a_strangers_echo_during_a_send_takes_over_once_the_send_has_settled() -> Result<()> {
    let rig = Rig::new().await?;
    rig.channel.gates.close("ana");
    rig.customer("ana", "hola").await?;
    rig.until("the call is under way", || async { Ok(rig.channel.gates.waiting("ana") == 1) }).await?;
    rig.echo("ana", "yo me encargo", "phone-1").await?;
    rig.observe("ana").await?;
    rig.channel.gates.open("ana");
    rig.settle().await?;
    assert_eq!(rig.standing("ana").await?, Standing::Open(Some(Human::Phone)));
    assert_eq!(rig.received("ana"), ["re: hola"]);
    Ok(())
}

#[actix::test]
async fn conv_64_a_phone_echo_is_outgoing_and_never_sent_again() -> Result<()> {
    let rig = Rig::new().await?;
    rig.customer("ana", "hola").await?;
    rig.settle().await?;
    rig.echo("ana", "soy Eva", "phone-1").await?;
    rig.settle().await?;
    let lines = rig.messages("ana").await?;
    let echo = lines.last().unwrap();
    assert_eq!((echo.direction.as_str(), echo.author.as_str(), echo.text.as_str()), ("out", "phone", "soy Eva"));
    assert_eq!(echo.status.as_deref(), Some("delivered"));
    assert_eq!(rig.outbox("ana").await?.len(), 1);
    assert_eq!(rig.received("ana"), ["re: hola"]);
    rig.snapshot_is_rebuilt("ana").await
}

async fn status(rig: &Rig) -> Result<Option<String>> {
    Ok(rig.messages("ana").await?.last().and_then(|line| line.status.clone()))
}

#[actix::test]
async fn conv_65_a_status_never_moves_backwards() -> Result<()> {
    let rig = Rig::new().await?;
    rig.customer("ana", "hola").await?;
    rig.settle().await?;
    let id = rig.channel.received()[0].external_id.clone();
    for (word, stands) in [
        (DeliveryState::Delivered, "delivered"),
        (DeliveryState::Read, "read"),
        (DeliveryState::Delivered, "read"),
        (DeliveryState::Sent, "read"),
    ] {
        rig.status_update(&id, None, word).await?;
        assert_eq!(status(&rig).await?.as_deref(), Some(stands));
    }
    Ok(())
}

#[actix::test]
async fn conv_65_a_failure_told_later_goes_to_people() -> Result<()> {
    let rig = Rig::new().await?;
    rig.customer("ana", "hola").await?;
    rig.settle().await?;
    let id = rig.channel.received()[0].external_id.clone();
    rig.status_update(&id, None, DeliveryState::Failed).await?;
    rig.settle().await?;
    assert_eq!(rig.standing("ana").await?.status(), Status::Open);
    assert_eq!(rig.outbox("ana").await?[0].state, "failed");
    assert_eq!(rig.received("ana").len(), 1, "nothing is said about what could not be delivered");
    Ok(())
}

#[actix::test]
async fn conv_67_a_status_that_arrives_before_its_message_is_applied_afterwards() -> Result<()> {
    let rig = Rig::new().await?;
    rig.status_update("out-1", None, DeliveryState::Delivered).await?;
    rig.customer("ana", "hola").await?;
    rig.settle().await?;
    assert_eq!(status(&rig).await?.as_deref(), Some("delivered"));
    Ok(())
}

#[actix::test]
async fn conv_72_number_and_business_scoped_id_belong_to_one_contact() -> Result<()> {
    let rig = Rig::with(RigOptions { kind: ChannelKind::Whatsapp, ..RigOptions::default() }).await?;
    let (user, phone) = (Address::new(AddressKind::WaUser, "MX.1349"), Address::new(AddressKind::WaPhone, "5215512345678"));
    for (text, thread) in [("uno", vec![phone.clone()]), ("dos", vec![user.clone(), phone.clone()]), ("tres", vec![user.clone()])] {
        let mut item = rig.item("x", message(text));
        item.peer.person = thread.iter().filter(|address| address.kind == AddressKind::WaPhone).cloned().collect();
        item.peer.reply_to = thread.first().cloned();
        item.peer.thread = thread;
        rig.deliver(item).await?;
        rig.settle().await?;
    }
    let conversations = rig.conversations().await?;
    assert_eq!(conversations.len(), 1);
    Ok(())
}

#[actix::test]
async fn conv_75_a_reply_to_an_unknown_message_is_kept_without_the_reference() -> Result<()> {
    let rig = Rig::new().await?;
    let content = Content { reply_to: Some("never-seen".into()), ..Content::text("sobre eso") };
    rig.deliver(rig.item("ana", ItemBody::Message { content })).await?;
    rig.settle().await?;
    assert_eq!(rig.received("ana"), ["re: sobre eso"]);
    assert_eq!(rig.reply_references("ana").await?, [None, None]);
    Ok(())
}

#[actix::test]
async fn a_message_minutes_late_is_marked_and_one_hours_late_goes_to_people() -> Result<()> {
    let rig = Rig::new().await?;
    let now = rig.clock.now();
    rig.customer_at("minutes", "hola", now.before(Duration::from_mins(11))).await?;
    rig.customer_at("hours", "hola", now.before(Duration::from_hours(7))).await?;
    rig.settle().await?;
    assert!(rig.messages("minutes").await?[0].late);
    assert_eq!(rig.received("minutes"), ["re: hola"]);
    assert_eq!(rig.received("hours"), Vec::<String>::new());
    assert_eq!(rig.standing("hours").await?, Standing::Open(None));
    rig.snapshot_is_rebuilt("minutes").await?;
    rig.snapshot_is_rebuilt("hours").await
}

#[actix::test]
async fn conv_77_a_flood_in_one_conversation_does_not_hurt_another() -> Result<()> {
    let rig = Rig::new().await?;
    rig.llm.gates.close("flood");
    for number in 0..100 {
        rig.customer("flood", &format!("flood {number}")).await?;
    }
    rig.customer("ana", "hola").await?;
    rig.until("the other one is answered", || async { Ok(rig.received("ana") == ["re: hola"]) }).await?;
    rig.llm.gates.open("flood");
    rig.settle().await?;
    let asked = rig.llm.seen().len();
    assert!(asked <= 12, "the model was asked {asked} times");
    assert_eq!(rig.received("flood").last().map(String::as_str), Some("re: flood 99"));
    done(&rig.note("flood", "mucho ruido").await?);
    rig.snapshot_is_rebuilt("flood").await
}
