//! Prepared texts over real databases of both kinds.

use crate::domain::inbox::ChannelKind;
use crate::domain::permission::Role;
use crate::http::testkit::test_members::TestMember;
use crate::http::testkit::{Answer, Door};
use crate::store::people::fixtures::{Base, Shop};
use actix_web::http::Method;
use serde_json::{Value, json};

const REPLIES: &str = "/api/v1/canned-replies";

struct House {
    door: Door,
    shop: Shop,
    ana: TestMember,
    luz: TestMember,
}

impl House {
    async fn both() -> [Self; 2] {
        [Self::on(Base::open().await).await, Self::on(Base::postgres().await).await]
    }

    async fn on(base: Base) -> Self {
        let door = Door::on(base).await;
        let shop = door.shop("a", ChannelKind::Generic, "").await;
        let ana = door.member(&shop, Role::Member, None, None).await;
        let luz = door.member(&shop, Role::Member, None, None).await;
        Self { door, shop, ana, luz }
    }

    async fn ask(&self, who: &TestMember, method: Method, path: &str, body: Option<Value>) -> Answer {
        self.door.as_member(who, method, &format!("{REPLIES}{path}"), body).await
    }

    async fn codes(&self, who: &TestMember, query: &str) -> Vec<String> {
        let page = self.ask(who, Method::GET, query, None).await.json();
        page["data"].as_array().unwrap().iter().map(|row| row["code"].as_str().unwrap().to_owned()).collect()
    }
}

fn reply(code: &str, text: &str, personal: bool) -> Option<Value> {
    Some(json!({"code": code, "title": "A title", "text": text, "personal": personal}))
}

fn told(answer: &Answer) -> (u16, String) {
    let body = answer.json();
    let word = body["code"].as_str().or(body["errors"][0]["field"].as_str());
    (answer.status, word.unwrap_or_default().to_owned())
}

#[actix_web::test]
async fn a_shared_text_is_everybodys_and_a_personal_one_its_members_only() {
    for it in House::both().await {
        let shared = it.ask(&it.ana, Method::POST, "", reply("/Hours", "Abrimos a las nueve.", false)).await;
        let own = it.ask(&it.ana, Method::POST, "", reply("mine_1", "Soy {{agent.name}}.", true)).await;
        assert_eq!((shared.status, own.status), (201, 201), "{}", own.text);
        assert_eq!(shared.json()["code"], json!("hours"));
        let (shared, own) = (shared.json()["id"].as_str().unwrap().to_owned(), own.json()["id"].as_str().unwrap().to_owned());
        assert_eq!(
            (it.codes(&it.ana, "").await, it.codes(&it.luz, "").await),
            (vec!["hours".to_owned(), "mine_1".to_owned()], vec!["hours".to_owned()])
        );
        assert_eq!((it.codes(&it.ana, "?code=mine_").await.len(), it.codes(&it.ana, "?code=m_ne").await.len()), (1, 0));
        for (method, body) in [(Method::GET, None), (Method::PUT, reply("x", "y", false)), (Method::DELETE, None)] {
            assert_eq!(it.ask(&it.luz, method, &format!("/{own}"), body).await.status, 404);
        }
        assert_eq!(told(&it.ask(&it.luz, Method::POST, "", reply("mine_1", "x", false)).await), (409, "taken".to_owned()));
        assert_eq!(
            told(&it.ask(&it.luz, Method::PUT, &format!("/{shared}"), reply("mine_1", "x", false)).await),
            (409, "taken".to_owned())
        );
        assert_eq!(it.ask(&it.luz, Method::PUT, &format!("/{shared}"), reply("times", "x", false)).await.json()["code"], json!("times"));
        assert_eq!(told(&it.door.post(&it.shop, REPLIES, reply("k", "x", true).unwrap()).await), (422, "personal".to_owned()));
        assert_eq!(it.ask(&it.luz, Method::DELETE, &format!("/{shared}"), None).await.status, 204);
        assert_eq!(it.ask(&it.luz, Method::DELETE, &format!("/{shared}"), None).await.status, 404);
    }
}

#[actix_web::test]
async fn a_text_is_filled_in_for_a_conversation_and_unknown_placeholders_are_refused_by_name() {
    for it in House::both().await {
        let talk = it.door.base.talk(&it.shop, 17, ("open", "nobody"), 1).await;
        let text = "Hola {{contact.name|amigo}}, soy {{agent.name}} de {{business.name}} (#{{conversation.number}})";
        let id = it.ask(&it.ana, Method::POST, "", reply("hi", text, false)).await.json()["id"].as_str().unwrap().to_owned();
        let body = Some(json!({"conversation_id": talk.id.0}));
        let done = it.ask(&it.ana, Method::POST, &format!("/{id}/render"), body.clone()).await.json();
        assert_eq!((&done["text"], &done["missing"]), (&json!("Hola Ana, soy Luz de a (#17)"), &json!([])));
        let by_key = it.door.post(&it.shop, &format!("{REPLIES}/{id}/render"), body.clone().unwrap()).await.json();
        assert_eq!((&by_key["text"], &by_key["missing"]), (&json!("Hola Ana, soy  de a (#17)"), &json!(["agent.name"])));
        let contact = format!("/api/v1/contacts/{}", talk.contact);
        assert_eq!(it.door.as_member(&it.ana, Method::PATCH, &contact, Some(json!({"name": null}))).await.status, 200);
        let done = it.ask(&it.ana, Method::POST, &format!("/{id}/render"), body.clone()).await.json();
        assert_eq!(done["text"], json!("Hola amigo, soy Luz de a (#17)"));
        let refused = it.ask(&it.ana, Method::POST, "", reply("bad", "{{contact.phone}}", false)).await;
        assert_eq!(told(&refused), (422, "text".to_owned()));
        assert!(refused.text.contains("{{contact.phone}}"), "{}", refused.text);
        let blind = it.door.member(&it.shop, Role::Member, None, Some("[]")).await;
        assert_eq!(it.ask(&blind, Method::POST, &format!("/{id}/render"), body).await.status, 404, "of an inbox that is not seen");
    }
}
