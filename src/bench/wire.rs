//! The leanest HTTP/1.1 that does: one request or answer at a time over a connection that stays open. Trusts its peer, which is ours, and
//! costs little: the generator shares the machine with the server under test. Never for anything outside a benchmark.

use std::io::{Error, ErrorKind, Result};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// Longest head or body that is taken; a benchmark's have a few kilobytes.
const MAX_BYTES: usize = 16 * 1024 * 1024;

/// One message as it came.
#[derive(Debug)]
pub struct Message {
    /// The first line's second word: `/messages` of a request, `202` of an answer.
    pub word: String,
    /// First line and headers.
    pub head: Vec<u8>,
    /// The body.
    pub body: Vec<u8>,
}

impl Message {
    /// Returns a header's value.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        header(std::str::from_utf8(&self.head).ok()?, name)
    }
}

/// A connection with what was read too far.
#[derive(Debug)]
pub struct Wire {
    stream: TcpStream,
    buffer: Vec<u8>,
}

impl Wire {
    /// Takes a connection over.
    ///
    /// # Errors
    /// If the socket is gone.
    pub fn new(stream: TcpStream) -> Result<Self> {
        stream.set_nodelay(true)?;
        Ok(Self { stream, buffer: Vec::with_capacity(4096) })
    }

    /// Connects to a port of the loopback.
    ///
    /// # Errors
    /// If nobody listens there.
    pub async fn connect(port: u16) -> Result<Self> {
        Self::new(TcpStream::connect(("127.0.0.1", port)).await?)
    }

    /// Writes a whole message.
    ///
    /// # Errors
    /// If the connection broke.
    pub async fn write(&mut self, bytes: &[u8]) -> Result<()> {
        self.stream.write_all(bytes).await
    }

    /// Reads a whole message; `None` where the peer has closed between two.
    ///
    /// # Errors
    /// If the connection broke in a message, or what came is no HTTP with a length.
    pub async fn read(&mut self) -> Result<Option<Message>> {
        loop {
            if let Some(end) = find(&self.buffer, b"\r\n\r\n") {
                return self.rest_of(end + 4).await.map(Some);
            }
            if self.more().await? == 0 {
                return Ok(None);
            }
        }
    }

    /// Writes a request and reads its answer.
    ///
    /// # Errors
    /// As the two; also if the peer closes instead of answering.
    pub async fn ask(&mut self, request: &[u8]) -> Result<Message> {
        self.write(request).await?;
        self.read().await?.ok_or_else(|| Error::from(ErrorKind::UnexpectedEof))
    }

    async fn rest_of(&mut self, head: usize) -> Result<Message> {
        let (word, length) = read_head(self.buffer.get(..head).unwrap_or_default())?;
        let whole = head + length;
        while self.buffer.len() < whole {
            self.more().await?;
        }
        let rest = self.buffer.split_off(whole);
        let mut head_bytes = std::mem::replace(&mut self.buffer, rest);
        let body = head_bytes.split_off(head);
        Ok(Message { word, head: head_bytes, body })
    }

    async fn more(&mut self) -> Result<usize> {
        let count = self.stream.read_buf(&mut self.buffer).await?;
        if count == 0 && !self.buffer.is_empty() {
            return Err(Error::from(ErrorKind::UnexpectedEof));
        }
        if self.buffer.len() > MAX_BYTES {
            return Err(Error::from(ErrorKind::OutOfMemory));
        }
        Ok(count)
    }
}

fn read_head(head: &[u8]) -> Result<(String, usize)> {
    let bad = || Error::from(ErrorKind::InvalidData);
    let Ok(head) = std::str::from_utf8(head) else { return Err(bad()) };
    let word = head.split(' ').nth(1).ok_or_else(bad)?.to_owned();
    let length = header(head, "content-length").and_then(|value| value.parse().ok()).unwrap_or(0);
    if length > MAX_BYTES { Err(bad()) } else { Ok((word, length)) }
}

fn header<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    head.lines().skip(1).find_map(|line| {
        let (key, value) = line.split_once(':')?;
        key.eq_ignore_ascii_case(name).then(|| value.trim())
    })
}

/// Returns the place of a pattern.
#[must_use]
pub fn find(bytes: &[u8], pattern: &[u8]) -> Option<usize> {
    bytes.windows(pattern.len()).position(|window| window == pattern)
}

/// Returns a whole answer with JSON in it.
#[must_use]
pub fn answer(status: &str, body: &str) -> Vec<u8> {
    let head = format!("HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n", body.len());
    [head.as_bytes(), body.as_bytes()].concat()
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::net::TcpListener;

    async fn pair() -> (Wire, TcpStream) {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let (wire, accepted) = tokio::join!(Wire::connect(listener.local_addr().unwrap().port()), listener.accept());
        (wire.unwrap(), accepted.unwrap().0)
    }

    #[tokio::test]
    async fn messages_that_come_in_pieces_or_together_are_told_apart() {
        let (mut wire, mut peer) = pair().await;
        peer.write_all(b"POST /v25.0/1/messages HTTP/1.1\r\nContent-Le").await.unwrap();
        peer.write_all(b"ngth: 2\r\nauthorization: Bearer x\r\n\r\nabGET /b HTTP/1.1\r\n\r\n").await.unwrap();
        drop(peer);
        let first = wire.read().await.unwrap().unwrap();
        assert_eq!((first.word.as_str(), first.body.as_slice()), ("/v25.0/1/messages", b"ab".as_slice()));
        assert_eq!((first.header("Authorization"), first.header("POST /v25.0/1/messages HTTP/1.1")), (Some("Bearer x"), None));
        assert_eq!(wire.read().await.unwrap().unwrap().word, "/b");
        assert!(wire.read().await.unwrap().is_none());
    }

    #[tokio::test]
    async fn a_broken_or_endless_message_is_an_error() {
        for text in
            ["HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nab", "x\r\n\r\n", "HTTP/1.1 200 OK\r\ncontent-length: 99999999999\r\n\r\n"]
        {
            let (mut wire, mut peer) = pair().await;
            peer.write_all(text.as_bytes()).await.unwrap();
            drop(peer);
            assert!(wire.read().await.is_err(), "{text}");
        }
    }
}
