//! Requests and answers on the wire: HTTP/1.1, one request a connection, as little as a client needs.

use serde_json::Value;
use std::fmt::Write as _;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// Most of a request that is read, in bytes.
const MAX_REQUEST: usize = 4 << 20;

/// A request as it came.
pub(super) struct Received {
    /// Method and path.
    pub(super) line: String,
    /// Names in lower case.
    pub(super) headers: Vec<(String, String)>,
    /// `None`: no JSON.
    pub(super) body: Option<Value>,
}

impl Received {
    /// Returns true if the client asked for a stream.
    pub(super) fn wants_stream(&self) -> bool {
        self.body.as_ref().and_then(|body| body.get("stream")).and_then(Value::as_bool).unwrap_or(false)
    }

    /// Returns the first header of that (lower-case) name.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

/// Reads one request; `None`: the client went away or sent no HTTP.
pub(super) async fn read_request(stream: &mut TcpStream) -> Option<Received> {
    let mut bytes = Vec::new();
    loop {
        if let Some(at) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
            let head = String::from_utf8_lossy(bytes.get(..at)?).into_owned();
            let (line, headers) = parse_head(&head)?;
            let length: usize = headers.iter().find(|(name, _)| name == "content-length").and_then(|(_, value)| value.parse().ok())?;
            let begin = at + 4;
            while bytes.len() < begin + length {
                read_more(stream, &mut bytes).await?;
            }
            let body = serde_json::from_slice(bytes.get(begin..begin + length)?).ok();
            return Some(Received { line, headers, body });
        }
        read_more(stream, &mut bytes).await?;
    }
}

async fn read_more(stream: &mut TcpStream, bytes: &mut Vec<u8>) -> Option<()> {
    let read = stream.read_buf(bytes).await.ok()?;
    (read > 0 && bytes.len() <= MAX_REQUEST).then_some(())
}

fn parse_head(head: &str) -> Option<(String, Vec<(String, String)>)> {
    let mut lines = head.lines();
    let (line, _version) = lines.next()?.rsplit_once(' ')?;
    let headers = lines.filter_map(|line| line.split_once(':')).map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()));
    Some((line.to_owned(), headers.collect()))
}

/// Writes status and headers; the body follows by its length or until the connection closes.
pub(super) async fn write_head(
    stream: &mut TcpStream,
    status: u16,
    content_type: &str,
    headers: &[(String, String)],
    length: Option<usize>,
) -> std::io::Result<()> {
    let mut head = format!("HTTP/1.1 {status} X\r\nconnection: close\r\nx-request-id: req-test\r\n");
    if !content_type.is_empty() {
        let _ = write!(head, "content-type: {content_type}\r\n");
    }
    match length {
        Some(length) => {
            let _ = write!(head, "content-length: {length}\r\n");
        }
        None => head.push_str("transfer-encoding: chunked\r\n"),
    }
    for (name, value) in headers {
        let _ = write!(head, "{name}: {value}\r\n");
    }
    head.push_str("\r\n");
    stream.write_all(head.as_bytes()).await
}

/// Writes one chunk of a chunked body; an empty one ends it.
pub(super) async fn write_chunk(stream: &mut TcpStream, bytes: &[u8]) -> std::io::Result<()> {
    let mut chunk = format!("{:x}\r\n", bytes.len()).into_bytes();
    chunk.extend_from_slice(bytes);
    chunk.extend_from_slice(b"\r\n");
    stream.write_all(&chunk).await?;
    stream.flush().await
}
