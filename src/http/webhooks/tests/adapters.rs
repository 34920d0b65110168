//! The generic adapters' door: signatures, results, repeats.

use super::*;
use crate::crypto::standard_webhooks::sign;
use actix_web::http::Method;
use secrecy::SecretString;

pub(super) fn event(id: &str) -> Value {
    json!({"type": "message", "event_id": id, "conversation": {"external_id": "room-9", "kind": "direct"},
        "contact": {"external_id": "u-77"}, "message": {"external_id": format!("m-{id}"), "kind": "text", "text": "hola"}})
}

pub(super) fn signed(shop: &Shop, body: &[u8], secret: &str, seconds: i64) -> TestRequest {
    let signature = sign(&SecretString::from(secret), "evt_1", seconds, body).unwrap();
    TestRequest::default()
        .method(Method::POST)
        .uri(&format!("/api/v1/channels/{}/events", shop.inbox))
        .insert_header(("webhook-id", "evt_1"))
        .insert_header(("webhook-timestamp", seconds.to_string()))
        .insert_header(("webhook-signature", signature))
        .set_payload(body.to_vec())
}

pub(super) async fn adapter(door: &Door, shop: &Shop, body: &str) -> Answer {
    door.call(signed(shop, body.as_bytes(), ADAPTER_SECRET, SECONDS)).await
}

#[actix_web::test]
async fn an_adapters_event_is_accepted_once() {
    let door = Door::open().await;
    let shop = door.shop("a", ChannelKind::Generic, "").await;
    let first = adapter(&door, &shop, &event("1").to_string()).await;
    assert_eq!((first.status, first.json()), (202, json!({"accepted": true, "duplicate": false})));
    assert_eq!(adapter(&door, &shop, &event("1").to_string()).await.json(), json!({"accepted": true, "duplicate": true}));
    assert_eq!(door.queue.ingests.lock().unwrap()[0].items[0].message_id.as_deref(), Some("m-1"));
    let status = json!({"type": "status", "event_id": "s", "status": {"external_id": "m-2", "state": "delivered"}});
    assert_eq!(adapter(&door, &shop, &status.to_string()).await.status, 202);
    assert_eq!(door.queue.statuses.lock().unwrap().len(), 1);
}

#[actix_web::test]
async fn two_adapters_people_of_one_id_are_two_people() {
    let door = Door::open().await;
    let (one, other) = (door.shop("a", ChannelKind::Generic, "").await, door.shop("b", ChannelKind::Generic, "").await);
    let mut known = event("1");
    known["contact"] = json!({"external_id": "u-77", "phone": "+5215512345678"});
    let mut long = event("2");
    long["contact"]["external_id"] = json!("u".repeat(250));
    for shop in [&one, &other] {
        adapter(&door, shop, &known.to_string()).await;
    }
    adapter(&door, &one, &long.to_string()).await;
    let people: Vec<Vec<String>> = door
        .queue
        .ingests
        .lock()
        .unwrap()
        .iter()
        .map(|ingest| ingest.items[0].peer.person.iter().map(|address| address.value.clone()).collect())
        .collect();
    assert_eq!(people[0], [format!("{}/u-77", one.inbox), "+5215512345678".to_owned()]);
    assert_eq!(people[1], [format!("{}/u-77", other.inbox), "+5215512345678".to_owned()], "a number is the same person everywhere");
    assert!(people[2][0].starts_with(&one.inbox.to_string()) && people[2][0].len() <= 255, "{:?}", people[2]);
}

#[actix_web::test]
async fn an_event_may_not_take_a_key_of_the_engine() {
    let door = Door::open().await;
    let shop = door.shop("a", ChannelKind::Generic, "").await;
    for id in ["fail:1", "unsure:1", "timer:x", "cmd:"] {
        let answer = adapter(&door, &shop, &event(id).to_string()).await;
        assert_eq!((answer.status, answer.json()["errors"][0]["field"].as_str()), (400, Some("event_id")), "{id}");
    }
    assert_eq!(adapter(&door, &shop, &event("failed:1").to_string()).await.status, 202);
    assert_eq!(door.queue.stored(), ["failed:1"]);
}

#[actix_web::test]
async fn a_repeated_comment_or_consent_is_told_as_a_duplicate_and_kept_once() {
    let door = Door::open().await;
    let (shop, other) = (door.shop("a", ChannelKind::Generic, "").await, door.shop("b", ChannelKind::Generic, "").await);
    for kind in ["comment", "consent"] {
        let body = json!({"type": kind, "event_id": format!("{kind}-1")}).to_string();
        assert_eq!(adapter(&door, &shop, &body).await.json(), json!({"accepted": true, "duplicate": false}), "{kind}");
        assert_eq!(adapter(&door, &shop, &body).await.json(), json!({"accepted": true, "duplicate": true}), "{kind}");
        assert_eq!(adapter(&door, &other, &body).await.json()["duplicate"], json!(false), "another adapter's");
    }
    let twice = json!({"type": "comment", "event_id": "c-2"});
    let results = adapter(&door, &shop, &json!({"events": [twice, twice]}).to_string()).await.json()["results"].clone();
    assert_eq!((&results[0]["duplicate"], &results[1]["duplicate"]), (&json!(false), &json!(true)));
    assert_eq!(kept(&door).await.len(), 5);
}

#[actix_web::test]
async fn a_batch_has_a_result_for_each_event() {
    let door = Door::open().await;
    let shop = door.shop("a", ChannelKind::Generic, "").await;
    adapter(&door, &shop, &event("1").to_string()).await;
    let mut bad = event("2");
    bad["colour"] = json!("red");
    let answer = adapter(&door, &shop, &json!({"events": [event("1"), bad, event("3")]}).to_string()).await;
    let results = answer.json()["results"].clone();
    assert_eq!((answer.status, results.as_array().map(Vec::len)), (202, Some(3)));
    assert_eq!((&results[0]["duplicate"], &results[1]["accepted"], &results[2]["duplicate"]), (&json!(true), &json!(false), &json!(false)));
    assert!(results[1]["error"]["field"].as_str().is_some_and(|field| field.contains("events[1]")), "{results}");
    let many: Vec<Value> = (0..101).map(|number| event(&number.to_string())).collect();
    assert_eq!(adapter(&door, &shop, &json!({"events": many}).to_string()).await.status, 400);
}

#[actix_web::test]
async fn an_adapters_mistakes_are_named() {
    let door = Door::open().await;
    let shop = door.shop("a", ChannelKind::Generic, "").await;
    let mut unknown = event("1");
    unknown["message"]["colour"] = json!("red");
    let answer = adapter(&door, &shop, &unknown.to_string()).await;
    assert_eq!((answer.status, answer.json()["errors"][0]["field"].as_str()), (400, Some("message.colour")));
    for body in ["{", "[]", "{}", r#"{"events":[]}{"#] {
        assert_eq!(adapter(&door, &shop, body).await.status, 400, "{body}");
    }
    assert_eq!(adapter(&door, &shop, &"[".repeat(100_000)).await.status, 400);
    assert_eq!(adapter(&door, &shop, r#"{"events":[]}"#).await.json(), json!({"results": []}));
    assert_eq!(adapter(&door, &shop, &" ".repeat(1024 * 1024 + 1)).await.status, 413);
    assert!(door.queue.stored().is_empty());
}

#[actix_web::test]
async fn an_adapter_is_believed_by_its_signature_only() {
    let door = Door::open().await;
    let shop = door.shop("a", ChannelKind::Generic, "").await;
    let body = event("1").to_string();
    let path = format!("/api/v1/channels/{}/events", shop.inbox);
    assert_eq!(door.call(TestRequest::post().uri(&path).set_payload(body.clone())).await.status, 401);
    let wrong = signed(&shop, body.as_bytes(), "whsec_AAAAMDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3", SECONDS);
    assert_eq!(door.call(wrong).await.status, 403);
    assert_eq!(door.call(signed(&shop, body.as_bytes(), ADAPTER_SECRET, SECONDS - 301)).await.status, 403, "too old");
    let other = signed(&shop, body.as_bytes(), ADAPTER_SECRET, SECONDS).set_payload(event("2").to_string());
    assert_eq!(door.call(other).await.status, 403, "another body");
    let whatsapp = door.shop("b", ChannelKind::Whatsapp, "10").await;
    assert_eq!(adapter(&door, &whatsapp, &body).await.status, 404);
    assert!(door.queue.stored().is_empty());
}

#[actix_web::test]
async fn an_adapter_that_is_too_fast_is_slowed_down() {
    let door = Door::open().await;
    let shop = door.shop("a", ChannelKind::Generic, "").await;
    for (error, status) in [(StoreError::InboxBusy, 429), (StoreError::Busy, 429), (StoreError::Unknown, 503)] {
        *door.queue.failing.lock().unwrap() = Some((0, error));
        let answer = adapter(&door, &shop, &event("1").to_string()).await;
        assert_eq!((answer.status, answer.header("retry-after")), (status, "1"));
    }
}
