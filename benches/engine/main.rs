//! Benchmarks of the whole product: the real server as a child process, a channel adapter in this one, on one machine.
//!
//! `cargo bench --bench engine -- all` (or `acks`, `pipeline`, `latency`, `memory`, `activation`, `restart`, `flood`, `slots`, `booking`,
//! `slowloris`, `streams`), then optionally `--database postgres://…` (an empty database). What the figures mean: `docs/performance.md`.

mod adapter;
mod booking;
mod figures;
mod flood;
mod in_process;
mod load;
mod server;
mod slots;
mod slowloris;
mod streams;
mod table;

use anyhow::{Context, bail};
use figures::Setup;

const ALL: [&str; 11] =
    ["acks", "pipeline", "latency", "memory", "activation", "restart", "flood", "slots", "booking", "slowloris", "streams"];

fn main() -> anyhow::Result<()> {
    let mut wanted = Vec::new();
    let mut setup = Setup::default();
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            // What cargo adds.
            "--bench" => {}
            "--database" => setup.database = Some(arguments.next().context("--database needs a URL")?),
            "--rate" => setup.capacity = Some(arguments.next().context("--rate needs messages per second")?.parse()?),
            "all" => wanted.extend(ALL),
            other => wanted.push(ALL.into_iter().find(|name| *name == other).with_context(|| format!("no figure {other}: {ALL:?}"))?),
        }
    }
    if wanted.is_empty() {
        wanted.extend(ALL);
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    runtime.block_on(run(&wanted, setup))
}

async fn run(wanted: &[&str], mut setup: Setup) -> anyhow::Result<()> {
    let mut figures = Vec::new();
    for name in wanted {
        table::progress(name)?;
        figures.extend(match *name {
            "acks" => figures::acks(&setup).await?,
            "pipeline" => figures::pipeline(&mut setup).await?,
            "latency" => figures::latency(&mut setup).await?,
            "memory" => figures::memory().await?,
            "activation" => in_process::activation(&setup).await?,
            "restart" => figures::restart(&setup).await?,
            "flood" => flood::flood(&mut setup).await?,
            "slots" => slots::slots_of_a_month()?,
            "booking" => booking::booking(&setup).await?,
            "slowloris" => slowloris::slowloris(&setup).await?,
            "streams" => streams::streams(&setup).await?,
            other => bail!("no figure {other}"),
        });
    }
    table::print(&figures)
}
