//! Every route that may change something, and the audit log: exactly one row, or a reason why there is none. A new route must be said here.

use super::{Asked, World, bodies::Document, request};
use crate::domain::ids::TenantId;
use crate::http::access::{Access, Class};
use crate::http::routes::endpoints;
use crate::http::testkit::Door;
use crate::store::audit::AuditFilter;
use crate::store::people::fixtures::Base;
use serde_json::{Value, json};

/// What a route leaves in the log when it has done what it is for.
enum Leaves {
    /// One row, if it is asked with this body.
    OneRow(Value),
    /// None, and why.
    Nothing(&'static str),
    /// One row, but not out of nothing: the test that makes what it needs.
    Elsewhere(&'static str),
}

const ACCOUNT: Leaves = Leaves::Nothing("needs a password or a code: tests/it/audit/people.rs does it and asks for its row");
const TALK: Leaves = Leaves::Nothing("the conversation's timeline says who and when");
const BOOK: Leaves = Leaves::Nothing("the book keeps who and when with the appointment");
const FILE: Leaves = Leaves::Nothing("what is noted of a customer stands in the customer's file with who and when");
const ATTACHED: Leaves = Leaves::Nothing("the file's row says who brought it and when; what is sent stands in the timeline");
const HOOKS: Leaves = Leaves::Elsewhere("tests/it/audit/deeds.rs");
const CUSTOMERS: Leaves = Leaves::Elsewhere("tests/it/audit/customers.rs");
const OWN: Leaves = Leaves::Nothing("what one looks at, and how one is told, is nobody else's");
const FROM_OUTSIDE: Leaves = Leaves::Nothing("a customer's or a provider's, who administer nothing");

#[expect(clippy::too_many_lines, reason = "one table, a line for each route")]
fn leaves(route: &str, world: &World) -> Leaves {
    let day = json!([{"from": "09:00", "to": "17:00"}]);
    let resource = json!({"name": "Eva", "kind": "person", "hours": {"monday": day}});
    let service = json!({"name": {"es": "Corte"}, "duration": 45, "needs": [{"any_of": [world.ids["resources"]]}]});
    let provider = json!({"name": "second", "base_url": "https://models.example.com/v1/", "model": "m-2", "api_key": "sk-canary"});
    Leaves::OneRow(match route {
        "post /api/v1/auth/sign-up"
        | "post /api/v1/auth/login"
        | "post /api/v1/auth/mfa"
        | "post /api/v1/auth/refresh"
        | "post /api/v1/auth/logout"
        | "post /api/v1/auth/password/forgot"
        | "post /api/v1/auth/password/reset"
        | "post /api/v1/auth/email/confirm"
        | "post /api/v1/auth/invitations/accept"
        | "patch /api/v1/me"
        | "post /api/v1/me/password"
        | "delete /api/v1/me/sessions"
        | "post /api/v1/me/totp"
        | "post /api/v1/me/totp/confirm"
        | "post /api/v1/me/totp/disable"
        | "post /api/v1/me/recovery-codes" => return ACCOUNT,
        "put /api/v1/me/presence" | "post /api/v1/presence/ping" => return OWN,
        "post /api/v1/contacts"
        | "patch /api/v1/contacts/{id}"
        | "post /api/v1/contacts/{id}/notes"
        | "patch /api/v1/contacts/{id}/notes/{note_id}"
        | "delete /api/v1/contacts/{id}/notes/{note_id}" => return FILE,
        "post /api/v1/contacts/import"
        | "delete /api/v1/contacts/{id}"
        | "post /api/v1/contacts/{id}/unblock"
        | "post /api/v1/contacts/{id}/merge"
        | "post /api/v1/contacts/{id}/merge/undo" => return CUSTOMERS,
        "post /api/v1/webhooks/{id}/enable"
        | "post /api/v1/webhooks/{id}/replay"
        | "post /api/v1/webhooks/{id}/deliveries/{delivery_id}/replay" => return HOOKS,
        "post /api/v1/webhooks/{id}/test" => return Leaves::Nothing("sends a sample, and changes nothing"),
        "post /api/v1/attachments" | "delete /api/v1/attachments/{id}" => return ATTACHED,
        "post /api/v1/canned-replies/{id}/render" => return Leaves::Nothing("reads"),
        "put /api/v1/me/notification-choices"
        | "post /api/v1/notifications/read-all"
        | "post /api/v1/notifications/{id}/read"
        | "post /api/v1/conversations/{id}/read"
        | "post /api/v1/conversations/{id}/unread"
        | "post /api/v1/conversations/{id}/presence" => {
            return OWN;
        }
        "post /webhooks/{channel}" | "post /webhooks/{channel}/{inbox_id}" | "post /api/v1/channels/{inbox_id}/events" => {
            return FROM_OUTSIDE;
        }
        "post /api/v1/conversations/{id}/messages"
        | "post /api/v1/conversations/{id}/messages/{message_id}/retry"
        | "post /api/v1/conversations/{id}/status"
        | "post /api/v1/conversations/{id}/handback"
        | "patch /api/v1/conversations/{id}"
        | "post /api/v1/conversations/{id}/claim"
        | "post /api/v1/conversations/claim-next"
        | "post /api/v1/conversations/{id}/assignment" => return TALK,
        "post /api/v1/appointments"
        | "post /api/v1/appointments/{id}/move"
        | "post /api/v1/appointments/{id}/cancel"
        | "post /api/v1/appointments/{id}/complete"
        | "post /api/v1/appointments/{id}/no-show"
        | "post /api/v1/appointments/{id}/approve"
        | "post /api/v1/waitlist"
        | "delete /api/v1/waitlist/{id}" => return BOOK,
        "post /api/v1/model-providers/{id}/check" => return Leaves::Nothing("asks the model's server, and changes nothing"),
        "post /api/v1/model-providers" | "put /api/v1/model-providers/{id}" => provider,
        "put /api/v1/model-settings" => json!({"tokens_per_day": 5000}),
        "post /api/v1/services" | "put /api/v1/services/{id}" => service,
        "post /api/v1/resources" | "put /api/v1/resources/{id}" => resource,
        "put /api/v1/holidays/{date}" => json!({"name": "Nochebuena"}),
        "put /api/v1/booking-rules" => json!({}),
        "patch /api/v1/members/{id}" => json!({"permissions": ["contacts:read"]}),
        "post /api/v1/invitations" => json!({"email": "new@example.com"}),
        "post /api/v1/api-keys" => json!({"name": "second", "scopes": ["contacts:read"]}),
        "patch /api/v1/business" => json!({"name": "Otra"}),
        "put /api/v1/notification-rules" => json!({"handoff_minutes": 77}),
        "post /api/v1/inboxes" => json!({"channel": "generic", "name": "Web", "config": {"url": "https://adapter.example.com/a"}}),
        "patch /api/v1/inboxes/{id}" => json!({"paused": true}),
        "post /api/v1/labels" | "put /api/v1/labels/{id}" => json!({"title": "another"}),
        "post /api/v1/views" => json!({"name": "another", "shared": true}),
        "put /api/v1/views/{id}" => json!({"name": "another"}),
        "post /api/v1/teams" | "put /api/v1/teams/{id}" => json!({"name": "Otro", "member_ids": []}),
        "put /api/v1/members/{id}/capacity" => json!({"max_open": 7}),
        "put /api/v1/assignment-rules" => json!({"max_open": 77}),
        "put /api/v1/inboxes/{id}/assignment" => json!({"mode": "least_loaded", "max_open": 7}),
        "put /api/v1/inboxes/{id}/hours" => json!({"hours": {"monday": day}}),
        "put /api/v1/inboxes/{id}/survey" => json!({"enabled": true}),
        "post /api/v1/conversations/bulk" => {
            json!({"conversation_ids": [world.ids["conversations"]], "action": {"type": "resolve"}})
        }
        "post /api/v1/conversations/bulk/{id}/cancel"
        | "delete /api/v1/conversations/{id}"
        | "delete /api/v1/conversations/{id}/messages/{message_id}" => json!({}),
        "post /api/v1/webhooks" | "put /api/v1/webhooks/{id}" => {
            json!({"url": "https://other.example.com/", "events": ["message.created"]})
        }
        "post /api/v1/canned-replies" | "put /api/v1/canned-replies/{id}" => json!({"code": "other", "title": "Otro", "text": "Hola"}),
        "delete /api/v1/me/sessions/{id}"
        | "delete /api/v1/model-providers/{id}"
        | "delete /api/v1/services/{id}"
        | "delete /api/v1/resources/{id}"
        | "post /api/v1/resources/{id}/feed"
        | "delete /api/v1/resources/{id}/feed"
        | "delete /api/v1/holidays/{date}"
        | "delete /api/v1/members/{id}"
        | "post /api/v1/members/{id}/transfer-ownership"
        | "post /api/v1/invitations/{id}/resend"
        | "delete /api/v1/invitations/{id}"
        | "delete /api/v1/labels/{id}"
        | "delete /api/v1/views/{id}"
        | "delete /api/v1/teams/{id}"
        | "delete /api/v1/webhooks/{id}"
        | "post /api/v1/webhooks/{id}/secret"
        | "delete /api/v1/canned-replies/{id}"
        | "post /api/v1/contacts/{id}/block"
        | "delete /api/v1/api-keys/{id}" => json!({}),
        other => panic!("{other} may change something: say here which body it takes, or why it leaves no row in the log"),
    })
}

async fn rows(door: &Door, tenant: TenantId) -> usize {
    door.base.store.tenant(tenant).audit_events(AuditFilter::default(), 1_000).await.expect("the log can be read").len()
}

/// Asks one route, where it must leave a row in a business of its own; says what is wrong with what it leaves.
async fn ask(door: &Door, quiet: &World, route: &Asked, slug: &str) -> Option<String> {
    let name = format!("{} {}", route.method, route.path);
    if let Leaves::Nothing(why) = leaves(&name, quiet) {
        let body = Document::read().body(route.method, route.path, &quiet.shop.inbox.to_string());
        let before = rows(door, quiet.shop.tenant).await;
        if route.access != Access::Open {
            let asked = request(&route.verb(), &route.fill(&quiet.ids), body.as_ref());
            door.call(asked.insert_header(quiet.owner.header())).await;
        }
        let left = rows(door, quiet.shop.tenant).await - before;
        return (left != 0).then(|| format!("{name} left {left} rows, though {why}"));
    }
    if let Leaves::Elsewhere(test) = leaves(&name, quiet) {
        let there = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(test).exists();
        return (!there).then(|| format!("{name}: there is no {test}"));
    }
    let world = World::seed(door, slug).await;
    let Leaves::OneRow(body) = leaves(&name, &world) else { return Some(format!("{name} is said twice")) };
    let before = rows(door, world.shop.tenant).await;
    let answer = door.call(request(&route.verb(), &route.fill(&world.ids), Some(&body)).insert_header(world.owner.header())).await;
    let left = rows(door, world.shop.tenant).await - before;
    if !(200..300).contains(&answer.status) {
        return Some(format!("{name} was refused: {}", answer.text));
    }
    (left != 1).then(|| format!("{name} left {left} rows"))
}

async fn run(base: Base) {
    let door = Door::on(base).await;
    let quiet = World::seed(&door, "quiet").await;
    let changing = endpoints().into_iter().filter(|it| it.method != "get" && it.class != Class::Stream);
    let mut wrong = Vec::new();
    for (number, it) in changing.enumerate() {
        let route = Asked { method: it.method, path: it.path, access: it.access, class: it.class };
        wrong.extend(ask(&door, &quiet, &route, &format!("shop-{number}")).await);
    }
    assert!(wrong.is_empty(), "{}:\n{}", wrong.len(), wrong.join("\n"));
}

#[actix_web::test]
async fn every_route_that_administers_leaves_exactly_one_row_in_the_log_on_sqlite() {
    run(Base::open().await).await;
}

#[actix_web::test]
async fn every_route_that_administers_leaves_exactly_one_row_in_the_log_on_postgres() {
    run(Base::postgres().await).await;
}
