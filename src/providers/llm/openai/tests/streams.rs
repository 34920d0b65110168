//! Streams and the drafts that people see while the model writes.

use super::*;
use crate::testing::model_server::{Answer as Said, End};

type Seen = Arc<Mutex<Vec<String>>>;

fn watched(request: ChatRequest) -> (ChatRequest, Seen) {
    let seen = Seen::default();
    let look = Arc::clone(&seen);
    let drafts = Drafts::to(move |text| look.lock().unwrap().push(text.to_owned()));
    (ChatRequest { drafts, ..request }, seen)
}

fn piece(text: &str, finish: Value) -> Value {
    json!({"choices": [{"delta": {"content": text}, "finish_reason": finish}]})
}

#[tokio::test]
async fn a_stream_is_asked_for_when_somebody_looks_and_shows_the_words_as_they_come() {
    let server = server(vec![Play::text("A las nueve.")]).await;
    let (asked, seen) = watched(request());
    let reply = partner(&server).complete(asked).await.unwrap();
    assert_eq!((reply.text.as_deref(), reply.tokens), (Some("A las nueve."), (100, 10)));
    assert_eq!(*seen.lock().unwrap(), ["A", "A las", "A las nueve."]);
    assert_eq!(server.requests()[0].body["stream"], true);
}

#[tokio::test]
async fn calls_in_a_stream_are_put_together_and_the_words_beside_them_are_taken_back() {
    let said = Said {
        text: Some("Un momento".into()),
        calls: vec![("answer_from_faq".into(), "{\"question\":\"horario\"}".into())],
        ..Said::default()
    };
    let server = server(vec![Play::Answer(said)]).await;
    let (asked, seen) = watched(request());
    let reply = partner(&server).complete(asked).await.unwrap();
    assert_eq!(reply.calls[0].arguments, json!({"question": "horario"}));
    assert_eq!(seen.lock().unwrap().last().map(String::as_str), Some(""));
}

#[tokio::test]
async fn the_draft_of_a_failed_try_is_taken_back() {
    let cut = Play::events(&[piece("A las di", Value::Null)], End::Cut);
    let server = server(vec![cut, Play::text("A las nueve.")]).await;
    let (asked, seen) = watched(request());
    assert_eq!(partner(&server).complete(asked).await.unwrap().attempts.len(), 2);
    assert_eq!(*seen.lock().unwrap(), ["A las di", "", "A", "A las", "A las nueve."]);
}

#[tokio::test]
async fn the_draft_of_an_answer_that_is_dropped_is_taken_back() {
    let server = server(Play::events(&[piece("A las di", Value::Null)], End::Stall)).await;
    let (asked, seen) = watched(request());
    let asked = ChatRequest { deadline: Duration::from_millis(300), ..asked };
    assert_eq!(partner(&server).complete(asked).await, Err(LlmError::Deadline));
    assert_eq!(*seen.lock().unwrap(), ["A las di", ""]);
}

#[tokio::test]
async fn whole_json_will_do_where_a_stream_was_asked_for() {
    let whole = json!({"choices": [{"message": {"content": "Hola"}, "finish_reason": "stop"}], "usage": {"prompt_tokens": 1, "completion_tokens": 1}});
    let server = server(Play::json(&whole)).await;
    let (asked, seen) = watched(request());
    assert_eq!(partner(&server).complete(asked).await.unwrap().text.as_deref(), Some("Hola"));
    assert_eq!(*seen.lock().unwrap(), ["Hola"]);
}

#[tokio::test]
async fn slow_local_servers_are_always_streamed() {
    let server = server(vec![Play::text("Hola")]).await;
    let mut endpoint = endpoint(&server.url());
    endpoint.kind = ModelKind::Llamacpp;
    assert_eq!(partner_of(endpoint).complete(request()).await.unwrap().text.as_deref(), Some("Hola"));
    assert_eq!(server.requests()[0].body["stream"], true);
    assert_eq!(server.requests()[0].refused, None);
}
