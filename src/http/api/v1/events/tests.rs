//! Streams: exact resume, no gap and no repeat, whatever the live side loses.

use super::feed::Feed;
use super::places::Place;
use crate::domain::content::Content;
use crate::domain::ids::{AccountId, AgentId, ContactId, ConversationId, MemberId, NotificationId, SessionId};
use crate::domain::inbox::ChannelKind;
use crate::domain::membership::Visibility;
use crate::domain::notice::Kind;
use crate::domain::permission::{Grants, Role};
use crate::domain::reading::Reading;
use crate::domain::watching::{Sign, Watcher};
use crate::http::auth::{Actor, AgentPrincipal, Person};
use crate::http::testkit::Door;
use crate::ports::engine::LiveEvent;
use crate::ports::notices::NewNotification;
use crate::ports::store::Published;
use crate::store::people::fixtures::{Base, NOW, Shop, Talk};
use actix_web::test::TestRequest;
use futures::{FutureExt, Stream, StreamExt};
use serde_json::{Value, json};
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;
use uuid::Uuid;

type Frames = Pin<Box<dyn Stream<Item = String>>>;

async fn open(door: &Door, shop: &Shop, after: Option<i64>) -> Frames {
    open_seeing(door, shop, after, Visibility::everything()).await
}

async fn open_seeing(door: &Door, shop: &Shop, after: Option<i64>, visibility: Visibility) -> Frames {
    let who = AgentPrincipal { tenant: shop.tenant, actor: Actor::Key(shop.key), grants: Grants::everything(), visibility };
    open_as(door, who, after).await
}

async fn open_as(door: &Door, who: AgentPrincipal, after: Option<i64>) -> Frames {
    let state = Arc::new(door.state.clone());
    let place = Place::take(&state, who.agent()).unwrap();
    let feed = Feed::open(state, who, after, place).await.unwrap();
    let mut frames: Frames = Box::pin(feed.into_stream().map(|frame| String::from_utf8(frame.unwrap().to_vec()).unwrap()));
    assert_eq!(frames.next().await.as_deref(), Some(": heartbeat\n\n"), "a first sign of life");
    frames
}

/// Reads the next frame into its id, kind and data.
async fn read(frames: &mut Frames) -> (Option<i64>, String, Value) {
    let frame = frames.next().await.expect("the stream goes on");
    let line = |name: &str| frame.lines().find_map(|line| line.strip_prefix(name)).map(str::to_owned);
    let data = serde_json::from_str(&line("data: ").unwrap_or_else(|| "null".to_owned())).unwrap();
    (line("id: ").map(|id| id.parse().unwrap()), line("event: ").unwrap_or_default(), data)
}

fn publish(door: &Door, shop: &Shop, talk: Talk, number: i64) {
    let event = Published { tenant: shop.tenant, number, conversation: talk.id, kind: "turn.ended", data: json!({"n": number}), at: NOW };
    drop(door.engine.live.send(LiveEvent::Numbered(Arc::new(event))));
}

/// Commits an event, and perhaps tells it live.
async fn commit(door: &Door, shop: &Shop, talk: Talk, number: i64, told: bool) {
    door.base.event(shop, talk, number, "turn.ended", json!({"n": number})).await;
    if told {
        publish(door, shop, talk, number);
    }
}

#[actix_web::test]
async fn a_reader_resumes_exactly_after_the_number_it_has_seen() {
    let door = Door::open().await;
    let shop = door.shop("a", ChannelKind::Generic, "").await;
    let talk = door.base.talk(&shop, 1, ("open", "nobody"), 1).await;
    for number in 1..=250 {
        commit(&door, &shop, talk, number, false).await;
    }
    let mut frames = open(&door, &shop, Some(5)).await;
    for number in 6..=250 {
        assert_eq!(read(&mut frames).await.0, Some(number));
    }
    // What was committed while it caught up comes once, although it was told live too.
    commit(&door, &shop, talk, 251, true).await;
    publish(&door, &shop, talk, 251);
    commit(&door, &shop, talk, 252, true).await;
    assert_eq!((read(&mut frames).await.0, read(&mut frames).await.0), (Some(251), Some(252)));
    assert!(frames.next().now_or_never().is_none(), "nothing more");
}

#[actix_web::test]
async fn what_the_live_side_loses_is_read_from_the_timeline() {
    let door = Door::open().await;
    let shop = door.shop("a", ChannelKind::Generic, "").await;
    let talk = door.base.talk(&shop, 1, ("open", "nobody"), 1).await;
    let mut frames = open(&door, &shop, None).await;
    assert!(frames.next().now_or_never().is_none());
    // 1 and 2 are never told, 3 is: a gap.
    commit(&door, &shop, talk, 1, false).await;
    commit(&door, &shop, talk, 2, false).await;
    commit(&door, &shop, talk, 3, true).await;
    for number in 1..=3 {
        assert_eq!(read(&mut frames).await.0, Some(number));
    }
    // More than the channel holds: the reader lags.
    for number in 4..=40 {
        commit(&door, &shop, talk, number, true).await;
    }
    for number in 4..=40 {
        assert_eq!(read(&mut frames).await.0, Some(number));
    }
}

#[actix_web::test]
async fn without_a_number_the_stream_begins_now_and_foreign_events_stay_outside() {
    let door = Door::open().await;
    let shop = door.shop("a", ChannelKind::Generic, "").await;
    let other = door.shop("b", ChannelKind::Generic, "").await;
    let talk = door.base.talk(&shop, 1, ("open", "nobody"), 1).await;
    commit(&door, &shop, talk, 1, false).await;
    let mut frames = open(&door, &shop, None).await;
    publish(&door, &other, talk, 2);
    commit(&door, &shop, talk, 2, true).await;
    let (id, kind, data) = read(&mut frames).await;
    assert_eq!((id, kind.as_str(), &data["n"]), (Some(2), "turn.ended", &json!(2)));
    assert_eq!((&data["conversation_id"], &data["at"]), (&json!(talk.id), &json!(NOW)));
}

#[actix_web::test]
async fn conv_102_a_number_that_is_not_kept_or_was_never_given_is_answered_with_a_reset() {
    let door = Door::open().await;
    let shop = door.shop("a", ChannelKind::Generic, "").await;
    let talk = door.base.talk(&shop, 1, ("open", "nobody"), 1).await;
    commit(&door, &shop, talk, 7, false).await;
    for (after, reason) in [(1, "too_old"), (900, "unknown")] {
        let mut frames = open(&door, &shop, Some(after)).await;
        let (id, kind, data) = read(&mut frames).await;
        assert_eq!((id, kind.as_str(), &data["reason"]), (Some(7), "reset", &json!(reason)), "after {after}");
    }
}

#[actix_web::test]
async fn a_new_message_is_shown_as_it_is_now() {
    let door = Door::open().await;
    let shop = door.shop("a", ChannelKind::Generic, "").await;
    let talk = door.base.talk(&shop, 1, ("open", "nobody"), 1).await;
    let gone = |row| entities::message::ActiveModel { deleted_at: sea_orm::ActiveValue::Set(Some(entities::instant::Instant(1))), ..row };
    door.base.message(&shop, talk, 1, "in", "hola").await;
    door.base.message_with(&shop, talk, 2, ("in", "secret"), gone).await;
    for seq in 1..=3 {
        door.base.event(&shop, talk, seq, "message.created", json!({"seq": seq})).await;
    }
    let mut frames = open(&door, &shop, Some(0)).await;
    let shown = read(&mut frames).await.2;
    assert_eq!((&shown["message"]["content"]["text"], &shown["message"]["seq"]), (&json!(Content::text("hola").text), &json!(1)));
    let deleted = read(&mut frames).await.2;
    assert_eq!((&deleted["message"]["deleted"], &deleted["message"]["content"]["text"]), (&json!(true), &json!("")));
    assert_eq!(read(&mut frames).await.2["message"], Value::Null, "a purged message leaves its event");
}

/// What is hidden is passed over, from the timeline and live, and the numbers that are seen stay in order.
#[actix_web::test]
async fn trust_b03_a_reader_of_one_inbox_hears_nothing_of_another() {
    let door = Door::open().await;
    let shop = door.shop("a", ChannelKind::Generic, "").await;
    let other = Shop { inbox: door.base.inbox(&shop, "generic").await, ..shop.clone() };
    let (mine, theirs) = (door.base.talk(&shop, 1, ("open", "nobody"), 1).await, door.base.talk(&other, 2, ("open", "nobody"), 2).await);
    for (number, talk) in [(1, theirs), (2, mine), (3, theirs)] {
        commit(&door, &shop, talk, number, false).await;
    }
    let mut frames = open_seeing(&door, &shop, Some(0), Visibility::of([shop.inbox])).await;
    assert_eq!(read(&mut frames).await.0, Some(2));
    assert!(frames.next().now_or_never().is_none());
    for (number, talk) in [(4, theirs), (5, mine), (6, theirs), (7, theirs), (8, mine)] {
        commit(&door, &shop, talk, number, true).await;
        let phase = |talk: Talk| LiveEvent::Phase { conversation: talk.id, phase: "thinking", turn_no: None, at: NOW };
        drop(door.engine.live.send(phase(theirs)));
        let watcher = Watcher::of(MemberId(Uuid::nil()), Sign::Typing, NOW);
        drop(door.engine.live.send(LiveEvent::Presence { conversation: theirs.id, watcher, at: NOW }));
        if talk.id == mine.id {
            assert_eq!(read(&mut frames).await.0, Some(number));
        }
    }
    assert!(frames.next().now_or_never().is_none(), "not even a phase, nor who looks");
}

/// What a reader who is limited to a team hears: what the conversation says while it is the team's or his own, and that it has left.
#[actix_web::test]
async fn trust_b03_a_reader_of_one_team_hears_a_conversation_until_it_has_moved_away() {
    for door in [Door::open().await, Door::on(Base::postgres().await).await] {
        let shop = door.shop("a", ChannelKind::Generic, "").await;
        let (sales, care, me) = (door.base.team(&shop, "Ventas").await, door.base.team(&shop, "Soporte").await, AgentId(shop.key.0));
        let talk = door.base.talk(&shop, 1, ("open", "nobody"), 1).await;
        // What is said in it is always heard: until then everything before was looked at.
        let mark = door.base.talk(&shop, 2, ("open", "nobody"), 1).await;
        door.base.give(&shop, mark.id, Some(sales), None).await;
        let say = async |talk: Talk, number: i64, kind: &'static str, data: Value| {
            door.base.event(&shop, talk, number, kind, data.clone()).await;
            let event = Published { tenant: shop.tenant, number, conversation: talk.id, kind, data, at: NOW };
            drop(door.engine.live.send(LiveEvent::Numbered(Arc::new(event))));
        };
        let phase = || {
            let phase = LiveEvent::Phase { conversation: talk.id, phase: "thinking", turn_no: None, at: NOW };
            drop(door.engine.live.send(phase));
        };
        let mut frames = open_seeing(&door, &shop, Some(0), Visibility::of_teams([sales])).await;
        say(talk, 1, "turn.ended", json!({})).await;
        say(mark, 2, "turn.ended", json!({})).await;
        assert_eq!(read(&mut frames).await.0, Some(2), "the other is of no team");
        door.base.give(&shop, talk.id, Some(sales), None).await;
        say(talk, 3, "conversation.team", json!({"team": sales, "from": null})).await;
        assert_eq!(read(&mut frames).await.0, Some(3));
        phase();
        assert_eq!(read(&mut frames).await.1, "phase");
        door.base.give(&shop, talk.id, Some(care), None).await;
        say(talk, 4, "conversation.team", json!({"team": care, "from": sales})).await;
        let (number, kind, data) = read(&mut frames).await;
        assert_eq!((number, kind.as_str(), &data["team"]), (Some(4), "conversation.team", &json!(care)), "it hears that it has left");
        say(talk, 5, "turn.ended", json!({})).await;
        phase();
        say(mark, 6, "turn.ended", json!({})).await;
        assert_eq!(read(&mut frames).await.0, Some(6), "and nothing more, not even a phase");
        door.base.give(&shop, talk.id, Some(care), Some(me)).await;
        say(talk, 7, "conversation.assignee", json!({"assignee": me, "from": null})).await;
        say(talk, 8, "turn.ended", json!({})).await;
        assert_eq!((read(&mut frames).await.0, read(&mut frames).await.0), (Some(7), Some(8)), "what is handed to whoever reads is heard");
        door.base.give(&shop, talk.id, Some(care), None).await;
        say(talk, 9, "conversation.assignee", json!({"assignee": null, "from": me})).await;
        say(talk, 10, "turn.ended", json!({})).await;
        say(mark, 11, "turn.ended", json!({})).await;
        assert_eq!((read(&mut frames).await.0, read(&mut frames).await.0), (Some(9), Some(11)));
        // Whoever resumes is shown the same moves, and of the rest what it may see now.
        let mut again = open_seeing(&door, &shop, Some(0), Visibility::of_teams([sales])).await;
        for number in [2, 4, 6, 9, 11] {
            assert_eq!(read(&mut again).await.0, Some(number));
        }
    }
}

#[actix_web::test]
async fn who_saw_a_conversation_last_hears_that_it_is_deleted() {
    let door = Door::open().await;
    let shop = door.shop("a", ChannelKind::Generic, "").await;
    let (sales, care) = (door.base.team(&shop, "Ventas").await, door.base.team(&shop, "Soporte").await);
    let mut streams = Vec::new();
    for team in [sales, care] {
        streams.push(open_seeing(&door, &shop, Some(0), Visibility::of_teams([team])).await);
    }
    let gone = Talk { id: ConversationId(door.base.uuid()), contact: ContactId(door.base.uuid()) };
    let data = json!({"number": 1, "inbox_id": shop.inbox, "team_id": sales, "assignee_id": null});
    door.base.event(&shop, gone, 1, "conversation.deleted", data).await;
    let [seller, carer] = streams.as_mut_slice() else { panic!("two") };
    assert_eq!(read(seller).await.1, "conversation.deleted");
    assert!(carer.next().now_or_never().is_none());
}

#[actix_web::test]
async fn phases_have_no_number_and_a_revoked_key_ends_the_stream() {
    let door = Door::open().await;
    let shop = door.shop("a", ChannelKind::Generic, "").await;
    let talk = door.base.talk(&shop, 1, ("pending", "assistant"), 1).await;
    let mut frames = open(&door, &shop, None).await;
    assert!(frames.next().now_or_never().is_none());
    let phase = LiveEvent::Phase { conversation: talk.id, phase: "thinking", turn_no: Some(1), at: NOW };
    drop(door.engine.live.send(phase));
    let (id, kind, data) = read(&mut frames).await;
    assert_eq!((id, kind.as_str(), &data["phase"]), (None, "phase", &json!("thinking")));
    door.base.clock.advance(Duration::from_secs(15));
    assert_eq!(frames.next().await.as_deref(), Some(": heartbeat\n\n"));
    door.base.revoke(&shop).await;
    door.base.clock.advance(Duration::from_secs(15));
    assert_eq!(frames.next().await, None);
}

#[actix_web::test]
async fn an_event_that_was_never_told_is_seen_at_the_next_heartbeat() {
    let door = Door::open().await;
    let shop = door.shop("a", ChannelKind::Generic, "").await;
    let talk = door.base.talk(&shop, 1, ("open", "nobody"), 1).await;
    let mut frames = open(&door, &shop, None).await;
    assert!(frames.next().now_or_never().is_none());
    // What has no number is heard live only: now the timeline has been read.
    drop(door.engine.live.send(LiveEvent::Phase { conversation: talk.id, phase: "thinking", turn_no: None, at: NOW }));
    assert_eq!(read(&mut frames).await.1, "phase");
    commit(&door, &shop, talk, 1, false).await;
    assert!(frames.next().now_or_never().is_none(), "nobody told it");
    door.base.clock.advance(Duration::from_secs(15));
    assert_eq!(frames.next().await.as_deref(), Some(": heartbeat\n\n"));
    assert_eq!(read(&mut frames).await.0, Some(1));
}

#[actix_web::test]
async fn a_key_with_too_many_streams_is_slowed_down_and_another_is_not() {
    let mut door = Door::open().await;
    door.state.limits.key_streams = 1;
    let shop = door.shop("a", ChannelKind::Generic, "").await;
    let other = door.shop("b", ChannelKind::Generic, "").await;
    let first = open(&door, &shop, None).await;
    let answer = door.get(&shop, "/api/v1/events").await;
    assert_eq!((answer.status, answer.header("retry-after")), (429, "1"));
    let _theirs = open(&door, &other, None).await;
    drop(first);
    let _again = open(&door, &shop, None).await;
}

#[actix_web::test]
async fn a_stream_needs_a_key_a_number_and_a_place() {
    let door = Door::open().await;
    let shop = door.shop("a", ChannelKind::Generic, "").await;
    let request = || TestRequest::get().uri("/api/v1/events");
    assert_eq!(door.call(request()).await.status, 401);
    let named = |id: &str| request().insert_header(("x-api-key", shop.token.clone())).insert_header(("last-event-id", id.to_owned()));
    for id in ["x", "-1", "", "99999999999999999999"] {
        assert_eq!(door.call(named(id)).await.status, 422, "{id}");
    }
    assert_eq!(door.get(&shop, "/api/v1/events?after=x").await.status, 422);
    let (_one, _two) = (open(&door, &shop, None).await, open(&door, &shop, None).await);
    assert_eq!(door.get(&shop, "/api/v1/events").await.status, 503);
}

#[actix_web::test]
async fn a_notification_is_heard_by_the_member_whom_it_is_for_and_by_no_other() {
    let door = Door::open().await;
    let shop = door.shop("a", ChannelKind::Generic, "").await;
    let person = |member: u128| {
        let (member, account, session) = (MemberId(Uuid::from_u128(member)), AccountId(Uuid::nil()), SessionId(Uuid::nil()));
        let actor = Actor::Member(Person { member, account, session, role: Role::Member, version: 1 });
        AgentPrincipal { tenant: shop.tenant, actor, grants: Grants::everything(), visibility: Visibility::everything() }
    };
    let (mut ana, mut ben) = (open_as(&door, person(1), None).await, open_as(&door, person(2), None).await);
    // Both listen.
    for frames in [&mut ana, &mut ben] {
        assert!(frames.next().now_or_never().is_none());
    }
    let one = NewNotification {
        id: NotificationId(Uuid::from_u128(7)),
        member: MemberId(Uuid::from_u128(1)),
        kind: Kind::HandedOver,
        conversation: None,
        at: NOW,
    };
    let reading = Reading { last_read: Some(3), unread: 2, ..Reading::default() };
    drop(door.engine.live.send(LiveEvent::Reading {
        member: MemberId(Uuid::from_u128(1)),
        conversation: ConversationId(Uuid::nil()),
        reading,
        at: NOW,
    }));
    let (id, kind, data) = read(&mut ana).await;
    assert_eq!((id, kind.as_str(), &data["reading"]["unread_count"]), (None, "reading", &json!(2)), "her other window is told");
    drop(door.engine.live.send(LiveEvent::Notification(one)));
    let (id, kind, data) = read(&mut ana).await;
    assert_eq!((id, kind.as_str(), data["kind"].as_str()), (None, "notification", Some("handed_over")));
    let his = NewNotification { member: MemberId(Uuid::from_u128(2)), kind: Kind::Assigned, ..one };
    drop(door.engine.live.send(LiveEvent::Notification(his)));
    assert_eq!(read(&mut ben).await.2["kind"].as_str(), Some("assigned"), "the first that he hears is his own");
}
