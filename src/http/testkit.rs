//! A door for tests: real people's queries on SQLite, a scripted engine and queue behind it, a clock that stands still.

pub mod desk;
pub mod test_members;

use crate::domain::conversation::echo::OwnSend;
use crate::domain::conversation::effect::CommandOutcome;
use crate::domain::conversation::event::Happening;
use crate::domain::delivery::StatusUpdate;
use crate::domain::ids::*;
use crate::domain::inbox::{ChannelKind, CommonSettings, Inbox, InboxState, Tenant};
use crate::domain::quota::Quotas;
use crate::domain::suspension::Stopped;
use crate::domain::time::Timestamp;
use crate::http::auth::KeyCache;
use crate::http::envelope::envelope;
use crate::http::metrics::HttpMetrics;
use crate::http::rates::Rates;
use crate::http::{HttpLimits, HttpState, MetaApp};
use crate::ports::channel::Account;
use crate::ports::clock::Clock;
use crate::ports::directory::{Directory, InboxEntry};
use crate::ports::engine::{CommandAnswer, Engine, LiveEvent};
use crate::ports::store::*;
use crate::store::people::fixtures::{Base, NOW, Shop};
use actix_web::App;
use actix_web::http::Method;
use actix_web::test::{TestRequest, call_service, init_service, read_body};
use actix_web::web::Data;
use async_trait::async_trait;
use secrecy::SecretString;
use serde_json::{Value, json};
use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex};
use tokio::sync::{Semaphore, broadcast};

/// The generic inbox's secret.
pub const ADAPTER_SECRET: &str = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3";
/// The shared app's secret at Meta.
pub const APP_SECRET: &str = "test-app-secret";

/// The account of an inbox that cannot be read.
pub const UNREADABLE: &str = "666";

/// An engine that answers as it is told and remembers what it was asked.
pub struct FakeEngine {
    pub answers: Mutex<Vec<Result<CommandAnswer, StoreError>>>,
    pub commands: Mutex<Vec<NewCommand>>,
    pub hints: Mutex<Vec<ConversationKey>>,
    pub outbox_hints: Mutex<Vec<ConversationKey>>,
    pub published: Mutex<Vec<Arc<Published>>>,
    pub live: broadcast::Sender<LiveEvent>,
    pub ready: Mutex<bool>,
}

impl FakeEngine {
    /// Answers the next command with this.
    pub fn will(&self, answer: Result<CommandAnswer, StoreError>) {
        self.answers.lock().unwrap().push(answer);
    }

    /// Answers the next command as done, perhaps with a message.
    pub fn will_do(&self, seq: Option<i64>, repeat: bool) {
        let outcome = CommandOutcome::Done { changed: true, seq };
        self.will(Ok(CommandAnswer::Done { id: InboundId(uuid::Uuid::nil()), outcome, repeat, may_still_arrive: Vec::new() }));
    }

    /// Returns what the commands said.
    pub fn happenings(&self) -> Vec<Happening> {
        self.commands.lock().unwrap().iter().map(|command| command.happening.clone()).collect()
    }
}

#[async_trait]
impl Engine for FakeEngine {
    fn hint(&self, key: ConversationKey) {
        self.hints.lock().unwrap().push(key);
    }

    fn outbox_hint(&self, key: ConversationKey) {
        self.outbox_hints.lock().unwrap().push(key);
    }

    fn arrived(&self, _: InboxId, _: Vec<(ConversationId, MessageId)>) {}

    fn publish(&self, events: Vec<Arc<Published>>) {
        self.published.lock().unwrap().extend(events);
    }

    async fn command(&self, command: NewCommand) -> Result<CommandAnswer, StoreError> {
        self.commands.lock().unwrap().push(command);
        let mut answers = self.answers.lock().unwrap();
        if answers.is_empty() { Err(StoreError::Unknown) } else { answers.remove(0) }
    }

    fn subscribe(&self, _tenant: TenantId) -> broadcast::Receiver<LiveEvent> {
        self.live.subscribe()
    }

    fn ready(&self) -> bool {
        *self.ready.lock().unwrap()
    }
}

/// A queue in memory that refuses what it is told to.
#[derive(Default)]
pub struct FakeQueue {
    pub ingests: Mutex<Vec<Ingest>>,
    pub statuses: Mutex<Vec<(InboxId, StatusUpdate)>>,
    seen: Mutex<HashSet<(InboxId, String)>>,
    /// An item with this id makes the database refuse its operation.
    pub poison: Mutex<Option<String>>,
    /// Answers with this after so many more good operations.
    pub failing: Mutex<Option<(usize, StoreError)>>,
}

impl FakeQueue {
    /// Returns the ids of what was made durable, in order.
    pub fn stored(&self) -> Vec<String> {
        let ingests = self.ingests.lock().unwrap();
        ingests.iter().flat_map(|ingest| ingest.items.iter().map(|item| item.external_id.clone())).collect()
    }

    fn fail(&self) -> Result<(), StoreError> {
        let mut failing = self.failing.lock().unwrap();
        match failing.as_mut() {
            Some((0, error)) => Err(error.clone()),
            Some((left, _)) => {
                *left -= 1;
                Ok(())
            }
            None => Ok(()),
        }
    }
}

#[async_trait]
impl EngineStore for FakeQueue {
    async fn ingest(&self, ingest: Ingest) -> Result<Vec<Ingested>, StoreError> {
        self.fail()?;
        let poison = self.poison.lock().unwrap().clone();
        if ingest.items.iter().any(|item| Some(&item.external_id) == poison.as_ref()) {
            return Err(StoreError::Refused("poison".to_owned()));
        }
        let key = ConversationKey { tenant: ingest.tenant, id: ConversationId(ingest.inbox.0), part: Partition(0) };
        let mut seen = self.seen.lock().unwrap();
        let new = ingest.items.iter().map(|item| seen.insert((ingest.inbox, item.external_id.clone())));
        let outcomes = new.map(|new| if new { Ingested::Accepted(key) } else { Ingested::Duplicate }).collect();
        self.ingests.lock().unwrap().push(ingest);
        Ok(outcomes)
    }

    async fn apply_statuses(
        &self,
        _tenant: TenantId,
        inbox: InboxId,
        statuses: Vec<StatusUpdate>,
        _at: Timestamp,
    ) -> Result<(Vec<ConversationKey>, Vec<Arc<Published>>), StoreError> {
        self.fail()?;
        let poison = self.poison.lock().unwrap().clone();
        if statuses.iter().any(|status| Some(&status.external_id) == poison.as_ref()) {
            return Err(StoreError::Refused("poison".to_owned()));
        }
        self.statuses.lock().unwrap().extend(statuses.into_iter().map(|status| (inbox, status)));
        Ok((Vec::new(), Vec::new()))
    }

    async fn add_command(&self, _: NewCommand) -> Result<CommandAccepted, StoreError> {
        Err(StoreError::Unknown)
    }

    async fn command_outcome(&self, _: TenantId, _: InboundId) -> Result<Option<CommandOutcome>, StoreError> {
        Err(StoreError::Unknown)
    }

    async fn commit(&self, _: CommitStep) -> Result<Committed, CommitError> {
        Err(CommitError::Stale)
    }

    async fn claim_outbox(&self, _: ClaimOutbox) -> Result<Claimed, StoreError> {
        Err(StoreError::Unknown)
    }

    async fn mark_outbox(&self, _: MarkOutbox) -> Result<Marked, StoreError> {
        Err(StoreError::Unknown)
    }

    async fn fire_timers(&self, _: &[Partition], _: Timestamp, _: u32) -> Result<Vec<ConversationKey>, StoreError> {
        Err(StoreError::Unknown)
    }

    async fn load(&self, _: ConversationKey) -> Result<Option<Loaded>, StoreError> {
        Err(StoreError::Unknown)
    }

    async fn front_desk(&self, _: TenantId, _: InboxId, _: Option<TeamId>) -> Result<crate::domain::routing::Picture, StoreError> {
        Err(StoreError::Unknown)
    }

    async fn hand_out(&self, _: Timestamp, _: u32) -> Result<Vec<ConversationKey>, StoreError> {
        Err(StoreError::Unknown)
    }

    async fn version(&self, _: ConversationKey) -> Result<Option<i64>, StoreError> {
        Err(StoreError::Unknown)
    }
    async fn new_rows(&self, _: ConversationKey) -> Result<Vec<NewRow>, StoreError> {
        Err(StoreError::Unknown)
    }

    async fn own_sends(&self, _: ConversationKey, _: Timestamp, _: &str) -> Result<Vec<OwnSend>, StoreError> {
        Err(StoreError::Unknown)
    }

    async fn unsent(&self, _: ConversationKey) -> Result<Vec<OutboxRow>, StoreError> {
        Err(StoreError::Unknown)
    }

    async fn open_conversations(&self, _: &[Partition], _: Timestamp, _: Timestamp, _: u32) -> Result<Vec<ConversationKey>, StoreError> {
        Err(StoreError::Unknown)
    }

    async fn due_outbox(&self, _: &[Partition], _: Timestamp, _: u32) -> Result<Vec<OutboxRow>, StoreError> {
        Err(StoreError::Unknown)
    }

    async fn claim_partitions(&self, _: &str, _: &[Partition]) -> Result<Vec<(Partition, Epoch)>, StoreError> {
        Err(StoreError::Unknown)
    }

    async fn heartbeat(&self, _: &str, _: Timestamp) -> Result<Option<Timestamp>, StoreError> {
        Err(StoreError::Unknown)
    }

    async fn purge(&self, _: Timestamp) -> Result<u64, StoreError> {
        Err(StoreError::Unknown)
    }
}

/// A directory in memory.
#[derive(Default)]
pub struct FakeDirectory {
    entries: Mutex<HashMap<InboxId, Arc<InboxEntry>>>,
}

#[async_trait]
impl Directory for FakeDirectory {
    async fn inbox(&self, id: InboxId) -> Result<Option<Arc<InboxEntry>>, StoreError> {
        Ok(self.entries.lock().unwrap().get(&id).cloned())
    }

    async fn by_account(&self, channel: ChannelKind, account: &str) -> Result<Option<Arc<InboxEntry>>, StoreError> {
        if account == UNREADABLE {
            return Err(StoreError::Refused("no key opens it".to_owned()));
        }
        let entries = self.entries.lock().unwrap();
        let named = |entry: &&Arc<InboxEntry>| entry.inbox.channel == channel && entry.account.settings["phone_number_id"] == account;
        Ok(entries.values().find(named).cloned())
    }

    async fn tenant(&self, id: TenantId) -> Result<Option<Arc<Tenant>>, StoreError> {
        let entries = self.entries.lock().unwrap();
        Ok(entries.values().map(|entry| &entry.inbox.tenant).find(|tenant| tenant.id == id).map(Arc::clone))
    }

    async fn refresh(&self) -> Result<(), StoreError> {
        Ok(())
    }

    async fn pause(&self, _: TenantId, _: InboxId, _: &str) -> Result<(), StoreError> {
        Ok(())
    }
}

/// The door with everything behind it.
pub struct Door {
    pub base: Base,
    pub state: HttpState,
    pub engine: Arc<FakeEngine>,
    pub queue: Arc<FakeQueue>,
    directory: Arc<FakeDirectory>,
}

/// An answer.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: HashMap<String, String>,
    pub text: String,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|_| panic!("no JSON: {}", self.text))
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map(String::as_str).unwrap_or_default()
    }
}

impl Door {
    pub async fn open() -> Self {
        Self::on(Base::open().await).await
    }

    /// Opens the door on a database.
    pub async fn on(base: Base) -> Self {
        let registry = prometheus::Registry::new();
        let engine = Arc::new(FakeEngine {
            answers: Mutex::default(),
            commands: Mutex::default(),
            hints: Mutex::default(),
            outbox_hints: Mutex::default(),
            published: Mutex::default(),
            live: broadcast::Sender::new(4),
            ready: Mutex::new(true),
        });
        let (queue, directory) = (Arc::new(FakeQueue::default()), Arc::new(FakeDirectory::default()));
        let meta = MetaApp { secrets: vec![SecretString::from(APP_SECRET)], verify_token: Some(SecretString::from("vt")) };
        let state = HttpState {
            store: base.store.clone(),
            queue: Arc::clone(&queue) as Arc<dyn EngineStore>,
            engine: Arc::clone(&engine) as Arc<dyn Engine>,
            directory: Arc::clone(&directory) as Arc<dyn Directory>,
            clock: Arc::clone(&base.clock) as Arc<dyn Clock>,
            ids: Arc::clone(&base.ids) as Arc<dyn crate::ports::ids::IdSource>,
            meta,
            models: desk::door(base.store.clone()),
            limits: HttpLimits::default(),
            https: true,
            access: crate::http::access_table(),
            rates: Rates::new(&Quotas::default(), &[], Arc::clone(&base.clock) as Arc<dyn Clock>),
            accounts: desk::accounts(base.store.clone()).await,
            keys: KeyCache::default(),
            metrics: HttpMetrics::register(&registry).unwrap(),
            registry,
            streams: Arc::new(Semaphore::new(2)),
            key_streams: crate::http::api::v1::events::KeyStreams::default(),
            links: desk::links(),
            visits: crate::http::appointments::Visits::default(),
        };
        Self { base, state, engine, queue, directory }
    }

    /// Makes a tenant with an inbox that the directory knows.
    pub async fn shop(&self, slug: &str, channel: ChannelKind, account: &str) -> Shop {
        let shop = self.base.shop(slug, channel.as_str()).await;
        let tenant = Tenant {
            id: shop.tenant,
            slug: slug.to_owned(),
            name: slug.to_owned(),
            locale: "es-MX".to_owned(),
            timezone: "UTC".to_owned(),
            stopped: Stopped::default(),
            facts: Arc::default(),
        };
        let settings = json!({"phone_number_id": account});
        let inbox = Inbox {
            id: shop.inbox,
            tenant: Arc::new(tenant),
            channel,
            name: "Front desk".to_owned(),
            state: InboxState::Active,
            common: CommonSettings::default(),
            settings: settings.clone(),
        };
        let secrets = [("secret".to_owned(), SecretString::from(ADAPTER_SECRET))].into();
        let account = Account { tenant: shop.tenant, inbox: shop.inbox, settings, secrets };
        let entry = Arc::new(InboxEntry { inbox: Arc::new(inbox), account });
        self.directory.entries.lock().unwrap().insert(shop.inbox, entry);
        shop
    }

    /// Gives an inbox a Meta app of its own.
    pub fn own_app(&self, shop: &Shop, app_secret: &str) {
        self.change(shop, |entry| {
            entry.account.secrets.insert("app_secret".to_owned(), SecretString::from(app_secret));
            entry.account.secrets.insert("verify_token".to_owned(), SecretString::from("own"));
        });
    }

    /// Changes what the directory knows of an inbox.
    pub fn change(&self, shop: &Shop, change: impl FnOnce(&mut InboxEntry)) {
        let mut entries = self.directory.entries.lock().unwrap();
        change(Arc::make_mut(entries.get_mut(&shop.inbox).unwrap()));
    }

    /// Sends a request.
    pub async fn call(&self, request: TestRequest) -> Answer {
        let state = Data::new(self.state.clone());
        let app = App::new().wrap(actix_web::middleware::from_fn(envelope));
        let app = init_service(app.configure(|config| crate::http::configure(config, state))).await;
        let response = call_service(&app, request.to_request()).await;
        let headers = response.headers().iter();
        let headers = headers.map(|(name, value)| (name.to_string(), value.to_str().unwrap_or_default().to_owned())).collect();
        let status = response.status().as_u16();
        let text = String::from_utf8_lossy(&read_body(response).await).into_owned();
        Answer { status, headers, text }
    }

    /// Sends a request whose answer may never end; returns its status and, of a refusal, its code.
    pub async fn glance(&self, request: TestRequest) -> (u16, String) {
        let state = Data::new(self.state.clone());
        let app = App::new().wrap(actix_web::middleware::from_fn(envelope));
        let app = init_service(app.configure(|config| crate::http::configure(config, state))).await;
        let response = call_service(&app, request.to_request()).await;
        let status = response.status().as_u16();
        if status < 400 {
            return (status, String::new());
        }
        let body: Value = serde_json::from_slice(&read_body(response).await).unwrap_or_default();
        (status, body["code"].as_str().unwrap_or_default().to_owned())
    }

    /// Sends a request with a shop's key and perhaps a JSON body.
    pub async fn ask(&self, shop: &Shop, method: Method, path: &str, body: Option<Value>) -> Answer {
        let request = TestRequest::default().method(method).uri(path).insert_header(("authorization", format!("Bearer {}", shop.token)));
        self.call(match body {
            Some(body) => request.set_json(body),
            None => request,
        })
        .await
    }

    pub async fn get(&self, shop: &Shop, path: &str) -> Answer {
        self.ask(shop, Method::GET, path, None).await
    }

    pub async fn post(&self, shop: &Shop, path: &str, body: Value) -> Answer {
        self.ask(shop, Method::POST, path, Some(body)).await
    }

    /// Tells the time of day.
    pub fn now(&self) -> Timestamp {
        self.base.clock.now().max(NOW)
    }
}
