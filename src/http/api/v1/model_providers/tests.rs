use crate::domain::inbox::ChannelKind;
use crate::http::testkit::Door;
use crate::http::testkit::desk::REFUSED_KEY;
use actix_web::http::Method;
use serde_json::{Value, json};

const PROVIDERS: &str = "/api/v1/model-providers";
const SETTINGS: &str = "/api/v1/model-settings";
const KEY: &str = "sk-canary-of-the-api";

fn provider(name: &str) -> Value {
    json!({"name": name, "base_url": "https://models.example.com/v1/", "model": "m-1", "api_key": KEY})
}

#[actix_web::test]
async fn a_provider_is_made_shown_changed_and_forgotten_and_its_key_is_never_shown() {
    let door = Door::open().await;
    let shop = door.shop("a", ChannelKind::Generic, "").await;
    let made = door.post(&shop, PROVIDERS, provider("main")).await;
    assert_eq!(made.status, 201, "{}", made.text);
    let view = made.json();
    let shown = [&view["name"], &view["kind"], &view["base_url"], &view["model"]].map(|field| field.as_str().unwrap().to_owned());
    assert_eq!(shown, ["main", "compatible", "https://models.example.com/v1", "m-1"]);
    assert_eq!((view["has_key"].as_bool(), view["enabled"].as_bool(), view["position"].as_i64()), (Some(true), Some(true), Some(0)));
    assert_eq!(view["standing"]["state"], "resting");
    assert_eq!(view["standing"]["reason"], "the model's key was refused (401)");
    let path = format!("{PROVIDERS}/{}", view["id"].as_str().unwrap());
    let change = json!({"name": "main", "base_url": "https://models.example.com/v1", "model": "m-2", "prices": {"input": 5, "output": 7}});
    let changed = door.ask(&shop, Method::PUT, &path, Some(change)).await;
    assert_eq!((changed.status, changed.json()["model"].as_str(), changed.json()["has_key"].as_bool()), (200, Some("m-2"), Some(true)));
    assert_eq!(changed.json()["standing"], json!({"state": "well"}));
    let answers = [door.get(&shop, &path).await, door.get(&shop, PROVIDERS).await, made, changed];
    assert!(answers.iter().all(|answer| !answer.text.contains(KEY) && !answer.text.contains("api_key")));
    assert_eq!(answers[1].json()["data"].as_array().map(Vec::len), Some(1));
    assert_eq!(door.ask(&shop, Method::DELETE, &path, None).await.status, 204);
    assert_eq!((door.get(&shop, &path).await.status, door.ask(&shop, Method::DELETE, &path, None).await.status), (404, 404));
}

#[actix_web::test]
async fn another_tenants_provider_is_absent_at_every_address() {
    let door = Door::open().await;
    let (one, other) = (door.shop("a", ChannelKind::Generic, "").await, door.shop("b", ChannelKind::Generic, "").await);
    let id = door.post(&one, PROVIDERS, provider("main")).await.json()["id"].as_str().unwrap().to_owned();
    let path = format!("{PROVIDERS}/{id}");
    assert_eq!(door.get(&other, &path).await.status, 404);
    assert_eq!(door.ask(&other, Method::PUT, &path, Some(provider("mine"))).await.status, 404);
    assert_eq!(door.ask(&other, Method::DELETE, &path, None).await.status, 404);
    assert_eq!(door.post(&other, &format!("{path}/check"), json!({})).await.status, 404);
    assert_eq!(door.get(&other, PROVIDERS).await.json()["data"], json!([]));
    let foreign_inbox = json!({"name": "x", "kind": "openai", "model": "m", "inbox_id": one.inbox.0});
    let refused = door.post(&other, PROVIDERS, foreign_inbox).await;
    assert_eq!((refused.status, refused.json()["errors"][0]["field"].as_str()), (422, Some("inbox_id")));
    assert_eq!(door.get(&one, &path).await.json()["name"], "main");
    assert_eq!(door.get(&one, &format!("{PROVIDERS}/not-an-id")).await.status, 404);
}

#[actix_web::test]
async fn a_wrong_field_is_named_and_a_key_is_not_quoted() {
    let door = Door::open().await;
    let shop = door.shop("a", ChannelKind::Generic, "").await;
    let with = |field: &str, value: Value| {
        let mut body = provider("main");
        body[field] = value;
        body
    };
    let cases = [
        (with("base_url", json!("http://127.0.0.1:11434/v1")), "base_url"),
        (with("base_url", json!("http://169.254.169.254/")), "base_url"),
        (with("base_url", json!("http://models.example.com/v1")), "base_url"),
        (with("api_key", json!([KEY])), "api_key"),
        (with("api_key", json!(12_345_678)), "api_key"),
        (with("api_key", json!(format!("{KEY} and more"))), "api_key"),
        (with("kind", json!("pigeon")), "kind"),
        (with("model", json!("")), "model"),
        (with("parallel", json!(0)), "parallel"),
        (with("prices", json!({"input": -1, "output": 0})), "prices"),
        (with("colour", json!("red")), "colour"),
        (json!({"model": "m", "api_key": KEY}), "name"),
    ];
    for (body, field) in cases {
        let answer = door.post(&shop, PROVIDERS, body.clone()).await;
        assert_eq!((answer.status, answer.json()["errors"][0]["field"].as_str()), (422, Some(field)), "{}", answer.text);
        assert!(!answer.text.contains(KEY) && !answer.text.contains("12345678"), "{}", answer.text);
    }
    assert_eq!(door.post(&shop, PROVIDERS, provider("main")).await.status, 201);
    let taken = door.post(&shop, PROVIDERS, provider("main")).await;
    assert_eq!((taken.status, taken.json()["errors"][0]["field"].as_str()), (409, Some("name")));
}

#[actix_web::test]
async fn a_stored_key_cannot_be_sent_to_another_address() {
    let door = Door::open().await;
    let shop = door.shop("a", ChannelKind::Generic, "").await;
    let id = door.post(&shop, PROVIDERS, provider("main")).await.json()["id"].as_str().unwrap().to_owned();
    let elsewhere = json!({"name": "main", "base_url": "https://evil.example.com/v1", "model": "m-1"});
    let answer = door.ask(&shop, Method::PUT, &format!("{PROVIDERS}/{id}"), Some(elsewhere)).await;
    assert_eq!((answer.status, answer.json()["errors"][0]["field"].as_str()), (422, Some("api_key")));
}

#[actix_web::test]
async fn a_check_tells_what_is_wrong() {
    let door = Door::open().await;
    let shop = door.shop("a", ChannelKind::Generic, "").await;
    for (name, key, expected) in
        [("good", KEY, json!({"ok": true})), ("bad", REFUSED_KEY, json!({"ok": false, "problem": "the model's key was refused (401)"}))]
    {
        let mut body = provider(name);
        body["api_key"] = json!(key);
        let id = door.post(&shop, PROVIDERS, body).await.json()["id"].as_str().unwrap().to_owned();
        let answer = door.post(&shop, &format!("{PROVIDERS}/{id}/check"), json!({})).await;
        assert_eq!((answer.status, answer.json()), (200, expected));
    }
}

#[actix_web::test]
async fn settings_are_replaced_as_a_whole_and_show_the_day() {
    let door = Door::open().await;
    let shop = door.shop("a", ChannelKind::Generic, "").await;
    let before = door.get(&shop, SETTINGS).await.json();
    assert_eq!((before["allow_platform_fallback"].as_bool(), &before["tokens_per_day"]), (Some(false), &Value::Null));
    assert_eq!((before["today"]["state"].as_str(), before["today"]["tokens"].as_u64()), (Some("nearly_spent"), Some(90)));
    assert_eq!(
        (before["platform_available"].as_bool(), before["today"]["until"].as_str()),
        (Some(true), Some("2025-10-10T00:00:00.000000Z"))
    );
    let wish = json!({"allow_platform_fallback": true, "tokens_per_day": 100, "parallel": 2});
    let after = door.ask(&shop, Method::PUT, SETTINGS, Some(wish)).await;
    assert_eq!(
        (after.status, after.json()["tokens_per_day"].as_u64(), &after.json()["cost_micros_per_day"]),
        (200, Some(100), &Value::Null)
    );
    let reset = door.ask(&shop, Method::PUT, SETTINGS, Some(json!({}))).await;
    assert_eq!((reset.json()["allow_platform_fallback"].as_bool(), &reset.json()["parallel"]), (Some(false), &Value::Null));
    for (body, field) in [(json!({"parallel": 0}), "parallel"), (json!({"tokens_per_day": -5}), "tokens_per_day"), (json!({"x": 1}), "x")] {
        let refused = door.ask(&shop, Method::PUT, SETTINGS, Some(body)).await;
        assert_eq!((refused.status, refused.json()["errors"][0]["field"].as_str()), (422, Some(field)), "{}", refused.text);
    }
    let other = door.shop("b", ChannelKind::Generic, "").await;
    assert_eq!(door.get(&other, SETTINGS).await.json()["allow_platform_fallback"], false);
}
