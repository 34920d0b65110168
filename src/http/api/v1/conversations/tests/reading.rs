//! Read cursors and mentions, through the door, on both databases.

use crate::domain::conversation::event::Happening;
use crate::domain::inbox::ChannelKind;
use crate::domain::permission::Role;
use crate::http::testkit::Door;
use crate::http::testkit::test_members::TestMember;
use crate::ports::engine::LiveEvent;
use crate::store::people::fixtures::{Base, NOW, Shop, Talk};
use crate::store::time::instant;
use actix_web::http::Method;
use entities::message;
use sea_orm::ActiveValue::Set;
use serde_json::{Value, json};
use std::time::Duration;

async fn doors() -> [Door; 2] {
    [Door::on(Base::open().await).await, Door::on(Base::postgres().await).await]
}

/// Adds a message that came after everybody had joined.
async fn add(door: &Door, shop: &Shop, talk: Talk, seq: i64, direction: &str) {
    let at = Set(instant(NOW.after(Duration::from_secs(60))));
    door.base.message_with(shop, talk, seq, (direction, "x"), |row| message::ActiveModel { created_at: at, ..row }).await;
}

async fn unread(door: &Door, member: &TestMember, talk: Talk) -> (bool, u64) {
    let answer = door.as_member(member, Method::GET, &format!("/api/v1/conversations/{}", talk.id), None).await;
    let reading = &answer.json()["reading"];
    (reading["unread"].as_bool().unwrap(), reading["unread_count"].as_u64().unwrap())
}

async fn post(door: &Door, member: &TestMember, talk: Talk, what: &str, body: Value) -> (u16, Value) {
    let answer = door.as_member(member, Method::POST, &format!("/api/v1/conversations/{}/{what}", talk.id), Some(body)).await;
    (answer.status, answer.json())
}

async fn numbers(door: &Door, member: &TestMember, query: &str) -> Vec<i64> {
    let answer = door.as_member(member, Method::GET, &format!("/api/v1/conversations?{query}"), None).await;
    answer.json()["data"].as_array().unwrap().iter().map(|row| row["number"].as_i64().unwrap()).collect()
}

#[actix_web::test]
async fn conv_96_unread_is_each_members_own_and_raised_by_the_customer_only() {
    for door in doors().await {
        let shop = door.shop("a", ChannelKind::Generic, "").await;
        let talk = door.base.talk(&shop, 1, ("open", "nobody"), 1).await;
        let ana = door.member(&shop, Role::Member, None, None).await;
        let ben = door.member(&shop, Role::Member, None, None).await;
        add(&door, &shop, talk, 1, "in").await;
        assert_eq!((unread(&door, &ana, talk).await, unread(&door, &ben, talk).await), ((true, 1), (true, 1)));
        assert_eq!(post(&door, &ana, talk, "read", json!({})).await.0, 200);
        assert_eq!((unread(&door, &ana, talk).await, unread(&door, &ben, talk).await), ((false, 0), (true, 1)), "a glance is one's own");
        for (seq, direction) in [(2, "note"), (3, "out"), (4, "system")] {
            add(&door, &shop, talk, seq, direction).await;
        }
        assert_eq!(unread(&door, &ana, talk).await, (false, 0), "neither a note nor an answer raises it");
        add(&door, &shop, talk, 5, "in").await;
        assert_eq!((unread(&door, &ana, talk).await, unread(&door, &ben, talk).await), ((true, 1), (true, 2)));
        let listed = door.as_member(&ben, Method::GET, "/api/v1/conversations", None).await.json();
        assert_eq!(listed["data"][0]["reading"]["unread_count"], 2);
        assert_eq!(door.get(&shop, "/api/v1/conversations").await.json()["data"][0]["reading"], Value::Null, "a key reads nothing");
    }
}

#[actix_web::test]
async fn conv_96_any_conversation_can_be_marked_as_unread_and_reading_changes_nothing_else() {
    for door in doors().await {
        let shop = door.shop("a", ChannelKind::Generic, "").await;
        let (old, ours) =
            (door.base.talk(&shop, 1, ("open", "nobody"), 1).await, door.base.talk(&shop, 2, ("resolved", "nobody"), 2).await);
        door.base.message(&shop, old, 1, "in", "before anybody joined").await;
        door.base.message(&shop, ours, 1, "out", "we began").await;
        let (ana, ben) = (door.member(&shop, Role::Member, None, None).await, door.member(&shop, Role::Member, None, None).await);
        assert_eq!(unread(&door, &ana, old).await, (false, 0), "what was there before she joined is no news");
        for (talk, count) in [(old, 1), (ours, 0)] {
            let (status, shown) = post(&door, &ana, talk, "unread", json!({})).await;
            assert_eq!((status, &shown["unread"], &shown["unread_count"]), (200, &json!(true), &json!(count)));
            assert_eq!((unread(&door, &ana, talk).await, unread(&door, &ben, talk).await), ((true, count), (false, 0)));
        }
        assert_eq!(numbers(&door, &ana, "unread=true").await, [1], "what is over is shown only if it is asked for");
        assert_eq!(numbers(&door, &ana, "unread=true&status=resolved,open").await, [2, 1]);
        assert_eq!(numbers(&door, &ben, "unread=true").await, Vec::<i64>::new());
        let counts = door.as_member(&ana, Method::GET, "/api/v1/conversations/counts?unread=true", None).await.json();
        assert_eq!((&counts["open"]["all"]["count"], &counts["by_status"]["pending"]["count"]), (&json!(1), &json!(0)));
        assert_eq!(post(&door, &ana, old, "read", json!({"seq": 1})).await.1["last_read_seq"], 1);
        assert_eq!(post(&door, &ana, old, "read", json!({"seq": 0})).await.1["last_read_seq"], 1, "a cursor never goes back by reading");
        let row = door.base.store.tenant(shop.tenant).conversation(old.id).await.unwrap().unwrap();
        assert_eq!(row.model.version, 1);
        assert!(door.engine.hints.lock().unwrap().is_empty() && door.engine.commands.lock().unwrap().is_empty(), "nobody is woken");
    }
}

#[actix_web::test]
async fn conv_96_wrong_cursors_name_their_field_and_programs_have_none() {
    let door = Door::open().await;
    let shop = door.shop("a", ChannelKind::Generic, "").await;
    let talk = door.base.talk(&shop, 1, ("open", "nobody"), 1).await;
    let ana = door.member(&shop, Role::Member, None, None).await;
    let blind = door.member(&shop, Role::Member, None, Some("[]")).await;
    for body in [json!({"seq": -1}), json!({"seq": 2}), json!({"seq": "x"})] {
        let (status, shown) = post(&door, &ana, talk, "read", body).await;
        assert_eq!((status, &shown["errors"][0]["field"]), (422, &json!("seq")));
    }
    for what in ["read", "unread"] {
        assert_eq!(post(&door, &blind, talk, what, json!({})).await.0, 404);
        assert_eq!(door.post(&shop, &format!("/api/v1/conversations/{}/{what}", talk.id), json!({})).await.status, 403);
    }
    for field in ["unread", "mentioned"] {
        for path in ["conversations", "conversations/counts"] {
            let answer = door.get(&shop, &format!("/api/v1/{path}?{field}=true")).await;
            assert_eq!((answer.status, &answer.json()["errors"][0]["field"]), (422, &json!(field)));
        }
    }
    assert_eq!(unread(&door, &ana, talk).await, (false, 0));
}

#[actix_web::test]
async fn conv_20_nothing_is_unread_in_spam() {
    let door = Door::open().await;
    let shop = door.shop("a", ChannelKind::Generic, "").await;
    let talk = door.base.talk(&shop, 1, ("spam", "nobody"), 1).await;
    let ana = door.member(&shop, Role::Member, None, None).await;
    add(&door, &shop, talk, 1, "in").await;
    assert_eq!(unread(&door, &ana, talk).await, (false, 0));
    assert_eq!(numbers(&door, &ana, "unread=true&status=spam").await, Vec::<i64>::new());
}

#[actix_web::test]
async fn the_other_windows_of_a_reader_are_told() {
    let door = Door::open().await;
    let shop = door.shop("a", ChannelKind::Generic, "").await;
    let talk = door.base.talk(&shop, 1, ("open", "nobody"), 1).await;
    let ana = door.member(&shop, Role::Member, None, None).await;
    let mut heard = door.engine.live.subscribe();
    post(&door, &ana, talk, "unread", json!({})).await;
    let Ok(LiveEvent::Reading { member, conversation, reading, .. }) = heard.try_recv() else { panic!("nothing was told") };
    assert_eq!((member, conversation, reading.is_unread()), (ana.id, talk.id, true));
}

#[actix_web::test]
async fn conv_97_only_members_who_see_the_conversation_are_mentioned_and_only_in_notes() {
    for door in doors().await {
        let shop = door.shop("a", ChannelKind::Generic, "").await;
        let other = door.shop("b", ChannelKind::Generic, "").await;
        let talk = door.base.talk(&shop, 1, ("open", "nobody"), 1).await;
        door.base.message(&shop, talk, 1, "note", "x").await;
        let ana = door.member(&shop, Role::Member, None, None).await;
        let blind = door.member(&shop, Role::Member, None, Some("[]")).await;
        let stranger = door.member(&other, Role::Member, None, None).await;
        let body = |private: bool, whom: Vec<String>| json!({"text": "@Luz look", "private": private, "mentions": whom});
        let many = (0..21).map(|_| ana.id.to_string()).collect();
        let wrong = [
            body(true, vec![blind.id.to_string()]),
            body(true, vec![ana.id.to_string(), stranger.id.to_string()]),
            body(true, vec![door.base.uuid().to_string()]),
            body(true, vec!["ana".to_owned()]),
            body(true, many),
            body(false, vec![ana.id.to_string()]),
        ];
        for body in wrong {
            let (status, shown) = post(&door, &ana, talk, "messages", body).await;
            let field = shown["errors"][0]["field"].as_str().unwrap_or_default().to_owned();
            assert!(status == 422 && field.starts_with("mentions"), "{status} {shown}");
        }
        assert!(door.engine.commands.lock().unwrap().is_empty(), "nothing was written");
        door.engine.will_do(Some(1), false);
        let twice = body(true, vec![ana.id.to_string(), ana.id.to_string()]);
        assert_eq!(post(&door, &ana, talk, "messages", twice).await.0, 201);
        let happened = door.engine.happenings();
        let Some(Happening::AgentReplied { content, private: true, .. }) = happened.first() else { panic!("{happened:?}") };
        assert_eq!((content.mentions.as_slice(), content.text.as_str()), ([ana.id].as_slice(), "@Luz look"));
        assert_eq!(numbers(&door, &ana, "mentioned=true").await, Vec::<i64>::new());
    }
}
