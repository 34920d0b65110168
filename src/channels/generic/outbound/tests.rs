//! The sender against a loopback adapter, and what each answer means.

use super::*;
use crate::crypto::standard_webhooks::{SignedHeaders, TOLERANCE, verify};
use crate::domain::content::{Attachment, Button, MessageKind};
use crate::domain::delivery::{Address, AddressKind};
use crate::domain::ids::{InboxId, OutboxId, TenantId};
use crate::net::client::OutboundPolicy;
use crate::net::guard::AllowList;
use crate::net::test_server::{Script, TestServer};
use crate::ports::clock::Moment;
use secrecy::SecretString;
use std::collections::BTreeMap;
use uuid::Uuid;

const SECRET: &str = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3";
const NOW: Timestamp = Timestamp::from_secs(1_760_000_000);

struct Stopped;

#[async_trait]
impl Clock for Stopped {
    fn now(&self) -> Timestamp {
        NOW
    }

    fn moment(&self) -> Moment {
        Moment(Duration::ZERO)
    }

    async fn sleep_until(&self, _until: Moment) {}
}

fn sender(policy: OutboundPolicy) -> GenericSender {
    GenericSender::new(HttpClient::build(policy).unwrap(), Arc::new(Stopped))
}

fn loopback() -> OutboundPolicy {
    OutboundPolicy { allow: AllowList::new(vec!["127.0.0.0/8".parse().unwrap()], &[]) }
}

fn account(url: &str) -> Account {
    Account {
        tenant: TenantId(Uuid::nil()),
        inbox: InboxId(Uuid::nil()),
        settings: json!({ "url": url }),
        secrets: BTreeMap::from([("secret".to_owned(), SecretString::from(SECRET))]),
    }
}

fn request(url: &str, content: Content) -> SendRequest {
    SendRequest {
        outbox: OutboxId(Uuid::nil()),
        idempotency_key: "key-1".to_owned(),
        account: account(url),
        to: Address::new(AddressKind::Room, "room-9"),
        what: Outgoing::Message(content),
        in_reply_to: Some("m-1".to_owned()),
        deadline: Duration::from_secs(10),
    }
}

async fn send_to(script: Script) -> Result<Sent, SendError> {
    let server = TestServer::start(vec![script]).await;
    sender(loopback()).send(request(&server.url(), Content::text("hola"))).await
}

fn classified(status: u16, body: &str) -> Result<Sent, SendError> {
    classify(status, None, body.as_bytes(), "key-1", NOW)
}

fn retry_after(seconds: Option<u64>, code: &str) -> Result<Sent, SendError> {
    Err(retry(code.to_owned(), seconds.map(Duration::from_secs)))
}

#[tokio::test]
async fn a_message_leaves_signed_with_its_key_and_everything_in_it() {
    let server = TestServer::start(vec![Script::json(201, "", r#"{"external_id":"m-2","more":1}"#)]).await;
    let content = Content {
        buttons: vec![Button { id: "yes".into(), title: "Sí".into() }],
        attachments: vec![Attachment {
            kind: MessageKind::Image,
            mime_type: "image/png".into(),
            provider_ref: None,
            url: Some("https://files.example/a".into()),
            file_name: None,
            sha256: None,
            size: None,
            voice: false,
            file: None,
        }],
        ..Content::text("hola")
    };
    let sent = sender(loopback()).send(request(&format!("{}/base/", server.url()), content)).await.unwrap();
    assert_eq!(sent.external_id, "m-2");
    let seen = server.requests()[0].clone();
    let (head, body) = seen.split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with("POST /base/messages HTTP/1.1"));
    let header = |name: &str| {
        head.lines().filter_map(|line| line.split_once(": ")).find(|(found, _)| found.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    };
    let signature = [header(SIGNATURE_HEADER).unwrap()];
    let headers = SignedHeaders { id: header(ID_HEADER), timestamp: header(TIMESTAMP_HEADER), signatures: &signature };
    assert_eq!((headers.id, headers.timestamp), (Some("key-1"), Some("1760000000")));
    assert_eq!(verify(&[SecretString::from(SECRET)], headers, body.as_bytes(), NOW, TOLERANCE), Ok(()));
    let body: Value = serde_json::from_str(body).unwrap();
    assert_eq!(
        body,
        json!({
            "idempotency_key": "key-1", "conversation": {"external_id": "room-9"}, "in_reply_to": "m-1",
            "message": {"kind": "text", "text": "hola", "buttons": [{"id": "yes", "title": "Sí"}],
                "attachments": [{"kind": "image", "mime_type": "image/png", "url": "https://files.example/a", "voice": false}]}
        })
    );
}

#[test]
fn success_and_the_repeat_of_a_key_give_the_same_id() {
    for status in [200, 201, 409] {
        assert_eq!(classified(status, r#"{"external_id":"m-2"}"#).unwrap().external_id, "m-2");
    }
    for body in ["", "{}", "not json", r#"{"external_id":""}"#, r#"{"external_id":7}"#] {
        assert_eq!(classified(200, body).unwrap().external_id, "key-1", "{body}");
        assert_eq!(classified(409, body), retry_after(None, "http_409"), "{body}");
    }
}

#[test]
fn the_codes_of_a_422_decide() {
    let body = |code: &str| format!(r#"{{"error":{{"code":"{code}","message":"Ana +52155","retry_after_s":7}}}}"#);
    for code in ["window_closed", "unreachable", "opted_out", "invalid"] {
        let Err(SendError::Fail { code: found, detail }) = classified(422, &body(code)) else { panic!("{code}") };
        assert_eq!(found, code);
        assert!(!detail.contains("Ana"));
    }
    assert_eq!(classified(422, &body("rate_limited")), retry_after(Some(7), "rate_limited"));
    assert!(matches!(classified(422, &body("auth")), Err(SendError::Pause { .. })));
    for body in [body("DROP TABLE"), String::new(), "[]".to_owned(), r#"{"error":"x"}"#.to_owned()] {
        assert!(matches!(classified(422, &body), Err(SendError::Fail { code, .. }) if code == "http_422"), "{body}");
    }
}

#[test]
fn other_statuses_say_wait_stop_or_never() {
    assert_eq!(classify(429, Some("120"), b"", "k", NOW), retry_after(Some(120), "http_429"));
    assert_eq!(classify(429, Some("rubbish"), b"", "k", NOW), retry_after(None, "http_429"));
    assert_eq!(classify(503, Some("999999"), b"", "k", NOW), retry_after(Some(3600), "http_503"));
    let huge = r#"{"error":{"code":"rate_limited","retry_after_s":18446744073709551615}}"#;
    assert_eq!(classified(422, huge), retry_after(Some(3600), "rate_limited"));
    for status in [408, 425, 500, 502, 599] {
        assert_eq!(classified(status, ""), retry_after(None, &format!("http_{status}")));
    }
    for status in [401, 403] {
        assert!(matches!(classified(status, ""), Err(SendError::Pause { .. })), "{status}");
    }
    for status in [301, 302, 404, 410] {
        let code = format!("http_{status}");
        assert_eq!(classified(status, ""), Err(SendError::Retry { after: None, scope: Scope::Recipient, code }), "{status}");
    }
    for status in [400, 405, 413, 415] {
        assert!(matches!(classified(status, ""), Err(SendError::Fail { .. })), "{status}");
    }
}

#[tokio::test]
async fn what_may_have_arrived_is_unknown_and_what_cannot_have_is_retried() {
    assert_eq!(send_to(Script::Hangup).await, Err(SendError::Unknown { code: "broken".into() }));
    let half = "HTTP/1.1 200 X\r\nContent-Length: 100\r\n\r\n{".to_owned();
    assert_eq!(send_to(Script::Answer(half)).await, Err(SendError::Unknown { code: "broken".into() }));
    let server = TestServer::start(vec![Script::Stall(String::new())]).await;
    let slow = SendRequest { deadline: Duration::from_millis(200), ..request(&server.url(), Content::text("x")) };
    assert_eq!(sender(loopback()).send(slow).await, Err(SendError::Unknown { code: "timeout".into() }));
    let free = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let refused = sender(loopback()).send(request(&format!("http://{free}"), Content::text("x"))).await;
    assert_eq!(refused, retry_after(None, "connect"));
}

#[tokio::test]
async fn an_endless_answer_is_cut_and_its_status_counts() {
    let flood = |status: u16| Script::Flood(format!("HTTP/1.1 {status} X\r\nConnection: close\r\n\r\n"));
    assert_eq!(send_to(flood(200)).await.unwrap().external_id, "key-1");
    assert_eq!(send_to(flood(503)).await, retry_after(None, "http_503"));
}

#[tokio::test]
async fn a_redirect_is_tried_again_and_leads_nowhere() {
    let inner = TestServer::start(vec![]).await;
    let answer = send_to(Script::json(307, &format!("Location: {}/\r\n", inner.url()), "")).await;
    assert!(matches!(answer, Err(SendError::Retry { scope: Scope::Recipient, code, .. }) if code == "http_307"));
    assert!(inner.requests().is_empty());
}

#[tokio::test]
async fn an_account_that_cannot_be_called_is_paused_without_a_call() {
    let server = TestServer::start(vec![]).await;
    let content = || Content::text("x");
    let no_secret =
        SendRequest { account: Account { secrets: BTreeMap::new(), ..account(&server.url()) }, ..request(&server.url(), content()) };
    let no_url = SendRequest { account: Account { settings: json!({}), ..account("") }, ..request("", content()) };
    for request in [no_secret, no_url, request("not a url", content()), request("http://u:p@127.0.0.1/", content())] {
        assert!(matches!(sender(loopback()).send(request).await, Err(SendError::Pause { .. })));
    }
    let blocked = sender(OutboundPolicy::default()).send(request(&server.url(), content())).await;
    assert!(matches!(blocked, Err(SendError::Pause { code, .. }) if code == "url_refused"));
    let bad_key = SendRequest { idempotency_key: "a\r\nb".into(), ..request(&server.url(), content()) };
    assert!(matches!(sender(loopback()).send(bad_key).await, Err(SendError::Fail { .. })));
    assert!(server.requests().is_empty());
}

#[tokio::test]
async fn read_receipts_make_no_call() {
    let server = TestServer::start(vec![]).await;
    let what = Outgoing::ReadReceipt { external_id: "m-1".into(), typing: true };
    let receipt = SendRequest { what, ..request(&server.url(), Content::default()) };
    assert_eq!(sender(loopback()).send(receipt).await, Ok(Sent { external_id: String::new() }));
    assert!(server.requests().is_empty());
}

#[tokio::test]
async fn capabilities_are_fetched_kept_in_the_settings_and_defaulted() {
    let scripts = vec![Script::json(200, "", r#"{"max_text":100}"#), Script::json(404, "", ""), Script::json(200, "", "no")];
    let server = TestServer::start(scripts).await;
    let sender = sender(loopback());
    let (read, document) = sender.fetch_capabilities(&account(&server.url())).await.unwrap();
    assert_eq!(read.max_text, 100);
    assert!(server.requests()[0].starts_with("GET /capabilities HTTP/1.1"));
    assert!(matches!(sender.fetch_capabilities(&account(&server.url())).await, Err(FetchError::Status(404))));
    assert!(matches!(sender.fetch_capabilities(&account(&server.url())).await, Err(FetchError::Json(_))));
    let kept = Account { settings: json!({"url": "x", "capabilities": document}), ..account("") };
    assert_eq!(sender.capabilities(&kept).max_text, 100);
    assert_eq!(sender.capabilities(&account("")), default_capabilities());
}
