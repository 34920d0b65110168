//! Every route of the table, asked by everybody and with everybody's ids. Nothing here is kept by hand per route: what is expected follows
//! from the route's own entry, ids come from a seed with one of everything, bodies from the API's document.
//!
//! A new route is part of it at once. If one of its ids has no seed yet, the test says so.

mod bodies;
mod log;
mod roles;
mod rows;
mod sight;
mod walls;

use crate::domain::inbox::ChannelKind;
use crate::domain::permission::Role;
use crate::http::access::{Access, Class};
use crate::http::routes::endpoints;
use crate::http::testkit::test_members::TestMember;
use crate::http::testkit::{Answer, Door};
use crate::store::people::fixtures::{Base, NOW, Shop};
use crate::store::time::instant;
use actix_web::http::Method;
use actix_web::test::TestRequest;
use entities::{inbound, notice, notification};
use sea_orm::ActiveValue::Set;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// A route, as its test needs it.
#[derive(Clone, Debug)]
pub struct Asked {
    pub method: &'static str,
    pub path: &'static str,
    pub access: Access,
    pub class: Class,
}

/// Lists the routes that ask for a caller.
pub fn asked() -> Vec<Asked> {
    let all = endpoints().into_iter().filter(|it| it.access != Access::Open);
    all.map(|it| Asked { method: it.method, path: it.path, access: it.access, class: it.class }).collect()
}

impl Asked {
    pub fn verb(&self) -> Method {
        Method::from_bytes(self.method.to_ascii_uppercase().as_bytes()).unwrap()
    }

    /// Whether it has an id or the like in its path.
    pub fn names_something(&self) -> bool {
        self.path.contains('{')
    }

    /// Fills the path with ids, each by the name of its list.
    pub fn fill(&self, ids: &BTreeMap<&'static str, String>) -> String {
        let mut list = "";
        let parts = self.path.split('/').map(|part| {
            let filled = if part.starts_with('{') { seeded(ids, list, self.path) } else { part };
            list = part;
            filled.to_owned()
        });
        parts.collect::<Vec<String>>().join("/")
    }

    /// Fills the path with ids that nothing has.
    pub fn fill_with_strangers(&self, base: &Base) -> String {
        let strangers = LISTS.map(|list| (list, if list == "holidays" { "2031-01-01".to_owned() } else { base.uuid().to_string() }));
        self.fill(&strangers.into())
    }
}

fn seeded<'a>(ids: &'a BTreeMap<&'static str, String>, list: &str, path: &str) -> &'a str {
    ids.get(list).unwrap_or_else(|| panic!("{path} names one of {list}: let World::seed make one"))
}

/// What a business has one of, by the name of the list in paths.
const LISTS: [&str; 27] = [
    "conversations",
    "messages",
    "commands",
    "services",
    "resources",
    "holidays",
    "model-providers",
    "appointments",
    "members",
    "invitations",
    "api-keys",
    "sessions",
    "waitlist",
    "notifications",
    "inboxes",
    "labels",
    "views",
    "teams",
    "webhooks",
    "deliveries",
    "contacts",
    "notes",
    "canned-replies",
    "imports",
    "bulk",
    "attachments",
    "surveys",
];

/// A business with one of everything.
pub struct World {
    pub shop: Shop,
    pub owner: TestMember,
    pub ids: BTreeMap<&'static str, String>,
}

impl World {
    pub async fn seed(door: &Door, slug: &str) -> Self {
        let shop = door.shop(slug, ChannelKind::Generic, "").await;
        let owner = door.member(&shop, Role::Owner, None, None).await;
        let colleague = door.member(&shop, Role::Member, Some("[]"), None).await;
        let mut ids = BTreeMap::from([
            ("members", colleague.id.to_string()),
            ("holidays", "2026-12-25".to_owned()),
            ("inboxes", shop.inbox.to_string()),
            ("sessions", owner.session.to_string()),
        ]);
        ids.extend(talk(door, &shop).await);
        ids.insert("notifications", told(door, &owner).await);
        ids.insert("inboxes", shop.inbox.to_string());
        let body = json!({"name": "Ventas", "member_ids": [colleague.id.to_string()]});
        ids.insert("teams", made(&door.as_member(&owner, Method::POST, "/api/v1/teams", Some(body)).await));
        ids.extend(book(door, &shop).await);
        ids.insert("waitlist", wait(door, &shop, &ids).await);
        let provider = json!({"name": "main", "base_url": "https://models.example.com/v1/", "model": "m-1", "api_key": "sk-canary"});
        ids.insert("model-providers", made(&door.post(&shop, "/api/v1/model-providers", provider).await));
        let body = json!({"email": format!("{slug}@example.com")});
        ids.insert("invitations", made(&door.as_member(&owner, Method::POST, "/api/v1/invitations", Some(body)).await));
        let body = json!({"name": "till", "scopes": ["contacts:read"]});
        ids.insert("api-keys", made(&door.as_member(&owner, Method::POST, "/api/v1/api-keys", Some(body)).await));
        ids.insert("labels", made(&door.post(&shop, "/api/v1/labels", json!({"title": "theirs"})).await));
        ids.insert("views", made(&door.post(&shop, "/api/v1/views", json!({"name": "theirs", "shared": true})).await));
        let hook = json!({"url": "https://hooks.example.com/recado", "events": ["*"]});
        let hook = made(&door.post(&shop, "/api/v1/webhooks", hook).await);
        let sample = door.post(&shop, &format!("/api/v1/webhooks/{hook}/test"), json!({})).await;
        ids.insert("deliveries", sample.json()["id"].as_str().expect("an id").to_owned());
        ids.insert("webhooks", hook);
        ids.extend(file(door, &shop).await);
        let wish = json!({"conversation_ids": [ids["conversations"]], "action": {"type": "resolve"}});
        let begun = door.post(&shop, "/api/v1/conversations/bulk", wish).await;
        assert_eq!(begun.status, 202, "{}", begun.text);
        ids.insert("bulk", begun.json()["id"].as_str().expect("an id").to_owned());
        Self { shop, owner, ids }
    }
}

/// Makes a conversation and what hangs on it.
async fn talk(door: &Door, shop: &Shop) -> [(&'static str, String); 4] {
    let talk = door.base.talk(shop, 1, ("open", "nobody"), 1).await;
    let message = door.base.message(shop, talk, 1, "out", "a word of theirs").await;
    door.base.outbox(shop, talk, message, 1, ("failed", "a word of theirs")).await;
    door.base.turn(shop, talk, 1).await;
    door.base.event(shop, talk, 1, "message.created", json!({"seq": 1})).await;
    let survey = door.base.survey(shop, talk, (1, "people", None), Some((4, "a word of theirs"))).await;
    let command = door.base.uuid();
    let row = inbound::ActiveModel {
        tenant_id: Set(shop.tenant.0),
        id: Set(command),
        inbox_id: Set(shop.inbox.0),
        conversation_id: Set(talk.id.0),
        external_id: Set("cmd:1".to_owned()),
        kind: Set("command".to_owned()),
        state: Set("settled".to_owned()),
        payload: Set("{}".to_owned()),
        part: Set(7),
        occurred_at: Set(instant(NOW)),
        received_at: Set(instant(NOW)),
        ..Default::default()
    };
    door.base.insert(row).await;
    let (talk, survey) = (talk.id.to_string(), survey.to_string());
    [("conversations", talk), ("messages", message.to_string()), ("commands", command.to_string()), ("surveys", survey)]
}

/// Tells a member something.
async fn told(door: &Door, member: &TestMember) -> String {
    let (cause, id) = (door.base.uuid(), door.base.uuid());
    let row = notice::ActiveModel {
        tenant_id: Set(member.tenant.0),
        id: Set(cause),
        kind: Set("calendar_trouble".to_owned()),
        cause: Set(format!("calendar_trouble:{cause}")),
        rung: Set(1),
        created_at: Set(instant(NOW)),
        ..Default::default()
    };
    door.base.insert(row).await;
    let row = notification::ActiveModel {
        tenant_id: Set(member.tenant.0),
        id: Set(id),
        notice_id: Set(cause),
        member_id: Set(member.id.0),
        kind: Set("calendar_trouble".to_owned()),
        created_at: Set(instant(NOW)),
        ..Default::default()
    };
    door.base.insert(row).await;
    id.to_string()
}

/// Makes a service, a resource with a calendar's address, a holiday and an appointment.
async fn book(door: &Door, shop: &Shop) -> [(&'static str, String); 3] {
    let day = json!([{"from": "09:00", "to": "17:00"}]);
    let hours = json!({"monday": day, "tuesday": day, "wednesday": day, "thursday": day, "friday": day});
    let resource = made(&door.post(shop, "/api/v1/resources", json!({"name": "Ana", "kind": "person", "hours": hours})).await);
    let service = json!({"name": {"es": "Consulta"}, "duration": 30, "needs": [{"any_of": [resource]}]});
    let service = made(&door.post(shop, "/api/v1/services", service).await);
    assert_eq!(door.post(shop, &format!("/api/v1/resources/{resource}/feed"), json!({})).await.status, 201);
    let closed = json!({"name": "Navidad"});
    let holiday = door.ask(shop, Method::PUT, "/api/v1/holidays/2026-12-25", Some(closed)).await;
    assert!(holiday.status < 300, "{}", holiday.text);
    let wish = json!({"service_id": service, "starts_at": "2025-10-10T10:00:00Z", "contact": {"name": "Luz", "phone": "+526625550101"}});
    let appointment = made(&door.post(shop, "/api/v1/appointments", wish).await);
    [("services", service), ("resources", resource), ("appointments", appointment)]
}

/// Puts the customer of the conversation on the waiting list for the service.
async fn wait(door: &Door, shop: &Shop, ids: &BTreeMap<&'static str, String>) -> String {
    let talk = door.get(shop, &format!("/api/v1/conversations/{}", ids["conversations"])).await.json();
    let wish = json!({"service_id": ids["services"], "from": "2025-10-13", "to": "2025-10-17", "contact": {"id": talk["contact"]["id"]}});
    made(&door.post(shop, "/api/v1/waitlist", wish).await)
}

/// Makes a customer, notes something about them, prepares a text and hands a table in.
async fn file(door: &Door, shop: &Shop) -> [(&'static str, String); 5] {
    let contact = made(&door.post(shop, "/api/v1/contacts", json!({"name": "Eva", "email": "eva@example.com"})).await);
    let note = made(&door.post(shop, &format!("/api/v1/contacts/{contact}/notes"), json!({"text": "a word of theirs"})).await);
    let reply = json!({"code": "hours", "title": "Hours", "text": "a word of theirs"});
    let reply = made(&door.post(shop, "/api/v1/canned-replies", reply).await);
    let table = TestRequest::post().uri("/api/v1/contacts/import").insert_header(("x-api-key", shop.token.clone()));
    let table = door.call(table.insert_header(("content-type", "text/csv")).set_payload("name\na word of theirs\n")).await;
    assert_eq!(table.status, 202, "{}", table.text);
    let import = table.json()["id"].as_str().expect("an id").to_owned();
    let part = "--cut\r\ncontent-disposition: form-data; name=\"file\"; filename=\"a.txt\"\r\n\r\na word of theirs\r\n--cut--\r\n";
    let form = TestRequest::post().uri("/api/v1/attachments").insert_header(("x-api-key", shop.token.clone()));
    let form = form.insert_header(("content-type", "multipart/form-data; boundary=cut")).set_payload(part);
    let attachment = made(&door.call(form).await);
    [("attachments", attachment), ("contacts", contact), ("notes", note), ("canned-replies", reply), ("imports", import)]
}

/// Returns the id of what was made.
fn made(answer: &Answer) -> String {
    assert_eq!(answer.status, 201, "{}", answer.text);
    answer.json()["id"].as_str().expect("an id").to_owned()
}

/// Begins a request for a path.
pub fn request(method: &Method, path: &str, body: Option<&Value>) -> TestRequest {
    let request = TestRequest::default().method(method.clone()).uri(path);
    match body {
        Some(body) => request.set_json(body),
        None => request,
    }
}
