//! `recado bench`, and the hidden commands of its helpers.

use crate::bench::{self, Assistant, BareOptions, BenchOptions, ChannelOptions, ModelOptions};
use crate::cli::print_json;
use crate::crypto::ids::SystemIds;
use crate::domain::time::Timestamp;
use crate::net::clock::SystemClock;
use crate::store::Store;
use crate::store::connect::{StoreOptions, connect_for_migration};
use crate::store::fill::{self, Plan};
use crate::telemetry::complain;
use anyhow::{Context, bail};
use clap::ValueEnum;
use std::io::Write;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// Who answers.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum Model {
    /// The offline assistant.
    Offline,
    /// A fake model over HTTP.
    Fake,
}

/// What to measure.
#[derive(Debug, clap::Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct Args {
    /// What else to do.
    #[command(subcommand)]
    pub other: Option<Other>,
    /// An empty PostgreSQL database, which is emptied again; without it SQLite in a folder that is removed again.
    #[arg(long, value_name = "URL")]
    pub database: Option<String>,
    /// Who answers.
    #[arg(long, value_enum, default_value_t = Model::Offline)]
    pub model: Model,
    /// How long the fake model takes for an answer, in milliseconds.
    #[arg(long, default_value_t = 0, value_parser = clap::value_parser!(u64).range(..=30_000))]
    pub model_ms: u64,
    /// Open loop: messages per second, whatever comes back.
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub rate: Option<u32>,
    /// Closed loop: so many customers, each writing again when answered. Without this and --rate: 64, then half of their rate as an open loop.
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub customers: Option<u32>,
    /// How long each loop sends.
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..=3_600))]
    pub seconds: u64,
    /// The business's numbers: each may send 80 messages a second.
    #[arg(long, default_value_t = 32, value_parser = clap::value_parser!(u32).range(1..=256))]
    pub numbers: u32,
    /// Statuses that the channel posts back for each reply.
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u8).range(..=3))]
    pub statuses: u8,
    /// Load a bare receive-call-send program in the same way and print the ratios.
    #[arg(long)]
    pub compare: bool,
    /// Where the installation is made: on the disk that is to be measured.
    #[arg(long, value_name = "DIR")]
    pub folder: Option<PathBuf>,
    /// Seconds without any movement after which what is open counts as lost.
    #[arg(long, default_value_t = 30, value_parser = clap::value_parser!(u64).range(1..=600))]
    pub patience: u64,
    /// Print the report as JSON.
    #[arg(long)]
    pub json: bool,
}

/// What belongs to measuring.
#[derive(Debug, clap::Subcommand)]
pub enum Other {
    /// Fill an empty database with made-up tenants, contacts, conversations and messages of two years, always the same ones.
    Fill(FillArgs),
}

/// How much, and where.
#[derive(Debug, clap::Args)]
pub struct FillArgs {
    /// Conversations of all tenants together; each has three messages.
    #[arg(long, default_value_t = 1_000_000, value_parser = clap::value_parser!(u32).range(1..=20_000_000))]
    pub conversations: u32,
    /// An empty database: `sqlite:///path?mode=rwc` or `postgres://…`.
    #[arg(long, value_name = "URL")]
    pub database: String,
    /// Chooses names, words and states.
    #[arg(long, default_value_t = 7)]
    pub seed: u64,
}

/// A helper of the benchmark. Not for people.
#[derive(Debug, clap::Subcommand)]
pub enum Helper {
    /// The fake model.
    #[command(name = "bench-model", hide = true)]
    Model {
        /// Where the benchmark listens.
        #[arg(long)]
        control: u16,
        /// How long an answer takes.
        #[arg(long)]
        latency_ms: u64,
    },
    /// The fake channel.
    #[command(name = "bench-channel", hide = true)]
    Channel {
        /// Where the benchmark listens.
        #[arg(long)]
        control: u16,
        /// The server's port.
        #[arg(long)]
        server: u16,
        /// Statuses for each reply.
        #[arg(long)]
        statuses: usize,
    },
    /// The bare program.
    #[command(name = "bench-bare", hide = true)]
    Bare {
        /// Where the benchmark listens.
        #[arg(long)]
        control: u16,
        /// Where to listen.
        #[arg(long)]
        listen: u16,
        /// The model's port.
        #[arg(long)]
        model: u16,
        /// The channel's port.
        #[arg(long)]
        channel: u16,
    },
}

pub(super) async fn run(args: Args, out: &mut dyn Write) -> anyhow::Result<()> {
    if let Some(Other::Fill(args)) = args.other {
        return fill(args, out).await;
    }
    let json = args.json;
    let report = bench::bench(&options(args), &|what| complain(&format!("… {what}"))).await?;
    if json {
        print_json(out, &serde_json::to_value(&report)?)?;
    } else {
        write!(out, "{}", report.text())?;
    }
    out.flush()?;
    match report.contenders.first() {
        Some(product) if !report.sound => bail!("the product did not keep its promises: {}", product.faults()),
        Some(_) | None => Ok(()),
    }
}

async fn fill(args: FillArgs, out: &mut dyn Write) -> anyhow::Result<()> {
    let db = connect_for_migration(&args.database).await?;
    migration::up(&db).await.context("could not migrate the database")?;
    db.close().await?;
    let options = StoreOptions::new(args.database);
    let store = Store::open(&options, Arc::new(SystemClock::new()), Arc::new(SystemIds::new())).await?;
    // Always the same instant, so that everything else is the same too.
    let plan = Plan { conversations: args.conversations, seed: args.seed, until: Timestamp::from_secs(1_790_000_000) };
    let progress = |done: u32| {
        if done.is_multiple_of(100_000) {
            complain(&format!("… {done} conversations"));
        }
    };
    let filled = fill::fill(&store, &plan, &progress).await?;
    writeln!(out, "large tenant {} with {} conversations, {} small ones", filled.large.id, filled.large.conversations, filled.small.len())?;
    Ok(())
}

fn options(args: Args) -> BenchOptions {
    BenchOptions {
        database: args.database,
        assistant: match args.model {
            Model::Offline => Assistant::Offline,
            Model::Fake => Assistant::Fake,
        },
        model_latency: Duration::from_millis(args.model_ms),
        customers: args.customers,
        rate: args.rate.map(f64::from),
        span: Duration::from_secs(args.seconds),
        numbers: args.numbers,
        statuses: usize::from(args.statuses),
        compare: args.compare,
        folder: args.folder,
        patience: Duration::from_secs(args.patience),
    }
}

pub(super) async fn help(helper: Helper) -> anyhow::Result<()> {
    let outcome = match helper {
        Helper::Model { control, latency_ms } => bench::model(ModelOptions { control, latency: Duration::from_millis(latency_ms) }).await,
        Helper::Channel { control, server, statuses } => bench::channel(ChannelOptions { control, server, statuses }).await,
        Helper::Bare { control, listen, model, channel } => bench::bare(BareOptions { control, listen, model, channel }).await,
    };
    Ok(outcome?)
}
