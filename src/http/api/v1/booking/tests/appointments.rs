//! Booking, moving, cancelling, ending.

use super::*;
use std::time::Duration;

const APPOINTMENTS: &str = "/api/v1/appointments";
const TEN: &str = "2025-10-10T10:00:00Z";

#[actix_web::test]
async fn a_time_is_booked_once_and_the_second_is_told_what_is_free() {
    let it = Clinic::open().await;
    let booked = it.post(APPOINTMENTS, it.wish(TEN)).await;
    let view = booked.json();
    assert_eq!((booked.status, view["status"].as_str(), view["version"].as_i64()), (201, Some("confirmed"), Some(1)), "{}", booked.text);
    assert_eq!((view["local"].as_str(), view["contact"]["name"].as_str()), (Some("2025-10-10T10:00"), Some("Luz Ríos")));
    assert_eq!((view["resource_id"].as_str(), view["language"].as_str()), (Some(&*it.resource), Some("es")));
    assert_eq!(it.get(booked.header("location")).await.json(), view);
    let taken = it.post(APPOINTMENTS, it.wish(TEN)).await;
    assert_eq!((refusal(&taken), taken.header("content-type")), ((409, String::new(), "taken".to_owned()), "application/problem+json"));
    let free: Vec<Value> = taken.json()["alternatives"].as_array().unwrap().iter().map(|slot| slot["local"].clone()).collect();
    assert_eq!(free, ["2025-10-10T09:00", "2025-10-10T09:30", "2025-10-10T10:30"]);
}

#[actix_web::test]
async fn the_same_idempotency_key_books_once() {
    let it = Clinic::open().await;
    let first = it.book_with_key("k-1", it.wish(TEN)).await;
    let again = it.book_with_key("k-1", it.wish(TEN)).await;
    assert_eq!((first.status, again.status, again.header("idempotent-replayed")), (201, 201, "true"));
    assert_eq!(first.json(), again.json());
    let elsewhere = it.book_with_key("k-1", it.wish("2025-10-10T11:00:00Z")).await;
    assert_eq!(refusal(&elsewhere), (422, "Idempotency-Key".to_owned(), "key_reused".to_owned()));
    let mut other = it.wish(TEN);
    other["contact"]["name"] = json!("Otra Persona");
    assert_eq!(refusal(&it.book_with_key("k-1", other).await).2, "key_reused");
    assert_eq!(refusal(&it.book_with_key("", it.wish(TEN)).await).1, "Idempotency-Key");
}

#[actix_web::test]
async fn a_wrong_wish_names_the_field_and_says_what_to_do() {
    let it = Clinic::open().await;
    let with = |field: &str, value: Value| {
        let mut body = it.wish(TEN);
        body[field] = value;
        body
    };
    let nobody = "00000000-0000-0000-0000-000000000001";
    let cases = [
        (with("service_id", json!(nobody)), "service_id", "unknown_service"),
        (with("service_id", json!("limpieza")), "service_id", ""),
        (with("resource_id", json!(nobody)), "resource_id", "unknown_resource"),
        (with("starts_at", json!("2025-10-08T10:00:00Z")), "starts_at", "past"),
        (with("starts_at", json!("2025-02-31T10:00:00Z")), "starts_at", ""),
        (with("starts_at", json!("2025-10-10T10:00:00")), "starts_at", ""),
        (with("starts_at", json!("9999-12-31T23:59:59Z")), "starts_at", ""),
        (with("starts_at", json!("2035-10-10T10:00:00Z")), "starts_at", "too_far"),
        (with("starts_at", json!("2025-10-10T10:07:00Z")), "starts_at", "closed"),
        (with("starts_at", json!("2025-10-11T10:00:00Z")), "starts_at", "closed"),
        (with("starts_at", json!(1_760_000_000)), "starts_at", ""),
        (with("contact", json!({"name": ""})), "contact.name", ""),
        (with("contact", json!({"name": "a\u{0}b"})), "contact.name", ""),
        (with("contact", json!({"name": "x".repeat(101)})), "contact.name", ""),
        (with("contact", json!({"name": "x", "email": "nowhere"})), "contact.email", ""),
        (with("contact", json!({"name": "x", "phone": "5".repeat(41)})), "contact.phone", ""),
        (with("contact", json!("Luz")), "contact", ""),
        (with("language", json!("xx")), "language", ""),
        (with("answers", json!({"a": "\n"})), "answers", ""),
        (with("colour", json!(1)), "colour", ""),
    ];
    for (body, field, code) in cases {
        let answer = it.post(APPOINTMENTS, body.clone()).await;
        assert_eq!(refusal(&answer), (422, field.to_owned(), code.to_owned()), "{body} {}", answer.text);
    }
    assert_eq!(column(&it.get(APPOINTMENTS).await, "id").len(), 0, "nothing was booked");
}

#[actix_web::test]
async fn a_known_customer_is_booked_for_and_their_limit_counts() {
    let it = Clinic::open().await;
    let talk = it.door.base.talk(&it.shop, 1, ("pending", "assistant"), 0).await;
    let mut limited = service(&it.resource);
    limited["limits"] = json!({"per_contact": 1});
    let path = format!("/api/v1/services/{}", it.service);
    assert_eq!(it.door.ask(&it.shop, actix_web::http::Method::PUT, &path, Some(limited)).await.status, 200);
    let wish = |at: &str, id: Value| {
        let mut body = it.wish(at);
        body["contact"]["id"] = id;
        body
    };
    let booked = it.post(APPOINTMENTS, wish(TEN, json!(talk.contact.0))).await;
    assert_eq!((booked.status, booked.json()["contact"]["id"].as_str()), (201, Some(&*talk.contact.to_string())));
    assert_eq!(booked.json()["conversation_id"], json!(talk.id.to_string()), "where they are reminded, and told what people change");
    assert_eq!(column(&it.get(&format!("{APPOINTMENTS}?contact_id={}", talk.contact)).await, "id").len(), 1);
    let second = it.post(APPOINTMENTS, wish("2025-10-10T12:00:00Z", json!(talk.contact.0))).await;
    assert_eq!((refusal(&second).0, refusal(&second).2.as_str()), (409, "limit_reached"));
    let other = it.door.shop("b", ChannelKind::Generic, "").await;
    let foreign = it.door.base.talk(&other, 1, ("pending", "assistant"), 0).await;
    for id in [json!(foreign.contact.0), json!("00000000-0000-0000-0000-000000000001")] {
        let refused = it.post(APPOINTMENTS, wish("2025-10-10T12:00:00Z", id)).await;
        assert_eq!((refused.status, refusal(&refused).1.as_str()), (422, "contact.id"));
    }
}

#[actix_web::test]
async fn what_is_no_json_is_a_bad_request() {
    let it = Clinic::open().await;
    for body in ["{", "{\"duration\": NaN}", "[1,", "\u{feff}{}"] {
        for path in [APPOINTMENTS, "/api/v1/services", "/api/v1/resources"] {
            let request = TestRequest::post().uri(path).insert_header(("authorization", format!("Bearer {}", it.shop.token)));
            let request = request.insert_header(("content-type", "application/json")).set_payload(body);
            assert_eq!(it.door.call(request).await.status, 400, "{path} {body}");
        }
    }
    let nothing = it.post(APPOINTMENTS, json!({})).await;
    assert_eq!(refusal(&nothing).1, "service_id");
}

#[actix_web::test]
async fn an_appointment_is_moved_and_another_version_is_a_conflict() {
    let it = Clinic::open().await;
    let path = format!("{APPOINTMENTS}/{}", it.book(TEN).await);
    let to = |at: &str, version: i64| json!({"starts_at": at, "version": version});
    let moved = it.post(&format!("{path}/move"), to("2025-10-10T12:00:00Z", 1)).await;
    assert_eq!((moved.status, moved.json()["version"].as_i64(), moved.json()["local"].as_str()), (200, Some(2), Some("2025-10-10T12:00")));
    let repeat = it.post(&format!("{path}/move"), to("2025-10-10T12:00:00Z", 1)).await;
    assert_eq!((repeat.status, repeat.json()), (200, moved.json()));
    let stale = it.post(&format!("{path}/move"), to("2025-10-10T13:00:00Z", 1)).await;
    assert_eq!((refusal(&stale).0, refusal(&stale).2.as_str()), (409, "stale"));
    assert_eq!(refusal(&it.post(&format!("{path}/cancel"), json!({"version": 1})).await).2, "stale");
    assert_eq!(
        refusal(&it.post(&format!("{path}/move"), to("2025-10-08T12:00:00Z", 2)).await),
        (422, "starts_at".to_owned(), "past".to_owned())
    );
    assert_eq!(refusal(&it.post(&format!("{path}/move"), to("2026-02-31T12:00:00Z", 2)).await).1, "starts_at");
    assert_eq!(it.book(TEN).await.len(), 36, "the old time is free again");
}

#[actix_web::test]
async fn a_cancellation_frees_the_time_and_a_repeat_is_a_success() {
    let it = Clinic::open().await;
    let path = format!("{APPOINTMENTS}/{}", it.book(TEN).await);
    let wrong = it.post(&format!("{path}/cancel"), json!({"reason": "Luz is ill"})).await;
    assert_eq!((wrong.status, refusal(&wrong).1.as_str()), (422, "reason"));
    let cancelled = it.post(&format!("{path}/cancel"), json!({"reason": "dentist_ill"})).await.json();
    assert_eq!((cancelled["status"].as_str(), cancelled["reason"].as_str()), (Some("cancelled"), Some("dentist_ill")));
    assert_eq!(it.post(&format!("{path}/cancel"), json!({})).await.json(), cancelled);
    let moved = it.post(&format!("{path}/move"), json!({"starts_at": "2025-10-10T12:00:00Z"})).await;
    assert_eq!((refusal(&moved).0, refusal(&moved).2.as_str()), (409, "wrong_state"));
    it.book(TEN).await;
}

#[actix_web::test]
async fn an_appointment_ends_when_it_has_begun_and_waits_for_approval_before() {
    let it = Clinic::open().await;
    let path = format!("{APPOINTMENTS}/{}", it.book("2025-10-09T09:00:00Z").await);
    for end in ["complete", "no-show"] {
        let early = it.post(&format!("{path}/{end}"), json!({})).await;
        assert_eq!((refusal(&early).0, refusal(&early).2.as_str()), (409, "wrong_state"));
    }
    it.door.base.clock.advance(Duration::from_secs(30 * 60));
    assert_eq!(it.post(&format!("{path}/complete"), json!({})).await.json()["status"], "completed");
    assert_eq!(it.post(&format!("{path}/no-show"), json!({})).await.json()["status"], "no_show");
    assert_eq!(refusal(&it.post(&format!("{path}/complete"), json!({"x": 1})).await).1, "x");
    let mut wish = service(&it.resource);
    wish["approval"] = json!(true);
    let service = made(&it.post("/api/v1/services", wish).await);
    let mut wish = it.wish(TEN);
    wish["service_id"] = json!(service);
    let waiting = it.post(APPOINTMENTS, wish).await.json();
    assert_eq!(waiting["status"], "pending_owner");
    let approve = format!("{APPOINTMENTS}/{}/approve", waiting["id"].as_str().unwrap());
    assert_eq!(it.post(&approve, json!({})).await.json()["status"], "confirmed");
    assert_eq!(it.post(&approve, json!({})).await.status, 200);
}

#[actix_web::test]
async fn the_book_is_listed_by_day_week_and_filter_page_by_page() {
    let it = Clinic::open().await;
    let (one, two) = (it.book(TEN).await, it.book("2025-10-13T09:00:00Z").await);
    let three = it.book("2025-10-13T11:00:00Z").await;
    assert_eq!(it.post(&format!("{APPOINTMENTS}/{two}/cancel"), json!({})).await.status, 200);
    let ids = async |query: &str| column(&it.get(&format!("{APPOINTMENTS}?{query}")).await, "id");
    assert_eq!(ids("from=2025-10-10&to=2025-10-10").await, std::slice::from_ref(&one));
    assert_eq!(ids("from=2025-10-13&to=2025-10-19").await, [two.clone(), three.clone()]);
    assert_eq!(ids("status=confirmed").await, [one.clone(), three.clone()]);
    assert_eq!(ids("status=cancelled,%20held&to=2025-12-01").await, std::slice::from_ref(&two));
    assert_eq!(ids(&format!("service_id={}&resource_id={}&from=2025-10-13", it.service, it.resource)).await, [two, three.clone()]);
    assert_eq!(ids("contact_id=00000000-0000-0000-0000-000000000001").await, Vec::<String>::new());
    let first = it.get(&format!("{APPOINTMENTS}?limit=2")).await;
    let next = first.json()["next"].as_str().unwrap().to_owned();
    assert_eq!(ids(&format!("limit=2&cursor={next}")).await, [three]);
    for (query, field) in [
        ("status=done", "status"),
        ("from=2025-10-10&to=2035-10-10", "to"),
        ("from=2026-02-31", "from"),
        ("contact_id=luz", "contact_id"),
        ("cursor=AAAA", "cursor"),
    ] {
        let answer = it.get(&format!("{APPOINTMENTS}?{query}")).await;
        assert_eq!((answer.status, refusal(&answer).1.as_str()), (422, field), "{query}");
    }
}

#[actix_web::test]
async fn the_answers_of_an_appointment_must_fit_the_questions_of_its_service() {
    let it = Clinic::open().await;
    let mut asking = service(&it.resource);
    let choices = json!([{"key": "gnp", "text": {"es": "GNP"}}, {"key": "axa", "text": {"es": "AXA"}}]);
    asking["questions"] = json!([
        {"key": "first", "text": {"es": "¿Primera visita?"}, "kind": "yes_no", "required": true},
        {"key": "insurance", "text": {"es": "¿Seguro?"}, "kind": "choice", "choices": choices},
        {"key": "phone", "text": {"es": "¿Teléfono?"}, "kind": "phone"},
    ]);
    let path = format!("/api/v1/services/{}", it.service);
    let shown = it.door.ask(&it.shop, actix_web::http::Method::PUT, &path, Some(asking.clone())).await;
    assert_eq!((shown.status, &shown.json()["questions"][1]), (200, &asking_with_required(&asking["questions"][1])), "{}", shown.text);
    let with = |answers: Value| {
        let mut body = it.wish(TEN);
        body["answers"] = answers;
        body
    };
    for (answers, field) in [
        (json!({}), "answers.first"),
        (json!({"first": "perhaps"}), "answers.first"),
        (json!({"first": "yes", "insurance": "GNP"}), "answers.insurance"),
        (json!({"first": "yes", "phone": "12"}), "answers.phone"),
        (json!({"first": "yes", "pet": "Firulais"}), "answers.pet"),
    ] {
        let refused = it.post(APPOINTMENTS, with(answers)).await;
        assert_eq!((refused.status, refusal(&refused).1.as_str()), (422, field), "{}", refused.text);
    }
    let booked = it.post(APPOINTMENTS, with(json!({"first": "no", "insurance": "axa", "phone": "+52 662 555 0101"}))).await;
    let answers = json!({"first": "no", "insurance": "axa", "phone": "+526625550101"});
    assert_eq!((booked.status, &booked.json()["answers"]), (201, &answers), "{}", booked.text);
    for (place, wrong) in [(1, json!({"choices": []})), (0, json!({"choices": choices})), (0, json!({"kind": "colour"}))] {
        let mut body = asking.clone();
        for (field, value) in wrong.as_object().unwrap() {
            body["questions"][place][field] = value.clone();
        }
        let refused = it.door.ask(&it.shop, actix_web::http::Method::PUT, &path, Some(body)).await;
        assert_eq!(refused.status, 422, "{}", refused.text);
        assert!(refusal(&refused).1.starts_with("questions"), "{}", refused.text);
    }
}

/// What is left out is shown with its default.
fn asking_with_required(question: &Value) -> Value {
    let mut question = question.clone();
    question["required"] = json!(false);
    question
}
