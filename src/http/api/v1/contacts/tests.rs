//! Contacts over real databases of both kinds.

use crate::domain::inbox::ChannelKind;
use crate::domain::permission::Role;
use crate::http::testkit::test_members::TestMember;
use crate::http::testkit::{Answer, Door};
use crate::store::people::fixtures::{Base, Shop};
use actix_web::http::Method;
use actix_web::test::TestRequest;
use serde_json::{Value, json};
use std::time::Duration;
use uuid::Uuid;

const CONTACTS: &str = "/api/v1/contacts";

struct House {
    door: Door,
    shop: Shop,
    boss: TestMember,
    ana: TestMember,
}

impl House {
    async fn both() -> [Self; 2] {
        [Self::on(Base::open().await).await, Self::on(Base::postgres().await).await]
    }

    async fn on(base: Base) -> Self {
        let door = Door::on(base).await;
        let shop = door.shop("a", ChannelKind::Generic, "").await;
        let boss = door.member(&shop, Role::Administrator, None, None).await;
        let ana = door.member(&shop, Role::Member, None, None).await;
        Self { door, shop, boss, ana }
    }

    async fn ask(&self, method: Method, path: &str, body: Option<Value>) -> Answer {
        self.door.as_member(&self.ana, method, &format!("{CONTACTS}{path}"), body).await
    }

    async fn get(&self, path: &str) -> Value {
        let answer = self.ask(Method::GET, path, None).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.text);
        answer.json()
    }

    async fn post(&self, path: &str, body: Value) -> Answer {
        self.ask(Method::POST, path, Some(body)).await
    }

    async fn patch(&self, path: &str, body: Value) -> Answer {
        self.ask(Method::PATCH, path, Some(body)).await
    }

    async fn make(&self, body: Value) -> String {
        let answer = self.post("", body).await;
        assert_eq!(answer.status, 201, "{}", answer.text);
        self.door.base.clock.advance(Duration::from_secs(1));
        answer.json()["id"].as_str().unwrap().to_owned()
    }

    /// Lists by pages of two; every page but the last is full.
    async fn names(&self, query: &str) -> Vec<String> {
        let (mut names, mut cursor) = (Vec::new(), String::new());
        loop {
            let page = self.get(&format!("?limit=2&{query}{cursor}")).await;
            let rows = page["data"].as_array().unwrap();
            names.extend(rows.iter().map(|row| row["name"].as_str().unwrap_or("—").to_owned()));
            match page["next"].as_str() {
                None => return names,
                Some(next) => cursor = format!("&cursor={next}"),
            }
            assert_eq!(rows.len(), 2);
        }
    }
}

fn told(answer: &Answer) -> (u16, String) {
    let body = answer.json();
    let word = body["code"].as_str().or(body["errors"][0]["field"].as_str());
    (answer.status, word.unwrap_or_default().to_owned())
}

#[actix_web::test]
async fn contacts_are_made_once_changed_and_found_again() {
    for it in House::both().await {
        let body = json!({"name": " Ana López ", "phone": "+52 55 1234 5678", "email": "Ana@Example.com", "locale": "es-MX", "attributes": {"plan": "gold", "age": 7}});
        let id = it.make(body.clone()).await;
        let file = it.get(&format!("/{id}")).await;
        assert_eq!(
            (&file["name"], &file["phone"], &file["email"]),
            (&json!("Ana López"), &json!("+525512345678"), &json!("ana@example.com"))
        );
        let identities = json!([{"kind": "email", "value": "ana@example.com"}, {"kind": "phone", "value": "+525512345678"}]);
        assert_eq!((&file["identities"], &file["notes_count"], &file["blocked"]), (&identities, &json!(0), &json!(false)));
        assert_eq!(told(&it.post("", json!({"name": "other", "phone": "+525512345678"})).await), (409, "taken".to_owned()));
        let change = json!({"phone": "+525587654321", "email": null, "attributes": {"plan": null, "vip": true}});
        let now = it.patch(&format!("/{id}"), change).await.json();
        assert_eq!((&now["attributes"], &now["email"], &now["name"]), (&json!({"age": 7, "vip": true}), &Value::Null, &json!("Ana López")));
        let identities = json!([{"kind": "phone", "value": "+525587654321"}]);
        assert_eq!(it.get(&format!("/{id}")).await["identities"], identities, "a corrected number leads its owner here no longer");
        assert_eq!(it.post("", json!({"name": "other", "phone": "+525512345678"})).await.status, 201);
        assert_eq!(told(&it.patch(&format!("/{id}"), json!({"phone": "+525512345678"})).await), (409, "taken".to_owned()));
        let request = || TestRequest::post().uri(CONTACTS).insert_header(it.ana.header()).insert_header(("idempotency-key", "k1"));
        let first = it.door.call(request().set_json(json!({"name": "Once"}))).await;
        let again = it.door.call(request().set_json(json!({"name": "Once"}))).await;
        assert_eq!((first.status, again.status, again.header("idempotent-replayed")), (201, 201, "true"));
        assert_eq!(first.json()["id"], again.json()["id"]);
    }
}

#[actix_web::test]
async fn every_wrong_field_is_named_and_nothing_is_half_written() {
    let it = House::on(Base::open().await).await;
    let many: Value = (0..51).map(|number| (format!("k{number}"), json!(1))).collect::<serde_json::Map<_, _>>().into();
    let cases = [
        (json!({}), "name"),
        (json!({"name": ""}), "name"),
        (json!({"phone": "5512345678"}), "phone"),
        (json!({"email": "nobody"}), "email"),
        (json!({"name": "a", "locale": "?"}), "locale"),
        (json!({"name": "a", "attributes": {"x": [1]}}), "attributes.x"),
        (json!({"name": "a", "attributes": many}), "attributes"),
        (json!({"name": "a", "colour": "red"}), "colour"),
    ];
    for (body, field) in cases {
        assert_eq!(told(&it.post("", body).await), (422, field.to_owned()));
    }
    for query in ["sort=size", "cursor=x", "limit=0", "created_from=yesterday", "sort=name&cursor=x", "colour=red"] {
        assert_eq!(it.ask(Method::GET, &format!("?{query}"), None).await.status, 422, "{query}");
    }
    assert_eq!(it.names("").await, Vec::<String>::new());
}

#[actix_web::test]
async fn lists_are_filtered_and_ordered_in_pages_on_both_databases() {
    for it in House::both().await {
        for (name, phone) in [("Zoe", "+5255111"), ("ángel", "+5255222"), ("Ana", "+1555333"), ("Óscar", "+3491444"), ("Ñandú", "+5233555")]
        {
            it.make(
                json!({"name": name, "phone": format!("{phone}00"), "email": format!("{}@example.com", phone.trim_start_matches('+'))}),
            )
            .await;
        }
        it.make(json!({"email": "nobody@example.org"})).await;
        assert_eq!(it.names("sort=name").await, ["Ana", "ángel", "Ñandú", "Óscar", "Zoe", "—"]);
        assert_eq!(it.names("").await, ["—", "Ñandú", "Óscar", "Ana", "ángel", "Zoe"]);
        assert_eq!(it.names("name=AN").await, ["Ana", "ángel"]);
        assert_eq!(it.names("name=%C3%A1n").await, ["Ana", "ángel"], "accents do not count");
        assert_eq!(it.names("phone=%2B52%2055&sort=name").await, ["ángel", "Zoe"]);
        assert_eq!(it.names("phone=+52&sort=name").await, ["ángel", "Ñandú", "Zoe"], "a plus that was not escaped");
        assert_eq!(it.names("email=NOBODY%40").await, ["—"]);
        assert_eq!(it.names("email=%25").await, Vec::<String>::new(), "no wildcard");
        let third = it.get("?name=ana").await["data"][0]["created_at"].as_str().unwrap().to_owned();
        assert_eq!(it.names(&format!("created_before={third}")).await, ["ángel", "Zoe"]);
        assert_eq!(it.names(&format!("created_from={third}&sort=name")).await, ["Ana", "Ñandú", "Óscar", "—"]);
        let id = it.get("?name=zoe").await["data"][0]["id"].as_str().unwrap().to_owned();
        assert_eq!(it.post(&format!("/{id}/block"), json!({})).await.json()["blocked"], json!(true));
        assert_eq!(it.names("blocked=true").await, ["Zoe"]);
        assert_eq!(it.names("blocked=false&sort=name").await, ["Ana", "ángel", "Ñandú", "Óscar", "—"]);
        assert_eq!(it.names("sort=last_activity").await, Vec::<String>::new());
        for (number, minute) in [(1, 5), (2, 9), (3, 7)] {
            it.door.base.talk(&it.shop, number, ("open", "nobody"), minute).await;
        }
        let rows = it.get("?sort=last_activity").await;
        let at: Vec<&str> = rows["data"].as_array().unwrap().iter().filter_map(|row| row["last_activity_at"].as_str()).collect();
        assert!(at.len() == 3 && at.is_sorted_by(|one, two| one > two), "{at:?}");
        assert_eq!(it.names("sort=last_activity").await.len(), 3);
    }
}

#[actix_web::test]
async fn conv_94_95_who_wrote_to_none_of_my_inboxes_is_absent_and_so_is_everybody_of_another_business() {
    for it in House::both().await {
        let talk = it.door.base.talk(&it.shop, 1, ("open", "nobody"), 1).await;
        let other = it.door.base.inbox(&it.shop, "generic").await;
        let blind = it.door.member(&it.shop, Role::Member, None, Some(&json!([other.0]).to_string())).await;
        let sees = it.door.member(&it.shop, Role::Member, None, Some(&json!([it.shop.inbox.0]).to_string())).await;
        let theirs = it.door.shop("b", ChannelKind::Generic, "").await;
        let stranger = it.door.base.talk(&theirs, 1, ("open", "nobody"), 1).await;
        let made = it.make(json!({"name": "Of no inbox"})).await;
        let (id, stranger) = (talk.contact.to_string(), stranger.contact.to_string());
        let ask = async |who: &TestMember, method: Method, path: String, body: Option<Value>| {
            it.door.as_member(who, method, &format!("{CONTACTS}{path}"), body).await
        };
        for sort in ["created", "name", "last_activity"] {
            let seen = ask(&sees, Method::GET, format!("?sort={sort}"), None).await.json();
            assert_eq!((&seen["data"][0]["id"], seen["data"].as_array().map(Vec::len)), (&json!(id), Some(1)), "{sort}");
            assert_eq!(ask(&blind, Method::GET, format!("?sort={sort}"), None).await.json()["data"], json!([]), "{sort}");
        }
        let routes =
            [(Method::GET, ""), (Method::GET, "/notes"), (Method::GET, "/timeline"), (Method::GET, "/duplicates"), (Method::DELETE, "")];
        let writes = [(Method::PATCH, "", json!({})), (Method::POST, "/block", json!({})), (Method::POST, "/notes", json!({"text": "x"}))];
        for (method, path) in routes {
            assert_eq!(ask(&blind, method.clone(), format!("/{id}{path}"), None).await.status, 404, "{method} {path}");
            assert_eq!(ask(&it.boss, method.clone(), format!("/{stranger}{path}"), None).await.status, 404, "{method} {path}");
        }
        for (method, path, body) in writes {
            assert_eq!(ask(&blind, method.clone(), format!("/{id}{path}"), Some(body.clone())).await.status, 404, "{method} {path}");
            assert_eq!(ask(&it.boss, method, format!("/{stranger}{path}"), Some(body)).await.status, 404, "{path}");
        }
        let merges = [(&it.boss, &made, &stranger), (&it.boss, &stranger, &made), (&sees, &id, &made), (&sees, &made, &id)];
        for (who, survivor, from) in merges {
            let answer = ask(who, Method::POST, format!("/{survivor}/merge"), Some(json!({"from": from}))).await;
            assert_eq!(answer.status, 404, "conv_98: {}", answer.text);
        }
        assert_eq!(
            told(&ask(&sees, Method::POST, String::new(), Some(json!({"name": "x"}))).await),
            (403, "limited_to_inboxes".to_owned())
        );
    }
}

#[actix_web::test]
async fn notes_are_their_authors_and_administrators_and_stand_in_the_timeline() {
    for it in House::both().await {
        let talk = it.door.base.talk(&it.shop, 1, ("open", "nobody"), 0).await;
        let id = talk.contact.to_string();
        let luz = it.door.member(&it.shop, Role::Member, None, None).await;
        let mut notes = Vec::new();
        for text in ["one", "two", "three"] {
            it.door.base.clock.advance(Duration::from_secs(60));
            let made = it.post(&format!("/{id}/notes"), json!({"text": text})).await.json();
            assert_eq!(made["author_id"], json!(it.ana.id.0));
            notes.push(made["id"].as_str().unwrap().to_owned());
        }
        let page = it.get(&format!("/{id}/notes?limit=2")).await;
        assert_eq!((&page["data"][0]["text"], &page["data"][1]["text"]), (&json!("three"), &json!("two")));
        let rest = it.get(&format!("/{id}/notes?limit=2&cursor={}", page["next"].as_str().unwrap())).await;
        assert_eq!((&rest["data"][0]["text"], &rest["next"]), (&json!("one"), &Value::Null));
        let path = format!("{CONTACTS}/{id}/notes/{}", notes[0]);
        let change = |who| it.door.as_member(who, Method::PATCH, &path, Some(json!({"text": "uno"})));
        assert_eq!(told(&change(&luz).await), (403, "not_yours".to_owned()));
        assert_eq!((change(&it.ana).await.status, change(&it.boss).await.status), (200, 200));
        assert_eq!(told(&it.post(&format!("/{id}/notes"), json!({"text": " "})).await), (422, "text".to_owned()));
        assert_eq!(it.ask(Method::DELETE, &format!("/{id}/notes/{}", notes[2]), None).await.status, 204);
        assert_eq!(it.ask(Method::DELETE, &format!("/{id}/notes/{}", notes[2]), None).await.status, 404);
        let story = it.get(&format!("/{id}/timeline?limit=2")).await;
        let kinds =
            |page: &Value| page["data"].as_array().unwrap().iter().map(|row| row["kind"].as_str().unwrap().to_owned()).collect::<Vec<_>>();
        assert_eq!(kinds(&story), ["note", "note"]);
        let older = it.get(&format!("/{id}/timeline?limit=2&cursor={}", story["next"].as_str().unwrap())).await;
        assert_eq!((kinds(&older), &older["data"][0]["conversation"]["number"]), (vec!["conversation".to_owned()], &json!(1)));
        assert_eq!(it.get(&format!("/{id}")).await["notes_count"], json!(2));
    }
}

#[actix_web::test]
async fn only_administrators_delete_and_only_whom_nothing_hangs_on() {
    for it in House::both().await {
        let (lone, busy) = (it.make(json!({"name": "Lone"})).await, it.door.base.talk(&it.shop, 1, ("open", "nobody"), 1).await.contact);
        let delete = async |who: &TestMember, id: &str| it.door.as_member(who, Method::DELETE, &format!("{CONTACTS}/{id}"), None).await;
        assert_eq!(told(&delete(&it.ana, &lone).await), (403, "administrator".to_owned()));
        assert_eq!(told(&delete(&it.boss, &busy.to_string()).await), (409, "in_use".to_owned()));
        assert_eq!(delete(&it.boss, &lone).await.status, 204);
        assert_eq!(delete(&it.boss, &lone).await.status, 404);
    }
}

#[actix_web::test]
async fn conv_98_a_merge_moves_everything_and_its_undo_gives_exactly_that_back() {
    for it in House::both().await {
        let (one, two) =
            (it.door.base.talk(&it.shop, 1, ("open", "nobody"), 1).await, it.door.base.talk(&it.shop, 2, ("open", "nobody"), 2).await);
        let (mine, theirs) = (one.contact.to_string(), two.contact.to_string());
        it.patch(&format!("/{mine}"), json!({"phone": "+525512345678"})).await;
        it.patch(&format!("/{theirs}"), json!({"email": "ana@example.com", "attributes": {"vip": true}})).await;
        it.post(&format!("/{theirs}/notes"), json!({"text": "of the other"})).await;
        let same = it.post(&format!("/{mine}/merge"), json!({"from": mine})).await;
        assert_eq!((same.status, &same.json()["merge_id"]), (200, &Value::Null), "the same contact: nothing to do");
        let before = (it.get(&format!("/{mine}")).await, it.get(&format!("/{theirs}")).await);
        let merged = it.post(&format!("/{mine}/merge"), json!({"from": theirs})).await;
        assert_eq!(merged.status, 200, "{}", merged.text);
        assert_eq!(
            it.door.engine.hints.lock().unwrap().iter().map(|key| key.id).collect::<Vec<_>>(),
            [two.id],
            "whoever holds it is woken"
        );
        let file = it.get(&format!("/{mine}")).await;
        assert_eq!((file["conversations"].as_array().map(Vec::len), &file["notes_count"]), (Some(2), &json!(1)));
        assert_eq!((file["channels"].as_array().map(Vec::len), file["identities"].as_array().map(Vec::len)), (Some(2), Some(2)));
        assert_eq!((&file["email"], &file["attributes"]), (&json!("ana@example.com"), &json!({"vip": true})));
        assert_eq!(it.get(&format!("/{theirs}")).await["merged_into"], json!(mine));
        for (path, body) in [("/merge", json!({"from": mine})), ("/block", json!({}))] {
            assert_eq!(told(&it.post(&format!("/{theirs}{path}"), body).await), (409, "merged".to_owned()), "{path}");
        }
        assert_eq!(it.names("").await.len(), 1, "the list shows the survivor only");
        assert_eq!(it.get(&format!("/{mine}/timeline")).await["data"].as_array().map(Vec::len), Some(4));
        it.post(&format!("/{mine}/notes"), json!({"text": "since"})).await;
        let undone = it.post(&format!("/{mine}/merge/undo"), json!({})).await;
        assert_eq!((undone.status, &undone.json()["restored_id"]), (200, &json!(theirs)), "{}", undone.text);
        let after = (it.get(&format!("/{mine}")).await, it.get(&format!("/{theirs}")).await);
        for field in ["name", "phone", "email", "attributes", "identities", "channels", "conversations", "merged_into"] {
            assert_eq!((&before.0[field], &before.1[field]), (&after.0[field], &after.1[field]), "{field}");
        }
        assert_eq!((&after.0["notes_count"], &after.1["notes_count"]), (&json!(1), &json!(1)), "what was written since stays");
        assert_eq!(told(&it.post(&format!("/{mine}/merge/undo"), json!({})).await), (409, "nothing_to_undo".to_owned()));
        it.post(&format!("/{mine}/merge"), json!({"from": theirs})).await;
        it.door.base.clock.advance(Duration::from_hours(30 * 24 + 1));
        // The session has ended meanwhile; the key has not.
        let late = it.door.post(&it.shop, &format!("{CONTACTS}/{mine}/merge/undo"), json!({})).await;
        assert_eq!(told(&late), (409, "too_late".to_owned()));
    }
}

#[actix_web::test]
async fn a_chain_of_merges_points_to_who_is_left_and_comes_apart_in_order() {
    let it = House::on(Base::open().await).await;
    let mut ids = Vec::new();
    for name in ["a", "b", "c"] {
        ids.push(it.make(json!({"name": name})).await);
    }
    let [a, b, c] = [&ids[0], &ids[1], &ids[2]];
    assert_eq!(it.post(&format!("/{b}/merge"), json!({"from": c})).await.status, 200);
    assert_eq!(it.post(&format!("/{a}/merge"), json!({"from": b})).await.status, 200);
    assert_eq!(it.get(&format!("/{c}")).await["merged_into"], json!(a));
    assert_eq!(it.post(&format!("/{a}/merge/undo"), json!({})).await.json()["restored_id"], json!(b));
    assert_eq!(it.get(&format!("/{c}")).await["merged_into"], json!(b));
    assert_eq!(it.post(&format!("/{b}/merge/undo"), json!({})).await.json()["restored_id"], json!(c));
}

#[actix_web::test]
async fn duplicates_are_suggested_with_their_reason() {
    for it in House::both().await {
        let talk = it.door.base.talk(&it.shop, 1, ("open", "nobody"), 1).await;
        let id = it.make(json!({"name": "Ana", "phone": "+525512345678", "email": "ana@example.com"})).await;
        it.make(json!({"name": "Luz", "phone": "+525587654321"})).await;
        assert_eq!(it.get(&format!("/{id}/duplicates")).await["data"], json!([]));
        // As a channel writes it that tells a telephone which another contact is known by.
        let (tenant, contact) = (it.shop.tenant.0, talk.contact.0);
        let row = entities::contact::ActiveModel {
            tenant_id: sea_orm::ActiveValue::Set(tenant),
            id: sea_orm::ActiveValue::Set(contact),
            phone: sea_orm::ActiveValue::Set(Some("+525512345678".to_owned())),
            ..Default::default()
        };
        let write = it.door.base.store.solo(crate::store::scope::Role::Engine, move |tx| {
            Box::pin(async move { sea_orm::ActiveModelTrait::update(row, tx).await.map(drop) })
        });
        write.await.unwrap();
        let found = it.get(&format!("/{id}/duplicates")).await;
        assert_eq!((&found["data"][0]["contact"]["id"], &found["data"][0]["reasons"]), (&json!(contact), &json!(["phone"])));
        assert_eq!(it.get(&format!("/{contact}/duplicates")).await["data"][0]["contact"]["id"], json!(id), "both ways");
        assert_eq!(it.ask(Method::GET, &format!("/{}/duplicates", Uuid::max()), None).await.status, 404);
    }
}

#[actix_web::test]
async fn an_export_is_safe_for_spreadsheets_streamed_whole_and_for_administrators() {
    for it in House::both().await {
        for number in 0..3 {
            it.make(json!({"name": format!("=cmd|{number}"), "phone": format!("+5255123456{number}0"), "attributes": {"a": "\"q\""}}))
                .await;
        }
        let export =
            async |who: &TestMember, query: &str| it.door.as_member(who, Method::GET, &format!("{CONTACTS}/export{query}"), None).await;
        let (safe, raw) = (export(&it.boss, "").await, export(&it.boss, "?format=csv_raw").await);
        assert_eq!((safe.status, safe.header("content-type")), (200, "text/csv; charset=utf-8"));
        assert!(safe.text.starts_with("\u{feff}\"id\",\"name\"") && raw.text.starts_with("\"id\""), "{}", safe.text);
        assert_eq!((safe.text.lines().count(), safe.text.matches("\"'=cmd|").count(), safe.text.matches("\"'+52").count()), (4, 3, 3));
        assert_eq!((raw.text.matches("\"=cmd|").count(), raw.text.matches("\"{\"\"a\"\":").count()), (3, 3), "{}", raw.text);
        assert_eq!(told(&export(&it.ana, "").await), (403, "administrator".to_owned()));
        assert_eq!(told(&export(&it.boss, "?format=xls").await), (422, "format".to_owned()));
        let log = it.door.get(&it.shop, "/api/v1/audit").await.json();
        let exports = log["data"].as_array().unwrap().iter().filter(|row| row["action"] == "contacts.exported").count();
        assert_eq!(exports, 2, "{log}");
    }
}

#[actix_web::test]
async fn a_table_is_taken_in_piece_by_piece_and_every_row_says_what_became_of_it() {
    use crate::ports::imports::Imports;
    for it in House::both().await {
        let known = it.make(json!({"name": "Old", "phone": "+525500000001", "attributes": {"kept": true}})).await;
        let mut table = "name,phone,email,attributes.Plan\r\n".to_owned();
        table.push_str("Nueva,+52 55 0000 0001,,gold\r\nBad,12,,\r\n");
        for number in 0..60 {
            table.push_str(&format!("Row {number},,row{number}@example.com,\r\n"));
        }
        let send = async |who: &TestMember, kind: &'static str, body: String| {
            let request = TestRequest::post().uri("/api/v1/contacts/import").insert_header(who.header());
            it.door.call(request.insert_header(("content-type", kind)).insert_header(("idempotency-key", "t1")).set_payload(body)).await
        };
        assert_eq!(told(&send(&it.ana, "text/csv", table.clone()).await), (403, "administrator".to_owned()));
        assert_eq!(send(&it.boss, "application/json", table.clone()).await.status, 415);
        assert_eq!(told(&send(&it.boss, "text/csv", "name,colour\na,b".to_owned()).await), (422, "file".to_owned()));
        assert_eq!(send(&it.boss, "text/csv", "x".repeat(5 * 1024 * 1024 + 1)).await.status, 413);
        let (first, again) = (send(&it.boss, "text/csv", table.clone()).await, send(&it.boss, "text/csv", table.clone()).await);
        assert_eq!((first.status, again.status, &first.json()["id"]), (202, 202, &again.json()["id"]), "{}", first.text);
        let (store, now) = (&it.door.base.store, crate::store::people::fixtures::NOW);
        let open = store.open_imports(9).await.unwrap();
        let [(tenant, id)] = open[..] else { panic!("{open:?}") };
        assert!(store.work_import(tenant, id, 21, now).await.unwrap(), "there is more");
        let read =
            async |path: String| it.door.as_member(&it.boss, Method::GET, &format!("{CONTACTS}/imports/{id}{path}"), None).await.json();
        let half = read(String::new()).await;
        assert_eq!((&half["state"], &half["rows"], &half["rows_done"]), (&json!("running"), &json!(62), &json!(40)));
        // Two at once, as two nodes would: each piece is taken in by one of them.
        let (one, two) = futures::future::join(store.work_import(tenant, id, 99, now), store.work_import(tenant, id, 99, now)).await;
        assert!(!one.unwrap() && !two.unwrap() && store.open_imports(9).await.unwrap().is_empty());
        let all = read(String::new()).await;
        let counts = ["state", "rows_done", "created", "updated", "skipped"].map(|field| all[field].clone());
        assert_eq!(counts, [json!("done"), json!(62), json!(60), json!(1), json!(1)]);
        let skipped = read("/rows?result=skipped".to_owned()).await["data"][0].clone();
        assert_eq!((&skipped["line"], &skipped["column"], &skipped["contact_id"]), (&json!(3), &json!("phone"), &Value::Null));
        assert_eq!(read("/rows?limit=100".to_owned()).await["data"].as_array().map(Vec::len), Some(62));
        let now = it.get(&format!("/{known}")).await;
        assert_eq!((&now["name"], &now["attributes"]), (&json!("Nueva"), &json!({"Plan": "gold", "kept": true})));
        assert_eq!(it.get("?limit=100").await["data"].as_array().map(Vec::len), Some(61));
    }
}
