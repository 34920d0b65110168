//! WhatsApp under the contract of channels, and what is its own.

use super::*;
use crate::channels::contract::{Contract, Reply, ScriptedServer, check, client};
use crate::domain::content::Content;
use crate::domain::delivery::{Address, AddressKind};
use secrecy::SecretString;
use serde_json::json;

const TOKEN: &str = "EAAB-very-secret-token";
const TAKEN: &str = r#"{"messaging_product":"whatsapp","contacts":[{"input":"+52","wa_id":"52"}],"messages":[{"id":"wamid.OUT","message_status":"accepted"}]}"#;

fn sender(server: Url) -> WhatsAppSender {
    WhatsAppSender::new(client(), server.join("/v25.0").unwrap())
}

fn contract() -> Contract {
    Contract {
        sender: |server| Box::new(sender(server)),
        settings: |_| json!({"phone_number_id": "1090000000001", "waba_id": "77"}),
        secrets: vec![("access_token", TOKEN)],
        to: Address::new(AddressKind::WaPhone, "5215512345678"),
        taken: Reply::answer(200, TAKEN),
        external_id: "wamid.OUT",
    }
}

#[tokio::test]
async fn whatsapp_keeps_the_contract_of_channels() {
    check(&contract()).await;
}

#[tokio::test]
async fn a_text_is_posted_to_the_number_with_the_token_in_the_header_only() {
    let server = ScriptedServer::start(vec![Reply::answer(200, TAKEN)]).await;
    let request = contract().request(&server.url(), Outgoing::Message(Content::text("hola")));
    assert_eq!(sender(server.url()).send(request).await, Ok(Sent { external_id: "wamid.OUT".into() }));
    let [call] = &server.received()[..] else { panic!("one call") };
    assert_eq!(call.request_line, "POST /v25.0/1090000000001/messages HTTP/1.1");
    assert_eq!(call.header("authorization"), Some(format!("Bearer {TOKEN}").as_str()));
    assert_eq!(call.header("content-type"), Some("application/json"));
    assert_eq!(call.json()["to"], "+5215512345678");
    assert_eq!(call.json()["biz_opaque_callback_data"], "00000000-0000-0000-0000-00000000002a");
    assert!(!String::from_utf8_lossy(&call.body).contains(TOKEN));
}

#[tokio::test]
async fn a_read_receipt_has_no_id() {
    let server = ScriptedServer::start(vec![Reply::answer(200, r#"{"success":true}"#)]).await;
    let what = Outgoing::ReadReceipt { external_id: "wamid.IN".into(), typing: true };
    let request = contract().request(&server.url(), what);
    assert_eq!(sender(server.url()).send(request).await, Ok(Sent { external_id: String::new() }));
    assert_eq!(server.received()[0].json()["typing_indicator"], json!({"type": "text"}));
}

#[tokio::test]
async fn metas_codes_reach_the_lane() {
    let refused = |code: u32| Reply::answer(400, json!({"error": {"code": code, "message": TOKEN, "fbtrace_id": "Ab"}}).to_string());
    assert!(matches!(contract().send(refused(190)).await, Err(SendError::Pause { .. })));
    let retry = contract().send(refused(131056)).await;
    assert!(matches!(retry, Err(SendError::Retry { scope: Scope::Recipient, after: Some(_), .. })));
    let disguised = contract().send(Reply::answer(200, r#"{"error":{"code":131026}}"#)).await;
    assert!(matches!(disguised, Err(SendError::Fail { code, .. }) if code == "unreachable"));
}

#[tokio::test]
async fn conv_71_a_send_outside_the_window_fails_visibly() {
    let outcome = contract().send(Reply::answer(400, r#"{"error":{"code":131047}}"#)).await;
    assert!(matches!(outcome, Err(SendError::Fail { code, detail }) if code == "window_closed" && detail.contains("24 hours")));
}

#[tokio::test]
async fn a_redirect_takes_the_token_nowhere() {
    let elsewhere = ScriptedServer::start(vec![Reply::answer(200, TAKEN)]).await;
    let headers = vec![("location", elsewhere.url().to_string())];
    let outcome = contract().send(Reply::Answer { status: 307, headers, body: String::new() }).await;
    assert!(matches!(outcome, Err(SendError::Retry { .. })), "{outcome:?}");
    assert!(elsewhere.received().is_empty());
}

#[tokio::test]
async fn a_broken_account_pauses_the_lane_without_a_call() {
    let server = ScriptedServer::start(Vec::new()).await;
    let request = || contract().request(&server.url(), Outgoing::Message(Content::text("hola")));
    let mut cases = vec![request(), request(), request(), request()];
    cases[0].account.secrets.clear();
    cases[1].account.secrets.insert("access_token".into(), SecretString::from("two\nlines"));
    cases[2].account.settings = json!({"phone_number_id": "../1"});
    cases[3].account.secrets.insert("access_token".into(), SecretString::from("  "));
    for request in cases {
        let outcome = sender(server.url()).send(request).await;
        assert!(matches!(outcome, Err(SendError::Pause { .. })), "{outcome:?}");
    }
    assert!(server.received().is_empty());
}

#[tokio::test]
async fn what_whatsapp_cannot_send_fails_without_a_call() {
    let server = ScriptedServer::start(Vec::new()).await;
    let request = contract().request(&server.url(), Outgoing::Message(Content::text("")));
    assert!(matches!(sender(server.url()).send(request).await, Err(SendError::Fail { code, .. }) if code == "invalid"));
    assert!(server.received().is_empty());
}

#[test]
fn a_long_message_id_is_spelled_as_in_statuses() {
    let long = format!(r#"{{"messages":[{{"id":"{}"}}]}}"#, "a".repeat(300));
    assert_eq!(message_id(long.as_bytes()), Some(key(&"a".repeat(300))));
    assert_eq!(message_id(br#"{"messages":[{"id":""}]}"#), None);
}
