//! The leanest HTTP/1.1 that does: one request or answer at a time over a connection that stays open. Trusts its peer, which is ours.

use anyhow::{Context, bail};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// One message as it came: the first line's second word (path or status) and the body.
pub struct Message {
    /// `/messages` of a request, `202` of an answer.
    pub word: String,
    /// The body.
    pub body: Vec<u8>,
}

/// A connection with what was read too far.
pub struct Wire {
    stream: TcpStream,
    buffer: Vec<u8>,
}

impl Wire {
    /// Takes a connection over.
    pub fn new(stream: TcpStream) -> anyhow::Result<Self> {
        stream.set_nodelay(true)?;
        Ok(Self { stream, buffer: Vec::with_capacity(4096) })
    }

    /// Connects.
    pub async fn connect(port: u16) -> anyhow::Result<Self> {
        Self::new(TcpStream::connect(("127.0.0.1", port)).await?)
    }

    /// Writes a whole message.
    pub async fn write(&mut self, bytes: &[u8]) -> anyhow::Result<()> {
        Ok(self.stream.write_all(bytes).await?)
    }

    /// Reads a whole message; `None` where the peer has closed between two.
    pub async fn read(&mut self) -> anyhow::Result<Option<Message>> {
        loop {
            if let Some(end) = find(&self.buffer, b"\r\n\r\n") {
                let (word, length) = self.head(end)?;
                let whole = end + 4 + length;
                while self.buffer.len() < whole {
                    self.more().await?;
                }
                let rest = self.buffer.split_off(whole);
                let mut message = std::mem::replace(&mut self.buffer, rest);
                let body = message.split_off(end + 4);
                return Ok(Some(Message { word, body }));
            }
            if self.more().await? == 0 {
                return Ok(None);
            }
        }
    }

    fn head(&self, end: usize) -> anyhow::Result<(String, usize)> {
        let head = std::str::from_utf8(self.buffer.get(..end).unwrap_or_default())?;
        let word = head.split(' ').nth(1).context("no first line")?.to_owned();
        let length = head.lines().find_map(|line| {
            let (name, value) = line.split_once(':')?;
            name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse::<usize>().ok())?
        });
        Ok((word, length.unwrap_or(0)))
    }

    async fn more(&mut self) -> anyhow::Result<usize> {
        let count = self.stream.read_buf(&mut self.buffer).await?;
        if count == 0 && !self.buffer.is_empty() {
            bail!("the connection broke off");
        }
        Ok(count)
    }
}

/// Returns the place of a pattern.
pub fn find(bytes: &[u8], pattern: &[u8]) -> Option<usize> {
    bytes.windows(pattern.len()).position(|window| window == pattern)
}
