//! What a real server refuses before it thinks: wrong path, wrong key, no JSON, an unknown model, a history of tools that does not add up.

use crate::testing::model_server::wire::Received;
use crate::testing::model_server::{KEY, MODEL, OTHER_MODEL};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// Returns status and body of a refusal, or `None` if the request is in order.
pub(super) fn refusal(received: &Received) -> Option<(u16, String)> {
    if received.line != "POST /v1/chat/completions" {
        return Some(refuse(404, "unknown_url", "unknown request url"));
    }
    if received.header("authorization") != Some(&format!("Bearer {KEY}")) {
        return Some(refuse(401, "invalid_api_key", "incorrect api key provided"));
    }
    let json_type = received.header("content-type").is_some_and(|kind| kind.starts_with("application/json"));
    let Some(body) = received.body.as_ref().filter(|body| json_type && body.is_object()) else {
        return Some(refuse(400, "invalid_json", "we could not parse the json body of your request"));
    };
    let model = body.get("model").and_then(Value::as_str).unwrap_or_default();
    if ![MODEL, OTHER_MODEL].contains(&model) {
        return Some(refuse(404, "model_not_found", "the model does not exist"));
    }
    let wrong = wrong_messages(body).or_else(|| wrong_tools(body));
    wrong.map(|wrong| refuse(400, "invalid_value", wrong))
}

fn refuse(status: u16, code: &str, message: &str) -> (u16, String) {
    (status, json!({"error": {"message": message, "type": "invalid_request_error", "param": null, "code": code}}).to_string())
}

/// Every call of an assistant's message is answered once, at once; nothing else is answered.
fn wrong_messages(body: &Value) -> Option<&'static str> {
    let messages = body.get("messages").and_then(Value::as_array).filter(|messages| !messages.is_empty());
    let Some(messages) = messages else { return Some("messages must not be empty") };
    let mut open: BTreeSet<&str> = BTreeSet::new();
    for message in messages {
        let role = message.get("role").and_then(Value::as_str).unwrap_or_default();
        if role == "tool" {
            let id = message.get("tool_call_id").and_then(Value::as_str).unwrap_or_default();
            if !open.remove(id) {
                return Some("a tool message answers no call");
            }
            if !message.get("content").is_some_and(Value::is_string) {
                return Some("the content of a tool message must be a string");
            }
            continue;
        }
        if !open.is_empty() {
            return Some("a call has no answer");
        }
        if !["system", "user", "assistant"].contains(&role) {
            return Some("unknown role");
        }
        let calls = message.get("tool_calls").and_then(Value::as_array);
        if calls.is_some_and(Vec::is_empty) || (calls.is_none() && !message.get("content").is_some_and(Value::is_string)) {
            return Some("a message must hold a text or calls");
        }
        for call in calls.into_iter().flatten() {
            let function = call.get("function");
            let arguments = function.and_then(|function| function.get("arguments")).and_then(Value::as_str);
            let id = call.get("id").and_then(Value::as_str).filter(|id| !id.is_empty());
            let (Some(id), Some(_), Some("function")) = (id, arguments, call.get("type").and_then(Value::as_str)) else {
                return Some("a call must have an id, a type and arguments as a string");
            };
            if !open.insert(id) {
                return Some("two calls have one id");
            }
        }
    }
    (!open.is_empty()).then_some("a call has no answer")
}

fn wrong_tools(body: &Value) -> Option<&'static str> {
    let tools = match body.get("tools") {
        None => return None,
        Some(tools) => tools.as_array().filter(|tools| !tools.is_empty()),
    };
    let Some(tools) = tools else { return Some("tools must not be empty") };
    let good = |tool: &Value| {
        let name = tool.pointer("/function/name").and_then(Value::as_str).unwrap_or_default();
        let plain = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-');
        plain && (1..=64).contains(&name.len()) && tool.pointer("/function/parameters").is_some_and(Value::is_object)
    };
    (!tools.iter().all(good)).then_some("a tool is not valid")
}
