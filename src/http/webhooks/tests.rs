//! Deliveries, good and hostile, over a queue in memory and real unrouted rows.

use crate::crypto::mac::hmac_sha256_hex;
use crate::domain::delivery::DeliveryState;
use crate::domain::inbox::ChannelKind;
use crate::domain::suspension::{Feature, Stopped};
use crate::http::testkit::{ADAPTER_SECRET, APP_SECRET, Answer, Door, UNREADABLE};
use crate::ports::store::StoreError;
use crate::store::people::fixtures::Shop;
use crate::store::scope::{Role, read_as};
use actix_web::test::TestRequest;
use adapters::{adapter, event, signed};
use entities::unrouted;
use sea_orm::EntityTrait;
use serde_json::{Value, json};
use std::sync::Arc;

mod adapters;

const SECONDS: i64 = 1_760_000_000;

async fn meta(door: &Door, path: &str, body: impl Into<Vec<u8>>, secret: &str) -> Answer {
    let body = body.into();
    let signature = format!("sha256={}", hmac_sha256_hex(secret.as_bytes(), &[&body]));
    door.call(TestRequest::post().uri(path).insert_header(("x-hub-signature-256", signature)).set_payload(body)).await
}

fn message(id: &str) -> Value {
    json!({"from": "5215512345678", "id": id, "timestamp": SECONDS.to_string(), "type": "text", "text": {"body": "hola"}})
}

fn change(account: &str, messages: Vec<Value>) -> Value {
    let value = json!({"messaging_product": "whatsapp", "metadata": {"phone_number_id": account}, "messages": messages,
        "contacts": [{"wa_id": "5215512345678", "profile": {"name": "Ana"}}]});
    json!({"id": "1", "changes": [{"field": "messages", "value": value}]})
}

fn delivery(entries: &[Value]) -> String {
    json!({"object": "whatsapp_business_account", "entry": entries}).to_string()
}

async fn kept(door: &Door) -> Vec<unrouted::Model> {
    read_as(&door.base.store, Role::Engine, |tx| Box::pin(unrouted::Entity::find().all(tx))).await.unwrap()
}

#[actix_web::test]
async fn the_handshake_is_answered_verbatim_and_only_to_who_knows_the_word() {
    let door = Door::open().await;
    let shop = door.shop("a", ChannelKind::Whatsapp, "10").await;
    let get = async |path: &str, token: &str| {
        let query = format!("{path}?hub.mode=subscribe&hub.verify_token={token}&hub.challenge=1158201444");
        door.call(TestRequest::get().uri(&query)).await
    };
    let good = get("/webhooks/whatsapp", "vt").await;
    assert_eq!((good.status, good.text.as_str()), (200, "1158201444"));
    assert!(good.header("content-type").starts_with("text/plain"));
    assert_eq!(get("/webhooks/whatsapp", "wrong").await.status, 403);
    assert_eq!(get("/webhooks/generic", "vt").await.status, 404);
    let path = format!("/webhooks/whatsapp/{}", shop.inbox);
    assert_eq!(get(&path, "vt").await.status, 200, "falls back to the shared word");
    door.own_app(&shop, "own-secret");
    assert_eq!((get(&path, "vt").await.status, get(&path, "own").await.status), (403, 200));
}

#[actix_web::test]
async fn a_missing_or_wrong_signature_is_refused_before_parsing() {
    let door = Door::open().await;
    door.shop("a", ChannelKind::Whatsapp, "10").await;
    let unsigned = TestRequest::post().uri("/webhooks/whatsapp").set_payload("{broken");
    assert_eq!(door.call(unsigned).await.status, 401);
    assert_eq!(meta(&door, "/webhooks/whatsapp", "{broken", "another-secret").await.status, 403);
    assert_eq!(meta(&door, "/webhooks/whatsapp", "{broken", APP_SECRET).await.status, 400);
    assert_eq!(meta(&door, "/webhooks/whatsapp", "[]", APP_SECRET).await.status, 400);
    assert!(door.queue.stored().is_empty());
}

#[actix_web::test]
async fn conv_60_a_delivery_over_several_accounts_reaches_each_and_a_repeat_is_harmless() {
    let door = Door::open().await;
    let (a, b) = (door.shop("a", ChannelKind::Whatsapp, "10").await, door.shop("b", ChannelKind::Whatsapp, "20").await);
    let status = json!({"id": "1", "changes": [{"field": "messages", "value": {"metadata": {"phone_number_id": "20"},
        "statuses": [{"id": "wamid.S", "status": "read", "timestamp": "1760000000", "recipient_id": "5215512345678"}]}}]});
    let body = delivery(&[change("10", vec![message("wamid.1"), message("wamid.2")]), change("20", vec![message("wamid.3")]), status]);
    assert_eq!(meta(&door, "/webhooks/whatsapp", body.clone(), APP_SECRET).await.status, 200);
    assert_eq!(door.queue.stored(), ["wamid.1", "wamid.2", "wamid.3"]);
    let by_inbox: Vec<_> =
        door.queue.ingests.lock().unwrap().iter().map(|ingest| (ingest.inbox, ingest.tenant, ingest.assistant)).collect();
    assert_eq!(by_inbox, [(a.inbox, a.tenant, true), (b.inbox, b.tenant, true)]);
    let statuses = door.queue.statuses.lock().unwrap().clone();
    assert_eq!((statuses[0].0, statuses[0].1.state), (b.inbox, DeliveryState::Read));
    assert_eq!(door.engine.hints.lock().unwrap().len(), 2, "one hint per conversation");
    assert_eq!(meta(&door, "/webhooks/whatsapp", body, APP_SECRET).await.status, 200);
    assert_eq!(door.engine.hints.lock().unwrap().len(), 2, "a repeat wakes nobody");
}

#[actix_web::test]
async fn ten_thousand_messages_go_in_bounded_parts_and_in_order() {
    let door = Door::open().await;
    door.shop("a", ChannelKind::Whatsapp, "10").await;
    let messages: Vec<Value> = (0..10_000).map(|number| message(&format!("wamid.{number}"))).collect();
    assert_eq!(meta(&door, "/webhooks/whatsapp", delivery(&[change("10", messages)]), APP_SECRET).await.status, 200);
    let ingests = door.queue.ingests.lock().unwrap().clone();
    assert!(ingests.iter().all(|ingest| ingest.items.len() <= 200));
    assert_eq!(ingests.iter().map(|ingest| ingest.first_index).collect::<Vec<_>>(), (0..50).map(|part| part * 200).collect::<Vec<_>>());
    assert_eq!(door.queue.stored(), (0..10_000).map(|number| format!("wamid.{number}")).collect::<Vec<_>>());
}

#[actix_web::test]
async fn too_large_a_delivery_is_refused_with_and_without_its_length() {
    let door = Door::open().await;
    let body = vec![b' '; 4 * 1024 * 1024 + 1];
    assert_eq!(meta(&door, "/webhooks/whatsapp", body, APP_SECRET).await.status, 413);
    let announced = TestRequest::post().uri("/webhooks/whatsapp").insert_header(("content-length", "99999999"));
    let announced = announced.insert_header(("x-hub-signature-256", format!("sha256={}", "0".repeat(64))));
    assert_eq!(door.call(announced).await.status, 413);
}

#[actix_web::test]
async fn deep_nesting_is_answered_and_spoils_no_neighbour() {
    let door = Door::open().await;
    door.shop("a", ChannelKind::Whatsapp, "10").await;
    let deep = format!("{}{}", "[".repeat(50_000), "]".repeat(50_000));
    assert_eq!(meta(&door, "/webhooks/whatsapp", deep.clone(), APP_SECRET).await.status, 400);
    let good = change("10", vec![message("wamid.1")]);
    let body = format!(r#"{{"object":"whatsapp_business_account","entry":[{{"id":"1","changes":[{deep}]}},{good}]}}"#);
    let answer = meta(&door, "/webhooks/whatsapp", body, APP_SECRET).await;
    assert!(answer.status == 400 || door.queue.stored() == ["wamid.1"], "{}", answer.status);
}

#[actix_web::test]
async fn an_unknown_account_is_kept_and_acknowledged_and_an_unknown_inbox_is_absent() {
    let door = Door::open().await;
    door.shop("a", ChannelKind::Whatsapp, "10").await;
    let body = delivery(&[change("99", vec![message("wamid.1")]), change("10", vec![message("wamid.2")])]);
    assert_eq!(meta(&door, "/webhooks/whatsapp", body, APP_SECRET).await.status, 200);
    let rows = kept(&door).await;
    assert_eq!((rows.len(), rows[0].reason.as_str(), rows[0].account.as_deref()), (1, "unknown_account", Some("99")));
    assert!(rows[0].raw.contains("wamid.1"));
    assert_eq!(door.queue.stored(), ["wamid.2"]);
    let metrics = door.call(TestRequest::get().uri("/metrics")).await;
    assert!(metrics.text.contains(r#"recado_unrouted_total{channel="whatsapp",reason="unknown_account"} 1"#), "{}", metrics.text);
    for path in ["/webhooks/whatsapp/00000000-0000-0000-0000-000000000000", "/webhooks/whatsapp/nonsense", "/webhooks/telegram"] {
        assert_eq!(meta(&door, path, "{}", APP_SECRET).await.status, 404, "{path}");
    }
}

#[actix_web::test]
async fn an_inbox_with_its_own_app_speaks_for_its_own_account_only() {
    let door = Door::open().await;
    let shop = door.shop("a", ChannelKind::Whatsapp, "10").await;
    door.shop("b", ChannelKind::Whatsapp, "20").await;
    door.own_app(&shop, "own-secret");
    let path = format!("/webhooks/whatsapp/{}", shop.inbox);
    let body = delivery(&[change("20", vec![message("wamid.1")]), change("10", vec![message("wamid.2")])]);
    assert_eq!(meta(&door, &path, body.clone(), APP_SECRET).await.status, 403);
    assert_eq!(meta(&door, &path, body, "own-secret").await.status, 200);
    assert_eq!(door.queue.stored(), ["wamid.2"]);
    assert_eq!(kept(&door).await[0].reason, "foreign_account");
}

#[actix_web::test]
async fn an_account_that_cannot_be_read_blocks_no_other_of_the_delivery() {
    let door = Door::open().await;
    door.shop("a", ChannelKind::Whatsapp, "10").await;
    let body = delivery(&[change(UNREADABLE, vec![message("wamid.1")]), change("10", vec![message("wamid.2")])]);
    assert_eq!(meta(&door, "/webhooks/whatsapp", body, APP_SECRET).await.status, 503, "the first must come again");
    assert_eq!(door.queue.stored(), ["wamid.2"]);
}

#[actix_web::test]
async fn a_body_without_a_believable_header_is_not_read() {
    let mut door = Door::open().await;
    let whatsapp = door.shop("a", ChannelKind::Whatsapp, "10").await;
    let generic = door.shop("b", ChannelKind::Generic, "").await;
    // A body too large is refused as soon as it is looked at: any other answer means that nobody did.
    let huge = |request: TestRequest| request.insert_header(("content-length", "99999999"));
    let meta = |header: &str| huge(TestRequest::post().uri("/webhooks/whatsapp").insert_header(("x-hub-signature-256", header)));
    let shaped = format!("sha256={}", "0".repeat(64));
    assert_eq!(door.call(huge(TestRequest::post().uri("/webhooks/whatsapp"))).await.status, 401);
    assert_eq!(door.call(huge(TestRequest::post().uri(&format!("/webhooks/whatsapp/{}", whatsapp.inbox)))).await.status, 401);
    for header in ["", "sha256=", "sha256=00", "sha1=00"] {
        assert_eq!(door.call(meta(header)).await.status, 401, "{header}");
    }
    assert_eq!(door.call(meta(&shaped)).await.status, 413, "now it is looked at");
    door.state.meta.secrets.clear();
    assert_eq!(door.call(meta(&shaped)).await.status, 403, "nothing to compare with");
    let good = |seconds| huge(signed(&generic, b"", ADAPTER_SECRET, seconds));
    assert_eq!(door.call(good(SECONDS)).await.status, 413, "now it is looked at");
    assert_eq!(door.call(good(SECONDS - 301)).await.status, 403, "too old");
    for (name, value) in [("webhook-signature", "v1,AAAA"), ("webhook-signature", ""), ("webhook-timestamp", "soon"), ("webhook-id", "")] {
        assert_eq!(door.call(good(SECONDS).insert_header((name, value))).await.status, 401, "{name}");
    }
    door.change(&generic, |entry| entry.account.secrets.clear());
    assert_eq!(door.call(good(SECONDS)).await.status, 403, "nothing to compare with");
}

#[actix_web::test]
async fn what_customers_write_to_a_suspended_business_is_taken_and_kept() {
    let door = Door::open().await;
    let shop = door.shop("a", ChannelKind::Whatsapp, "10").await;
    let generic = door.shop("b", ChannelKind::Generic, "").await;
    for shop in [&shop, &generic] {
        door.change(shop, |entry| {
            let tenant = &mut Arc::make_mut(&mut entry.inbox).tenant;
            Arc::make_mut(tenant).stopped = Stopped::default().with(Feature::All, "unpaid");
        });
    }
    let body = delivery(&[change("10", vec![message("wamid.1")])]);
    assert_eq!(meta(&door, "/webhooks/whatsapp", body, APP_SECRET).await.status, 200);
    assert_eq!(adapter(&door, &generic, &event("1").to_string()).await.status, 202);
    assert_eq!((kept(&door).await.len(), door.queue.stored().len()), (0, 2));
}

#[actix_web::test]
async fn one_status_that_the_database_refuses_is_kept_aside_and_the_others_count() {
    let door = Door::open().await;
    door.shop("a", ChannelKind::Whatsapp, "10").await;
    *door.queue.poison.lock().unwrap() = Some("wamid.2".to_owned());
    let status =
        |number| json!({"id": format!("wamid.{number}"), "status": "read", "timestamp": "1760000000", "recipient_id": "5215512345678"});
    let statuses: Vec<Value> = (1..=3).map(status).collect();
    let value = json!({"metadata": {"phone_number_id": "10"}, "statuses": statuses});
    let body = delivery(&[json!({"id": "1", "changes": [{"field": "messages", "value": value}]})]);
    assert_eq!(meta(&door, "/webhooks/whatsapp", body, APP_SECRET).await.status, 200);
    let applied: Vec<String> = door.queue.statuses.lock().unwrap().iter().map(|(_, status)| status.external_id.clone()).collect();
    assert_eq!(applied, ["wamid.1", "wamid.3"]);
    let rows = kept(&door).await;
    assert_eq!((rows.len(), rows[0].reason.as_str()), (1, "store_refused"));
    assert!(rows[0].raw.contains("wamid.2") && !rows[0].raw.contains("wamid.1"));
}

#[actix_web::test]
async fn a_full_queue_keeps_what_is_stored_and_asks_for_the_rest_again() {
    let door = Door::open().await;
    door.shop("a", ChannelKind::Whatsapp, "10").await;
    let messages: Vec<Value> = (0..500).map(|number| message(&format!("wamid.{number}"))).collect();
    let body = delivery(&[change("10", messages)]);
    for error in [StoreError::Busy, StoreError::InboxBusy, StoreError::Unknown] {
        *door.queue.failing.lock().unwrap() = Some((1, error));
        let answer = meta(&door, "/webhooks/whatsapp", body.clone(), APP_SECRET).await;
        assert_eq!((answer.status, answer.header("retry-after")), (503, "1"));
    }
    assert_eq!(door.engine.hints.lock().unwrap().len(), 1, "the stored part is worked on");
    *door.queue.failing.lock().unwrap() = None;
    assert_eq!(meta(&door, "/webhooks/whatsapp", body, APP_SECRET).await.status, 200);
}

#[actix_web::test]
async fn one_item_that_the_database_refuses_is_kept_aside() {
    let door = Door::open().await;
    door.shop("a", ChannelKind::Whatsapp, "10").await;
    *door.queue.poison.lock().unwrap() = Some("wamid.2".to_owned());
    let body = delivery(&[change("10", (1..=3).map(|number| message(&format!("wamid.{number}"))).collect())]);
    assert_eq!(meta(&door, "/webhooks/whatsapp", body, APP_SECRET).await.status, 200);
    assert_eq!(door.queue.stored(), ["wamid.1", "wamid.3"]);
    let rows = kept(&door).await;
    assert_eq!((rows.len(), rows[0].reason.as_str()), (1, "store_refused"));
}
