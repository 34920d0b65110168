//! Endpoints over the door: what is refused by name, what is shown once, who may not hear by one what he may not hear himself.

use crate::domain::inbox::ChannelKind;
use crate::domain::permission::Role;
use crate::http::testkit::Door;
use actix_web::http::Method;
use actix_web::test::TestRequest;
use serde_json::{Value, json};

const PATH: &str = "/api/v1/webhooks";

fn body() -> Value {
    json!({"url": "https://hooks.example.com/recado", "events": ["message.created"]})
}

fn with(field: &str, value: Value) -> Value {
    let mut body = body();
    body[field] = value;
    body
}

#[actix_web::test]
async fn an_endpoint_is_made_shown_changed_and_removed_and_its_secret_is_shown_once() {
    let door = Door::open().await;
    let shop = door.shop("a", ChannelKind::Generic, "").await;
    let made = door.post(&shop, PATH, body()).await;
    let shown = made.json();
    let (id, secret) = (shown["id"].as_str().unwrap().to_owned(), shown["secret"].as_str().unwrap().to_owned());
    assert_eq!((made.status, made.header("location")), (201, format!("{PATH}/{id}").as_str()));
    assert!(secret.starts_with("whsec_") && shown["enabled"] == true && shown["include_notes"] == false);
    let one = format!("{PATH}/{id}");
    for path in [PATH, one.as_str()] {
        let answer = door.get(&shop, path).await;
        assert!(answer.status == 200 && !answer.text.contains("whsec_") && !answer.text.contains("secret\""), "{}", answer.text);
    }
    let new = door.post(&shop, &format!("{one}/secret"), json!({})).await;
    let again = new.json()["secret"].as_str().unwrap().to_owned();
    assert!(new.status == 200 && again != secret && new.json()["old_secret_until"].is_string());
    let changed = door.ask(&shop, Method::PUT, &one, Some(with("enabled", json!(false)))).await;
    assert_eq!((changed.status, &changed.json()["enabled"]), (200, &json!(false)));
    let enabled = door.post(&shop, &format!("{one}/enable"), json!({})).await;
    assert_eq!((enabled.status, &enabled.json()["enabled"]), (200, &json!(true)));
    assert_eq!(door.ask(&shop, Method::DELETE, &one, None).await.status, 204);
    assert_eq!(door.get(&shop, &one).await.status, 404);
}

#[actix_web::test]
async fn every_wrong_field_is_named_and_nothing_is_written() {
    let door = Door::open().await;
    let shop = door.shop("a", ChannelKind::Generic, "").await;
    let cases = [
        (with("url", json!("http://hooks.example.com/")), "url"),
        (with("url", json!("https://127.0.0.1/")), "url"),
        (with("url", json!("http://169.254.169.254/latest")), "url"),
        (with("url", json!("https://[::1]/")), "url"),
        (with("url", json!("https://u:p@hooks.example.com/")), "url"),
        (with("url", json!("https://hooks.example.com:5432/")), "url"),
        (with("url", json!("https://hooks.example.com/#a")), "url"),
        (with("url", json!("x")), "url"),
        (with("url", json!(format!("https://hooks.example.com/{}", "a".repeat(2_000)))), "url"),
        (with("events", json!([])), "events"),
        (with("events", json!(["message.created", "contact.vanished"])), "events"),
        (with("description", json!("a\nb")), "description"),
        (with("description", json!("a".repeat(201))), "description"),
        (with("inboxes", json!([])), "inboxes"),
        (with("inboxes", json!(["00000000-0000-4000-8000-000000000001"])), "inbox_id"),
        (with("surprise", json!(1)), "surprise"),
    ];
    for (body, field) in cases {
        let answer = door.post(&shop, PATH, body.clone()).await;
        assert_eq!(answer.status, 422, "{body}: {}", answer.text);
        assert!(answer.json()["errors"].to_string().contains(field) || answer.text.contains(field), "{field}: {}", answer.text);
        assert!(!answer.text.contains("u:p@"), "nothing is quoted");
    }
    assert_eq!(door.get(&shop, PATH).await.json()["data"], json!([]));
}

#[actix_web::test]
async fn a_repeat_makes_no_second_one_and_there_are_at_most_twenty() {
    let door = Door::open().await;
    let shop = door.shop("a", ChannelKind::Generic, "").await;
    let request = || {
        let key = ("authorization", format!("Bearer {}", shop.token));
        TestRequest::post().uri(PATH).insert_header(key).insert_header(("idempotency-key", "k-1")).set_json(body())
    };
    assert_eq!(door.call(request()).await.status, 201);
    let again = door.call(request()).await;
    assert_eq!((again.status, again.json()["code"].as_str()), (409, Some("repeated")));
    for _ in 1..20 {
        assert_eq!(door.post(&shop, PATH, body()).await.status, 201);
    }
    let many = door.post(&shop, PATH, body()).await;
    assert_eq!((many.status, many.json()["errors"][0]["field"].as_str()), (422, Some("url")));
}

#[actix_web::test]
async fn nobody_hears_by_an_endpoint_what_he_may_not_hear_himself() {
    let door = Door::open().await;
    let shop = door.shop("a", ChannelKind::Generic, "").await;
    let inbox = shop.inbox.to_string();
    let other = door.base.inbox(&shop, "generic").await.to_string();
    let keeper = door.member(&shop, Role::Member, Some(r#"["integrations:write"]"#), None).await;
    let refused = door.as_member(&keeper, Method::POST, PATH, Some(body())).await;
    assert_eq!(refused.status, 403, "no conversations: {}", refused.text);
    let grants = r#"["integrations:write","conversations:read"]"#;
    let limited = door.member(&shop, Role::Member, Some(grants), Some(&json!([inbox]).to_string())).await;
    assert_eq!(door.as_member(&limited, Method::POST, PATH, Some(body())).await.status, 403, "all inboxes");
    let theirs = door.as_member(&limited, Method::POST, PATH, Some(with("inboxes", json!([other])))).await;
    assert_eq!(theirs.status, 403, "another inbox");
    let mine = door.as_member(&limited, Method::POST, PATH, Some(with("inboxes", json!([inbox])))).await;
    assert_eq!(mine.status, 201, "{}", mine.text);
    // One that hears more than he does is absent for him.
    let all = door.post(&shop, PATH, body()).await.json()["id"].as_str().unwrap().to_owned();
    let list = door.as_member(&limited, Method::GET, PATH, None).await.json();
    assert_eq!(list["data"].as_array().map(Vec::len), Some(1));
    for (method, path) in [
        (Method::GET, format!("{PATH}/{all}")),
        (Method::DELETE, format!("{PATH}/{all}")),
        (Method::GET, format!("{PATH}/{all}/deliveries")),
        (Method::POST, format!("{PATH}/{all}/secret")),
        (Method::POST, format!("{PATH}/{all}/test")),
    ] {
        assert_eq!(door.as_member(&limited, method, &path, None).await.status, 404, "{path}");
    }
}

#[actix_web::test]
async fn a_sample_is_listed_and_replays_are_bounded_and_named() {
    let door = Door::open().await;
    let shop = door.shop("a", ChannelKind::Generic, "").await;
    let talk = door.base.talk(&shop, 1, ("open", "nobody"), 1).await;
    for number in 1..=3 {
        door.base.event(&shop, talk, number, "turn.ended", json!({"n": number})).await;
    }
    let id = door.post(&shop, PATH, with("events", json!(["*"]))).await.json()["id"].as_str().unwrap().to_owned();
    let one = format!("{PATH}/{id}");
    let test = door.post(&shop, &format!("{one}/test"), json!({})).await;
    assert_eq!((test.status, test.json()["event"].as_str()), (202, Some("webhook.test")));
    let replayed = door.post(&shop, &format!("{one}/replay"), json!({"from": 2})).await;
    assert_eq!((replayed.status, replayed.json()), (202, json!({"queued": 2, "next": null})));
    let page = door.get(&shop, &format!("{one}/deliveries?limit=2")).await.json();
    let next = page["next"].as_str().expect("there is more").to_owned();
    let rest = door.get(&shop, &format!("{one}/deliveries?limit=2&cursor={next}")).await.json();
    let ids = |page: &Value| page["data"].as_array().unwrap().iter().map(|row| row["id"].to_string()).collect::<Vec<_>>();
    assert_eq!((ids(&page).len(), ids(&rest).len()), (2, 1));
    assert!(ids(&page).iter().all(|id| !ids(&rest).contains(id)));
    assert_eq!(door.get(&shop, &format!("{one}/deliveries?state=pending")).await.json()["data"].as_array().map(Vec::len), Some(3));
    let delivery = test.json()["id"].as_str().unwrap().to_owned();
    assert_eq!(door.post(&shop, &format!("{one}/deliveries/{delivery}/replay"), json!({})).await.status, 202);
    for (body, field) in [
        (json!({}), "from"),
        (json!({"from": 0}), "from"),
        (json!({"from": 3, "to": 2}), "to"),
        (json!({"since": "yesterday"}), "since"),
        (json!({"since": "2026-01-02T00:00:00Z", "until": "2026-01-01T00:00:00Z"}), "until"),
    ] {
        let answer = door.post(&shop, &format!("{one}/replay"), body).await;
        assert_eq!((answer.status, answer.json()["errors"][0]["field"].as_str()), (422, Some(field)));
    }
    assert_eq!(door.get(&shop, &format!("{one}/deliveries?state=x")).await.status, 422);
}
