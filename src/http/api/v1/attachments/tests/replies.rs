//! Files in replies, notes and prepared texts.

use super::*;
use crate::domain::content::{Attachment, MAX_TEXT, MessageKind};
use crate::domain::conversation::event::Happening;

/// The files of the last command.
fn sent(it: &House) -> (String, MessageKind, bool, Vec<Attachment>) {
    match it.door.engine.happenings().pop() {
        Some(Happening::AgentReplied { content, private, .. }) => (content.text, content.kind, private, content.attachments),
        other => panic!("{other:?}"),
    }
}

fn will_write(it: &House) {
    it.door.engine.will_do(Some(1), false);
}

#[actix_web::test]
async fn files_go_with_a_reply_in_their_order_and_a_text_may_be_left_out() {
    for it in House::both().await {
        let (one, two) = (it.brought().await, id(&it.bring("nota.txt", None, b"hola").await));
        it.door.base.message(&it.shop, it.talk, 1, "out", "hola").await;
        will_write(&it);
        assert_eq!(it.reply(json!({"text": "Mire", "attachments": [two, one]})).await.status, 201);
        let (text, kind, private, files) = sent(&it);
        assert_eq!((text.as_str(), kind, private), ("Mire", MessageKind::Document, false));
        let names: Vec<String> = files.iter().map(|file| file.file.unwrap().id.to_string()).collect();
        assert_eq!(names, [two.clone(), one.clone()]);
        assert_eq!((files[1].mime_type.as_str(), files[1].file.unwrap().preview, files[1].url.clone()), ("image/png", true, None));
        will_write(&it);
        assert_eq!(it.reply(json!({"attachments": [one], "private": true})).await.status, 201, "and they may be used again");
        assert_eq!((sent(&it).0.as_str(), sent(&it).2), ("", true));
        it.door.engine.will(Ok(crate::ports::engine::CommandAnswer::Mismatch));
        assert_eq!(it.reply(json!({"text": " "})).await.status, 422, "nothing at all is no message");
    }
}

/// At most ten of ours, and no longer than the channel's own limit of a text.
#[actix_web::test]
async fn conv_76_too_many_attachments_and_a_text_that_is_too_long_are_refused_with_a_clear_error() {
    for it in House::both().await {
        let mut files = Vec::new();
        for _ in 0..11 {
            files.push(id(&it.bring("nota.txt", None, b"hola").await));
        }
        let many = it.reply(json!({"text": "Mire", "attachments": files})).await;
        assert_eq!(told(&many), (422, "attachments".to_owned()));
        assert!(many.text.contains("at most 10 files"), "{}", many.text);
        let long = it.reply(json!({"text": "a".repeat(MAX_TEXT + 1), "attachments": [files[0]]})).await;
        assert_eq!(told(&long), (422, "text".to_owned()));
        assert!(long.text.contains("at most 65536 bytes"), "{}", long.text);
        let text = json!({"code": "hola", "title": "Hola", "text": "Hola", "attachments": files});
        assert_eq!(told(&it.door.post(&it.shop, "/api/v1/canned-replies", text).await), (422, "attachments".to_owned()));
        assert!(it.door.engine.happenings().is_empty(), "nothing was written");
        it.door.base.clock.advance(25 * HOUR);
        it.sweep().await;
        assert_eq!(it.door.files.names(), Vec::<String>::new(), "and nothing was kept for it");
    }
}

#[actix_web::test]
async fn a_file_that_is_not_there_or_not_ones_own_is_named_and_nothing_is_written() {
    for it in House::both().await {
        let (mine, stranger) = (it.brought().await, it.door.base.uuid().to_string());
        for wrong in [json!([mine, stranger]), json!([mine, mine]), json!([mine, it.talk.id])] {
            assert_eq!(told(&it.reply(json!({"text": "Mire", "attachments": wrong})).await), (422, "attachments[1]".to_owned()), "{wrong}");
        }
        assert_eq!(it.reply(json!({"text": "Mire", "attachments": ["x"]})).await.status, 422);
        let talk = it.door.base.talk(&it.other, 1, ("open", "human"), 0).await;
        let path = format!("/api/v1/conversations/{}/messages", talk.id);
        let foreign = it.door.post(&it.other, &path, json!({"text": "Mire", "attachments": [mine]})).await;
        assert_eq!(told(&foreign), (422, "attachments[0]".to_owned()), "another business's");
        let template = json!({"text": "Mire", "attachments": [mine], "template": {"name": "a", "language": "es"}});
        assert_eq!(told(&it.reply(template).await), (422, "attachments".to_owned()));
        assert!(it.door.engine.happenings().is_empty());
    }
}

#[actix_web::test]
async fn what_a_channel_does_not_take_is_refused_before_anything_is_written() {
    for it in House::both().await {
        let shop = it.door.shop("wa", ChannelKind::Whatsapp, "1").await;
        let talk = it.door.base.talk(&shop, 1, ("open", "human"), 0).await;
        let bring = |name: &'static str, bytes: Vec<u8>| {
            it.door.call(posted(form(&[("file", Some(name), None, &bytes)])).insert_header(("x-api-key", shop.token.clone())))
        };
        let gif = id(&bring("a.gif", picture(ImageFormat::Gif, 4, 4)).await);
        let fine = id(&bring("a.png", png()).await);
        let path = format!("/api/v1/conversations/{}/messages", talk.id);
        let refused = it.door.post(&shop, &path, json!({"text": "Mire", "attachments": [fine, gif]})).await;
        assert_eq!(told(&refused), (422, "attachments[1]".to_owned()));
        assert!(refused.text.contains("does not take image/gif: it takes image/jpeg, image/png"), "{}", refused.text);
        let texts = "/api/v1/canned-replies";
        let animated = json!({"code": "uno", "title": "Uno", "text": "Uno", "attachments": [gif]});
        let animated = id(&it.door.post(&shop, texts, animated).await);
        let plain = id(&it.door.post(&shop, texts, json!({"code": "dos", "title": "Dos", "text": "Dos", "attachments": [fine]})).await);
        let from_text = it.door.post(&shop, &path, json!({"canned_reply_id": animated, "attachments": [fine]})).await;
        assert_eq!(told(&from_text), (422, "canned_reply_id".to_owned()), "each is told where it was given");
        let own = it.door.post(&shop, &path, json!({"canned_reply_id": plain, "attachments": [gif]})).await;
        assert_eq!(told(&own), (422, "attachments[0]".to_owned()));
        assert!(it.door.engine.happenings().is_empty());
        it.door.base.message(&shop, talk, 1, "note", "hola").await;
        will_write(&it);
        let note = it.door.post(&shop, &path, json!({"text": "Mire", "attachments": [gif], "private": true})).await;
        assert_eq!(note.status, 201, "a note goes nowhere: {}", note.text);
    }
}

#[actix_web::test]
async fn a_thread_shows_files_with_links_that_open_them() {
    for it in House::both().await {
        let file = it.brought().await;
        it.door.base.message(&it.shop, it.talk, 1, "out", "hola").await;
        will_write(&it);
        assert_eq!(it.reply(json!({"text": "Mire", "attachments": [file]})).await.status, 201);
        let content = crate::domain::content::Content::files("Mire", sent(&it).3);
        it.door
            .base
            .message_with(&it.shop, it.talk, 2, ("out", ""), |row| entities::message::ActiveModel {
                content: sea_orm::ActiveValue::Set(serde_json::to_string(&content).unwrap()),
                ..row
            })
            .await;
        let path = format!("/api/v1/conversations/{}/messages", it.talk.id);
        let thread = it.door.get(&it.shop, &path).await.json();
        let shown = &thread["data"][1]["content"]["attachments"][0];
        assert_eq!((&shown["id"], &shown["width"], &shown["file_name"]), (&json!(file), &json!(640), &json!("photo.png")));
        assert!(shown.get("preview").is_none());
        for link in ["url", "download_url", "preview_url"] {
            assert_eq!(it.follow(&shown[link]).await.status, 200, "{link}");
        }
    }
}

#[actix_web::test]
async fn a_prepared_text_takes_its_files_along() {
    for it in House::both().await {
        let (one, two, three) = (it.brought().await, it.brought().await, it.brought().await);
        let body = |files: Value| json!({"code": "precios", "title": "Precios", "text": "Hola {{contact.name}}", "attachments": files});
        let made = it.door.post(&it.shop, "/api/v1/canned-replies", body(json!([two, one]))).await;
        let reply = id(&made);
        let names = |answer: &Value| answer["attachments"].as_array().unwrap().iter().map(|file| file["id"].clone()).collect::<Vec<_>>();
        assert_eq!(names(&made.json()), [json!(two), json!(one)]);
        let path = format!("/api/v1/canned-replies/{reply}");
        let listed = it.door.get(&it.shop, "/api/v1/canned-replies").await.json();
        assert_eq!(names(&listed["data"][0]), [json!(two), json!(one)]);
        let talk = json!({"conversation_id": it.talk.id});
        let filled = it.door.post(&it.shop, &format!("{path}/render"), talk).await.json();
        assert_eq!((&filled["text"], names(&filled).len()), (&json!("Hola Ana"), 2));
        it.door.base.message(&it.shop, it.talk, 1, "out", "hola").await;
        will_write(&it);
        let used = it.reply(json!({"canned_reply_id": reply, "attachments": [three, one]})).await;
        assert_eq!(used.status, 201, "{}", used.text);
        let (text, _, _, files) = sent(&it);
        let order: Vec<String> = files.iter().map(|file| file.file.unwrap().id.to_string()).collect();
        assert_eq!((text.as_str(), order), ("Hola Ana", vec![two.clone(), one.clone(), three.clone()]));
        assert_eq!(told(&it.reply(json!({"canned_reply_id": reply, "text": "x"})).await), (422, "text".to_owned()));
        assert_eq!(told(&it.reply(json!({"canned_reply_id": it.talk.id})).await), (422, "canned_reply_id".to_owned()));
        let changed = it.door.ask(&it.shop, Method::PUT, &path, Some(body(json!([one])))).await.json();
        assert_eq!(names(&changed), [json!(one)]);
        let missing = it.door.ask(&it.shop, Method::PUT, &path, Some(body(json!([it.talk.id])))).await;
        assert_eq!(told(&missing), (422, "attachments[0]".to_owned()));
    }
}

/// Whoever lost the answer asks again under the same key, when the prepared text and the file are gone already: writing it out anew, as a
/// refusal would have it, tells the customer twice.
#[actix_web::test]
async fn a_repeat_is_answered_as_at_first_although_its_prepared_text_is_gone() {
    for it in House::both().await {
        let file = it.brought().await;
        let text = json!({"code": "hola", "title": "Hola", "text": "Hola", "attachments": [file]});
        let reply = id(&it.door.post(&it.shop, "/api/v1/canned-replies", text).await);
        it.door.base.message(&it.shop, it.talk, 1, "out", "hola").await;
        let ask = || {
            let path = format!("/api/v1/conversations/{}/messages", it.talk.id);
            let headers = [("x-api-key", it.shop.token.clone()), ("idempotency-key", "one".to_owned())];
            let request = headers.into_iter().fold(TestRequest::post().uri(&path), TestRequest::insert_header);
            it.door.call(request.set_json(json!({"canned_reply_id": reply})))
        };
        will_write(&it);
        assert_eq!(ask().await.status, 201);
        let first = it.door.engine.commands.lock().unwrap().pop().unwrap();
        crate::ports::store::EngineStore::add_command(&it.door.base.store, first.clone()).await.unwrap();
        let gone = it.door.ask(&it.shop, Method::DELETE, &format!("/api/v1/canned-replies/{reply}"), None).await;
        assert_eq!(gone.status, 204);
        it.door.engine.will_do(Some(1), true);
        let again = ask().await;
        assert_eq!((again.status, again.header("idempotent-replayed")), (201, "true"), "{}", again.text);
        assert_eq!(it.door.engine.commands.lock().unwrap().pop().map(|command| command.happening), Some(first.happening));
    }
}
