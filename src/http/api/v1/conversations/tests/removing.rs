//! Deleting one message through the door, on both databases: whose it is, and what is left of it.

use crate::domain::inbox::ChannelKind;
use crate::domain::permission::Role;
use crate::http::testkit::Door;
use crate::http::testkit::test_members::TestMember;
use crate::store::people::fixtures::{Base, Shop, Talk};
use actix_web::http::Method;
use entities::message;
use sea_orm::ActiveValue::Set;
use serde_json::{Value, json};
use uuid::Uuid;

struct House {
    door: Door,
    shop: Shop,
    talk: Talk,
    ana: TestMember,
    luz: TestMember,
    boss: TestMember,
}

impl House {
    async fn both() -> [Self; 2] {
        [Self::on(Base::open().await).await, Self::on(Base::postgres().await).await]
    }

    async fn on(base: Base) -> Self {
        let door = Door::on(base).await;
        let shop = door.shop("a", ChannelKind::Generic, "").await;
        let talk = door.base.talk(&shop, 1, ("open", "nobody"), 1).await;
        let ana = door.member(&shop, Role::Member, None, None).await;
        let luz = door.member(&shop, Role::Member, None, None).await;
        let boss = door.member(&shop, Role::Administrator, None, None).await;
        Self { door, shop, talk, ana, luz, boss }
    }

    /// Adds a message by a member, or by nobody.
    async fn wrote(&self, seq: i64, (direction, by): (&str, Option<&TestMember>)) -> Uuid {
        let author = Set(by.map_or("contact", |_| "agent").to_owned());
        let author_id = Set(by.map(|member| member.id.0));
        let text = (direction, "una palabra");
        let with = |row| message::ActiveModel { author, author_id, ..row };
        self.door.base.message_with(&self.shop, self.talk, seq, text, with).await.0
    }

    async fn delete(&self, who: &TestMember, message: Uuid) -> (u16, Option<String>) {
        let path = format!("/api/v1/conversations/{}/messages/{message}", self.talk.id);
        let answer = self.door.as_member(who, Method::DELETE, &path, None).await;
        let code = (!answer.text.is_empty()).then(|| answer.json()["code"].as_str().map(str::to_owned)).flatten();
        (answer.status, code)
    }

    async fn shown(&self, place: usize) -> Value {
        let path = format!("/api/v1/conversations/{}/messages", self.talk.id);
        self.door.as_member(&self.ana, Method::GET, &path, None).await.json()["data"][place].clone()
    }
}

#[actix_web::test]
async fn a_member_deletes_his_own_notes_and_an_administrator_any_message() {
    for it in House::both().await {
        let theirs = it.wrote(1, ("in", None)).await;
        let note = it.wrote(2, ("note", Some(&it.ana))).await;
        let reply = it.wrote(3, ("out", Some(&it.ana))).await;
        let not_yours = (403, Some("not_yours".to_owned()));
        for (who, message) in [(&it.luz, note), (&it.ana, theirs), (&it.ana, reply)] {
            assert_eq!(it.delete(who, message).await, not_yours);
        }
        assert!(it.door.engine.published.lock().unwrap().is_empty(), "nothing has changed");
        assert_eq!(it.delete(&it.ana, note).await, (204, None));
        let shown = it.shown(1).await;
        assert_eq!((&shown["deleted"], &shown["content"]["text"]), (&json!(true), &json!("")));
        assert_eq!(shown["deleted_by"], json!(it.ana.id));
        assert_eq!(it.delete(&it.boss, theirs).await, (204, None));
        assert_eq!(it.shown(0).await["deleted_by"], json!(it.boss.id));
        assert_eq!(it.delete(&it.boss, theirs).await, (204, None), "twice is once");
        let told = it.door.engine.published.lock().unwrap().clone();
        let kinds: Vec<_> = told.iter().map(|event| (event.kind, event.data["what"].as_str())).collect();
        assert_eq!(kinds, [("message.changed", Some("deleted")); 2]);
        assert_eq!(told[1].data["by"], json!(it.boss.id));
        assert_eq!(it.shown(2).await["deleted"], json!(false));
    }
}

#[actix_web::test]
async fn what_is_deleted_is_neither_found_nor_shown_in_the_list() {
    for it in House::both().await {
        let message = it.wrote(1, ("in", None)).await;
        let found = async || {
            let answer = it.door.as_member(&it.ana, Method::GET, "/api/v1/search/messages?q=palabra", None).await;
            answer.json()["data"].as_array().map_or(0, Vec::len)
        };
        it.door.base.store.index_words().await.unwrap();
        assert_eq!(found().await, 1);
        assert_eq!(it.delete(&it.boss, message).await.0, 204);
        assert_eq!(found().await, 0);
        let list = it.door.as_member(&it.ana, Method::GET, "/api/v1/conversations", None).await;
        assert!(!list.text.contains("palabra"), "{}", list.text);
    }
}

#[actix_web::test]
async fn foreign_and_unseen_messages_are_absent() {
    for it in House::both().await {
        let message = it.wrote(1, ("in", None)).await;
        let other = it.door.shop("b", ChannelKind::Generic, "").await;
        let stranger = it.door.member(&other, Role::Owner, None, None).await;
        let shut_out = it.door.member(&it.shop, Role::Administrator, None, Some("[]")).await;
        for who in [&stranger, &shut_out] {
            assert_eq!(it.delete(who, message).await.0, 404);
        }
        assert_eq!(it.delete(&it.boss, it.door.base.uuid()).await.0, 404);
        assert_eq!(it.shown(0).await["deleted"], json!(false));
    }
}

#[actix_web::test]
async fn a_message_that_is_being_sent_is_not_touched() {
    for it in House::both().await {
        let message = it.wrote(1, ("out", Some(&it.ana))).await;
        it.door.base.outbox(&it.shop, it.talk, message.into(), 1, ("sending", "una palabra")).await;
        assert_eq!(it.delete(&it.boss, message).await, (409, Some("leaving".to_owned())));
        assert_eq!(it.shown(0).await["deleted"], json!(false));
    }
}
