//! Files at the door, over real databases of both kinds and a store of files in memory.

mod life;
mod links;
mod replies;
mod room;

use crate::domain::inbox::ChannelKind;
use crate::domain::permission::Role;
use crate::http::testkit::test_members::TestMember;
use crate::http::testkit::{Answer, Door};
use crate::store::people::fixtures::{Base, Shop, Talk};
use crate::testing::files::Failing;
use actix_web::http::Method;
use actix_web::test::TestRequest;
use image::{DynamicImage, ImageFormat, RgbImage};
use serde_json::{Value, json};
use std::io::Cursor;
use std::time::Duration;

const PATH: &str = "/api/v1/attachments";
const HOUR: Duration = Duration::from_hours(1);

struct House {
    door: Door,
    shop: Shop,
    other: Shop,
    talk: Talk,
}

/// Field, file name, type, bytes.
type Part<'a> = (&'a str, Option<&'a str>, Option<&'a str>, &'a [u8]);

/// A form of one or several parts.
fn form(parts: &[Part<'_>]) -> Vec<u8> {
    let mut body = Vec::new();
    for (field, name, kind, bytes) in parts {
        body.extend_from_slice(format!("--cut\r\ncontent-disposition: form-data; name=\"{field}\"").as_bytes());
        body.extend(name.iter().flat_map(|name| format!("; filename=\"{name}\"").into_bytes()));
        body.extend(kind.iter().flat_map(|kind| format!("\r\ncontent-type: {kind}").into_bytes()));
        body.extend_from_slice(b"\r\n\r\n");
        body.extend_from_slice(bytes);
        body.extend_from_slice(b"\r\n");
    }
    body.extend_from_slice(b"--cut--\r\n");
    body
}

fn posted(body: Vec<u8>) -> TestRequest {
    TestRequest::post().uri(PATH).insert_header(("content-type", "multipart/form-data; boundary=cut")).set_payload(body)
}

fn picture(format: ImageFormat, width: u32, height: u32) -> Vec<u8> {
    let mut out = Cursor::new(Vec::new());
    DynamicImage::ImageRgb8(RgbImage::new(width, height)).write_to(&mut out, format).unwrap();
    out.into_inner()
}

fn png() -> Vec<u8> {
    picture(ImageFormat::Png, 640, 320)
}

impl House {
    async fn both() -> [Self; 2] {
        [Self::on(Base::open().await).await, Self::on(Base::postgres().await).await]
    }

    async fn on(base: Base) -> Self {
        let door = Door::on(base).await;
        let shop = door.shop("a", ChannelKind::Generic, "").await;
        let other = door.shop("b", ChannelKind::Generic, "").await;
        let talk = door.base.talk(&shop, 1, ("open", "human"), 0).await;
        Self { door, shop, other, talk }
    }

    async fn bring(&self, name: &str, kind: Option<&str>, bytes: &[u8]) -> Answer {
        self.bring_form(form(&[("file", Some(name), kind, bytes)])).await
    }

    async fn bring_form(&self, body: Vec<u8>) -> Answer {
        self.door.call(posted(body).insert_header(("x-api-key", self.shop.token.clone()))).await
    }

    async fn brought(&self) -> String {
        id(&self.bring("photo.png", Some("image/png"), &png()).await)
    }

    async fn brought_by(&self, member: &TestMember) -> String {
        id(&self.door.call(posted(form(&[("file", Some("nota.txt"), None, b"hola")])).insert_header(member.header())).await)
    }

    async fn reply(&self, body: Value) -> Answer {
        self.door.post(&self.shop, &format!("/api/v1/conversations/{}/messages", self.talk.id), body).await
    }

    /// Follows a link of ours, without any key.
    async fn follow(&self, link: &Value) -> Answer {
        let path = link.as_str().unwrap().strip_prefix("http://localhost").unwrap();
        self.door.call(TestRequest::get().uri(path)).await
    }

    /// Does what the engine does every second with files that nobody uses; returns how many bytes' names were left over.
    async fn sweep(&self) -> usize {
        crate::testing::files::clear_away(&self.door.base.store, self.door.files.as_ref(), self.door.base.clock.as_ref()).await.unwrap()
    }
}

fn id(answer: &Answer) -> String {
    assert_eq!(answer.status, 201, "{}", answer.text);
    answer.json()["id"].as_str().unwrap().to_owned()
}

/// The status and the field that is wrong.
fn told(answer: &Answer) -> (u16, String) {
    (answer.status, answer.json()["errors"][0]["field"].as_str().unwrap_or_default().to_owned())
}

#[actix_web::test]
async fn a_picture_is_kept_with_what_it_is_and_a_small_one_of_it() {
    for it in House::both().await {
        let made = it.bring("../Fotos/mi\u{202e}gpj.png", Some("image/png"), &png()).await;
        let view = made.json();
        assert_eq!(made.status, 201, "{}", made.text);
        assert_eq!((&view["kind"], &view["mime_type"], &view["file_name"]), (&json!("image"), &json!("image/png"), &json!("migpj.png")));
        assert_eq!((&view["width"], &view["height"], &view["size"]), (&json!(640), &json!(320), &json!(png().len())));
        assert_eq!(view["sha256"], json!(crate::crypto::mac::sha256_hex(&png())));
        assert_eq!(made.header("location"), format!("{PATH}/{}", view["id"].as_str().unwrap()));
        let shown = it.follow(&view["preview_url"]).await;
        assert_eq!((shown.status, shown.header("content-type")), (200, "image/jpeg"));
        assert_eq!(it.door.files.names().len(), 2);
        let read = it.door.get(&it.shop, made.header("location")).await.json();
        assert_eq!((&read["id"], &read["url"]), (&view["id"], &view["url"]), "a link stays the same for a while");
    }
}

/// Its name in the store of files is chance, not its id and not its name.
#[actix_web::test]
async fn c11_names_in_the_store_cannot_be_guessed() {
    let it = House::on(Base::open().await).await;
    let (one, other) = (it.brought().await, it.brought().await);
    let names = it.door.files.names();
    assert_eq!(names.len(), 4);
    for name in &names {
        let (tenant, chance) = name.split_once('/').unwrap();
        assert_eq!(tenant, it.shop.tenant.to_string());
        assert!(chance.trim_end_matches("-1").len() == 32 && !name.contains(&one) && !name.contains(&other), "{name}");
    }
}

#[actix_web::test]
async fn trust_2_16_what_is_not_taken_is_named_and_leaves_nothing() {
    for it in House::both().await {
        let html = b"<html><script>alert(1)</script></html>";
        assert_eq!(told(&it.bring("a.png", Some("image/png"), html).await), (422, "file".to_owned()), "a lie");
        assert_eq!(told(&it.bring("a.pdf", Some("application/pdf"), &png()).await), (422, "file".to_owned()), "another");
        assert_eq!(told(&it.bring("a.sh", None, b"#!/bin/sh\nrm -rf /").await), (422, "file".to_owned()));
        assert_eq!(told(&it.bring("a.txt", None, b"").await), (422, "file".to_owned()));
        assert_eq!(told(&it.bring_form(form(&[("photo", Some("a.txt"), None, b"hola")])).await), (422, "photo".to_owned()));
        assert_eq!(told(&it.bring_form(form(&[("file", None, None, b"hola")])).await), (422, "file".to_owned()), "a text is no file");
        let two = form(&[("file", Some("a.txt"), None, b"hola"), ("file", Some("b.txt"), None, b"hola")]);
        assert_eq!(told(&it.bring_form(two).await), (422, "file".to_owned()));
        assert_eq!(it.bring_form(b"--cut--\r\n".to_vec()).await.status / 100, 4);
        assert_eq!(it.bring_form(b"hello".to_vec()).await.status, 400);
        let cut = form(&[("file", Some("a.txt"), None, b"hola")]);
        assert_eq!(it.bring_form(cut[..cut.len() - 12].to_vec()).await.status, 400, "it broke off");
        let json = it.door.post(&it.shop, PATH, json!({"file": "x"})).await;
        assert_eq!(json.status, 415);
        it.sweep().await;
        assert_eq!(it.door.files.names(), Vec::<String>::new());
    }
}

#[actix_web::test]
async fn a_file_that_is_too_large_ends_while_it_comes_and_leaves_nothing() {
    for mut it in House::both().await {
        it.door.state.limits.file_bytes = 100_000;
        let fits = it.bring("a.txt", None, &vec![b'a'; 100_000]).await;
        assert_eq!(fits.status, 201, "{}", fits.text);
        // More than the file, less than the body may have: only counting finds it.
        let over = it.bring("a.txt", None, &vec![b'a'; 100_001]).await;
        assert_eq!(over.status, 413, "{}", over.text);
        assert_eq!(it.bring("a.txt", None, &vec![b'a'; 300_000]).await.status, 413);
        it.sweep().await;
        assert_eq!(it.door.files.names().len(), 1);
    }
}

#[actix_web::test]
async fn a_repeat_is_the_same_file_and_another_file_under_its_key_is_refused() {
    for it in House::both().await {
        let bring = |bytes: &'static [u8]| {
            let body = form(&[("file", Some("a.txt"), None, bytes)]);
            it.door.call(posted(body).insert_header(("x-api-key", it.shop.token.clone())).insert_header(("idempotency-key", "one")))
        };
        let (first, again) = (bring(b"hola").await, bring(b"hola").await);
        assert_eq!((id(&first), again.header("idempotent-replayed")), (id(&again), "true"));
        assert_eq!(told(&bring(b"adios").await), (422, "Idempotency-Key".to_owned()));
        it.sweep().await;
        assert_eq!(it.door.files.names().len(), 1, "the bytes of the others are gone");
    }
}

#[actix_web::test]
async fn a_store_of_files_that_is_away_is_told_and_leaves_nothing() {
    for it in House::both().await {
        for failing in [Failing::Begin, Failing::Write, Failing::Finish] {
            it.door.files.fail(failing, 1);
            assert_eq!(it.bring("photo.png", None, &png()).await.status, 503, "{failing:?}");
        }
        it.door.files.fail(Failing::Read, 1);
        let made = it.bring("photo.png", None, &png()).await.json();
        assert_eq!(made["preview_url"], Value::Null, "no preview is no reason to refuse a file: {made}");
        it.door.files.fail(Failing::Read, 1);
        assert_eq!(it.follow(&made["url"]).await.status, 503);
        it.sweep().await;
        assert_eq!(it.door.files.names().len(), 1);
    }
}

#[actix_web::test]
async fn damaged_pictures_are_kept_without_a_preview() {
    let it = House::on(Base::open().await).await;
    let made = it.bring("photo.png", Some("image/png"), &png()[..60]).await;
    assert_eq!((made.status, &made.json()["preview_url"], &made.json()["width"]), (201, &Value::Null, &Value::Null));
}

#[actix_web::test]
async fn what_is_limited_to_inboxes_sees_what_it_may() {
    for it in House::both().await {
        let inboxes = json!([it.door.base.inbox(&it.shop, "generic").await]).to_string();
        let far = it.door.member(&it.shop, Role::Member, None, Some(&inboxes)).await;
        let near = it.door.member(&it.shop, Role::Member, None, Some(&json!([it.shop.inbox]).to_string())).await;
        let look = |who: &TestMember, file: &str| {
            let (who, path) = (who.clone(), format!("{PATH}/{file}"));
            let door = &it.door;
            async move { door.as_member(&who, Method::GET, &path, None).await.status }
        };
        let own = it.brought_by(&far).await;
        assert_eq!((look(&far, &own).await, look(&near, &own).await), (200, 404), "what nobody has used is its bringer's");
        let used = it.brought().await;
        assert_eq!(look(&near, &used).await, 404);
        it.door.engine.will_do(Some(1), false);
        it.door.base.message(&it.shop, it.talk, 1, "out", "hola").await;
        assert_eq!(it.reply(json!({"text": "hola", "attachments": [used]})).await.status, 201);
        assert_eq!((look(&far, &used).await, look(&near, &used).await), (404, 200));
        let prepared = it.brought().await;
        let text = json!({"code": "hola", "title": "Hola", "text": "Hola", "attachments": [prepared]});
        assert_eq!(it.door.post(&it.shop, "/api/v1/canned-replies", text).await.status, 201);
        assert_eq!((look(&far, &prepared).await, look(&near, &prepared).await), (200, 200));
        let path = format!("{PATH}/{own}");
        assert_eq!(it.door.as_member(&near, Method::DELETE, &path, None).await.status, 404);
        assert_eq!(it.door.as_member(&far, Method::DELETE, &path, None).await.status, 204);
        assert_eq!(look(&far, &own).await, 404);
        assert_eq!(it.door.get(&it.other, &format!("{PATH}/{used}")).await.status, 404, "another business's");
    }
}
