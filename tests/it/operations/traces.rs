//! The export of spans: a collector hears of requests and calls, and nothing that a customer said or is called.

use crate::recovery::business::{Business, Home};
use crate::support::driver::Said;
use crate::support::fake_adapter::Manner;
use crate::support::peer::{Answer, Handler, Peer, Request};
use anyhow::{Context, Result};
use secrecy::ExposeSecret;
use serde_json::json;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::time::Instant;

/// What a customer says, and from where: neither may be in a span.
const WORDS: &str = "canary-words-5f2a";
const ROOM: &str = "5215550001234";

/// A collector that keeps every request.
async fn collector() -> Result<(Peer, Arc<Mutex<Vec<Request>>>)> {
    let heard: Arc<Mutex<Vec<Request>>> = Arc::default();
    let kept = Arc::clone(&heard);
    let handler: Handler = Arc::new(move |request| {
        kept.lock().unwrap().push(request);
        Box::pin(async { (Duration::ZERO, Answer::json(200, &json!({}))) })
    });
    Ok((Peer::start(handler).await?, heard))
}

fn holds(body: &[u8], text: &str) -> bool {
    body.windows(text.len()).any(|part| part == text.as_bytes())
}

#[actix::test]
async fn a_collector_hears_of_requests_and_calls_but_of_nothing_that_a_customer_said() -> Result<()> {
    let (peer, heard) = collector().await?;
    let mut business = Business::open(Home::Sqlite, Manner::default()).await?;
    business.installation = business.installation.with("RECADO_OTLP_ENDPOINT", peer.url()).with("OTEL_BSP_SCHEDULE_DELAY", "50");
    let mut server = business.installation.serve(&[]).await?;
    business.driver.deliver(&Said { room: ROOM.into(), id: "one".into(), text: WORDS.into() }).await?;
    assert_eq!(business.adapter.received(ROOM, 1).await.len(), 1);

    let wanted = ["POST /api/v1/channels/{inbox_id}/events", "model call", "channel send", "commit", "conversation.id", "recado"];
    let until = Instant::now() + Duration::from_secs(10);
    let bodies = loop {
        let bodies: Vec<u8> = heard.lock().unwrap().iter().flat_map(|request| request.body.clone()).collect();
        if wanted.iter().all(|text| holds(&bodies, text)) || Instant::now() > until {
            break bodies;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    };
    for text in wanted {
        assert!(holds(&bodies, text), "no span holds {text}");
    }
    let requests = heard.lock().unwrap().clone();
    let first = requests.first().context("an export")?;
    assert_eq!((first.method.as_str(), first.path.as_str()), ("POST", "/v1/traces"));
    assert_eq!(first.header("content-type"), Some("application/x-protobuf"));
    for secret in [WORDS, ROOM, "horario", business.adapter.secret().expose_secret(), "whsec_", "authorization", "/readyz"] {
        assert!(!holds(&bodies, secret), "a span holds {secret}");
    }
    server.kill()
}

#[actix::test]
async fn a_server_that_is_asked_to_end_exports_what_is_left_and_ends_well() -> Result<()> {
    let (peer, heard) = collector().await?;
    let mut business = Business::open(Home::Sqlite, Manner::default()).await?;
    business.installation = business.installation.with("RECADO_OTLP_ENDPOINT", peer.url()).with("OTEL_BSP_SCHEDULE_DELAY", "600000");
    let mut server = business.installation.serve(&[]).await?;
    business.driver.deliver(&Said { room: ROOM.into(), id: "one".into(), text: WORDS.into() }).await?;
    assert_eq!(business.adapter.received(ROOM, 1).await.len(), 1);
    assert!(heard.lock().unwrap().is_empty(), "nothing is exported before its time");
    assert!(server.terminate(Duration::from_secs(30)).await?.success(), "{}", business.installation.log());
    let bodies: Vec<u8> = heard.lock().unwrap().iter().flat_map(|request| request.body.clone()).collect();
    assert!(holds(&bodies, "channel send") && !holds(&bodies, WORDS));
    Ok(())
}

#[actix::test]
async fn a_collector_that_is_away_is_told_once_and_holds_up_nobody() -> Result<()> {
    let mut business = Business::open(Home::Sqlite, Manner::default()).await?;
    business.installation = business.installation.with("RECADO_OTLP_ENDPOINT", "http://127.0.0.1:1").with("OTEL_BSP_SCHEDULE_DELAY", "50");
    let mut server = business.installation.serve(&[]).await?;
    for number in 0..5 {
        business.driver.deliver(&Said { room: "r".into(), id: format!("m{number}"), text: "hola".into() }).await?;
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert!(!business.adapter.received("r", 1).await.is_empty());
    let until = Instant::now() + Duration::from_secs(10);
    while !business.installation.log().contains("spans cannot be exported") && Instant::now() < until {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(business.installation.log().matches("spans cannot be exported").count(), 1);
    server.kill()
}
