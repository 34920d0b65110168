//! The door to accounts, asked as browsers and as programs.

use crate::crypto::totp::SecondFactor;
use crate::domain::inbox::ChannelKind;
use crate::domain::mail::MailKind;
use crate::domain::time::Timestamp;
use crate::http::testkit::{Answer, Door};
use crate::ports::mail::{Kept, MailQueue, MailSeals};
use actix_web::http::Method;
use actix_web::test::TestRequest;
use secrecy::SecretSlice;
use serde_json::{Value, json};
use std::time::Duration;

const PASSWORD: &str = "correct horse battery";

/// What the pages of ours send with every request.
const OURS: [(&str, &str); 2] = [("sec-fetch-site", "same-origin"), ("x-requested-with", "console")];

fn sign_up_body(email: &str, cookies: bool) -> Value {
    json!({"name": "Ana Ruiz", "email": email, "business": "Peluquería Núñez", "password": PASSWORD, "terms": "2026-11", "cookies": cookies})
}

fn request(method: Method, path: &str, headers: &[(&str, &str)]) -> TestRequest {
    headers.iter().fold(TestRequest::default().method(method).uri(path), |request, header| request.insert_header(*header))
}

async fn post(door: &Door, path: &str, headers: &[(&str, &str)], body: Value) -> Answer {
    door.call(request(Method::POST, path, headers).set_json(body)).await
}

async fn get(door: &Door, path: &str, headers: &[(&str, &str)]) -> Answer {
    door.call(request(Method::GET, path, headers)).await
}

/// Makes a business; returns the access and the refresh token of its owner.
async fn signed_up(door: &Door, email: &str) -> (String, String) {
    let made = post(door, "/api/v1/auth/sign-up", &[], sign_up_body(email, false)).await;
    assert_eq!(made.status, 201, "{}", made.text);
    let made = made.json();
    let text = |name: &str| made[name].as_str().unwrap().to_owned();
    (format!("Bearer {}", text("access_token")), text("refresh_token"))
}

#[actix_web::test]
async fn whoever_signs_up_owns_a_business_and_is_signed_in() {
    let door = Door::open().await;
    let (access, _) = signed_up(&door, "ana@shop.test").await;
    let me = get(&door, "/api/v1/me", &[("authorization", &access)]).await.json();
    assert_eq!((me["email"].as_str(), me["role"].as_str(), me["phone"].is_null()), (Some("ana@shop.test"), Some("owner"), true));
    assert_eq!(me["businesses"][0]["slug"], "peluqueria-nunez");
    assert!(me["permissions"].as_array().unwrap().contains(&json!("members:write")));
    // A member may do what an API key could, and what is for people only.
    assert_eq!(get(&door, "/api/v1/conversations", &[("authorization", &access)]).await.status, 200);
    let taken = post(&door, "/api/v1/auth/sign-up", &[], sign_up_body("ANA@shop.test", false)).await;
    assert_eq!((taken.status, taken.json()["code"].as_str()), (409, Some("taken")));
    let second = post(&door, "/api/v1/auth/sign-up", &[], sign_up_body("eva@shop.test", false)).await;
    assert_eq!(second.status, 201, "the short name of the first is no hindrance");
}

#[actix_web::test]
async fn trust_a13_nothing_but_the_named_fields_is_asked_and_each_wrong_one_is_named() {
    let door = Door::open().await;
    for (field, value) in [
        ("name", json!("")),
        ("email", json!("ana")),
        ("phone", json!("12")),
        ("business", json!("\n")),
        ("password", json!("short")),
        ("password", json!("password123")),
        ("locale", json!("fr")),
        ("timezone", json!("Mars/Phobos")),
        ("terms", json!("")),
        ("card", json!("4111")),
    ] {
        let mut body = sign_up_body("ana@shop.test", false);
        body[field] = value;
        let refused = post(&door, "/api/v1/auth/sign-up", &[], body).await;
        assert_eq!((refused.status, refused.json()["errors"][0]["field"].as_str()), (422, Some(field)), "{}", refused.text);
    }
}

#[actix_web::test]
async fn a_wrong_password_and_an_unknown_address_get_the_same_answer() {
    let door = Door::open().await;
    signed_up(&door, "ana@shop.test").await;
    let mut answers = Vec::new();
    for email in ["ana@shop.test", "nobody@shop.test"] {
        let refused = post(&door, "/api/v1/auth/login", &[], json!({"email": email, "password": "not the password"})).await;
        let mut body = refused.json();
        body.as_object_mut().unwrap().remove("request_id");
        answers.push((refused.status, body));
    }
    assert_eq!(answers[0].0, 401);
    assert_eq!(answers[0], answers[1]);
}

#[actix_web::test]
async fn trust_a15_browsers_get_two_cookies_and_no_token_and_need_their_proof_for_every_change() {
    let door = Door::open().await;
    let foreign = post(&door, "/api/v1/auth/sign-up", &[("origin", "https://evil.test")], sign_up_body("ana@shop.test", true)).await;
    assert_eq!((foreign.status, foreign.json()["code"].as_str()), (403, Some("csrf")));
    signed_up(&door, "ana@shop.test").await;
    let body = json!({"email": "ana@shop.test", "password": PASSWORD, "cookies": true});
    let state = actix_web::web::Data::new(door.state.clone());
    let app = actix_web::test::init_service(actix_web::App::new().configure(|config| crate::http::configure(config, state))).await;
    let response =
        actix_web::test::call_service(&app, request(Method::POST, "/api/v1/auth/login", &OURS).set_json(&body).to_request()).await;
    let lines: Vec<String> = response.headers().get_all("set-cookie").map(|line| line.to_str().unwrap().to_owned()).collect();
    let view: Value = actix_web::test::read_body_json(response).await;
    assert!(view["access_token"].is_null() && view["refresh_token"].is_null());
    assert_eq!(lines.len(), 2);
    for (line, name, path, age) in [(&lines[0], "__Host-access", "/", 900), (&lines[1], "__Secure-refresh", "/api/v1/auth", 2_592_000)] {
        assert!(line.starts_with(&format!("{name}=")), "{name}");
        assert!(line.ends_with(&format!("; Path={path}; Max-Age={age}; HttpOnly; SameSite=Strict; Secure")), "{name}");
    }
    let cookie = lines.iter().filter_map(|line| line.split(';').next()).collect::<Vec<_>>().join("; ");
    let shown = ("cookie", cookie.as_str());
    assert_eq!(get(&door, "/api/v1/me", &[shown]).await.status, 200);
    let token = view["csrf_token"].as_str().unwrap();
    let change = |headers: Vec<(&'static str, String)>| {
        let all = headers.into_iter().fold(request(Method::PATCH, "/api/v1/me", &[shown]), |all, header| all.insert_header(header));
        door.call(all.set_json(json!({"name": "Ana R."})))
    };
    let ours = || OURS.map(|(name, value)| (name, value.to_owned())).to_vec();
    assert_eq!(change([ours(), vec![("x-csrf-token", token.to_owned())]].concat()).await.status, 200);
    for headers in [
        Vec::new(),
        ours(),
        vec![("x-csrf-token", token.to_owned())],
        [ours(), vec![("x-csrf-token", "x.y".to_owned())]].concat(),
        vec![("sec-fetch-site", "cross-site".to_owned()), ("x-requested-with", "x".to_owned()), ("x-csrf-token", token.to_owned())],
        vec![("origin", "https://evil.test".to_owned()), ("x-requested-with", "x".to_owned()), ("x-csrf-token", token.to_owned())],
    ] {
        let refused = change(headers.clone()).await;
        assert_eq!((refused.status, refused.json()["code"].as_str()), (403, Some("csrf")), "{headers:?}");
    }
    let both = get(&door, "/api/v1/me", &[shown, ("authorization", "Bearer rk_x")]).await;
    assert_eq!(both.status, 400, "a cookie and a header at once");
    let renewed = post(&door, "/api/v1/auth/refresh", &[shown, OURS[0], OURS[1]], json!({})).await;
    assert_eq!(renewed.status, 200, "{}", renewed.text);
    assert_eq!(post(&door, "/api/v1/auth/refresh", &[shown], json!({})).await.status, 403, "a foreign page");
}

#[actix_web::test]
async fn trust_a02_an_access_token_ends_after_fifteen_minutes_and_the_leeway() {
    let door = Door::open().await;
    let (access, refresh) = signed_up(&door, "ana@shop.test").await;
    for (seconds, status) in [(899, 200), (1, 200), (5, 401), (1, 401)] {
        door.base.clock.advance(Duration::from_secs(seconds));
        assert_eq!(get(&door, "/api/v1/me", &[("authorization", &access)]).await.status, status);
    }
    let renewed = post(&door, "/api/v1/auth/refresh", &[], json!({"refresh_token": refresh})).await.json();
    let access = format!("Bearer {}", renewed["access_token"].as_str().unwrap());
    assert_eq!(get(&door, "/api/v1/me", &[("authorization", &access)]).await.status, 200);
}

#[actix_web::test]
async fn trust_a04_a_used_refresh_token_is_forgiven_for_ten_seconds_and_then_ends_the_session() {
    let door = Door::open().await;
    let (_, old) = signed_up(&door, "ana@shop.test").await;
    let renewed = post(&door, "/api/v1/auth/refresh", &[], json!({"refresh_token": old})).await.json();
    let access = format!("Bearer {}", renewed["access_token"].as_str().unwrap());
    let again = post(&door, "/api/v1/auth/refresh", &[], json!({"refresh_token": old})).await;
    assert_eq!((again.status, again.json()["code"].as_str()), (409, Some("retry_with_new")));
    assert_eq!(get(&door, "/api/v1/me", &[("authorization", &access)]).await.status, 200, "the family lives");
    door.base.clock.advance(Duration::from_secs(11));
    let stolen = post(&door, "/api/v1/auth/refresh", &[], json!({"refresh_token": old})).await;
    assert_eq!((stolen.status, stolen.json()["code"].as_str()), (401, Some("session_over")));
    assert_eq!(get(&door, "/api/v1/me", &[("authorization", &access)]).await.status, 401, "the family is dead");
    let successor = renewed["refresh_token"].as_str().unwrap();
    assert_eq!(post(&door, "/api/v1/auth/refresh", &[], json!({"refresh_token": successor})).await.status, 401);
}

#[actix_web::test]
async fn trust_a09_an_ended_session_is_refused_at_once_and_a_foreign_one_is_absent() {
    let door = Door::open().await;
    let (access, _) = signed_up(&door, "ana@shop.test").await;
    let (eva, _) = signed_up(&door, "eva@shop.test").await;
    let other =
        post(&door, "/api/v1/auth/login", &[("user-agent", "Phone")], json!({"email": "ana@shop.test", "password": PASSWORD})).await.json();
    let phone = format!("Bearer {}", other["access_token"].as_str().unwrap());
    let listed = get(&door, "/api/v1/me/sessions", &[("authorization", &access)]).await.json();
    let rows = listed["items"].as_array().unwrap();
    assert_eq!((rows.len(), rows.iter().filter(|row| row["current"] == true).count()), (2, 1));
    let path = format!("/api/v1/me/sessions/{}", other["session_id"].as_str().unwrap());
    assert_eq!(get(&door, "/api/v1/me", &[("authorization", &phone)]).await.status, 200);
    let end = |who: String, path: String| door.call(request(Method::DELETE, &path, &[]).insert_header(("authorization", who)));
    assert_eq!(end(eva.clone(), path.clone()).await.status, 404, "somebody else's session");
    assert_eq!(end(access.clone(), path.clone()).await.status, 204);
    assert_eq!(get(&door, "/api/v1/me", &[("authorization", &phone)]).await.status, 401);
    assert_eq!(end(access.clone(), path).await.status, 404);
    assert_eq!(get(&door, "/api/v1/me", &[("authorization", &access)]).await.status, 200);
    assert_eq!(end(eva.clone(), "/api/v1/me/sessions".to_owned()).await.status, 204);
    assert_eq!(post(&door, "/api/v1/auth/logout", &[("authorization", &access)], json!({})).await.status, 204);
    assert_eq!(get(&door, "/api/v1/me", &[("authorization", &access)]).await.status, 401);
    assert_eq!(get(&door, "/api/v1/me", &[("authorization", &eva)]).await.status, 200);
}

#[actix_web::test]
async fn keys_are_no_people_and_people_of_one_business_see_nothing_of_another() {
    let door = Door::open().await;
    let shop = door.shop("mar", ChannelKind::Generic, "1").await;
    for path in ["/api/v1/me", "/api/v1/me/sessions", "/api/v1/auth/csrf"] {
        let refused = door.get(&shop, path).await;
        assert_eq!((refused.status, refused.json()["code"].as_str()), (403, Some("person")), "{path}");
        assert_eq!(get(&door, path, &[]).await.status, 401, "{path}");
        assert_eq!(get(&door, path, &[("authorization", "Bearer x.y.z")]).await.status, 401, "{path}");
    }
    let talk = door.base.talk(&shop, 1, ("pending", "assistant"), 0).await;
    let (access, _) = signed_up(&door, "ana@shop.test").await;
    let path = format!("/api/v1/conversations/{}", talk.id);
    assert_eq!(door.get(&shop, &path).await.status, 200);
    assert_eq!(get(&door, &path, &[("authorization", &access)]).await.status, 404);
}

#[actix_web::test]
async fn another_address_needs_the_password_and_its_link_and_keeps_everything_else() {
    let door = Door::open().await;
    let (access, _) = signed_up(&door, "ana@shop.test").await;
    signed_up(&door, "eva@shop.test").await;
    let change = |body: Value| door.call(request(Method::PATCH, "/api/v1/me", &[("authorization", access.as_str())]).set_json(body));
    assert_eq!(change(json!({"email": "new@shop.test"})).await.json()["errors"][0]["field"], "password");
    assert_eq!(change(json!({"email": "new@shop.test", "password": "wrong"})).await.status, 401);
    assert_eq!(change(json!({"email": "eva@shop.test", "password": PASSWORD})).await.status, 409);
    let changed = change(json!({"email": "New@shop.test", "password": PASSWORD, "phone": "+526621234567", "locale": "pt-BR"})).await.json();
    assert_eq!((changed["email"].as_str(), changed["phone"].as_str()), (Some("ana@shop.test"), Some("+526621234567")));
    assert_eq!(changed["pending_email"], "new@shop.test");
    let changed = change(json!({"phone": null, "name": "Ana R."})).await.json();
    assert!(changed["phone"].is_null() && changed["name"] == "Ana R." && changed["locale"] == "pt-BR");
    let confirm = |token: String| door.call(request(Method::POST, "/api/v1/auth/email/confirm", &[]).set_json(json!({"token": token})));
    assert_eq!(confirm(format!("ve_{}", "x".repeat(43))).await.status, 401);
    let now = door.now();
    let (store, seal) = (&door.base.store, door.state.accounts.mail_seal());
    let mails = store.take_mails(now, now, 20).await.unwrap();
    let link = mails.iter().find(|mail| mail.kind == MailKind::AddressCheck).expect("a mail to the new address");
    assert_eq!(link.to.as_str(), "new@shop.test");
    let Kept::Sealed { sealed } = &link.kept else { panic!("a link in clear") };
    let said = seal.open(link.tenant, link.id, sealed).unwrap().link.expect("a link");
    let token = said.0.strip_prefix("https://desk.test/confirm-email#token=").expect("a token").to_owned();
    assert_eq!(confirm(token.clone()).await.status, 204);
    assert_eq!(confirm(token).await.status, 401);
    let me = get(&door, "/api/v1/me", &[("authorization", &access)]).await.json();
    assert_eq!((me["email"].as_str(), &me["pending_email"]), (Some("new@shop.test"), &Value::Null));
}

#[actix_web::test]
async fn what_happens_to_an_account_stands_in_the_log_with_the_address_and_the_program() {
    let door = Door::open().await;
    let from = |request: TestRequest| request.peer_addr("192.0.2.7:9".parse().unwrap()).insert_header(("user-agent", "tests/1"));
    let made =
        door.call(from(request(Method::POST, "/api/v1/auth/sign-up", &[])).set_json(sign_up_body("ana@shop.test", false))).await.json();
    let access = format!("Bearer {}", made["access_token"].as_str().unwrap());
    let as_ana = |method: Method, path: &str| from(request(method, path, &[("authorization", access.as_str())]));
    let asked = json!({"email": "eva@shop.test"});
    assert_eq!(door.call(as_ana(Method::POST, "/api/v1/invitations").set_json(asked)).await.status, 201);
    assert_eq!(door.call(as_ana(Method::PATCH, "/api/v1/business").set_json(json!({"name": "Acme"}))).await.status, 200);
    let scoped = json!({"name": "ci", "scopes": ["contacts:read"]});
    assert_eq!(door.call(as_ana(Method::POST, "/api/v1/api-keys").set_json(scoped)).await.status, 201);
    let body = json!({"current": PASSWORD, "password": "another long one"});
    assert_eq!(door.call(as_ana(Method::POST, "/api/v1/me/password").set_json(body)).await.status, 204);
    let shown = get(&door, "/api/v1/audit", &[("authorization", &access)]).await.json();
    let rows = shown["data"].as_array().unwrap();
    let actions: Vec<&str> = rows.iter().map(|row| row["action"].as_str().unwrap()).collect();
    assert_eq!(actions, ["password.changed", "api_key.created", "business.changed", "invitation.made", "tenant.created"]);
    for row in rows {
        assert_eq!((row["ip"].as_str(), row["user_agent"].as_str()), (Some("192.0.2.7"), Some("tests/1")), "{row}");
        assert_eq!(row["actor"], json!({"kind": "member", "id": made["member_id"]}), "{row}");
    }
    let consents = get(&door, "/api/v1/consents", &[("authorization", &access)]).await.text;
    assert_eq!(consents.matches("192.0.2.7").count(), 3, "{consents}");
}

#[actix_web::test]
async fn nobody_signs_up_without_what_must_be_agreed_to() {
    let door = Door::open().await;
    let mut body = sign_up_body("ana@shop.test", false);
    body.as_object_mut().unwrap().remove("terms");
    let refused = post(&door, "/api/v1/auth/sign-up", &[], body).await;
    assert_eq!((refused.status, refused.json()["errors"][0]["field"].as_str()), (422, Some("terms")), "{}", refused.text);
}

#[actix_web::test]
async fn nobody_accepts_terms_that_no_longer_count() {
    let door = Door::open().await;
    let mut body = sign_up_body("ana@shop.test", false);
    body["terms"] = json!("2025-01");
    let refused = post(&door, "/api/v1/auth/sign-up", &[], body).await;
    let wrong = &refused.json()["errors"][0];
    assert_eq!((refused.status, wrong["field"].as_str()), (422, Some("terms")), "{}", refused.text);
    assert!(wrong["detail"].as_str().is_some_and(|detail| detail.contains("2026-11")), "it says which version counts");
}

/// Returns the six digits that an app shows for a secret as people type it.
fn code_of(secret: &str, at: Timestamp) -> String {
    let alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    let bits = secret.chars().flat_map(|letter| {
        let five = alphabet.find(letter).expect("base32");
        (0..5).rev().map(move |bit| u8::from(five >> bit & 1 == 1))
    });
    let bits: Vec<u8> = bits.collect();
    let bytes: Vec<u8> = bits.chunks_exact(8).map(|eight| eight.iter().fold(0, |byte, bit| byte << 1 | bit)).collect();
    SecondFactor::new(&SecretSlice::from(bytes), "Recado", "ana@shop.test").unwrap().code_at(at)
}

#[actix_web::test]
async fn a_second_factor_is_set_up_asked_for_recovered_from_once_and_taken_away() {
    let door = Door::open().await;
    let (access, _) = signed_up(&door, "ana@shop.test").await;
    let as_ana = [("authorization", access.as_str())];
    let wrong = post(&door, "/api/v1/me/totp", &as_ana, json!({"password": "not the password"})).await;
    assert_eq!(wrong.status, 401, "{}", wrong.text);
    let begun = post(&door, "/api/v1/me/totp", &as_ana, json!({"password": PASSWORD})).await;
    assert_eq!(begun.status, 201, "{}", begun.text);
    let secret = begun.json()["secret"].as_str().unwrap().to_owned();
    let login = || post(&door, "/api/v1/auth/login", &[], json!({"email": "ana@shop.test", "password": PASSWORD}));
    assert_eq!(login().await.json()["status"], "signed_in", "it counts for nothing until a code was right");
    assert_eq!(post(&door, "/api/v1/me/totp/confirm", &as_ana, json!({"code": "000000x"})).await.status, 401);
    let confirmed = post(&door, "/api/v1/me/totp/confirm", &as_ana, json!({"code": code_of(&secret, door.now())})).await;
    assert_eq!(confirmed.status, 200, "{}", confirmed.text);
    let codes: Vec<String> = serde_json::from_value(confirmed.json()["recovery_codes"].clone()).unwrap();
    assert_eq!(codes.len(), 10);

    let second = |step: Value, code: String| post(&door, "/api/v1/auth/mfa", &[], json!({"mfa_token": step["mfa_token"], "code": code}));
    door.base.clock.advance(Duration::from_secs(60));
    let step = login().await.json();
    assert_eq!((step["status"].as_str(), step["access_token"].is_null()), (Some("code_needed"), true), "{step}");
    let code = code_of(&secret, door.now());
    let inside = second(step, code.clone()).await;
    assert_eq!(inside.status, 200, "{}", inside.text);
    assert_eq!(second(login().await.json(), code).await.status, 401, "each code is good once");
    assert_eq!(second(login().await.json(), codes[0].clone()).await.status, 200);
    assert_eq!(second(login().await.json(), codes[0].clone()).await.status, 401, "each recovery code too");

    door.base.clock.advance(Duration::from_secs(60));
    let off = |password: &str, code: String| post(&door, "/api/v1/me/totp/disable", &as_ana, json!({"password": password, "code": code}));
    assert_eq!(off("not the password", code_of(&secret, door.now())).await.status, 401);
    assert_eq!(off(PASSWORD, codes[0].clone()).await.status, 401, "a used recovery code proves nothing");
    assert_eq!(off(PASSWORD, codes[1].clone()).await.status, 204);
    assert_eq!(login().await.json()["status"], "signed_in");
}
