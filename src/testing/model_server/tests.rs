use super::*;
use crate::net::client::{HttpClient, OutboundPolicy};
use serde_json::json;

fn http() -> reqwest::Client {
    HttpClient::build(OutboundPolicy::default()).unwrap().operator().clone()
}

async fn post(server: &ModelServer, key: &str, body: &Value) -> (u16, String) {
    let url = format!("{}/chat/completions", server.url());
    let response = http().post(url).bearer_auth(key).json(body).send().await.unwrap();
    (response.status().as_u16(), response.text().await.unwrap())
}

fn chat(messages: &Value) -> Value {
    json!({"model": MODEL, "messages": messages})
}

#[tokio::test]
async fn a_request_in_order_is_answered_by_the_script_and_kept() {
    let server = ModelServer::start(vec![Play::text("hola")]).await.unwrap();
    let (status, body) = post(&server, KEY, &chat(&json!([{"role": "user", "content": "hi"}]))).await;
    assert_eq!(status, 200);
    assert!(body.contains("\"content\":\"hola\""));
    let seen = server.requests();
    assert_eq!((seen.len(), seen[0].refused), (1, None));
    assert_eq!(seen[0].body["messages"][0]["content"], "hi");
    assert_eq!(post(&server, KEY, &chat(&json!([{"role": "user", "content": "hi"}]))).await.0, 500, "the script is over");
}

#[tokio::test]
async fn what_a_real_server_refuses_is_refused() {
    let server = ModelServer::start(Play::text("x")).await.unwrap();
    let user = json!([{"role": "user", "content": "hi"}]);
    assert_eq!(post(&server, "other", &chat(&user)).await.0, 401);
    assert_eq!(post(&server, KEY, &json!({"model": "no", "messages": user})).await.0, 404);
    assert_eq!(post(&server, KEY, &chat(&json!([]))).await.0, 400);
    assert_eq!(post(&server, KEY, &json!({"model": MODEL, "messages": user, "tools": []})).await.0, 400);
    let call = json!({"role": "assistant", "tool_calls": [{"id": "a", "type": "function", "function": {"name": "x", "arguments": "{}"}}]});
    let answer = json!({"role": "tool", "tool_call_id": "a", "content": "{}"});
    assert_eq!(post(&server, KEY, &chat(&json!([call, answer]))).await.0, 200);
    for wrong in [json!([call]), json!([answer]), json!([call, {"role": "user", "content": "hi"}, answer]), json!([call, answer, answer])] {
        assert_eq!(post(&server, KEY, &chat(&wrong)).await.0, 400, "{wrong}");
    }
}

#[tokio::test]
async fn a_stream_is_sent_to_those_who_ask_for_one() {
    let server = ModelServer::start(Script::by(|_| Play::text("hola a todos"))).await.unwrap();
    let (status, body) =
        post(&server, KEY, &json!({"model": MODEL, "stream": true, "messages": [{"role": "user", "content": "hi"}]})).await;
    assert_eq!(status, 200);
    assert!(body.contains("data: [DONE]") && body.contains("\"content\":\"hola \""), "{body}");
}
