//! The figures that one server and one inbox give.

use crate::adapter::Adapter;
use crate::load::{Limit, Sender};
use crate::server::{Answers, Server, Site};
use crate::table::Better::{Less, More};
use crate::table::{Figure, progress};
use anyhow::Context;
use std::time::Duration;
use tokio::time::Instant;

/// Customers who write at the same time.
const CUSTOMERS: u64 = 256;
const WARM: Limit = Limit::Span(Duration::from_secs(3));
const RUN: Limit = Limit::Span(Duration::from_secs(10));

/// What all figures share.
#[derive(Default)]
pub struct Setup {
    /// PostgreSQL; `None`: SQLite in the run's folder.
    pub database: Option<String>,
    /// Messages per second through the whole pipeline, once it is known.
    pub capacity: Option<f64>,
}

impl Setup {
    /// The whole pipeline's rate; measured now if nobody has.
    pub async fn capacity(&mut self) -> anyhow::Result<f64> {
        if self.capacity.is_none() {
            pipeline(self).await?;
        }
        self.capacity.context("no capacity")
    }
}

/// Durable acknowledgements: posted, verified, committed with fsync, answered. What follows (recording) runs beside it.
pub async fn acks(setup: &Setup) -> anyhow::Result<Vec<Figure>> {
    let site = Site::new("acks", setup.database.clone())?;
    let adapter = Adapter::start().await?;
    let inbox = site.tenant("acks", adapter.port, Answers::Nobody)?;
    let server = site.serve(&[]).await?;
    let sender = Sender { port: site.port, inbox, prefix: "ack" };
    sender.acks(128, 2_000, WARM).await?;
    let before = server.cpu()?;
    let mut outcome = sender.acks(128, 2_000, RUN).await?;
    let cpu = server.cpu()?.saturating_sub(before);
    progress(&format!("{} acknowledged, {} refused", outcome.done, outcome.refused))?;
    Ok(vec![
        Figure::new("durable acknowledgements", outcome.rate(), "/s", More, 8_000.0),
        Figure::plain("  CPU per acknowledgement with its record step", cpu.as_secs_f64() * 1e6 / outcome.done as f64, "us"),
        Figure::plain("  time to acknowledge p50, 128 connections", outcome.percentile(0.5), "ms"),
        Figure::plain("  time to acknowledge p99, 128 connections", outcome.percentile(0.99), "ms"),
    ])
}

/// Starts a server whose assistant answers, with one warm inbox.
async fn answering(site: &Site, adapter: &Adapter) -> anyhow::Result<(Server, Sender)> {
    let inbox = site.tenant("pipeline", adapter.port, Answers::Assistant)?;
    let server = site.serve(&[]).await?;
    let sender = Sender { port: site.port, inbox, prefix: "talk" };
    sender.talk(adapter, 0, CUSTOMERS, WARM).await?;
    Ok((server, sender))
}

/// Customer message to reply at the adapter, offline assistant, no gathering.
pub async fn pipeline(setup: &mut Setup) -> anyhow::Result<Vec<Figure>> {
    let site = Site::new("pipeline", setup.database.clone())?;
    let adapter = Adapter::start().await?;
    let (server, sender) = answering(&site, &adapter).await?;
    let before = server.cpu()?;
    let mut outcome = sender.talk(&adapter, 0, CUSTOMERS, RUN).await?;
    let cpu = server.cpu()?.saturating_sub(before);
    setup.capacity = Some(outcome.rate());
    Ok(vec![
        Figure::new("whole pipeline", outcome.rate(), "/s", More, 2_000.0),
        Figure::new("  CPU per message (server process)", cpu.as_secs_f64() * 1e6 / outcome.done as f64, "us", Less, 500.0),
        Figure::plain("  POST to channel send at full load p50", outcome.percentile(0.5), "ms"),
        Figure::plain("  POST to channel send at full load p99", outcome.percentile(0.99), "ms"),
    ])
}

/// Added latency at half of the capacity.
pub async fn latency(setup: &mut Setup) -> anyhow::Result<Vec<Figure>> {
    let rate = setup.capacity().await? / 2.0;
    let site = Site::new("latency", setup.database.clone())?;
    let adapter = Adapter::start().await?;
    let (_server, sender) = answering(&site, &adapter).await?;
    sender.paced(&adapter, rate, 4_000, Duration::from_secs(6)).await?;
    let mut outcome = sender.paced(&adapter, rate, 4_000, Duration::from_secs(12)).await?;
    progress(&format!("{rate:.0}/s: {} answered, {} refused", outcome.done, outcome.refused))?;
    Ok(vec![
        Figure::new("added latency POST to channel send at half load p50", outcome.percentile(0.5), "ms", Less, 10.0),
        Figure::new("added latency POST to channel send at half load p99", outcome.percentile(0.99), "ms", Less, 50.0),
    ])
}

/// What an idle conversation costs: two servers do the same, one may hold many conversations, the other a few. Always on SQLite, because
/// each needs an empty database.
pub async fn memory() -> anyhow::Result<Vec<Figure>> {
    const COUNT: u64 = 20_000;
    const FEW: u64 = 200;
    let mut resident = Vec::new();
    let mut idle = 0;
    for (most, name) in [("200", "few"), ("1000000", "many")] {
        let site = Site::new(name, None)?;
        let adapter = Adapter::start().await?;
        let inbox = site.tenant("memory", adapter.port, Answers::Assistant)?;
        let settings = [("RECADO_ENGINE_MAX_LIVE_CONVERSATIONS", most), ("RECADO_ENGINE_PASSIVATE_AFTER_MS", "3600000")];
        let server = site.serve(&settings).await?;
        tokio::time::sleep(Duration::from_secs(2)).await;
        idle = server.rss()?;
        let sender = Sender { port: site.port, inbox, prefix: "idle" };
        sender.paced(&adapter, 600.0, COUNT, Duration::from_secs_f64(COUNT as f64 / 600.0)).await?;
        tokio::time::sleep(Duration::from_secs(2)).await;
        resident.push(server.rss()?);
    }
    let grown = resident.iter().copied().reduce(|few, many| many.saturating_sub(few)).unwrap_or_default();
    Ok(vec![
        Figure::plain("idle server, resident", idle as f64 / 1e6, "MB"),
        Figure::new("idle conversation in memory", grown as f64 / (COUNT - FEW) as f64 / 1e3, "kB", Less, 4.0),
    ])
}

/// From the start of a new process after kill -9 to the first reply, with 10,000 messages owed.
pub async fn restart(setup: &Setup) -> anyhow::Result<Vec<Figure>> {
    const OPEN: u64 = 10_000;
    let site = Site::new("restart", setup.database.clone())?;
    let adapter = Adapter::start().await?;
    let inbox = site.tenant("restart", adapter.port, Answers::AsSet)?;
    // Waits for the rest of a burst that never comes: everything stays owed.
    let server = site.serve(&[("RECADO_ENGINE_GATHERING_MS", "60000")]).await?;
    let sender = Sender { port: site.port, inbox, prefix: "open" };
    let outcome = sender.acks(64, OPEN, Limit::Count(OPEN)).await?;
    progress(&format!("{} open, {} answered before the kill", outcome.done, adapter.received()))?;
    drop(server);
    let before = adapter.received();
    let began = Instant::now();
    let _server = site.serve(&[("RECADO_ENGINE_GATHERING_MS", "0")]).await?;
    let ready = began.elapsed();
    let first = until(&adapter, before + 1, began).await?;
    let all = until(&adapter, before + outcome.done, began).await?;
    Ok(vec![
        Figure::plain("restart: port open", ready.as_secs_f64(), "s"),
        Figure::new("restart after kill -9 with 10 k open rows, first reply", first.as_secs_f64(), "s", Less, 2.0),
        Figure::plain("  until all 10 k are answered", all.as_secs_f64(), "s"),
    ])
}

async fn until(adapter: &Adapter, count: u64, began: Instant) -> anyhow::Result<Duration> {
    while adapter.received() < count {
        anyhow::ensure!(began.elapsed() < Duration::from_secs(120), "only {} of {count} replies came", adapter.received());
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    Ok(began.elapsed())
}
