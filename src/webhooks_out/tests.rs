//! The caller against a loopback endpoint that behaves badly, and a resolver that lies.

use super::*;
use crate::crypto::standard_webhooks::{SignedHeaders, TOLERANCE, verify};
use crate::domain::time::Timestamp;
use crate::net::client::{Lookup, OutboundPolicy};
use crate::net::guard::AllowList;
use crate::net::test_server::{Script, TestServer};
use secrecy::SecretString;
use std::io;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

const NEW: &str = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3";
const OLD: &str = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD";
const NOW: Timestamp = Timestamp::from_secs(1_760_000_000);

fn caller() -> HttpCaller {
    let allow = AllowList::new(vec!["127.0.0.0/8".parse().unwrap()], &[]);
    HttpCaller::new(HttpClient::build(OutboundPolicy { allow }).unwrap())
}

async fn call(caller: &HttpCaller, url: &str, secrets: &[&str], timeout: Duration) -> (Answer, String) {
    let secrets: Vec<SecretString> = secrets.iter().map(|secret| SecretString::from(*secret)).collect();
    let call = WebhookCall { url, secrets: &secrets, name: "msg_1", now: NOW, body: r#"{"type":"x"}"#, timeout };
    caller.call(call).await
}

async fn answered(script: Script) -> (Answer, String) {
    let server = TestServer::start(vec![script]).await;
    call(&caller(), &format!("{}/hook?x=1", server.url()), &[NEW], Duration::from_secs(10)).await
}

const fn status(code: u16) -> Answer {
    Answer::Status { code, retry_after: None }
}

#[tokio::test]
async fn a_call_is_signed_with_every_secret_over_id_time_and_body() {
    let server = TestServer::start(vec![Script::json(200, "", "ok")]).await;
    let heard = call(&caller(), &format!("{}/hook?x=1", server.url()), &[NEW, OLD], Duration::from_secs(10)).await;
    assert_eq!(heard, (status(200), "ok".to_owned()));
    let seen = server.requests()[0].clone();
    let (head, body) = seen.split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with("POST /hook?x=1 HTTP/1.1") && body == r#"{"type":"x"}"#);
    let header = |name: &str| {
        head.lines().filter_map(|line| line.split_once(": ")).find(|(found, _)| found.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    };
    assert_eq!((header("content-type"), header(ID_HEADER)), (Some("application/json"), Some("msg_1")));
    let list = header(SIGNATURE_HEADER).unwrap();
    assert_eq!(list.split(' ').count(), 2);
    let signatures = [list];
    for secret in [NEW, OLD] {
        let headers = SignedHeaders { id: header(ID_HEADER), timestamp: header(TIMESTAMP_HEADER), signatures: &signatures };
        assert_eq!(verify(&[SecretString::from(secret)], headers, body.as_bytes(), NOW, TOLERANCE), Ok(()));
    }
}

/// The vector that is published with the specification's libraries.
#[test]
fn the_published_vector_holds() {
    let body = br#"{"email":"test@example.com","username":"test_user"}"#;
    let signature = sign(&SecretString::from(OLD), "msg_27UH4WbU6Z5A5EzD8u03UvzRbpk", 1_649_367_553, body).unwrap();
    assert_eq!(signature, "v1,tZ1I4/hDygAJgO5TYxiSd6Sd0kDW6hPenDe+bTa3Kkw=");
}

#[tokio::test]
async fn statuses_and_wishes_to_be_left_alone_are_heard() {
    for code in [200, 204, 400, 410, 500, 503] {
        assert_eq!(answered(Script::json(code, "", "")).await.0, status(code));
    }
    let wish = Answer::Status { code: 429, retry_after: Some(Duration::from_secs(120)) };
    assert_eq!(answered(Script::json(429, "Retry-After: 120\r\n", "slow down")).await, (wish, "slow down".to_owned()));
}

#[tokio::test]
async fn a_redirect_to_a_private_address_is_an_answer_and_nobody_goes_there() {
    let inner = TestServer::start(vec![Script::json(200, "", "secret")]).await;
    let to = |url: &str| Script::json(307, &format!("Location: {url}/\r\n"), "");
    for url in [inner.url(), "http://169.254.169.254/latest/meta-data".to_owned()] {
        assert_eq!(answered(to(&url)).await.0, status(307));
    }
    assert!(inner.requests().is_empty());
}

#[tokio::test]
async fn of_an_endless_or_dripping_answer_a_kilobyte_is_read_and_its_status_counts() {
    let both = async {
        let flood = answered(Script::Flood("HTTP/1.1 200 X\r\nContent-Length: 1073741824\r\n\r\n".to_owned())).await;
        let drip = answered(Script::Stall("HTTP/1.1 500 X\r\nContent-Length: 10\r\n\r\nno".to_owned())).await;
        (flood, drip)
    };
    let (flood, drip) = tokio::time::timeout(Duration::from_secs(8), both).await.expect("neither keeps us");
    assert_eq!((flood.0, flood.1.len()), (status(200), MOST_ANSWER));
    assert_eq!(drip, (status(500), "no".to_owned()));
}

#[tokio::test]
async fn whoever_hangs_hangs_up_or_is_not_there_is_told_apart() {
    let server = TestServer::start(vec![Script::Stall(String::new())]).await;
    let late = call(&caller(), &server.url(), &[NEW], Duration::from_millis(200)).await;
    assert_eq!(late.0, Answer::TimedOut);
    assert_eq!(answered(Script::Hangup).await.0, Answer::Broken);
    let free = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    assert_eq!(call(&caller(), &format!("http://{free}"), &[NEW], Duration::from_secs(5)).await.0, Answer::Unreachable);
}

#[tokio::test]
async fn without_a_secret_that_is_one_nothing_leaves() {
    let server = TestServer::start(vec![]).await;
    for secrets in [&[][..], &["whsec_!!"][..], &[NEW, ""][..]] {
        assert_eq!(call(&caller(), &server.url(), secrets, Duration::from_secs(5)).await.0, Answer::NoSecret);
    }
    assert!(server.requests().is_empty());
}

#[tokio::test]
async fn private_addresses_are_not_called_however_they_are_written() {
    let strict = HttpCaller::new(HttpClient::build(OutboundPolicy::default()).unwrap());
    for url in ["http://127.0.0.1/", "http://[::ffff:7f00:1]/", "http://2130706433/", "http://a@127.0.0.1#@b/", "file:///etc/passwd", "x"] {
        assert_eq!(call(&strict, url, &[NEW], Duration::from_secs(5)).await, (Answer::Blocked, String::new()), "{url}");
    }
}

/// Answers a public address first and a private one ever after.
struct Rebinding(AtomicUsize);

#[async_trait]
impl Lookup for Rebinding {
    async fn lookup(&self, _host: &str) -> io::Result<Vec<IpAddr>> {
        let ip = if self.0.fetch_add(1, Ordering::SeqCst) == 0 { "127.0.0.1" } else { "10.0.0.1" };
        Ok(vec![ip.parse().unwrap()])
    }
}

#[tokio::test]
async fn a_name_that_turns_private_after_it_was_saved_is_not_dialled() {
    let server = TestServer::start(vec![Script::json(200, "", "ok"), Script::json(200, "", "ok")]).await;
    let allow = AllowList::new(vec!["127.0.0.0/8".parse().unwrap()], &[]);
    let http = HttpClient::build_with(OutboundPolicy { allow }, Arc::new(Rebinding(AtomicUsize::new(0)))).unwrap();
    let (caller, url) = (HttpCaller::new(http), format!("http://hooks.example:{}/", server.address().port()));
    assert_eq!(call(&caller, &url, &[NEW], Duration::from_secs(5)).await.0, status(200));
    assert_eq!(call(&caller, &url, &[NEW], Duration::from_secs(5)).await, (Answer::Blocked, String::new()));
    assert_eq!(server.requests().len(), 1);
}
