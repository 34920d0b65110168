//! The demo's doors over a fake engine: what is believed, what is stored, what the page may load.

mod stage;

use super::customer;
use super::page::{ASSETS, INDEX, POLICY};
use super::rooms::{NewRoomMessage, Side};
use crate::crypto::standard_webhooks::TIMESTAMP_HEADER;
use crate::domain::delivery::{AddressKind, DeliveryState};
use crate::domain::time::Timestamp;
use crate::http::demo::configure;
use crate::ports::store::StoreError;
use actix_web::App;
use actix_web::body::MessageBody;
use actix_web::http::StatusCode;
use actix_web::http::header::{CONTENT_SECURITY_POLICY, HOST, LOCATION};
use actix_web::test::{TestRequest, call_service, init_service, read_body_json};
use serde_json::{Value, json};
use stage::{NOW, ROOM, ask, outbound, room, signed, stage, state, typed};
use std::pin::Pin;
use uuid::Uuid;

#[actix_web::test]
async fn a_repeated_message_of_the_engine_is_shown_once_under_one_id() {
    let state = state(&stage());
    let (status, first) = ask(&state, outbound("key-1", ROOM, "Abrimos a las 9")).await;
    assert_eq!(status, StatusCode::CREATED);
    let (status, second) = ask(&state, outbound("key-1", ROOM, "Abrimos a las 9")).await;
    assert_eq!((status, &second), (StatusCode::CONFLICT, &first));
    let shown = state.rooms.listen(&room(), 0).unwrap().replay;
    assert_eq!(shown.iter().map(|message| message.text.as_str()).collect::<Vec<_>>(), ["Abrimos a las 9"]);
    assert_eq!(first["external_id"], shown[0].id.as_str());
}

#[actix_web::test]
async fn the_adapter_believes_only_what_the_inbox_s_secret_has_signed() {
    let state = state(&stage());
    let unsigned = TestRequest::post().uri("/demo/adapter/messages").set_payload("{}");
    assert_eq!(ask(&state, unsigned).await.0, StatusCode::UNAUTHORIZED);
    let tampered = outbound("key-1", ROOM, "hola").set_payload(r#"{"idempotency_key":"key-1"}"#);
    assert_eq!(ask(&state, tampered).await.0, StatusCode::FORBIDDEN);
    let old = outbound("key-1", ROOM, "hola").insert_header((TIMESTAMP_HEADER, (NOW - 301).to_string()));
    assert_eq!(ask(&state, old).await.0, StatusCode::FORBIDDEN);
    let unsigned = TestRequest::get().uri("/demo/adapter/capabilities");
    assert_eq!(ask(&state, unsigned).await.0, StatusCode::UNAUTHORIZED);
    assert!(state.rooms.listen(&room(), 0).unwrap().replay.is_empty());
}

#[actix_web::test]
async fn what_a_telephone_cannot_show_is_refused_in_the_contract_s_words() {
    let state = state(&stage());
    for (call, code) in [
        (outbound("key-1", "short", "hola"), "unreachable"),
        (outbound("key-1", "../../../../../../etc", "hola"), "unreachable"),
        (outbound("key-1", ROOM, "  "), "invalid"),
        (outbound(&"k".repeat(201), ROOM, "hola"), "invalid"),
        (signed("/demo/adapter/messages", "key-1", "[]"), "invalid"),
        (signed("/demo/adapter/messages", "key-1", "{"), "invalid"),
    ] {
        let (status, answer) = ask(&state, call).await;
        assert_eq!((status, &answer["error"]["code"]), (StatusCode::UNPROCESSABLE_ENTITY, &json!(code)));
    }
    let long = signed("/demo/adapter/messages", "key-1", &"x".repeat(300_000));
    assert_eq!(ask(&state, long).await.0, StatusCode::PAYLOAD_TOO_LARGE);
}

#[actix_web::test]
async fn the_capabilities_are_a_document_that_our_own_channel_reads() {
    let state = state(&stage());
    let request = signed("/demo/adapter/capabilities", "cap-1", "").method(actix_web::http::Method::GET);
    let (status, document) = ask(&state, request).await;
    assert_eq!(status, StatusCode::OK);
    assert!(crate::channels::generic::capabilities::parse_capabilities(&document).is_ok());
}

#[actix_web::test]
async fn what_a_visitor_types_is_queued_as_a_room_s_message_and_the_engine_is_told() {
    let stage = stage();
    let state = state(&stage);
    let (status, answer) = ask(&state, typed(ROOM, &json!({"text": "hola\u{0}", "client_id": "c-1", "locale": "pt"}))).await;
    assert_eq!(status, StatusCode::ACCEPTED);
    assert_eq!(answer, json!({"accepted": true, "duplicate": false, "conversation_id": Uuid::from_u128(7)}));
    let ingested = stage.ingested.lock().unwrap().pop().unwrap();
    assert!(ingested.assistant);
    let item = ingested.items.first().unwrap();
    assert_eq!(item.peer.thread.first().map(|address| (address.kind, address.value.as_str())), Some((AddressKind::Room, ROOM)));
    assert_eq!(item.peer.reply_to, item.peer.thread.first().cloned());
    let person = item.peer.person.first().unwrap();
    assert_eq!((person.kind, &person.value), (AddressKind::External, &format!("{}/visitor-{ROOM}", ingested.inbox)));
    assert_eq!(item.body.content().map(|content| content.text.as_str()), Some("hola\u{fffd}"));
    assert_eq!(stage.hinted.lock().unwrap().len(), 1);
    assert_eq!(state.rooms.listen(&room(), 0).unwrap().replay[0].side, Side::Customer);
}

#[actix_web::test]
async fn a_visitor_s_repeat_is_stored_and_shown_once() {
    let stage = stage();
    let state = state(&stage);
    let body = json!({"text": "hola", "client_id": "c-1"});
    ask(&state, typed(ROOM, &body)).await;
    let (status, answer) = ask(&state, typed(ROOM, &body)).await;
    assert_eq!((status, &answer["duplicate"]), (StatusCode::ACCEPTED, &json!(true)));
    assert_eq!(answer["conversation_id"], json!(Uuid::from_u128(7)));
    assert_eq!(state.rooms.listen(&room(), 0).unwrap().replay.len(), 1);
    assert_eq!(stage.hinted.lock().unwrap().len(), 1);
}

#[actix_web::test]
async fn a_message_that_is_not_durable_is_not_shown() {
    let stage = stage();
    let state = state(&stage);
    for (error, status) in [(StoreError::InboxBusy, StatusCode::TOO_MANY_REQUESTS), (StoreError::Unknown, StatusCode::SERVICE_UNAVAILABLE)]
    {
        *stage.refuse.lock().unwrap() = Some(error);
        assert_eq!(ask(&state, typed(ROOM, &json!({"text": "hola", "client_id": "c-1"}))).await.0, status);
    }
    assert!(state.rooms.listen(&room(), 0).unwrap().replay.is_empty());
}

#[actix_web::test]
async fn texts_and_ids_of_visitors_have_limits() {
    let stage = stage();
    let state = state(&stage);
    let long = "ñ".repeat(customer::MAX_CHARS + 1);
    for body in [
        json!({"text": " \n", "client_id": "c"}),
        json!({"text": long, "client_id": "c"}),
        json!({"text": "a", "client_id": ""}),
        json!({"text": "a", "client_id": "c d"}),
        json!({"text": "a", "client_id": "c".repeat(65)}),
        json!({"text": "a", "client_id": "c", "locale": "xx"}),
        json!({"text": "a", "client_id": "c", "more": 1}),
        json!({"text": "a"}),
    ] {
        assert_eq!(ask(&state, typed(ROOM, &body)).await.0, StatusCode::UNPROCESSABLE_ENTITY, "{body}");
    }
    assert_eq!(ask(&state, typed("tiny", &json!({"text": "a", "client_id": "c"}))).await.0, StatusCode::NOT_FOUND);
    let form = typed(ROOM, &json!({"text": "a", "client_id": "c"})).insert_header(("content-type", "text/plain"));
    assert_eq!(ask(&state, form).await.0, StatusCode::UNSUPPORTED_MEDIA_TYPE);
    assert!(stage.ingested.lock().unwrap().is_empty());
    let longest = "ñ".repeat(customer::MAX_CHARS);
    assert_eq!(ask(&state, typed(ROOM, &json!({"text": longest, "client_id": "c"}))).await.0, StatusCode::ACCEPTED);
}

#[actix_web::test]
async fn a_foreign_page_can_neither_write_nor_listen_as_the_visitor() {
    let stage = stage();
    let state = state(&stage);
    let body = json!({"text": "a", "client_id": "c"});
    assert_eq!(ask(&state, typed(ROOM, &body).insert_header((HOST, "evil.example"))).await.0, StatusCode::FORBIDDEN);
    let receipts = || TestRequest::post().uri(&format!("/demo/rooms/{ROOM}/receipts"));
    let receipt = json!({"ids": ["x"], "state": "read"});
    assert_eq!(ask(&state, receipts().set_json(&receipt).insert_header((HOST, "evil.example"))).await.0, StatusCode::FORBIDDEN);
    let listening = TestRequest::get().uri(&format!("/demo/rooms/{ROOM}/events")).insert_header((HOST, "evil.example"));
    assert_eq!(ask(&state, listening).await.0, StatusCode::FORBIDDEN);
    let untyped = TestRequest::post().uri(&format!("/demo/rooms/{ROOM}/messages")).set_payload(body.to_string());
    assert_eq!(ask(&state, untyped).await.0, StatusCode::UNSUPPORTED_MEDIA_TYPE, "no content type is none of ours");
    assert_eq!(ask(&state, receipts().set_payload(receipt.to_string())).await.0, StatusCode::UNSUPPORTED_MEDIA_TYPE);
    assert!(stage.ingested.lock().unwrap().is_empty());
}

#[actix_web::test]
async fn receipts_count_only_for_messages_of_the_business_in_the_room() {
    let stage = stage();
    let state = state(&stage);
    let at = Timestamp::from_secs(NOW);
    let ours = NewRoomMessage { id: "out-1".into(), side: Side::Business, text: "hola".into(), buttons: vec![], files: vec![], at };
    state.rooms.post(&room(), ours);
    let receipts =
        |ids: Value| TestRequest::post().uri(&format!("/demo/rooms/{ROOM}/receipts")).set_json(json!({"ids": ids, "state": "read"}));
    assert_eq!(ask(&state, receipts(json!(["out-1", "out-2"]))).await.0, StatusCode::NO_CONTENT);
    let statuses = stage.statuses.lock().unwrap().clone();
    assert_eq!(statuses.len(), 1);
    assert_eq!((statuses[0].external_id.as_str(), statuses[0].state), ("out-1", DeliveryState::Read));
    assert_eq!(ask(&state, receipts(json!(vec!["x"; 101]))).await.0, StatusCode::UNPROCESSABLE_ENTITY);
}

#[actix_web::test]
async fn a_stream_begins_with_the_room_and_its_messages_and_then_lives() {
    let state = state(&stage());
    let at = Timestamp::from_secs(NOW);
    let says = |id: &str| NewRoomMessage {
        id: id.into(),
        side: Side::Business,
        text: format!("{id}\n\nevent: x"),
        buttons: vec![],
        files: vec![],
        at,
    };
    state.rooms.post(&room(), says("a"));
    state.rooms.post(&room(), says("b"));
    let app = init_service(App::new().configure(|config| configure(config, state.clone()))).await;
    let request = TestRequest::get()
        .uri(&format!("/demo/rooms/{ROOM}/events"))
        .insert_header(("last-event-id", "1"))
        .insert_header((HOST, "localhost"));
    let response = call_service(&app, request.to_request()).await;
    assert_eq!(response.headers().get("content-type").unwrap(), "text/event-stream");
    let mut body = response.into_body();
    let mut next = async || {
        let chunk = std::future::poll_fn(|task| Pin::new(&mut body).poll_next(task)).await;
        String::from_utf8(chunk.unwrap().unwrap().to_vec()).unwrap()
    };
    assert!(next().await.starts_with("retry:"));
    assert!(next().await.starts_with("event: room\ndata: {\"conversation_id\":null,"));
    let replayed = next().await;
    assert!(replayed.starts_with("id: 2\nevent: message\ndata: {") && replayed.lines().count() == 4, "{replayed}");
    state.rooms.post(&room(), says("c"));
    assert!(next().await.contains("\"id\":\"c\""));
}

#[actix_web::test]
async fn the_page_is_for_this_machine_only_and_its_settings_cannot_break_out() {
    let state = state(&stage());
    let page = |host: &'static str| TestRequest::get().uri("/demo").insert_header((HOST, host));
    for host in ["evil.example", "192.168.1.7:8080"] {
        let request = page(host).insert_header(("x-forwarded-host", "localhost"));
        let (status, body) = ask(&state, request).await;
        assert_eq!(status, StatusCode::FORBIDDEN);
        assert!(!body.to_string().contains("rk_page"));
    }
    let (status, body) = ask(&state, page("127.0.0.1:8080")).await;
    assert_eq!(status, StatusCode::OK);
    let body = body.as_str().unwrap();
    let (_, rest) = body.split_once("id=\"settings\">").unwrap();
    let (settings, _) = rest.split_once("</script>").unwrap();
    let settings: Value = serde_json::from_str(settings).unwrap();
    assert_eq!(settings["key"], "rk_page");
    assert_eq!(settings["business"], "Clínica </script><b>Sonrisa");
    assert_eq!(settings["language"], "es");
}

#[actix_web::test]
async fn every_file_of_the_page_is_ours_and_served_under_the_policy() {
    let state = state(&stage());
    let app = init_service(App::new().configure(|config| configure(config, state.clone()))).await;
    for path in ASSETS.iter().map(|(name, ..)| format!("/demo/assets/{name}")).chain(["/demo".to_owned()]) {
        let request = TestRequest::get().uri(&path).insert_header((HOST, "localhost")).to_request();
        let response = call_service(&app, request).await;
        assert_eq!(response.status(), StatusCode::OK, "{path}");
        assert_eq!(response.headers().get(CONTENT_SECURITY_POLICY).unwrap(), POLICY, "{path}");
    }
    for path in ["/demo/assets/absent.js", "/demo/assets/..%2fmod.rs"] {
        assert_eq!(ask(&state, TestRequest::get().uri(path)).await.0, StatusCode::NOT_FOUND);
    }
    let response = call_service(&app, TestRequest::get().uri("/").to_request()).await;
    assert_eq!(response.headers().get(LOCATION).unwrap(), "/demo");
    let body: Value = read_body_json(call_service(&app, TestRequest::get().uri("/demo/assets/x").to_request()).await).await;
    assert_eq!(body["status"], 404);
}

#[test]
fn the_page_names_no_outside_address_and_has_no_inline_code() {
    for (name, text) in ASSETS.iter().map(|(name, _, text)| (*name, *text)).chain([("index.html", INDEX)]) {
        let text = text.replace("http://www.w3.org/2000/svg", "");
        for outside in ["http:", "https:", "//cdn", "src=\"//", "@import", "url("] {
            assert!(!text.contains(outside), "{name} contains {outside}");
        }
        for unsafe_word in ["innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "new Function"] {
            assert!(!text.contains(unsafe_word), "{name} contains {unsafe_word}");
        }
    }
    let handlers = [" onclick", " onload", " onerror", " onsubmit", " style=", "javascript:", "<style"];
    assert!(handlers.iter().all(|word| !INDEX.contains(word)));
    assert_eq!(INDEX.matches("<script").count(), 2);
    assert!(POLICY.starts_with("default-src 'self'; script-src 'self'; style-src 'self'") && !POLICY.contains("unsafe"));
}

#[test]
fn the_page_says_everything_in_three_languages() {
    let words = ASSETS.iter().find(|(name, ..)| *name == "words.js").unwrap().2;
    let keys = |name: &str| -> Vec<String> {
        let (_, rest) = words.split_once(&format!("const {name} = {{\n")).unwrap();
        let (table, _) = rest.split_once("\n};").unwrap();
        table.lines().filter_map(|line| line.split_once(": \"")).map(|(key, _)| key.trim().to_owned()).collect()
    };
    let spanish = keys("es");
    assert!(spanish.len() > 80);
    assert_eq!(keys("en"), spanish);
    assert_eq!(keys("pt"), spanish);
    for attribute in ["data-word=\"", "data-label=\"", "data-hint=\""] {
        let asked = INDEX.split(attribute).skip(1).filter_map(|rest| rest.split_once('"')).map(|(key, _)| key);
        asked.for_each(|key| assert!(spanish.iter().any(|known| known == key), "{key}"));
    }
}
