//! A small fake calendar behind real HTTP, for tests whose product dies: it keeps its events, checks names, and can answer slowly, drop a
//! connection after having done what it was asked, be silent about busy times, or be down. It never calls out.

use crate::ports::calendar::{CalendarError, Calendars, FreeBusy};
use crate::testing::calendar::FlakyCalendar;
use crate::testing::calendar_client::CalendarCall;
use serde::Serialize;
use std::io;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinHandle, JoinSet};

/// Longest request.
const LONGEST: usize = 64 * 1024;

/// How it behaves.
#[derive(Default)]
struct Manner {
    /// Drops every so-manieth writing call after it was done; 0: none.
    drop_every: AtomicU64,
    writes: AtomicU64,
    /// Does not say, every so-manieth time, what is busy; 0: always says.
    silent_every: AtomicU64,
    reads: AtomicU64,
    silences: AtomicU64,
    delay_ms: AtomicU64,
    down: AtomicBool,
    calls: Mutex<Vec<CalendarCall>>,
}

/// The server; stops when dropped, with every open connection.
pub struct CalendarServer {
    /// What it keeps.
    pub calendar: Arc<FlakyCalendar>,
    address: SocketAddr,
    manner: Arc<Manner>,
    task: JoinHandle<()>,
}

impl Drop for CalendarServer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Manner {
    /// Counts a question for busy times, and tells whether it is left unanswered.
    fn is_silent(&self) -> bool {
        let every = self.silent_every.load(Ordering::Relaxed);
        let silent = every > 0 && self.reads.fetch_add(1, Ordering::Relaxed) % every == every - 1;
        self.silences.fetch_add(u64::from(silent), Ordering::Relaxed);
        silent
    }
}

impl CalendarServer {
    /// Starts a server on the loopback.
    ///
    /// # Errors
    /// No port can be had.
    pub async fn start() -> io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let address = listener.local_addr()?;
        let (calendar, manner) = (Arc::new(FlakyCalendar::default()), Arc::new(Manner::default()));
        let (events, how) = (Arc::clone(&calendar), Arc::clone(&manner));
        let task = tokio::spawn(async move {
            let mut open = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                while open.try_join_next().is_some() {}
                let (events, how) = (Arc::clone(&events), Arc::clone(&how));
                // A connection that breaks is what the tests want.
                open.spawn(async move { drop(serve(stream, &events, &how).await) });
            }
        });
        Ok(Self { calendar, address, manner, task })
    }

    /// Returns where it listens.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}/", self.address)
    }

    /// Drops the connection of every so-manieth writing call after it was done.
    pub fn drop_every(&self, nth: u64) {
        self.manner.drop_every.store(nth, Ordering::Relaxed);
    }

    /// Leaves every so-manieth question for busy times without an answer to it.
    pub fn silent_every(&self, nth: u64) {
        self.manner.silent_every.store(nth, Ordering::Relaxed);
    }

    /// Returns how many questions for busy times it left unanswered.
    #[must_use]
    pub fn silences(&self) -> u64 {
        self.manner.silences.load(Ordering::Relaxed)
    }

    /// Answers after so long.
    pub fn delay(&self, delay: Duration) {
        self.manner.delay_ms.store(u64::try_from(delay.as_millis()).unwrap_or(u64::MAX), Ordering::Relaxed);
    }

    /// Drops every connection before anything is done, or answers again.
    pub fn down(&self, down: bool) {
        self.manner.down.store(down, Ordering::Relaxed);
    }

    /// Returns the calls that it has read.
    #[must_use]
    pub fn calls(&self) -> Vec<CalendarCall> {
        self.manner.calls.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

async fn serve(mut stream: TcpStream, calendar: &FlakyCalendar, manner: &Manner) -> io::Result<()> {
    while let Some(body) = read(&mut stream).await? {
        if manner.down.load(Ordering::Relaxed) {
            return Ok(());
        }
        let call: CalendarCall = serde_json::from_slice(&body).map_err(io::Error::other)?;
        manner.calls.lock().unwrap_or_else(PoisonError::into_inner).push(call.clone());
        tokio::time::sleep(Duration::from_millis(manner.delay_ms.load(Ordering::Relaxed))).await;
        let writes = call.writes();
        let silent = matches!(call, CalendarCall::FreeBusy { .. }) && manner.is_silent();
        let answer = if silent { told(&Ok(FreeBusy::Unknown))? } else { answer(calendar, call).await? };
        let every = manner.drop_every.load(Ordering::Relaxed);
        if writes && every > 0 && manner.writes.fetch_add(1, Ordering::Relaxed) % every == every - 1 {
            return Ok(());
        }
        let head = format!("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n", answer.len());
        stream.write_all(head.as_bytes()).await?;
        stream.write_all(&answer).await?;
    }
    Ok(())
}

/// Reads one request; `None`: the other side has ended.
async fn read(stream: &mut TcpStream) -> io::Result<Option<Vec<u8>>> {
    let mut all = Vec::new();
    loop {
        if let Some(end) = all.windows(4).position(|four| four == b"\r\n\r\n") {
            let (head, rest) = all.split_at(end + 4);
            let head = String::from_utf8_lossy(head).to_ascii_lowercase();
            let length = head.lines().find_map(|line| line.strip_prefix("content-length:")?.trim().parse::<usize>().ok()).unwrap_or(0);
            if rest.len() >= length {
                return Ok(Some(rest.to_vec()));
            }
        }
        let mut some = [0_u8; 4096];
        let count = stream.read(&mut some).await?;
        if count == 0 || all.len() > LONGEST {
            return Ok(None);
        }
        all.extend(some.iter().take(count));
    }
}

async fn answer(calendar: &FlakyCalendar, call: CalendarCall) -> io::Result<Vec<u8>> {
    match call {
        CalendarCall::FreeBusy { owner, span } => told(&Ok(calendar.free_busy(owner, span).await)),
        CalendarCall::Create { owner, event } => told(&calendar.create(owner, &event).await),
        CalendarCall::Change { owner, event, version } => told(&calendar.change(owner, &event, version.as_deref()).await),
        CalendarCall::Cancel { owner, name } => told(&calendar.cancel(owner, &name).await),
        CalendarCall::Look { owner, name } => told(&calendar.look(owner, &name).await),
        CalendarCall::ChangesSince { owner, cursor } => told(&calendar.changes_since(owner, cursor.as_deref()).await),
        CalendarCall::ListOurs { owner, span } => told(&calendar.list_ours(owner, span).await),
    }
}

fn told<T: Serialize>(answer: &Result<T, CalendarError>) -> io::Result<Vec<u8>> {
    serde_json::to_vec(answer).map_err(io::Error::other)
}
