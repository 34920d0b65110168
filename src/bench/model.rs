//! The fake model: an OpenAI-compatible server that answers a greeting in its language after a fixed time, whole or as a stream. A process
//! of its own; it counts how often it was asked.

use crate::bench::control::Line;
use crate::bench::error::{BenchError, io};
use crate::bench::talk::{answer_in, language_of_prompt};
use crate::bench::wire::{Message, Wire, answer};
use crate::domain::language::Language;
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::net::TcpListener;

/// The model's name.
pub const MODEL: &str = "bench";
/// Where the count of requests is read.
pub const COUNT_PATH: &str = "/requests";
/// A fixed time stamp: nobody reads it.
const CREATED: u64 = 1_760_000_000;

/// What the model is told.
#[derive(Clone, Copy, Debug)]
pub struct ModelOptions {
    /// Where the benchmark listens.
    pub control: u16,
    /// How long an answer takes.
    pub latency: Duration,
}

/// Runs the fake model until the benchmark ends.
///
/// # Errors
/// If it cannot listen or reach the benchmark.
pub async fn model(options: ModelOptions) -> Result<(), BenchError> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.map_err(io("listen"))?;
    let line = Line::open(options.control, listener.local_addr().map_err(io("listen"))?.port()).await?;
    let asked = Arc::new(AtomicU64::new(0));
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let asked = Arc::clone(&asked);
            // A caller that breaks off has changed its mind.
            tokio::spawn(async move { serve(Wire::new(stream)?, options.latency, &asked).await });
        }
    });
    line.ended().await;
    Ok(())
}

async fn serve(mut wire: Wire, latency: Duration, asked: &AtomicU64) -> std::io::Result<()> {
    while let Some(message) = wire.read().await? {
        let text = match message.word.as_str() {
            COUNT_PATH => answer("200 OK", &asked.load(Ordering::Relaxed).to_string()),
            path if path.ends_with("/chat/completions") => {
                asked.fetch_add(1, Ordering::Relaxed);
                if !latency.is_zero() {
                    tokio::time::sleep(latency).await;
                }
                completion(&message)
            }
            _ => answer("404 Not Found", &json!({"error": {"message": "no such path", "type": "invalid_request_error"}}).to_string()),
        };
        wire.write(&text).await?;
    }
    Ok(())
}

/// What of a request matters.
#[derive(Default, Deserialize)]
struct Request {
    #[serde(default)]
    stream: Option<bool>,
    stream_options: Option<StreamOptions>,
}

#[derive(Deserialize)]
struct StreamOptions {
    #[serde(default)]
    include_usage: bool,
}

fn completion(message: &Message) -> Vec<u8> {
    let Ok(request) = serde_json::from_slice::<Request>(&message.body) else {
        return answer("400 Bad Request", &json!({"error": {"message": "not JSON", "type": "invalid_request_error"}}).to_string());
    };
    let text = answer_in(language_of_prompt(&message.body).unwrap_or(Language::Es));
    // Four bytes are about a token.
    let (asked, said) = (message.body.len() / 4, text.len() / 4);
    let usage = json!({"prompt_tokens": asked, "completion_tokens": said, "total_tokens": asked + said});
    if request.stream != Some(true) {
        let choice = json!({"index": 0, "message": {"role": "assistant", "content": text, "refusal": null}, "finish_reason": "stop"});
        let whole = json!({"id": "chatcmpl-bench", "object": "chat.completion", "created": CREATED, "model": MODEL, "choices": [choice], "usage": usage});
        return answer("200 OK", &whole.to_string());
    }
    let wants_usage = request.stream_options.is_some_and(|options| options.include_usage);
    stream(text, wants_usage.then_some(usage))
}

/// The whole answer as server-sent events, in one write: what costs time is the latency before it.
fn stream(text: &str, usage: Option<Value>) -> Vec<u8> {
    let chunk = |choices: Value, usage: Option<Value>| {
        let mut chunk =
            json!({"id": "chatcmpl-bench", "object": "chat.completion.chunk", "created": CREATED, "model": MODEL, "choices": choices});
        if let (Some(usage), Some(fields)) = (usage, chunk.as_object_mut()) {
            fields.insert("usage".to_owned(), usage);
        }
        format!("data: {chunk}\n\n")
    };
    let delta = |delta: Value, finish: Value| chunk(json!([{"index": 0, "delta": delta, "finish_reason": finish}]), None);
    let mut body = delta(json!({"role": "assistant", "content": ""}), Value::Null);
    for word in text.split_inclusive(' ') {
        body.push_str(&delta(json!({"content": word}), Value::Null));
    }
    body.push_str(&delta(json!({}), json!("stop")));
    if let Some(usage) = usage {
        body.push_str(&chunk(json!([]), Some(usage)));
    }
    body.push_str("data: [DONE]\n\n");
    let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n";
    format!("{head}{:x}\r\n{body}\r\n0\r\n\r\n", body.len()).into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(body: &str) -> String {
        let message = Message { word: "/v1/chat/completions".into(), head: Vec::new(), body: body.as_bytes().to_vec() };
        String::from_utf8(completion(&message)).unwrap()
    }

    fn json_of(answer: &str) -> Value {
        serde_json::from_str(answer.split("\r\n\r\n").nth(1).unwrap()).unwrap()
    }

    #[test]
    fn the_last_greeting_is_answered_in_its_language() {
        let body =
            r#"{"model":"bench","messages":[{"role":"user","content":"hola, buenas tardes"},{"role":"user","content":"oi, bom dia"}]}"#;
        let answer = json_of(&asked(body));
        assert_eq!(answer["choices"][0]["message"]["content"], answer_in(Language::Pt));
        assert_eq!(answer["choices"][0]["finish_reason"], "stop");
        assert!(answer["usage"]["total_tokens"].as_u64().unwrap() > 0);
        assert!(asked("{").starts_with("HTTP/1.1 400"));
    }

    #[test]
    fn a_stream_adds_up_to_the_same_text_and_ends_as_it_should() {
        let body = r#"{"stream": true, "stream_options": {"include_usage": true}, "messages":[{"content":"hello, good morning"}]}"#;
        let answer = asked(body);
        let events: Vec<&str> = answer.lines().filter_map(|line| line.strip_prefix("data: ")).collect();
        let (done, chunks) = events.split_last().unwrap();
        assert_eq!(*done, "[DONE]");
        let chunks: Vec<Value> = chunks.iter().map(|chunk| serde_json::from_str(chunk).unwrap()).collect();
        let text: String = chunks.iter().filter_map(|chunk| chunk["choices"][0]["delta"]["content"].as_str()).collect();
        assert_eq!(text, answer_in(Language::En));
        assert!(chunks.iter().any(|chunk| chunk["choices"][0]["finish_reason"] == "stop"));
        assert!(chunks.last().unwrap()["usage"]["total_tokens"].is_u64());
        assert!(answer.ends_with("\r\n0\r\n\r\n"));
    }
}
