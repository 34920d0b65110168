//! What is answered to whoever changed a conversation that is out of their sight by the time of the answer, or of its repeat.

use super::*;
use crate::crypto::mac::sha256_hex;
use crate::domain::content::Content;
use crate::domain::conversation::effect::CommandOutcome;
use crate::store::time::instant;
use actix_web::test::TestRequest;
use entities::inbound;

impl House {
    /// Lets the next command find the conversation with the other team, and with somebody of it, once it has run.
    fn moves_meanwhile(&self, talk: Talk, to: &TestMember) {
        let (store, tenant, care, to) = (self.door.base.store.clone(), self.shop.tenant, self.care, AgentId(to.id.0));
        let moved = async move { give(&store, tenant, talk.id, (Some(care), Some(to))).await };
        *self.door.engine.meanwhile.lock().unwrap() = Some(Box::pin(moved));
    }

    /// Adds a row of the queue: what somebody asked under a key, and what came of it.
    async fn asked(&self, talk: Talk, external_id: String, what: &Happening, outcome: CommandOutcome) -> Uuid {
        let id = self.door.base.uuid();
        let row = inbound::ActiveModel {
            tenant_id: Set(self.shop.tenant.0),
            id: Set(id),
            inbox_id: Set(self.shop.inbox.0),
            conversation_id: Set(talk.id.0),
            external_id: Set(external_id),
            kind: Set("command".to_owned()),
            state: Set("settled".to_owned()),
            payload: Set(serde_json::to_string(what).unwrap()),
            outcome: Set(Some(serde_json::to_string(&outcome).unwrap())),
            part: Set(7),
            occurred_at: Set(instant(NOW)),
            received_at: Set(instant(NOW)),
            ..Default::default()
        };
        self.door.base.insert(row).await;
        id
    }

    /// Asks as Ana, under a key.
    async fn repeat(&self, path: &str, body: &Value) -> (u16, Value) {
        let request = TestRequest::post().uri(&format!("/api/v1/{path}")).insert_header(self.ana.header());
        let answer = self.door.call(request.insert_header(("idempotency-key", "k-1")).set_json(body)).await;
        (answer.status, serde_json::from_str(&answer.text).unwrap_or_default())
    }
}

const fn done(seq: Option<i64>) -> CommandOutcome {
    CommandOutcome::Done { changed: true, seq }
}

#[actix_web::test]
async fn what_others_moved_meanwhile_is_shown_as_its_caller_left_it() {
    for it in House::both().await {
        let eva = it.door.member(&it.shop, Role::Member, None, None).await;
        let talk = it.talk(1, Some(it.sales), None).await;
        let path = format!("conversations/{}", talk.id);
        it.moves_meanwhile(talk, &eva);
        it.door.engine.will_do(None, false);
        let (status, shown) = it.ask(&it.ana, Method::PATCH, &path, Some(json!({"priority": "high"}))).await;
        assert_eq!((status, &shown["id"]), (200, &json!(talk.id)), "{shown}");
        assert_eq!((&shown["team_id"], &shown["assignee_id"]), (&json!(it.sales), &Value::Null), "what others did is theirs: {shown}");
        assert_eq!((&shown["can_reply"], &shown["reading"]), (&json!(false), &Value::Null));
        assert_eq!(it.ask(&it.ana, Method::GET, &path, None).await.0, 404);
    }
}

#[actix_web::test]
async fn a_message_is_answered_though_its_conversation_has_moved_and_so_is_its_repeat() {
    for it in House::both().await {
        let eva = it.door.member(&it.shop, Role::Member, None, None).await;
        let talk = it.talk(1, Some(it.sales), None).await;
        it.door.base.message(&it.shop, talk, 1, "out", "claro").await;
        let arriving = it.door.base.message(&it.shop, talk, 2, "out", "theirs").await;
        it.door.base.outbox(&it.shop, talk, arriving, 1, ("sending", "theirs")).await;
        let (path, body) = (format!("conversations/{}/messages", talk.id), json!({"text": "claro"}));
        it.moves_meanwhile(talk, &eva);
        it.door.engine.will_do(Some(1), false);
        let (status, first) = it.repeat(&path, &body).await;
        assert_eq!((status, &first["content"]["text"]), (201, &json!("claro")), "{first}");
        assert_eq!(it.repeat(&path, &body).await.0, 404, "nothing was asked under this key as far as the queue knows");
        let by = AgentId(it.ana.id.0);
        let what = Happening::AgentReplied { by, content: Content::text("claro"), private: false };
        it.asked(talk, format!("cmd:{by}:k-1"), &what, done(Some(1))).await;
        it.door.engine.will_do(Some(1), true);
        let (status, again) = it.repeat(&path, &body).await;
        assert_eq!((status, &again["id"], &again["may_still_arrive"]), (201, &first["id"], &json!([])), "{again}");
        let other = it.ask(&it.ana, Method::POST, &path, Some(body)).await;
        assert_eq!(other.0, 404, "she writes nothing more into it");
    }
}

#[actix_web::test]
async fn the_repeat_of_a_claim_tells_what_was_taken_and_nothing_of_what_came_of_it() {
    for it in House::both().await {
        let eva = it.door.member(&it.shop, Role::Member, None, None).await;
        let talk = it.talk(7, Some(it.care), Some(&eva)).await;
        it.door.base.message(&it.shop, talk, 1, "in", "a word of theirs").await;
        let by = AgentId(it.ana.id.0);
        let key = format!("cmd:{by}:next:{}:{}", sha256_hex(b"k-1"), talk.id);
        it.asked(talk, key, &Happening::AgentClaimed { by }, done(None)).await;
        it.door.engine.will_do(None, true);
        let (status, taken) = it.repeat("conversations/claim-next", &json!({})).await;
        assert_eq!((status, &taken["id"], &taken["number"]), (200, &json!(talk.id), &json!(7)), "{taken}");
        assert_eq!((&taken["status"], &taken["assignee_id"]), (&json!("open"), &json!(it.ana.id)), "as she had it");
        let hidden = [it.care.to_string(), eva.id.to_string(), "a word of theirs".to_owned()];
        assert!(hidden.iter().all(|word| !taken.to_string().contains(word)), "{taken}");
    }
}

#[actix_web::test]
async fn an_own_command_is_found_after_its_conversation_has_gone() {
    for it in House::both().await {
        let eva = it.door.member(&it.shop, Role::Member, None, None).await;
        let talk = it.talk(1, Some(it.care), Some(&eva)).await;
        let (by, holder) = (AgentId(it.ana.id.0), eva.id.to_string());
        let held = CommandOutcome::Refused { code: "held".to_owned(), detail: holder.clone() };
        let moved = Happening::AgentSetTeam { by, team: Some(it.care), person: None };
        let own = it.asked(talk, format!("cmd:{by}:k-1"), &moved, done(None)).await;
        let refused = it.asked(talk, format!("cmd:{by}:k-2"), &Happening::AgentClaimed { by }, held).await;
        let others = it.asked(talk, format!("cmd:{holder}:k-3"), &moved, done(None)).await;
        let (status, shown) = it.ask(&it.ana, Method::GET, &format!("commands/{own}"), None).await;
        assert_eq!((status, &shown["state"]), (200, &json!("done")), "{shown}");
        let (status, shown) = it.ask(&it.ana, Method::GET, &format!("commands/{refused}"), None).await;
        assert_eq!((status, &shown["code"]), (200, &json!("held")));
        assert!(!shown.to_string().contains(&holder), "who has it is not hers to see: {shown}");
        assert_eq!(it.ask(&it.ana, Method::GET, &format!("commands/{others}"), None).await.0, 404);
        let shown = it.get(&it.olga, &format!("commands/{refused}")).await;
        assert_eq!(shown["detail"], json!(holder), "who sees the conversation is told all of it");
    }
}
