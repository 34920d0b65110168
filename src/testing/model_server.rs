//! A model behind real HTTP, for tests: `POST {url}/chat/completions` on the loopback, answered by a script that can fail in every way.
//!
//! It refuses what a real server refuses (path, key, JSON, model, a broken history of tools). It never repeats an answer that was not
//! asked for and never calls out.

mod checks;
mod play;
mod wire;

pub use crate::testing::model_server::play::{Answer, End, Play};

use crate::testing::model_server::checks::refusal;
use crate::testing::model_server::wire::{Received, read_request};
use serde_json::Value;
use std::collections::VecDeque;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinHandle, JoinSet};

/// The key that the server takes.
pub const KEY: &str = "sk-test";
/// The model that the server knows, besides [`OTHER_MODEL`].
pub const MODEL: &str = "test-model";
/// A second model that the server knows.
pub const OTHER_MODEL: &str = "test-model-mini";

/// Decides by the request's JSON.
type Rule = dyn Fn(&Value) -> Play + Send + Sync;

/// What the server does with the requests that it accepts.
pub enum Script {
    /// One play for each request in turn; afterwards it answers 500, which a test sees as a failure.
    Each(Vec<Play>),
    /// The same for every request.
    Always(Play),
    /// Whatever a rule says for the request's JSON.
    By(Box<Rule>),
}

impl Script {
    /// Decides by a rule.
    pub fn by(rule: impl Fn(&Value) -> Play + Send + Sync + 'static) -> Self {
        Self::By(Box::new(rule))
    }
}

impl From<Vec<Play>> for Script {
    fn from(plays: Vec<Play>) -> Self {
        Self::Each(plays)
    }
}

impl From<Play> for Script {
    fn from(play: Play) -> Self {
        Self::Always(play)
    }
}

/// A request as the server saw it.
#[derive(Clone, Debug)]
pub struct Seen {
    /// Such as `POST /v1/chat/completions`.
    pub line: String,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body; `Null` if it was no JSON.
    pub body: Value,
    /// The status with which the server refused it before any script; `None`: the script answered.
    pub refused: Option<u16>,
}

impl Seen {
    /// Returns the first header of that (lower-case) name.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

/// The server; stops when dropped, with every open connection.
pub struct ModelServer {
    address: SocketAddr,
    shared: Arc<Shared>,
    task: JoinHandle<()>,
}

struct Shared {
    script: Mutex<Playing>,
    seen: Mutex<Vec<Seen>>,
}

enum Playing {
    Each(VecDeque<Play>),
    Always(Play),
    By(Box<Rule>),
}

impl ModelServer {
    /// Starts on a free port of the loopback.
    ///
    /// # Errors
    /// No port is free.
    pub async fn start(script: impl Into<Script>) -> io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let shared = Arc::new(Shared { script: Mutex::new(Playing::from(script.into())), seen: Mutex::default() });
        let task = tokio::spawn(serve(listener, Arc::clone(&shared)));
        Ok(Self { address, shared, task })
    }

    /// Returns a base URL at which every connection is refused.
    ///
    /// # Errors
    /// No port is free.
    pub async fn refusing() -> io::Result<String> {
        let address = TcpListener::bind("127.0.0.1:0").await?.local_addr()?;
        Ok(format!("http://{address}/v1"))
    }

    /// Returns the base URL, without a slash at the end.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}/v1", self.address)
    }

    /// Returns the requests so far, oldest first, refused ones too.
    #[must_use]
    pub fn requests(&self) -> Vec<Seen> {
        self.shared.seen.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Replaces the script for the requests to come.
    pub fn play(&self, script: impl Into<Script>) {
        *self.shared.script.lock().unwrap_or_else(PoisonError::into_inner) = Playing::from(script.into());
    }
}

impl Drop for ModelServer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl From<Script> for Playing {
    fn from(script: Script) -> Self {
        match script {
            Script::Each(plays) => Self::Each(plays.into()),
            Script::Always(play) => Self::Always(play),
            Script::By(rule) => Self::By(rule),
        }
    }
}

impl Shared {
    /// Notes the request and decides what to do with it; also returns its number.
    fn decide(&self, received: Received) -> (Play, usize) {
        let refused = refusal(&received);
        let seen = Seen {
            line: received.line,
            headers: received.headers,
            body: received.body.unwrap_or_default(),
            refused: refused.as_ref().map(|(status, _)| *status),
        };
        let play = match refused {
            Some((status, body)) => Play::Status { status, headers: Vec::new(), body },
            None => self.next(&seen.body),
        };
        let mut all = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        all.push(seen);
        (play, all.len())
    }

    fn next(&self, body: &Value) -> Play {
        match &mut *self.script.lock().unwrap_or_else(PoisonError::into_inner) {
            Playing::Each(plays) => plays.pop_front().unwrap_or_else(|| Play::error(500, "the script is over")),
            Playing::Always(play) => play.clone(),
            Playing::By(rule) => rule(body),
        }
    }
}

async fn serve(listener: TcpListener, shared: Arc<Shared>) {
    // Owns the connections: they end with the server.
    let mut open = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        while open.try_join_next().is_some() {}
        open.spawn(answer(stream, Arc::clone(&shared)));
    }
}

async fn answer(mut stream: TcpStream, shared: Arc<Shared>) {
    let Some(received) = read_request(&mut stream).await else { return };
    let wants_stream = received.wants_stream();
    let (play, serial) = shared.decide(received);
    // A client that is gone is no failure of the server.
    let _ = play.perform(stream, wants_stream, serial).await;
}

#[cfg(test)]
mod tests;
