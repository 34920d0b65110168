//! The waiting list at its addresses.

use super::*;
use crate::domain::membership::Visibility;
use crate::domain::permission::Role;
use actix_web::http::Method;

fn wish(it: &Clinic, contact: &str) -> Value {
    json!({"service_id": it.service, "from": "2025-10-10", "to": "2025-10-14", "part_of_day": "morning", "contact": {"id": contact, "name": "Luz"}})
}

#[actix_web::test]
async fn a_customer_is_put_on_the_list_read_and_taken_off() {
    let it = Clinic::open().await;
    let talk = it.door.base.talk(&it.shop, 1, ("pending", "assistant"), 0).await;
    let contact = talk.contact.to_string();
    let made = it.post("/api/v1/waitlist", wish(&it, &contact)).await;
    assert_eq!(made.status, 201, "{}", made.text);
    let entry = made.json();
    assert_eq!((&entry["state"], &entry["hours"]), (&json!("waiting"), &json!({"from": "00:00", "to": "12:00"})));
    assert_eq!((&entry["contact_id"], &entry["conversation_id"]), (&json!(contact), &json!(talk.id.to_string())));
    let path = format!("/api/v1/waitlist/{}", entry["id"].as_str().unwrap());
    assert_eq!(it.get(&path).await.json(), entry);
    // The same customer for the same service is the same entry, with the new wish.
    let again = json!({"service_id": it.service, "from": "2025-10-13", "to": "2025-10-13", "hours": {"from": "14:00", "to": "24:00"}, "contact": {"id": contact}});
    let again = it.post("/api/v1/waitlist", again).await.json();
    assert_eq!((&again["id"], &again["from"], &again["hours"]["to"]), (&entry["id"], &json!("2025-10-13"), &json!("24:00")));
    let removed = it.door.ask(&it.shop, Method::DELETE, &path, None).await;
    assert_eq!((removed.status, &removed.json()["state"]), (200, &json!("left")));
    assert_eq!(it.door.ask(&it.shop, Method::DELETE, &path, None).await.status, 200, "a repeat is a success");
}

#[actix_web::test]
async fn the_line_is_read_by_pages_and_by_state_and_service() {
    let it = Clinic::open().await;
    let mut ids = Vec::new();
    for number in 1..=3 {
        let talk = it.door.base.talk(&it.shop, number, ("pending", "assistant"), 0).await;
        let answer = it.post("/api/v1/waitlist", wish(&it, &talk.contact.to_string())).await;
        ids.push(made(&answer));
    }
    it.door.ask(&it.shop, Method::DELETE, &format!("/api/v1/waitlist/{}", ids[2]), None).await;
    let first = it.get("/api/v1/waitlist?limit=2").await;
    let next = first.json()["next"].as_str().expect("more").to_owned();
    let second = it.get(&format!("/api/v1/waitlist?limit=2&cursor={next}")).await;
    let mut seen = column(&first, "id");
    seen.extend(column(&second, "id"));
    let mut all = ids.clone();
    all.sort();
    seen.sort();
    assert_eq!(seen, all);
    assert_eq!(column(&it.get("/api/v1/waitlist?state=left").await, "id"), [ids[2].clone()]);
    let of_service = format!("/api/v1/waitlist?service_id={}&state=waiting,offered", it.service);
    assert_eq!(column(&it.get(&of_service).await, "id").len(), 2);
    assert_eq!(column(&it.get(&format!("/api/v1/waitlist?service_id={}", it.resource)).await, "id").len(), 0);
}

#[actix_web::test]
async fn what_cannot_be_waited_for_names_its_field() {
    let it = Clinic::open().await;
    let talk = it.door.base.talk(&it.shop, 1, ("pending", "assistant"), 0).await;
    let contact = talk.contact.to_string();
    let other = it.door.shop("b", ChannelKind::Generic, "").await;
    let foreign = it.door.base.talk(&other, 1, ("pending", "assistant"), 0).await.contact.to_string();
    let nobody = uuid::Uuid::nil().to_string();
    for (change, field, code) in [
        (json!({"service_id": nobody}), "service_id", "unknown_service"),
        (json!({"resource_ids": [nobody]}), "resource_ids", "unknown_resource"),
        (json!({"from": "2025-02-31"}), "from", ""),
        (json!({"to": "2025-10-09"}), "to", ""),
        (json!({"to": "2026-10-09"}), "to", ""),
        (json!({"from": "2025-10-01", "to": "2025-10-02"}), "to", "past"),
        (json!({"from": "2027-10-01", "to": "2027-10-02"}), "from", "too_far"),
        (json!({"hours": {"from": "09:00", "to": "10:00"}}), "hours", ""),
        (json!({"part_of_day": null, "hours": {"from": "10:00", "to": "09:00"}}), "hours.to", ""),
        (json!({"part_of_day": null, "hours": {"from": "9", "to": "10:00"}}), "hours.from", ""),
        (json!({"part_of_day": null, "hours": {"from": "09:00", "to": "24:01"}}), "hours.to", ""),
        (json!({"contact": {"id": nobody}}), "contact.id", ""),
        (json!({"contact": {"id": foreign}}), "contact.id", ""),
        (json!({"language": "xx"}), "language", ""),
    ] {
        let mut body = wish(&it, &contact);
        body.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        let answer = it.post("/api/v1/waitlist", body).await;
        assert_eq!(refusal(&answer), (422, field.to_owned(), code.to_owned()), "{change}: {}", answer.text);
    }
    for query in ["state=queued", "limit=0", "service_id=x", "cursor=x", "what=1"] {
        assert_eq!(it.get(&format!("/api/v1/waitlist?{query}")).await.status, 422, "{query}");
    }
}

#[actix_web::test]
async fn another_tenants_list_is_absent() {
    let it = Clinic::open().await;
    let talk = it.door.base.talk(&it.shop, 1, ("pending", "assistant"), 0).await;
    let id = made(&it.post("/api/v1/waitlist", wish(&it, &talk.contact.to_string())).await);
    let other = it.door.shop("b", ChannelKind::Generic, "").await;
    let path = format!("/api/v1/waitlist/{id}");
    assert_eq!(it.door.get(&other, &path).await.status, 404);
    assert_eq!(it.door.ask(&other, Method::DELETE, &path, None).await.status, 404);
    assert_eq!(it.door.get(&other, "/api/v1/waitlist").await.json()["data"], json!([]));
    assert_eq!(it.get(&path).await.json()["state"], "waiting");
}

#[actix_web::test]
async fn a_member_of_other_inboxes_neither_sees_nor_changes_the_line() {
    let it = Clinic::open().await;
    let talk = it.door.base.talk(&it.shop, 1, ("pending", "assistant"), 0).await;
    let (elsewhere, here) = (it.door.base.inbox(&it.shop, "generic").await, it.shop.inbox);
    let member = async |inbox| it.door.member(&it.shop, Role::Member, None, Some(&format!("[\"{inbox}\"]"))).await;
    let (stranger, colleague) = (member(elsewhere).await, member(here).await);
    let contact = talk.contact.to_string();
    let refused = it.door.as_member(&stranger, Method::POST, "/api/v1/waitlist", Some(wish(&it, &contact))).await;
    assert_eq!((refused.status, refusal(&refused).1.as_str()), (422, "contact.id"), "{}", refused.text);
    let id = made(&it.door.as_member(&colleague, Method::POST, "/api/v1/waitlist", Some(wish(&it, &contact))).await);
    let path = format!("/api/v1/waitlist/{id}");
    for (who, seen, status) in [(&stranger, 0, 404), (&colleague, 1, 200)] {
        let list = it.door.as_member(who, Method::GET, "/api/v1/waitlist", None).await;
        assert_eq!(column(&list, "id").len(), seen);
        assert_eq!(it.door.as_member(who, Method::GET, &path, None).await.status, status);
    }
    assert_eq!(it.door.as_member(&stranger, Method::DELETE, &path, None).await.status, 404);
    assert_eq!(it.get(&path).await.json()["state"], "waiting", "nothing happened to it");
    assert_eq!(it.door.as_member(&colleague, Method::DELETE, &path, None).await.status, 200);
}

#[actix_web::test]
async fn nobody_turns_or_reads_an_entry_of_a_conversation_that_he_does_not_see() {
    for base in [Base::open().await, Base::postgres().await] {
        let it = Clinic::on(base).await;
        let base = &it.door.base;
        let (sales, care) = (base.team(&it.shop, "Ventas").await, base.team(&it.shop, "Soporte").await);
        let hers = base.talk(&it.shop, 1, ("pending", "assistant"), 0).await;
        let theirs = base.talk(&it.shop, 2, ("pending", "assistant"), 5).await;
        base.of_one_customer(&it.shop, theirs, hers.contact).await;
        base.give(&it.shop, hers.id, Some(sales), None).await;
        base.give(&it.shop, theirs.id, Some(care), None).await;
        let ana = it.door.member(&it.shop, Role::Member, None, Visibility::of_teams([sales]).to_stored().as_deref()).await;
        let contact = hers.contact.to_string();
        let before = it.post("/api/v1/waitlist", wish(&it, &contact)).await.json();
        assert_eq!(before["conversation_id"], json!(theirs.id));
        let path = format!("/api/v1/waitlist/{}", before["id"].as_str().unwrap());
        let mut other = wish(&it, &contact);
        other["part_of_day"] = json!("evening");
        let ask = async |body: &Value| it.door.as_member(&ana, Method::POST, "/api/v1/waitlist", Some(body.clone())).await;
        for body in [wish(&it, &contact), other.clone()] {
            let refused = ask(&body).await;
            assert_eq!((refused.status, refusal(&refused).2.as_str()), (403, "out_of_sight"), "{}", refused.text);
            assert!(!refused.text.contains(&theirs.id.to_string()), "{}", refused.text);
        }
        assert_eq!(it.get(&path).await.json(), before, "nothing happened to it");
        it.door.base.give(&it.shop, theirs.id, Some(sales), None).await;
        let now = ask(&other).await;
        assert_eq!((now.status, &now.json()["id"]), (201, &before["id"]), "what she sees she may change: {}", now.text);
    }
}
