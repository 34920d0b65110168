//! Fairness: one inbox far over its share, and what the others feel of it.

use crate::adapter::Adapter;
use crate::figures::Setup;
use crate::load::{Outcome, Sender};
use crate::server::{Answers, Site};
use crate::table::Better::Less;
use crate::table::{Figure, progress};
use std::time::Duration;

/// Tenants, one inbox each; the first one floods. Together they make half load, each an equal share.
const TENANTS: usize = 10;
const SLUGS: [&str; TENANTS] = ["t0", "t1", "t2", "t3", "t4", "t5", "t6", "t7", "t8", "t9"];
const CALM: Duration = Duration::from_secs(15);
const FLOOD: Duration = Duration::from_secs(30);
const TIMES: f64 = 20.0;

/// One inbox at 20 times its share for 30 s; the others' p99 with and without.
pub async fn flood(setup: &mut Setup) -> anyhow::Result<Vec<Figure>> {
    let share = setup.capacity().await? / 2.0 / TENANTS as f64;
    let site = Site::new("flood", setup.database.clone())?;
    let adapter = Adapter::start().await?;
    let mut senders = Vec::new();
    for slug in SLUGS {
        let inbox = site.tenant(slug, adapter.port, Answers::Assistant)?;
        senders.push(Sender { port: site.port, inbox, prefix: slug });
    }
    let _server = site.serve(&[]).await?;
    round(&senders, &adapter, [share, share], Duration::from_secs(5)).await?;
    let (_, mut calm) = round(&senders, &adapter, [share, share], CALM).await?;
    let (flooder, mut others) = round(&senders, &adapter, [share * TIMES, share], FLOOD).await?;
    progress(&format!(
        "share {share:.0}/s; flood: {} answered, {} refused; others: {} answered, {} refused",
        flooder.done, flooder.refused, others.done, others.refused
    ))?;
    let (before, during) = (calm.percentile(0.99), others.percentile(0.99));
    Ok(vec![
        Figure::plain("others without flood p50", calm.percentile(0.5), "ms"),
        Figure::plain("others without flood p99", before, "ms"),
        Figure::plain("others during flood p50", others.percentile(0.5), "ms"),
        Figure::plain("others during flood p99", during, "ms"),
        Figure::new("flood: others' p99, times their own without", during / before, "x", Less, 2.0),
        Figure::plain("flood: answered of the flooder", flooder.done as f64 / FLOOD.as_secs_f64(), "/s"),
    ])
}

/// The first inbox at one rate, each of the others at another; their outcomes.
async fn round(senders: &[Sender], adapter: &Adapter, [first, rest]: [f64; 2], span: Duration) -> anyhow::Result<(Outcome, Outcome)> {
    let mut tasks = tokio::task::JoinSet::new();
    for (place, sender) in senders.iter().cloned().enumerate() {
        let adapter = adapter.clone();
        let rate = if place == 0 { first } else { rest };
        tasks.spawn(async move { (place, sender.paced(&adapter, rate, 2_000, span).await) });
    }
    let (mut one, mut others) = (Outcome::default(), Outcome::default());
    while let Some(done) = tasks.join_next().await {
        let (place, outcome) = done?;
        let outcome = outcome?;
        let sum = if place == 0 { &mut one } else { &mut others };
        sum.done += outcome.done;
        sum.refused += outcome.refused;
        sum.latencies.extend(outcome.latencies);
    }
    Ok((one, others))
}
