//! A router among scripted partners, on a clock that a test turns.

use super::*;
use crate::domain::ids::{ConversationId, InboxId};
use crate::domain::model::{Manner, ModelKind};
use crate::domain::time::Timestamp;
use crate::ports::llm::ChatMessage;
use crate::ports::models::OwnProvider;
use crate::testing::clock::ManualClock;
use crate::testing::llm::ScriptedLlm;
use secrecy::{ExposeSecret, SecretString};
use std::collections::HashMap;
use std::io::Write;
use std::sync::Mutex;

pub fn tenant_id(number: u64) -> TenantId {
    TenantId(Uuid::from_u128(u128::from(number)))
}

pub fn provider_id(number: u64) -> ModelProviderId {
    ModelProviderId(Uuid::from_u128(1_000 + u128::from(number)))
}

pub fn inbox_id(number: u64) -> InboxId {
    InboxId(Uuid::from_u128(2_000 + u128::from(number)))
}

fn server(name: &str, key: &str) -> ModelServer {
    ModelServer {
        kind: ModelKind::Compatible,
        base_url: format!("https://{name}"),
        model: "m".into(),
        key: Some(SecretString::from(format!("key of {key}"))),
        prices: None,
        parallel: 16,
        manner: Manner::default(),
    }
}

/// A provider of the tenant `number`, at the server `name`, under the tenant's key.
pub fn own(number: u64, name: &str) -> Arc<OwnProvider> {
    // Providers of one tenant at different servers are different ones.
    let salt = name.bytes().fold(0, |sum, byte| sum + u64::from(byte) * 10_000);
    let id = if name == "one" { provider_id(number) } else { provider_id(number + salt) };
    Arc::new(OwnProvider { id, revision: 1, name: name.into(), inbox: None, server: server(name, &number.to_string()) })
}

/// A tenant with providers.
pub fn tenant(number: u64, providers: Vec<Arc<OwnProvider>>) -> TenantModels {
    TenantModels {
        tenant: tenant_id(number),
        timezone: "America/Hermosillo".into(),
        has_own: !providers.is_empty(),
        providers,
        allow_platform_fallback: false,
        budget: Budget::default(),
        parallel: None,
    }
}

/// A request of the tenant `number`.
pub fn request(number: u64, deadline: Duration) -> ChatRequest {
    let origin = Origin { tenant: tenant_id(number), inbox: inbox_id(1), conversation: ConversationId(Uuid::nil()) };
    let messages = vec![ChatMessage::User { text: "hola".into(), at: Timestamp::from_secs(0) }];
    ChatRequest { origin, ..ChatRequest::for_tests(messages, deadline) }
}

/// The tenants' settings in memory.
#[derive(Default)]
pub struct Settings {
    known: Mutex<HashMap<TenantId, Arc<TenantModels>>>,
    pub stored: Mutex<HashMap<TenantId, Spent>>,
    pub since: Mutex<Vec<Timestamp>>,
    broken: Mutex<bool>,
}

impl Settings {
    pub fn put(&self, models: TenantModels) {
        self.known.lock().unwrap().insert(models.tenant, Arc::new(models));
    }

    /// Nothing can be read any more.
    pub fn fail(&self) {
        *self.broken.lock().unwrap() = true;
    }
}

#[async_trait]
impl Models for Settings {
    async fn of_tenant(&self, tenant: TenantId) -> Result<Option<Arc<TenantModels>>, StoreError> {
        if *self.broken.lock().unwrap() {
            return Err(StoreError::Unknown);
        }
        Ok(self.known.lock().unwrap().get(&tenant).cloned())
    }

    async fn spent_since(&self, tenant: TenantId, since: Timestamp) -> Result<Spent, StoreError> {
        self.since.lock().unwrap().push(since);
        Ok(self.stored.lock().unwrap().get(&tenant).copied().unwrap_or_default())
    }
}

/// Partners by the host of their server.
#[derive(Default)]
pub struct Switchboard {
    partners: Mutex<HashMap<String, Arc<ScriptedLlm>>>,
    connected: Mutex<Vec<(String, String, String)>>,
}

impl Switchboard {
    /// Returns server, key and who has set the address, of every connection.
    pub fn connected(&self) -> Vec<(String, String, String)> {
        self.connected.lock().unwrap().clone()
    }

    fn partner(&self, name: &str) -> Arc<ScriptedLlm> {
        Arc::clone(self.partners.lock().unwrap().entry(name.to_owned()).or_default())
    }
}

impl Connect for Switchboard {
    fn connect(&self, server: &ModelServer, set_by: SetBy) -> Result<Arc<dyn Llm>, LlmError> {
        let name = server.base_url.trim_start_matches("https://").to_owned();
        let key = server.key.as_ref().unwrap().expose_secret().to_owned();
        let partner = self.partner(&name);
        self.connected.lock().unwrap().push((name, key, format!("{set_by:?}")));
        Ok(partner)
    }
}

pub struct Stage {
    pub router: Router,
    pub models: Arc<Settings>,
    pub connect: Arc<Switchboard>,
    pub clock: Arc<ManualClock>,
}

impl Stage {
    pub fn new() -> Self {
        Self::build(None)
    }

    pub fn with_platform(budget: Budget) -> Self {
        Self::build(Some(Platform { server: server("platform", "the platform"), budget }))
    }

    fn build(platform: Option<Platform>) -> Self {
        let (models, connect) = (Arc::new(Settings::default()), Arc::new(Switchboard::default()));
        // Evening in Hermosillo: the day ends at 07:00 UTC.
        let clock = Arc::new(ManualClock::at(Timestamp::parse("2026-11-22T03:00:00Z").unwrap()));
        let limits = RouteLimits { tenant_parallel: 8, call: Duration::from_secs(30) };
        let router = Router::new(RouteParts {
            models: Arc::clone(&models) as Arc<dyn Models>,
            connect: Arc::clone(&connect) as Arc<dyn Connect>,
            offline: Arc::new(offline::OfflineAssistant),
            clock: Arc::clone(&clock) as Arc<dyn Clock>,
            platform,
            limits,
        });
        Self { router, models, connect, clock }
    }

    pub fn partner(&self, name: &str) -> Arc<ScriptedLlm> {
        self.connect.partner(name)
    }

    /// Asks for the tenant `number`; nothing on the way may wait.
    pub async fn ask(&self, number: u64) -> ChatReply {
        self.router.complete(request(number, Duration::from_secs(40))).await.unwrap()
    }

    /// Asks, while the clock goes on in small steps; tells how long it took by that clock.
    pub async fn timed(&self, request: ChatRequest) -> (Result<ChatReply, LlmError>, Duration) {
        let began = self.clock.moment();
        let patience = request.deadline * 2;
        let reply = tokio::select! {
            reply = self.router.complete(request) => reply,
            () = self.turn(patience) => panic!("no answer in twice the time"),
        };
        (reply, self.clock.moment().0.saturating_sub(began.0))
    }

    /// Turns the clock on in small steps, everybody having time to look at each.
    pub async fn turn(&self, span: Duration) {
        let step = span / 200;
        for _ in 0..200 {
            self.rest().await;
            self.clock.advance(step);
        }
        self.rest().await;
    }

    /// Lets everybody on this thread do what there is to do.
    pub async fn rest(&self) {
        for _ in 0..10 {
            tokio::task::yield_now().await;
        }
    }
}

/// Waits for something that other tasks of this thread bring about.
pub async fn until(done: impl Fn() -> bool) {
    for _ in 0..10_000 {
        if done() {
            return;
        }
        tokio::task::yield_now().await;
    }
    panic!("it never came about");
}

#[derive(Clone, Default)]
struct Sink(Arc<Mutex<Vec<u8>>>);

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Returns everything that is logged meanwhile on this thread.
pub fn logged(work: impl FnOnce()) -> String {
    let sink = Sink::default();
    let writer = sink.clone();
    let subscriber = tracing_subscriber::fmt().with_max_level(tracing::Level::TRACE).with_writer(move || writer.clone()).with_ansi(false);
    tracing::subscriber::with_default(subscriber.finish(), work);
    let bytes = sink.0.lock().unwrap().clone();
    String::from_utf8(bytes).unwrap()
}
