//! The front desk books by a number or an address: for whom, and what the customer's own page hands over.

use super::*;
use crate::crypto::links::PageLinks;
use crate::domain::ids::{AppointmentId, TenantId};
use crate::http::testkit::desk;

const APPOINTMENTS: &str = "/api/v1/appointments";

async fn contact(it: &Clinic, body: Value) -> String {
    made(&it.post("/api/v1/contacts", body).await)
}

/// Books for a number or an address, at the next free hour, and returns whose it is.
async fn whose(it: &Clinic, hour: usize, customer: Value) -> Value {
    let mut wish = it.wish(&format!("2025-10-10T{hour:02}:00:00Z"));
    wish["contact"] = customer;
    let booked = it.post(APPOINTMENTS, wish).await;
    assert_eq!(booked.status, 201, "{}", booked.text);
    booked.json()["contact"]["id"].clone()
}

#[actix_web::test]
async fn a_number_in_any_spelling_or_an_address_finds_the_one_contact_it_belongs_to() {
    let it = Clinic::open().await;
    let mexican = contact(&it, json!({"name": "Luz", "phone": "+5216625550101"})).await;
    let brazilian = contact(&it, json!({"name": "Bia", "phone": "+551187654321", "email": "bia@example.com"})).await;
    let argentine = contact(&it, json!({"name": "Sol", "phone": "+5491123456789"})).await;
    for (at, (customer, of)) in [
        (json!({"name": "Luz", "phone": "+52 662 555 0101"}), &mexican),
        (json!({"name": "Luz", "phone": "0052 (662) 555-0101"}), &mexican),
        (json!({"name": "Bia", "phone": "+55 11 98765-4321"}), &brazilian),
        (json!({"name": "Bia", "email": "Bia@Example.com"}), &brazilian),
        (json!({"name": "Sol", "phone": "+54 11 2345 6789"}), &argentine),
        (json!({"name": "Sol", "phone": "662 555 0101", "id": argentine}), &argentine),
    ]
    .into_iter()
    .enumerate()
    {
        assert_eq!(whose(&it, 9 + at, customer.clone()).await, json!(of), "{customer}");
    }
    let listed = it.get(&format!("{APPOINTMENTS}?contact_id={mexican}")).await;
    assert_eq!(listed.json()["data"].as_array().map(Vec::len), Some(2), "the contact's own appointments");
}

#[actix_web::test]
async fn of_several_contacts_nobody_is_guessed_and_of_none_nobody_is_made() {
    let it = Clinic::open().await;
    contact(&it, json!({"name": "Luz", "phone": "+5216625550101"})).await;
    contact(&it, json!({"name": "La otra Luz", "phone": "+526625550101"})).await;
    contact(&it, json!({"name": "Ana", "email": "ana@example.com"})).await;
    let foreign = it.door.shop("b", ChannelKind::Generic, "").await;
    made(&it.door.post(&foreign, "/api/v1/contacts", json!({"name": "Eva", "phone": "+526625550199"})).await);
    for (at, customer) in [
        json!({"name": "Luz", "phone": "+52 662 555 0101"}),
        json!({"name": "Ana", "phone": "+52 662 555 0101", "email": "ana@example.com"}),
        json!({"name": "Luz", "phone": "662 555 0101"}),
        json!({"name": "Eva", "phone": "+52 662 555 0199"}),
        json!({"name": "Nadie", "phone": "+52 662 555 0102", "email": "nadie@example.com"}),
        json!({"name": "Nadie"}),
    ]
    .into_iter()
    .enumerate()
    {
        assert_eq!(whose(&it, 9 + at, customer.clone()).await, Value::Null, "{customer}");
    }
}

#[actix_web::test]
async fn a_repeat_finds_its_appointment_although_the_contact_is_known_since() {
    let it = Clinic::open().await;
    let wish = it.wish("2025-10-10T10:00:00Z");
    let first = it.book_with_key("k-1", wish.clone()).await;
    contact(&it, json!({"name": "Luz", "phone": "+526625550101"})).await;
    let again = it.book_with_key("k-1", wish).await;
    assert_eq!((again.status, again.header("idempotent-replayed")), (201, "true"), "{}", again.text);
    assert_eq!(first.json(), again.json());
}

fn file_of(links: &PageLinks, tenant: TenantId, id: &str) -> String {
    let id = AppointmentId(id.parse().expect("an id"));
    format!("/appointments/{}.ics", links.token(tenant, id))
}

#[actix_web::test]
async fn the_page_of_an_appointment_hands_over_one_calendar_entry_for_all_its_versions() {
    let it = Clinic::open().await;
    let id = it.book("2025-10-10T10:00:00Z").await;
    let path = file_of(&desk::links(), it.shop.tenant, &id);
    let open = || async { it.door.call(TestRequest::get().uri(&path)).await };
    let value = |answer: &Answer, name: &str| {
        let text = answer.text.replace("\r\n ", "");
        text.lines().find_map(|line| line.strip_prefix(name).map(str::to_owned)).unwrap_or_default()
    };
    let first = open().await;
    assert_eq!((first.status, first.header("content-type")), (200, "text/calendar; method=PUBLISH; charset=utf-8"), "{}", first.text);
    assert_eq!((first.header("cache-control"), first.header("x-content-type-options")), ("no-store", "nosniff"));
    assert_eq!(first.header("content-security-policy"), "default-src 'none'; frame-ancestors 'none'; sandbox");
    assert_eq!(first.header("referrer-policy"), "no-referrer");
    assert_eq!(first.header("content-disposition"), "inline; filename=\"appointment.ics\"");
    assert!(value(&first, "ORGANIZER;").ends_with(":mailto:no-reply@localhost"), "{}", first.text);
    for private in ["Ríos", "555"] {
        assert!(!first.text.contains(private), "{private}");
    }
    let page = it.door.call(TestRequest::get().uri(path.trim_end_matches(".ics"))).await;
    assert!(page.text.contains(&format!("href=\"{}\"", path.trim_start_matches("/appointments/"))), "{}", page.text);

    let to = json!({"starts_at": "2025-10-10T12:00:00Z"});
    assert_eq!(it.post(&format!("{APPOINTMENTS}/{id}/move"), to).await.status, 200);
    let moved = open().await;
    it.post(&format!("{APPOINTMENTS}/{id}/cancel"), json!({})).await;
    let gone = open().await;
    assert_eq!([&first, &moved, &gone].map(|file| value(file, "METHOD:")), ["PUBLISH", "PUBLISH", "CANCEL"]);
    assert_eq!([&first, &moved, &gone].map(|file| value(file, "SEQUENCE:")), ["0", "1", "2"]);
    assert_eq!(value(&moved, "DTSTART:"), "20251010T120000Z");
    for name in ["UID:", "ORGANIZER;"] {
        assert!([&moved, &gone].iter().all(|file| value(file, name) == value(&first, name) && !value(file, name).is_empty()), "{name}");
    }
    assert_eq!(gone.header("content-type"), "text/calendar; method=CANCEL; charset=utf-8");
}

#[actix_web::test]
async fn a_file_is_guarded_as_its_page_is() {
    let it = Clinic::open().await;
    let id = it.book("2025-10-10T10:00:00Z").await;
    let path = file_of(&desk::links(), it.shop.tenant, &id);
    let nobodys = file_of(&desk::links(), it.shop.tenant, "00000000-0000-0000-0000-000000000001");
    for guess in ["/appointments/.ics", "/appointments/apt_x.ics", &path.replace(".ics", "x.ics"), &nobodys] {
        assert_eq!(it.door.call(TestRequest::get().uri(guess)).await.status, 404, "{guess}");
    }
    let mut seen = Vec::new();
    for _ in 0..31 {
        seen.push(it.door.call(TestRequest::get().uri(&path)).await.status);
    }
    assert_eq!((seen.iter().filter(|status| **status == 200).count(), seen.last()), (30, Some(&429)), "page and file count together");
    assert_eq!(it.door.call(TestRequest::get().uri(path.trim_end_matches(".ics"))).await.status, 429);
}
