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

/// A year's appointments of a busy resource, all of them over: a copy of one, every half hour back from it.
async fn crowd_the_past(it: &Clinic, count: u64) {
    use crate::store::people::fixtures::NOW;
    use entities::{appointment, appointment_seat};
    use sea_orm::{ActiveValue::Set, EntityTrait, IntoActiveModel, TransactionTrait};
    let db = sea_orm::Database::connect(&it.door.base.url).await.expect("a connection");
    let row = appointment::Entity::find().one(&db).await.expect("rows").expect("an appointment");
    let seat = appointment_seat::Entity::find().one(&db).await.expect("rows").expect("a seat");
    let tx = db.begin().await.expect("a transaction");
    for nth in 0..count {
        let (id, half_hour) = (uuid::Uuid::from_u128(u128::from(nth) + 1), std::time::Duration::from_mins(30));
        let end = NOW.before(std::time::Duration::from_hours(25) + half_hour * u32::try_from(nth).expect("few"));
        let (start, end) = (crate::store::time::instant(end.before(half_hour)), crate::store::time::instant(end));
        let mut copy = row.clone().into_active_model();
        (copy.id, copy.starts_at, copy.ends_at, copy.request_key) = (Set(id), Set(start), Set(end), Set(None));
        let mut place = seat.clone().into_active_model();
        (place.appointment_id, place.group_id, place.starts_at, place.ends_at) = (Set(id), Set(id), Set(start), Set(end));
        appointment::Entity::insert(copy).exec_without_returning(&tx).await.expect("a copy");
        appointment_seat::Entity::insert(place).exec_without_returning(&tx).await.expect("its seat");
    }
    tx.commit().await.expect("all of them");
    db.close().await.expect("it closes");
}

#[actix_web::test]
async fn what_is_to_come_is_not_crowded_out_by_what_is_over() {
    let it = Clinic::open().await;
    it.book("2025-10-10T10:00:00Z").await;
    crowd_the_past(&it, 999).await;
    let path = make(&it).await;
    let feed = open(&it, &path).await.text;
    assert_eq!(feed.matches("BEGIN:VEVENT").count(), 1, "a full calendar drops what is over");
    assert!(feed.contains("DTSTART:20251010T100000Z\r\n"));
}
