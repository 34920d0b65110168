//! The people's API over real rows, with a scripted engine.

mod lists;
mod reading;
mod removing;
mod watching;

use crate::domain::conversation::effect::CommandOutcome;
use crate::domain::conversation::event::Happening;
use crate::domain::conversation::standing::Status;
use crate::domain::ids::{AgentId, InboundId};
use crate::domain::inbox::ChannelKind;
use crate::domain::permission::Role;
use crate::http::testkit::Door;
use crate::ports::engine::CommandAnswer;
use crate::ports::store::StoreError;
use actix_web::http::Method;
use actix_web::test::TestRequest;
use serde_json::{Value, json};
use uuid::Uuid;

fn refused(code: &str) -> Result<CommandAnswer, StoreError> {
    let outcome = CommandOutcome::Refused { code: code.to_owned(), detail: "do something else".to_owned() };
    Ok(CommandAnswer::Done { id: InboundId(Uuid::nil()), outcome, repeat: false, may_still_arrive: Vec::new() })
}

#[actix_web::test]
async fn nobody_reads_without_a_valid_key() {
    let door = Door::open().await;
    let shop = door.shop("a", ChannelKind::Generic, "").await;
    for header in [None, Some("Bearer rk_unknown"), Some("Bearer x"), Some("Basic rk_a-key"), Some("rk_a-key")] {
        let request = TestRequest::get().uri("/api/v1/conversations");
        let answer = door
            .call(header.map_or(TestRequest::get().uri("/api/v1/conversations"), |header| request.insert_header(("authorization", header))))
            .await;
        assert_eq!((answer.status, answer.header("www-authenticate")), (401, "Bearer"), "{header:?}");
        assert_eq!(answer.header("content-type"), "application/problem+json");
        assert_eq!(answer.json()["request_id"], answer.header("x-request-id"));
    }
    let by_header = TestRequest::get().uri("/api/v1/conversations").insert_header(("x-api-key", shop.token.clone()));
    assert_eq!(door.call(by_header).await.status, 200);
}

#[actix_web::test]
async fn a_revoked_key_ends_once_the_door_has_heard_of_it() {
    let door = Door::open().await;
    let shop = door.shop("a", ChannelKind::Generic, "").await;
    assert_eq!(door.get(&shop, "/api/v1/conversations").await.status, 200);
    door.base.revoke(&shop).await;
    door.state.keys.forget_all();
    assert_eq!(door.get(&shop, "/api/v1/conversations").await.status, 401);
}

#[actix_web::test]
async fn a_list_shows_what_people_need_and_pages_by_cursor() {
    let door = Door::open().await;
    let shop = door.shop("a", ChannelKind::Generic, "").await;
    let old = door.base.talk(&shop, 1, ("open", "nobody"), 1).await;
    door.base.message(&shop, old, 1, "in", "hola").await;
    door.base.talk(&shop, 2, ("pending", "assistant"), 2).await;
    let first = door.get(&shop, "/api/v1/conversations?limit=1").await.json();
    assert_eq!((first["data"][0]["number"].as_i64(), first["data"][0]["status"].as_str()), (Some(2), Some("pending")));
    let next = first["next"].as_str().unwrap();
    let second = door.get(&shop, &format!("/api/v1/conversations?limit=1&cursor={next}")).await.json();
    let row = &second["data"][0];
    assert_eq!((row["last_message"]["text"].as_str(), row["contact"]["name"].as_str()), (Some("hola"), Some("Ana")));
    assert_eq!(
        (row["inbox"]["channel"].as_str(), row["can_reply"].as_bool(), &second["next"]),
        (Some("generic"), Some(true), &Value::Null)
    );
    let open = door.get(&shop, &format!("/api/v1/conversations?status=open&inbox_id={}", shop.inbox)).await.json();
    assert_eq!(open["data"].as_array().map(Vec::len), Some(1));
}

#[actix_web::test]
async fn wrong_filters_are_told_and_not_guessed() {
    let door = Door::open().await;
    let shop = door.shop("a", ChannelKind::Generic, "").await;
    for query in ["status=closed", "limit=0", "limit=101", "limit=x", "cursor=!", "colour=red", "inbox_id=7"] {
        let answer = door.get(&shop, &format!("/api/v1/conversations?{query}")).await;
        assert_eq!((answer.status, answer.header("content-type")), (422, "application/problem+json"), "{query}");
    }
}

#[actix_web::test]
async fn another_tenants_things_are_absent_at_every_address() {
    let door = Door::open().await;
    let mine = door.shop("a", ChannelKind::Generic, "").await;
    let theirs = door.shop("b", ChannelKind::Generic, "").await;
    let talk = door.base.talk(&theirs, 1, ("open", "nobody"), 1).await;
    let message = door.base.message(&theirs, talk, 1, "out", "hola").await;
    door.base.outbox(&theirs, talk, message, 1, ("failed", "hola")).await;
    let base = format!("/api/v1/conversations/{}", talk.id);
    for path in [base.clone(), format!("{base}/messages"), format!("{base}/turns"), format!("/api/v1/commands/{message}")] {
        assert_eq!(door.get(&mine, &path).await.status, 404, "{path}");
    }
    let posts = [
        ("messages", json!({"text": "x"})),
        ("status", json!({})),
        ("handback", json!({})),
        ("assignment", json!({"assignee_id": null})),
        (&format!("messages/{message}/retry"), json!({})),
    ];
    for (what, body) in posts {
        assert_eq!(door.post(&mine, &format!("{base}/{what}"), body).await.status, 404, "{what}");
    }
    assert!(door.engine.commands.lock().unwrap().is_empty());
    assert_eq!(door.get(&mine, "/api/v1/conversations/no-id").await.status, 404);
    assert_eq!(door.get(&theirs, &base).await.status, 200, "it is there for its owner");
}

#[actix_web::test]
async fn a_public_text_is_a_command_and_answers_with_its_message() {
    let door = Door::open().await;
    let shop = door.shop("a", ChannelKind::Generic, "").await;
    let talk = door.base.talk(&shop, 1, ("pending", "assistant"), 1).await;
    let under_way = door.base.message(&shop, talk, 1, "out", "one moment").await;
    door.base.outbox(&shop, talk, under_way, 1, ("sending", "one moment")).await;
    door.base.message(&shop, talk, 2, "out", "good day").await;
    door.engine.will_do(Some(2), false);
    let answer = door.post(&shop, &format!("/api/v1/conversations/{}/messages", talk.id), json!({"text": "good\u{0} day"})).await;
    assert_eq!((answer.status, answer.json()["content"]["text"].as_str()), (201, Some("good day")));
    assert_eq!(answer.json()["may_still_arrive"], json!(["one moment"]));
    assert_eq!(answer.header("idempotent-replayed"), "");
    let happened = door.engine.happenings();
    let Some(Happening::AgentReplied { by, content, private: false }) = happened.first() else { panic!("{happened:?}") };
    assert_eq!((*by, content.text.as_str()), (AgentId(shop.key.0), "good\u{fffd} day"));
}

#[actix_web::test]
async fn a_text_that_is_none_writes_nothing() {
    let door = Door::open().await;
    let shop = door.shop("a", ChannelKind::Generic, "").await;
    let talk = door.base.talk(&shop, 1, ("pending", "assistant"), 1).await;
    let path = format!("/api/v1/conversations/{}/messages", talk.id);
    let wrong = [
        (json!({"text": ""}), "text"),
        (json!({"text": " \n"}), "text"),
        (json!({"text": "x".repeat(65_537)}), "text"),
        (json!({}), "text"),
        (json!({"text": 7}), "text"),
        (json!({"text": "x", "private": "no"}), "private"),
        (json!({"text": "x", "to": "y"}), "to"),
        (json!({"text": "x", "template": {"name": "n"}}), "language"),
        (json!({"text": "x", "template": "n"}), "template"),
    ];
    for (body, field) in wrong {
        let answer = door.post(&shop, &path, body).await;
        assert_eq!((answer.status, answer.json()["errors"][0]["field"].as_str()), (422, Some(field)));
    }
    let key = ("authorization", format!("Bearer {}", shop.token));
    let raw = |body: String| {
        TestRequest::post().uri(&path).insert_header(key.clone()).insert_header(("content-type", "application/json")).set_payload(body)
    };
    assert_eq!(door.call(raw("{".to_owned())).await.status, 400);
    assert_eq!(door.call(raw("[".repeat(50_000))).await.status, 400);
    assert_eq!(door.call(raw(" ".repeat(300_000))).await.status, 413);
    let form = TestRequest::post().uri(&path).insert_header(key.clone()).insert_header(("content-type", "text/plain")).set_payload("{}");
    assert_eq!(door.call(form).await.status, 415);
    assert!(door.engine.commands.lock().unwrap().is_empty());
}

#[actix_web::test]
async fn a_repeat_is_known_by_its_key_and_another_body_is_refused() {
    let door = Door::open().await;
    let shop = door.shop("a", ChannelKind::Generic, "").await;
    let talk = door.base.talk(&shop, 1, ("open", "nobody"), 1).await;
    door.base.message(&shop, talk, 1, "out", "hola").await;
    let send = |key: String, body: &'static str| {
        TestRequest::post()
            .uri(&format!("/api/v1/conversations/{}/messages", talk.id))
            .insert_header(("x-api-key", shop.token.clone()))
            .insert_header(("idempotency-key", key))
            .insert_header(("content-type", "application/json"))
            .set_payload(body)
    };
    door.engine.will_do(Some(1), false);
    door.engine.will_do(Some(1), true);
    door.engine.will(Ok(CommandAnswer::Mismatch));
    assert_eq!(door.call(send("k".to_owned(), r#"{"text":"hola","private":true}"#)).await.header("idempotent-replayed"), "");
    let repeat = door.call(send("k".to_owned(), r#"{ "private": true, "text": "hola" }"#)).await;
    assert_eq!((repeat.status, repeat.header("idempotent-replayed")), (201, "true"));
    assert_eq!(door.call(send("k".to_owned(), r#"{"text":"adios"}"#)).await.status, 422);
    let commands = door.engine.commands.lock().unwrap().clone();
    let ids: Vec<&str> = commands.iter().map(|command| command.external_id.as_str()).collect();
    assert_eq!(ids, vec![format!("cmd:{}:k", shop.key); 3]);
    assert_eq!(commands[0].fingerprint, commands[1].fingerprint, "spaces and order of keys do not matter");
    assert_ne!(commands[0].fingerprint, commands[2].fingerprint);
    for key in [String::new(), "k".repeat(256)] {
        assert_eq!(door.call(send(key, "{}")).await.status, 422);
    }
    door.engine.will_do(Some(1), false);
    assert_eq!(door.call(send("k".repeat(255), r#"{"text":"hola"}"#)).await.status, 201);
    assert!(door.engine.commands.lock().unwrap().last().unwrap().external_id.len() <= 255);
}

#[actix_web::test]
async fn a_command_that_takes_long_is_looked_up_later() {
    let door = Door::open().await;
    let shop = door.shop("a", ChannelKind::Generic, "").await;
    let talk = door.base.talk(&shop, 1, ("open", "nobody"), 1).await;
    let id = Uuid::from_u128(9);
    door.engine.will(Ok(CommandAnswer::Pending { id: InboundId(id), repeat: false }));
    let answer = door.post(&shop, &format!("/api/v1/conversations/{}/status", talk.id), json!({"status": "resolved"})).await;
    assert_eq!((answer.status, answer.header("location")), (202, format!("/api/v1/commands/{id}").as_str()));
    door.engine.will(Err(StoreError::Busy));
    let busy = door.post(&shop, &format!("/api/v1/conversations/{}/handback", talk.id), json!({})).await;
    assert_eq!((busy.status, busy.header("retry-after")), (503, "1"));
    door.engine.will(Err(StoreError::Refused("secret table".to_owned())));
    let broken = door.post(&shop, &format!("/api/v1/conversations/{}/handback", talk.id), json!({})).await;
    assert_eq!(broken.status, 500);
    assert!(!broken.text.contains("secret"));
}

#[actix_web::test]
async fn conv_12_a_snooze_in_the_past_is_refused() {
    let door = Door::open().await;
    let shop = door.shop("a", ChannelKind::Generic, "").await;
    let talk = door.base.talk(&shop, 1, ("open", "nobody"), 1).await;
    let path = format!("/api/v1/conversations/{}/status", talk.id);
    for body in
        [json!({"status": "snoozed", "snoozed_until": "tomorrow"}), json!({"status": "open", "snoozed_until": "2099-01-01T00:00:00Z"})]
    {
        let answer = door.post(&shop, &path, body).await;
        assert_eq!((answer.status, answer.json()["errors"][0]["field"].as_str()), (422, Some("snoozed_until")));
    }
    // Whether it is past is the engine's to say: a replay of a snooze that has ended meanwhile has its old answer.
    let past = json!({"status": "snoozed", "snoozed_until": door.now()});
    door.engine.will(refused("snooze_in_past"));
    let answer = door.post(&shop, &path, past.clone()).await;
    assert_eq!((answer.status, answer.json()["errors"][0]["field"].as_str()), (422, Some("snoozed_until")));
    door.engine.will_do(None, true);
    let replayed = door.post(&shop, &path, past).await;
    assert_eq!((replayed.status, replayed.header("idempotent-replayed")), (200, "true"));
    door.engine.will_do(None, false);
    let good = door.post(&shop, &path, json!({"status": "snoozed", "snoozed_until": "2099-01-01T00:00:00Z"})).await;
    assert_eq!((good.status, good.json()["number"].as_i64()), (200, Some(1)));
    assert_eq!(door.engine.commands.lock().unwrap().len(), 3);
}

#[actix_web::test]
async fn conv_14_an_unknown_status_is_refused_and_changes_nothing() {
    let door = Door::open().await;
    let shop = door.shop("a", ChannelKind::Generic, "").await;
    let talk = door.base.talk(&shop, 1, ("open", "nobody"), 1).await;
    let path = format!("/api/v1/conversations/{}/status", talk.id);
    for status in [json!("closed"), json!("OPEN"), json!(""), json!(3)] {
        let answer = door.post(&shop, &path, json!({"status": status})).await;
        assert_eq!((answer.status, answer.json()["errors"][0]["field"].as_str()), (422, Some("status")));
    }
    assert!(door.engine.commands.lock().unwrap().is_empty());
    assert_eq!(door.get(&shop, &format!("/api/v1/conversations/{}", talk.id)).await.json()["status"], "open");
}

#[actix_web::test]
async fn conv_13_without_a_status_the_command_toggles() {
    let door = Door::open().await;
    let shop = door.shop("a", ChannelKind::Generic, "").await;
    let talk = door.base.talk(&shop, 1, ("open", "nobody"), 1).await;
    door.engine.will_do(None, false);
    assert_eq!(door.ask(&shop, Method::POST, &format!("/api/v1/conversations/{}/status", talk.id), None).await.status, 200);
    let by = AgentId(shop.key.0);
    assert_eq!(door.engine.happenings(), vec![Happening::AgentSetStatus { by, status: None, until: None, survey: None }]);
    door.engine.will_do(None, false);
    door.post(&shop, &format!("/api/v1/conversations/{}/status", talk.id), json!({"status": "spam"})).await;
    assert_eq!(door.engine.happenings()[1], Happening::AgentSetStatus { by, status: Some(Status::Spam), until: None, survey: None });
}

#[actix_web::test]
async fn what_the_core_refuses_is_told_as_it_is() {
    let door = Door::open().await;
    let shop = door.shop("a", ChannelKind::Generic, "").await;
    let talk = door.base.talk(&shop, 1, ("spam", "nobody"), 1).await;
    for (code, status) in [("is_spam", 409), ("no_assistant", 422), ("snooze_in_past", 422)] {
        door.engine.will(refused(code));
        let answer = door.post(&shop, &format!("/api/v1/conversations/{}/handback", talk.id), json!({})).await;
        assert_eq!((answer.status, answer.json()["errors"][0]["detail"].as_str()), (status, Some(code)));
    }
}

#[actix_web::test]
async fn an_assignment_must_be_said() {
    let door = Door::open().await;
    let shop = door.shop("a", ChannelKind::Generic, "").await;
    let talk = door.base.talk(&shop, 1, ("open", "nobody"), 1).await;
    let path = format!("/api/v1/conversations/{}/assignment", talk.id);
    assert_eq!(door.post(&shop, &path, json!({})).await.status, 422);
    assert_eq!(door.post(&shop, &path, json!({"assignee_id": "ana"})).await.status, 422);
    door.engine.will_do(None, false);
    assert_eq!(door.post(&shop, &path, json!({"assignee_id": null})).await.status, 200);
    assert_eq!(door.engine.happenings(), vec![Happening::AgentAssigned { by: AgentId(shop.key.0), assignee: None }]);
}

#[actix_web::test]
async fn only_a_member_who_may_answer_there_is_assigned() {
    let door = Door::open().await;
    let shop = door.shop("a", ChannelKind::Generic, "").await;
    let other = door.base.inbox(&shop, "generic").await;
    let talk = door.base.talk(&shop, 1, ("open", "nobody"), 1).await;
    let path = format!("/api/v1/conversations/{}/assignment", talk.id);
    let foreign = door.shop("b", ChannelKind::Generic, "").await;
    let stranger = door.member(&foreign, Role::Member, None, None).await;
    let elsewhere = door.member(&shop, Role::Member, None, Some(&json!([other]).to_string())).await;
    let reader = door.member(&shop, Role::Member, Some(r#"["conversations:read"]"#), None).await;
    let removed = door.member(&shop, Role::Member, None, None).await;
    let owner = door.member(&shop, Role::Owner, None, None).await;
    let gone = door.as_member(&owner, Method::DELETE, &format!("/api/v1/members/{}", removed.id), None).await;
    assert_eq!(gone.status, 204);
    for id in [door.base.uuid(), shop.key.0, stranger.id.0, elsewhere.id.0, reader.id.0, removed.id.0] {
        let answer = door.post(&shop, &path, json!({"assignee_id": id})).await;
        assert_eq!((answer.status, answer.json()["errors"][0]["field"].as_str()), (422, Some("assignee_id")), "{}", answer.text);
    }
    assert!(door.engine.happenings().is_empty(), "nothing reached the engine");
    let here = door.member(&shop, Role::Member, None, Some(&json!([shop.inbox]).to_string())).await;
    door.engine.will_do(None, false);
    assert_eq!(door.post(&shop, &path, json!({"assignee_id": here.id})).await.status, 200);
    let assigned = Happening::AgentAssigned { by: AgentId(shop.key.0), assignee: Some(AgentId(here.id.0)) };
    assert_eq!(door.engine.happenings(), vec![assigned]);
}

#[actix_web::test]
async fn messages_are_listed_both_ways() {
    let door = Door::open().await;
    let shop = door.shop("a", ChannelKind::Generic, "").await;
    let talk = door.base.talk(&shop, 1, ("open", "nobody"), 1).await;
    for seq in 1..=5 {
        door.base.message(&shop, talk, seq, "in", &format!("m{seq}")).await;
    }
    let list = async |query: &str| {
        let page = door.get(&shop, &format!("/api/v1/conversations/{}/messages?{query}", talk.id)).await.json();
        let seqs: Vec<i64> = page["data"].as_array().unwrap().iter().map(|row| row["seq"].as_i64().unwrap()).collect();
        (seqs, page["next"].as_str().map(str::to_owned))
    };
    let (first, next) = list("limit=2").await;
    assert_eq!(first, [1, 2]);
    assert_eq!(list(&format!("limit=9&cursor={}", next.unwrap())).await, (vec![3, 4, 5], None));
    assert_eq!(list("after=3").await.0, [4, 5]);
    let (newest, next) = list("before=9&limit=3").await;
    assert_eq!(newest, [5, 4, 3]);
    assert_eq!(list(&format!("cursor={}", next.unwrap())).await, (vec![2, 1], None), "the cursor keeps the direction");
    let both = door.get(&shop, &format!("/api/v1/conversations/{}/messages?after=1&before=2", talk.id)).await;
    assert_eq!(both.status, 422);
}

#[actix_web::test]
async fn turns_are_listed_in_order() {
    let door = Door::open().await;
    let shop = door.shop("a", ChannelKind::Generic, "").await;
    let talk = door.base.talk(&shop, 1, ("open", "nobody"), 1).await;
    for turn in [2, 1, 3] {
        door.base.turn(&shop, talk, turn).await;
    }
    let page = door.get(&shop, &format!("/api/v1/conversations/{}/turns?limit=2", talk.id)).await.json();
    assert_eq!((&page["data"][0]["turn_no"], &page["data"][1]["turn_no"]), (&json!(1), &json!(2)));
    assert!(page["next"].is_string());
}

#[actix_web::test]
async fn conv_78_the_door_sends_a_failed_message_again_and_refuses_others() {
    let door = Door::open().await;
    let shop = door.shop("a", ChannelKind::Generic, "").await;
    let talk = door.base.talk(&shop, 1, ("open", "nobody"), 1).await;
    let message = door.base.message(&shop, talk, 1, "out", "hola").await;
    door.base.outbox(&shop, talk, message, 1, ("uncertain", "hola")).await;
    let path = format!("/api/v1/conversations/{}/messages/{message}/retry", talk.id);
    let answer = door.ask(&shop, Method::POST, &path, None).await;
    assert_eq!((answer.status, answer.json()["status"].as_str()), (200, Some("queued")));
    assert_eq!(door.engine.outbox_hints.lock().unwrap().len(), 1);
    assert_eq!(door.engine.published.lock().unwrap()[0].kind, "message.status");
    let repeat = door.ask(&shop, Method::POST, &path, None).await;
    assert_eq!((repeat.status, repeat.json()["status"].as_str()), (200, Some("queued")), "the first answer may have been lost");
    assert_eq!(door.engine.published.lock().unwrap().len(), 1);
    let absent = format!("/api/v1/conversations/{}/messages/{}/retry", talk.id, Uuid::nil());
    assert_eq!(door.ask(&shop, Method::POST, &absent, None).await.status, 404);
}
