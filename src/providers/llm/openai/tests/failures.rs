//! Every failure of a server, whole answers and streams: what it is called, how often it is tried, and that it ends in time.

use super::*;
use crate::net::guard::AllowList;
use crate::testing::model_server::End;
use std::sync::Arc;
use tokio::sync::Semaphore;

const SHORT: Timeouts = Timeouts { first_byte: Duration::from_millis(200), read: Duration::from_millis(200) };

fn hasty(server: &ModelServer) -> OpenAi {
    let mut endpoint = endpoint(&server.url());
    endpoint.timeouts = SHORT;
    partner_of(endpoint)
}

/// Plays the same to a whole and to a streamed request; returns the failures and how many requests there were in all.
async fn fails(play: Play, hasty_one: bool) -> (LlmError, LlmError, usize) {
    let server = server(play).await;
    let partner = if hasty_one { hasty(&server) } else { partner(&server) };
    let whole = partner.complete(request()).await.unwrap_err();
    let streamed = partner.complete(ChatRequest { drafts: Drafts::to(|_| ()), ..request() }).await.unwrap_err();
    (whole, streamed, server.requests().len())
}

async fn both_broken(play: Play) {
    let described = format!("{play:?}").chars().take(60).collect::<String>();
    let (whole, streamed, requests) = fails(play, false).await;
    assert!(matches!(whole, LlmError::Broken(_)) && matches!(streamed, LlmError::Broken(_)), "{described}: {whole} {streamed}");
    assert_eq!(requests, 4, "each is tried twice: {described}");
}

async fn both_final(play: Play, expected: LlmError) {
    assert_eq!(fails(play, false).await, (expected.clone(), expected, 2));
}

#[tokio::test]
async fn a_wrong_key_and_an_unknown_model_are_told_apart_and_not_tried_again() {
    let server = server(Play::text("never")).await;
    let mut wrong = endpoint(&server.url());
    wrong.api_key = Some(SecretString::from("sk-wrong"));
    assert_eq!(partner_of(wrong).complete(request()).await, Err(LlmError::Credentials(401)));
    let mut wrong = endpoint(&server.url());
    wrong.model = "no-such-model".into();
    assert_eq!(partner_of(wrong).complete(request()).await, Err(LlmError::Rejected("404, model_not_found".into())));
    let wrong = endpoint(&server.url().replace("/v1", "/v2"));
    assert!(matches!(partner_of(wrong).complete(request()).await, Err(LlmError::Rejected(_))));
    assert_eq!(server.requests().len(), 3);
}

#[tokio::test]
async fn a_crowd_is_waited_for_if_it_is_soon_over_and_else_the_next_is_asked_at_once() {
    let server = server(vec![Play::busy("1"), Play::text("Hola")]).await;
    let reply = partner(&server).complete(request()).await.unwrap();
    let failures: Vec<Option<String>> = reply.attempts.into_iter().map(|attempt| attempt.failure).collect();
    assert_eq!(failures, [Some("the model is busy (429)".to_owned()), None]);
    for wish in ["3600", "Fri, 31 Dec 9999 23:59:59 GMT"] {
        server.play(Play::busy(wish));
        let before = server.requests().len();
        let hour = LlmError::Busy { status: 429, retry_after: Some(Duration::from_secs(3_600)) };
        assert_eq!(partner(&server).complete(request()).await, Err(hour), "{wish}");
        assert_eq!(server.requests().len(), before + 1, "{wish}");
    }
    server.play(vec![Play::busy("in a while"), Play::text("Hola")]);
    assert_eq!(partner(&server).complete(request()).await.unwrap().attempts.len(), 2, "rubbish is no wish");
    server.play(vec![Play::busy("Sat, 05 Nov 1994 08:49:37 GMT"), Play::text("Hola")]);
    assert_eq!(partner(&server).complete(request()).await.unwrap().attempts.len(), 2, "a date in the past is now");
}

#[tokio::test]
async fn an_empty_account_is_not_tried_again() {
    let body = json!({"error": {"message": "You exceeded your current quota", "type": "insufficient_quota", "code": "insufficient_quota"}});
    let play = Play::Status { status: 429, headers: vec![], body: body.to_string() };
    both_final(play, LlmError::Spent("the provider's quota".into())).await;
}

#[tokio::test]
async fn a_server_that_breaks_is_tried_once_more() {
    for status in [500, 502, 504] {
        both_broken(Play::error(status, "boom")).await;
    }
    let server = server(vec![Play::error(500, "boom"), Play::text("Hola")]).await;
    assert_eq!(partner(&server).complete(request()).await.unwrap().text.as_deref(), Some("Hola"));
}

#[tokio::test]
async fn what_is_no_answer_is_never_taken_for_one() {
    both_broken(Play::page()).await;
    both_broken(Play::Status { status: 200, headers: vec![], body: "{\"choices\": [".into() }).await;
    both_broken(Play::Status { status: 200, headers: vec![], body: String::new() }).await;
    both_broken(Play::json(&json!({"error": {"code": 502, "message": "provider returned error"}}))).await;
    both_broken(Play::json(&json!({"choices": []}))).await;
    both_broken(Play::empty()).await;
}

#[tokio::test]
async fn a_stream_that_is_cut_or_has_no_end_is_never_taken_for_an_answer() {
    let piece = json!({"choices": [{"delta": {"content": "Hola"}, "finish_reason": null}]});
    for (events, end) in [
        (vec![piece.to_string()], End::Cut),
        (vec![piece.to_string()], End::Close),
        (vec![piece.to_string(), "[DONE]".into()], End::Close),
        (vec!["[DONE]".into()], End::Close),
        (vec![], End::Close),
        (vec![piece.to_string(), "{broken".into()], End::Close),
        (vec![piece.to_string(), json!({"error": {"message": "boom"}}).to_string()], End::Close),
    ] {
        both_broken(Play::Events { events, end }).await;
    }
}

#[tokio::test]
async fn a_refusal_is_final() {
    both_final(Play::refusal("I cannot talk about that."), LlmError::Declined).await;
}

#[tokio::test]
async fn a_server_that_says_nothing_is_left_in_time_for_the_next() {
    for play in [Play::Silence, Play::Headers, Play::Events { events: vec![], end: End::Stall }] {
        assert_eq!(fails(play, true).await, (LlmError::Deadline, LlmError::Deadline, 2));
    }
}

#[tokio::test]
async fn lines_that_only_keep_the_connection_open_are_no_answer() {
    let (whole, streamed, requests) = fails(Play::Events { events: vec![], end: End::Comments }, true).await;
    assert_eq!((whole, streamed, requests), (LlmError::Broken("no json".into()), LlmError::Deadline, 3));
}

#[tokio::test]
async fn a_stream_that_stops_in_the_middle_is_left_too() {
    let piece = json!({"choices": [{"delta": {"content": "Ho"}, "finish_reason": null}]}).to_string();
    for end in [End::Stall, End::Comments] {
        let server = server(Play::Events { events: vec![piece.clone()], end }).await;
        let streamed = hasty(&server).complete(ChatRequest { drafts: Drafts::to(|_| ()), ..request() }).await;
        assert_eq!(streamed, Err(LlmError::Broken("it stopped in the middle".into())), "{end:?}");
    }
}

#[tokio::test]
async fn an_answer_after_the_deadline_is_no_answer() {
    let late = Arc::new(Semaphore::new(0));
    let server = server(Play::After(Arc::clone(&late), Box::new(Play::text("late")))).await;
    let asked = ChatRequest { deadline: Duration::from_millis(100), ..request() };
    assert_eq!(partner(&server).complete(asked).await, Err(LlmError::Deadline));
    late.add_permits(1);
    assert_eq!(server.requests().len(), 1);
}

#[tokio::test]
async fn bodies_without_an_end_are_not_read() {
    let bytes = 10 << 20;
    both_broken(Play::Flood { status: 200, bytes }).await;
    both_broken(Play::Flood { status: 500, bytes }).await;
    both_broken(Play::Events { events: vec!["a".repeat(bytes)], end: End::Close }).await;
}

#[tokio::test]
async fn resets_and_refused_connections_are_unreachable() {
    for play in [Play::Reset, Play::HangUp] {
        let (whole, streamed, requests) = fails(play, false).await;
        assert!(matches!(whole, LlmError::Unreachable(_)) && matches!(streamed, LlmError::Unreachable(_)), "{whole} {streamed}");
        assert_eq!(requests, 4);
    }
    let nobody = partner_of(endpoint(&ModelServer::refusing().await.unwrap()));
    assert_eq!(nobody.complete(request()).await, Err(LlmError::Unreachable("no connection".into())));
}

#[tokio::test]
async fn redirects_are_not_followed() {
    let elsewhere = server(Play::text("stolen")).await;
    let to = format!("{}/chat/completions", elsewhere.url());
    let server = server(Play::Status { status: 307, headers: vec![("location".into(), to)], body: String::new() }).await;
    assert_eq!(partner(&server).complete(request()).await, Err(LlmError::Rejected("307".into())));
    assert!(elsewhere.requests().is_empty());
}

#[tokio::test]
async fn a_tenants_address_into_our_own_network_is_refused() {
    let server = server(Play::text("secret")).await;
    let strict = HttpClient::build(OutboundPolicy::default()).unwrap();
    assert!(strict.client_for(&server.url()).is_err());
    // A name that leads there is caught when it is looked up.
    let by_name = server.url().replace("127.0.0.1", "localhost");
    let http = strict.client_for(&by_name).unwrap().clone();
    let partner = OpenAi::new(endpoint(&by_name), http, Arc::new(SystemClock::new())).unwrap();
    assert_eq!(partner.complete(request()).await, Err(LlmError::Rejected("the address is not allowed".into())));
    let allow = AllowList::new(vec!["127.0.0.0/8".parse().unwrap(), "::1/128".parse().unwrap()], &[]);
    let open = HttpClient::build(OutboundPolicy { allow }).unwrap();
    assert!(open.client_for(&server.url()).is_ok());
    assert!(server.requests().is_empty());
}
