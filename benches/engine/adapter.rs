//! The adapter's receiving side: takes the replies of the server under test and notes when each came.

use recado::bench::{Message, Wire, find};
use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::time::Instant;

/// Places of the map of waiting senders: more than one, so that receivers do not queue for one lock.
const PLACES: usize = 16;

/// Receives replies; cheap to clone.
#[derive(Clone)]
pub struct Adapter {
    /// Where it listens.
    pub port: u16,
    state: Arc<State>,
}

struct State {
    received: AtomicU64,
    waiting: [Mutex<HashMap<String, oneshot::Sender<Instant>>>; PLACES],
}

impl Adapter {
    /// Listens on a free port of the loopback for as long as the process lives.
    pub async fn start() -> anyhow::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let port = listener.local_addr()?.port();
        let state = Arc::new(State { received: AtomicU64::new(0), waiting: std::array::from_fn(|_| Mutex::default()) });
        let serving = Arc::clone(&state);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let state = Arc::clone(&serving);
                // A server that was ended breaks its connections.
                tokio::spawn(async move { state.serve(Wire::new(stream)?).await });
            }
        });
        Ok(Self { port, state })
    }

    /// Replies received so far.
    pub fn received(&self) -> u64 {
        self.state.received.load(Ordering::Relaxed)
    }

    /// Hears when the next reply of a conversation comes.
    pub fn expect(&self, conversation: &str) -> oneshot::Receiver<Instant> {
        let (sender, receiver) = oneshot::channel();
        self.state.place(conversation).lock().unwrap_or_else(PoisonError::into_inner).insert(conversation.to_owned(), sender);
        receiver
    }
}

impl State {
    fn place(&self, conversation: &str) -> &Mutex<HashMap<String, oneshot::Sender<Instant>>> {
        let sum = conversation.bytes().fold(0_usize, |sum, byte| sum.wrapping_mul(31).wrapping_add(usize::from(byte)));
        let [first, rest @ ..] = &self.waiting;
        rest.get(sum % PLACES).unwrap_or(first)
    }

    async fn serve(&self, mut wire: Wire) -> anyhow::Result<()> {
        while let Some(message) = wire.read().await? {
            let at = Instant::now();
            let answer = self.take(&message, at);
            wire.write(answer.as_bytes()).await?;
        }
        Ok(())
    }

    fn take(&self, message: &Message, at: Instant) -> String {
        if message.word != "/messages" {
            return "HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n".to_owned();
        }
        let number = self.received.fetch_add(1, Ordering::Relaxed);
        if let Some(conversation) = conversation_of(&message.body) {
            let waiting = self.place(conversation).lock().unwrap_or_else(PoisonError::into_inner).remove(conversation);
            if let Some(sender) = waiting {
                // Nobody waits any more: nothing to tell.
                let _gone = sender.send(at);
            }
        }
        let body = format!("{{\"external_id\":\"out-{number}\"}}");
        format!("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}", body.len())
    }
}

/// Finds the conversation of a reply: ours, so without escapes.
fn conversation_of(body: &[u8]) -> Option<&str> {
    let key = b"\"conversation\":{\"external_id\":\"";
    let from = find(body, key)? + key.len();
    let rest = body.get(from..)?;
    std::str::from_utf8(rest.get(..find(rest, b"\"")?)?).ok()
}
