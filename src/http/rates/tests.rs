use super::*;
use crate::domain::quota::Setting;
use crate::http::testkit::Door;
use actix_web::http::Method;
use actix_web::test::TestRequest;

fn quotas(of: &[(Bucket, &str)]) -> Quotas {
    Quotas::of(of.iter().map(|(bucket, text)| (*bucket, text.parse::<Setting>().unwrap())))
}

/// A door with these quotas, behind a proxy of ours.
async fn door(of: &[(Bucket, &str)]) -> Door {
    let mut door = Door::open().await;
    let clock = Arc::clone(&door.base.clock) as Arc<dyn Clock>;
    door.state.rates = Rates::new(&quotas(of), &["0.0.0.0/32".parse().unwrap()], clock);
    door
}

fn from(address: &str, path: &str) -> TestRequest {
    TestRequest::get().uri(path).insert_header((FORWARDED, address))
}

#[actix_web::test]
async fn an_address_waits_as_long_as_it_is_told_to_and_no_other_does() {
    let door = door(&[(Bucket::PageAddress, "2/min")]).await;
    for _ in 0..2 {
        assert_eq!(door.call(from("198.51.100.1", "/docs")).await.status, 200);
    }
    let refused = door.call(from("198.51.100.1", "/docs")).await;
    assert_eq!((refused.status, refused.header("retry-after"), refused.header("content-type")), (429, "30", "application/problem+json"));
    assert!(refused.json()["request_id"].is_string());
    assert_eq!(door.call(from("198.51.100.2", "/docs")).await.status, 200);
    assert_eq!(door.call(from("198.51.100.1", "/healthz")).await.status, 200, "machines of the operator are not counted");
    door.base.clock.advance(Duration::from_secs(29));
    assert_eq!(door.call(from("198.51.100.1", "/docs")).await.header("retry-after"), "1");
    door.base.clock.advance(Duration::from_secs(1));
    assert_eq!(door.call(from("198.51.100.1", "/docs")).await.status, 200);
}

#[actix_web::test]
async fn a_subscriber_of_ipv6_has_one_count_for_all_of_its_addresses() {
    let door = door(&[(Bucket::PageAddress, "1/min")]).await;
    assert_eq!(door.call(from("2001:db8:1:1::1", "/docs")).await.status, 200);
    assert_eq!(door.call(from("2001:db8:1:1:ffff::2", "/docs")).await.status, 429);
    assert_eq!(door.call(from("2001:db8:1:2::1", "/docs")).await.status, 200);
}

#[actix_web::test]
async fn a_key_and_a_business_have_counts_of_their_own() {
    let door = door(&[(Bucket::ApiKey, "2/min"), (Bucket::ApiTenant, "100/min")]).await;
    let (one, other) = (door.base.shop("one", "generic").await, door.base.shop("other", "generic").await);
    for _ in 0..2 {
        assert_eq!(door.get(&one, "/api/v1/services").await.status, 200);
    }
    assert_eq!(door.get(&one, "/api/v1/services").await.status, 429);
    assert_eq!(door.get(&other, "/api/v1/services").await.status, 200);
    let tenant = self::door(&[(Bucket::ApiTenant, "1/min")]).await;
    let shop = tenant.base.shop("shop", "generic").await;
    assert_eq!(tenant.get(&shop, "/api/v1/services").await.status, 200);
    assert_eq!(tenant.get(&shop, "/api/v1/services").await.status, 429);
}

#[actix_web::test]
async fn wrong_keys_and_signatures_are_counted_and_right_ones_are_not_held_up() {
    let door = door(&[(Bucket::FailureAddress, "2/min")]).await;
    let shop = door.base.shop("shop", "generic").await;
    let guess = || from("198.51.100.1", "/api/v1/services").insert_header(("authorization", "Bearer rk_guess"));
    let hook = || from("198.51.100.1", "/webhooks/whatsapp").method(Method::POST);
    assert_eq!(door.call(guess()).await.status, 401);
    assert_eq!(door.call(hook()).await.status, 401);
    assert_eq!((door.call(guess()).await.status, door.call(hook()).await.status), (429, 429));
    let right = from("198.51.100.1", "/api/v1/services").insert_header(("authorization", format!("Bearer {}", shop.token)));
    assert_eq!(door.call(right).await.status, 200);
}

#[actix_web::test]
async fn counts_that_have_been_full_for_a_pace_are_forgotten() {
    let door = door(&[(Bucket::PageAddress, "1/min")]).await;
    for last in 0..50 {
        assert_eq!(door.call(from(&format!("198.51.100.{last}"), "/docs")).await.status, 200);
    }
    door.state.rates.sweep();
    assert_eq!(door.state.rates.kept(), 50);
    door.base.clock.advance(Duration::from_secs(119));
    door.state.rates.sweep();
    assert_eq!(door.state.rates.kept(), 50, "full for less than the minute that a request takes to come back");
    door.base.clock.advance(Duration::from_secs(1));
    door.state.rates.sweep();
    assert_eq!(door.state.rates.kept(), 0);
}

#[actix_web::test]
async fn links_for_one_address_are_bounded_whoever_asks_and_whether_or_not_there_is_an_account() {
    let door = door(&[(Bucket::RecoverAccount, "2/h")]).await;
    let sign_up = serde_json::json!({"name": "Ana", "email": "ana@shop.test", "business": "Acme", "password": "correct horse battery", "terms": "2026-11"});
    assert_eq!(door.call(TestRequest::post().uri("/api/v1/auth/sign-up").set_json(sign_up)).await.status, 201);
    let ask = async |from: &str, email: &str| {
        let request = TestRequest::post().uri("/api/v1/auth/password/forgot").insert_header((FORWARDED, from));
        door.call(request.set_json(serde_json::json!({"email": email}))).await
    };
    for email in ["ana@shop.test", "nobody@shop.test"] {
        let mut answers = Vec::new();
        for (from, spelled) in
            [("198.51.100.1", email.to_owned()), ("198.51.100.2", format!(" {}", email.to_uppercase())), ("198.51.100.3", email.to_owned())]
        {
            let answer = ask(from, &spelled).await;
            answers.push((answer.status, answer.header("retry-after").to_owned()));
        }
        assert_eq!(answers.iter().map(|(status, _)| *status).collect::<Vec<_>>(), [202, 202, 429], "{email}");
        assert_eq!(answers.last().map(|(_, wait)| wait.as_str()), Some("1800"), "{email}");
    }
    assert_eq!(ask("198.51.100.1", "eva@shop.test").await.status, 202);
}

#[actix_web::test]
async fn a_session_that_is_refreshed_too_often_waits_and_its_token_stays_good() {
    let door = door(&[(Bucket::RefreshSession, "1/min")]).await;
    let sign_up = serde_json::json!({"name": "Ana", "email": "ana@shop.test", "business": "Acme", "password": "correct horse battery", "terms": "2026-11"});
    let made = door.call(TestRequest::post().uri("/api/v1/auth/sign-up").set_json(sign_up)).await.json();
    let refresh = async |token: &serde_json::Value| {
        let request = TestRequest::post().uri("/api/v1/auth/refresh").insert_header((FORWARDED, "198.51.100.1"));
        door.call(request.set_json(serde_json::json!({"refresh_token": token}))).await
    };
    let second = refresh(&made["refresh_token"]).await;
    assert_eq!(second.status, 200);
    let second = second.json();
    assert_eq!(refresh(&second["refresh_token"]).await.status, 429);
    door.base.clock.advance(Duration::from_secs(60));
    assert_eq!(refresh(&second["refresh_token"]).await.status, 200, "it was not exchanged");
}
