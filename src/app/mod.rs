//! The application: the one place where a port meets its adapter. Built in order (clock, store, adapters, engine, HTTP), ended in reverse.

mod mail;
mod models;
mod run;

pub use models::model_desk;
pub use run::{ChatError, DemoData, chat, demo, openapi, serve};

use crate::channels::generic::outbound::GenericSender;
use crate::channels::whatsapp::WhatsAppSender;
use crate::config::{Config, GatheringWait};
use crate::crypto::file_links::SignedFiles;
use crate::crypto::ids::SystemIds;
use crate::crypto::keyring::KeyRing;
use crate::crypto::links::PageLinks;
use crate::domain::inbox::ChannelKind;
use crate::engine::calendar::CalendarPorts;
use crate::engine::files::FilePorts;
use crate::engine::placement::{Placement, Single};
use crate::engine::settings::EngineSettings;
use crate::engine::waitlist::WaitlistPorts;
use crate::engine::webhooks::WebhookPorts;
use crate::engine::{EngineHandle, EnginePorts, Threads};
use crate::files::preview::SmallPictures;
use crate::files::{ObjectFiles, PlaceError};
use crate::http::api::v1::conversations::watching::Watchers;
use crate::http::api::v1::events::{KeyStreams, StreamCache};
use crate::http::api::v1::views::message_json;
use crate::http::appointments::Visits;
use crate::http::auth::KeyCache;
use crate::http::demo::{self as demo_room, DemoState};
use crate::http::envelope::envelope;
use crate::http::files::FileDoor;
use crate::http::files::places::Places;
use crate::http::metrics::HttpMetrics;
use crate::http::rates::Rates;
use crate::http::{self, HttpLimits, HttpState, MetaApp, ModelDoor};
use crate::net::client::{BuildError, HttpClient, OutboundPolicy};
use crate::net::clock::SystemClock;
use crate::net::guard::AllowList;
use crate::ports::calendar::Calendars;
use crate::ports::channel::ChannelSender;
use crate::ports::clock::Clock;
use crate::ports::engine::Engine as _;
use crate::ports::ids::IdSource;
use crate::ports::llm::Llm;
use crate::ports::metrics::{CalendarMeters, EngineMeters, Metrics, MetricsError, WriterMeters};
use crate::ports::models::ModelDesk;
use crate::ports::prompts::PromptError;
use crate::ports::store::StoreError;
use crate::prompting::Library;
use crate::providers::llm::metered::Metered;
use crate::providers::mail::smtp::SmtpError;
use crate::store::Store;
use crate::store::accounts::{AccountSettings, Accounts};
use crate::store::admin::{Admin, AdminError};
use crate::store::connect::{OpenError, StoreOptions};
use crate::store::directory::StoreDirectory;
use crate::store::notices::NoticeDesk;
use crate::store::webhooks::WebhookDesk;
use crate::toolbox::Catalogue;
use crate::webhooks_out::HttpCaller;
use actix_web::dev::{Server, ServerHandle};
use actix_web::middleware::from_fn;
use actix_web::web::Data;
use actix_web::{App as WebApp, HttpServer};
use secrecy::ExposeSecret;
use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use thiserror::Error;
use tokio::sync::Semaphore;

/// What may be replaced when an application is built: tests turn the clock, commands listen nowhere.
pub struct Parts {
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Ids.
    pub ids: Arc<dyn IdSource>,
    /// The model; `None`: the one that is set up for each tenant, the offline assistant behind it.
    pub llm: Option<Arc<dyn Llm>>,
    /// Who owns which partition.
    pub placement: Box<dyn Placement>,
    /// Outside calendars; `None`: there are none.
    pub calendars: Option<Arc<dyn Calendars>>,
    /// The demo: links of mails that nobody can send are shown in the log.
    pub demo: bool,
}

impl Default for Parts {
    fn default() -> Self {
        let (clock, ids) = (Arc::new(SystemClock::new()), Arc::new(SystemIds::new()));
        Self { clock, ids, llm: None, placement: Box::new(Single), calendars: calendars(), demo: false }
    }
}

/// Why the application could not be built.
#[derive(Debug, Error)]
pub enum AppError {
    /// The database does not open.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The database refuses.
    #[error("could not start on the database")]
    Store(#[from] StoreError),
    /// The HTTP client.
    #[error("could not build the HTTP client")]
    Client(#[from] BuildError),
    /// The prompts.
    #[error(transparent)]
    Prompts(#[from] PromptError),
    /// The mailer.
    #[error("could not set up the SMTP server")]
    Mail(#[from] SmtpError),
    /// The metrics.
    #[error("could not register the metrics")]
    Metrics(#[from] MetricsError),
    /// The store of files.
    #[error(transparent)]
    Files(#[from] PlaceError),
    /// The installation's own key.
    #[error("could not open the keys of accounts")]
    Accounts(#[from] AdminError),
    /// The address to listen on.
    #[error("could not listen on {address}")]
    Listen {
        /// Which.
        address: SocketAddr,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The server.
    #[error("the HTTP server ended")]
    Server(#[source] std::io::Error),
    /// Another server may be at work on the same database.
    #[error("another server has taken the lock of the database")]
    LockLost,
}

/// Everything behind the door, running; HTTP comes on top of it.
pub struct Core {
    /// The database.
    pub store: Store,
    /// Tenants and inboxes.
    pub directory: StoreDirectory,
    /// The actors.
    pub engine: EngineHandle,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Ids.
    pub ids: Arc<dyn IdSource>,
    /// Figures.
    pub metrics: Arc<Metrics>,
    /// Administration.
    pub admin: Admin,
    /// People who sign in.
    pub accounts: Accounts,
    /// How the models stand.
    pub desk: Arc<dyn ModelDesk>,
    /// The addresses of public pages.
    pub links: Arc<PageLinks>,
    /// The bytes of files.
    pub files: Arc<ObjectFiles>,
    /// The links that open them.
    pub file_links: Arc<SignedFiles>,
}

impl Core {
    /// Opens the database and starts the engine. The schema must be current, the lock held. Must be called inside an actix system.
    ///
    /// # Errors
    /// [`AppError`].
    pub async fn build(config: &Config, ring: Arc<KeyRing>, parts: Parts) -> Result<Self, AppError> {
        let Parts { clock, ids, llm, placement, calendars, demo } = parts;
        let links = PageLinks::new(&ring, config.public_url.as_str());
        let links = Arc::new(links.sent_by(config.mail.as_ref().map(|mail| mail.sender.address())));
        let file_links = Arc::new(SignedFiles::new(&ring, config.public_url.as_str()));
        let files = Arc::new(ObjectFiles::open(&config.files.place)?);
        let store = Store::open(&store_options(config), Arc::clone(&clock), Arc::clone(&ids)).await?;
        let metrics = Arc::new(Metrics::new()?);
        store.measure(WriterMeters::register(metrics.registry())?);
        let webhooks = webhook_ports(config, &store, &ring)?;
        let admin = Admin::new(store.clone(), ring).allowing(AllowList::new(config.outbound_allow.clone(), &[]));
        let accounts = Accounts::open(&admin, account_settings(config)).await?;
        let directory = admin.directory().await?;
        let router = models::router(config, &directory, &clock)?;
        models::name_labels(config, metrics.models());
        let llm = llm.unwrap_or_else(|| Arc::clone(&router) as Arc<dyn Llm>);
        let llm = Arc::new(Metered::new(llm, metrics.models().clone(), Arc::clone(&clock)));
        let calendar_meters = CalendarMeters::register(metrics.registry())?;
        let calendar = calendars.map(|calendars| outside(&store, calendars, calendar_meters));
        let ports = EnginePorts {
            store: Arc::new(store.clone()),
            directory: Arc::new(directory.clone()),
            clock: Arc::clone(&clock),
            ids: Arc::clone(&ids),
            llm,
            prompts: Arc::new(Library::new()?),
            toolbox: Arc::new(Catalogue::with_book(Arc::new(store.clone()), Arc::clone(&ids)).with_links(Arc::clone(&links) as _)),
            calendar,
            waitlist: Some(WaitlistPorts {
                list: Arc::new(store.clone()),
                book: Arc::new(store.clone()),
                directory: Arc::new(directory.clone()),
            }),
            notices: Some(Arc::new(NoticeDesk::new(store.clone(), config.public_url.clone()))),
            webhooks: Some(webhooks),
            imports: Some(Arc::new(store.clone())),
            bulk: Some(Arc::new(store.clone())),
            mail: Some(mail::ports(config, &store, (&links, accounts.mail_seal()), &clock, demo)?),
            files: Some(FilePorts { rows: Arc::new(store.clone()), store: Arc::clone(&files) as _, links: Arc::clone(&file_links) as _ }),
            links: Arc::clone(&links) as _,
            senders: senders(config, &clock)?,
        };
        let settings = engine_settings(config);
        let engine = EngineHandle::start(ports, settings, config.node_id.clone(), placement.as_ref(), Threads::Own).await?;
        // The engine is new: nothing else has given it meters.
        let _second = engine.stats().meters.set(EngineMeters::register(metrics.registry())?);
        tell_in_order(&store, &engine);
        Ok(Self { store, directory, engine, clock, ids, metrics, admin, accounts, desk: router, links, files, file_links })
    }
}

/// No provider is built in yet.
#[cfg(not(feature = "testing"))]
const fn calendars() -> Option<Arc<dyn Calendars>> {
    None
}

/// The calendar of a test that outlives this process, if it gave one.
#[cfg(feature = "testing")]
fn calendars() -> Option<Arc<dyn Calendars>> {
    PLUGGED.get().cloned()
}

#[cfg(feature = "testing")]
static PLUGGED: std::sync::OnceLock<Arc<dyn Calendars>> = std::sync::OnceLock::new();

/// Gives a test's calendar to every application of this process; only the first call counts.
#[cfg(feature = "testing")]
pub fn plug_calendars(calendars: Arc<dyn Calendars>) {
    // A second one would be another test's.
    let _second = PLUGGED.set(calendars);
}

/// Connects outside calendars with the book: availability asks them, the worker writes into them.
fn outside(store: &Store, calendars: Arc<dyn Calendars>, meters: CalendarMeters) -> CalendarPorts {
    store.use_calendars(Arc::clone(&calendars));
    let (jobs, book) = (Arc::new(store.clone()), Arc::new(store.clone()));
    CalendarPorts { calendars, jobs, book, meters }
}

/// Connects the timeline with businesses' own systems: they are shown what people are shown, at addresses that are public or allowed.
fn webhook_ports(config: &Config, store: &Store, ring: &Arc<KeyRing>) -> Result<WebhookPorts, AppError> {
    let allow = AllowList::new(config.outbound_allow.clone(), &[]);
    let sender = HttpCaller::new(HttpClient::build(OutboundPolicy { allow })?);
    let queue = WebhookDesk::new(store.clone(), Arc::clone(ring), message_json);
    Ok(WebhookPorts { queue: Arc::new(queue), sender: Arc::new(sender) })
}

/// Passes the numbered events on in the order of their commits, which only the writer knows.
fn tell_in_order(store: &Store, engine: &EngineHandle) {
    let mut committed = store.subscribe();
    let engine = engine.clone();
    tokio::spawn(async move {
        loop {
            match committed.recv().await {
                Ok(event) => engine.publish(vec![event]),
                // Streams read the timeline for what they have missed.
                Err(tokio::sync::broadcast::error::RecvError::Lagged(_)) => {}
                Err(tokio::sync::broadcast::error::RecvError::Closed) => return,
            }
        }
    });
}

/// Returns what the operator has set about signing in.
#[must_use]
pub fn account_settings(config: &Config) -> AccountSettings {
    let crate::config::AccountsConfig { bcrypt_cost, sign_up_open, terms_version } = config.accounts.clone();
    AccountSettings { bcrypt_cost, sign_up_open, public_url: config.public_url.clone(), mails: config.mail.is_some(), terms_version }
}

fn store_options(config: &Config) -> StoreOptions {
    let mut options = StoreOptions::new(config.database_url.expose_secret());
    options.readers = config.engine.readers;
    options.writer.queue = config.engine.writer_queue;
    options.writer.batch = config.engine.writer_batch;
    options
}

fn engine_settings(config: &Config) -> EngineSettings {
    let millis = |span: Duration| u64::try_from(span.as_millis()).unwrap_or(u64::MAX);
    let engine = &config.engine;
    EngineSettings {
        sweep_ms: millis(engine.sweep),
        turn_deadline_ms: millis(engine.turn_deadline),
        send_deadline_ms: millis(engine.send_deadline),
        webhook_timeout_ms: millis(engine.webhook_timeout),
        uncertain_wait_ms: millis(engine.uncertain_wait),
        passivate_after_ms: millis(engine.passivate_after),
        context_tokens: engine.context_tokens,
        trace_bytes: engine.trace_bytes,
        max_live: engine.max_live_conversations,
        drain_ms: millis(engine.drain),
        retry_schedule_ms: engine.retry_schedule.iter().copied().map(millis).collect(),
        gathering_ms: match engine.gathering {
            GatheringWait::Adaptive => None,
            GatheringWait::Fixed(wait) => Some(millis(wait)),
        },
        ..EngineSettings::default()
    }
}

fn senders(config: &Config, clock: &Arc<dyn Clock>) -> Result<HashMap<ChannelKind, Arc<dyn ChannelSender>>, AppError> {
    let graph = config.meta.graph_url.clone();
    let allow = AllowList::new(config.outbound_allow.clone(), std::slice::from_ref(&graph));
    let client = HttpClient::build(OutboundPolicy { allow })?;
    let whatsapp = WhatsAppSender::new(client.operator().clone(), graph);
    let generic = GenericSender::new(client, Arc::clone(clock));
    Ok(HashMap::from([
        (ChannelKind::Whatsapp, Arc::new(whatsapp) as Arc<dyn ChannelSender>),
        (ChannelKind::Generic, Arc::new(generic) as Arc<dyn ChannelSender>),
    ]))
}

/// A running application.
pub struct App {
    /// What stands behind the door.
    pub core: Core,
    /// Where it listens.
    pub address: SocketAddr,
    server: ServerHandle,
}

impl App {
    /// Opens the door. Returns the server's future too: poll it, or spawn it.
    ///
    /// # Errors
    /// [`AppError::Listen`] if the address is taken.
    pub fn open(core: Core, config: &Config, demo: Option<DemoState>) -> Result<(Self, Server), AppError> {
        let state = Data::new(http_state(&core, config)?);
        // The demo's page keeps streams of its own open; nobody is to wait for these.
        let watched = demo.is_some();
        forget_revoked(&core, state.keys.clone());
        show_totals(&core);
        sweep_rates(&core, state.rates.clone());
        let build = move || {
            let (state, demo) = (state.clone(), demo.clone());
            WebApp::new().wrap(from_fn(envelope)).configure(move |app| {
                if let Some(demo) = demo {
                    demo_room::configure(app, demo);
                }
                http::configure(app, state);
            })
        };
        let workers = std::thread::available_parallelism().map_or(2, std::num::NonZero::get);
        let failed = |source| AppError::Listen { address: config.listen, source };
        let server = HttpServer::new(build)
            .workers(workers)
            .client_request_timeout(config.limits.head_time)
            .client_disconnect_timeout(Duration::from_secs(1))
            .keep_alive(config.limits.keep_alive)
            .max_connections((config.limits.connections / workers).max(1))
            .backlog(1024)
            .worker_max_blocking_threads(16)
            .shutdown_timeout(if watched { 1 } else { 20 })
            .disable_signals()
            .bind(config.listen)
            .map_err(failed)?;
        let address = server.addrs().first().copied().unwrap_or(config.listen);
        let server = server.run();
        Ok((Self { core, address, server: server.handle() }, server))
    }

    /// Stops taking work, finishes what is under way, ends the actors. What is left stands in the database.
    pub async fn stop(self) {
        self.core.engine.end_streams();
        self.server.stop(true).await;
        self.core.engine.drain().await;
    }

    /// Ends without finishing anything: another server may be at work already. What is left stands in the database.
    pub async fn abort(self) {
        self.core.engine.abort();
        self.core.engine.end_streams();
        self.server.stop(false).await;
    }
}

/// Shows the engine's totals to whoever reads the metrics, a second old at most.
fn show_totals(core: &Core) {
    let (engine, metrics, clock) = (core.engine.clone(), Arc::clone(&core.metrics), Arc::clone(&core.clock));
    actix::spawn(async move {
        loop {
            metrics.show(engine.totals());
            clock.sleep_until(clock.moment().after(Duration::from_secs(1))).await;
        }
    });
}

/// Forgets every minute whoever has asked nothing lately.
fn sweep_rates(core: &Core, rates: Rates) {
    let clock = Arc::clone(&core.clock);
    actix::spawn(async move {
        loop {
            clock.sleep_until(clock.moment().after(Duration::from_mins(1))).await;
            rates.sweep();
        }
    });
}

/// Forgets the keys and sessions found lately whenever the settings have changed, so that a revoked one ends within a second.
fn forget_revoked(core: &Core, keys: KeyCache) {
    let accounts = core.accounts.clone();
    let (directory, clock) = (core.directory.clone(), Arc::clone(&core.clock));
    actix::spawn(async move {
        let mut seen = directory.version();
        loop {
            clock.sleep_until(clock.moment().after(Duration::from_millis(500))).await;
            let version = directory.version();
            if version != seen {
                keys.forget_all();
                accounts.forget_holders();
                seen = version;
            }
        }
    });
}

fn http_state(core: &Core, config: &Config) -> Result<HttpState, AppError> {
    let registry = core.metrics.registry().clone();
    let limits = HttpLimits {
        body_time: config.body_time,
        body_rate: config.limits.body_rate,
        file_bytes: config.files.max_bytes,
        ..HttpLimits::default()
    };
    Ok(HttpState {
        store: core.store.clone(),
        queue: Arc::new(core.store.clone()),
        engine: Arc::new(core.engine.clone()),
        directory: Arc::new(core.directory.clone()),
        clock: Arc::clone(&core.clock),
        ids: Arc::clone(&core.ids),
        meta: MetaApp { secrets: config.meta.app_secret.clone().into_iter().collect(), verify_token: config.meta.verify_token.clone() },
        models: ModelDoor { admin: core.admin.clone(), desk: Arc::clone(&core.desk) },
        limits,
        https: config.public_url.scheme() == "https",
        access: http::access_table(),
        rates: Rates::new(&config.limits.effective(), &config.limits.trusted_proxies, Arc::clone(&core.clock)),
        accounts: core.accounts.clone(),
        keys: KeyCache::default(),
        metrics: HttpMetrics::register(&registry)?,
        registry,
        streams: Arc::new(Semaphore::new(limits.streams)),
        key_streams: KeyStreams::default(),
        stream_cache: StreamCache::default(),
        watchers: Watchers::default(),
        links: Arc::clone(&core.links),
        files: FileDoor {
            store: Arc::clone(&core.files) as _,
            previews: Arc::new(SmallPictures::default()),
            links: Arc::clone(&core.file_links),
            places: Places::default(),
        },
        visits: Visits::default(),
    })
}
