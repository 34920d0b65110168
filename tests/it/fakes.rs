//! The fakes of the outside world are held against the product's own senders and parsers: a fake that is wrong would hide a mistake.

use crate::support::driver::{Driver, Said, Wire, event, meta};
use crate::support::fake_adapter::{FakeAdapter, Manner, Trouble};
use crate::support::fake_graph::{ACCESS_TOKEN, APP_SECRET, FakeGraph, GraphTrouble};
use crate::support::peer::{Answer, Peer};
use anyhow::Result;
use recado::channels::generic::inbound::parse_events;
use recado::channels::generic::outbound::GenericSender;
use recado::channels::whatsapp::WhatsAppSender;
use recado::channels::whatsapp::inbound::{parse, verify_signature};
use recado::crypto::standard_webhooks::{ID_HEADER, SIGNATURE_HEADER, SignedHeaders, TIMESTAMP_HEADER, TOLERANCE, verify};
use recado::domain::content::Content;
use recado::domain::delivery::{Address, AddressKind, DeliveryState, Update};
use recado::domain::ids::{InboxId, OutboxId, TenantId};
use recado::domain::time::Timestamp;
use recado::net::client::{HttpClient, OutboundPolicy};
use recado::net::clock::SystemClock;
use recado::net::guard::AllowList;
use recado::ports::channel::{Account, ChannelSender, Outgoing, SendError, SendRequest, Sent};
use recado::ports::clock::Clock;
use secrecy::SecretString;
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;
use uuid::Uuid;

fn request(config: &Value, row: u128, to: Address) -> SendRequest {
    let text = |name: &str| config.get(name).and_then(Value::as_str).map(SecretString::from);
    let secrets: BTreeMap<String, SecretString> =
        ["secret", "access_token", "app_secret"].iter().filter_map(|name| Some(((*name).to_owned(), text(name)?))).collect();
    let account = Account { tenant: TenantId(Uuid::nil()), inbox: InboxId(Uuid::nil()), settings: config.clone(), secrets };
    let outbox = OutboxId(Uuid::from_u128(row));
    SendRequest {
        outbox,
        idempotency_key: outbox.to_string(),
        account,
        to,
        what: Outgoing::Message(Content::text("Abrimos a las 9")),
        in_reply_to: Some("m-1".to_owned()),
        deadline: Duration::from_secs(2),
    }
}

fn room() -> Address {
    Address::new(AddressKind::Room, "room-9".to_owned())
}

fn adapter_sender() -> Result<GenericSender> {
    let policy = OutboundPolicy { allow: AllowList::new(vec!["127.0.0.0/8".parse()?], &[]) };
    Ok(GenericSender::new(HttpClient::build(policy)?, Arc::new(SystemClock::new())))
}

#[tokio::test]
async fn the_adapter_believes_our_signature_and_recognises_a_repeat() -> Result<()> {
    let adapter = FakeAdapter::start().await?;
    let sender = adapter_sender()?;
    let first = sender.send(request(&adapter.config(), 1, room())).await?;
    assert_eq!(sender.send(request(&adapter.config(), 1, room())).await?, first);
    assert_ne!(sender.send(request(&adapter.config(), 2, room())).await?, first);
    let log = adapter.received("room-9", 2).await;
    assert_eq!(log.len(), 2, "{log:?}");
    assert_eq!((log[0].text.as_str(), log[0].in_reply_to.as_deref()), ("Abrimos a las 9", Some("m-1")));
    assert_eq!(adapter.calls().iter().map(|call| call.status).collect::<Vec<_>>(), [201, 409, 201]);
    assert_eq!(adapter.complaints(), Vec::<String>::new());
    Ok(())
}

#[tokio::test]
async fn the_adapter_complains_about_a_wrong_signature() -> Result<()> {
    let (adapter, other) = (FakeAdapter::start().await?, FakeAdapter::start().await?);
    let mut config = adapter.config();
    config["secret"] = other.config()["secret"].clone();
    let refused = adapter_sender()?.send(request(&config, 1, room())).await;
    assert!(matches!(refused, Err(SendError::Pause { .. })), "{refused:?}");
    assert_eq!((adapter.log().len(), adapter.complaints().len()), (0, 1));
    Ok(())
}

#[tokio::test]
async fn an_adapter_that_is_not_idempotent_delivers_twice_and_says_so() -> Result<()> {
    let adapter = FakeAdapter::with(Manner { idempotent: false, ..Manner::default() }).await?;
    let sender = adapter_sender()?;
    let first = sender.send(request(&adapter.config(), 1, room())).await?;
    assert_ne!(sender.send(request(&adapter.config(), 1, room())).await?, first);
    assert_eq!(adapter.log().len(), 2);
    let account = request(&adapter.config(), 1, room()).account;
    assert!(!sender.fetch_capabilities(&account).await?.0.idempotent);
    Ok(())
}

#[tokio::test]
async fn scripted_troubles_come_in_their_order() -> Result<()> {
    let adapter = FakeAdapter::start().await?;
    let sender = adapter_sender()?;
    let troubles = [Trouble::Refuse("opted_out"), Trouble::Status(500), Trouble::TooMany(7), Trouble::Reset, Trouble::LoseAnswer];
    troubles.into_iter().for_each(|trouble| adapter.then(trouble));
    let mut outcomes = Vec::new();
    for _ in 0..5 {
        outcomes.push(match sender.send(request(&adapter.config(), 1, room())).await {
            Ok(Sent { external_id }) => external_id,
            Err(SendError::Fail { code, .. } | SendError::Pause { code, .. } | SendError::Unknown { code }) => code,
            Err(SendError::Retry { code, after, .. }) => format!("{code} {after:?}"),
        });
    }
    assert_eq!(outcomes, ["opted_out", "http_500 None", "http_429 Some(7s)", "broken", "broken"]);
    assert_eq!(adapter.log().len(), 1, "only the lost answer took the message");
    adapter.then(Trouble::Hang);
    let hurried = SendRequest { deadline: Duration::from_millis(20), ..request(&adapter.config(), 2, room()) };
    assert_eq!(sender.send(hurried).await, Err(SendError::Unknown { code: "timeout".to_owned() }));
    assert_eq!(sender.send(request(&adapter.config(), 1, room())).await?.external_id, "out-1");
    Ok(())
}

#[tokio::test]
async fn the_graph_takes_what_we_send_and_complains_about_the_rest() -> Result<()> {
    let graph = FakeGraph::start("777").await?;
    let sender = WhatsAppSender::new(reqwest::Client::builder().build()?, graph.url().parse()?);
    let to = || Address::new(AddressKind::WaPhone, "5215512345678".to_owned());
    let sent = sender.send(request(&graph.config(), 5, to())).await?;
    let log = graph.log();
    assert_eq!((log.len(), log[0].id.as_str(), log[0].to.as_str()), (1, sent.external_id.as_str(), "+5215512345678"));
    assert_eq!((log[0].text(), log[0].reference.as_str()), ("Abrimos a las 9", Uuid::from_u128(5).to_string().as_str()));
    let receipt =
        SendRequest { what: Outgoing::ReadReceipt { external_id: "wamid.IN".into(), typing: true }, ..request(&graph.config(), 6, to()) };
    sender.send(receipt).await?;
    assert_eq!((graph.log().len(), graph.receipts().len(), graph.complaints().len()), (1, 1, 0));

    graph.then(GraphTrouble::Error(400, 131_056));
    assert!(matches!(sender.send(request(&graph.config(), 7, to())).await, Err(SendError::Retry { .. })));
    graph.then(GraphTrouble::LoseAnswer);
    assert!(matches!(sender.send(request(&graph.config(), 8, to())).await, Err(SendError::Unknown { .. })));
    assert_eq!(graph.log().len(), 2, "the lost answer's message was taken");

    let mut config = graph.config();
    config["access_token"] = Value::from(format!("{ACCESS_TOKEN}-old"));
    assert!(matches!(sender.send(request(&config, 9, to())).await, Err(SendError::Pause { .. })));
    assert_eq!(graph.complaints(), ["no valid bearer token"]);
    Ok(())
}

#[tokio::test]
async fn a_status_of_the_graph_is_believed_and_understood() -> Result<()> {
    let graph = FakeGraph::start("777").await?;
    let sender = WhatsAppSender::new(reqwest::Client::builder().build()?, graph.url().parse()?);
    sender.send(request(&graph.config(), 5, Address::new(AddressKind::WaPhone, "5215512345678".to_owned()))).await?;
    let taken = graph.log().remove(0);
    let (body, signature) = graph.status(&taken, "delivered");
    verify_signature(Some(&signature), body.as_bytes(), &[SecretString::from(APP_SECRET)])?;
    let accounts = parse(body.as_bytes())?;
    let [Update::Status(status)] = accounts[0].updates.as_slice() else { panic!("no status: {accounts:?}") };
    assert_eq!((status.external_id.as_str(), status.state), (taken.id.as_str(), DeliveryState::Delivered));
    assert_eq!((accounts[0].account.as_deref(), status.reference.as_deref()), (Some("777"), Some(taken.reference.as_str())));
    Ok(())
}

#[test]
fn what_the_driver_says_is_understood() -> Result<()> {
    let said = Said { room: "5215512345678".into(), id: "wamid.1".into(), text: "¿A qué hora abren? (1)".into() };
    let at = Timestamp::from_secs(1_760_000_000);
    let delivery = parse_events(event(&said, at).as_bytes())?;
    let Update::Item(item) = &delivery.events[0].as_ref().expect("an event").update else { panic!("no item") };
    assert_eq!((item.external_id.as_str(), item.message_id.as_deref(), item.occurred_at), ("wamid.1", Some("wamid.1"), Some(at)));
    let accounts = parse(meta(&said, "777", at).as_bytes())?;
    let [Update::Item(item)] = accounts[0].updates.as_slice() else { panic!("no item: {accounts:?}") };
    assert_eq!(
        (item.external_id.as_str(), item.body.content().map(|content| content.text.as_str())),
        ("wamid.1", Some(said.text.as_str()))
    );
    Ok(())
}

#[tokio::test]
async fn the_driver_repeats_until_it_is_acknowledged_and_signs_every_time() -> Result<()> {
    let secret = recado::crypto::standard_webhooks::new_secret(&[7; 32]);
    let (calls, key) = (Arc::new(AtomicU32::new(0)), secret.clone());
    let counter = Arc::clone(&calls);
    let door = Peer::start(Arc::new(move |request| {
        let signatures: Vec<&str> = request.header(SIGNATURE_HEADER).into_iter().collect();
        let headers = SignedHeaders { id: request.header(ID_HEADER), timestamp: request.header(TIMESTAMP_HEADER), signatures: &signatures };
        let believed = verify(std::slice::from_ref(&key), headers, &request.body, SystemClock::new().now(), TOLERANCE).is_ok();
        let answer = match counter.fetch_add(1, Ordering::Relaxed) {
            _ if !believed => Answer::json(403, &Value::Null),
            0 => Answer::json(503, &Value::Null),
            1 => Answer::Reset,
            _ => Answer::json(202, &Value::Null),
        };
        Box::pin(async move { (Duration::ZERO, answer) })
    }))
    .await?;
    let driver = Driver::new(&door.url(), Wire::Generic { inbox: Uuid::nil().to_string(), secret })?;
    let said = Said { room: "a".into(), id: "m-1".into(), text: "hola".into() };
    assert_eq!(driver.deliver(&said).await?.tries, 3);
    assert_eq!((driver.acks().len(), calls.load(Ordering::Relaxed)), (1, 3));

    let stranger = Driver::new(&door.url(), Wire::Generic { inbox: Uuid::nil().to_string(), secret: "whsec_AAAA".into() })?;
    assert!(stranger.deliver(&said).await.is_err());
    assert_eq!(stranger.acks(), []);
    Ok(())
}
