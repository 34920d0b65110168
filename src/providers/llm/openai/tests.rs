//! Over real HTTP, against the scripted model server.

mod failures;
mod privacy;
mod shapes;
mod streams;

use super::*;
use crate::domain::model::Prices;
use crate::domain::time::Timestamp;
use crate::domain::tool::ToolSpec;
use crate::net::client::{HttpClient, OutboundPolicy};
use crate::net::clock::SystemClock;
use crate::ports::llm::Format;
use crate::testing::model_server::{KEY, MODEL, ModelServer, Play, Script};
use secrecy::SecretString;
use serde_json::json;

/// Generous: machines that run tests are busy.
const DEADLINE: Duration = Duration::from_secs(20);

fn endpoint(url: &str) -> Endpoint {
    Endpoint::new(ModelKind::Compatible, url, Some(SecretString::from(KEY)), MODEL)
}

fn partner_of(endpoint: Endpoint) -> OpenAi {
    let http = HttpClient::build(OutboundPolicy::default()).unwrap().operator().clone();
    OpenAi::new(endpoint, http, Arc::new(SystemClock::new())).unwrap()
}

fn partner(server: &ModelServer) -> OpenAi {
    partner_of(endpoint(&server.url()))
}

fn request() -> ChatRequest {
    let messages = vec![
        ChatMessage::System { text: "Be kind.".into() },
        ChatMessage::User { text: "¿A qué hora abren?".into(), at: Timestamp::from_secs(1) },
    ];
    let parameters = json!({"type": "object", "properties": {"question": {"type": "string"}}, "additionalProperties": false});
    let tools = vec![ToolSpec { name: "answer_from_faq".into(), description: "Looks it up.".into(), parameters }];
    ChatRequest { tools: tools.into(), ..ChatRequest::for_tests(messages, DEADLINE) }
}

async fn server(script: impl Into<Script>) -> ModelServer {
    ModelServer::start(script).await.unwrap()
}

#[tokio::test]
async fn an_answer_comes_with_its_tokens_its_price_and_its_story() {
    let server = server(vec![Play::text("A las nueve.")]).await;
    let mut endpoint = endpoint(&server.url());
    endpoint.name = "house".into();
    endpoint.prices = Some(Prices { input: 1_000_000, output: 2_000_000 });
    let reply = partner_of(endpoint).complete(request()).await.unwrap();
    assert_eq!((reply.text.as_deref(), reply.calls.len()), (Some("A las nueve."), 0));
    assert_eq!((reply.tokens, reply.cost_micros, reply.model.as_str()), ((100, 10), Some(120), MODEL));
    assert_eq!(reply.attempts.len(), 1);
    assert_eq!((reply.attempts[0].provider.as_str(), reply.attempts[0].failure.as_ref()), ("house", None));
    let seen = server.requests();
    assert_eq!((seen.len(), seen[0].refused), (1, None));
    assert!(seen[0].header("user-agent").unwrap().starts_with("recado/"));
    assert_eq!(seen[0].body["tools"][0]["function"]["name"], "answer_from_faq");
    assert!(seen[0].header("openai-organization").is_none() && seen[0].header("openai-project").is_none());
}

#[tokio::test]
async fn calls_come_in_order_and_their_results_go_back_in_a_form_that_the_server_takes() {
    let server = server(vec![
        Play::calls(&[("answer_from_faq", json!({"question": "hours"})), ("answer_from_faq", json!({"question": "address"}))]),
        Play::text("A las nueve, en la plaza."),
    ])
    .await;
    let partner = partner(&server);
    let mut asked = request();
    let reply = partner.complete(asked.clone()).await.unwrap();
    assert_eq!(reply.calls.iter().map(|call| call.arguments["question"].as_str().unwrap()).collect::<Vec<_>>(), ["hours", "address"]);
    // As the engine writes it: each call with its result.
    for call in reply.calls {
        let (call_id, name) = (call.id.clone(), call.name.clone());
        Arc::make_mut(&mut asked.messages).push(ChatMessage::Assistant { text: String::new(), calls: vec![call], human: false });
        Arc::make_mut(&mut asked.messages).push(ChatMessage::Tool { call_id, name, result: json!({"answer": "x"}) });
    }
    assert_eq!(partner.complete(asked).await.unwrap().text.as_deref(), Some("A las nueve, en la plaza."));
    assert_eq!(server.requests()[1].refused, None);
}

#[tokio::test]
async fn an_unknown_tool_and_unreadable_arguments_are_passed_on_for_the_toolbox_to_refuse() {
    let server = server(vec![Play::call("fly_away", &json!({})), Play::raw_call("answer_from_faq", "hours, please")]).await;
    let partner = partner(&server);
    assert_eq!(partner.complete(request()).await.unwrap().calls[0].name, "fly_away");
    assert_eq!(partner.complete(request()).await.unwrap().calls[0].arguments, json!("hours, please"));
}

#[tokio::test]
async fn an_endless_loop_of_tools_is_the_cores_to_end_and_every_call_has_its_own_id() {
    let server = server(Script::by(|_| Play::call("answer_from_faq", &json!({"question": "hours"})))).await;
    let partner = partner(&server);
    let mut asked = request();
    for _ in 0..5 {
        let reply = partner.complete(asked.clone()).await.unwrap();
        let call_id = reply.calls[0].id.clone();
        Arc::make_mut(&mut asked.messages).push(ChatMessage::Assistant { text: String::new(), calls: reply.calls, human: false });
        Arc::make_mut(&mut asked.messages).push(ChatMessage::Tool { call_id, name: "answer_from_faq".into(), result: json!({}) });
    }
    let ids: BTreeSet<&str> = asked.messages.iter().flat_map(calls_of).map(|call| call.id.as_str()).collect();
    assert_eq!(ids.len(), 5);
}

#[tokio::test]
async fn who_asks_for_a_shape_gets_bare_json() {
    let server = server(vec![Play::text("Sure!\n```json\n{\"mood\": \"calm\",}\n```"), Play::text("calm"), Play::text("still calm")]).await;
    let partner = partner(&server);
    let asked = ChatRequest { format: Some(Format { name: "mood".into(), schema: json!({"type": "object"}) }), ..request() };
    assert_eq!(partner.complete(asked.clone()).await.unwrap().text.as_deref(), Some("{\"mood\":\"calm\"}"));
    assert!(matches!(partner.complete(asked).await, Err(LlmError::Broken(_))));
}

#[tokio::test]
async fn a_server_that_counts_no_tokens_is_not_free() {
    let server = server(Play::json(&json!({"choices": [{"message": {"content": "Hola a todos"}, "finish_reason": "stop"}]}))).await;
    let reply = partner(&server).complete(request()).await.unwrap();
    assert!(reply.tokens.0 > 50 && reply.tokens.1 == 4, "{:?}", reply.tokens);
    assert_eq!(reply.model, MODEL);
}

#[tokio::test]
async fn headers_and_fields_of_the_settings_are_sent() {
    let server = server(vec![Play::text("Hola")]).await;
    let mut endpoint = endpoint(&server.url());
    endpoint.headers = vec![("X-OpenRouter-Title".into(), "Front desk".into())];
    endpoint.extra = json!({"reasoning_effort": "low"}).as_object().unwrap().clone();
    partner_of(endpoint).complete(request()).await.unwrap();
    let seen = server.requests();
    assert_eq!(seen[0].header("x-openrouter-title"), Some("Front desk"));
    assert_eq!(seen[0].body["reasoning_effort"], "low");
}
