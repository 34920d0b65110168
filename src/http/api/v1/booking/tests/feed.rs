//! The calendar at a secret address.

use super::*;
use actix_web::http::Method;

async fn open(it: &Clinic, path: &str) -> Answer {
    it.door.call(TestRequest::get().uri(path)).await
}

async fn make(it: &Clinic) -> String {
    let made = it.post(&format!("/api/v1/resources/{}/feed", it.resource), json!({})).await;
    assert_eq!(made.status, 201, "{}", made.text);
    made.json()["path"].as_str().expect("a path").to_owned()
}

#[actix_web::test]
async fn whoever_has_the_address_reads_titles_and_times_and_nothing_more() {
    let it = Clinic::open().await;
    it.book("2025-10-10T10:00:00Z").await;
    let cancelled = it.book("2025-10-10T12:00:00Z").await;
    it.post(&format!("/api/v1/appointments/{cancelled}/cancel"), json!({})).await;
    let path = make(&it).await;
    assert!(path.starts_with("/calendar/cal_") && path.len() > 50, "{path}");
    let feed = open(&it, &path).await;
    assert_eq!((feed.status, feed.header("content-type")), (200, "text/calendar; charset=utf-8"));
    assert_eq!(feed.header("cache-control"), "private, max-age=300");
    assert!(feed.text.contains("SUMMARY:Consulta · Luz\r\n") && feed.text.contains("DTSTART:20251010T100000Z\r\n"), "{}", feed.text);
    assert_eq!(feed.text.matches("BEGIN:VEVENT").count(), 1, "what was cancelled is gone");
    for private in ["Ríos", "555"] {
        assert!(!feed.text.contains(private), "{private}");
    }
    let again = TestRequest::get().uri(&path).insert_header(("if-none-match", feed.header("etag")));
    let again = it.door.call(again).await;
    assert_eq!((again.status, again.text.as_str()), (304, ""));
}

#[actix_web::test]
async fn a_new_address_ends_the_old_one_and_a_revoked_one_opens_nothing() {
    let it = Clinic::open().await;
    let (old, new) = (make(&it).await, make(&it).await);
    assert_eq!((open(&it, &old).await.status, open(&it, &new).await.status), (404, 200));
    let feed = format!("/api/v1/resources/{}/feed", it.resource);
    assert_eq!(it.door.ask(&it.shop, Method::DELETE, &feed, None).await.status, 204);
    assert_eq!(it.door.ask(&it.shop, Method::DELETE, &feed, None).await.status, 204);
    assert_eq!(open(&it, &new).await.status, 404);
}

#[actix_web::test]
async fn an_address_that_was_guessed_and_another_tenants_key_open_nothing() {
    let it = Clinic::open().await;
    let path = make(&it).await;
    for guess in ["/calendar/.ics", "/calendar/cal_.ics", "/calendar/x.ics", &format!("{}x.ics", path.trim_end_matches(".ics"))] {
        assert_eq!(open(&it, guess).await.status, 404, "{guess}");
    }
    assert_eq!(open(&it, &format!("/calendar/cal_{}.ics", "a".repeat(5_000))).await.status, 404);
    let other = it.door.shop("b", ChannelKind::Generic, "").await;
    let feed = format!("/api/v1/resources/{}/feed", it.resource);
    assert_eq!(it.door.post(&other, &feed, json!({})).await.status, 404);
    assert_eq!(it.door.ask(&other, Method::DELETE, &feed, None).await.status, 404);
    let mut wish = person("Ana");
    wish["active"] = json!(false);
    assert_eq!(open(&it, &path).await.status, 200);
    it.door.ask(&it.shop, Method::PUT, &format!("/api/v1/resources/{}", it.resource), Some(wish)).await;
    assert_eq!(open(&it, &path).await.status, 404, "what is no longer offered has no calendar");
}
