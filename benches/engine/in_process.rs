//! Figures of the store alone, without HTTP: what a cold activation reads.

use crate::figures::Setup;
use crate::load::Outcome;
use crate::server::{Answers, Site};
use crate::table::Better::Less;
use crate::table::Figure;
use anyhow::Context;
use recado::crypto::ids::SystemIds;
use recado::domain::content::Content;
use recado::domain::delivery::{Address, AddressKind, Item, ItemBody, Peer};
use recado::domain::ids::{ConversationKey, TenantId};
use recado::domain::inbox::ReopenWithin;
use recado::net::clock::SystemClock;
use recado::ports::clock::Clock;
use recado::ports::store::{EngineStore, Ingest, Ingested};
use recado::store::Store;
use recado::store::connect::StoreOptions;
use std::sync::Arc;
use tokio::time::Instant;

const CONVERSATIONS: usize = 5_000;

/// Reads conversations that are not in memory, one after the other, as their actors do.
pub async fn activation(setup: &Setup) -> anyhow::Result<Vec<Figure>> {
    let site = Site::new("activation", setup.database.clone())?;
    let inbox = site.tenant("cold", 9_999, Answers::Nobody)?;
    let store = open(&site).await?;
    let keys = fill(&store, site.tenant_id("cold")?, &inbox.id).await?;
    drop(store);
    let store = open(&site).await?;
    let mut outcome = Outcome::default();
    for key in keys {
        let at = Instant::now();
        store.load(key).await?.context("a conversation is gone")?;
        outcome.latencies.push(at.elapsed());
    }
    let budget = if setup.database.is_some() { "cold activation p50 (PostgreSQL)" } else { "cold activation p50 (SQLite)" };
    Ok(vec![Figure::new(budget, outcome.percentile(0.5), "ms", Less, 0.3), Figure::plain("  p99", outcome.percentile(0.99), "ms")])
}

async fn open(site: &Site) -> anyhow::Result<Store> {
    let options = StoreOptions::new(site.database_url());
    Ok(Store::open(&options, Arc::new(SystemClock::new()), Arc::new(SystemIds::new())).await?)
}

async fn fill(store: &Store, tenant: TenantId, inbox: &str) -> anyhow::Result<Vec<ConversationKey>> {
    let inbox = inbox.parse()?;
    let numbers: Vec<usize> = (0..CONVERSATIONS).collect();
    let mut keys = Vec::with_capacity(CONVERSATIONS);
    for chunk in numbers.chunks(100) {
        let received_at = SystemClock::new().now();
        let items = chunk.iter().map(|number| item(*number)).collect();
        let ingest = Ingest { tenant, inbox, assistant: false, reopen: ReopenWithin::Always, received_at, first_index: 0, items };
        for ingested in store.ingest(ingest).await? {
            if let Ingested::Accepted(key) = ingested {
                keys.push(key);
            }
        }
    }
    Ok(keys)
}

fn item(number: usize) -> Item {
    let room = Address { kind: AddressKind::Room, value: format!("room-{number}") };
    let person = Address { kind: AddressKind::External, value: format!("person-{number}") };
    let content = Content { text: "hola, buenas tardes".to_owned(), ..Content::default() };
    Item {
        external_id: format!("cold-{number}"),
        message_id: None,
        occurred_at: None,
        peer: Peer { thread: vec![room.clone()], reply_to: Some(room), person: vec![person], ..Peer::default() },
        body: ItemBody::Message { content },
        raw: None,
    }
}
