//! What nobody should send, over real HTTP: each is answered in its own way, costs no neighbour its place, and no memory stays behind.

use crate::support::app::{PHONE_NUMBER_ID, TestApp};
use crate::support::database::TestDatabase;
use crate::support::fake_graph::{APP_SECRET, delivery, sign};
use crate::support::process::Installation;
use crate::support::tenant::{TestInbox, TestTenant};
use anyhow::{Context, Result, ensure};
use futures::stream;
use recado::crypto::standard_webhooks::{ID_HEADER, SIGNATURE_HEADER, TIMESTAMP_HEADER, sign as sign_event};
use recado::net::clock::SystemClock;
use recado::ports::clock::Clock;
use reqwest::{Body, Client};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

const META: &str = "/webhooks/whatsapp";
const NOBODY: &str = "00000000-0000-0000-0000-000000000000";
const MIB: usize = 1024 * 1024;
/// Most that the server may grow by while it refuses.
const GROWTH: u64 = 20 * 1024 * 1024;

fn client() -> Result<Client> {
    Ok(Client::builder().no_proxy().build()?)
}

/// Posts a delivery of Meta's, with this signature if there is one; returns the status.
async fn meta(app: &TestApp, path: &str, body: &str, signature: Option<&str>) -> Result<u16> {
    let call = client()?.post(format!("{}{path}", app.base())).body(body.to_owned());
    let call = match signature {
        Some(signature) => call.header("x-hub-signature-256", signature),
        None => call,
    };
    Ok(call.send().await?.status().as_u16())
}

async fn signed(app: &TestApp, body: &str) -> Result<u16> {
    meta(app, META, body, Some(&sign(body))).await
}

/// Posts a signed delivery of an adapter; returns status and answer.
async fn adapter(app: &TestApp, inbox: &str, body: &str) -> Result<(u16, Value)> {
    let seconds = SystemClock::new().now().micros() / 1_000_000;
    let signature = sign_event(app.adapter.secret(), "evt", seconds, body.as_bytes())?;
    let call = client()?.post(format!("{}/api/v1/channels/{inbox}/events", app.base())).body(body.to_owned());
    let call = call.header(ID_HEADER, "evt").header(TIMESTAMP_HEADER, seconds).header(SIGNATURE_HEADER, signature);
    let answer = call.send().await?;
    let status = answer.status().as_u16();
    Ok((status, answer.json().await.unwrap_or_default()))
}

async fn generic_inbox(acme: &TestTenant<'_>) -> Result<String> {
    acme.generic_inbox(json!({})).await?;
    let inboxes = acme.app.admin.list_inboxes(acme.id).await?;
    Ok(inboxes.first().context("no inbox")?.id.to_string())
}

fn message(from: usize, id: usize) -> Value {
    json!({"from": format!("52155{from:08}"), "id": format!("wamid.{id}"), "timestamp": "1760000000", "type": "text", "text": {"body": "hola"}})
}

async fn with_whatsapp(acme: &TestTenant<'_>) -> Result<TestInbox> {
    acme.whatsapp_inbox(json!({})).await
}

/// Counts what customers sent, whatever has become of it.
async fn stored(app: &TestApp) -> Result<i64> {
    Ok(app.states().await?.rows("inbound", &["new", "recorded", "settled", "dead"]))
}

#[actix::test]
async fn an_unbelievable_delivery_is_refused_with_401_or_403() -> Result<()> {
    let app = TestApp::sqlite().await?;
    let acme = app.tenant("acme").await?;
    with_whatsapp(&acme).await?;
    let good = delivery(PHONE_NUMBER_ID, &json!({"messages": [message(1, 1)]}));
    assert_eq!(meta(&app, META, &good, None).await?, 401);
    assert_eq!(meta(&app, META, &good, Some("sha256=1234")).await?, 401);
    assert_eq!(meta(&app, META, &good, Some(&sign("another body"))).await?, 403);
    assert_eq!(stored(&app).await?, 0);
    Ok(())
}

#[actix::test]
async fn what_cannot_be_read_is_400_and_what_is_too_long_is_413() -> Result<()> {
    let app = TestApp::sqlite().await?;
    let acme = app.tenant("acme").await?;
    let inbox = generic_inbox(&acme).await?;
    for broken in ["{", "[]", "\"", ""] {
        assert_eq!(signed(&app, broken).await?, 400, "{broken}");
        assert_eq!(adapter(&app, &inbox, broken).await?.0, 400, "{broken}");
    }
    let event = json!({"type": "message", "event_id": "1", "conversation": {"external_id": "r"}, "contact": {"external_id": "c"},
        "message": {"external_id": "m", "text": "hola", "colour": "red"}});
    let (status, answer) = adapter(&app, &inbox, &event.to_string()).await?;
    assert_eq!((status, &answer["errors"][0]["field"]), (400, &json!("message.colour")));
    assert_eq!(signed(&app, &" ".repeat(4 * MIB + 1)).await?, 413);
    assert_eq!(adapter(&app, &inbox, &" ".repeat(MIB + 1)).await?.0, 413);
    assert_eq!(stored(&app).await?, 0);
    Ok(())
}

#[actix::test]
async fn an_unknown_inbox_is_404_and_an_unknown_account_is_acknowledged() -> Result<()> {
    let app = TestApp::sqlite().await?;
    let stranger = delivery("999", &json!({"messages": [message(1, 1)]}));
    assert_eq!(signed(&app, &stranger).await?, 200);
    assert_eq!(meta(&app, &format!("{META}/{NOBODY}"), &stranger, Some(&sign(&stranger))).await?, 404);
    assert_eq!(adapter(&app, NOBODY, "{}").await?.0, 404);
    assert_eq!(stored(&app).await?, 0);
    Ok(())
}

#[actix::test]
async fn deep_nesting_is_a_clean_400_or_spares_its_neighbour() -> Result<()> {
    let mut app = TestApp::sqlite().await?;
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    {
        let acme = app.tenant("acme").await?;
        with_whatsapp(&acme).await?;
        let good = delivery(PHONE_NUMBER_ID, &json!({"messages": [message(1, 1)]}));
        let body = good.replacen("\"entry\":[", &format!("\"entry\":[{{\"id\":\"1\",\"changes\":[{deep}]}},"), 1);
        ensure!(body.len() > good.len(), "the nesting is in");
        let status = signed(&app, &body).await?;
        let spared = status == 200 && stored(&app).await? == 1;
        assert!(spared || (status == 400 && stored(&app).await? == 0), "{status}");
        assert_eq!(signed(&app, &deep).await?, 400);
        assert_eq!(signed(&app, &good).await?, 200, "the door still stands");
        assert_eq!(stored(&app).await?, 1);
    }
    app.leave_work();
    Ok(())
}

#[actix::test]
async fn ten_thousand_messages_of_one_delivery_are_all_stored() -> Result<()> {
    let mut app = TestApp::on(TestDatabase::postgres().await?).start().await?;
    {
        let acme = app.tenant("acme").await?;
        with_whatsapp(&acme).await?;
        let messages: Vec<Value> = (0..10_000).map(|number| message(number % 100, number)).collect();
        let body = delivery(PHONE_NUMBER_ID, &json!({"messages": messages}));
        ensure!(body.len() < 4 * MIB, "it fits a delivery");
        // As Meta does: again until it is acknowledged.
        let mut status = 0;
        for _ in 0..20 {
            status = signed(&app, &body).await?;
            if status == 200 {
                break;
            }
        }
        assert_eq!((status, stored(&app).await?), (200, 10_000));
    }
    app.leave_work();
    Ok(())
}

#[actix::test]
async fn a_body_that_drips_is_cut_by_its_own_time_out() -> Result<()> {
    let app = TestApp::on(TestDatabase::sqlite().await?).set("RECADO_BODY_TIME_MS", "200").start().await?;
    let mut stream = TcpStream::connect(app.app.address).await?;
    let head = format!("POST {META} HTTP/1.1\r\nhost: localhost\r\ncontent-length: 100\r\nx-hub-signature-256: {}\r\n\r\n{{", sign("x"));
    stream.write_all(head.as_bytes()).await?;
    let mut answer = vec![0; 64];
    let length = stream.read(&mut answer).await?;
    let answer = String::from_utf8_lossy(answer.get(..length).unwrap_or_default()).into_owned();
    assert!(answer.starts_with("HTTP/1.1 408"), "{answer}");
    Ok(())
}

#[actix::test]
async fn fifty_bodies_that_are_too_long_leave_no_memory_behind() -> Result<()> {
    let installation = Installation::new()?.with("RECADO_META_APP_SECRET", APP_SECRET);
    ensure!(installation.run(&["migrate", "up"])?.status.success(), "the schema is made");
    let server = installation.serve(&[]).await?;
    // Without a length nobody knows before the limit that it is too long.
    let post = async || -> Result<()> {
        let chunks = (0..80).map(|_| Ok::<_, std::io::Error>(vec![b' '; 64 * 1024]));
        let call = client()?.post(format!("{}{META}", installation.base())).header("x-hub-signature-256", sign("x"));
        // A server that has answered may close before it has all: then there is no answer to look at.
        if let Ok(answer) = call.body(Body::wrap_stream(stream::iter(chunks))).send().await {
            assert_eq!(answer.status().as_u16(), 413);
        }
        Ok(())
    };
    // What the first ones make is made once: buffers of the allocator, connections.
    for _ in 0..10 {
        post().await?;
    }
    let before = server.memory()?;
    for _ in 0..50 {
        post().await?;
    }
    let after = server.memory()?;
    assert!(after < before + GROWTH, "it grew from {before} to {after} bytes");
    Ok(())
}
