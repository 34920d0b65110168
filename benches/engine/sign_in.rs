//! Whether the time of a refused sign-in tells if an address is somebody's: a wrong password of an account against an address that nobody has,
//! in turn, over the real server. A figure to look at, never a test: a busy machine would make it red.

use crate::figures::Setup;
use crate::server::Site;
use crate::table::Better::Less;
use crate::table::{Figure, progress};
use anyhow::{Context, ensure};
use recado::bench::{Wire, percentile};
use serde_json::{Value, json};
use std::time::Duration;
use tokio::time::Instant;

/// Accounts, and as many addresses that nobody has.
const PEOPLE: usize = 30;
/// Tries with each: one more would shut the door, and a shut door answers at once.
const TRIES: usize = 4;

/// The ratio of the medians, and how often a try with an unknown address takes longer than one with a wrong password: 0.5 tells nothing.
pub async fn sign_in(setup: &Setup) -> anyhow::Result<Vec<Figure>> {
    let site = Site::new("sign-in", setup.database.clone())?;
    let _server = site.serve(&[("RECADO_SIGN_UP", "open")]).await?;
    let mut wire = Wire::connect(site.port).await?;
    for number in 0..PEOPLE {
        let body =
            json!({"name": "Ana", "email": known(number), "business": "Bench", "password": "the right password", "terms": "2026-11"});
        let word = post(&mut wire, "/api/v1/auth/sign-up", &body).await?;
        ensure!(word == "201", "nobody could sign up: {word}");
    }
    progress(&format!("{PEOPLE} accounts, {TRIES} wrong passwords each"))?;
    let (mut wrong, mut unknown) = (Vec::new(), Vec::new());
    for turn in 0..TRIES * PEOPLE {
        // In turn, and every other time the other way round: whatever else the machine does falls on both.
        let number = turn % PEOPLE;
        let mut tries = [(known(number), &mut wrong), (format!("nobody{number}@bench.example"), &mut unknown)];
        if turn % 2 == 1 {
            tries.reverse();
        }
        for (email, times) in tries {
            let began = Instant::now();
            let word = post(&mut wire, "/api/v1/auth/login", &json!({"email": email, "password": "a wrong password"})).await?;
            times.push(began.elapsed());
            ensure!(word == "401", "a wrong password was answered with {word}");
        }
    }
    let telling = (longer(&unknown, &wrong) - 0.5).abs();
    wrong.sort_unstable();
    unknown.sort_unstable();
    let ratio = median(&unknown)? / median(&wrong)?;
    Ok(vec![
        Figure::plain("wrong password p50", median(&wrong)?, "ms"),
        Figure::plain("address that nobody has p50", median(&unknown)?, "ms"),
        Figure::plain("  the second by the first", ratio, "x"),
        Figure::new("  the longer by the shorter", ratio.max(ratio.recip()), "x", Less, 1.05),
        Figure::new("  how much one time tells (0 nothing, 0.5 all)", telling, "", Less, 0.1),
    ])
}

fn known(number: usize) -> String {
    format!("person{number}@bench.example")
}

async fn post(wire: &mut Wire, path: &str, body: &Value) -> anyhow::Result<String> {
    let body = body.to_string();
    let head = format!("POST {path} HTTP/1.1\r\nhost: bench\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n", body.len());
    Ok(wire.ask(format!("{head}{body}").as_bytes()).await?.word)
}

fn median(sorted: &[Duration]) -> anyhow::Result<f64> {
    Ok(percentile(sorted, 0.5).context("nothing was measured")?.as_secs_f64() * 1_000.0)
}

/// Returns how often one of the first takes longer than one of the second, over all pairs.
fn longer(first: &[Duration], second: &[Duration]) -> f64 {
    let pairs = first.iter().flat_map(|one| second.iter().map(move |other| (one, other)));
    let score: f64 = pairs
        .map(|(one, other)| {
            if one > other {
                1.0
            } else if one == other {
                0.5
            } else {
                0.0
            }
        })
        .sum();
    #[expect(clippy::cast_precision_loss, reason = "some thousands of pairs")]
    let all = (first.len() * second.len()) as f64;
    score / all
}
