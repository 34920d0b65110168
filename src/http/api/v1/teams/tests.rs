//! Members who are limited to teams, through the door: how the limit is given and taken back, and what follows from it.

mod leaving;
mod reach;

use crate::domain::conversation::event::Happening;
use crate::domain::ids::{AgentId, BulkActionId, TeamId};
use crate::domain::inbox::ChannelKind;
use crate::domain::membership::Visibility;
use crate::domain::permission::Role;
use crate::domain::routing::Colleague;
use crate::http::testkit::Door;
use crate::http::testkit::test_members::TestMember;
use crate::ports::bulk::BulkActions;
use crate::ports::store::EngineStore;
use crate::store::audit::AuditFilter;
use crate::store::people::fixtures::{Base, NOW, Shop, Talk, give};
use crate::store::scope::Role as Acts;
use actix_web::http::Method;
use entities::{bulk_action_item, team_member};
use sea_orm::ActiveValue::Set;
use sea_orm::EntityTrait;
use sea_orm::sea_query::Expr;
use serde_json::{Value, json};
use uuid::Uuid;

/// A business with two teams, an owner, and somebody who sees the first team's conversations.
struct House {
    door: Door,
    shop: Shop,
    sales: TeamId,
    care: TeamId,
    olga: TestMember,
    ana: TestMember,
}

impl House {
    async fn on(base: Base) -> Self {
        let door = Door::on(base).await;
        let shop = door.shop("a", ChannelKind::Generic, "").await;
        let (sales, care) = (door.base.team(&shop, "Ventas").await, door.base.team(&shop, "Soporte").await);
        let olga = door.member(&shop, Role::Owner, None, None).await;
        let ana = door.member(&shop, Role::Member, None, Visibility::of_teams([sales]).to_stored().as_deref()).await;
        Self { door, shop, sales, care, olga, ana }
    }

    async fn both() -> [Self; 2] {
        [Self::on(Base::open().await).await, Self::on(Base::postgres().await).await]
    }

    async fn ask(&self, who: &TestMember, method: Method, path: &str, body: Option<Value>) -> (u16, Value) {
        let answer = self.door.as_member(who, method, &format!("/api/v1/{path}"), body).await;
        (answer.status, serde_json::from_str(&answer.text).unwrap_or_default())
    }

    async fn get(&self, who: &TestMember, path: &str) -> Value {
        self.ask(who, Method::GET, path, None).await.1
    }

    async fn patch(&self, whom: &TestMember, body: Value) -> (u16, Value) {
        self.ask(&self.olga, Method::PATCH, &format!("members/{}", whom.id), Some(body)).await
    }

    async fn talk(&self, number: i64, team: Option<TeamId>, assignee: Option<&TestMember>) -> Talk {
        let talk = self.door.base.talk(&self.shop, number, ("open", "nobody"), number).await;
        self.door.base.give(&self.shop, talk.id, team, assignee.map(|member| AgentId(member.id.0))).await;
        talk
    }

    /// Says something of every item of every action.
    async fn detail(&self, words: &'static str) {
        let said = self.door.base.store.solo(Acts::Engine, move |tx| {
            let all = bulk_action_item::Entity::update_many().col_expr(bulk_action_item::Column::Detail, Expr::val(words));
            Box::pin(async move { all.exec(tx).await.map(drop) })
        });
        said.await.expect("says");
    }

    async fn join(&self, member: &TestMember, team: TeamId) {
        let (tenant_id, team_id, member_id) = (Set(self.shop.tenant.0), Set(team.0), Set(member.id.0));
        self.door.base.insert(team_member::ActiveModel { tenant_id, team_id, member_id }).await;
    }
}

fn numbers(page: &Value) -> Vec<i64> {
    page["data"].as_array().unwrap().iter().map(|row| row["number"].as_i64().unwrap()).collect()
}

fn field(answer: &(u16, Value)) -> (u16, &str) {
    (answer.0, answer.1["errors"][0]["field"].as_str().unwrap_or_default())
}

fn code(answer: &(u16, Value)) -> (u16, &str) {
    (answer.0, answer.1["code"].as_str().unwrap_or_default())
}

#[actix_web::test]
async fn a_limit_to_teams_is_given_and_taken_back_beside_the_one_to_inboxes() {
    for it in House::both().await {
        let eva = it.door.member(&it.shop, Role::Member, None, None).await;
        assert_eq!(it.get(&it.olga, &format!("members/{}", eva.id)).await["teams"], Value::Null);
        let (status, now) = it.patch(&eva, json!({"teams": [it.sales]})).await;
        assert_eq!((status, &now["teams"], &now["inboxes"]), (200, &json!([it.sales]), &Value::Null));
        let (_, now) = it.patch(&eva, json!({"inboxes": [it.shop.inbox]})).await;
        assert_eq!((&now["teams"], &now["inboxes"]), (&json!([it.sales]), &json!([it.shop.inbox])), "what is left out stays");
        let (_, now) = it.patch(&eva, json!({"teams": null})).await;
        assert_eq!((&now["teams"], &now["inboxes"]), (&Value::Null, &json!([it.shop.inbox])));
        let (_, now) = it.patch(&eva, json!({"teams": [], "inboxes": null})).await;
        assert_eq!((&now["teams"], &now["inboxes"]), (&json!([]), &Value::Null), "an empty list is no team");
        assert_eq!(field(&it.patch(&eva, json!({"teams": [it.door.base.uuid()]})).await), (422, "teams"));
        let many: Vec<Uuid> = (0..101).map(|_| it.door.base.uuid()).collect();
        assert_eq!(field(&it.patch(&eva, json!({"teams": many})).await), (422, "teams"));
        assert_eq!(code(&it.patch(&it.olga, json!({"teams": [it.sales]})).await), (422, "no_such_place"), "nothing limits an owner");
        let log = it.door.base.store.tenant(it.shop.tenant).audit_events(AuditFilter::default(), 99).await.unwrap();
        let changes: Vec<String> = log.iter().filter(|row| row.action == "member.changed").map(|row| format!("{row:?}")).collect();
        assert_eq!(changes.len(), 4, "one row for each change");
        assert_eq!(changes.iter().filter(|row| row.contains("teams")).count(), 3, "{changes:?}");
    }
}

#[actix_web::test]
async fn trust_a11_whoever_is_limited_to_teams_gives_no_more_than_them() {
    let it = House::on(Base::open().await).await;
    let limit = Visibility::of_teams([it.sales]).to_stored();
    let boss = it.door.member(&it.shop, Role::Administrator, None, limit.as_deref()).await;
    let eva = it.door.member(&it.shop, Role::Member, None, limit.as_deref()).await;
    let path = format!("members/{}", eva.id);
    for more in [json!({"teams": null}), json!({"teams": [it.sales, it.care]}), json!({"teams": null, "inboxes": [it.shop.inbox]})] {
        let refused = it.ask(&boss, Method::PATCH, &path, Some(more.clone())).await;
        assert_eq!(code(&refused), (403, "more_than_held"), "{more}");
        assert!(refused.1["detail"].as_str().unwrap().contains("team"), "{refused:?}");
    }
    assert_eq!(it.ask(&boss, Method::PATCH, &path, Some(json!({"teams": []}))).await.0, 200);
    let own = format!("members/{}", boss.id);
    assert_eq!(code(&it.ask(&boss, Method::PATCH, &own, Some(json!({"teams": null}))).await), (403, "more_than_held"));
    let ask = |teams: Value| json!({"email": "new@example.com", "teams": teams});
    assert_eq!(code(&it.ask(&boss, Method::POST, "invitations", Some(ask(Value::Null))).await), (403, "more_than_held"));
    let (status, made) = it.ask(&boss, Method::POST, "invitations", Some(ask(json!([it.sales])))).await;
    assert_eq!((status, &made["teams"]), (201, &json!([it.sales])));
    assert_eq!(field(&it.ask(&it.olga, Method::POST, "invitations", Some(ask(json!([it.door.base.uuid()])))).await), (422, "teams"));
    let key = json!({"name": "till", "scopes": ["contacts:read"]});
    assert_eq!(code(&it.ask(&boss, Method::POST, "api-keys", Some(key)).await), (403, "more_than_held"), "a key sees everything");
    let hook = json!({"url": "https://hooks.example.com/recado", "events": ["*"], "inboxes": [it.shop.inbox]});
    assert_eq!(code(&it.ask(&boss, Method::POST, "webhooks", Some(hook)).await), (403, "more_than_held"), "an endpoint hears every team");
    let customer = it.ask(&boss, Method::POST, "contacts", Some(json!({"name": "x"}))).await;
    assert_eq!(code(&customer), (403, "limited_to_teams"), "nobody makes what he would not see");
}

#[actix_web::test]
async fn a_team_that_is_removed_leaves_every_limit_and_widens_none() {
    for it in House::both().await {
        let both = Visibility::of_teams([it.sales, it.care]).with_inboxes(Some([it.shop.inbox].into())).to_stored();
        let eva = it.door.member(&it.shop, Role::Member, None, both.as_deref()).await;
        let free = it.door.member(&it.shop, Role::Member, None, None).await;
        let body = json!({"email": "new@example.com", "teams": [it.sales]});
        assert_eq!(it.ask(&it.olga, Method::POST, "invitations", Some(body)).await.0, 201);
        let talk = it.talk(1, Some(it.sales), None).await;
        let path = format!("conversations/{}", talk.id);
        assert_eq!(it.ask(&it.ana, Method::GET, &path, None).await.0, 200);
        let scope = it.door.base.store.tenant(it.shop.tenant);
        assert!(scope.member_is_unchanged(it.ana.id, 1).await.unwrap() || scope.member_is_unchanged(it.ana.id, 0).await.unwrap());
        assert_eq!(it.ask(&it.olga, Method::DELETE, &format!("teams/{}", it.sales), None).await.0, 204);
        assert_eq!(it.get(&it.olga, &format!("members/{}", it.ana.id)).await["teams"], json!([]), "no team, and not no limit");
        let shown = it.get(&it.olga, &format!("members/{}", eva.id)).await;
        assert_eq!((&shown["teams"], &shown["inboxes"]), (&json!([it.care]), &json!([it.shop.inbox])));
        assert_eq!(it.get(&it.olga, &format!("members/{}", free.id)).await["teams"], Value::Null);
        assert_eq!(it.get(&it.olga, "invitations").await["data"][0]["teams"], json!([]));
        for who in [&it.ana, &eva] {
            assert_eq!(it.ask(who, Method::GET, &path, None).await.0, 404);
            assert_eq!(it.get(who, "conversations").await["data"], json!([]));
        }
        assert!(!scope.member_is_unchanged(it.ana.id, 1).await.unwrap() && !scope.member_is_unchanged(it.ana.id, 0).await.unwrap());
        assert!(scope.member_is_unchanged(free.id, 1).await.unwrap() || scope.member_is_unchanged(free.id, 0).await.unwrap());
    }
}

#[actix_web::test]
async fn conv_94_who_is_limited_to_teams_sees_and_counts_theirs_and_the_own() {
    for it in House::both().await {
        let mut talks = Vec::new();
        for (number, team, assignee) in [
            (1, Some(it.sales), None),
            (2, Some(it.care), None),
            (3, None, None),
            (4, Some(it.care), Some(&it.ana)),
            (5, None, Some(&it.ana)),
        ] {
            talks.push(it.talk(number, team, assignee).await);
        }
        assert_eq!(numbers(&it.get(&it.ana, "conversations").await), [5, 4, 1]);
        for sort in ["created", "-created", "waiting", "priority", "last_activity"] {
            assert_eq!(numbers(&it.get(&it.ana, &format!("conversations?sort={sort}")).await).len(), 3, "{sort}");
        }
        let asked = async |query: String| numbers(&it.get(&it.ana, &format!("conversations?{query}")).await);
        assert_eq!(asked(format!("team={}", it.care)).await, [4]);
        assert_eq!(asked(format!("team={},none", it.sales)).await, [5, 1]);
        assert_eq!(asked("assignee=me".to_owned()).await, [5, 4]);
        assert_eq!(asked("assignee=none".to_owned()).await, [1]);
        let counts = it.get(&it.ana, "conversations/counts").await;
        let some = |count: u64| json!({"count": count, "more": false});
        assert_eq!(counts["open"], json!({"all": some(3), "mine": some(2), "unassigned": some(1)}));
        assert_eq!((&counts["by_status"]["open"], &counts["by_inbox"]), (&some(3), &Value::Null));
        assert_eq!(it.get(&it.olga, "conversations/counts").await["open"]["all"], some(5));
        for (talk, status) in talks.iter().zip([200, 404, 404, 200, 200]) {
            for path in ["", "/messages", "/turns", "/cycles", "/presence"] {
                assert_eq!(it.ask(&it.ana, Method::GET, &format!("conversations/{}{path}", talk.id), None).await.0, status, "{path}");
            }
        }
        for sort in ["created", "name", "last_activity"] {
            let seen = it.get(&it.ana, &format!("contacts?sort={sort}")).await;
            assert_eq!(seen["data"].as_array().map(Vec::len), Some(3), "{sort}");
        }
        let places = it.get(&it.ana, &format!("contacts/{}", talks[0].contact)).await;
        assert_eq!(places["conversations"].as_array().map(Vec::len), Some(1), "{places}");
    }
}

#[actix_web::test]
async fn whoever_gives_a_conversation_away_sees_the_answer_and_then_no_more_of_it() {
    for it in House::both().await {
        let talk = it.talk(1, Some(it.sales), None).await;
        let (store, tenant, care) = (it.door.base.store.clone(), it.shop.tenant, it.care);
        let moved = async move { give(&store, tenant, talk.id, (Some(care), None)).await };
        *it.door.engine.meanwhile.lock().unwrap() = Some(Box::pin(moved));
        it.door.engine.will_do(None, false);
        let path = format!("conversations/{}", talk.id);
        let (status, shown) = it.ask(&it.ana, Method::POST, &format!("{path}/assignment"), Some(json!({"team_id": it.care}))).await;
        assert_eq!((status, &shown["id"]), (200, &json!(talk.id)), "{shown}");
        assert_eq!((&shown["team_id"], &shown["contact"]["name"]), (&json!(it.care), &json!("Ana")), "as she has left it");
        assert_eq!(it.ask(&it.ana, Method::GET, &path, None).await.0, 404);
        let back = it.ask(&it.ana, Method::POST, &format!("{path}/assignment"), Some(json!({"team_id": it.sales}))).await;
        assert_eq!(back.0, 404, "nor does she take it back");
    }
}

#[actix_web::test]
async fn a_mention_names_who_sees_the_conversation_and_a_hand_over_whoever_sees_its_inbox() {
    let it = House::on(Base::open().await).await;
    let (theirs, hers) = (it.talk(1, Some(it.care), None).await, it.talk(2, Some(it.sales), None).await);
    let note = json!({"text": "mira", "private": true, "mentions": [it.ana.id]});
    let path = |talk: Talk, what: &str| format!("conversations/{}/{what}", talk.id);
    let refused = it.ask(&it.olga, Method::POST, &path(theirs, "messages"), Some(note.clone())).await;
    assert_eq!(field(&refused), (422, "mentions"));
    for talk in [theirs, hers] {
        it.door.engine.will_do(None, false);
        let assigned = it.ask(&it.olga, Method::POST, &path(talk, "assignment"), Some(json!({"assignee_id": it.ana.id}))).await;
        assert_eq!(assigned.0, 200, "what she is handed she sees");
    }
    it.door.base.give(&it.shop, theirs.id, Some(it.care), Some(AgentId(it.ana.id.0))).await;
    it.door.base.message(&it.shop, theirs, 1, "note", "mira").await;
    it.door.engine.will_do(Some(1), false);
    assert_eq!(it.ask(&it.olga, Method::POST, &path(theirs, "messages"), Some(note)).await.0, 201);
}

#[actix_web::test]
async fn the_line_and_the_desk_know_only_who_sees_what_waits() {
    for it in House::both().await {
        it.join(&it.ana, it.sales).await;
        it.join(&it.ana, it.care).await;
        let eva = it.door.member(&it.shop, Role::Member, None, None).await;
        it.join(&eva, it.care).await;
        let claim = async || it.ask(&it.ana, Method::POST, "conversations/claim-next", Some(json!({}))).await.0;
        it.talk(1, Some(it.care), None).await;
        it.talk(2, None, None).await;
        assert_eq!(claim().await, 204, "she is of the team, and does not see what it has");
        let hers = it.talk(3, Some(it.sales), None).await;
        it.door.engine.will_do(None, false);
        assert_eq!(claim().await, 200);
        assert_eq!(it.door.engine.happenings(), [Happening::AgentClaimed { by: AgentId(it.ana.id.0) }]);
        assert_eq!(it.door.engine.commands.lock().unwrap()[0].key.id, hers.id);
        let desk = async |team| {
            let picture = it.door.base.store.front_desk(it.shop.tenant, it.shop.inbox, team).await.unwrap();
            let given = |one: &Colleague| one.given;
            let knows = |member: &TestMember| picture.colleagues.iter().filter(|one| one.who.0 == member.id.0).any(given);
            let keeps = |member: &TestMember| picture.colleagues.iter().any(|one| one.who.0 == member.id.0);
            assert!(keeps(&it.ana) && keeps(&eva), "what they are handed they keep");
            (knows(&it.ana), knows(&eva))
        };
        assert_eq!(desk(None).await, (false, true));
        assert_eq!(desk(Some(it.care)).await, (false, true));
        assert_eq!(desk(Some(it.sales)).await, (true, false));
    }
}

#[actix_web::test]
async fn conv_94_an_action_over_many_asks_the_teams_for_every_item() {
    for it in House::both().await {
        let (hers, theirs) = (it.talk(1, Some(it.sales), None).await, it.talk(2, Some(it.care), None).await);
        let begin = async |wish: Value| {
            let (status, begun) = it.ask(&it.ana, Method::POST, "conversations/bulk", Some(wish)).await;
            assert_eq!(status, 202, "{begun}");
            begun["id"].as_str().unwrap().to_owned()
        };
        let resolve = json!({"type": "resolve"});
        let all = begin(json!({"filter": {}, "action": resolve})).await;
        assert_eq!(it.get(&it.ana, &format!("conversations/bulk/{all}")).await["total"], json!(1), "the list is what she sees");
        // It moves away before its turn comes.
        let work = async |id: &str| {
            let id = BulkActionId(Uuid::parse_str(id).unwrap());
            it.door.base.store.work_bulk(it.shop.tenant, id, 9, NOW).await.unwrap().done
        };
        it.door.base.give(&it.shop, hers.id, Some(it.care), None).await;
        while !work(&all).await {}
        let items = it.get(&it.ana, &format!("conversations/bulk/{all}/items")).await;
        assert_eq!(items["data"][0]["result"], "absent");
        it.detail("somebody has it").await;
        let detail = async || it.get(&it.ana, &format!("conversations/bulk/{all}/items")).await["data"][0]["detail"].clone();
        assert_eq!(detail().await, Value::Null, "what it came to is hers, and nothing else of it");
        it.door.base.give(&it.shop, hers.id, Some(it.sales), None).await;
        assert_eq!(detail().await, "somebody has it");
        let named = begin(json!({"conversation_ids": [hers.id, theirs.id], "action": resolve})).await;
        work(&named).await;
        let items = it.get(&it.ana, &format!("conversations/bulk/{named}/items")).await;
        let told: Vec<&str> = items["data"].as_array().unwrap().iter().map(|item| item["result"].as_str().unwrap()).collect();
        assert_eq!(told, ["given", "absent"]);
    }
}
