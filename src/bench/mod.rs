//! `recado bench`: loads the real server, as a child of this process, with signed WhatsApp deliveries, and judges it by what a fake channel
//! received. Knows our binary and its HTTP door, never our tables.
//!
//! Bounded: the loopback only, limited time, and only its own children are ended, however it ends itself.

mod bare;
mod book;
mod channel;
mod control;
mod error;
mod judge;
mod load;
mod meta;
mod model;
mod process;
mod report;
mod run;
mod site;
mod talk;
mod wire;

pub use bare::{BareOptions, bare};
pub use channel::{ChannelOptions, channel};
pub use error::BenchError;
pub use judge::percentile;
pub use model::{ModelOptions, model};
pub use process::{Cost, Running, cost_of};
pub use report::Report;
pub use wire::{Message, Wire, find};

use std::path::PathBuf;
use std::time::Duration;
use tokio::signal::unix::{SignalKind, signal};

/// Who answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Assistant {
    /// The offline assistant, inside the server.
    Offline,
    /// A fake model over HTTP.
    Fake,
}

impl Assistant {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Offline => "offline",
            Self::Fake => "fake",
        }
    }
}

/// What is to be measured.
#[derive(Clone, Debug)]
pub struct BenchOptions {
    /// An empty PostgreSQL database, which is emptied again; SQLite in a folder of its own if `None`.
    pub database: Option<String>,
    /// Who answers.
    pub assistant: Assistant,
    /// What the fake model takes for an answer.
    pub model_latency: Duration,
    /// Customers of the closed loop.
    pub customers: Option<u32>,
    /// Messages per second of the open loop. Without this and customers both loops run, the open one at half of the closed one's rate.
    pub rate: Option<f64>,
    /// How long each loop sends.
    pub span: Duration,
    /// The business's numbers: a channel takes at most 80 messages a second from each.
    pub numbers: u32,
    /// Statuses that are posted back for each reply, at most three.
    pub statuses: usize,
    /// Whether the bare program is loaded too.
    pub compare: bool,
    /// Where the installation is made; the system's place for temporary files if `None`.
    pub folder: Option<PathBuf>,
    /// How long we wait when nothing moves any more, before what is open counts as lost.
    pub patience: Duration,
}

impl BenchOptions {
    /// What is taken off each latency for the model.
    const fn taken_off(&self, asks_model: bool) -> Duration {
        if asks_model { self.model_latency } else { Duration::ZERO }
    }
}

/// Runs a benchmark. Ctrl-C and SIGTERM end it and its children. `progress` hears what is done now.
///
/// # Errors
/// [`BenchError`]; a report of bad results is none.
pub async fn bench(options: &BenchOptions, progress: &dyn Fn(&str)) -> Result<Report, BenchError> {
    let mut terminate = signal(SignalKind::terminate()).map_err(error::io("hear signals"))?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(error::io("hear signals"))?;
    tokio::select! {
        report = Box::pin(run::run(options, progress)) => report,
        _ = terminate.recv() => Err(BenchError::Interrupted),
        _ = interrupt.recv() => Err(BenchError::Interrupted),
    }
}
