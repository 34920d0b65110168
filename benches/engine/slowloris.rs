//! Slow clients: sockets that drip their heads and bodies, and what a normal client feels of them.

use crate::figures::Setup;
use crate::server::Site;
use crate::table::Better::Less;
use crate::table::{Figure, progress};
use anyhow::ensure;
use recado::bench::{Wire, percentile};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};

/// Sockets that drip; one that was cut comes back at once.
const DRIPPING: usize = 500;
/// A normal client asks this often over one connection.
const PAUSE: Duration = Duration::from_millis(5);
const SPAN: Duration = Duration::from_secs(15);
const REQUEST: &[u8] = b"GET /readyz HTTP/1.1\r\nhost: bench\r\n\r\n";
const HEAD: &[u8] = b"GET /readyz HTTP/1.1\r\nhost: bench\r\nx-slow: ";
const BODY: &[u8] = b"POST /webhooks/whatsapp HTTP/1.1\r\nhost: bench\r\nx-hub-signature-256: sha256=\
    0000000000000000000000000000000000000000000000000000000000000000\r\ncontent-length: 100000\r\n\r\n";

/// The p99 of a normal client with and without the dripping sockets, at the time-outs that are the default.
pub async fn slowloris(setup: &Setup) -> anyhow::Result<Vec<Figure>> {
    let site = Site::new("slowloris", setup.database.clone())?;
    let _server = site.serve(&[("RECADO_META_APP_SECRET", "bench")]).await?;
    normal(site.port, Duration::from_secs(2)).await?;
    let alone = normal(site.port, SPAN).await?;
    let (over, cuts) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
    let mut slow = JoinSet::new();
    for number in 0..DRIPPING {
        let beginning = if number % 2 == 0 { HEAD } else { BODY };
        slow.spawn(drip(site.port, beginning, Arc::clone(&over), Arc::clone(&cuts)));
    }
    sleep(Duration::from_secs(2)).await;
    let beside = normal(site.port, SPAN).await?;
    over.store(true, Ordering::Relaxed);
    slow.shutdown().await;
    let cuts = cuts.load(Ordering::Relaxed);
    progress(&format!("{DRIPPING} dripping sockets were cut {cuts} times"))?;
    ensure!(cuts > 0, "no dripping socket was cut");
    Ok(vec![
        Figure::plain("normal client alone p99", alone, "ms"),
        Figure::plain("normal client beside 500 dripping sockets p99", beside, "ms"),
        Figure::new("times as slow", beside / alone, "x", Less, 2.0),
    ])
}

/// Asks again and again; returns the p99 in milliseconds. Every answer must be good.
async fn normal(port: u16, span: Duration) -> anyhow::Result<f64> {
    let mut wire = Wire::connect(port).await?;
    let (mut spent, until) = (Vec::new(), Instant::now() + span);
    while Instant::now() < until {
        let began = Instant::now();
        let answer = wire.ask(REQUEST).await?;
        spent.push(began.elapsed());
        ensure!(answer.word == "200", "a normal client was refused");
        sleep(PAUSE).await;
    }
    spent.sort_unstable();
    Ok(percentile(&spent, 0.99).map_or(f64::NAN, |time| time.as_secs_f64() * 1_000.0))
}

/// Drips a byte every 200 ms, and comes back whenever it was cut.
async fn drip(port: u16, beginning: &'static [u8], over: Arc<AtomicBool>, cuts: Arc<AtomicU64>) {
    while !over.load(Ordering::Relaxed) {
        // A full backlog is a refusal too; try again.
        if let Ok(mut wire) = Wire::connect(port).await {
            let mut alive = wire.write(beginning).await.is_ok();
            while alive {
                sleep(Duration::from_millis(200)).await;
                alive = wire.write(b"x").await.is_ok();
            }
            cuts.fetch_add(1, Ordering::Relaxed);
        }
        sleep(Duration::from_millis(20)).await;
    }
}
