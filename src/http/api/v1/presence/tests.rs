//! The front desk over a real database: presence, limits, teams, the rules of inboxes, and what a claim asks of the engine.

use crate::domain::conversation::effect::CommandOutcome;
use crate::domain::conversation::event::{Assignee, Happening};
use crate::domain::ids::{AgentId, InboundId, TeamId};
use crate::domain::inbox::ChannelKind;
use crate::domain::permission::Role;
use crate::domain::routing::SEEN_WITHIN;
use crate::http::testkit::Door;
use crate::http::testkit::test_members::TestMember;
use crate::ports::engine::CommandAnswer;
use crate::store::people::fixtures::Shop;
use actix_web::http::Method;
use serde_json::{Value, json};
use std::time::Duration;

struct House {
    door: Door,
    shop: Shop,
    olga: TestMember,
    ana: TestMember,
}

impl House {
    async fn open() -> Self {
        let door = Door::open().await;
        let shop = door.shop("a", ChannelKind::Generic, "").await;
        let olga = door.member(&shop, Role::Owner, None, None).await;
        let ana = door.member(&shop, Role::Member, None, None).await;
        Self { door, shop, olga, ana }
    }

    async fn put(&self, who: &TestMember, path: &str, body: Value) -> (u16, Value) {
        self.ask(who, Method::PUT, path, Some(body)).await
    }

    async fn ask(&self, who: &TestMember, method: Method, path: &str, body: Option<Value>) -> (u16, Value) {
        let answer = self.door.as_member(who, method, &format!("/api/v1/{path}"), body).await;
        (answer.status, serde_json::from_str(&answer.text).unwrap_or_default())
    }

    async fn status(&self, who: &TestMember) -> String {
        let (_, page) = self.ask(&self.olga, Method::GET, "presence", None).await;
        let mine = page["data"].as_array().unwrap().iter().find(|one| one["member_id"] == who.id.to_string()).cloned().unwrap();
        mine["status"].as_str().unwrap().to_owned()
    }
}

#[actix_web::test]
async fn a_member_is_what_he_says_until_he_is_not_seen_any_more() {
    let house = House::open().await;
    assert_eq!(house.status(&house.ana).await, "offline");
    let (status, view) = house.put(&house.ana, "me/presence", json!({"status": "busy"})).await;
    assert_eq!((status, &view["status"], &view["open"], &view["max_open"]), (200, &json!("busy"), &json!(0), &json!(10)));
    house.door.base.clock.advance(SEEN_WITHIN);
    assert_eq!(house.status(&house.ana).await, "offline");
    assert_eq!(house.ask(&house.ana, Method::POST, "presence/ping", None).await.0, 204);
    assert_eq!(house.status(&house.ana).await, "busy", "a ping does not change what was chosen");
    house.door.base.clock.advance(SEEN_WITHIN / 2);
    assert_eq!(house.ask(&house.ana, Method::POST, "presence/ping", None).await.0, 204);
    house.door.base.clock.advance(SEEN_WITHIN / 2 + Duration::from_secs(1));
    assert_eq!(house.status(&house.ana).await, "busy");
    let (status, problem) = house.put(&house.ana, "me/presence", json!({"status": "asleep"})).await;
    assert_eq!((status, &problem["errors"][0]["field"]), (422, &json!("status")));
    let answer = house.door.ask(&house.shop, Method::PUT, "/api/v1/me/presence", Some(json!({"status": "online"}))).await;
    assert_eq!(answer.status, 403, "a key is nobody who is there");
}

#[actix_web::test]
async fn limits_are_the_members_own_or_the_businesss_and_only_whoever_may_sets_them() {
    let house = House::open().await;
    let path = format!("members/{}/capacity", house.ana.id);
    assert_eq!(house.put(&house.ana, &path, json!({"max_open": 3})).await.0, 403);
    let (status, view) = house.put(&house.olga, &path, json!({"max_open": 3})).await;
    assert_eq!((status, &view["max_open"], &view["own_max_open"]), (200, &json!(3), &json!(true)));
    assert_eq!(house.put(&house.olga, "assignment-rules", json!({"max_open": 7})).await.0, 200);
    assert_eq!(house.ask(&house.olga, Method::GET, "assignment-rules", None).await.1["max_open"], 7);
    let (_, view) = house.put(&house.olga, &path, json!({"max_open": null})).await;
    assert_eq!((&view["max_open"], &view["own_max_open"]), (&json!(7), &json!(false)));
    for wrong in [json!({"max_open": 0}), json!({"max_open": 1001}), json!({})] {
        assert_eq!(house.put(&house.olga, &path, wrong.clone()).await.0, 422, "{wrong}");
    }
    let stranger = format!("members/{}/capacity", house.door.base.uuid());
    assert_eq!(house.put(&house.olga, &stranger, json!({"max_open": 3})).await.0, 404);
}

#[actix_web::test]
async fn teams_are_made_replaced_and_removed_with_members_of_the_business_only() {
    let house = House::open().await;
    let body = json!({"name": " Ventas ", "mode": "least_loaded", "max_open": 4, "member_ids": [house.ana.id.to_string()]});
    let (status, team) = house.ask(&house.olga, Method::POST, "teams", Some(body.clone())).await;
    assert_eq!((status, &team["name"], &team["member_ids"]), (201, &json!("Ventas"), &json!([house.ana.id.to_string()])));
    assert_eq!(house.ask(&house.olga, Method::POST, "teams", Some(json!({"name": "Ventas"}))).await.0, 409);
    assert_eq!(house.ask(&house.ana, Method::POST, "teams", Some(json!({"name": "Otra"}))).await.0, 403);
    let stranger = json!({"name": "Soporte", "member_ids": [house.door.base.uuid().to_string()]});
    let (status, problem) = house.ask(&house.olga, Method::POST, "teams", Some(stranger)).await;
    assert_eq!((status, &problem["errors"][0]["field"]), (422, &json!("member_ids")));
    let path = format!("teams/{}", team["id"].as_str().unwrap());
    let (status, now) = house.put(&house.olga, &path, json!({"name": "Ventas"})).await;
    assert_eq!((status, &now["mode"], &now["member_ids"], &now["max_open"]), (200, &json!("off"), &json!([]), &Value::Null));
    assert_eq!(house.ask(&house.ana, Method::GET, "teams", None).await.1["data"].as_array().unwrap().len(), 1);
    assert_eq!(house.ask(&house.olga, Method::DELETE, &path, None).await.0, 204);
    assert_eq!(house.ask(&house.olga, Method::GET, &path, None).await.0, 404);
    assert_eq!(house.ask(&house.olga, Method::DELETE, &path, None).await.0, 404);
    assert_eq!(house.ask(&house.olga, Method::POST, "teams", Some(body)).await.0, 201, "the name is free again");
    for (field, wrong) in
        [("name", json!({"name": "  "})), ("mode", json!({"name": "x", "mode": "fair"})), ("max_open", json!({"name": "x", "max_open": 0}))]
    {
        let (status, problem) = house.ask(&house.olga, Method::POST, "teams", Some(wrong)).await;
        assert_eq!((status, &problem["errors"][0]["field"]), (422, &json!(field)));
    }
}

#[actix_web::test]
async fn an_inbox_has_a_rule_and_hours_of_its_own() {
    let house = House::open().await;
    let (rule, hours) = (format!("inboxes/{}/assignment", house.shop.inbox), format!("inboxes/{}/hours", house.shop.inbox));
    let (status, now) = house.ask(&house.olga, Method::GET, &rule, None).await;
    assert_eq!((status, now), (200, json!({"mode": "off", "max_open": null, "on_return": "route"})));
    assert_eq!(house.ask(&house.olga, Method::GET, &hours, None).await.1, json!({"hours": null}));
    let week = json!({"hours": {"monday": [{"from": "09:00", "to": "17:30"}]}});
    let (status, now) = house.put(&house.olga, &hours, week).await;
    assert_eq!((status, &now["hours"]["monday"][0]["to"]), (200, &json!("17:30")));
    let wanted = json!({"mode": "round_robin", "max_open": 3, "on_return": "keep"});
    assert_eq!(house.put(&house.olga, &rule, wanted.clone()).await, (200, wanted.clone()));
    assert_eq!(house.ask(&house.olga, Method::GET, &rule, None).await.1, wanted);
    assert_eq!(house.ask(&house.olga, Method::GET, &hours, None).await.1["hours"]["monday"][0]["from"], "09:00", "one keeps the other");
    let (status, problem) = house.put(&house.olga, &hours, json!({"hours": {"monday": [{"from": "24:00", "to": "1"}]}})).await;
    assert_eq!((status, &problem["errors"][0]["field"]), (422, &json!("hours.monday[0].from")));
    assert_eq!(house.put(&house.olga, &rule, json!({"mode": "x"})).await.0, 422);
}

fn refused(code: &str, detail: &str) -> CommandAnswer {
    let outcome = CommandOutcome::Refused { code: code.to_owned(), detail: detail.to_owned() };
    CommandAnswer::Done { id: InboundId(uuid::Uuid::nil()), outcome, repeat: false, may_still_arrive: Vec::new() }
}

#[actix_web::test]
async fn a_claim_that_comes_too_late_names_whoever_has_it() {
    let house = House::open().await;
    let talk = house.door.base.talk(&house.shop, 1, ("open", "nobody"), 1).await;
    let path = format!("conversations/{}/claim", talk.id);
    house.door.engine.will_do(None, false);
    assert_eq!(house.ask(&house.ana, Method::POST, &path, None).await.0, 200);
    assert_eq!(house.door.engine.happenings(), [Happening::AgentClaimed { by: AgentId(house.ana.id.0) }]);
    house.door.engine.will(Ok(refused("held", &house.ana.id.to_string())));
    let (status, problem) = house.ask(&house.olga, Method::POST, &path, None).await;
    assert_eq!((status, &problem["code"], &problem["errors"][0]["detail"]), (409, &json!("held"), &json!(house.ana.id.to_string())));
}

#[actix_web::test]
async fn the_next_of_the_line_is_the_one_that_waits_longest_and_is_not_taken_meanwhile() {
    let house = House::open().await;
    assert_eq!(house.ask(&house.ana, Method::POST, "conversations/claim-next", None).await.0, 204);
    let first = house.door.base.talk(&house.shop, 1, ("open", "nobody"), 1).await;
    let second = house.door.base.talk(&house.shop, 2, ("open", "nobody"), 2).await;
    house.door.base.talk(&house.shop, 3, ("pending", "assistant"), 0).await;
    house.door.engine.will(Ok(refused("held", "somebody")));
    house.door.engine.will_do(None, false);
    let (status, taken) = house.ask(&house.ana, Method::POST, "conversations/claim-next", None).await;
    assert_eq!((status, &taken["id"]), (200, &json!(second.id.to_string())));
    let asked: Vec<_> = house.door.engine.commands.lock().unwrap().iter().map(|command| command.key.id).collect();
    assert_eq!(asked, [first.id, second.id]);
}

#[actix_web::test]
async fn an_assignment_names_a_person_a_team_or_both() {
    let house = House::open().await;
    let talk = house.door.base.talk(&house.shop, 1, ("open", "nobody"), 1).await;
    let (_, team) = house.ask(&house.olga, Method::POST, "teams", Some(json!({"name": "Ventas"}))).await;
    let (id, path) = (team["id"].as_str().unwrap(), format!("conversations/{}/assignment", talk.id));
    let by = AgentId(house.ana.id.0);
    let to = TeamId(id.parse().unwrap());
    for (body, happening) in [
        (json!({"assignee_id": null}), Happening::AgentAssigned { by, assignee: None }),
        (json!({"team_id": id}), Happening::AgentSetTeam { by, team: Some(to), person: None }),
        (json!({"team_id": null}), Happening::AgentSetTeam { by, team: None, person: None }),
        (
            json!({"team_id": id, "assignee_id": house.ana.id.to_string()}),
            Happening::AgentSetTeam { by, team: Some(to), person: Some(Assignee { id: Some(by) }) },
        ),
    ] {
        house.door.engine.will_do(None, false);
        assert_eq!(house.ask(&house.ana, Method::POST, &path, Some(body.clone())).await.0, 200, "{body}");
        assert_eq!(house.door.engine.happenings().pop(), Some(happening));
    }
    assert_eq!(house.ask(&house.ana, Method::POST, &path, Some(json!({}))).await.0, 422, "an empty body never unassigns");
    let (status, problem) = house.ask(&house.ana, Method::POST, &path, Some(json!({"team_id": house.door.base.uuid().to_string()}))).await;
    assert_eq!((status, &problem["errors"][0]["field"]), (422, &json!("team_id")));
}
