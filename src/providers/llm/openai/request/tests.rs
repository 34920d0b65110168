use super::*;
use crate::domain::model::ModelKind;
use crate::domain::time::Timestamp;
use std::sync::Arc;
use std::time::Duration;

fn request(messages: Vec<ChatMessage>) -> ChatRequest {
    ChatRequest::for_tests(messages, Duration::from_secs(10))
}

fn system(text: &str) -> ChatMessage {
    ChatMessage::System { text: text.into() }
}

fn user(text: &str) -> ChatMessage {
    ChatMessage::User { text: text.into(), at: Timestamp::from_secs(1) }
}

fn assistant(text: &str, calls: Vec<ToolCall>) -> ChatMessage {
    ChatMessage::Assistant { text: text.into(), calls, human: false }
}

fn call(id: &str) -> ToolCall {
    ToolCall { id: id.into(), name: "look".into(), arguments: json!({"a": 1}), extra: None }
}

fn result(id: &str) -> ChatMessage {
    ChatMessage::Tool { call_id: id.into(), name: "look".into(), result: json!({"found": id}) }
}

fn endpoint(kind: ModelKind) -> Endpoint {
    Endpoint::new(kind, "http://localhost/v1", None, "m")
}

fn written_for(kind: ModelKind, request: &ChatRequest) -> Value {
    body(&endpoint(kind), &Flags::of(kind, "m"), request, false)
}

fn roles(body: &Value) -> Vec<&str> {
    body["messages"].as_array().unwrap().iter().map(|message| message["role"].as_str().unwrap()).collect()
}

fn tool() -> ToolSpec {
    ToolSpec { name: "look".into(), description: "Looks.".into(), parameters: json!({"type": "object", "additionalProperties": false}) }
}

fn format() -> Format {
    Format { name: "summary".into(), schema: json!({"type": "object"}) }
}

#[test]
fn a_chat_is_written_role_by_role() {
    let human = ChatMessage::Assistant { text: "Soy Ana".into(), calls: vec![], human: true };
    let chat = vec![system("be kind"), user("hola"), assistant("", vec![call("a")]), result("a"), human, assistant("", vec![])];
    let body = written_for(ModelKind::Openai, &request(chat));
    assert_eq!(
        body["messages"],
        json!([
            {"role": "system", "content": "be kind"},
            {"role": "user", "content": "hola"},
            {"role": "assistant", "content": null,
                "tool_calls": [{"id": "a", "type": "function", "function": {"name": "look", "arguments": "{\"a\":1}"}}]},
            {"role": "tool", "tool_call_id": "a", "content": "{\"found\":\"a\"}"},
            {"role": "assistant", "content": format!("{HUMAN}\nSoy Ana")},
        ])
    );
    assert_eq!(body["max_completion_tokens"], 4_096);
    assert!(body.get("tools").is_none() && body.get("stream").is_none() && body.get("temperature").is_none());
}

#[test]
fn every_call_is_answered_once_whatever_was_cut_away() {
    let chat =
        vec![result("gone"), user("hi"), assistant("", vec![call("a"), call("b")]), result("b"), result("other"), user("still there?")];
    let body = written_for(ModelKind::Openai, &request(chat));
    assert_eq!(roles(&body), ["user", "assistant", "tool", "tool", "user"]);
    assert_eq!(body["messages"][2]["content"], "{\"error\":\"cancelled\"}");
    assert_eq!(body["messages"][3]["tool_call_id"], "b");
}

#[test]
fn arguments_that_were_no_object_do_not_spoil_the_history() {
    let bad = ToolCall { arguments: json!("tomorrow"), ..call("a") };
    let body = written_for(ModelKind::Openai, &request(vec![assistant("", vec![bad]), result("a")]));
    assert_eq!(body["messages"][0]["tool_calls"][0]["function"]["arguments"], "{}");
}

#[test]
fn instructions_in_the_middle_become_notes_where_they_would_be_moved_or_refused() {
    let chat = || vec![system("one"), system("two"), user("hi"), system("it is open"), user("and now?")];
    assert_eq!(roles(&written_for(ModelKind::Openai, &request(chat()))), ["system", "system", "user", "system", "user"]);
    let body = written_for(ModelKind::Anthropic, &request(chat()));
    assert_eq!(roles(&body), ["system", "user", "user", "user"]);
    assert_eq!(body["messages"][0]["content"], "one\n\ntwo");
    assert_eq!(body["messages"][2]["content"], format!("{NOTE}\nit is open"));
    let body = written_for(ModelKind::Llamacpp, &request(chat()));
    assert_eq!(roles(&body), ["system", "user"], "templates want turns");
    assert_eq!(body["messages"][1]["content"], format!("hi\n\n{NOTE}\nit is open\n\nand now?"));
}

#[test]
fn tools_are_functions_and_gemini_gets_its_subset() {
    let mut asked = request(vec![user("hi")]);
    asked.tools = Arc::new([tool()]);
    let body = written_for(ModelKind::Openai, &asked);
    let function = json!({"name": "look", "description": "Looks.", "parameters": {"type": "object", "additionalProperties": false}});
    assert_eq!(body["tools"], json!([{"type": "function", "function": function}]));
    assert!(body.get("parallel_tool_calls").is_none() && body.get("provider").is_none());
    assert_eq!(written_for(ModelKind::Gemini, &asked)["tools"][0]["function"]["parameters"], json!({"type": "object"}));
    assert_eq!(written_for(ModelKind::Llamacpp, &asked)["parallel_tool_calls"], true);
    assert_eq!(written_for(ModelKind::Openrouter, &asked)["provider"], json!({"require_parameters": true}));
    let without = Flags { tools: false, ..Flags::of(ModelKind::Compatible, "m") };
    assert!(super::body(&endpoint(ModelKind::Compatible), &without, &asked, false).get("tools").is_none());
}

#[test]
fn a_signature_of_gemini_goes_back_with_its_call_and_a_lost_one_is_made_up_for() {
    let signed = ToolCall { extra: Some(json!({"google": {"thought_signature": "abc"}})), ..call("a") };
    let chat = vec![assistant("", vec![signed]), result("a"), assistant("", vec![call("b")]), result("b")];
    let body = written_for(ModelKind::Gemini, &request(chat.clone()));
    assert_eq!(body["messages"][0]["tool_calls"][0]["extra_content"]["google"]["thought_signature"], "abc");
    assert_eq!(body["messages"][2]["tool_calls"][0]["extra_content"]["google"]["thought_signature"], NO_SIGNATURE);
    let others = written_for(ModelKind::Groq, &request(chat));
    assert!(others["messages"][0]["tool_calls"][0].get("extra_content").is_none(), "nobody else is told");
}

#[test]
fn a_shape_is_asked_for_by_the_best_means_of_the_server() {
    let mut asked = request(vec![user("hi")]);
    asked.format = Some(format());
    let shape = |kind, asked: &ChatRequest| {
        let body = written_for(kind, asked);
        let in_words = body["messages"][0]["content"].as_str().unwrap().contains("JSON Schema: {\"type\":\"object\"}");
        (body["response_format"]["type"].as_str().map(str::to_owned), in_words, body["response_format"]["json_schema"]["strict"] == true)
    };
    assert_eq!(shape(ModelKind::Openai, &asked), (Some("json_schema".into()), false, true));
    assert_eq!(shape(ModelKind::Llamacpp, &asked), (Some("json_schema".into()), false, false));
    assert_eq!(shape(ModelKind::Groq, &asked), (Some("json_object".into()), true, false));
    assert_eq!(shape(ModelKind::Anthropic, &asked), (None, true, false));
    asked.tools = Arc::new([tool()]);
    assert_eq!(shape(ModelKind::Groq, &asked), (None, true, false), "groq refuses the two together");
}

#[test]
fn limits_and_extras_are_sent_under_the_names_that_the_server_knows() {
    let mut endpoint = endpoint(ModelKind::Groq);
    endpoint.temperature = Some(0.2);
    endpoint.extra = json!({"reasoning_effort": "low", "temperature": 0.5}).as_object().unwrap().clone();
    let flags = Flags::of(ModelKind::Groq, "m");
    let mut asked = request(vec![user("hi")]);
    let body = super::body(&endpoint, &flags, &asked, true);
    assert_eq!((&body["reasoning_effort"], &body["temperature"], &body["stream"]), (&json!("low"), &json!(0.5), &json!(true)));
    assert_eq!(body["stream_options"], json!({"include_usage": true}));
    endpoint.extra.clear();
    assert_eq!(super::body(&endpoint, &flags, &asked, false)["temperature"].to_string(), "0.2");
    asked.purpose = Purpose::SideJob;
    assert_eq!(super::body(&endpoint, &flags, &asked, false)["temperature"], 0.0);
    let thinks = Flags::of(ModelKind::Openai, "gpt-5");
    assert!(super::body(&endpoint, &thinks, &asked, false).get("temperature").is_none());
    assert!(super::body(&endpoint, &Flags::of(ModelKind::Openrouter, "m"), &asked, true).get("stream_options").is_none());
    endpoint.max_output = None;
    assert!(super::body(&endpoint, &flags, &asked, false).get("max_completion_tokens").is_none());
    assert_eq!(written_for(ModelKind::Ollama, &request(vec![user("hi")]))["max_tokens"], 4_096);
}
