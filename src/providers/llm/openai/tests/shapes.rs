//! A server that refuses the way in which a shape is asked for is asked in the next one, and not bothered with the first again.

use super::*;

/// Takes only the forms that `takes` allows; anything else is a 400.
async fn picky(takes: fn(&Value) -> bool) -> ModelServer {
    server(Script::by(move |body| {
        let form = body.get("response_format").map_or(Value::Null, |format| format["type"].clone());
        if takes(&form) { Play::text("{\"mood\": \"calm\"}") } else { refusal() }
    }))
    .await
}

fn refusal() -> Play {
    let body = json!({"error": {"message": "response_format is not supported", "type": "invalid_request_error"}}).to_string();
    Play::Status { status: 400, headers: Vec::new(), body }
}

fn strict(server: &ModelServer) -> OpenAi {
    let mut endpoint = endpoint(&server.url());
    endpoint.flags = Some(Flags::of(ModelKind::Openai, MODEL));
    partner_of(endpoint)
}

fn shaped() -> ChatRequest {
    let format = Format { name: "mood".into(), schema: json!({"type": "object", "properties": {"mood": {"type": "string"}}}) };
    ChatRequest { format: Some(format), tools: Arc::default(), ..request() }
}

fn forms(server: &ModelServer) -> Vec<Value> {
    server.requests().iter().map(|seen| seen.body.get("response_format").map_or(Value::Null, |format| format["type"].clone())).collect()
}

#[tokio::test]
async fn a_refused_form_steps_down_within_the_same_request_and_is_remembered() {
    let server = picky(|form| form == "json_object").await;
    let partner = strict(&server);
    let reply = partner.complete(shaped()).await.unwrap();
    assert_eq!(reply.text.as_deref(), Some("{\"mood\":\"calm\"}"));
    assert_eq!(reply.attempts.len(), 2, "the trace tells both");
    assert_eq!(forms(&server), ["json_schema", "json_object"]);
    let words = server.requests()[1].body["messages"][0]["content"].to_string();
    assert!(words.contains("It must fit this JSON Schema"), "the schema goes in words then: {words}");
    partner.complete(shaped()).await.unwrap();
    assert_eq!(forms(&server)[2..], ["json_object"], "it is not asked for the first form again");
}

#[tokio::test]
async fn a_server_that_takes_no_form_at_all_is_asked_in_words() {
    let server = picky(Value::is_null).await;
    let partner = strict(&server);
    partner.complete(shaped()).await.unwrap();
    assert_eq!(forms(&server), [json!("json_schema"), json!("json_object"), Value::Null]);
    partner.complete(shaped()).await.unwrap();
    assert_eq!(forms(&server).len(), 4);
}

#[tokio::test]
async fn partners_that_share_their_memory_learn_from_each_other() {
    let (server, shapes) = (picky(|form| form == "json_object").await, Arc::new(Shapes::default()));
    strict(&server).sharing(Arc::clone(&shapes)).complete(shaped()).await.unwrap();
    strict(&server).sharing(shapes).complete(shaped()).await.unwrap();
    assert_eq!(forms(&server), ["json_schema", "json_object", "json_object"]);
}

#[tokio::test]
async fn a_request_that_is_refused_in_every_form_teaches_nothing() {
    let server = picky(|_| false).await;
    let partner = strict(&server);
    assert!(matches!(partner.complete(shaped()).await, Err(LlmError::Rejected(_))));
    assert!(matches!(partner.complete(shaped()).await, Err(LlmError::Rejected(_))));
    assert_eq!(
        forms(&server),
        [json!("json_schema"), json!("json_object"), Value::Null, json!("json_schema"), json!("json_object"), Value::Null]
    );
}

#[tokio::test]
async fn without_a_shape_a_refusal_is_final() {
    let server = server(refusal()).await;
    let asked = ChatRequest { tools: Arc::default(), ..request() };
    assert!(matches!(strict(&server).complete(asked).await, Err(LlmError::Rejected(_))));
    assert_eq!(server.requests().len(), 1);
}
