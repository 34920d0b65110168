//! Services, resources, holidays, rules, slots.

use super::*;
use actix_web::http::Method;

const SERVICES: &str = "/api/v1/services";
const RESOURCES: &str = "/api/v1/resources";

#[actix_web::test]
async fn a_service_is_made_shown_changed_and_deleted() {
    let it = Clinic::open().await;
    let path = format!("{SERVICES}/{}", it.service);
    let shown = it.get(&path).await.json();
    assert_eq!(
        (shown["name"]["en"].as_str(), shown["max_advance_days"].as_u64(), shown["active"].as_bool()),
        (Some("Visit"), Some(60), Some(true))
    );
    let mut wish = service(&it.resource);
    wish["duration"] = json!(45);
    wish["price"] = json!("$650 MXN");
    let changed = it.door.ask(&it.shop, Method::PUT, &path, Some(wish)).await;
    assert_eq!((changed.status, changed.json()["duration"].as_u64(), changed.json()["price"].as_str()), (200, Some(45), Some("$650 MXN")));
    assert_eq!(it.get(&path).await.json(), changed.json());
    assert_eq!(it.door.ask(&it.shop, Method::DELETE, &path, None).await.status, 204);
    assert_eq!((it.get(&path).await.status, it.door.ask(&it.shop, Method::DELETE, &path, None).await.status), (404, 404));
}

#[actix_web::test]
async fn what_appointments_refer_to_is_retired_and_not_deleted() {
    let it = Clinic::open().await;
    it.book("2025-10-10T09:00:00Z").await;
    for path in [format!("{SERVICES}/{}", it.service), format!("{RESOURCES}/{}", it.resource)] {
        let retired = it.door.ask(&it.shop, Method::DELETE, &path, None).await;
        assert_eq!((retired.status, retired.json()["active"].as_bool()), (200, Some(false)));
        assert_eq!(it.get(&path).await.json()["active"], false);
    }
    let refused = it.post("/api/v1/appointments", it.wish("2025-10-10T10:00:00Z")).await;
    assert_eq!(refusal(&refused), (422, "service_id".to_owned(), "unknown_service".to_owned()));
}

#[actix_web::test]
async fn a_resource_keeps_its_hours_and_exceptions_as_local_times() {
    let it = Clinic::open().await;
    let path = format!("{RESOURCES}/{}", it.resource);
    let mut wish = person("Dra. Ana");
    wish["zone"] = json!("America/Tijuana");
    wish["capacity"] = json!(3);
    wish["hours"] = json!({"saturday": [{"from": "22:00", "to": "02:00"}, {"from": "00:00", "to": "24:00"}]});
    let add = json!({"date": "2025-12-24", "kind": "add", "hours": [{"from": "08:05", "to": "12:00"}]});
    wish["exceptions"] = json!([add, {"date": "2025-12-26", "kind": "closed"}]);
    let changed = it.door.ask(&it.shop, Method::PUT, &path, Some(wish.clone())).await.json();
    assert_eq!((&changed["hours"]["saturday"], &changed["exceptions"]), (&wish["hours"]["saturday"], &wish["exceptions"]));
    assert_eq!((&changed["hours"]["monday"], changed["capacity"].as_u64()), (&json!([]), Some(3)));
    assert_eq!(it.get(&path).await.json(), changed);
}

#[actix_web::test]
async fn a_resource_shows_how_its_outside_calendar_stands() {
    let it = Clinic::open().await;
    let path = format!("{RESOURCES}/{}", it.resource);
    assert!(it.get(&path).await.json().get("calendar").is_none());
    let mut wish = person("Ana");
    wish["outside_calendar"] = json!(true);
    assert_eq!(it.door.ask(&it.shop, Method::PUT, &path, Some(wish)).await.status, 200);
    let shown = it.get(&path).await.json();
    assert_eq!(shown["calendar"], json!({"state": "new", "checked_at": null, "unknown_since": null}));
    let other = it.door.shop("b", ChannelKind::Generic, "").await;
    assert_eq!(it.door.get(&other, &path).await.status, 404);
}

#[actix_web::test]
async fn lists_of_the_agenda_are_paged_in_order_of_place() {
    let it = Clinic::open().await;
    for (name, position) in [("Beto", 5), ("Cleo", -1)] {
        let mut body = person(name);
        body["position"] = json!(position);
        made(&it.post(RESOURCES, body).await);
    }
    let first = it.get("/api/v1/resources?limit=2").await;
    assert_eq!(column(&first, "name"), ["Cleo", "Ana"]);
    let next = first.json()["next"].as_str().unwrap().to_owned();
    let second = it.get(&format!("/api/v1/resources?limit=2&cursor={next}")).await;
    assert_eq!((column(&second, "name"), &second.json()["next"]), (vec!["Beto".to_owned()], &Value::Null));
    for query in ["cursor=zzz", "limit=0", "limit=101"] {
        assert_eq!(it.get(&format!("{SERVICES}?{query}")).await.status, 422, "{query}");
    }
}

#[actix_web::test]
async fn a_wrong_field_of_a_service_is_named() {
    let it = Clinic::open().await;
    let with = |field: &str, value: Value| {
        let mut body = service(&it.resource);
        body[field] = value;
        body
    };
    let cases = [
        (with("duration", json!(1e300)), "duration"),
        (with("duration", json!(-30)), "duration"),
        (with("duration", json!(99_999_999_999_u64)), "duration"),
        (with("duration", json!(2_000)), "duration"),
        (with("duration", json!("30")), "duration"),
        (with("duration", Value::Null), "duration"),
        (with("max_advance_days", json!(4_000)), "max_advance_days"),
        (with("name", json!({})), "name"),
        (with("name", json!("Consulta")), "name"),
        (with("needs", json!([{"any_of": ["00000000-0000-0000-0000-000000000001"]}])), "needs"),
        (with("needs", json!([{"any_of": ["ana"]}])), "needs"),
        (with("limits", json!({"per_day": 0})), "limits"),
        (with("position", json!(1e40)), "position"),
        (with("colour", json!("red")), "colour"),
    ];
    for (body, field) in cases {
        let answer = it.post(SERVICES, body).await;
        assert_eq!((answer.status, refusal(&answer).1.as_str()), (422, field), "{}", answer.text);
    }
}

#[actix_web::test]
async fn a_wrong_field_of_a_resource_is_named_by_its_place() {
    let it = Clinic::open().await;
    let with = |field: &str, value: Value| {
        let mut body = person("Ana");
        body[field] = value;
        body
    };
    let hours = |from: &str, to: &str| with("hours", json!({"tuesday": [{"from": "09:00", "to": "10:00"}, {"from": from, "to": to}]}));
    let exception = |date: &str, kind: &str, hours: Value| with("exceptions", json!([{"date": date, "kind": kind, "hours": hours}]));
    let morning = json!([{"from": "09:00", "to": "10:00"}]);
    let cases = [
        (with("zone", json!("America/Atlantis")), "zone"),
        (with("zone", json!("")), "zone"),
        (with("capacity", json!(0)), "capacity"),
        (with("capacity", json!(70_000)), "capacity"),
        (with("kind", json!("robot")), "kind"),
        (with("name", json!("")), "name"),
        (hours("24:00", "10:00"), "hours.tuesday[1].from"),
        (hours("9:00", "10:00"), "hours.tuesday[1].from"),
        (hours("09:60", "10:00"), "hours.tuesday[1].from"),
        (hours("09:00", "24:01"), "hours.tuesday[1].to"),
        (hours("09:00", "+1:00"), "hours.tuesday[1].to"),
        (exception("2026-02-31", "closed", json!([])), "exceptions[0].date"),
        (exception("2026-2-3", "closed", json!([])), "exceptions[0].date"),
        (exception("2026-02-03", "closed", morning.clone()), "exceptions[0].hours"),
        (exception("2026-02-03", "replace", json!([])), "exceptions[0].hours"),
        (exception("2026-02-03", "maybe", morning), "exceptions"),
    ];
    for (body, field) in cases {
        let answer = it.post(RESOURCES, body).await;
        assert_eq!((answer.status, refusal(&answer).1.as_str()), (422, field), "{}", answer.text);
    }
}

#[actix_web::test]
async fn a_holiday_closes_the_day_and_its_end_opens_it() {
    let it = Clinic::open().await;
    let slots = format!("/api/v1/slots?service_id={}&from=2025-10-10&to=2025-10-10", it.service);
    assert_eq!(column(&it.get(&slots).await, "local").len(), 16);
    let path = "/api/v1/holidays/2025-10-10";
    let put = it.door.ask(&it.shop, Method::PUT, path, Some(json!({"name": "Aniversario"}))).await;
    assert_eq!((put.status, put.json()), (200, json!({"date": "2025-10-10", "name": "Aniversario"})));
    assert_eq!((column(&it.get(&slots).await, "local").len(), it.get(path).await.status), (0, 200));
    assert_eq!(column(&it.get("/api/v1/holidays").await, "date"), ["2025-10-10"]);
    assert_eq!(it.door.ask(&it.shop, Method::DELETE, path, None).await.status, 204);
    assert_eq!((column(&it.get(&slots).await, "local").len(), it.get(path).await.status), (16, 404));
    for day in ["2026-02-31", "tomorrow", "2026-2-3", "9999-01-01"] {
        let answer = it.door.ask(&it.shop, Method::PUT, &format!("/api/v1/holidays/{day}"), Some(json!({"name": "x"}))).await;
        assert_eq!((answer.status, refusal(&answer).1.as_str()), (422, "date"), "{day}");
    }
    let nameless = it.door.ask(&it.shop, Method::PUT, path, Some(json!({"name": " "}))).await;
    assert_eq!(refusal(&nameless).1, "name");
}

#[actix_web::test]
async fn the_rules_are_replaced_as_a_whole() {
    let it = Clinic::open().await;
    let path = "/api/v1/booking-rules";
    let before = it.get(path).await.json();
    assert_eq!((before["hold_minutes"].as_u64(), &before["reminder_hours"]), (Some(10), &json!([24, 2])));
    let changed = it.door.ask(&it.shop, Method::PUT, path, Some(json!({"hold_minutes": 5, "reminder_hours": []}))).await;
    assert_eq!((changed.status, changed.json()["hold_minutes"].as_u64(), changed.json()["quiet_from"].as_u64()), (200, Some(5), Some(21)));
    assert_eq!(it.get(path).await.json(), changed.json());
    for (body, field) in [
        (json!({"hold_minutes": 0}), "hold_minutes"),
        (json!({"quiet_from": 24}), "quiet_from"),
        (json!({"quiet_from": 2_400}), "quiet_from"),
        (json!({"reminder_hours": [0]}), "reminder_hours"),
        (json!({"x": 1}), "x"),
    ] {
        let refused = it.door.ask(&it.shop, Method::PUT, path, Some(body)).await;
        assert_eq!((refused.status, refusal(&refused).1.as_str()), (422, field), "{}", refused.text);
    }
}

#[actix_web::test]
async fn slots_are_listed_page_by_page_and_say_the_local_time() {
    let it = Clinic::open().await;
    it.book("2025-10-10T09:30:00Z").await;
    let path = format!("/api/v1/slots?service_id={}&from=2025-10-10&to=2025-10-10", it.service);
    let first = it.get(&format!("{path}&limit=2")).await;
    assert_eq!(column(&first, "starts_at"), ["2025-10-10T09:00:00.000000Z", "2025-10-10T10:00:00.000000Z"]);
    let slot = &first.json()["data"][0];
    assert_eq!(
        (slot["local"].as_str(), slot["zone"].as_str(), slot["capacity_left"].as_u64()),
        (Some("2025-10-10T09:00"), Some("UTC"), Some(1))
    );
    assert_eq!((slot["resource_id"].as_str(), slot["ends_at"].as_str()), (Some(&*it.resource), Some("2025-10-10T09:30:00.000000Z")));
    let next = first.json()["next"].as_str().unwrap().to_owned();
    let second = it.get(&format!("{path}&limit=100&cursor={next}")).await;
    assert_eq!((column(&second, "local").len(), column(&second, "local")[0].as_str()), (13, "2025-10-10T10:30"));
    let offset = format!("/api/v1/slots?service_id={}&from=2025-10-10T11:00:00+02:00&to=2025-10-10T09:01:00Z", it.service);
    assert_eq!(column(&it.get(&offset).await, "local"), ["2025-10-10T09:00"]);
}

#[actix_web::test]
async fn a_wrong_window_of_slots_is_named() {
    let it = Clinic::open().await;
    let of = |rest: &str| format!("/api/v1/slots?service_id={}{rest}", it.service);
    let cases = [
        ("/api/v1/slots".to_owned(), "service_id"),
        ("/api/v1/slots?service_id=consulta".to_owned(), "service_id"),
        ("/api/v1/slots?service_id=00000000-0000-0000-0000-000000000001".to_owned(), "service_id"),
        (of("&resource_id=ana"), "resource_id"),
        (of("&resource_id=00000000-0000-0000-0000-000000000001"), "resource_id"),
        (of("&from=2026-02-31"), "from"),
        (of("&from=2025-10-10&to=2026-02-31T10:00:00Z"), "to"),
        (of("&from=yesterday"), "from"),
        (of("&from=0000-01-01"), "from"),
        (of("&from=2025-10-10&to=2035-10-10"), "to"),
        (of("&from=2025-10-10&to=2025-12-20"), "to"),
        (of("&from=2025-10-12&to=2025-10-10"), "to"),
        (of("&from=2025-09-01&to=2025-09-05"), "to"),
        (of("&limit=0"), "limit"),
        (of("&cursor=x"), "cursor"),
    ];
    for (path, field) in cases {
        let answer = it.get(&path).await;
        assert_eq!((answer.status, refusal(&answer).1.as_str()), (422, field), "{path}: {}", answer.text);
    }
    assert_eq!(it.get(&of("&from=2025-10-10&to=2025-12-10")).await.status, 200);
}
