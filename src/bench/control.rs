//! The line between the benchmark and its helpers: a helper says where it listens, then what it sees, and ends when the line does. So no
//! helper outlives the benchmark, however that ends.

use crate::bench::error::{BenchError, io};
use crate::bench::process::Running;
use std::process::Command;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;

/// How long a helper may take to come up.
const START: Duration = Duration::from_secs(20);

/// Lines that wait to be written; then whoever has one waits.
const WAITING: usize = 65_536;

/// A helper as the benchmark sees it.
#[derive(Debug)]
pub struct Helper {
    /// Where it listens on the loopback.
    pub port: u16,
    /// The process.
    pub process: Running,
    /// What it reports. The helper ends when this is dropped.
    pub reports: Reports,
}

/// What a helper reports.
#[derive(Debug)]
pub struct Reports {
    lines: Lines<BufReader<OwnedReadHalf>>,
    _open: OwnedWriteHalf,
}

impl Reports {
    /// The next line; `None` when the helper has ended.
    pub async fn next(&mut self) -> Option<String> {
        self.lines.next_line().await.ok().flatten()
    }
}

impl Helper {
    /// Starts a helper: `command` gets the control port as its last argument.
    ///
    /// # Errors
    /// If it does not come up in time.
    pub async fn start(what: &'static str, mut command: Command) -> Result<Self, BenchError> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.map_err(io("listen"))?;
        let control = listener.local_addr().map_err(io("listen"))?.port();
        let process = Running::start(command.args(["--control", &control.to_string()]))?;
        let met = tokio::time::timeout(START, meet(&listener)).await.ok().and_then(Result::ok).flatten();
        let (port, reports) = met.ok_or_else(|| BenchError::NotReady { what, complaint: "it said nothing".to_owned() })?;
        Ok(Self { port, process, reports })
    }
}

async fn meet(listener: &TcpListener) -> std::io::Result<Option<(u16, Reports)>> {
    let (stream, _) = listener.accept().await?;
    stream.set_nodelay(true)?;
    let (read, write) = stream.into_split();
    let mut reports = Reports { lines: BufReader::with_capacity(64 * 1024, read).lines(), _open: write };
    let port = reports.next().await.and_then(|line| line.parse().ok());
    Ok(port.map(|port| (port, reports)))
}

/// The line as a helper sees it.
#[derive(Debug)]
pub struct Line {
    lines: mpsc::Sender<String>,
    read: OwnedReadHalf,
}

impl Line {
    /// Tells the benchmark at `control` that this helper listens on `port`.
    ///
    /// # Errors
    /// If there is no benchmark.
    pub async fn open(control: u16, port: u16) -> Result<Self, BenchError> {
        let mut stream = TcpStream::connect(("127.0.0.1", control)).await.map_err(io("reach the benchmark"))?;
        stream.set_nodelay(true).map_err(io("reach the benchmark"))?;
        stream.write_all(format!("{port}\n").as_bytes()).await.map_err(io("reach the benchmark"))?;
        let (read, write) = stream.into_split();
        let (lines, waiting) = mpsc::channel(WAITING);
        tokio::spawn(write_all(write, waiting));
        Ok(Self { lines, read })
    }

    /// Returns where reports go: whole lines without their end.
    #[must_use]
    pub fn reports(&self) -> mpsc::Sender<String> {
        self.lines.clone()
    }

    /// Ends when the benchmark has.
    pub async fn ended(mut self) {
        let mut byte = [0];
        // Nothing is ever said in this direction; an end or an error both mean that nobody is there.
        while self.read.read(&mut byte).await.is_ok_and(|count| count > 0) {}
    }
}

/// Writes what waits in one go.
async fn write_all(mut write: OwnedWriteHalf, mut waiting: mpsc::Receiver<String>) {
    let mut together = Vec::new();
    while waiting.recv_many(&mut together, 1024).await > 0 {
        let mut text = together.join("\n");
        text.push('\n');
        together.clear();
        if write.write_all(text.as_bytes()).await.is_err() {
            return;
        }
    }
}
