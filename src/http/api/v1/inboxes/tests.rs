//! Inboxes over a real database: made with sealed secrets, changed, stopped and let go on; what one does not see is absent.

use crate::domain::inbox::ChannelKind;
use crate::domain::permission::Role;
use crate::http::testkit::test_members::TestMember;
use crate::http::testkit::{Answer, Door};
use crate::store::audit::AuditFilter;
use crate::store::people::fixtures::{Base, Shop};
use actix_web::http::Method;
use actix_web::test::TestRequest;
use serde_json::{Value, json};

const INBOXES: &str = "/api/v1/inboxes";

struct House {
    door: Door,
    shop: Shop,
    owner: TestMember,
}

impl House {
    async fn open(base: Base) -> Self {
        let door = Door::on(base).await;
        let shop = door.shop("a", ChannelKind::Generic, "").await;
        let owner = door.member(&shop, Role::Owner, None, None).await;
        Self { door, shop, owner }
    }

    async fn ask(&self, method: Method, path: &str, body: Value) -> Answer {
        self.door.as_member(&self.owner, method, path, Some(body)).await
    }

    async fn make(&self, config: Value) -> Answer {
        self.ask(Method::POST, INBOXES, json!({"channel": "generic", "name": " Web ", "config": config})).await
    }

    async fn log(&self) -> Vec<String> {
        let events = self.door.base.store.tenant(self.shop.tenant).audit_events(AuditFilter::default(), 99).await.unwrap();
        events.into_iter().map(|event| format!("{} {}", event.action, event.details)).collect()
    }
}

fn wrong(answer: &Answer) -> Vec<String> {
    assert_eq!(answer.status, 422, "{}", answer.text);
    answer.json()["errors"].as_array().unwrap().iter().map(|one| one["field"].as_str().unwrap().to_owned()).collect()
}

async fn made_and_changed(base: Base) {
    let it = House::open(base).await;
    let made = it.make(json!({"url": "https://adapter.example.com/a", "gathering_ms": 500})).await;
    assert_eq!((made.status, made.json()["name"].as_str()), (201, Some("Web")), "{}", made.text);
    let secret = made.json()["secret"].as_str().expect("one is made").to_owned();
    assert!(secret.starts_with("whsec_"));
    let path = format!("{INBOXES}/{}", made.json()["id"].as_str().unwrap());
    let shown = it.ask(Method::GET, &path, json!({})).await;
    assert_eq!((shown.json()["settings"]["gathering_ms"].as_i64(), shown.text.contains("whsec_")), (Some(500), false), "{}", shown.text);

    let body = json!({"name": "Chat", "config": {"gathering_ms": null, "assistant": false}, "paused": true});
    let changed = it.ask(Method::PATCH, &path, body).await;
    assert_eq!((changed.status, &changed.json()["secret"]), (200, &Value::Null), "{}", changed.text);
    let expected = json!({"url": "https://adapter.example.com/a", "assistant": false});
    assert_eq!((&changed.json()["settings"], changed.json()["name"].as_str()), (&expected, Some("Chat")));
    assert_eq!((changed.json()["state"].as_str(), changed.json()["state_reason"].as_str()), (Some("paused"), Some("paused by hand")));
    assert_eq!(it.ask(Method::GET, &path, json!({})).await.json()["state"], "paused");
    for paused in [false, false, true] {
        assert_eq!(it.ask(Method::PATCH, &path, json!({"paused": paused})).await.status, 200);
    }
    let rotated = it.ask(Method::PATCH, &path, json!({"config": {"secret": null}})).await;
    assert!(rotated.json()["secret"].as_str().is_some_and(|new| new != secret), "{}", rotated.text);
    assert_eq!(it.ask(Method::PATCH, &path, json!({"name": "Chat"})).await.status, 200);
    let log = it.log().await;
    let actions: Vec<&str> = log.iter().map(|row| row.split(' ').next().unwrap()).collect();
    assert_eq!(actions, ["inbox.updated", "inbox.paused", "inbox.resumed", "inbox.updated", "inbox.created"], "{log:?}");
    assert!(!log.join("").contains("whsec_") && !log.join("").contains("adapter.example"), "{log:?}");
}

#[actix_web::test]
async fn an_inbox_is_made_changed_stopped_and_let_go_on_with_a_row_for_each_on_sqlite() {
    made_and_changed(Base::open().await).await;
}

#[actix_web::test]
async fn an_inbox_is_made_changed_stopped_and_let_go_on_with_a_row_for_each_on_postgres() {
    made_and_changed(Base::postgres().await).await;
}

#[actix_web::test]
async fn every_key_that_does_not_fit_is_named_and_no_value_is_quoted() {
    let it = House::open(Base::open().await).await;
    let refused = it.make(json!({"url": "http://10.0.0.1/", "colour": "canary-value"})).await;
    assert_eq!(wrong(&refused), ["config.colour"]);
    assert!(!refused.text.contains("canary-value"));
    assert_eq!(wrong(&it.make(json!({"url": "http://10.0.0.1/"})).await), ["config.url"], "an address of our own network");
    assert_eq!(wrong(&it.make(json!({"secret": "canary", "url": "https://adapter.example.com"})).await), ["config.secret"]);
    assert_eq!(wrong(&it.make(json!([])).await), ["config"]);
    let other = it.ask(Method::POST, INBOXES, json!({"channel": "fax", "name": "x", "config": {}})).await;
    assert_eq!(wrong(&other), ["channel"]);
    let path = format!("{INBOXES}/{}", it.make(json!({"url": "https://adapter.example.com"})).await.json()["id"].as_str().unwrap());
    assert_eq!(wrong(&it.ask(Method::PATCH, &path, json!({"name": ""})).await), ["name"]);
    assert_eq!(wrong(&it.ask(Method::PATCH, &path, json!({"config": {"url": null}})).await), ["config.url"]);
    assert_eq!(it.log().await.len(), 1, "what came to nothing leaves nothing");
}

#[actix_web::test]
async fn an_account_is_connected_once_and_a_repeat_makes_no_second_inbox() {
    let it = House::open(Base::open().await).await;
    let whatsapp = |number: &str| json!({"channel": "whatsapp", "name": "Phone", "config": {"phone_number_id": number, "waba_id": "1", "access_token": "EAA-canary"}});
    let made = it.ask(Method::POST, INBOXES, whatsapp("1090")).await;
    assert_eq!((made.status, made.text.contains("EAA-canary")), (201, false), "{}", made.text);
    let taken = it.ask(Method::POST, INBOXES, whatsapp("1090")).await;
    assert_eq!((taken.status, taken.json()["code"].as_str()), (409, Some("taken")), "{}", taken.text);
    let body = json!({"channel": "generic", "name": "Web", "config": {"url": "https://adapter.example.com"}});
    let mut told = Vec::new();
    for _ in 0..2 {
        let request = TestRequest::post().uri(INBOXES).insert_header(it.owner.header()).insert_header(("idempotency-key", "k1"));
        told.push(it.door.call(request.set_json(&body)).await.status);
    }
    assert_eq!(told, [201, 409]);
    let all = it.ask(Method::GET, INBOXES, json!({})).await.json();
    assert_eq!(all["data"].as_array().map(Vec::len), Some(3));
}

#[actix_web::test]
async fn whoever_sees_some_inboxes_finds_no_other_and_makes_none() {
    let it = House::open(Base::open().await).await;
    let other = it.door.base.inbox(&it.shop, "generic").await;
    let own = json!([it.shop.inbox]).to_string();
    let clerk = it.door.member(&it.shop, Role::Administrator, None, Some(&own)).await;
    for (inbox, status) in [(it.shop.inbox, 200), (other, 404)] {
        let path = format!("{INBOXES}/{inbox}");
        assert_eq!(it.door.as_member(&clerk, Method::GET, &path, None).await.status, status);
        assert_eq!(it.door.as_member(&clerk, Method::PATCH, &path, Some(json!({"paused": true}))).await.status, status);
    }
    let body = json!({"channel": "generic", "name": "Web", "config": {"url": "https://adapter.example.com"}});
    assert_eq!(it.door.as_member(&clerk, Method::POST, INBOXES, Some(body)).await.status, 403);
    let seen = it.ask(Method::GET, &format!("{INBOXES}/{other}"), json!({})).await;
    assert_eq!(seen.json()["state"], "active", "what was answered with 404 changed nothing");
}
