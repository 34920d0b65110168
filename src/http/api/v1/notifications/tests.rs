//! Notifications over a real database: mine, unread first, in pages; looked at; never a colleague's.

use crate::domain::ids::MemberId;
use crate::domain::inbox::ChannelKind;
use crate::domain::notice::Kind;
use crate::domain::permission::Role;
use crate::http::testkit::Door;
use crate::http::testkit::test_members::TestMember;
use crate::store::people::fixtures::{Base, NOW, Shop, Talk};
use crate::store::time::instant;
use actix_web::http::Method;
use entities::{notice, notification};
use sea_orm::ActiveValue::Set;
use serde_json::{Value, json};
use std::time::Duration;
use uuid::Uuid;

const LIST: &str = "/api/v1/notifications";
const CHOICES: &str = "/api/v1/me/notification-choices";
const RULES: &str = "/api/v1/notification-rules";

struct House {
    door: Door,
    shop: Shop,
    talk: Talk,
    ana: TestMember,
}

impl House {
    async fn open() -> Self {
        Self::open_on(Base::open().await).await
    }

    async fn open_on(base: Base) -> Self {
        let door = Door::on(base).await;
        let shop = door.shop("a", ChannelKind::Generic, "").await;
        let talk = door.base.talk(&shop, 1, ("open", "nobody"), 1).await;
        let ana = door.member(&shop, Role::Member, None, None).await;
        Self { door, shop, talk, ana }
    }

    /// Tells a member of a hand-over whose second rung is due in some minutes.
    async fn tell(&self, member: MemberId, minute: u64) -> Uuid {
        let (notice, id, at) = (self.door.base.uuid(), self.door.base.uuid(), instant(NOW.after(Duration::from_mins(minute))));
        let row = notice::ActiveModel {
            tenant_id: Set(self.shop.tenant.0),
            id: Set(notice),
            kind: Set(Kind::HandedOver.as_str().to_owned()),
            cause: Set(notice.to_string()),
            conversation_id: Set(Some(self.talk.id.0)),
            inbox_id: Set(Some(self.shop.inbox.0)),
            subject_id: Set(None),
            to_id: Set(None),
            by_id: Set(None),
            rung: Set(2),
            due_at: Set(Some(at)),
            ended: Set(None),
            created_at: Set(at),
        };
        self.door.base.insert(row).await;
        let row = notification::ActiveModel {
            tenant_id: Set(self.shop.tenant.0),
            id: Set(id),
            notice_id: Set(notice),
            member_id: Set(member.0),
            kind: Set(Kind::HandedOver.as_str().to_owned()),
            conversation_id: Set(Some(self.talk.id.0)),
            subject_id: Set(None),
            created_at: Set(at),
            read_at: Set(None),
        };
        self.door.base.insert(row).await;
        id
    }

    async fn get(&self, by: &TestMember, path: &str) -> Value {
        let answer = self.door.as_member(by, Method::GET, path, None).await;
        assert_eq!(answer.status, 200, "{path}");
        answer.json()
    }

    async fn send(&self, by: &TestMember, method: Method, path: &str, body: Value) -> (u16, Value) {
        let answer = self.door.as_member(by, method, path, Some(body)).await;
        (answer.status, answer.json())
    }

    /// The ids of the whole list, page by page.
    async fn listed(&self, by: &TestMember) -> Vec<String> {
        let (mut ids, mut path) = (Vec::new(), format!("{LIST}?limit=2"));
        loop {
            let page = self.get(by, &path).await;
            ids.extend(page["data"].as_array().unwrap().iter().map(|one| one["id"].as_str().unwrap().to_owned()));
            let Some(next) = page["next"].as_str() else { return ids };
            path = format!("{LIST}?limit=2&cursor={next}");
        }
    }

    /// How many ladders still go on.
    async fn ladders(&self) -> usize {
        use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
        let open = notice::Entity::find().filter(notice::Column::DueAt.is_not_null());
        self.door.base.store.tenant(self.shop.tenant).read(|tx| Box::pin(open.all(tx))).await.unwrap().len()
    }
}

#[actix_web::test]
async fn the_list_is_mine_unread_first_and_newest_first_across_pages() {
    let it = House::open().await;
    let ben = it.door.member(&it.shop, Role::Member, None, None).await;
    let mut ids = Vec::new();
    for minute in 0..5 {
        ids.push(it.tell(it.ana.id, minute).await.to_string());
    }
    it.tell(ben.id, 9).await;
    assert_eq!(it.send(&it.ana, Method::POST, &format!("{LIST}/{}/read", ids[4]), json!({})).await.0, 200);
    assert_eq!(it.send(&it.ana, Method::POST, &format!("{LIST}/{}/read", ids[1]), json!({})).await.0, 200);
    let order: Vec<String> = [3, 2, 0, 4, 1].map(|place: usize| ids[place].clone()).to_vec();
    assert_eq!(it.listed(&it.ana).await, order);
    assert_eq!(it.listed(&ben).await.len(), 1);
    for cursor in ["", "u", "x", "rAAAA", "%F0%9F%A6%80"] {
        let answer = it.door.as_member(&it.ana, Method::GET, &format!("{LIST}?cursor={cursor}"), None).await;
        assert_eq!(answer.status, 422, "{cursor}");
    }
}

#[actix_web::test]
async fn looking_at_one_ends_its_ladder_and_a_foreign_one_is_absent() {
    let it = House::open().await;
    let ben = it.door.member(&it.shop, Role::Member, None, None).await;
    let other = it.door.shop("b", ChannelKind::Generic, "").await;
    let stranger = it.door.member(&other, Role::Owner, None, None).await;
    let (mine, path) = (it.tell(it.ana.id, 0).await, format!("{LIST}/{{}}/read"));
    it.tell(it.ana.id, 1).await;
    let path = path.replace("{}", &mine.to_string());
    for who in [&ben, &stranger] {
        assert_eq!(it.send(who, Method::POST, &path, json!({})).await.0, 404);
    }
    assert_eq!(it.ladders().await, 2);
    let (status, read) = it.send(&it.ana, Method::POST, &path, json!({})).await;
    assert_eq!((status, read["kind"].as_str(), read["read_at"].is_string()), (200, Some("handed_over"), true));
    assert_eq!(it.send(&it.ana, Method::POST, &path, json!({})).await.1["read_at"], read["read_at"], "a repeat changes nothing");
    assert_eq!(it.ladders().await, 1);
    assert!(it.get(&stranger, LIST).await["data"].as_array().unwrap().is_empty());
}

#[actix_web::test]
async fn opening_a_conversation_ends_its_ladders_also_for_who_was_told_nothing() {
    let it = House::open().await;
    let ben = it.door.member(&it.shop, Role::Member, None, None).await;
    it.tell(it.ana.id, 0).await;
    let limited = it.door.member(&it.shop, Role::Member, None, Some(&format!("[\"{}\"]", it.door.base.uuid()))).await;
    let body = json!({"conversation_id": it.talk.id});
    let all = format!("{LIST}/read-all");
    assert_eq!(it.send(&limited, Method::POST, &all, body.clone()).await.0, 404, "who does not see it cannot have opened it");
    assert_eq!((it.send(&limited, Method::POST, &all, json!({})).await.0, it.ladders().await), (200, 1));
    assert_eq!(it.send(&ben, Method::POST, &all, body.clone()).await, (200, json!({"read": 0})));
    assert_eq!(it.ladders().await, 0);
    assert_eq!(it.send(&it.ana, Method::POST, &all, json!({})).await, (200, json!({"read": 1})));
    assert_eq!(it.send(&it.ana, Method::POST, &all, json!({"what": 1})).await.0, 422);
}

#[actix_web::test]
async fn who_no_longer_sees_an_inbox_no_longer_sees_what_was_told_of_it() {
    let it = House::open().await;
    let limited = it.door.member(&it.shop, Role::Member, None, Some(&format!("[\"{}\"]", it.door.base.uuid()))).await;
    let id = it.tell(limited.id, 0).await;
    assert!(it.get(&limited, LIST).await["data"].as_array().unwrap().is_empty());
    assert_eq!(it.send(&limited, Method::POST, &format!("{LIST}/{id}/read"), json!({})).await.0, 404);
}

#[actix_web::test]
async fn choices_follow_the_role_until_they_are_made_on_sqlite() {
    choose(House::open().await).await;
}

#[actix_web::test]
async fn choices_follow_the_role_until_they_are_made_on_postgres() {
    choose(House::open_on(Base::postgres().await).await).await;
}

async fn choose(it: House) {
    let owner = it.door.member(&it.shop, Role::Owner, None, None).await;
    assert_eq!(it.get(&it.ana, CHOICES).await["inbox_attention"], json!({"in_app": true, "email": false}));
    assert_eq!(it.get(&owner, CHOICES).await["inbox_attention"], json!({"in_app": true, "email": true}));
    let (status, now) = it.send(&it.ana, Method::PUT, CHOICES, json!({"message": {"in_app": false, "email": true}})).await;
    assert_eq!((status, &now["message"]), (200, &json!({"in_app": false, "email": true})));
    assert_eq!(it.get(&it.ana, CHOICES).await, now);
    assert_eq!(it.get(&owner, CHOICES).await["message"], json!({"in_app": true, "email": false}), "a colleague's stay");
    let (status, now) = it.send(&it.ana, Method::PUT, CHOICES, json!({})).await;
    assert_eq!((status, &now["message"]), (200, &json!({"in_app": true, "email": false})));
    for wrong in [json!({"sales": {"in_app": true, "email": true}}), json!({"message": {"in_app": true}}), json!({"message": true})] {
        assert_eq!(it.send(&it.ana, Method::PUT, CHOICES, wrong).await.0, 422);
    }
    let key = it.door.get(&it.shop, CHOICES).await;
    assert_eq!(key.status, 403, "a key is told nothing");
}

#[actix_web::test]
async fn the_business_says_how_fast_a_hand_over_climbs_on_sqlite() {
    rule(House::open().await).await;
}

#[actix_web::test]
async fn the_business_says_how_fast_a_hand_over_climbs_on_postgres() {
    rule(House::open_on(Base::postgres().await).await).await;
}

async fn rule(it: House) {
    let owner = it.door.member(&it.shop, Role::Owner, None, None).await;
    assert_eq!(it.get(&it.ana, RULES).await, json!({"handoff_minutes": 5}));
    assert_eq!(it.send(&it.ana, Method::PUT, RULES, json!({"handoff_minutes": 0})).await.0, 403);
    for minutes in [0, 1440, 7] {
        assert_eq!(it.send(&owner, Method::PUT, RULES, json!({"handoff_minutes": minutes})).await.0, 200);
        assert_eq!(it.get(&it.ana, RULES).await, json!({"handoff_minutes": minutes}));
    }
    for wrong in [json!({"handoff_minutes": 1441}), json!({"handoff_minutes": -1}), json!({})] {
        assert_eq!(it.send(&owner, Method::PUT, RULES, wrong).await.0, 422);
    }
}
