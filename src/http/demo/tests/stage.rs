//! The fake engine under the demo's doors: remembers what it was asked.

use crate::crypto::ids::SystemIds;
use crate::crypto::standard_webhooks::{ID_HEADER, SIGNATURE_HEADER, TIMESTAMP_HEADER, sign};
use crate::domain::conversation::echo::OwnSend;
use crate::domain::conversation::effect::CommandOutcome;
use crate::domain::delivery::StatusUpdate;
use crate::domain::facts::Facts;
use crate::domain::ids::{ConversationId, ConversationKey, Epoch, InboundId, InboxId, MessageId, Partition, TeamId, TenantId};
use crate::domain::inbox::{ChannelKind, CommonSettings, Inbox, InboxState, Tenant};
use crate::domain::time::Timestamp;
use crate::http::demo::rooms::{RoomId, Rooms};
use crate::http::demo::{DemoState, configure};
use crate::ports::channel::Account;
use crate::ports::clock::{Clock, Moment};
use crate::ports::directory::{Directory, InboxEntry};
use crate::ports::engine::{CommandAnswer, Engine, LiveEvent};
use crate::ports::store::{
    ClaimOutbox, Claimed, CommandAccepted, CommitError, CommitStep, Committed, EngineStore, Ingest, Ingested, Loaded, MarkOutbox, Marked,
    NewCommand, NewRow, OutboxRow, Published, StoreError,
};
use actix_web::http::StatusCode;
use actix_web::http::header::{HOST, HeaderValue};
use actix_web::test::{TestRequest, call_service, init_service, read_body};
use actix_web::{App, HttpMessage};
use async_trait::async_trait;
use serde_json::{Value, json};
use std::collections::{BTreeMap, HashSet};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::broadcast;
use uuid::Uuid;

const SECRET: &str = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3";
pub const ROOM: &str = "0123456789abcdef";
pub const NOW: i64 = 1_760_000_000;

/// Engine, store, directory and clock in one: remembers what it was asked.
pub struct Stage {
    entry: Arc<InboxEntry>,
    seen: Mutex<HashSet<String>>,
    pub ingested: Mutex<Vec<Ingest>>,
    pub hinted: Mutex<Vec<ConversationKey>>,
    pub statuses: Mutex<Vec<StatusUpdate>>,
    pub refuse: Mutex<Option<StoreError>>,
}

fn refused<T>() -> Result<T, StoreError> {
    Err(StoreError::Refused("not part of the demo".into()))
}

#[async_trait]
impl EngineStore for Stage {
    async fn ingest(&self, ingest: Ingest) -> Result<Vec<Ingested>, StoreError> {
        if let Some(error) = self.refuse.lock().unwrap().take() {
            return Err(error);
        }
        let key = ConversationKey { tenant: ingest.tenant, id: ConversationId(Uuid::from_u128(7)), part: Partition(3) };
        let mut seen = self.seen.lock().unwrap();
        let outcome = |fresh| if fresh { Ingested::Accepted(key) } else { Ingested::Duplicate };
        let outcomes = ingest.items.iter().map(|item| outcome(seen.insert(item.external_id.clone()))).collect();
        self.ingested.lock().unwrap().push(ingest);
        Ok(outcomes)
    }
    async fn apply_statuses(
        &self,
        _: TenantId,
        _: InboxId,
        statuses: Vec<StatusUpdate>,
        _: Timestamp,
    ) -> Result<(Vec<ConversationKey>, Vec<Arc<Published>>), StoreError> {
        self.statuses.lock().unwrap().extend(statuses);
        Ok((vec![], vec![]))
    }
    async fn add_command(&self, _: NewCommand) -> Result<CommandAccepted, StoreError> {
        refused()
    }
    async fn command_outcome(&self, _: TenantId, _: InboundId) -> Result<Option<CommandOutcome>, StoreError> {
        refused()
    }
    async fn commit(&self, _: CommitStep) -> Result<Committed, CommitError> {
        Err(CommitError::Stale)
    }
    async fn claim_outbox(&self, _: ClaimOutbox) -> Result<Claimed, StoreError> {
        refused()
    }
    async fn mark_outbox(&self, _: MarkOutbox) -> Result<Marked, StoreError> {
        refused()
    }
    async fn fire_timers(&self, _: &[Partition], _: Timestamp, _: u32) -> Result<Vec<ConversationKey>, StoreError> {
        refused()
    }
    async fn load(&self, _: ConversationKey) -> Result<Option<Loaded>, StoreError> {
        refused()
    }
    async fn front_desk(&self, _: TenantId, _: InboxId, _: Option<TeamId>) -> Result<crate::domain::routing::Picture, StoreError> {
        Err(StoreError::Unknown)
    }

    async fn hand_out(&self, _: Timestamp, _: u32) -> Result<Vec<ConversationKey>, StoreError> {
        Err(StoreError::Unknown)
    }

    async fn version(&self, _: ConversationKey) -> Result<Option<i64>, StoreError> {
        refused()
    }

    async fn new_rows(&self, _: ConversationKey) -> Result<Vec<NewRow>, StoreError> {
        refused()
    }
    async fn own_sends(&self, _: ConversationKey, _: Timestamp, _: &str) -> Result<Vec<OwnSend>, StoreError> {
        refused()
    }
    async fn unsent(&self, _: ConversationKey) -> Result<Vec<OutboxRow>, StoreError> {
        refused()
    }
    async fn open_conversations(&self, _: &[Partition], _: Timestamp, _: Timestamp, _: u32) -> Result<Vec<ConversationKey>, StoreError> {
        refused()
    }
    async fn due_outbox(&self, _: &[Partition], _: Timestamp, _: u32) -> Result<Vec<OutboxRow>, StoreError> {
        refused()
    }
    async fn claim_partitions(&self, _: &str, _: &[Partition]) -> Result<Vec<(Partition, Epoch)>, StoreError> {
        refused()
    }
    async fn heartbeat(&self, _: &str, _: Timestamp) -> Result<Option<Timestamp>, StoreError> {
        refused()
    }
    async fn purge(&self, _: Timestamp) -> Result<u64, StoreError> {
        refused()
    }
}

#[async_trait]
impl Engine for Stage {
    fn hint(&self, key: ConversationKey) {
        self.hinted.lock().unwrap().push(key);
    }
    fn outbox_hint(&self, _: ConversationKey) {}
    fn arrived(&self, _: InboxId, _: Vec<(ConversationId, MessageId)>) {}
    fn publish(&self, _: Vec<Arc<Published>>) {}
    fn tell(&self, _: TenantId, _: LiveEvent) {}
    async fn command(&self, _: NewCommand) -> Result<CommandAnswer, StoreError> {
        refused()
    }
    fn subscribe(&self, _: TenantId) -> broadcast::Receiver<LiveEvent> {
        broadcast::channel(1).1
    }
    fn ready(&self) -> bool {
        true
    }
}

#[async_trait]
impl Directory for Stage {
    async fn inbox(&self, id: InboxId) -> Result<Option<Arc<InboxEntry>>, StoreError> {
        Ok((id == self.entry.inbox.id).then(|| Arc::clone(&self.entry)))
    }
    async fn by_account(&self, _: ChannelKind, _: &str) -> Result<Option<Arc<InboxEntry>>, StoreError> {
        Ok(None)
    }
    async fn tenant(&self, _: TenantId) -> Result<Option<Arc<Tenant>>, StoreError> {
        Ok(None)
    }
    async fn refresh(&self) -> Result<(), StoreError> {
        Ok(())
    }
    async fn pause(&self, _: TenantId, _: InboxId, _: &str) -> Result<(), StoreError> {
        Ok(())
    }
}

/// Stands still; nobody is woken, so nothing beats.
struct Still;

#[async_trait]
impl Clock for Still {
    fn now(&self) -> Timestamp {
        Timestamp::from_secs(NOW)
    }
    fn moment(&self) -> Moment {
        Moment(Duration::from_secs(1))
    }
    async fn sleep_until(&self, _: Moment) {
        std::future::pending().await
    }
}

pub fn stage() -> Arc<Stage> {
    let id = InboxId(Uuid::from_u128(2));
    let tenant = Tenant {
        id: TenantId(Uuid::from_u128(1)),
        slug: "demo".into(),
        name: "Clínica </script><b>Sonrisa".into(),
        locale: "es-MX".into(),
        timezone: "America/Mexico_City".into(),
        stopped: crate::domain::suspension::Stopped::default(),
        facts: Arc::new(Facts::default()),
    };
    let account =
        Account { tenant: tenant.id, inbox: id, settings: json!({}), secrets: BTreeMap::from([("secret".to_owned(), SECRET.into())]) };
    let inbox = Inbox {
        id,
        tenant: Arc::new(tenant),
        channel: ChannelKind::Generic,
        name: "demo".into(),
        state: InboxState::Active,
        common: CommonSettings::default(),
        settings: json!({}),
        hours: Arc::default(),
        survey: Arc::default(),
    };
    Arc::new(Stage {
        entry: Arc::new(InboxEntry { inbox: Arc::new(inbox), account }),
        seen: Mutex::default(),
        ingested: Mutex::default(),
        hinted: Mutex::default(),
        statuses: Mutex::default(),
        refuse: Mutex::default(),
    })
}

pub fn state(stage: &Arc<Stage>) -> DemoState {
    DemoState {
        queue: Arc::clone(stage) as Arc<dyn EngineStore>,
        engine: Arc::clone(stage) as Arc<dyn Engine>,
        directory: Arc::clone(stage) as Arc<dyn Directory>,
        clock: Arc::new(Still),
        ids: Arc::new(SystemIds::new()),
        inbox: stage.entry.inbox.id,
        api_key: "rk_page".into(),
        rooms: Rooms::default(),
    }
}

/// Sends one request; returns status, headers' location or policy, and the body.
pub async fn ask(state: &DemoState, request: TestRequest) -> (StatusCode, Value) {
    let app = init_service(App::new().configure(|config| configure(config, state.clone()))).await;
    let mut request = request.to_request();
    // As every browser does.
    if !request.headers().contains_key(HOST) {
        request.headers_mut().insert(HOST, HeaderValue::from_static("localhost:8080"));
    }
    let response = call_service(&app, request).await;
    let status = response.status();
    let bytes = read_body(response).await;
    (status, serde_json::from_slice(&bytes).unwrap_or_else(|_| String::from_utf8_lossy(&bytes).into_owned().into()))
}

pub fn signed(path: &str, id: &str, body: &str) -> TestRequest {
    TestRequest::post()
        .uri(path)
        .insert_header((ID_HEADER, id))
        .insert_header((TIMESTAMP_HEADER, NOW.to_string()))
        .insert_header((SIGNATURE_HEADER, sign(&SECRET.into(), id, NOW, body.as_bytes()).unwrap()))
        .set_payload(body.to_owned())
}

pub fn outbound(key: &str, room: &str, text: &str) -> TestRequest {
    let body = json!({"idempotency_key": key, "conversation": {"external_id": room}, "message": {"kind": "text", "text": text}});
    signed("/demo/adapter/messages", key, &body.to_string())
}

pub fn typed(room: &str, body: &Value) -> TestRequest {
    TestRequest::post().uri(&format!("/demo/rooms/{room}/messages")).set_json(body)
}

pub fn room() -> RoomId {
    RoomId::parse(ROOM).unwrap()
}
