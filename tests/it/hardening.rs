//! Slow clients, crowds and strangers, over real sockets on loopback: what is slow is cut, and nobody else notices.

use crate::support::app::TestApp;
use crate::support::database::TestDatabase;
use anyhow::{Context, Result, ensure};
use futures::future::join_all;
use reqwest::Client;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{Instant, interval, timeout};

/// Sockets that drip, half of them their head and half their body.
const DRIPPING: usize = 500;
/// Requests of well-behaved clients meanwhile.
const NORMAL: usize = 200;
/// The time-outs of the server under test.
const CUT: Duration = Duration::from_millis(1_500);
/// Longest time after which every dripping socket must have ended, on a machine that has other things to do.
const PATIENCE: Duration = Duration::from_secs(60);

async fn app() -> Result<TestApp> {
    let millis = CUT.as_millis().to_string();
    let setup = TestApp::on(TestDatabase::sqlite().await?);
    setup.set("RECADO_LIMITS_HEAD_TIME_MS", &millis).set("RECADO_BODY_TIME_MS", &millis).start().await
}

/// Opens a socket, sends the beginning of a request, then a byte every 100 ms; returns what the server said before it closed.
async fn drip(address: SocketAddr, beginning: String) -> Result<(String, Duration)> {
    let mut socket = TcpStream::connect(address).await?;
    let began = Instant::now();
    socket.write_all(beginning.as_bytes()).await?;
    let (mut read, mut write) = socket.split();
    let mut answer = Vec::new();
    let mut pace = interval(Duration::from_millis(100));
    let mut chunk = [0; 1024];
    loop {
        tokio::select! {
            count = read.read(&mut chunk) => match count {
                Ok(0) | Err(_) => break,
                Ok(count) => answer.extend_from_slice(chunk.get(..count).context("more than there is room")?),
            },
            // A refused byte is found out by the reader.
            _ = pace.tick() => drop(write.write_all(b"x").await),
        }
        if String::from_utf8_lossy(&answer).contains("\r\n\r\n") {
            break;
        }
    }
    Ok((String::from_utf8_lossy(&answer).into_owned(), began.elapsed()))
}

#[actix_web::test]
async fn five_hundred_dripping_sockets_are_cut_and_two_hundred_requests_all_succeed_meanwhile() -> Result<()> {
    let app = app().await?;
    let acme = app.tenant("acme").await?;
    let (address, key) = (app.app.address, acme.key().to_owned());
    let head = "GET /healthz HTTP/1.1\r\nhost: x\r\nx-slow: ".to_owned();
    let body = format!(
        "POST /api/v1/services HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {key}\r\ncontent-type: application/json\r\n\
         content-length: 100000\r\n\r\n"
    );
    let slow: Vec<_> = (0..DRIPPING)
        .map(|number| tokio::spawn(timeout(PATIENCE, drip(address, if number % 2 == 0 { head.clone() } else { body.clone() }))))
        .collect();
    let client = Client::builder().no_proxy().build()?;
    let mut answered = 0;
    for _ in 0..NORMAL / 10 {
        let calls = (0..10).map(|_| client.get(format!("{}/api/v1/services", app.base())).bearer_auth(&key).send());
        for answer in join_all(calls).await {
            let status = answer?.status();
            ensure!(status == 200, "a normal request was answered {status}");
            answered += 1;
        }
    }
    assert_eq!(answered, NORMAL);
    let mut cut = 0;
    for end in join_all(slow).await {
        let (answer, spent) = end?.context("a dripping socket was never cut")??;
        ensure!(answer.is_empty() || answer.starts_with("HTTP/1.1 408"), "a dripping socket was answered {answer}");
        ensure!(spent >= CUT / 2, "cut before its time: {spent:?}");
        cut += 1;
    }
    assert_eq!(cut, DRIPPING);
    Ok(())
}

#[actix_web::test]
async fn whoever_asks_too_often_is_told_how_long_to_wait_and_a_header_of_theirs_changes_nothing() -> Result<()> {
    let setup = TestApp::on(TestDatabase::sqlite().await?).set("RECADO_LIMITS_MULTIPLIER", "1");
    let app = setup.set("RECADO_LIMITS_PAGE_PER_ADDRESS", "3/h").start().await?;
    let client = Client::builder().no_proxy().build()?;
    let mut statuses = Vec::new();
    let mut waits = Vec::new();
    for number in 0..5 {
        let call = client.get(format!("{}/docs", app.base())).header("x-forwarded-for", format!("198.51.100.{number}"));
        let answer = call.send().await?;
        statuses.push(answer.status().as_u16());
        waits.extend(answer.headers().get("retry-after").and_then(|wait| wait.to_str().ok()?.parse::<u64>().ok()));
    }
    assert_eq!(statuses, [200, 200, 200, 429, 429]);
    assert!(waits.len() == 2 && waits.iter().all(|wait| (1_000..=1_200).contains(wait)), "{waits:?}");
    Ok(())
}

#[actix_web::test]
async fn behind_a_proxy_of_ours_every_client_has_a_count_of_its_own() -> Result<()> {
    let setup = TestApp::on(TestDatabase::sqlite().await?).set("RECADO_LIMITS_MULTIPLIER", "1");
    let setup = setup.set("RECADO_LIMITS_PAGE_PER_ADDRESS", "1/h").set("RECADO_LIMITS_TRUSTED_PROXIES", "127.0.0.0/8");
    let app = setup.start().await?;
    let client = Client::builder().no_proxy().build()?;
    let mut statuses = Vec::new();
    for from in ["198.51.100.1", "198.51.100.2", "10.9.9.9, 198.51.100.1"] {
        let answer = client.get(format!("{}/docs", app.base())).header("x-forwarded-for", from).send().await?;
        statuses.push(answer.status().as_u16());
    }
    assert_eq!(statuses, [200, 200, 429]);
    Ok(())
}
