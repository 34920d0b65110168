//! The kill test: signed deliveries in flight, aimed kills of the real binary, restarts; the outside world's own logs are the judge.
//!
//! `RECADO_KILL_CYCLES` sets how many counted cycles each database gets, `RECADO_SEED` replays a run's choices. The waits are short by
//! configuration only; the harness waits for quiescence once, at the end. The negative controls switch a safety device off and must be
//! caught by the same judge.

pub mod business;
mod plan;
mod run;
mod thinking;

use crate::recovery::business::{Business, Home};
use crate::recovery::plan::{Aim, Plan, STEPS, aims};
use crate::recovery::run::{Report, run};
use crate::support::database::TestDatabase;
use crate::support::fake_adapter::Manner;
use crate::support::judge::Violation;
use crate::support::load::Crowd;
use crate::support::process::Installation;
use crate::support::variables::{number, say};
use anyhow::Result;

/// Counted cycles a database, unless `RECADO_KILL_CYCLES` says otherwise.
const CYCLES: u64 = 40;
/// Counted cycles of a negative control.
const CONTROL_CYCLES: u64 = 3;

fn seed() -> u64 {
    number("RECADO_SEED", u64::from(std::process::id()))
}

fn crowd() -> Crowd {
    Crowd { singles: 5, talkers: 4, bursts: 2, pause: 10..90 }
}

fn manner(idempotent: bool) -> Manner {
    Manner { idempotent, latency: 2..60, seed: seed(), timeless: false }
}

fn full(name: &'static str) -> Plan {
    let cycles = number("RECADO_KILL_CYCLES", CYCLES);
    Plan { name, cycles, seed: seed(), aims: aims(cycles, seed()), crowd: crowd(), broken: "" }
}

fn control(name: &'static str, broken: &'static str, aims: Vec<Aim>) -> Plan {
    Plan { name, cycles: CONTROL_CYCLES, seed: seed(), aims, crowd: crowd(), broken }
}

/// Everything that a run with all its safety devices must show.
fn assert_kept(report: &Report, plan: &Plan) {
    assert_eq!(report.violations, [], "{}: replay with RECADO_SEED={}", plan.name, plan.seed);
    assert_eq!(report.complaints, Vec::<String>::new());
    assert!(report.left.quiet(), "work is left:{}", report.left);
    assert_eq!(report.left.rows("inbound", &["dead"]) + report.left.rows("outbox", &["dead", "failed"]), 0, "{}", report.left);
    assert_eq!(report.counted, plan.cycles);
    let least = plan.cycles / 20;
    for (step, _) in STEPS {
        let hits = report.hits.get(step).copied().unwrap_or_default();
        assert!(hits >= least, "{step} was hit {hits} times, not {least}");
    }
}

async fn kill_test(home: Home, plan: Plan) -> Result<()> {
    let business = Business::open(home, manner(true)).await?;
    let report = run(&business, &plan).await?;
    assert_kept(&report, &plan);
    assert!(report.shown.is_empty(), "an idempotent channel leaves nothing uncertain: {:?}", report.shown);
    assert_eq!(report.elsewhere, 0, "every reply is the assistant's answer, none a hand-over");
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_acknowledged_is_lost_or_answered_twice_on_sqlite() -> Result<()> {
    kill_test(Home::Sqlite, full("sqlite")).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_acknowledged_is_lost_or_answered_twice_on_postgres() -> Result<()> {
    kill_test(Home::Postgres(TestDatabase::postgres().await?), full("postgres")).await
}

/// A channel that recognises no repeats: at most once, and people are told about the rest.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_a_channel_without_keys_an_unknown_outcome_goes_to_people_and_never_out_twice() -> Result<()> {
    let plan = Plan { crowd: only_singles(), ..control("no keys", "", send_aims()) };
    let business = Business::open(Home::Sqlite, manner(false)).await?;
    let report = run(&business, &plan).await?;
    assert_eq!(report.violations, [], "replay with RECADO_SEED={}", plan.seed);
    assert!(!report.shown.is_empty(), "a death between call and mark leaves an uncertain row");
    Ok(())
}

/// Two actors of each conversation: the version decides, so customers see no difference.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_second_writer_of_every_conversation_is_fenced_off() -> Result<()> {
    let plan = control("two writers", "single_actor", vec![Aim::Any; 3]);
    let business = Business::open(Home::Sqlite, manner(true)).await?;
    let report = run(&business, &plan).await?;
    assert_eq!(report.violations, [], "replay with RECADO_SEED={}", plan.seed);
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_the_key_of_repeats_the_judge_sees_second_answers() -> Result<()> {
    let business = Business::open(Home::Sqlite, manner(true)).await?;
    let aims = vec![Aim::Point("c2_after_commit"), Aim::Any, Aim::Any];
    caught(&business, &control("no dedup", "dedup", aims)).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_the_version_the_judge_sees_two_writers() -> Result<()> {
    let business = Business::open(Home::Postgres(TestDatabase::postgres().await?), manner(true)).await?;
    business.drop_second_fence().await?;
    caught(&business, &control("no cas", "single_actor,cas", vec![Aim::Any; 3])).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_the_sending_mark_the_judge_sees_messages_sent_twice() -> Result<()> {
    let business = Business::open(Home::Sqlite, manner(false)).await?;
    caught(&business, &Plan { crowd: only_singles(), ..control("no sending mark", "sending", send_aims()) }).await
}

async fn caught(business: &Business, plan: &Plan) -> Result<()> {
    let report = run(business, plan).await?;
    say(format!("{}: the judge found {} violations", plan.name, report.violations.len()));
    let twice = report.violations.iter().any(|violation| matches!(violation, Violation::Twice(_)));
    assert!(twice, "{}: the judge is blind: {:?}", plan.name, report.violations);
    Ok(())
}

#[tokio::test]
async fn a_server_without_its_key_or_beside_another_refuses_in_a_clear_line() -> Result<()> {
    let installation = Installation::new()?;
    let _server = installation.serve(&[]).await?;
    let second = installation.run(&["serve"])?;
    let complaint = String::from_utf8_lossy(&second.stderr);
    assert!(!second.status.success() && complaint.contains("another recado server is already using"), "{complaint}");
    let keyless = Installation::new()?.without("RECADO_SECRET_KEY");
    let refused = keyless.run(&["serve"])?;
    let complaint = String::from_utf8_lossy(&refused.stderr);
    assert!(!refused.status.success() && complaint.contains("RECADO_SECRET_KEY"), "{complaint}");
    Ok(())
}

/// After an uncertain answer the conversation lies with people and the assistant is silent, so nobody goes on talking there.
fn only_singles() -> Crowd {
    Crowd { singles: 8, talkers: 0, bursts: 0, pause: 10..60 }
}

fn send_aims() -> Vec<Aim> {
    vec![Aim::Point("c10_before_mark"); 3]
}
