//! The log and the consents over HTTP: what is shown, to whom, and what a suspended business is told.

use crate::domain::inbox::ChannelKind;
use crate::domain::suspension::{Feature, Stopped};
use crate::http::testkit::{Answer, Door};
use crate::store::people::fixtures::Shop;
use actix_web::test::TestRequest;
use serde_json::json;
use std::sync::Arc;

fn stop(door: &Door, shop: &Shop, feature: Feature) {
    door.change(shop, |entry| {
        let tenant = &mut Arc::make_mut(&mut entry.inbox).tenant;
        Arc::make_mut(tenant).stopped = Stopped::default().with(feature, "the invoice of May");
    });
}

async fn holiday(door: &Door, shop: &Shop, date: &str) -> Answer {
    let request = TestRequest::put().uri(&format!("/api/v1/holidays/{date}")).set_json(json!({"name": "Fiesta"}));
    let request = request.insert_header(("authorization", format!("Bearer {}", shop.token)));
    door.call(request.insert_header(("user-agent", "tests/1")).peer_addr("192.0.2.7:9".parse().unwrap())).await
}

#[actix_web::test]
async fn the_log_shows_who_did_what_from_where_newest_first_by_pages() {
    let door = Door::open().await;
    let shop = door.shop("a", ChannelKind::Generic, "").await;
    for day in 1..=3 {
        assert_eq!(holiday(&door, &shop, &format!("2026-01-0{day}")).await.status, 200);
    }
    let shown = door.get(&shop, "/api/v1/audit?limit=2").await.json();
    let first = &shown["data"][0];
    assert_eq!((first["number"].as_i64(), first["action"].as_str()), (Some(3), Some("holiday.set")));
    assert_eq!(first["actor"], json!({"kind": "api_key", "id": shop.key.to_string()}));
    assert_eq!(first["target"], json!({"kind": "holiday", "id": "2026-01-03"}));
    assert_eq!((first["ip"].as_str(), first["user_agent"].as_str()), (Some("192.0.2.7"), Some("tests/1")));
    let next = shown["next"].as_str().unwrap();
    let rest = door.get(&shop, &format!("/api/v1/audit?limit=2&cursor={next}")).await.json();
    assert_eq!((rest["data"].as_array().unwrap().len(), rest["next"].as_str()), (1, None));
    let verdict = door.get(&shop, "/api/v1/audit/verify").await.json();
    assert_eq!((verdict["holds"].as_bool(), verdict["events"].as_i64(), verdict["next"].as_str()), (Some(true), Some(3), None));
    // From behind an event; one that is none is named, and is no broken chain.
    let hash = verdict["hash"].as_str().unwrap();
    let again = door.get(&shop, &format!("/api/v1/audit/verify?cursor=3.{hash}")).await;
    assert_eq!((again.status, again.json()["events"].as_i64()), (200, Some(3)), "{}", again.text);
    for cursor in ["x".to_owned(), format!("2.{hash}"), format!("9.{hash}"), format!("-1.{hash}"), "3.".to_owned()] {
        let refused = door.get(&shop, &format!("/api/v1/audit/verify?cursor={cursor}")).await;
        assert_eq!((refused.status, refused.json()["errors"][0]["field"].as_str()), (422, Some("cursor")), "{cursor}");
    }
}

#[actix_web::test]
async fn the_log_is_filtered_and_a_wrong_filter_is_named() {
    let door = Door::open().await;
    let shop = door.shop("a", ChannelKind::Generic, "").await;
    holiday(&door, &shop, "2026-01-01").await;
    let count = async |query: &str| door.get(&shop, &format!("/api/v1/audit?{query}")).await.json()["data"].as_array().unwrap().len();
    assert_eq!(count("action=holiday.set&actor=api_key").await, 1);
    assert_eq!(count(&format!("actor_id={}", shop.key)).await, 1);
    assert_eq!(count("action=holiday.removed").await, 0);
    assert_eq!(count("actor=operator").await, 0);
    assert_eq!(count("from=2025-10-09T08:53:20Z").await, 1);
    assert_eq!(count("to=2025-10-09T08:53:20Z").await, 0);
    for (field, query) in [("action", "x"), ("actor", "boss"), ("from", "soon"), ("to", ""), ("limit", "0"), ("cursor", "x")] {
        let refused = door.get(&shop, &format!("/api/v1/audit?{field}={query}")).await;
        assert_eq!((refused.status, refused.json()["errors"][0]["field"].as_str()), (422, Some(field)));
    }
}

#[actix_web::test]
async fn another_business_sees_nothing_of_it_and_nobody_without_a_key() {
    let door = Door::open().await;
    let [shop, other] = [door.shop("a", ChannelKind::Generic, "").await, door.shop("b", ChannelKind::Generic, "").await];
    holiday(&door, &shop, "2026-01-01").await;
    assert_eq!(door.get(&other, "/api/v1/audit").await.json()["data"], json!([]));
    assert_eq!(door.get(&other, "/api/v1/consents").await.json()["data"], json!([]));
    for path in ["/api/v1/audit", "/api/v1/audit/verify", "/api/v1/consents"] {
        assert_eq!(door.call(TestRequest::get().uri(path)).await.status, 401, "{path}");
        let changed = TestRequest::delete().uri(path).insert_header(("authorization", format!("Bearer {}", shop.token)));
        assert_eq!(door.call(changed).await.status, 405, "{path}");
    }
    assert_eq!(door.get(&shop, "/api/v1/consents?kind=x").await.status, 422);
    assert_eq!(door.get(&shop, "/api/v1/consents?kind=terms").await.json()["data"], json!([]));
}

#[actix_web::test]
async fn a_suspended_business_is_told_why_and_goes_on_afterwards() {
    let door = Door::open().await;
    let shop = door.shop("a", ChannelKind::Generic, "").await;
    for feature in [Feature::Api, Feature::All] {
        stop(&door, &shop, feature);
        let refused = door.get(&shop, "/api/v1/conversations").await;
        assert_eq!((refused.status, refused.json()["code"].as_str()), (403, Some("suspended")));
        assert!(refused.json()["detail"].as_str().unwrap().contains("the invoice of May"));
    }
    stop(&door, &shop, Feature::Outgoing);
    assert_eq!(door.get(&shop, "/api/v1/conversations").await.status, 200);
}

#[actix_web::test]
async fn suspended_booking_refuses_appointments_and_nothing_else() {
    let door = Door::open().await;
    let shop = door.shop("a", ChannelKind::Generic, "").await;
    stop(&door, &shop, Feature::Booking);
    let id = uuid::Uuid::nil();
    let refused = door.post(&shop, &format!("/api/v1/appointments/{id}/cancel"), json!({})).await;
    assert_eq!((refused.status, refused.json()["code"].as_str()), (403, Some("suspended")));
    assert_eq!(door.get(&shop, "/api/v1/appointments").await.status, 200);
}
