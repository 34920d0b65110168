//! A thousand people who watch: what their open streams cost the server, and how soon one event has reached all of them.

use crate::figures::Setup;
use crate::load::Sender;
use crate::server::{Answers, Server, Site};
use crate::table::Better::Less;
use crate::table::{Figure, progress};
use anyhow::{Context, bail, ensure};
use recado::bench::{Wire, find, percentile};
use serde_json::Value;
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::mpsc::{self, UnboundedReceiver, UnboundedSender};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, timeout};

/// Streams that are open.
const STREAMS: usize = 1_000;
/// Streams of one API key: it may have 32.
const PER_KEY: usize = 25;
/// Events measured, one after the other.
const EVENTS: usize = 100;
/// Longest wait until an event has reached everybody.
const PATIENCE: Duration = Duration::from_secs(20);
/// Time for the server to come to rest before its memory is read.
const REST: Duration = Duration::from_secs(2);
/// What marks the event in its text; a number and a full stop follow.
const MARK: &str = "bench-event-";

/// Who heard which event.
type Arrived = (usize, Instant);

/// Opens [`STREAMS`] from this process and writes private notes, which have a message to show and leave by no channel.
pub async fn streams(setup: &Setup) -> anyhow::Result<Vec<Figure>> {
    let site = Site::new("streams", setup.database.clone())?;
    let inbox = site.tenant("streams", 9_999, Answers::Nobody)?;
    let keys = (0..STREAMS / PER_KEY).map(|_| site.api_key("streams")).collect::<anyhow::Result<Vec<String>>>()?;
    let server = site.serve(&[]).await?;
    let mut desk = Desk::open(&site, Sender { port: site.port, inbox, prefix: "watched" }, keys.first().context("no key")?).await?;
    // The code and the caches that any stream needs are there before the memory is read.
    let (heard, mut arrived) = mpsc::unbounded_channel();
    let mut watching = watch(site.port, &keys, 0..PER_KEY, &heard).await?;
    for number in 0..20 {
        desk.tell(number, PER_KEY, &mut arrived).await?;
    }
    let before = rested(&server).await?;
    let rest = watch(site.port, &keys, PER_KEY..STREAMS, &heard).await?;
    let opened = rested(&server).await?;
    watching.extend(rest);
    let cpu = server.cpu()?;
    let mut spent = Spent::default();
    for number in 0..EVENTS {
        spent.note(desk.tell(1_000 + number, STREAMS, &mut arrived).await?);
    }
    let cpu = server.cpu()?.saturating_sub(cpu);
    let after = rested(&server).await?;
    ensure!(watching.iter().all(|task| !task.is_finished()), "a stream has ended");
    watching.iter().for_each(tokio::task::JoinHandle::abort);
    Ok(figures(&mut spent, cpu, [before, opened, after]))
}

fn figures(spent: &mut Spent, cpu: Duration, [before, opened, after]: [u64; 3]) -> Vec<Figure> {
    let grown = |to: u64| to.saturating_sub(before) as f64 / 1e6;
    let streams = (STREAMS - PER_KEY) as f64;
    vec![
        Figure::new("memory of 1,000 open streams, after 100 events", grown(after) * STREAMS as f64 / streams, "MB", Less, 200.0),
        Figure::plain("  of each, before any event", grown(opened) * 1e3 / streams, "KB"),
        Figure::plain("  the server with 25 streams", before as f64 / 1e6, "MB"),
        Figure::new("request to the last of 1,000 streams, p95", millis(&mut spent.all, 0.95), "ms", Less, 100.0),
        Figure::plain("  p50", millis(&mut spent.all, 0.5), "ms"),
        Figure::plain("  worst", millis(&mut spent.all, 1.0), "ms"),
        Figure::plain("  request to the first stream p50 (the commit is in it)", millis(&mut spent.first, 0.5), "ms"),
        Figure::plain("  first stream to last p50", millis(&mut spent.spread, 0.5), "ms"),
        Figure::plain("  CPU per event and stream", cpu.as_secs_f64() * 1e6 / (EVENTS * STREAMS) as f64, "us"),
    ]
}

fn millis(spent: &mut [Duration], share: f64) -> f64 {
    spent.sort_unstable();
    percentile(spent, share).map_or(f64::NAN, |time| time.as_secs_f64() * 1_000.0)
}

async fn rested(server: &Server) -> anyhow::Result<u64> {
    sleep(REST).await;
    server.rss()
}

/// How long each event took.
#[derive(Default)]
struct Spent {
    all: Vec<Duration>,
    first: Vec<Duration>,
    spread: Vec<Duration>,
}

impl Spent {
    fn note(&mut self, (first, last): (Duration, Duration)) {
        self.all.push(last);
        self.first.push(first);
        self.spread.push(last.saturating_sub(first));
    }
}

/// Somebody who writes notes.
struct Desk {
    wire: Wire,
    key: String,
    conversation: String,
}

impl Desk {
    /// Lets a customer write, so that there is a conversation.
    async fn open(site: &Site, sender: Sender, key: &str) -> anyhow::Result<Self> {
        let mut wire = Wire::connect(site.port).await?;
        ensure!(sender.post(&mut wire, &sender.name(0)).await?, "the first message was refused");
        let request = format!("GET /api/v1/conversations HTTP/1.1\r\nhost: bench\r\nauthorization: Bearer {key}\r\n\r\n");
        let list: Value = serde_json::from_slice(&wire.ask(request.as_bytes()).await?.body)?;
        let id = list.pointer("/data/0/id").and_then(Value::as_str).context("no conversation")?;
        Ok(Self { wire, key: key.to_owned(), conversation: id.to_owned() })
    }

    /// Writes a note and waits until `count` streams have shown it; returns how long the first and the last took, from before the request.
    async fn tell(
        &mut self,
        number: usize,
        count: usize,
        arrived: &mut UnboundedReceiver<Arrived>,
    ) -> anyhow::Result<(Duration, Duration)> {
        let body = format!("{{\"text\":\"{MARK}{number}.\",\"private\":true}}");
        let request = format!(
            "POST /api/v1/conversations/{}/messages HTTP/1.1\r\nhost: bench\r\nauthorization: Bearer {}\r\n\
             content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
            self.conversation,
            self.key,
            body.len()
        );
        let began = Instant::now();
        let answer = self.wire.ask(request.as_bytes()).await?;
        ensure!(answer.word.starts_with('2'), "a note was refused: {}", String::from_utf8_lossy(&answer.body));
        let (mut first, mut last) = (Duration::MAX, Duration::ZERO);
        for heard in 0..count {
            let next = timeout(PATIENCE, arrived.recv()).await;
            let (event, at) = next.with_context(|| format!("event {number} reached {heard} of {count}"))?.context("no stream is left")?;
            ensure!(event == number, "event {event} came while {number} was awaited");
            let took = at.saturating_duration_since(began);
            (first, last) = (first.min(took), last.max(took));
        }
        Ok((first, last))
    }
}

/// Opens streams, [`PER_KEY`] of each key, and waits until all are heard.
async fn watch(
    port: u16,
    keys: &[String],
    numbers: Range<usize>,
    heard: &UnboundedSender<Arrived>,
) -> anyhow::Result<Vec<tokio::task::JoinHandle<()>>> {
    let keys = Arc::new(keys.to_vec());
    let mut opening = JoinSet::new();
    let count = numbers.len();
    for number in numbers {
        let keys = Arc::clone(&keys);
        opening.spawn(async move {
            let key = keys.get(number / PER_KEY).context("no key")?;
            open(port, key).await
        });
    }
    let mut watching = Vec::with_capacity(count);
    while let Some(opened) = opening.join_next().await {
        watching.push(tokio::spawn(listen(opened??, heard.clone())));
    }
    progress(&format!("{count} streams are open"))?;
    Ok(watching)
}

/// Opens a stream and waits for its first sign of life.
async fn open(port: u16, key: &str) -> anyhow::Result<TcpStream> {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).await?;
    let request = format!("GET /api/v1/events HTTP/1.1\r\nhost: bench\r\nauthorization: Bearer {key}\r\n\r\n");
    stream.write_all(request.as_bytes()).await?;
    let mut text = Vec::new();
    while find(&text, b": heartbeat").is_none() {
        ensure!(timeout(PATIENCE, stream.read_buf(&mut text)).await?? > 0, "the stream was closed");
        if find(&text, b" 200 ").is_none() && text.len() > 16 {
            bail!("the stream was refused: {}", String::from_utf8_lossy(&text));
        }
    }
    Ok(stream)
}

/// Listens for marked events until the stream ends.
async fn listen(mut stream: TcpStream, heard: UnboundedSender<Arrived>) {
    let mut text: Vec<u8> = Vec::with_capacity(2_048);
    while matches!(stream.read_buf(&mut text).await, Ok(count) if count > 0) {
        let at = Instant::now();
        while let Some((number, end)) = marked(&text) {
            text.drain(..end);
            if heard.send((number, at)).is_err() {
                return;
            }
        }
        // A mark may be cut in the midst.
        let kept = text.len().saturating_sub(MARK.len() + 8);
        text.drain(..kept);
    }
}

/// Returns the number of the first marked event, and where its mark ends.
fn marked(text: &[u8]) -> Option<(usize, usize)> {
    let begin = find(text, MARK.as_bytes())? + MARK.len();
    let length = text.get(begin..)?.iter().position(|byte| *byte == b'.')?;
    let number = std::str::from_utf8(text.get(begin..begin + length)?).ok()?.parse().ok()?;
    Some((number, begin + length))
}
