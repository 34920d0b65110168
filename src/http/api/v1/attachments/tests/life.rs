//! How long a file is kept: while somebody uses it, a day before anybody does, and not a look longer.

use super::*;
use crate::domain::conversation::effect::CommandOutcome;
use crate::ports::engine::CommandAnswer;
use crate::store::scope::Role as Acting;
use sea_orm::ConnectionTrait;

impl House {
    async fn run(&self, sql: impl Into<String>) {
        let sql = sql.into();
        let change =
            self.door.base.store.solo(Acting::Engine, move |tx| Box::pin(async move { tx.execute_unprepared(&sql).await.map(drop) }));
        change.await.unwrap();
    }

    async fn status(&self, file: &str) -> u16 {
        self.door.get(&self.shop, &format!("{PATH}/{file}")).await.status
    }

    /// Answers with the files; the engine is a fake, so no message is written.
    async fn hold(&self, files: Value) {
        self.door.engine.will_do(Some(1), false);
        let held = self.reply(json!({"text": "Mire", "attachments": files})).await;
        assert!([201, 500].contains(&held.status), "{}", held.text);
    }
}

#[actix_web::test]
async fn what_nobody_uses_goes_after_a_day_with_its_preview() {
    for it in House::both().await {
        let file = it.brought().await;
        it.door.base.clock.advance(23 * HOUR);
        it.sweep().await;
        assert_eq!((it.status(&file).await, it.door.files.names().len()), (200, 2));
        it.door.base.clock.advance(2 * HOUR);
        assert_eq!(it.sweep().await, 1);
        assert_eq!((it.status(&file).await, it.door.files.names().len()), (404, 0));
        assert_eq!(it.sweep().await, 0, "and it is done with");
    }
}

#[actix_web::test]
async fn what_a_message_was_to_have_goes_when_that_was_never_written() {
    for it in House::both().await {
        let (used, held) = (it.brought().await, it.brought().await);
        it.hold(json!([used])).await;
        // The message was written: what the engine's commit does.
        it.run("UPDATE conversation_file SET held_until = NULL").await;
        it.hold(json!([used, held])).await;
        it.door.base.clock.advance(25 * HOUR);
        it.sweep().await;
        it.sweep().await;
        assert_eq!((it.status(&used).await, it.status(&held).await), (200, 404));
    }
}

/// A command may wait for days where the engine is away: its files wait with it.
#[actix_web::test]
async fn what_a_command_still_has_to_write_is_kept_however_long_that_takes() {
    for it in House::both().await {
        let file = it.brought().await;
        it.hold(json!([file])).await;
        let at = crate::store::time::instant(it.door.now());
        let row = entities::inbound::ActiveModel {
            tenant_id: sea_orm::ActiveValue::Set(it.shop.tenant.0),
            id: sea_orm::ActiveValue::Set(it.door.base.uuid()),
            inbox_id: sea_orm::ActiveValue::Set(it.shop.inbox.0),
            conversation_id: sea_orm::ActiveValue::Set(it.talk.id.0),
            external_id: sea_orm::ActiveValue::Set("cmd:1".to_owned()),
            kind: sea_orm::ActiveValue::Set("command".to_owned()),
            state: sea_orm::ActiveValue::Set("new".to_owned()),
            payload: sea_orm::ActiveValue::Set("{}".to_owned()),
            part: sea_orm::ActiveValue::Set(7),
            occurred_at: sea_orm::ActiveValue::Set(at),
            received_at: sea_orm::ActiveValue::Set(at),
            ..Default::default()
        };
        it.door.base.insert(row).await;
        it.door.base.clock.advance(200 * HOUR);
        it.sweep().await;
        assert_eq!(it.status(&file).await, 200);
        it.run("UPDATE inbound SET state = 'dead'").await;
        it.sweep().await;
        it.sweep().await;
        assert_eq!(it.status(&file).await, 404, "what the engine has given up writes nothing");
    }
}

/// Nothing is to be written: a day of waiting for it would let one who is refused again and again fill the store.
#[actix_web::test]
async fn files_of_a_message_that_was_refused_are_kept_for_some_minutes_only() {
    for it in House::both().await {
        let file = it.brought().await;
        let outcome = CommandOutcome::Refused { code: "is_spam".to_owned(), detail: "spam".to_owned() };
        let id = crate::domain::ids::InboundId(it.door.base.uuid());
        it.door.engine.will(Ok(CommandAnswer::Done { id, outcome, repeat: false, may_still_arrive: Vec::new() }));
        assert_eq!(it.reply(json!({"text": "Mire", "attachments": [file]})).await.status, 409);
        it.sweep().await;
        assert_eq!(it.status(&file).await, 200);
        it.door.base.clock.advance(Duration::from_mins(11));
        it.sweep().await;
        it.sweep().await;
        assert_eq!((it.status(&file).await, it.door.files.names().len()), (404, 0));
    }
}

#[actix_web::test]
async fn a_key_can_be_used_anew_once_its_file_was_taken_back() {
    for it in House::both().await {
        let bring = || {
            let body = form(&[("file", Some("a.txt"), None, b"hola")]);
            it.door.call(posted(body).insert_header(("x-api-key", it.shop.token.clone())).insert_header(("idempotency-key", "one")))
        };
        let first = id(&bring().await);
        assert_eq!(it.door.ask(&it.shop, Method::DELETE, &format!("{PATH}/{first}"), None).await.status, 204);
        assert_eq!(id(&bring().await), first, "before any look");
        it.sweep().await;
        assert_eq!((it.status(&first).await, it.door.files.names().len()), (200, 1));
    }
}

/// All of them find nothing under the key, and all but one come too late.
#[actix_web::test]
async fn of_files_that_come_at_once_under_one_key_one_is_kept() {
    for it in House::both().await {
        let bring = |_| {
            let body = form(&[("file", Some("a.txt"), None, b"hola")]);
            it.door.call(posted(body).insert_header(("x-api-key", it.shop.token.clone())).insert_header(("idempotency-key", "one")))
        };
        let answers = futures::future::join_all((0..6).map(bring)).await;
        let statuses: Vec<u16> = answers.iter().map(|answer| answer.status).collect();
        assert_eq!(statuses, [201; 6], "{:?}", answers.iter().map(|answer| &answer.text).collect::<Vec<_>>());
        it.sweep().await;
        assert_eq!(it.door.files.names().len(), 1);
    }
}

/// Each call of a store that is away takes its time: the first that says so is the last of a look.
#[actix_web::test]
async fn a_store_that_is_away_is_asked_once_a_look() {
    let it = House::on(Base::open().await).await;
    for _ in 0..3 {
        it.bring("nota.txt", None, b"hola").await;
    }
    it.door.base.clock.advance(25 * HOUR);
    it.door.files.fail(Failing::Remove, 1);
    assert_eq!(it.sweep().await, 0, "the others would have gone");
    it.door.base.clock.advance(HOUR);
    assert_eq!(it.sweep().await, 3);
}

/// A body of the limit's length at the lowest pace that is let in is not too late for its row.
#[actix_web::test]
async fn a_row_waits_for_the_slowest_body_that_is_let_in() {
    let mut it = House::on(Base::open().await).await;
    it.door.state.limits.file_bytes = 1024 * 1024 * 1024;
    let slowest = Duration::from_secs(1024 * 1024 * 1024 / u64::from(it.door.state.limits.body_rate));
    assert!(crate::http::files::upload::arrives_within(&it.door.state) > slowest);
}

#[actix_web::test]
async fn a_file_goes_with_the_last_that_uses_it() {
    for it in House::both().await {
        let (shared, alone) = (it.brought().await, it.brought().await);
        let text = json!({"code": "hola", "title": "Hola", "text": "Hola", "attachments": [shared]});
        let reply = id(&it.door.post(&it.shop, "/api/v1/canned-replies", text).await);
        it.hold(json!([shared, alone])).await;
        it.run("UPDATE conversation_file SET held_until = NULL").await;
        it.door.base.clock.advance(25 * HOUR);
        it.sweep().await;
        assert_eq!(it.door.files.names().len(), 4);
        it.run("DELETE FROM conversation").await;
        it.sweep().await;
        assert_eq!((it.status(&shared).await, it.status(&alone).await), (200, 404), "the prepared text still has one");
        assert_eq!(it.door.ask(&it.shop, Method::DELETE, &format!("{PATH}/{shared}"), None).await.status, 409);
        assert_eq!(it.door.ask(&it.shop, Method::DELETE, &format!("/api/v1/canned-replies/{reply}"), None).await.status, 204);
        it.sweep().await;
        assert_eq!((it.status(&shared).await, it.door.files.names().len()), (404, 0));
    }
}

/// The prepared text goes, and at once, before any look, somebody takes the file back that a message has too.
#[actix_web::test]
async fn a_file_that_a_message_has_cannot_be_taken_back_when_a_prepared_text_goes() {
    for it in House::both().await {
        let file = it.brought().await;
        let text = json!({"code": "hola", "title": "Hola", "text": "Hola", "attachments": [file]});
        let reply = id(&it.door.post(&it.shop, "/api/v1/canned-replies", text).await);
        it.hold(json!([file])).await;
        assert_eq!(it.door.ask(&it.shop, Method::DELETE, &format!("/api/v1/canned-replies/{reply}"), None).await.status, 204);
        let path = format!("{PATH}/{file}");
        assert_eq!(it.door.get(&it.shop, &path).await.json()["expires_at"], Value::Null, "it is in use");
        // However its time came to be: use alone decides.
        let zero = if it.door.base.store.backend() == sea_orm::DbBackend::Postgres { "to_timestamp(0)" } else { "0" };
        it.run(format!("UPDATE file SET expires_at = {zero}")).await;
        let kept = it.door.ask(&it.shop, Method::DELETE, &path, None).await;
        assert_eq!((kept.status, kept.json()["code"].as_str()), (409, Some("in_use")), "{}", kept.text);
        it.sweep().await;
        assert_eq!((it.status(&file).await, it.door.files.names().len()), (200, 2));
    }
}

#[actix_web::test]
async fn the_bytes_of_a_business_go_with_it() {
    for it in House::both().await {
        let body = form(&[("file", Some("photo.png"), None, &png())]);
        id(&it.door.call(posted(body).insert_header(("x-api-key", it.other.token.clone()))).await);
        it.run("DELETE FROM tenant WHERE slug = 'b'").await;
        assert_eq!(it.sweep().await, 1);
        assert_eq!(it.door.files.names(), Vec::<String>::new());
    }
}

#[actix_web::test]
async fn what_could_not_be_taken_away_is_tried_again() {
    for it in House::both().await {
        it.brought().await;
        it.door.base.clock.advance(25 * HOUR);
        it.door.files.fail(Failing::Remove, 1);
        it.sweep().await;
        assert_eq!(it.door.files.names().len(), 2);
        assert_eq!(it.sweep().await, 0, "not at once");
        it.door.base.clock.advance(HOUR);
        assert_eq!(it.sweep().await, 1);
        assert_eq!(it.door.files.names(), Vec::<String>::new());
    }
}

/// A process dies while a file comes in: its row outlives it, and takes along what there is of the bytes.
#[actix_web::test]
async fn a_file_that_never_arrived_goes_with_whatever_came_of_it() {
    for it in House::both().await {
        let scope = it.door.base.store.tenant(it.shop.tenant);
        let (row, now) = (crate::domain::ids::FileId(it.door.base.uuid()), it.door.now());
        let name = format!("{}/{}", it.shop.tenant, "ab".repeat(16));
        let by = crate::domain::ids::AgentId(it.shop.key.0);
        let new = crate::store::people::files::NewFile { id: row, name: name.clone(), by, wanted: row, at_least: 0 };
        scope.begin_file(new, now, now.after(HOUR)).await.unwrap();
        let mut writer = crate::ports::files::FileStore::begin(it.door.files.as_ref(), &name).await.unwrap();
        writer.write(bytes::Bytes::from_static(b"hola")).await.unwrap();
        writer.finish().await.unwrap();
        assert_eq!(it.status(&row.to_string()).await, 404, "nothing is seen of it");
        it.door.base.clock.advance(2 * HOUR);
        assert_eq!(it.sweep().await, 1);
        assert_eq!(it.door.files.names(), Vec::<String>::new());
        let facts = crate::domain::file::FileFacts {
            name: "a".to_owned(),
            media_type: "text/plain".to_owned(),
            size: 4,
            sha256: String::new(),
            pixels: None,
            preview: false,
        };
        let late = scope.finish_file(row, row, facts, now).await.unwrap();
        assert_eq!(late, crate::store::people::files::FileSaved::Gone, "whoever comes too late is told so");
    }
}

#[actix_web::test]
async fn only_so_many_files_of_a_business_wait_for_somebody_to_use_them() {
    for it in House::both().await {
        it.brought().await;
        let chance = if it.door.base.store.backend() == sea_orm::DbBackend::Postgres { "gen_random_uuid()" } else { "randomblob(16)" };
        let sql = format!(
            "WITH RECURSIVE n(i) AS (SELECT 2 UNION ALL SELECT i + 1 FROM n WHERE i < {})
             INSERT INTO file (tenant_id, id, state, name, uploaded_by, file_name, media_type, size, sha256, preview, created_at, expires_at)
             SELECT f.tenant_id, {chance}, f.state, f.name || n.i, f.uploaded_by, f.file_name, f.media_type, f.size, f.sha256, f.preview,
             f.created_at, f.expires_at FROM file f, n",
            crate::store::people::files::MOST_WAITING
        );
        it.run(sql).await;
        let refused = it.bring("nota.txt", None, b"hola").await;
        assert_eq!((refused.status, refused.json()["code"].as_str()), (409, Some("too_many_waiting")), "{}", refused.text);
    }
}
