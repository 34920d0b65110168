//! Actions over many conversations, through the door, worked off by hand; on both databases.

use crate::domain::bulk::MOST_ITEMS;
use crate::domain::ids::{BulkActionId, TenantId};
use crate::domain::inbox::ChannelKind;
use crate::domain::permission::Role;
use crate::http::testkit::test_members::TestMember;
use crate::http::testkit::{Answer, Door};
use crate::ports::bulk::BulkActions;
use crate::store::audit::AuditFilter;
use crate::store::people::fixtures::{Base, NOW, Shop};
use crate::store::scope::Role as Acts;
use actix_web::http::Method;
use actix_web::test::TestRequest;
use entities::inbound;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use serde_json::{Value, json};
use uuid::Uuid;

const BULK: &str = "/api/v1/conversations/bulk";

/// A business with two inboxes, three members and seven conversations; the last two are in the other inbox.
struct Floor {
    door: Door,
    shop: Shop,
    boss: TestMember,
    ana: TestMember,
    /// Sees the first inbox only.
    luz: TestMember,
    talks: Vec<String>,
}

impl Floor {
    async fn open(base: Base) -> Self {
        let door = Door::on(base).await;
        let shop = door.shop("a", ChannelKind::Generic, "").await;
        let other = Shop { inbox: door.base.inbox(&shop, "generic").await, ..shop.clone() };
        let limited = json!([shop.inbox.to_string()]).to_string();
        let boss = door.member(&shop, Role::Owner, None, None).await;
        let ana = door.member(&shop, Role::Member, None, None).await;
        let luz = door.member(&shop, Role::Member, None, Some(&limited)).await;
        let mut talks = Vec::new();
        let standings = [("open", "nobody"), ("open", "human"), ("pending", "assistant"), ("resolved", "nobody"), ("spam", "nobody")];
        for (number, standing) in (1..).zip(standings) {
            talks.push(door.base.talk(&shop, number, standing, number).await.id.to_string());
        }
        for number in 6..8 {
            talks.push(door.base.talk(&other, number, ("open", "nobody"), number).await.id.to_string());
        }
        Self { door, shop, boss, ana, luz, talks }
    }

    async fn both() -> [Self; 2] {
        [Self::open(Base::open().await).await, Self::open(Base::postgres().await).await]
    }

    async fn begin(&self, who: &TestMember, wish: Value) -> Answer {
        self.door.as_member(who, Method::POST, BULK, Some(wish)).await
    }

    async fn begun(&self, who: &TestMember, wish: Value) -> String {
        let answer = self.begin(who, wish).await;
        assert_eq!(answer.status, 202, "{}", answer.text);
        let id = answer.json()["id"].as_str().unwrap().to_owned();
        assert_eq!(answer.header("location"), format!("{BULK}/{id}"));
        id
    }

    async fn read(&self, who: &TestMember, path: &str) -> Answer {
        self.door.as_member(who, Method::GET, &format!("{BULK}/{path}"), None).await
    }

    /// Does one step of an action; returns how many commands stand in the queue.
    async fn step(&self, id: &str, most: usize) -> (usize, bool) {
        let id = BulkActionId(Uuid::parse_str(id).unwrap());
        let step = self.door.base.store.work_bulk(self.shop.tenant, id, most, NOW).await.unwrap();
        (step.given.len(), step.done)
    }

    /// Lets every command in the queue come to the same.
    async fn settle(&self, outcome: Value) {
        let outcome = outcome.to_string();
        let settled = self.door.base.store.solo(Acts::Engine, move |tx| {
            Box::pin(async move {
                let all = inbound::Entity::update_many().col_expr(inbound::Column::Outcome, Expr::val(outcome));
                let open = all.col_expr(inbound::Column::State, Expr::val("settled")).filter(inbound::Column::State.eq("new"));
                open.exec(tx).await.map(drop)
            })
        });
        settled.await.unwrap();
    }

    /// Lists what the items came to, each with its reason.
    async fn items(&self, who: &TestMember, id: &str) -> Vec<String> {
        let page = self.read(who, &format!("{id}/items?limit=100")).await.json();
        let told = page["data"].as_array().unwrap().iter().map(|item| match item["reason"].as_str() {
            Some(reason) => format!("{}: {reason}", item["result"].as_str().unwrap()),
            None => item["result"].as_str().unwrap().to_owned(),
        });
        told.collect()
    }

    async fn commands(&self) -> Vec<(String, Value)> {
        let tenant: TenantId = self.shop.tenant;
        let all = inbound::Entity::find().filter(inbound::Column::TenantId.eq(tenant.0)).filter(inbound::Column::Kind.eq("command"));
        let rows = crate::store::scope::read_as(&self.door.base.store, Acts::Engine, |tx| Box::pin(all.all(tx))).await.unwrap();
        let read = |row: inbound::Model| (row.external_id, serde_json::from_str(&row.payload).unwrap());
        rows.into_iter().map(read).collect()
    }
}

fn told(answer: &Answer) -> (u16, String) {
    (answer.status, answer.json()["errors"][0]["field"].as_str().or(answer.json()["code"].as_str()).unwrap_or_default().to_owned())
}

#[actix_web::test]
async fn the_list_is_fixed_and_every_item_is_reported() {
    for it in Floor::both().await {
        let filter = json!({"filter": {"status": ["open"]}, "action": {"type": "priority", "priority": "high"}});
        let id = it.begun(&it.ana, filter).await;
        let seen = it.read(&it.ana, &id).await.json();
        assert_eq!((&seen["state"], &seen["total"], &seen["counts"]["waiting"]), (&json!("running"), &json!(4), &json!(4)));
        assert_eq!(seen["action"], json!({"type": "priority", "priority": "high"}));
        // One that opens now is none of it.
        it.door.base.talk(&it.shop, 8, ("open", "nobody"), 8).await;
        assert_eq!(it.step(&id, 3).await, (3, false));
        assert_eq!(it.step(&id, 3).await, (3, false), "no more than three at once");
        it.settle(json!({"outcome": "done", "changed": true})).await;
        assert_eq!(it.step(&id, 3).await, (1, false));
        it.settle(json!({"outcome": "done", "changed": false})).await;
        assert_eq!(it.step(&id, 3).await, (0, true));
        let all = it.read(&it.ana, &id).await.json();
        let counts = ["done", "unchanged", "waiting", "given"].map(|word| all["counts"][word].clone());
        assert_eq!((&all["state"], counts), (&json!("done"), [json!(3), json!(1), json!(0), json!(0)]));
        let page = it.read(&it.ana, &format!("{id}/items?limit=3")).await.json();
        let next = page["next"].as_str().unwrap();
        let last = it.read(&it.ana, &format!("{id}/items?limit=3&cursor={next}")).await.json();
        let ids = |page: &Value| page["data"].as_array().unwrap().iter().map(|row| row["conversation_id"].clone()).collect::<Vec<_>>();
        let order: Vec<Value> = [6, 5, 1, 0].map(|place: usize| json!(it.talks[place])).into();
        assert_eq!([ids(&page), ids(&last)].concat(), order, "the newest first, each once");
        assert_eq!(last["data"][0]["result"], "unchanged");
        assert_eq!(it.read(&it.ana, &format!("{id}/items?result=unchanged")).await.json()["data"].as_array().map(Vec::len), Some(1));
        let commands = it.commands().await;
        assert!(
            commands.len() == 4 && commands.iter().all(|(_, what)| what["type"] == "agent_triaged" && what["by"] == it.ana.id.to_string())
        );
        assert!(it.door.base.store.open_bulk(9).await.unwrap().is_empty());
    }
}

#[actix_web::test]
async fn conv_94_what_is_not_seen_is_absent_and_who_may_is_asked_again() {
    for it in Floor::both().await {
        let stranger = it.door.base.uuid().to_string();
        let named = json!([it.talks[0], it.talks[6], it.talks[0], stranger]);
        let id = it.begun(&it.luz, json!({"conversation_ids": named, "action": {"type": "resolve"}})).await;
        assert_eq!(it.step(&id, 9).await, (1, false));
        it.settle(json!({"outcome": "refused", "code": "other_status", "detail": "x"})).await;
        assert_eq!(it.step(&id, 9).await, (0, true));
        assert_eq!(it.items(&it.luz, &id).await, ["refused: other_status", "absent", "absent"], "the other inbox is not hers");
        assert_eq!(told(&it.read(&it.ana, &id).await), (403, "not_yours".to_owned()), "somebody else's");
        assert_eq!(it.read(&it.boss, &id).await.status, 200);
        let id = it.begun(&it.luz, json!({"filter": {}, "action": {"type": "spam"}})).await;
        assert_eq!(it.read(&it.luz, &id).await.json()["total"], 5, "a filter shows her own inbox only");
        let reader = json!({"permissions": ["conversations:read"]});
        let path = format!("/api/v1/members/{}", it.luz.id);
        assert_eq!(it.door.as_member(&it.boss, Method::PATCH, &path, Some(reader)).await.status, 200);
        assert_eq!(it.step(&id, 9).await, (0, true), "each was refused at once");
        assert_eq!(it.items(&it.boss, &id).await, ["refused: permission"; 5]);
    }
}

#[actix_web::test]
async fn it_is_given_only_to_members_who_see_the_inbox_and_labels_that_there_are() {
    for it in Floor::both().await {
        let all = json!([it.talks[0], it.talks[6]]);
        let assign = json!({"type": "assign", "assignee_id": it.luz.id.to_string()});
        let id = it.begun(&it.ana, json!({"conversation_ids": all, "action": assign})).await;
        assert_eq!(it.step(&id, 9).await, (1, false));
        it.settle(json!({"outcome": "done", "changed": true})).await;
        assert_eq!(it.step(&id, 9).await, (0, true));
        assert_eq!(it.items(&it.ana, &id).await, ["done", "refused: cannot_answer"]);
        let label = it.door.post(&it.shop, "/api/v1/labels", json!({"title": "late"})).await.json()["id"].as_str().unwrap().to_owned();
        let id = it.begun(&it.ana, json!({"conversation_ids": all, "action": {"type": "label", "add": [label]}})).await;
        assert_eq!(it.door.ask(&it.shop, Method::DELETE, &format!("/api/v1/labels/{label}"), None).await.status, 204);
        it.step(&id, 9).await;
        assert_eq!(it.items(&it.ana, &id).await, ["refused: unknown"; 2]);
    }
}

#[actix_web::test]
async fn what_is_called_off_is_not_begun_any_more() {
    for it in Floor::both().await {
        let id = it.begun(&it.ana, json!({"filter": {"status": ["open"]}, "action": {"type": "snooze"}})).await;
        assert_eq!(told(&it.begin(&it.ana, json!({"filter": {}, "action": {"type": "spam"}})).await), (409, "at_work".to_owned()));
        assert_eq!(it.step(&id, 1).await, (1, false));
        let cancel = format!("{BULK}/{id}/cancel");
        assert_eq!(it.door.as_member(&it.luz, Method::POST, &cancel, None).await.status, 403, "not hers");
        let off = it.door.as_member(&it.boss, Method::POST, &cancel, None).await;
        assert_eq!((off.status, &off.json()["state"], &off.json()["counts"]["cancelled"]), (200, &json!("cancelling"), &json!(3)));
        assert_eq!(it.step(&id, 9).await, (1, false), "what is in the queue comes to its end");
        it.settle(json!({"outcome": "done", "changed": true})).await;
        assert_eq!(it.step(&id, 9).await, (0, true));
        assert_eq!(it.items(&it.ana, &id).await, ["done", "cancelled", "cancelled", "cancelled"]);
        let again = it.door.as_member(&it.ana, Method::POST, &cancel, None).await;
        assert_eq!((again.status, &again.json()["state"]), (200, &json!("cancelled")));
        it.begun(&it.ana, json!({"filter": {}, "action": {"type": "not_spam"}})).await;
    }
}

#[actix_web::test]
async fn conv_23_administrators_delete_many_and_each_is_told_of() {
    for it in Floor::both().await {
        let all = json!({"filter": {"status": ["open"]}, "action": {"type": "delete"}});
        assert_eq!(told(&it.begin(&it.ana, all.clone()).await), (403, "administrator".to_owned()));
        let id = it.begun(&it.boss, all).await;
        let step = it.door.base.store.work_bulk(it.shop.tenant, BulkActionId(Uuid::parse_str(&id).unwrap()), 3, NOW).await.unwrap();
        assert_eq!((step.gone.len(), step.published.len(), step.given.len(), step.done), (3, 3, 0, false));
        assert!(step.published.iter().all(|event| event.kind == "conversation.deleted"));
        let left = it.door.as_member(&it.boss, Method::GET, "/api/v1/conversations?status=open", None).await.json();
        assert_eq!(left["data"].as_array().map(Vec::len), Some(1), "three are not there any more");
        // Somebody deletes the last one by hand.
        let by_hand = format!("/api/v1/conversations/{}", it.talks[0]);
        assert_eq!(told(&it.door.as_member(&it.ana, Method::DELETE, &by_hand, None).await), (403, "administrator".to_owned()));
        assert_eq!(it.door.as_member(&it.boss, Method::DELETE, &by_hand, None).await.status, 204);
        assert_eq!(it.door.as_member(&it.boss, Method::DELETE, &by_hand, None).await.status, 404, "it is gone");
        assert_eq!(it.step(&id, 3).await, (0, true));
        assert_eq!(it.items(&it.boss, &id).await, ["done", "done", "done", "absent"]);
        let log = it.door.base.store.tenant(it.shop.tenant).audit_events(AuditFilter::default(), 100).await.unwrap();
        assert_eq!(log.iter().filter(|event| event.action == "conversation.deleted").count(), 4, "each has its row");
        assert_eq!(it.door.engine.published.lock().unwrap().len(), 1);
    }
}

#[actix_web::test]
async fn two_workers_give_each_item_once() {
    for it in Floor::both().await {
        let id = it.begun(&it.ana, json!({"filter": {}, "action": {"type": "resolve"}})).await;
        let (one, two) = futures::future::join(it.step(&id, 9), it.step(&id, 9)).await;
        assert_eq!((one, two), ((7, false), (7, false)));
        let mut names: Vec<String> = it.commands().await.into_iter().map(|(name, _)| name).collect();
        names.sort_unstable();
        assert_eq!(names, (0..7).map(|place| format!("bulk:{id}:{place}")).collect::<Vec<_>>());
    }
}

#[actix_web::test]
async fn a_repeat_begins_nothing_twice() {
    for it in Floor::both().await {
        let send = async |wish: &Value| {
            let request = TestRequest::post().uri(BULK).insert_header(it.ana.header()).insert_header(("idempotency-key", "b1"));
            it.door.call(request.set_json(wish)).await
        };
        let wish = json!({"filter": {"status": ["open"]}, "action": {"type": "resolve"}});
        let (first, again) = (send(&wish).await, send(&wish).await);
        assert_eq!((first.status, again.status, &first.json()["id"]), (202, 202, &again.json()["id"]));
        assert_eq!((first.header("idempotent-replayed"), again.header("idempotent-replayed")), ("", "true"));
        assert_eq!(told(&send(&json!({"filter": {}, "action": {"type": "resolve"}})).await), (422, "Idempotency-Key".to_owned()));
    }
}

#[actix_web::test]
async fn wrong_wishes_name_their_field() {
    let it = Floor::open(Base::open().await).await;
    let (one, many) = (json!([it.talks[0]]), (0..=MOST_ITEMS).map(|n| Uuid::from_u128(u128::from(n))).collect::<Vec<_>>());
    let wrong = [
        (json!({"action": {"type": "resolve"}}), "conversation_ids"),
        (json!({"conversation_ids": [], "action": {"type": "resolve"}}), "conversation_ids"),
        (json!({"conversation_ids": many, "action": {"type": "resolve"}}), "conversation_ids"),
        (json!({"conversation_ids": one, "filter": {}, "action": {"type": "resolve"}}), "filter"),
        (json!({"filter": {"status": ["closed"]}, "action": {"type": "resolve"}}), "filter.status"),
        (json!({"filter": {}, "action": {"type": "snooze", "until": "2001-01-01T00:00:00Z"}}), "action.until"),
        (json!({"filter": {}, "action": {"type": "assign"}}), "action.assignee_id"),
        (json!({"filter": {}, "action": {"type": "assign", "assignee_id": it.talks[0]}}), "action.assignee_id"),
        (json!({"filter": {}, "action": {"type": "assign", "team_id": it.talks[0]}}), "action.team_id"),
        (json!({"filter": {}, "action": {"type": "label"}}), "action.add"),
        (json!({"filter": {}, "action": {"type": "label", "add": [it.talks[0]]}}), "action.add"),
        (json!({"filter": {}, "action": {"type": "priority", "priority": "huge"}}), "action.priority"),
    ];
    for (wish, field) in wrong {
        let answer = it.begin(&it.ana, wish).await;
        assert_eq!(told(&answer), (422, field.to_owned()), "{}", answer.text);
    }
    for wish in [json!({"filter": {}, "action": {"type": "explode"}}), json!({"filter": {}, "action": {"type": "resolve", "x": 1}})] {
        assert_eq!(it.begin(&it.ana, wish).await.status, 422);
    }
    assert!(it.door.base.store.open_bulk(9).await.unwrap().is_empty(), "nothing was begun");
    assert_eq!(it.read(&it.ana, &format!("{}/items", it.talks[0])).await.status, 404);
}
