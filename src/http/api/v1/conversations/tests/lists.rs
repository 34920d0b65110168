//! Filters, figures, labels and saved views, through the door.

use crate::domain::conversation::event::Happening;
use crate::domain::ids::{AgentId, LabelId};
use crate::domain::inbox::ChannelKind;
use crate::domain::permission::Role;
use crate::domain::triage::attributes::Scalar;
use crate::domain::triage::{Priority, TriageChange};
use crate::http::testkit::{Answer, Door};
use crate::store::people::fixtures::Shop;
use actix_web::http::Method;
use serde_json::{Value, json};

fn numbers(answer: &Answer) -> Vec<i64> {
    answer.json()["data"].as_array().unwrap().iter().map(|row| row["number"].as_i64().unwrap()).collect()
}

fn field(answer: &Answer) -> (u16, String) {
    (answer.status, answer.json()["errors"][0]["field"].as_str().unwrap_or_default().to_owned())
}

async fn shop(door: &Door) -> Shop {
    let shop = door.shop("a", ChannelKind::Generic, "").await;
    for (number, status) in [(1, ("open", "nobody")), (2, ("pending", "assistant")), (3, ("open", "human")), (4, ("resolved", "nobody"))] {
        door.base.talk(&shop, number, status, number).await;
    }
    shop
}

#[actix_web::test]
async fn filters_and_orders_are_heard() {
    let door = Door::open().await;
    let shop = shop(&door).await;
    let ask = async |query: &str| numbers(&door.get(&shop, &format!("/api/v1/conversations?{query}")).await);
    assert_eq!(ask("").await, [4, 3, 2, 1]);
    assert_eq!(ask("status=open,pending&sort=last_activity").await, [1, 2, 3]);
    assert_eq!(ask("assignee=none&status=open").await, [3, 1]);
    assert_eq!(ask("assignee=me").await, Vec::<i64>::new());
    assert_eq!(ask("team=none&status=open").await, [3, 1]);
    assert_eq!(ask(&format!("team={}", shop.inbox)).await, Vec::<i64>::new());
    assert_eq!(ask("priority=none&sort=priority&status=open").await, [3, 1]);
    assert_eq!(ask("created_from=2025-10-09T08:56:00Z&sort=created").await, [3, 4]);
    assert_eq!(ask(&format!("inbox_id={}&waiting=false&limit=1", shop.inbox)).await, [4]);
}

#[actix_web::test]
async fn conv_14_wrong_filters_name_their_field() {
    let door = Door::open().await;
    let shop = shop(&door).await;
    let wrong = [
        ("status=open,closed", "status"),
        ("inbox_id=7", "inbox_id"),
        ("assignee=ana", "assignee"),
        ("team=none,x", "team"),
        ("label=x", "label"),
        ("priority=huge", "priority"),
        ("waiting=perhaps", "waiting"),
        ("waiting_before=yesterday", "waiting_before"),
        ("waiting=false&waiting_before=2025-01-01T00:00:00Z", "waiting_before"),
        ("contact_id=x", "contact_id"),
        ("created_from=2025-01-02T00:00:00Z&created_before=2025-01-01T00:00:00Z", "created_before"),
        ("activity_from=x", "activity_from"),
        ("sort=colour", "sort"),
        ("colour=red", "colour"),
        ("status=open&status=spam", "status"),
        ("limit=x", "limit"),
        ("cursor=AAAA", "cursor"),
    ];
    for (query, name) in wrong {
        assert_eq!(field(&door.get(&shop, &format!("/api/v1/conversations?{query}")).await), (422, name.to_owned()), "{query}");
    }
    for query in ["status=open", "assignee=me", "sort=created", "limit=1"] {
        assert_eq!(door.get(&shop, &format!("/api/v1/conversations/counts?{query}")).await.status, 422, "{query}");
    }
}

#[actix_web::test]
async fn a_cursor_of_another_filter_or_order_is_refused() {
    let door = Door::open().await;
    let shop = shop(&door).await;
    let first = door.get(&shop, "/api/v1/conversations?status=open&limit=1").await.json();
    let next = first["next"].as_str().unwrap();
    let same = door.get(&shop, &format!("/api/v1/conversations?limit=9&status=open&cursor={next}")).await;
    assert_eq!(numbers(&same), [1], "the size of a page may change");
    for query in ["status=pending", "status=open&sort=created", "status=open&assignee=me", ""] {
        let answer = door.get(&shop, &format!("/api/v1/conversations?{query}&cursor={next}")).await;
        assert_eq!(field(&answer), (422, "cursor".to_owned()), "{query}");
    }
}

#[actix_web::test]
async fn the_figures_of_all_tabs_come_in_one_answer() {
    let door = Door::open().await;
    let shop = shop(&door).await;
    let exact = |count: u64| json!({"count": count, "more": false});
    let counts = door.get(&shop, "/api/v1/conversations/counts").await.json();
    assert_eq!((&counts["by_status"]["open"], &counts["by_status"]["spam"]), (&exact(2), &exact(0)));
    assert_eq!(counts["open"], json!({"all": exact(2), "mine": exact(0), "unassigned": exact(2)}));
    assert_eq!(counts["by_inbox"], json!([{"inbox_id": shop.inbox, "open": 2, "pending": 1}]));
    let waiting = door.get(&shop, "/api/v1/conversations/counts?waiting=false").await.json();
    assert_eq!((&waiting["by_status"]["resolved"], &waiting["by_inbox"]), (&exact(1), &Value::Null));
}

#[actix_web::test]
async fn conv_94_who_is_limited_to_inboxes_sees_and_counts_only_theirs() {
    let door = Door::open().await;
    let shop = shop(&door).await;
    let other = door.base.inbox(&shop, "generic").await;
    let elsewhere = door.member(&shop, Role::Member, None, Some(&format!("[\"{other}\"]"))).await;
    let ask = async |path: &str| door.as_member(&elsewhere, Method::GET, path, None).await;
    assert_eq!(numbers(&ask("/api/v1/conversations?sort=priority").await), Vec::<i64>::new());
    assert_eq!(numbers(&ask(&format!("/api/v1/conversations?inbox_id={}", shop.inbox)).await), Vec::<i64>::new());
    let counts = ask("/api/v1/conversations/counts").await.json();
    assert_eq!((counts["open"]["all"]["count"].as_u64(), &counts["by_inbox"]), (Some(0), &json!([])));
}

#[actix_web::test]
async fn a_change_is_one_command_and_wrong_ones_are_none() {
    let door = Door::open().await;
    let shop = door.shop("a", ChannelKind::Generic, "").await;
    let talk = door.base.talk(&shop, 1, ("open", "nobody"), 1).await;
    let label = door.post(&shop, "/api/v1/labels", json!({"title": "vip"})).await.json();
    let id: LabelId = label["id"].as_str().unwrap().parse().unwrap();
    let path = format!("/api/v1/conversations/{}", talk.id);
    let patch = async |body: Value| door.ask(&shop, Method::PATCH, &path, Some(body)).await;
    let wrong = [
        (json!({"priority": "huge"}), "priority"),
        (json!({"priority": 3}), "priority"),
        (json!({"labels": {"add": [talk.id]}}), "labels.add"),
        (json!({"labels": {"set": [id], "remove": [id]}}), "labels.set"),
        (json!({"attributes": {"Plan": "x"}}), "attributes.Plan"),
        (json!({"attributes": {"plan": ["x"]}}), "attributes.plan"),
        (json!({"attributes": {"plan": "a\u{0}b"}}), "attributes.plan"),
        (json!({"status": "open"}), "status"),
    ];
    for (body, name) in wrong {
        let text = body.to_string();
        assert_eq!(field(&patch(body).await), (422, name.to_owned()), "{text}");
    }
    assert!(door.engine.commands.lock().unwrap().is_empty());
    door.engine.will_do(None, false);
    let answer = patch(json!({"priority": null, "labels": {"add": [id]}, "attributes": {"plan": "oro", "old": null}})).await;
    assert_eq!((answer.status, answer.json()["attributes"].clone()), (200, json!({})));
    let changes = vec![
        TriageChange::Priority(None),
        TriageChange::RemoveLabels([].into()),
        TriageChange::AddLabels([id].into()),
        TriageChange::Attributes([("old".to_owned(), None), ("plan".to_owned(), Some(Scalar::Text("oro".to_owned())))].into()),
    ];
    assert_eq!(door.engine.happenings(), [Happening::AgentTriaged { by: AgentId(shop.key.0), changes }]);
    door.engine.will_do(None, false);
    patch(json!({"priority": "high"})).await;
    let urgent = TriageChange::Priority(Some(Priority::High));
    assert_eq!(door.engine.happenings()[1], Happening::AgentTriaged { by: AgentId(shop.key.0), changes: vec![urgent] });
}

#[actix_web::test]
async fn titles_of_labels_are_unique_however_they_are_written() {
    let door = Door::open().await;
    let shop = door.shop("a", ChannelKind::Generic, "").await;
    let made = door.post(&shop, "/api/v1/labels", json!({"title": " Reclamación ", "colour": "#AABBCC"})).await;
    let label = made.json();
    assert_eq!((made.status, &label["title"], &label["colour"]), (201, &json!("Reclamación"), &json!("#aabbcc")));
    let alike = door.post(&shop, "/api/v1/labels", json!({"title": "reclamacion"})).await;
    assert_eq!(field(&alike), (409, "title".to_owned()));
    let other = door.post(&shop, "/api/v1/labels", json!({"title": "vip"})).await.json();
    let path = format!("/api/v1/labels/{}", other["id"].as_str().unwrap());
    assert_eq!(door.ask(&shop, Method::PUT, &path, Some(json!({"title": "RECLAMACIÓN"}))).await.status, 409);
    assert_eq!(door.ask(&shop, Method::PUT, &path, Some(json!({"title": "VIP", "description": "x"}))).await.json()["title"], "VIP");
    for (body, name) in [
        (json!({"title": " "}), "title"),
        (json!({"title": "x".repeat(61)}), "title"),
        (json!({"title": "a\nb"}), "title"),
        (json!({"title": "x", "colour": "red"}), "colour"),
        (json!({"title": "x", "description": "x".repeat(501)}), "description"),
        (json!({"title": "x", "icon": "y"}), "icon"),
    ] {
        assert_eq!(field(&door.post(&shop, "/api/v1/labels", body).await), (422, name.to_owned()));
    }
    assert_eq!(door.ask(&shop, Method::DELETE, &path, None).await.status, 204);
    assert_eq!((door.get(&shop, &path).await.status, door.ask(&shop, Method::DELETE, &path, None).await.status), (404, 404));
    assert_eq!(door.get(&shop, "/api/v1/labels").await.json()["data"].as_array().map(Vec::len), Some(1));
}

#[actix_web::test]
async fn views_are_ones_own_or_everybodys() {
    let door = Door::open().await;
    let shop = shop(&door).await;
    let (ana, bea) = (door.member(&shop, Role::Member, None, None).await, door.member(&shop, Role::Member, None, None).await);
    let filter = json!({"status": ["open"], "assignee": "none"});
    let body = json!({"name": "Libres", "filter": filter, "sort": "waiting"});
    let made = door.as_member(&ana, Method::POST, "/api/v1/views", Some(body.clone())).await;
    let view = made.json();
    assert_eq!((made.status, &view["filter"], &view["sort"], &view["shared"]), (201, &filter, &json!("waiting"), &json!(false)));
    let path = format!("/api/v1/views/{}", view["id"].as_str().unwrap());
    let count = door.as_member(&ana, Method::GET, &format!("{path}/count"), None).await.json();
    assert_eq!(count, json!({"count": 2, "more": false}));
    assert_eq!(door.as_member(&ana, Method::POST, "/api/v1/views", Some(json!({"name": "LIBRES"}))).await.status, 409);
    assert_eq!(door.as_member(&bea, Method::POST, "/api/v1/views", Some(body)).await.status, 201, "each has names of their own");
    for method in [Method::GET, Method::PUT, Method::DELETE] {
        let stranger = door.as_member(&bea, method.clone(), &path, Some(json!({"name": "mine"}))).await;
        assert_eq!(stranger.status, 404, "{method}");
    }
    let shared = json!({"name": "Todas", "shared": true});
    assert_eq!(door.as_member(&ana, Method::POST, "/api/v1/views", Some(shared.clone())).await.status, 403);
    let everybodys = door.post(&shop, "/api/v1/views", shared).await.json();
    assert_eq!(door.post(&shop, "/api/v1/views", json!({"name": "x"})).await.status, 422, "a key has none of its own");
    let path = format!("/api/v1/views/{}", everybodys["id"].as_str().unwrap());
    assert_eq!(door.as_member(&bea, Method::GET, &path, None).await.json()["shared"], true);
    assert_eq!(door.as_member(&bea, Method::DELETE, &path, None).await.status, 403);
    assert_eq!(door.as_member(&bea, Method::GET, "/api/v1/views", None).await.json()["data"].as_array().map(Vec::len), Some(2));
    let wrong = door.post(&shop, "/api/v1/views", json!({"name": "x", "shared": true, "filter": {"priority": ["huge"]}})).await;
    assert_eq!(field(&wrong), (422, "filter.priority".to_owned()));
}
