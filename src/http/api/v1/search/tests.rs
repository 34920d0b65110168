//! Searching through the door.

use crate::domain::inbox::ChannelKind;
use crate::http::testkit::Door;
use serde_json::{Value, json};

#[actix_web::test]
async fn a_hit_says_where_it_stands_and_what_to_mark() {
    let door = Door::open().await;
    let shop = door.shop("a", ChannelKind::Generic, "").await;
    let talk = door.base.talk(&shop, 7, ("open", "nobody"), 1).await;
    door.base.message(&shop, talk, 1, "in", "¿Hay CITA mañana?").await;
    door.base.message(&shop, talk, 2, "note", "cita hecha").await;
    let found = door.get(&shop, "/api/v1/search/messages?q=cita&limit=1").await.json();
    assert_eq!((found["data"][0]["direction"].as_str(), found["data"][0]["seq"].as_i64()), (Some("note"), Some(2)));
    let next = found["next"].as_str().unwrap();
    let found = door.get(&shop, &format!("/api/v1/search/messages?q=cita&limit=1&cursor={next}")).await.json();
    let hit = &found["data"][0];
    assert_eq!((hit["conversation"]["number"].as_i64(), hit["conversation"]["contact"]["name"].as_str()), (Some(7), Some("Ana")));
    assert_eq!(hit["snippet"], json!({"text": "¿Hay CITA mañana?", "skipped": 0, "more": false, "ranges": [{"start": 5, "end": 9}]}));
    assert_eq!(found["next"], Value::Null);
    let only = format!("/api/v1/search/messages?q=ma%C3%B1&conversation_id={}&inbox_id={}&from=2020-01-01T00:00:00Z", talk.id, shop.inbox);
    assert_eq!(door.get(&shop, &only).await.json()["data"].as_array().map(Vec::len), Some(1));
}

#[actix_web::test]
async fn a_contact_is_shown_with_what_it_is_known_by() {
    let door = Door::open().await;
    let shop = door.shop("a", ChannelKind::Generic, "").await;
    let talk = door.base.talk(&shop, 1, ("open", "nobody"), 1).await;
    let found = door.get(&shop, "/api/v1/search/contacts?q=AN%C3%81").await.json();
    assert_eq!(
        (found["data"][0]["id"].as_str(), found["data"][0]["identities"].as_array().map(Vec::len)),
        (Some(talk.contact.to_string().as_str()), Some(0))
    );
}

#[actix_web::test]
async fn whatever_is_typed_is_searched_or_refused_by_name() {
    let door = Door::open().await;
    let shop = door.shop("a", ChannelKind::Generic, "").await;
    let long = "x".repeat(10_240);
    for path in ["/api/v1/search/messages", "/api/v1/search/contacts"] {
        for query in ["%22%22", "%00", "*", "", &long, "a%20a%20a%20a%20a%20a%20a%20a%20a%20a%20a%20a%20a", "(%27%27)"] {
            let answer = door.get(&shop, &format!("{path}?q={query}")).await;
            assert_eq!((answer.status, answer.json()["errors"][0]["field"].as_str()), (422, Some("q")), "{query}");
        }
        for query in [
            "a%00b",
            "%22a",
            "NOT%20a",
            "a%20OR",
            "text%3Aa",
            "a%27%3B--",
            "%7Bscope%7D%20%3A%20a",
            "-",
            "a%5C",
            "%F0%9F%A6%80a",
            "NEAR%28a%20b%29",
        ] {
            let status = door.get(&shop, &format!("{path}?q={query}")).await.status;
            assert!(status == 200 || (status == 422 && query == "-"), "{query}: {status}");
        }
        for (query, field) in [("q=a&limit=0", "limit"), ("q=a&limit=201", "limit"), ("q=a&cursor=%21", "cursor")] {
            let answer = door.get(&shop, &format!("{path}?{query}")).await;
            assert_eq!((answer.status, answer.json()["errors"][0]["field"].as_str()), (422, Some(field)), "{query}");
        }
        assert_eq!(door.get(&shop, path).await.status, 422);
    }
    let answer = door.get(&shop, "/api/v1/search/messages?q=a&from=yesterday").await;
    assert_eq!((answer.status, answer.json()["errors"][0]["field"].as_str()), (422, Some("from")));
}
