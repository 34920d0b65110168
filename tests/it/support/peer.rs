//! A small HTTP/1.1 server for fakes of the outside world. It can do what a framework hides and a fake needs: hang, reset, lose an answer.
//!
//! Loopback only. Knows no contract: the fakes do.

use anyhow::{Context, Result, bail};
use futures::future::BoxFuture;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinHandle, JoinSet};

/// Most bytes of a request: what comes from the product is far smaller.
const MAX_REQUEST: usize = 4 << 20;

/// One request.
#[derive(Clone, Debug)]
pub struct Request {
    /// `POST`, ..
    pub method: String,
    /// With its query.
    pub path: String,
    /// In order; names in lower case.
    pub headers: Vec<(String, String)>,
    /// Raw.
    pub body: Vec<u8>,
}

impl Request {
    /// Returns the first header of that name.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

/// What the peer does with a request, after an optional wait.
#[derive(Clone, Debug)]
pub enum Answer {
    /// Answers with JSON; `headers` are whole lines with their line ends.
    Json {
        /// HTTP status.
        status: u16,
        /// Such as `Retry-After: 1\r\n`.
        headers: String,
        /// The body.
        body: String,
    },
    /// Says nothing and keeps the connection.
    Hang,
    /// Resets the connection.
    Reset,
}

impl Answer {
    /// Makes an answer without headers of its own.
    pub fn json(status: u16, body: &serde_json::Value) -> Self {
        Self::Json { status, headers: String::new(), body: body.to_string() }
    }
}

/// What a fake does with its requests.
pub type Handler = Arc<dyn Fn(Request) -> BoxFuture<'static, (Duration, Answer)> + Send + Sync>;

/// The peer; stops when dropped, with everything under way.
#[derive(Debug)]
pub struct Peer {
    address: SocketAddr,
    task: JoinHandle<()>,
}

impl Peer {
    /// Listens on a free port of the loopback.
    pub async fn start(handler: Handler) -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let task = tokio::spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                let handler = Arc::clone(&handler);
                // A caller that was killed in the middle of a request is what these tests are about.
                connections.spawn(async move { drop(serve(stream, handler).await) });
                while connections.try_join_next().is_some() {}
            }
        });
        Ok(Self { address, task })
    }

    /// Returns the base URL, without a slash at the end.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn serve(mut stream: TcpStream, handler: Handler) -> Result<()> {
    stream.set_nodelay(true)?;
    let mut buffer = Vec::new();
    while let Some(request) = read(&mut stream, &mut buffer).await? {
        // The work is finished even if the caller goes away: a channel that has taken a message has taken it.
        let (latency, answer) = tokio::spawn(handler(request)).await?;
        tokio::time::sleep(latency).await;
        match answer {
            Answer::Json { status, headers, body } => {
                let length = body.len();
                let head = format!("HTTP/1.1 {status} X\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n{headers}\r\n");
                stream.write_all(format!("{head}{body}").as_bytes()).await?;
            }
            Answer::Hang => std::future::pending().await,
            Answer::Reset => {
                stream.set_zero_linger()?;
                return Ok(());
            }
        }
    }
    Ok(())
}

/// Reads one request; `None` when the caller has closed. What follows it stays in `buffer`.
async fn read(stream: &mut TcpStream, buffer: &mut Vec<u8>) -> Result<Option<Request>> {
    let end = loop {
        if let Some(at) = buffer.windows(4).position(|four| four == b"\r\n\r\n") {
            break at;
        }
        if !more(stream, buffer).await? {
            return Ok(None);
        }
    };
    let head = String::from_utf8(buffer[..end].to_vec())?;
    let mut lines = head.split("\r\n");
    let mut words = lines.next().unwrap_or_default().split(' ');
    let (method, path) = (words.next().unwrap_or_default().to_owned(), words.next().context("no path")?.to_owned());
    let headers: Vec<(String, String)> =
        lines.filter_map(|line| line.split_once(':')).map(|(name, value)| (name.to_lowercase(), value.trim().to_owned())).collect();
    let length = headers.iter().find(|(name, _)| name == "content-length").map_or(Ok(0), |(_, value)| value.parse())?;
    let whole = end + 4 + length;
    while buffer.len() < whole {
        if !more(stream, buffer).await? {
            return Ok(None);
        }
    }
    let body = buffer[end + 4..whole].to_vec();
    buffer.drain(..whole);
    Ok(Some(Request { method, path, headers, body }))
}

async fn more(stream: &mut TcpStream, buffer: &mut Vec<u8>) -> Result<bool> {
    if buffer.len() > MAX_REQUEST {
        bail!("the request is too long");
    }
    Ok(stream.read_buf(buffer).await? > 0)
}
