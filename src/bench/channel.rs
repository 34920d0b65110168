//! The fake channel: takes replies as the Graph API does, writes them into its log, and posts statuses back. A process of its own.
//!
//! Its log goes to the benchmark line by line and is what the judge believes.

use crate::bench::control::Line;
use crate::bench::error::{BenchError, io};
use crate::bench::meta::{self, ACCESS_TOKEN, Taken, VERSION};
use crate::bench::talk::{language_of_code, language_of_reply};
use crate::bench::wire::{Message, Wire, answer};
use crate::net::clock::SystemClock;
use crate::ports::clock::Clock;
use serde::Deserialize;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::{Mutex, mpsc};

/// What is posted about a reply, in this order.
const STATES: [&str; 3] = ["sent", "delivered", "read"];
/// Connections over which statuses are posted at the same time.
const POSTERS: usize = 96;
/// Replies whose statuses wait; then the channel answers later, as a channel under load does.
const WAITING: usize = 100_000;
/// Pause before a status is posted again.
const PAUSE: Duration = Duration::from_millis(50);
/// How often a status is posted before it is given up.
const TRIES: u32 = 400;

/// What the channel is told.
#[derive(Clone, Copy, Debug)]
pub struct ChannelOptions {
    /// Where the benchmark listens.
    pub control: u16,
    /// The server's port.
    pub server: u16,
    /// How many of the three statuses are posted.
    pub statuses: usize,
}

/// A line of the channel's log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Report {
    /// A reply that was taken.
    Reply(crate::bench::judge::Received),
    /// A status that the server has acknowledged; its repeats before that.
    Status {
        /// How often it had to be posted again.
        repeats: u64,
    },
    /// A status that was given up.
    StatusRefused,
    /// A call that no channel would take.
    Complaint(String),
}

impl Report {
    /// Writes it as a line.
    #[must_use]
    pub fn line(&self) -> String {
        match self {
            Self::Reply(reply) => {
                let customer = reply.customer.map_or_else(|| "-".to_owned(), |customer| customer.to_string());
                let language = reply.language.map_or("-", crate::domain::language::Language::code);
                format!("r {} {customer} {language} {}", reply.at, reply.reference)
            }
            Self::Status { repeats } => format!("s {repeats}"),
            Self::StatusRefused => "x".to_owned(),
            Self::Complaint(text) => format!("c {}", text.replace(['\n', '\r'], " ")),
        }
    }

    /// Reads a line; `None` for one that [`Report::line`] did not write.
    #[must_use]
    pub fn read(line: &str) -> Option<Self> {
        let (kind, rest) = line.split_once(' ').unwrap_or((line, ""));
        match kind {
            "r" => {
                let mut words = rest.splitn(4, ' ');
                let at = words.next()?.parse().ok()?;
                let customer = words.next()?.parse().ok();
                let language = language_of_code(words.next()?);
                let reference = words.next()?.to_owned();
                Some(Self::Reply(crate::bench::judge::Received { customer, language, reference, at }))
            }
            "s" => Some(Self::Status { repeats: rest.parse().ok()? }),
            "x" => Some(Self::StatusRefused),
            "c" => Some(Self::Complaint(rest.to_owned())),
            _ => None,
        }
    }
}

/// Runs the fake channel until the benchmark ends.
///
/// # Errors
/// If it cannot listen or reach the benchmark.
pub async fn channel(options: ChannelOptions) -> Result<(), BenchError> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.map_err(io("listen"))?;
    let line = Line::open(options.control, listener.local_addr().map_err(io("listen"))?.port()).await?;
    let (taken, waiting) = mpsc::channel(WAITING);
    let desk = Arc::new(Desk { log: line.reports(), taken, clock: SystemClock::new(), number: AtomicU64::new(0) });
    let waiting = Arc::new(Mutex::new(waiting));
    for _ in 0..POSTERS {
        let poster =
            Poster { server: options.server, statuses: options.statuses, log: line.reports(), clock: SystemClock::new(), wire: None };
        tokio::spawn(poster.run(Arc::clone(&waiting)));
    }
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let desk = Arc::clone(&desk);
            // A caller that breaks off is none of the channel's business.
            tokio::spawn(async move { desk.serve(Wire::new(stream)?).await });
        }
    });
    line.ended().await;
    Ok(())
}

/// What of a call matters.
#[derive(Deserialize)]
struct Call {
    #[serde(default)]
    to: String,
    #[serde(default)]
    biz_opaque_callback_data: String,
    text: Option<Text>,
    status: Option<String>,
}

#[derive(Deserialize)]
struct Text {
    body: String,
}

struct Desk {
    log: mpsc::Sender<String>,
    taken: mpsc::Sender<Taken>,
    clock: SystemClock,
    number: AtomicU64,
}

impl Desk {
    async fn serve(&self, mut wire: Wire) -> std::io::Result<()> {
        while let Some(message) = wire.read().await? {
            let at = self.clock.now().micros();
            match read_call(&message) {
                Ok((_, call)) if call.status.is_some() => wire.write(&answer("200 OK", "{\"success\":true}")).await?,
                Ok((number_id, call)) => self.take(&mut wire, number_id, call, at).await?,
                Err(complaint) => {
                    self.report(&Report::Complaint(complaint)).await;
                    let error = "{\"error\":{\"message\":\"fake\",\"type\":\"OAuthException\",\"code\":100,\"fbtrace_id\":\"A1\"}}";
                    wire.write(&answer("400 Bad Request", error)).await?;
                }
            }
        }
        Ok(())
    }

    async fn take(&self, wire: &mut Wire, number_id: String, call: Call, at: i64) -> std::io::Result<()> {
        let id = format!("wamid.BENCH{}", self.number.fetch_add(1, Ordering::Relaxed));
        let phone = call.to.trim_start_matches('+').to_owned();
        self.report(&Report::Reply(crate::bench::judge::Received {
            customer: meta::customer_of(&phone),
            language: call.text.as_ref().and_then(|text| language_of_reply(&text.body)),
            reference: call.biz_opaque_callback_data.clone(),
            at,
        }))
        .await;
        let body = format!(
            "{{\"messaging_product\":\"whatsapp\",\"contacts\":[{{\"input\":\"+{phone}\",\"wa_id\":\"{phone}\"}}],\"messages\":[{{\"id\":\"{id}\"}}]}}"
        );
        wire.write(&answer("200 OK", &body)).await?;
        // The posters end with the process only.
        let _ended = self.taken.send(Taken { number_id, id, phone, reference: call.biz_opaque_callback_data }).await;
        Ok(())
    }

    async fn report(&self, report: &Report) {
        // Nobody listens any more: the process is about to end.
        let _ended = self.log.send(report.line()).await;
    }
}

/// Returns the number that a call is for, and the call; else what is wrong with it.
fn read_call(message: &Message) -> Result<(String, Call), String> {
    let number_id = message.word.strip_prefix(&format!("/{VERSION}/")).and_then(|path| path.strip_suffix("/messages"));
    let number_id = number_id.filter(|id| id.bytes().all(|byte| byte.is_ascii_digit())).ok_or("a call of an unknown path")?;
    if message.header("authorization").and_then(|value| value.strip_prefix("Bearer ")) != Some(ACCESS_TOKEN) {
        return Err("a call without the access token".to_owned());
    }
    let call: Call = serde_json::from_slice(&message.body).map_err(|error| format!("a body that is no message: {error}"))?;
    let plain = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    if call.status.is_none() && !plain(&call.biz_opaque_callback_data) {
        return Err("a message without a reference".to_owned());
    }
    Ok((number_id.to_owned(), call))
}

/// Posts statuses, those of one reply one after the other.
struct Poster {
    server: u16,
    statuses: usize,
    log: mpsc::Sender<String>,
    clock: SystemClock,
    wire: Option<Wire>,
}

impl Poster {
    async fn run(mut self, waiting: Arc<Mutex<mpsc::Receiver<Taken>>>) {
        loop {
            let next = waiting.lock().await.recv().await;
            let Some(taken) = next else { return };
            for state in STATES.iter().take(self.statuses) {
                let report = self.post(&meta::status(&taken, state, self.clock.now().micros() / 1_000_000)).await;
                if self.log.send(report.line()).await.is_err() {
                    return;
                }
            }
        }
    }

    /// Posts until it is acknowledged, as a provider does.
    async fn post(&mut self, body: &str) -> Report {
        let request = meta::request(body);
        for tries in 0..TRIES {
            match self.once(&request).await {
                Ok(answer) if answer.word == "200" => return Report::Status { repeats: u64::from(tries) },
                Ok(_) => tokio::time::sleep(PAUSE).await,
                Err(_) => {
                    self.wire = None;
                    tokio::time::sleep(PAUSE).await;
                }
            }
        }
        Report::StatusRefused
    }

    async fn once(&mut self, request: &[u8]) -> std::io::Result<Message> {
        let mut wire = match self.wire.take() {
            Some(wire) => wire,
            None => Wire::connect(self.server).await?,
        };
        let answer = wire.ask(request).await?;
        self.wire = Some(wire);
        Ok(answer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::judge::Received;
    use crate::domain::language::Language;

    fn call(path: &str, token: &str, body: &str) -> Result<(String, Call), String> {
        let head = format!("POST {path} HTTP/1.1\r\nauthorization: Bearer {token}\r\n\r\n").into_bytes();
        read_call(&Message { word: path.to_owned(), head, body: body.as_bytes().to_vec() })
    }

    #[test]
    fn every_line_of_the_log_is_read_back() {
        let reply = Received { customer: Some(7), language: Some(Language::Pt), reference: "0190-a".into(), at: 1_760_000_000_000_001 };
        let stranger = Received { customer: None, language: None, ..reply.clone() };
        for report in [
            Report::Reply(reply),
            Report::Reply(stranger),
            Report::Status { repeats: 3 },
            Report::StatusRefused,
            Report::Complaint("no such path".into()),
        ] {
            assert_eq!(Report::read(&report.line()), Some(report));
        }
        for line in ["", "r", "r x", "r 1 2 es", "s", "q 1"] {
            assert_eq!(Report::read(line), None, "{line}");
        }
    }

    #[test]
    fn only_calls_that_the_graph_api_would_take_are_taken() {
        let body =
            r#"{"messaging_product":"whatsapp","to":"+15550000001","biz_opaque_callback_data":"0190-a","type":"text","text":{"body":"x"}}"#;
        let (number, taken) = call("/v25.0/109/messages", ACCESS_TOKEN, body).unwrap();
        assert_eq!((number.as_str(), taken.to.as_str()), ("109", "+15550000001"));
        let receipt = r#"{"status":"read","message_id":"wamid.1"}"#;
        assert!(call("/v25.0/109/messages", ACCESS_TOKEN, receipt).unwrap().1.status.is_some());
        for (path, token, body) in [
            ("/v24.0/109/messages", ACCESS_TOKEN, body),
            ("/v25.0/109/../messages", ACCESS_TOKEN, body),
            ("/v25.0/109/messages", "other", body),
            ("/v25.0/109/messages", ACCESS_TOKEN, "{"),
            ("/v25.0/109/messages", ACCESS_TOKEN, r#"{"to":"+15550000001","text":{"body":"x"}}"#),
        ] {
            assert!(call(path, token, body).is_err(), "{path} {body}");
        }
    }
}
