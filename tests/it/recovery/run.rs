//! One run: load, deaths, restarts, quiescence, judgement.

use crate::recovery::business::{Business, HOURS};
use crate::recovery::plan::{Aim, Plan, step_of};
use crate::support::dice::Dice;
use crate::support::judge::{Reply, Violation, judge};
use crate::support::load::Load;
use crate::support::states::{States, shown_as_uncertain};
use crate::support::variables::say;
use anyhow::{Result, ensure};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;
use tokio::time::Instant;

/// When a random kill comes, in milliseconds after the server was ready.
const KILL: std::ops::Range<u64> = 50..800;
/// How long an aimed abort may take to be reached.
const AIMED: Duration = Duration::from_secs(8);
/// Passings of a fault point before the abort.
const PASSINGS: std::ops::Range<u64> = 1..12;
/// How long the rest of the work may take at the end.
const QUIET: Duration = Duration::from_secs(60);

/// What a run came to.
#[derive(Debug)]
pub struct Report {
    /// Cycles that met the rule.
    pub counted: u64,
    /// Aborts by step.
    pub hits: BTreeMap<&'static str, u64>,
    /// What the judge found.
    pub violations: Vec<Violation>,
    /// Messages whose answers people were told to be uncertain.
    pub shown: BTreeSet<(String, String)>,
    /// Replies that are not the assistant's answer.
    pub elsewhere: usize,
    /// What broke the adapter's contract.
    pub complaints: Vec<String>,
    /// The rows at the end.
    pub left: States,
}

/// How a cycle ended.
struct Death {
    how: String,
    /// The point, if it was an aimed abort.
    at: Option<&'static str>,
}

/// Runs a plan.
pub async fn run(business: &Business, plan: &Plan) -> Result<Report> {
    let begun = Instant::now();
    say(format!("{}: RECADO_SEED={} RECADO_KILL_CYCLES={}", plan.name, plan.seed, plan.cycles));
    let mut dice = Dice::new(plan.seed);
    let load = Load::start(&business.driver, &business.adapter, &mut dice, &plan.crowd);
    let (mut counted, mut hits, mut total) = (0, BTreeMap::new(), States::default());
    let (mut tries, most) = (0, plan.cycles * 2 + 4);
    while counted < plan.cycles {
        tries += 1;
        ensure!(tries <= most, "{}: only {counted} of {most} cycles counted", plan.name);
        let aim = plan.aims.get(usize::try_from(counted)?).copied().unwrap_or(Aim::Any);
        let death = die(business, plan, aim, &mut dice).await?;
        let states = business.remains().await?;
        let counts = death.at.is_some() || (aim == Aim::Any && states.caught_work());
        say(format!("{} {:>2}{} {:<34}{states}", plan.name, counted + 1, if counts { ' ' } else { '-' }, death.how));
        if counts {
            counted += 1;
            total.add(&states);
            death.at.into_iter().for_each(|point| *hits.entry(step_of(point)).or_default() += 1);
        }
    }
    say(format!("{} sum of the counted cycles:{total}", plan.name));
    let mut report = end(business, plan, load).await?;
    (report.counted, report.hits) = (counted, hits);
    let (said, heard) = (business.driver.count(), business.adapter.count());
    let calls = business.adapter.calls().len();
    say(format!("{}: {said} acknowledged, {heard} received in {calls} calls, hits {:?}, {:.1?}", plan.name, report.hits, begun.elapsed()));
    Ok(report)
}

/// Starts the server and lets it die.
async fn die(business: &Business, plan: &Plan, aim: Aim, dice: &mut Dice) -> Result<Death> {
    let Aim::Point(point) = aim else {
        let mut server = business.installation.serve(&[("RECADO_TEST_BREAK", plan.broken)]).await?;
        let after = dice.millis(&KILL);
        tokio::time::sleep(after).await;
        server.kill()?;
        return Ok(Death { how: format!("kill -9 after {after:?}"), at: None });
    };
    let fault = format!("{point}:{}", dice.within(&PASSINGS));
    let mut server = business.installation.serve(&[("RECADO_TEST_BREAK", plan.broken), ("RECADO_TEST_FAULT", &fault)]).await?;
    if server.aborts_within(AIMED).await? {
        return Ok(Death { how: format!("abort at {fault}"), at: Some(point) });
    }
    server.kill()?;
    Ok(Death { how: format!("never reached {fault}"), at: None })
}

/// Starts the server a last time, lets everybody finish, waits until nothing is left, and judges.
async fn end(business: &Business, plan: &Plan, load: Load) -> Result<Report> {
    let mut server = business.installation.serve(&[("RECADO_TEST_BREAK", plan.broken)]).await?;
    load.finish().await?;
    let db = business.database().await?;
    let until = Instant::now() + QUIET;
    let mut left = States::read(&db).await?;
    while !left.quiet() && Instant::now() < until {
        tokio::time::sleep(Duration::from_millis(100)).await;
        left = States::read(&db).await?;
    }
    // A row that is settled twice, or late, would show itself now.
    tokio::time::sleep(Duration::from_millis(500)).await;
    let shown = shown_as_uncertain(&db).await?;
    let left = States::read(&db).await?;
    db.close().await?;
    server.kill()?;
    let acknowledged: Vec<_> = business.driver.acks().into_iter().map(|ack| (ack.said.room, ack.said.id)).collect();
    let log = business.adapter.log();
    let elsewhere = log.iter().filter(|accepted| !accepted.text.contains(HOURS)).count();
    let replies: Vec<Reply> = log.into_iter().map(|accepted| Reply { room: accepted.room, answers: accepted.in_reply_to }).collect();
    let violations = judge(&acknowledged, &replies, &shown);
    for violation in violations.iter().take(20) {
        say(format!("{}: {violation}", plan.name));
    }
    let complaints = business.adapter.complaints();
    Ok(Report { counted: 0, hits: BTreeMap::new(), violations, shown, elsewhere, complaints, left })
}
