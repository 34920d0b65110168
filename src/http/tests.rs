//! The door as a whole: its document, its safe headers, its health, slow bodies.

mod matrix;

use crate::domain::inbox::ChannelKind;
use crate::http::access::{Access, AccessTable};
use crate::http::body::{self, BodyLimits};
use crate::http::docs::ApiDoc;
use crate::http::routes::endpoints;
use crate::http::testkit::Door;
use actix_web::FromRequest;
use actix_web::dev::Payload;
use actix_web::error::PayloadError;
use actix_web::http::{Method, StatusCode};
use actix_web::test::TestRequest;
use actix_web::web::{self, Bytes};
use futures::stream;
use std::collections::BTreeSet;
use std::time::Duration;
use utoipa::OpenApi;

#[test]
fn the_document_and_the_routes_are_the_same_list() {
    let routed: BTreeSet<String> = endpoints().into_iter().map(|it| format!("{} {}", it.method, it.path)).collect();
    let document = serde_json::to_value(ApiDoc::openapi()).unwrap();
    let paths = document["paths"].as_object().unwrap();
    let documented: BTreeSet<String> = paths
        .iter()
        .flat_map(|(path, methods)| methods.as_object().unwrap().keys().map(move |method| format!("{method} {path}")))
        .collect();
    assert_eq!(routed, documented);
    assert!(document["openapi"].as_str().unwrap().starts_with("3.1"));
}

/// Whoever opens another address without a caller must say so here.
#[test]
fn only_these_addresses_ask_for_no_caller() {
    let open: Vec<&str> = endpoints().into_iter().filter(|it| it.access == Access::Open).map(|it| it.path).collect();
    let expected = [
        "/api/v1/auth/sign-up",
        "/api/v1/auth/login",
        "/api/v1/auth/mfa",
        "/api/v1/auth/refresh",
        "/api/v1/auth/logout",
        "/api/v1/auth/password/forgot",
        "/api/v1/auth/password/reset",
        "/api/v1/auth/email/confirm",
        "/api/v1/auth/invitations/accept",
        "/webhooks/{channel}",
        "/webhooks/{channel}",
        "/webhooks/{channel}/{inbox_id}",
        "/webhooks/{channel}/{inbox_id}",
        "/api/v1/channels/{inbox_id}/events",
        "/files/{token}",
        "/calendar/{token}.ics",
        "/healthz",
        "/readyz",
        "/metrics",
    ];
    assert_eq!(open, expected);
}

#[actix_web::test]
async fn a_key_does_what_its_scopes_say_and_nothing_else() {
    let door = Door::open().await;
    let shop = door.shop("mar", ChannelKind::Generic, "1").await;
    door.base.limit(&shop, r#"["appointments:read"]"#).await;
    assert_eq!(door.get(&shop, "/api/v1/appointments").await.status, 200);
    for (method, path) in [(Method::POST, "/api/v1/appointments"), (Method::GET, "/api/v1/services"), (Method::GET, "/api/v1/events")] {
        let refused = door.ask(&shop, method.clone(), path, None).await;
        assert_eq!((refused.status, refused.json()["code"].as_str()), (403, Some("permission")), "{method} {path}");
    }
    let broken = door.shop("sol", ChannelKind::Generic, "2").await;
    door.base.limit(&broken, r#"["everything"]"#).await;
    assert_eq!(door.get(&broken, "/api/v1/appointments").await.status, 403);
}

/// The handler of an address that lost its entry would be reachable by nobody, not by everybody.
#[actix_web::test]
async fn an_address_without_an_entry_is_closed() {
    let mut door = Door::open().await;
    let shop = door.shop("mar", ChannelKind::Generic, "1").await;
    door.state.access = AccessTable::default();
    let refused = door.get(&shop, "/api/v1/appointments").await;
    assert_eq!((refused.status, refused.json()["code"].as_str()), (403, Some("closed")));
}

#[test]
fn every_reference_of_the_document_leads_somewhere() {
    let text = serde_json::to_string(&ApiDoc::openapi()).unwrap();
    let document = serde_json::to_value(ApiDoc::openapi()).unwrap();
    let names: Vec<&str> = text.split("#/components/schemas/").skip(1).filter_map(|rest| rest.split('"').next()).collect();
    assert!(names.contains(&"ConversationView"), "{names:?}");
    for name in names {
        assert!(!document["components"]["schemas"][name].is_null(), "{name} is missing");
    }
}

#[test]
fn an_adapter_reads_in_the_document_what_it_is_answered_to_an_event_and_to_a_batch() {
    let document = serde_json::to_value(ApiDoc::openapi()).unwrap();
    let kinds = document["components"]["schemas"]["DeliveryAccepted"]["oneOf"].as_array().unwrap();
    let names: Vec<&str> = kinds.iter().filter_map(|kind| kind["$ref"].as_str()?.rsplit('/').next()).collect();
    assert_eq!(names, ["EventAccepted", "BatchAccepted"]);
}

/// The document knows shapes by their bare name: of two that share one, it would describe both as the second.
#[test]
fn no_two_shapes_of_the_document_share_a_name() {
    let mut seen = BTreeSet::new();
    let mut rooms = vec![std::path::PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("src/http")];
    while let Some(room) = rooms.pop() {
        for entry in std::fs::read_dir(room).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                rooms.push(path);
                continue;
            }
            let text = std::fs::read_to_string(&path).unwrap_or_default();
            for shape in text.split("#[derive(").skip(1).filter(|rest| rest.lines().next().unwrap_or_default().contains("ToSchema")) {
                let declared = shape.lines().skip(1).find(|line| line.contains("struct ") || line.contains("enum ")).unwrap();
                let words = declared.split(|letter: char| !letter.is_alphanumeric()).skip_while(|word| !["struct", "enum"].contains(word));
                let name = words.skip(1).find(|word| !word.is_empty()).unwrap().to_owned();
                assert!(seen.insert(name.clone()), "{name} of {} has a namesake", path.display());
            }
        }
    }
    assert!(seen.len() > 80 && seen.contains("ConversationView"), "{seen:?}");
}

#[actix_web::test]
async fn pages_and_unknown_addresses_carry_the_safe_headers() {
    let door = Door::open().await;
    let page = door.call(TestRequest::get().uri("/docs")).await;
    assert_eq!((page.status, page.header("x-content-type-options"), page.header("referrer-policy")), (200, "nosniff", "no-referrer"));
    assert!(page.header("content-security-policy").contains("script-src 'self'"));
    for path in ["/docs/page.js", "/docs/page.css", "/api/openapi.json"] {
        assert_eq!(door.call(TestRequest::get().uri(path)).await.status, 200, "{path}");
    }
    for path in ["/docs/other", "/nowhere", "/api/v1/nowhere"] {
        let absent = door.call(TestRequest::get().uri(path).insert_header(("x-request-id", "my-request"))).await;
        assert_eq!((absent.status, absent.header("content-type")), (404, "application/problem+json"), "{path}");
        assert_eq!((absent.json()["request_id"].as_str(), absent.header("x-request-id")), (Some("my-request"), "my-request"));
    }
    let method = door.call(TestRequest::delete().uri("/api/v1/conversations")).await;
    assert_eq!((method.status, method.header("content-type")), (405, "application/problem+json"));
    let evil = door.call(TestRequest::get().uri("/healthz").insert_header(("x-request-id", "<script>alert(1)</script>"))).await;
    assert_ne!(evil.header("x-request-id"), "<script>alert(1)</script>");
}

#[actix_web::test]
async fn readiness_follows_the_engine_and_health_asks_nobody() {
    let door = Door::open().await;
    assert_eq!(door.call(TestRequest::get().uri("/readyz")).await.status, 200);
    *door.engine.ready.lock().unwrap() = false;
    assert_eq!(door.call(TestRequest::get().uri("/readyz")).await.status, 503);
    assert_eq!(door.call(TestRequest::get().uri("/healthz")).await.status, 200);
    let counted = door.call(TestRequest::get().uri("/metrics")).await;
    assert!(counted.text.contains(r#"route="/readyz""#), "{}", counted.text);
}

/// Reads a body that comes in these pieces and then ends or never does; `None`: it is still waited for when so much time has passed.
async fn read(pieces: Vec<Result<Bytes, PayloadError>>, ends: bool, door: &Door, pass: Duration) -> Option<Result<Bytes, StatusCode>> {
    use futures::{FutureExt, StreamExt};
    let rest = if ends { stream::empty().boxed_local() } else { stream::pending().boxed_local() };
    let mut payload = Payload::Stream { payload: stream::iter(pieces).chain(rest).boxed_local() };
    let request = TestRequest::default().to_http_request();
    let payload = web::Payload::from_request(&request, &mut payload).await.unwrap();
    let limits = BodyLimits { bytes: 10, time: Duration::from_secs(15), bytes_per_second: 1_000 };
    let clock = std::sync::Arc::clone(&door.base.clock);
    let mut reading = std::pin::pin!(body::read(&request, payload, limits, clock.as_ref()));
    let mut read = reading.as_mut().now_or_never();
    if read.is_none() {
        door.base.clock.advance(pass);
        read = reading.as_mut().now_or_never();
    }
    read.map(|body| body.map_err(|problem| problem.status()))
}

#[actix_web::test]
async fn a_slow_body_is_given_up_at_its_deadline_and_an_endless_one_is_cut() {
    let door = Door::open().await;
    let piece = |text: &'static str| Ok(Bytes::from_static(text.as_bytes()));
    // Fifteen seconds, and a millisecond for each of its three bytes.
    let (early, late) = (Duration::from_millis(15_002), Duration::from_millis(15_003));
    assert_eq!(read(vec![piece("abc"), piece("def")], true, &door, late).await, Some(Ok(Bytes::from_static(b"abcdef"))));
    assert_eq!(read(vec![piece("abc")], false, &door, early).await, None);
    assert_eq!(read(vec![piece("abc")], false, &door, late).await, Some(Err(StatusCode::REQUEST_TIMEOUT)));
    assert_eq!(read(Vec::new(), false, &door, Duration::from_secs(15)).await, Some(Err(StatusCode::REQUEST_TIMEOUT)));
    assert_eq!(read(vec![piece("0123456789"), piece("x")], false, &door, late).await, Some(Err(StatusCode::PAYLOAD_TOO_LARGE)));
    assert_eq!(read(vec![piece("abc"), Err(PayloadError::Incomplete(None))], true, &door, late).await, Some(Err(StatusCode::BAD_REQUEST)));
}

#[test]
fn a_long_body_earns_time_by_what_it_brings_and_a_dripping_one_earns_none() {
    let limits = BodyLimits { bytes: 4 << 20, time: Duration::from_secs(15), bytes_per_second: 16 * 1024 };
    assert_eq!(limits.allowed(0), Duration::from_secs(15));
    assert_eq!(limits.allowed(15), Duration::from_secs(15));
    assert_eq!(limits.allowed(1 << 20), Duration::from_secs(15 + 64));
}

#[actix_web::test]
async fn every_route_answers_with_the_safe_headers_whatever_it_answers() {
    let door = Door::open().await;
    for endpoint in endpoints() {
        let path = endpoint.path.replace("{id}", "1").replace("{inbox_id}", "1").replace(['{', '}'], "");
        let method = actix_web::http::Method::from_bytes(endpoint.method.to_ascii_uppercase().as_bytes()).unwrap();
        let answer = door.call(TestRequest::default().method(method).uri(&path)).await;
        let name = format!("{} {path}: {}", endpoint.method, answer.status);
        for (header, value) in [
            ("x-content-type-options", "nosniff"),
            ("referrer-policy", "no-referrer"),
            ("cross-origin-resource-policy", "same-origin"),
            ("cache-control", "no-store"),
        ] {
            assert_eq!(answer.header(header), value, "{name}: {header}");
        }
        assert!(answer.header("content-security-policy").contains("frame-ancestors 'none'"), "{name}");
        assert!(answer.header("strict-transport-security").contains("max-age"), "{name}");
        assert!(answer.header("permissions-policy").contains("camera=()"), "{name}");
        assert!(!answer.header("x-request-id").is_empty(), "{name}");
    }
}

#[actix_web::test]
async fn a_wrong_method_is_told_the_right_ones() {
    let door = Door::open().await;
    let answer = door.call(TestRequest::patch().uri("/api/v1/services/1")).await;
    assert_eq!((answer.status, answer.header("allow")), (405, "GET, PUT, DELETE"));
}

/// A request and a stream of one key: one rule for both.
#[actix_web::test]
async fn what_the_operator_stops_ends_streams_as_it_refuses_requests() {
    let door = Door::open().await;
    let shop = door.shop("a", ChannelKind::Generic, "").await;
    let (actor, visibility) = (crate::http::auth::Actor::Key(shop.key), crate::domain::membership::Visibility::everything());
    let grants = crate::domain::permission::Grants::everything();
    let who = crate::http::auth::AgentPrincipal { tenant: shop.tenant, actor, grants, visibility };
    assert!(who.still_valid(&door.state).await.unwrap());
    assert_eq!(door.get(&shop, "/api/v1/conversations").await.status, 200);
    door.change(&shop, |entry| {
        let inbox = std::sync::Arc::make_mut(&mut entry.inbox);
        let tenant = std::sync::Arc::make_mut(&mut inbox.tenant);
        tenant.stopped = std::mem::take(&mut tenant.stopped).with(crate::domain::suspension::Feature::Api, "unpaid");
    });
    assert_eq!(door.get(&shop, "/api/v1/conversations").await.status, 403);
    assert!(!who.still_valid(&door.state).await.unwrap());
}
