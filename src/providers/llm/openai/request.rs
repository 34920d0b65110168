//! Writes a request in the form that the server takes. Pure; everything that a server has no flag for is left out.
//!
//! As JSON, not in the library's types: an assistant's message needs `content: null` and the fields of Gemini, which they cannot say.

use crate::domain::tool::{ToolCall, ToolSpec};
use crate::ports::llm::{ChatMessage, ChatRequest, Format, Purpose};
use crate::providers::llm::openai::endpoint::Endpoint;
use crate::providers::llm::openai::flags::{Flags, Structured};
use crate::providers::llm::openai::schema::adapt;
use serde_json::{Map, Value, json};

/// Stands before words that a person of the business wrote, so that the model knows that they are not its own.
pub(super) const HUMAN: &str = "[written by a person of the business]";
/// Stands before instructions where a server takes none in the middle of the chat.
const NOTE: &str = "[note of the system, not of the customer]";
/// What Gemini takes for a call that it did not make, or whose signature is lost.
const NO_SIGNATURE: &str = "skip_thought_signature_validator";

/// Writes the body.
pub(super) fn body(endpoint: &Endpoint, flags: &Flags, request: &ChatRequest, streams: bool) -> Value {
    let mut body = endpoint.extra.clone();
    body.insert("model".to_owned(), json!(endpoint.model));
    if streams {
        body.insert("stream".to_owned(), json!(true));
        if flags.stream_usage {
            body.insert("stream_options".to_owned(), json!({"include_usage": true}));
        }
    }
    let tools = tools(flags, request);
    let offers = !tools.is_empty();
    if offers {
        body.insert("tools".to_owned(), tools.into());
        if flags.ask_parallel {
            body.insert("parallel_tool_calls".to_owned(), json!(true));
        }
    }
    let mut messages = messages(flags, &request.messages);
    if let Some(format) = &request.format {
        let structured = if offers && !flags.shape_with_tools { Structured::Words } else { flags.structured };
        if let Some(shape) = response_format(format, structured) {
            body.insert("response_format".to_owned(), shape);
        }
        if matches!(structured, Structured::Object | Structured::Words) {
            instruct(&mut messages, &shape_in_words(format));
        }
    }
    if flags.require_parameters && (offers || request.format.is_some()) {
        require_parameters(&mut body);
    }
    limits(&mut body, endpoint, flags, request.purpose);
    body.insert("messages".to_owned(), messages.into());
    Value::Object(body)
}

fn limits(body: &mut Map<String, Value>, endpoint: &Endpoint, flags: &Flags, purpose: Purpose) {
    if let Some(most) = endpoint.max_output {
        let name = if flags.max_completion_tokens { "max_completion_tokens" } else { "max_tokens" };
        body.entry(name).or_insert(json!(most));
    }
    let temperature = match purpose {
        Purpose::Answer => endpoint.temperature,
        Purpose::SideJob => Some(0.0),
    };
    if let Some(temperature) = temperature.filter(|_| flags.temperature) {
        body.entry("temperature").or_insert(json!(temperature));
    }
}

/// A router may otherwise choose a server that ignores tools.
fn require_parameters(body: &mut Map<String, Value>) {
    let provider = body.entry("provider").or_insert_with(|| json!({}));
    if let Some(provider) = provider.as_object_mut() {
        provider.entry("require_parameters").or_insert(json!(true));
    }
}

fn tools(flags: &Flags, request: &ChatRequest) -> Vec<Value> {
    if !flags.tools {
        return Vec::new();
    }
    let tool = |spec: &ToolSpec| {
        let parameters = adapt(&spec.parameters, flags.dialect);
        json!({"type": "function", "function": {"name": spec.name, "description": spec.description, "parameters": parameters}})
    };
    request.tools.iter().map(tool).collect()
}

fn response_format(format: &Format, structured: Structured) -> Option<Value> {
    match structured {
        Structured::Strict => {
            Some(json!({"type": "json_schema", "json_schema": {"name": format.name, "schema": format.schema, "strict": true}}))
        }
        Structured::Schema => Some(json!({"type": "json_schema", "json_schema": {"name": format.name, "schema": format.schema}})),
        Structured::Object => Some(json!({"type": "json_object"})),
        Structured::Words => None,
    }
}

fn shape_in_words(format: &Format) -> String {
    format!("Answer with one JSON object and nothing else. It must fit this JSON Schema: {}", format.schema)
}

/// Adds to the first instructions, or begins with them.
fn instruct(messages: &mut Vec<Value>, words: &str) {
    let first = messages.first_mut().filter(|message| message["role"] == "system");
    match first.and_then(|message| message.get_mut("content")) {
        Some(content) => *content = json!(format!("{}\n\n{words}", content.as_str().unwrap_or_default())),
        None => messages.insert(0, json!({"role": "system", "content": words})),
    }
}

/// Writes the chat such that every call is followed by its one answer and nothing else is answered, whatever was cut or cancelled.
fn messages(flags: &Flags, chat: &[ChatMessage]) -> Vec<Value> {
    let mut out = Vec::new();
    let mut rest = chat.iter().peekable();
    while let Some(message) = rest.next() {
        match message {
            ChatMessage::System { text } if flags.system_mid_history || out.is_empty() => push(&mut out, "system", text, false),
            ChatMessage::System { text } if out.len() == 1 && is(&out, "system") => push(&mut out, "system", text, true),
            ChatMessage::System { text } => push(&mut out, "user", &format!("{NOTE}\n{text}"), flags.alternate_roles),
            ChatMessage::User { text, .. } => push(&mut out, "user", text, flags.alternate_roles),
            ChatMessage::Assistant { text, calls, human } if calls.is_empty() || !flags.tools => {
                let text = if *human { format!("{HUMAN}\n{text}") } else { text.clone() };
                push(&mut out, "assistant", &text, flags.alternate_roles);
            }
            ChatMessage::Assistant { text, calls, .. } => {
                let content = if text.is_empty() { Value::Null } else { json!(text) };
                let written: Vec<Value> = calls.iter().map(|call| written(flags, call)).collect();
                out.push(json!({"role": "assistant", "content": content, "tool_calls": written}));
                let mut answers = Vec::new();
                while let Some(ChatMessage::Tool { call_id, result, .. }) = rest.next_if(|next| matches!(next, ChatMessage::Tool { .. })) {
                    answers.push((call_id.as_str(), result));
                }
                out.extend(calls.iter().map(|call| answer(call, &answers)));
            }
            // It answers no call that the model will see.
            ChatMessage::Tool { .. } => {}
        }
    }
    out
}

fn is(out: &[Value], role: &str) -> bool {
    out.last().is_some_and(|message| message["role"] == role && message.get("tool_calls").is_none())
}

/// Adds a message, or adds to the last one of the same role.
fn push(out: &mut Vec<Value>, role: &str, text: &str, join: bool) {
    if text.trim().is_empty() {
        return;
    }
    if join
        && is(out, role)
        && let Some(content) = out.last_mut().and_then(|last| last.get_mut("content"))
    {
        *content = json!(format!("{}\n\n{text}", content.as_str().unwrap_or_default()));
        return;
    }
    out.push(json!({"role": role, "content": text}));
}

fn written(flags: &Flags, call: &ToolCall) -> Value {
    // Servers parse the history: what was no object before would be refused now.
    let arguments = if call.arguments.is_object() { call.arguments.to_string() } else { "{}".to_owned() };
    let mut written = json!({"id": call.id, "type": "function", "function": {"name": call.name, "arguments": arguments}});
    if let Some(fields) = written.as_object_mut().filter(|_| flags.signatures) {
        let lost = || json!({"google": {"thought_signature": NO_SIGNATURE}});
        fields.insert("extra_content".to_owned(), call.extra.clone().unwrap_or_else(lost));
    }
    written
}

fn answer(call: &ToolCall, answers: &[(&str, &Value)]) -> Value {
    let result = answers.iter().find(|(id, _)| *id == call.id).map(|(_, result)| *result);
    let content = match result {
        Some(Value::String(text)) => text.clone(),
        Some(result) => result.to_string(),
        None => json!({"error": "cancelled"}).to_string(),
    };
    json!({"role": "tool", "tool_call_id": call.id, "content": content})
}

#[cfg(test)]
mod tests;
