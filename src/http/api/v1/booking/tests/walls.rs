//! What another tenant's key sees of the book: nothing.

use super::*;
use actix_web::http::Method;

#[actix_web::test]
async fn another_tenants_book_is_absent_at_every_address() {
    let it = Clinic::open().await;
    let appointment = it.book("2025-10-10T10:00:00Z").await;
    let other = it.door.shop("b", ChannelKind::Generic, "").await;
    let (service_path, resource_path) = (format!("/api/v1/services/{}", it.service), format!("/api/v1/resources/{}", it.resource));
    let path = format!("/api/v1/appointments/{appointment}");
    for (at, body) in [(&service_path, service(&it.resource)), (&resource_path, person("Eva"))] {
        assert_eq!(it.door.get(&other, at).await.status, 404, "{at}");
        assert_eq!(it.door.ask(&other, Method::DELETE, at, None).await.status, 404, "{at}");
        let put = it.door.ask(&other, Method::PUT, at, Some(body)).await;
        assert!(put.status == 404 || refusal(&put).1 == "needs", "{at}: {}", put.text);
    }
    assert_eq!(it.door.get(&other, &path).await.status, 404);
    let to = json!({"starts_at": "2025-10-10T12:00:00Z"});
    for (verb, body) in [("move", to), ("cancel", json!({})), ("complete", json!({})), ("no-show", json!({})), ("approve", json!({}))] {
        assert_eq!(it.door.post(&other, &format!("{path}/{verb}"), body).await.status, 404, "{verb}");
    }
    for list in ["services", "resources", "holidays", "appointments", "waitlist"] {
        assert_eq!(it.door.get(&other, &format!("/api/v1/{list}")).await.json()["data"], json!([]), "{list}");
    }
    let slots = it.door.get(&other, &format!("/api/v1/slots?service_id={}", it.service)).await;
    assert_eq!(refusal(&slots), (422, "service_id".to_owned(), "unknown_service".to_owned()));
    assert_eq!(refusal(&it.door.post(&other, "/api/v1/appointments", it.wish("2025-10-10T12:00:00Z")).await).2, "unknown_service");
    assert_eq!(it.get(&path).await.json()["status"], "confirmed");
}

#[actix_web::test]
async fn without_a_key_and_with_no_id_nothing_is_told() {
    let it = Clinic::open().await;
    for path in ["services", "resources", "holidays", "booking-rules", "slots", "appointments", "waitlist"] {
        assert_eq!(it.door.call(TestRequest::get().uri(&format!("/api/v1/{path}"))).await.status, 401, "{path}");
    }
    for path in ["services/x", "resources/x", "appointments/x", "waitlist/x"] {
        assert_eq!(it.get(&format!("/api/v1/{path}")).await.status, 404, "{path}");
    }
}
