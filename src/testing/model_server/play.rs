//! What the server does with one request: an answer in the form that was asked for, or one of the failures of real servers.

use crate::testing::model_server::MODEL;
use crate::testing::model_server::wire::{write_chunk, write_head};
use serde_json::{Value, json};
use std::io;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::sync::Semaphore;

/// How often a server that only keeps the line open says so.
const KEEP_ALIVE: Duration = Duration::from_millis(10);
const JSON: &str = "application/json";
const EVENTS: &str = "text/event-stream";

/// An answer of the model; sent whole or as a stream, as the request wants it.
#[derive(Clone, Debug, Default)]
pub struct Answer {
    /// The words; `None`: `content` is null.
    pub text: Option<String>,
    /// Names and arguments (a string that holds JSON, or should) of the calls.
    pub calls: Vec<(String, String)>,
    /// A refusal of the model.
    pub refusal: Option<String>,
    /// Instead of `stop` or `tool_calls`; empty: none is sent.
    pub finish: Option<String>,
}

/// How a stream ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// In order: the body is complete.
    Close,
    /// The connection closes in the middle of the body.
    Cut,
    /// Never: the connection stays open and silent.
    Stall,
    /// Never: comments keep the line open.
    Comments,
}

/// What happens to one request.
#[derive(Clone, Debug)]
pub enum Play {
    /// The model answers.
    Answer(Answer),
    /// Status, headers and body as they are; HTML, errors and rubbish.
    Status {
        /// The HTTP status.
        status: u16,
        /// Further headers.
        headers: Vec<(String, String)>,
        /// The body.
        body: String,
    },
    /// 200 and a stream of `data:` lines as they are, whatever was asked for.
    Events {
        /// What follows each `data: `.
        events: Vec<String>,
        /// How it ends.
        end: End,
    },
    /// 200 and a body of that many bytes of JSON that never ends in a closing bracket.
    Flood {
        /// The HTTP status.
        status: u16,
        /// Length of the body, in bytes.
        bytes: usize,
    },
    /// Reads the request and says nothing.
    Silence,
    /// Sends status and headers, then nothing.
    Headers,
    /// Closes without an answer.
    HangUp,
    /// Resets the connection.
    Reset,
    /// Waits for a permit of the semaphore, then goes on: the answer that comes too late.
    After(Arc<Semaphore>, Box<Play>),
}

impl Play {
    /// Answers with words.
    pub fn text(text: impl Into<String>) -> Self {
        Self::Answer(Answer { text: Some(text.into()), ..Answer::default() })
    }

    /// Calls one tool with arguments.
    pub fn call(name: impl Into<String>, arguments: &Value) -> Self {
        Self::raw_call(name, arguments.to_string())
    }

    /// Calls one tool with arguments as they are, JSON or not.
    pub fn raw_call(name: impl Into<String>, arguments: impl Into<String>) -> Self {
        Self::Answer(Answer { calls: vec![(name.into(), arguments.into())], ..Answer::default() })
    }

    /// Calls several tools at once.
    #[must_use]
    pub fn calls(calls: &[(&str, Value)]) -> Self {
        let calls = calls.iter().map(|(name, arguments)| ((*name).to_owned(), arguments.to_string())).collect();
        Self::Answer(Answer { calls, ..Answer::default() })
    }

    /// Refuses to talk about it.
    pub fn refusal(text: impl Into<String>) -> Self {
        Self::Answer(Answer { refusal: Some(text.into()), ..Answer::default() })
    }

    /// Answers nothing at all, in good order.
    #[must_use]
    pub fn empty() -> Self {
        Self::Answer(Answer { text: Some(String::new()), ..Answer::default() })
    }

    /// Fails with a status and a body in OpenAI's form.
    #[must_use]
    pub fn error(status: u16, message: &str) -> Self {
        let body = json!({"error": {"message": message, "type": "server_error", "param": null, "code": null}});
        Self::Status { status, headers: Vec::new(), body: body.to_string() }
    }

    /// Says 429 and when to come back, in whatever form.
    #[must_use]
    pub fn busy(retry_after: &str) -> Self {
        let body = json!({"error": {"message": "rate limit reached", "type": "requests", "code": "rate_limit_exceeded"}});
        Self::Status { status: 429, headers: vec![("retry-after".to_owned(), retry_after.to_owned())], body: body.to_string() }
    }

    /// Answers 200 with this JSON, as recorded from a server.
    #[must_use]
    pub fn json(body: &Value) -> Self {
        Self::Status { status: 200, headers: Vec::new(), body: body.to_string() }
    }

    /// Answers 200 with these events, as recorded from a server, and ends the body in order; `[DONE]` is yours to add.
    #[must_use]
    pub fn events(events: &[Value], end: End) -> Self {
        Self::Events { events: events.iter().map(Value::to_string).collect(), end }
    }

    /// Answers 200 with a page.
    #[must_use]
    pub fn page() -> Self {
        let headers = vec![("content-type".to_owned(), "text/html".to_owned())];
        Self::Status { status: 200, headers, body: "<!doctype html><title>Welcome</title>".to_owned() }
    }

    /// Carries it out; `serial` tells the calls of one request from those of another.
    pub(super) async fn perform(self, mut stream: TcpStream, wants_stream: bool, serial: usize) -> io::Result<()> {
        let mut play = self;
        while let Self::After(permit, then) = play {
            if let Ok(permit) = permit.acquire().await {
                permit.forget();
            }
            play = *then;
        }
        match play {
            Self::Answer(answer) if wants_stream => {
                let events = answer.chunks(serial).iter().map(Value::to_string).chain(["[DONE]".to_owned()]).collect();
                send_events(&mut stream, events, End::Close).await
            }
            Self::Answer(answer) => send_body(&mut stream, 200, &[], &answer.whole(serial).to_string()).await,
            Self::Status { status, headers, body } => send_body(&mut stream, status, &headers, &body).await,
            Self::Events { events, end } => send_events(&mut stream, events, end).await,
            Self::Flood { status, bytes } => flood(&mut stream, status, bytes).await,
            Self::Silence | Self::After(..) => std::future::pending().await,
            Self::Headers => {
                write_head(&mut stream, 200, if wants_stream { EVENTS } else { JSON }, &[], None).await?;
                std::future::pending().await
            }
            Self::HangUp => Ok(()),
            Self::Reset => stream.set_zero_linger(),
        }
    }
}

impl Answer {
    fn finish(&self) -> Value {
        match self.finish.as_deref() {
            Some("") => Value::Null,
            Some(finish) => json!(finish),
            None => json!(if self.calls.is_empty() { "stop" } else { "tool_calls" }),
        }
    }

    fn tool_calls(&self, serial: usize) -> Vec<Value> {
        let call = |(at, (name, arguments)): (usize, &(String, String))| json!({"id": format!("call_{serial}_{at}"), "type": "function", "index": at, "function": {"name": name, "arguments": arguments}});
        self.calls.iter().enumerate().map(call).collect()
    }

    fn whole(&self, serial: usize) -> Value {
        let mut message = json!({"role": "assistant", "content": self.text, "refusal": self.refusal});
        if let Some(fields) = message.as_object_mut()
            && !self.calls.is_empty()
        {
            fields.insert("tool_calls".to_owned(), self.tool_calls(serial).into());
        }
        json!({"id": "chatcmpl-1", "object": "chat.completion", "created": 1, "model": MODEL,
            "choices": [{"index": 0, "message": message, "finish_reason": self.finish()}], "usage": usage()})
    }

    fn chunks(&self, serial: usize) -> Vec<Value> {
        let mut chunks = vec![chunk(json!({"role": "assistant", "content": ""}), Value::Null)];
        for word in self.text.iter().flat_map(|text| text.split_inclusive(' ')) {
            chunks.push(chunk(json!({"content": word}), Value::Null));
        }
        if let Some(refusal) = &self.refusal {
            chunks.push(chunk(json!({"refusal": refusal}), Value::Null));
        }
        for (at, (name, arguments)) in self.calls.iter().enumerate() {
            let function = json!({"name": name, "arguments": ""});
            let first = json!({"index": at, "id": format!("call_{serial}_{at}"), "type": "function", "function": function});
            chunks.push(chunk(json!({"tool_calls": [first]}), Value::Null));
            let letters: Vec<char> = arguments.chars().collect();
            for part in letters.chunks(7) {
                let part = json!({"index": at, "function": {"arguments": part.iter().collect::<String>()}});
                chunks.push(chunk(json!({"tool_calls": [part]}), Value::Null));
            }
        }
        chunks.push(chunk(json!({}), self.finish()));
        chunks.push(json!({"id": "chatcmpl-1", "object": "chat.completion.chunk", "model": MODEL, "choices": [], "usage": usage()}));
        chunks
    }
}

fn usage() -> Value {
    json!({"prompt_tokens": 100, "completion_tokens": 10, "total_tokens": 110})
}

fn chunk(delta: Value, finish: Value) -> Value {
    json!({"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1, "model": MODEL,
        "choices": [{"index": 0, "delta": delta, "finish_reason": finish}]})
}

async fn send_body(stream: &mut TcpStream, status: u16, headers: &[(String, String)], body: &str) -> io::Result<()> {
    let kind = if headers.iter().any(|(name, _)| name == "content-type") { "" } else { JSON };
    write_head(stream, status, kind, headers, Some(body.len())).await?;
    stream.write_all(body.as_bytes()).await?;
    stream.shutdown().await
}

async fn send_events(stream: &mut TcpStream, events: Vec<String>, end: End) -> io::Result<()> {
    write_head(stream, 200, EVENTS, &[], None).await?;
    for event in events {
        write_chunk(stream, format!("data: {event}\n\n").as_bytes()).await?;
    }
    match end {
        End::Close => {
            write_chunk(stream, b"").await?;
            stream.shutdown().await
        }
        // The announced chunk is longer than what follows.
        End::Cut => stream.write_all(b"ff\r\ndata: {\"id").await,
        End::Stall => std::future::pending().await,
        End::Comments => loop {
            write_chunk(stream, b": PROCESSING\n\n").await?;
            tokio::time::sleep(KEEP_ALIVE).await;
        },
    }
}

async fn flood(stream: &mut TcpStream, status: u16, bytes: usize) -> io::Result<()> {
    write_head(stream, status, JSON, &[], None).await?;
    write_chunk(stream, b"{\"choices\":[{\"message\":{\"content\":\"").await?;
    let block = vec![b'a'; 16_384];
    for _ in 0..bytes.div_ceil(block.len()) {
        write_chunk(stream, &block).await?;
    }
    write_chunk(stream, b"").await
}
