//! Members over a real database: who changes whom, what they see, how they come and go.

use crate::domain::inbox::ChannelKind;
use crate::domain::mail::{MailKind, Next};
use crate::domain::permission::Role;
use crate::http::testkit::test_members::TestMember;
use crate::http::testkit::{Answer, Door, desk};
use crate::ports::mail::{Content, Kept, MailQueue, MailSeals};
use crate::store::accounts::{AccountSettings, NewUser};
use crate::store::audit::AuditFilter;
use crate::store::people::fixtures::{Base, Shop};
use crate::store::people::members::{Changed, MemberChange};
use actix_web::http::Method;
use actix_web::test::TestRequest;
use futures::future::join_all;
use serde_json::{Value, json};
use std::time::Duration;

const MEMBERS: &str = "/api/v1/members";

struct House {
    door: Door,
    shop: Shop,
    owner: TestMember,
}

impl House {
    async fn open() -> Self {
        Self::open_on(Base::open().await).await
    }

    async fn open_on(base: Base) -> Self {
        let door = Door::on(base).await;
        let shop = door.shop("a", ChannelKind::Generic, "").await;
        let owner = door.member(&shop, Role::Owner, None, None).await;
        Self { door, shop, owner }
    }

    async fn hire(&self, role: Role) -> TestMember {
        self.door.member(&self.shop, role, None, None).await
    }

    async fn patch(&self, by: &TestMember, whom: &TestMember, body: Value) -> Answer {
        self.door.as_member(by, Method::PATCH, &format!("{MEMBERS}/{}", whom.id), Some(body)).await
    }

    async fn remove(&self, by: &TestMember, whom: &TestMember) -> Answer {
        self.door.as_member(by, Method::DELETE, &format!("{MEMBERS}/{}", whom.id), None).await
    }

    async fn get(&self, by: &TestMember, path: &str) -> Answer {
        self.door.as_member(by, Method::GET, path, None).await
    }

    async fn post(&self, by: &TestMember, path: &str, body: Value) -> Answer {
        self.door.as_member(by, Method::POST, path, Some(body)).await
    }
}

fn refusal(answer: &Answer) -> (u16, String) {
    (answer.status, answer.json()["code"].as_str().unwrap_or_default().to_owned())
}

#[actix_web::test]
async fn trust_a12_an_administrator_gets_403_for_owners_and_the_last_owner_stays() {
    let it = House::open().await;
    let administrator = it.hire(Role::Administrator).await;
    assert_eq!(refusal(&it.patch(&administrator, &it.owner, json!({"role": "member"})).await), (403, "owners_only".to_owned()));
    assert_eq!(refusal(&it.remove(&administrator, &it.owner).await), (403, "owners_only".to_owned()));
    assert_eq!(refusal(&it.patch(&administrator, &administrator, json!({"role": "owner"})).await), (403, "owners_only".to_owned()));
    assert_eq!(refusal(&it.patch(&it.owner, &it.owner, json!({"role": "administrator"})).await), (409, "last_owner".to_owned()));
    assert_eq!(refusal(&it.remove(&it.owner, &it.owner).await), (409, "last_owner".to_owned()));
    let give = |whom: &TestMember| format!("{MEMBERS}/{}/transfer-ownership", whom.id);
    assert_eq!(refusal(&it.post(&administrator, &give(&administrator), json!({})).await), (403, "owner".to_owned()));
    assert_eq!(it.post(&it.owner, &give(&it.owner), json!({})).await.status, 422);
    let given = it.post(&it.owner, &give(&administrator), json!({})).await;
    assert_eq!((given.status, given.json()["role"].as_str()), (200, Some("owner")));
    assert_eq!(it.get(&it.owner, &format!("{MEMBERS}/{}", it.owner.id)).await.json()["role"], "administrator");
}

#[actix_web::test]
async fn trust_a11_a_member_with_a_permission_gives_no_more_than_it() {
    let it = House::open().await;
    let clerk = it.door.member(&it.shop, Role::Member, Some(r#"["members:write","contacts:read"]"#), None).await;
    let new = it.door.member(&it.shop, Role::Member, Some("[]"), None).await;
    let given = it.patch(&clerk, &new, json!({"permissions": ["contacts:read"], "name": " Eva "})).await;
    assert_eq!((given.status, given.json()["permissions"].clone()), (200, json!(["contacts:read"])));
    assert_eq!((given.json()["name"].as_str(), given.json()["own_permissions"].as_bool()), (Some("Eva"), Some(true)));
    for body in [json!({"permissions": ["contacts:write"]}), json!({"permissions": null}), json!({"role": "administrator"})] {
        assert_eq!(refusal(&it.patch(&clerk, &new, body.clone()).await), (403, "more_than_held".to_owned()), "{body}");
    }
    assert_eq!(refusal(&it.patch(&clerk, &clerk, json!({"permissions": ["reports:read"]})).await), (403, "more_than_held".to_owned()));
    assert_eq!(refusal(&it.remove(&clerk, &it.hire(Role::Member).await).await), (403, "outranked".to_owned()));
    for (body, field) in [
        (json!({"role": "boss"}), "role"),
        (json!({"permissions": ["sales:read"]}), "permissions"),
        (json!({"inboxes": [it.door.base.uuid()]}), "inboxes"),
        (json!({"name": ""}), "name"),
    ] {
        let refused = it.patch(&it.owner, &new, body).await;
        assert_eq!((refused.status, refused.json()["errors"][0]["field"].as_str()), (422, Some(field)), "{}", refused.text);
    }
    assert_eq!(it.patch(&it.owner, &new, json!({"tenant_id": it.door.base.uuid()})).await.status, 422, "nobody sets what is the server's");
}

#[actix_web::test]
async fn whoever_is_removed_is_out_at_once_and_stands_in_old_conversations() {
    let it = House::open().await;
    let member = it.hire(Role::Member).await;
    assert_eq!(it.get(&member, "/api/v1/conversations").await.status, 200);
    assert_eq!(it.remove(&it.owner, &member).await.status, 204);
    assert_eq!(it.get(&member, "/api/v1/conversations").await.status, 401);
    let shown = it.get(&it.owner, &format!("{MEMBERS}/{}", member.id)).await.json();
    assert_eq!((shown["state"].as_str(), shown["name"].as_str()), (Some("removed"), Some("Luz")));
    let listed = it.get(&it.owner, MEMBERS).await.json();
    assert_eq!(listed["data"].as_array().map(Vec::len), Some(1));
    assert_eq!((it.remove(&it.owner, &member).await.status, it.patch(&it.owner, &member, json!({})).await.status), (404, 404));
    let leaver = it.hire(Role::Member).await;
    assert_eq!(it.remove(&leaver, &leaver).await.status, 204, "whoever leaves himself needs no permission");
}

/// Twenty owners, each unmade by another at the same time.
async fn demote_all(base: Base) {
    let door = Door::on(base).await;
    let shop = door.shop("a", ChannelKind::Generic, "").await;
    let mut owners = Vec::new();
    for _ in 0..20 {
        owners.push(door.member(&shop, Role::Owner, None, None).await.id);
    }
    let scope = door.base.store.tenant(shop.tenant);
    let demotion = MemberChange { role: Some(Role::Administrator), ..MemberChange::default() };
    let next = owners.iter().cycle().skip(1);
    let all = owners.iter().zip(next).map(|(by, whom)| scope.change_member(*by, *whom, demotion.clone()));
    let done = join_all(all).await;
    assert!(done.iter().all(Result::is_ok), "{done:?}");
    let demoted = done.iter().filter(|one| matches!(one, Ok(Changed::Done(_)))).count();
    let left = scope.members(None, 100).await.unwrap().into_iter().filter(|row| row.standing.place.role == Role::Owner).count();
    assert!(left >= 1 && demoted + left == 20, "{demoted} demoted, {left} left");
}

#[actix_web::test]
async fn trust_a12_twenty_demotions_at_once_leave_an_owner_on_sqlite() {
    demote_all(Base::open().await).await;
}

#[actix_web::test]
async fn trust_a12_twenty_demotions_at_once_leave_an_owner_on_postgres() {
    demote_all(Base::postgres().await).await;
}

/// A business with two inboxes and a member of the first.
async fn two_inboxes(base: Base) {
    let door = Door::on(base).await;
    let shop = door.shop("a", ChannelKind::Generic, "").await;
    let other = door.base.inbox(&shop, "generic").await;
    let mine = door.base.talk(&shop, 1, ("open", "nobody"), 1).await;
    let theirs = door.base.talk(&Shop { inbox: other, ..shop.clone() }, 2, ("open", "nobody"), 2).await;
    for (number, talk) in [(1, mine), (2, theirs)] {
        door.base.message(&shop, talk, 1, "in", "hola").await;
        door.base.turn(&shop, talk, 1).await;
        door.base.event(&shop, talk, number, "message.created", json!({"seq": 1})).await;
    }
    let limited = door.member(&shop, Role::Member, None, Some(&json!([shop.inbox]).to_string())).await;
    let get = |path: String| {
        let (door, limited) = (&door, &limited);
        async move { door.as_member(limited, Method::GET, &path, None).await }
    };
    let list = get("/api/v1/conversations".to_owned()).await.json();
    assert_eq!(list["data"].as_array().map(Vec::len), Some(1));
    assert_eq!(list["data"][0]["id"], mine.id.to_string());
    let filtered = get(format!("/api/v1/conversations?inbox_id={other}")).await.json();
    assert_eq!(filtered["data"], json!([]));
    let inboxes = get("/api/v1/inboxes".to_owned()).await.json();
    assert_eq!(inboxes["data"].as_array().map(Vec::len), Some(1));
    for (talk, status) in [(mine, 200), (theirs, 404)] {
        for path in ["", "/messages", "/turns"] {
            assert_eq!(get(format!("/api/v1/conversations/{}{path}", talk.id)).await.status, status, "{path}");
        }
    }
    let posts =
        [("messages", json!({"text": "x"})), ("status", json!({})), ("handback", json!({})), ("assignment", json!({"assignee_id": null}))];
    for (what, body) in posts {
        let path = format!("/api/v1/conversations/{}/{what}", theirs.id);
        assert_eq!(door.as_member(&limited, Method::POST, &path, Some(body)).await.status, 404, "{what}");
    }
    assert!(door.engine.commands.lock().unwrap().is_empty());
    let scope = door.base.store.tenant(shop.tenant).limited_to(crate::domain::membership::Visibility::of([shop.inbox]));
    assert!(!scope.has_contact(theirs.contact).await.unwrap() && scope.has_contact(mine.contact).await.unwrap());
    assert!(scope.messages_at(vec![(theirs.id, 1)]).await.unwrap().is_empty());
    let asked = door.as_member(&limited, Method::PATCH, &format!("{MEMBERS}/{}", limited.id), Some(json!({"inboxes": null}))).await;
    assert_eq!(refusal(&asked).0, 403, "nobody widens what he sees");
}

#[actix_web::test]
async fn trust_b03_a_member_of_an_inbox_finds_nothing_of_another_on_sqlite() {
    two_inboxes(Base::open().await).await;
}

#[actix_web::test]
async fn trust_b03_a_member_of_an_inbox_finds_nothing_of_another_on_postgres() {
    two_inboxes(Base::postgres().await).await;
}

#[actix_web::test]
async fn an_invitation_has_one_link_and_is_void_with_its_maker() {
    let it = House::open().await;
    let administrator = it.hire(Role::Administrator).await;
    let first = it.post(&administrator, "/api/v1/invitations", json!({"email": " Eva@Example.com ", "role": "administrator"})).await;
    assert_eq!((first.status, first.json()["email"].as_str()), (201, Some("eva@example.com")), "{}", first.text);
    assert!(first.json()["link"].as_str().is_some_and(|link| link.starts_with("https://desk.test/join#token=inv_")));
    let again = it.post(&administrator, "/api/v1/invitations", json!({"email": "eva@example.com"})).await;
    assert_eq!(again.status, 201);
    let list = it.get(&it.owner, "/api/v1/invitations").await;
    assert_eq!(list.json()["data"].as_array().map(Vec::len), Some(1), "a repeat doubles nothing");
    assert!(!list.text.contains("inv_") && !list.text.contains("hash"), "a link is shown once");
    let path = format!("/api/v1/invitations/{}", again.json()["id"].as_str().unwrap());
    let resent = it.post(&it.owner, &format!("{path}/resend"), json!({})).await;
    assert_eq!(resent.status, 200);
    assert_ne!(resent.json()["link"], again.json()["link"]);
    assert_eq!(resent.json()["invited_by"], it.owner.id.to_string());
    assert_eq!(refusal(&it.post(&administrator, "/api/v1/invitations", json!({"email": "x@example.com", "role": "owner"})).await).0, 403);
    assert_eq!(it.post(&administrator, "/api/v1/invitations", json!({"email": "b@example.com"})).await.status, 201);
    assert_eq!(it.patch(&it.owner, &administrator, json!({"role": "member"})).await.status, 200);
    let left = it.get(&it.owner, "/api/v1/invitations").await.json();
    assert_eq!(left["data"].as_array().map(Vec::len), Some(1), "what somebody asked others into is void when he holds less");
    assert_eq!(it.door.as_member(&it.owner, Method::DELETE, &path, None).await.status, 204);
    assert_eq!(it.door.as_member(&it.owner, Method::DELETE, &path, None).await.status, 404);
}

#[actix_web::test]
async fn ownership_changes_hands_only_with_a_password_or_right_after_signing_in() {
    let it = House::open().await;
    let heir = it.hire(Role::Member).await;
    let new = NewUser {
        tenant: it.shop.tenant,
        email: "ana@example.com".into(),
        name: "Ana".into(),
        locale: "es".into(),
        role: Role::Owner,
        password: "a long enough word".into(),
        existing: false,
    };
    it.door.state.accounts.create_user(new).await.unwrap();
    let login = json!({"email": "ana@example.com", "password": "a long enough word"});
    let login = it.door.call(TestRequest::post().uri("/api/v1/auth/login").set_json(login)).await;
    let bearer = format!("Bearer {}", login.json()["access_token"].as_str().unwrap());
    let path = format!("{MEMBERS}/{}/transfer-ownership", heir.id);
    let give = async |body: Value| {
        it.door.call(TestRequest::post().uri(&path).insert_header(("authorization", bearer.clone())).set_json(body)).await
    };
    it.door.base.clock.advance(Duration::from_mins(5));
    assert_eq!(refusal(&give(json!({})).await), (403, "confirm".to_owned()));
    let wrong = give(json!({"password": "not the password"})).await;
    assert_eq!((wrong.status, wrong.json()["errors"][0]["field"].as_str()), (422, Some("password")), "{}", wrong.text);
    assert_eq!(it.get(&it.owner, &format!("{MEMBERS}/{}", heir.id)).await.json()["role"], "member");
    let given = give(json!({"password": "a long enough word"})).await;
    assert_eq!((given.status, given.json()["role"].as_str()), (200, Some("owner")), "{}", given.text);
}

/// What the only mail that is due says, and what became of it.
async fn post_one(it: &House, next: Next) -> (MailKind, String) {
    let (store, now) = (&it.door.base.store, it.door.now());
    let mail = store.take_mails(now, now.after(Duration::from_mins(1)), 9).await.unwrap().pop().expect("a mail");
    assert!(store.begin_mail(&mail, now).await.unwrap());
    store.end_mail(&mail, next, now).await.unwrap();
    let Kept::Sealed { sealed } = &mail.kept else { panic!("a link in clear") };
    let said = it.door.state.accounts.mail_seal().open(mail.tenant, mail.id, sealed).unwrap();
    let Content::Letter(letter) = said.content else { panic!("{:?}", said.content) };
    (mail.kind, letter.text)
}

async fn invitations_are_mailed(base: Base) {
    let mut it = House::open_on(base).await;
    let before = it.post(&it.owner, "/api/v1/invitations", json!({"email": "sol@example.com"})).await.json();
    assert!(before["link"].is_string(), "nobody mails: whoever asks hands it over");
    let dropped = post_one(&it, Next::Dropped { reason: "no_smtp" }).await;
    let settings = AccountSettings { mails: true, ..desk::settings() };
    it.door.state.accounts = desk::accounts(it.door.base.store.clone(), settings).await;
    let made = it.post(&it.owner, "/api/v1/invitations", json!({"email": "eva@example.com", "role": "administrator"})).await;
    assert_eq!((made.status, &made.json()["link"], &made.json()["mail"]["state"]), (201, &Value::Null, &json!("waiting")), "{}", made.text);
    assert!(!made.text.contains("inv_"));
    let (kind, text) = post_one(&it, Next::Failed { reason: "smtp_550".to_owned() }).await;
    assert_eq!((kind, dropped.0), (MailKind::Invitation, MailKind::Invitation));
    assert!(text.contains("Luz le invita a a en Recado, como administrador") && text.contains("hora UTC"), "{text}");
    let token = text.split_once("https://desk.test/join#token=").expect("a link").1.trim().to_owned();
    let list = it.get(&it.owner, "/api/v1/invitations").await;
    let states: Vec<_> = list.json()["data"].as_array().unwrap().iter().map(|one| one["mail"].clone()).collect();
    assert_eq!(states, [json!({"state": "not_sent", "reason": "no_smtp"}), json!({"state": "failed", "reason": "smtp_550"})]);
    let path = format!("/api/v1/invitations/{}/resend", made.json()["id"].as_str().unwrap());
    it.door.base.clock.advance(Duration::from_mins(1));
    let resent = it.post(&it.owner, &path, json!({})).await;
    assert_eq!(
        (&resent.json()["link"], &resent.json()["mail"]),
        (&Value::Null, &json!({"state": "waiting", "reason": null})),
        "{}",
        resent.text
    );
    let (_, again) = post_one(&it, Next::Sent).await;
    let newer = again.split_once("#token=").expect("a link").1.trim().to_owned();
    let body = |token: &str| json!({"token": token, "name": "Eva", "password": "a long enough word", "terms": "2026-11"});
    assert_eq!(accept(&it, &body(&token)).await.status, 401, "a newer link voids the one before");
    assert_eq!(accept(&it, &body(&newer)).await.status, 201);
    let log = format!("{:?}", it.door.base.store.tenant(it.shop.tenant).audit_events(AuditFilter::default(), 99).await.unwrap());
    assert!(!log.contains("inv_") && !log.contains("eva@"), "{log}");
}

#[actix_web::test]
async fn an_invitation_is_mailed_with_its_link_and_shows_what_became_of_it_on_sqlite() {
    invitations_are_mailed(Base::open().await).await;
}

#[actix_web::test]
async fn an_invitation_is_mailed_with_its_link_and_shows_what_became_of_it_on_postgres() {
    invitations_are_mailed(Base::postgres().await).await;
}

/// What came to nothing mails nothing.
#[actix_web::test]
async fn an_invitation_that_is_refused_mails_nobody() {
    let it = House::open().await;
    let administrator = it.hire(Role::Administrator).await;
    assert_eq!(it.post(&administrator, "/api/v1/invitations", json!({"email": "x@example.com", "role": "owner"})).await.status, 403);
    let store = &it.door.base.store;
    assert!(store.take_mails(it.door.now(), it.door.now().after(Duration::from_mins(1)), 9).await.unwrap().is_empty());
}

const ACCEPT: &str = "/api/v1/auth/invitations/accept";

/// Asks somebody; returns the token of the link.
async fn ask(it: &House, body: Value) -> String {
    let made = it.post(&it.owner, "/api/v1/invitations", body).await;
    assert_eq!(made.status, 201, "{}", made.text);
    made.json()["link"].as_str().unwrap().split_once("token=").unwrap().1.to_owned()
}

async fn accept(it: &House, body: &Value) -> Answer {
    it.door.call(TestRequest::post().uri(ACCEPT).set_json(body)).await
}

#[actix_web::test]
async fn whoever_was_asked_joins_once_into_the_place_that_was_meant() {
    let it = House::open().await;
    let inboxes = json!([it.shop.inbox]);
    let token = ask(&it, json!({"email": "eva@example.com", "permissions": ["contacts:read"], "inboxes": inboxes})).await;
    let missing = accept(&it, &json!({"token": token, "name": "Eva"})).await;
    assert_eq!((missing.status, missing.json()["errors"][0]["field"].as_str()), (422, Some("password")), "{}", missing.text);
    let body = json!({"token": token, "name": "Eva", "password": "a long enough word", "terms": "2026-11"});
    // Ten at once: one joins.
    let all = join_all((0..10).map(|_| accept(&it, &body))).await;
    assert_eq!(all.iter().filter(|one| one.status == 201).count(), 1, "{all:?}");
    assert!(all.iter().all(|one| [201, 401, 409].contains(&one.status)), "{all:?}");
    assert_eq!(accept(&it, &body).await.status, 401);
    let joined = all.iter().find(|one| one.status == 201).unwrap().json();
    let shown = it.get(&it.owner, &format!("{MEMBERS}/{}", joined["member_id"].as_str().unwrap())).await.json();
    assert_eq!((&shown["role"], &shown["permissions"], &shown["inboxes"]), (&json!("member"), &json!(["contacts:read"]), &inboxes));
    let login = json!({"email": "eva@example.com", "password": "a long enough word"});
    let login = it.door.call(TestRequest::post().uri("/api/v1/auth/login").set_json(login)).await;
    assert_eq!(login.status, 200, "{}", login.text);
}

#[actix_web::test]
async fn an_account_joins_a_second_business_and_a_removed_member_comes_back() {
    let it = House::open().await;
    let token = ask(&it, json!({"email": "eva@example.com"})).await;
    let joined = accept(&it, &json!({"token": token, "name": "Eva", "password": "a long enough word", "terms": "2026-11"})).await.json();
    let member = joined["member_id"].as_str().unwrap().to_owned();
    let other = it.door.shop("b", ChannelKind::Generic, "").await;
    let owner = it.door.member(&other, Role::Owner, None, None).await;
    let second = House { door: it.door, shop: other, owner };
    let token = ask(&second, json!({"email": "eva@example.com", "role": "administrator"})).await;
    let silent = accept(&second, &json!({"token": token})).await;
    assert_eq!((silent.status, silent.json()["errors"][0]["field"].as_str()), (422, Some("password")), "the link alone proves nobody");
    let wrong = accept(&second, &json!({"token": token, "password": "a wrong long word"})).await;
    assert_eq!(wrong.status, 401, "whoever claimed the address first is not whoever was asked");
    let joined = accept(&second, &json!({"token": token, "password": "a long enough word"})).await;
    assert_eq!((joined.status, joined.json()["new_account"].as_bool()), (201, Some(false)), "{}", joined.text);
    let it = House { owner: it.owner, shop: it.shop, door: second.door };
    let path = format!("{MEMBERS}/{member}");
    assert_eq!(it.door.as_member(&it.owner, Method::DELETE, &path, None).await.status, 204);
    let token = ask(&it, json!({"email": "eva@example.com", "role": "administrator"})).await;
    let back = accept(&it, &json!({"token": token, "password": "a long enough word"})).await.json();
    assert_eq!(back["member_id"], member);
    let shown = it.get(&it.owner, &path).await.json();
    assert_eq!((&shown["state"], &shown["role"]), (&json!("active"), &json!("administrator")));
}

#[actix_web::test]
async fn a_link_is_void_when_it_is_old_taken_back_or_replaced() {
    let it = House::open().await;
    let body = |token: &str| json!({"token": token, "name": "Eva", "password": "a long enough word", "terms": "2026-11"});
    let first = ask(&it, json!({"email": "eva@example.com"})).await;
    let second = ask(&it, json!({"email": "eva@example.com"})).await;
    assert_eq!(accept(&it, &body(&first)).await.status, 401, "replaced");
    for wrong in ["", "inv_x", "rst_00000000000000000000000000000000000000000000"] {
        assert_eq!(accept(&it, &body(wrong)).await.status, 401, "{wrong}");
    }
    it.door.base.clock.advance(std::time::Duration::from_hours(72));
    assert_eq!(accept(&it, &body(&second)).await.status, 401, "too old");
}

#[actix_web::test]
async fn a_key_holds_no_more_than_its_maker_and_is_shown_once() {
    let it = House::open().await;
    const KEYS: &str = "/api/v1/api-keys";
    let clerk = it.door.member(&it.shop, Role::Member, Some(r#"["integrations:write","contacts:read"]"#), None).await;
    let made = it.post(&clerk, KEYS, json!({"name": "till", "scopes": ["contacts:read"]})).await;
    let key = made.json()["key"].as_str().unwrap().to_owned();
    assert_eq!((made.status, key.starts_with("rk_")), (201, true));
    let often: Vec<&str> = std::iter::repeat_n("contacts:read", 1_000).collect();
    assert_eq!(it.post(&it.owner, KEYS, json!({"name": "often", "scopes": often})).await.status, 201);
    let stored = it.get(&it.owner, KEYS).await.json();
    assert!(stored["data"].as_array().unwrap().iter().any(|key| key["name"] == "often" && key["scopes"] == json!(["contacts:read"])));
    for scopes in [json!(["contacts:write"]), json!(["*"])] {
        let refused = it.post(&clerk, KEYS, json!({"name": "till", "scopes": scopes})).await;
        assert_eq!(refusal(&refused), (403, "more_than_held".to_owned()));
    }
    assert_eq!(it.door.get(&it.shop, "/api/v1/conversations").await.status, 200);
    let list = it.get(&it.owner, KEYS).await;
    let used: Vec<bool> = list.json()["data"].as_array().unwrap().iter().map(|key| key["last_used_at"].is_string()).collect();
    assert_eq!(used, [true, false, false], "the shop's key was used, the others were not");
    assert!(!list.text.contains(&key) && list.text.contains(&key.chars().skip(key.len() - 4).collect::<String>()));
    let limited = it.door.member(&it.shop, Role::Administrator, None, Some(&json!([it.shop.inbox]).to_string())).await;
    assert_eq!(refusal(&it.post(&limited, KEYS, json!({"name": "x", "scopes": ["contacts:read"]})).await).0, 403);
    let request = |key: &str| {
        let request = TestRequest::post().uri(KEYS).insert_header(it.owner.header());
        request.insert_header(("idempotency-key", key.to_owned())).set_json(json!({"name": "once", "scopes": ["*"]}))
    };
    let statuses =
        [it.door.call(request("k")).await.status, it.door.call(request("k")).await.status, it.door.call(request("l")).await.status];
    assert_eq!(statuses, [201, 409, 201]);
    assert_eq!(it.post(&it.owner, KEYS, json!({"name": "x", "scopes": []})).await.status, 422);
}

#[actix_web::test]
async fn trust_a14_a_business_changes_its_name_language_and_zone() {
    let it = House::open().await;
    let change = json!({"name": "Clínica Sol", "locale": "pt-BR", "timezone": "America/Sao_Paulo"});
    let changed = it.door.as_member(&it.owner, Method::PATCH, "/api/v1/business", Some(change.clone())).await;
    assert_eq!(changed.status, 200, "{}", changed.text);
    let shown = it.get(&it.owner, "/api/v1/business").await.json();
    for field in ["name", "locale", "timezone"] {
        assert_eq!(shown[field], change[field]);
    }
    for (body, field) in [(json!({"timezone": "Mars"}), "timezone"), (json!({"locale": "x"}), "locale"), (json!({"name": " "}), "name")] {
        let refused = it.door.as_member(&it.owner, Method::PATCH, "/api/v1/business", Some(body)).await;
        assert_eq!((refused.status, refused.json()["errors"][0]["field"].as_str()), (422, Some(field)));
    }
}
