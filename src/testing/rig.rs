//! The engine's test rig: real actors on the test's arbiter, the real store and writer on a database of their own, a scripted model, a
//! recording channel, and a clock that stands still. It asserts nothing about the product; it fails loudly if it cannot be built.

mod look;
mod verbs;
mod wait;

pub use look::{Line, OutRow, QueueRow};

use crate::crypto::file_links::SignedFiles;
use crate::crypto::ids::SystemIds;
use crate::crypto::keyring::KeyRing;
use crate::crypto::links::PageLinks;
use crate::domain::facts::Facts;
use crate::domain::ids::{AgentId, ConversationKey, InboxId, TenantId};
use crate::domain::inbox::{ChannelKind, CommonSettings, Inbox, InboxState, Tenant};
use crate::domain::time::Timestamp;
use crate::engine::calendar::CalendarPorts;
use crate::engine::files::FilePorts;
use crate::engine::mail::MailPorts;
use crate::engine::placement::Placement;
use crate::engine::settings::EngineSettings;
use crate::engine::waitlist::WaitlistPorts;
use crate::engine::webhooks::WebhookPorts;
use crate::engine::{EngineHandle, EnginePorts, Threads};
use crate::http::api::v1::views::message_json;
use crate::ports::clock::Clock;
use crate::ports::ids::IdSource;
use crate::ports::metrics::CalendarMeters;
use crate::ports::store::EngineStore;
use crate::prompting::Library;
use crate::prompting::letters::LetterLibrary;
use crate::store::Store;
use crate::store::admin::Admin;
use crate::store::connect::{StoreOptions, connect_for_migration};
use crate::store::mail::MailSeal;
use crate::store::notices::NoticeDesk;
use crate::store::scope::Role;
use crate::store::webhooks::WebhookDesk;
use crate::testing::calendar::FlakyCalendar;
use crate::testing::channel::RecordingChannel;
use crate::testing::clock::ManualClock;
use crate::testing::directory::FixedDirectory;
use crate::testing::files::FlakyFiles;
use crate::testing::gated_store::GatedStore;
use crate::testing::llm::ScriptedLlm;
use crate::testing::mail::ScriptedMailer;
use crate::testing::webhooks::ScriptedCaller;
use crate::toolbox::Catalogue;
use anyhow::Result;
use entities::instant::Instant;
use sea_orm::sea_query::Query;
use sea_orm::{ConnectionTrait, Iden};
use secrecy::SecretString;
use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, RwLock};

static NEXT: AtomicU64 = AtomicU64::new(1);

/// How to build a rig.
pub struct RigOptions {
    /// A migrated database; `None`: a SQLite file that goes with the rig.
    pub url: Option<String>,
    /// The channel.
    pub channel: RecordingChannel,
    /// Its kind: decides the lane's buckets.
    pub kind: ChannelKind,
    /// The engine's timings.
    pub settings: EngineSettings,
    /// The inbox's settings.
    pub common: CommonSettings,
}

impl Default for RigOptions {
    /// A channel that recognises repeats, no gathering, no silence timers, no disclosure before the script's words.
    fn default() -> Self {
        Self {
            url: None,
            channel: RecordingChannel::idempotent(),
            kind: ChannelKind::Generic,
            settings: EngineSettings { drain_ms: 0, ..EngineSettings::default() },
            common: CommonSettings {
                gathering_ms: Some(0),
                idle_after_hours: Some(0),
                disclosure: Some(false),
                ..CommonSettings::default()
            },
        }
    }
}

/// A business with one inbox, its database, and the engines that serve it.
pub struct Rig {
    /// The store without any decoration.
    pub store: Store,
    /// The store as the engines see it.
    pub gates: Arc<GatedStore>,
    /// The inbox's settings.
    pub directory: Arc<FixedDirectory>,
    /// Time.
    pub clock: Arc<ManualClock>,
    /// The model.
    pub llm: Arc<ScriptedLlm>,
    /// The prompts.
    pub prompts: Arc<Library>,
    /// The channel.
    pub channel: Arc<RecordingChannel>,
    /// The outside calendars.
    pub calendar: Arc<FlakyCalendar>,
    /// What is counted of them.
    pub meters: CalendarMeters,
    /// Who sends mails.
    pub mailer: Arc<ScriptedMailer>,
    /// Their templates.
    pub letters: Arc<LetterLibrary>,
    /// Who calls webhooks.
    pub caller: Arc<ScriptedCaller>,
    /// The bytes of files.
    pub files: Arc<FlakyFiles>,
    /// What seals their secrets.
    pub ring: Arc<KeyRing>,
    /// What seals mails with links.
    pub seal: MailSeal,
    /// The address that mails lead to.
    pub public_url: url::Url,
    /// The business.
    pub tenant: TenantId,
    /// Its inbox.
    pub inbox: InboxId,
    /// A person who works there.
    pub agent: AgentId,
    /// The engines that were started, the oldest first.
    pub engines: Vec<EngineHandle>,
    /// Stores of engines that stand apart, as in processes of their own.
    apart: Vec<Store>,
    settings: EngineSettings,
    kind: ChannelKind,
    counter: AtomicU64,
    rooms: RwLock<HashMap<String, ConversationKey>>,
    _home: Option<Home>,
}

/// The folder of a SQLite file; goes with the rig.
struct Home(PathBuf);

impl Drop for Home {
    fn drop(&mut self) {
        // A file that stays behind in the temp folder hurts nobody.
        let _gone = std::fs::remove_dir_all(&self.0);
    }
}

impl Rig {
    /// Builds a rig with the default options and starts one engine that owns everything.
    ///
    /// # Errors
    /// Whatever stands in the way of a database.
    pub async fn new() -> Result<Self> {
        Self::with(RigOptions::default()).await
    }

    /// Builds a rig and starts one engine that owns everything.
    ///
    /// # Errors
    /// As [`Rig::new`].
    pub async fn with(options: RigOptions) -> Result<Self> {
        let mut rig = Self::build(options).await?;
        rig.start(&crate::engine::placement::Single, Threads::Current).await?;
        Ok(rig)
    }

    /// Builds a rig without any engine.
    ///
    /// # Errors
    /// As [`Rig::new`].
    pub async fn build(options: RigOptions) -> Result<Self> {
        let (url, home) = match options.url {
            Some(url) => (url, None),
            None => sqlite().await?,
        };
        let clock = Arc::new(ManualClock::at(Timestamp::from_secs(1_790_000_000)));
        let ids = Arc::new(SystemIds::new());
        let store =
            Store::open(&StoreOptions::new(url), Arc::clone(&clock) as Arc<dyn Clock>, Arc::clone(&ids) as Arc<dyn IdSource>).await?;
        let (tenant, inbox, agent) = (TenantId(ids.uuid()), InboxId(ids.uuid()), AgentId(ids.uuid()));
        let directory = Arc::new(FixedDirectory::default());
        let calendar = Arc::new(FlakyCalendar::default());
        store.use_calendars(Arc::clone(&calendar) as _);
        let ring = Arc::new(KeyRing::parse(&SecretString::from("MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="), &[])?);
        let rig = Self {
            seal: MailSeal::of(&Admin::new(store.clone(), Arc::clone(&ring))).await?,
            gates: Arc::new(GatedStore::before(Arc::new(store.clone()))),
            store,
            directory,
            clock,
            llm: Arc::default(),
            prompts: Arc::new(Library::new()?),
            channel: Arc::new(options.channel),
            calendar,
            meters: CalendarMeters::new()?,
            mailer: Arc::default(),
            letters: Arc::new(LetterLibrary::new()?),
            caller: Arc::default(),
            files: Arc::default(),
            ring,
            public_url: "https://desk.test".parse()?,
            tenant,
            inbox,
            agent,
            engines: Vec::new(),
            apart: Vec::new(),
            settings: options.settings,
            kind: options.kind,
            counter: AtomicU64::new(1),
            rooms: RwLock::default(),
            _home: home,
        };
        rig.seed(rig.tenant_of(tenant), inbox, options.common).await?;
        Ok(rig)
    }

    /// Starts an engine over the rig's store and returns its place in [`Rig::engines`].
    ///
    /// # Errors
    /// The partitions could not be claimed.
    pub async fn start(&mut self, placement: &dyn Placement, threads: Threads) -> Result<usize> {
        self.start_with(self.ports(), placement, threads).await
    }

    /// Starts an engine with a store and a writer of its own on the same database, as a second process would.
    ///
    /// # Errors
    /// As [`Rig::start`]; also a database that cannot be opened.
    pub async fn start_apart(&mut self, url: &str, placement: &dyn Placement, threads: Threads) -> Result<usize> {
        let clock = Arc::clone(&self.clock) as Arc<dyn Clock>;
        let store = Store::open(&StoreOptions::new(url), clock, Arc::new(SystemIds::new())).await?;
        let gated: Arc<dyn EngineStore> = Arc::new(self.gates.beside(Arc::new(store.clone())));
        store.use_calendars(Arc::clone(&self.calendar) as _);
        let toolbox = Arc::new(Catalogue::with_book(Arc::new(store.clone()), Arc::new(SystemIds::new())));
        self.apart.push(store);
        self.start_with(EnginePorts { store: gated, toolbox, ..self.ports() }, placement, threads).await
    }

    /// Starts an engine that owns everything over other ports, such as flaky ones.
    ///
    /// # Errors
    /// As [`Rig::start`].
    pub async fn start_over(mut self, ports: EnginePorts) -> Result<Self> {
        self.start_with(ports, &crate::engine::placement::Single, Threads::Current).await?;
        Ok(self)
    }

    async fn start_with(&mut self, ports: EnginePorts, placement: &dyn Placement, threads: Threads) -> Result<usize> {
        let place = self.engines.len();
        let node = format!("node-{place}");
        self.engines.push(EngineHandle::start(ports, self.settings.clone(), node, placement, threads).await?);
        Ok(place)
    }

    /// Returns a store to post to: each of them in turn, as a load balancer would.
    pub(super) fn door(&self, number: u64) -> &Store {
        let place = usize::try_from(number).unwrap_or(0) % (self.apart.len() + 1);
        self.apart.get(place).unwrap_or(&self.store)
    }

    /// Kills an engine as a power cut would: its threads end wherever they are. Only for engines with threads of their own.
    pub async fn kill(&self, place: usize) {
        if let Some(engine) = self.engines.get(place) {
            engine.drain().await;
        }
    }

    /// Returns the ports as an engine gets them.
    #[must_use]
    pub fn ports(&self) -> EnginePorts {
        let sender = Arc::clone(&self.channel);
        EnginePorts {
            store: Arc::clone(&self.gates) as Arc<dyn EngineStore>,
            directory: Arc::clone(&self.directory) as _,
            clock: Arc::clone(&self.clock) as _,
            ids: Arc::new(SystemIds::new()),
            llm: Arc::clone(&self.llm) as _,
            prompts: Arc::clone(&self.prompts) as _,
            toolbox: Arc::new(Catalogue::with_book(Arc::new(self.store.clone()), Arc::new(SystemIds::new()))),
            calendar: Some(CalendarPorts {
                calendars: Arc::clone(&self.calendar) as _,
                jobs: Arc::new(self.store.clone()),
                book: Arc::new(self.store.clone()),
                meters: self.meters.clone(),
            }),
            mail: Some(MailPorts {
                queue: Arc::new(self.store.clone()),
                mailer: Some(Arc::clone(&self.mailer) as _),
                letters: Arc::clone(&self.letters) as _,
                seals: Arc::new(self.seal.clone()),
                links: None,
                book: Arc::new(self.store.clone()),
                show_links: false,
            }),
            waitlist: Some(WaitlistPorts {
                list: Arc::new(self.store.clone()),
                book: Arc::new(self.store.clone()),
                directory: Arc::clone(&self.directory) as _,
            }),
            notices: Some(Arc::new(NoticeDesk::new(self.store.clone(), self.public_url.clone()))),
            webhooks: Some(WebhookPorts { queue: Arc::new(self.webhooks()), sender: Arc::clone(&self.caller) as _ }),
            imports: Some(Arc::new(self.store.clone())),
            bulk: Some(Arc::new(self.store.clone())),
            files: Some(FilePorts {
                rows: Arc::new(self.store.clone()),
                store: Arc::clone(&self.files) as _,
                links: Arc::new(SignedFiles::new(&self.ring, self.public_url.as_str())),
            }),
            links: Arc::new(PageLinks::new(&self.ring, self.public_url.as_str())),
            senders: HashMap::from([(self.kind, sender as _)]),
        }
    }

    /// Returns the queue of webhooks.
    #[must_use]
    pub fn webhooks(&self) -> WebhookDesk {
        WebhookDesk::new(self.store.clone(), Arc::clone(&self.ring), message_json)
    }

    /// Returns administration of the same database.
    #[must_use]
    pub fn admin(&self) -> Admin {
        Admin::new(self.store.clone(), Arc::clone(&self.ring))
    }

    /// Adds another inbox of the same business, with the same settings.
    ///
    /// # Errors
    /// The database refused it.
    pub async fn add_inbox(&self, common: CommonSettings) -> Result<InboxId> {
        let inbox = InboxId(SystemIds::new().uuid());
        self.insert_inbox(self.tenant, inbox).await?;
        self.put(self.tenant_of(self.tenant), inbox, common);
        Ok(inbox)
    }

    fn tenant_of(&self, id: TenantId) -> Tenant {
        let (name, locale, timezone) = ("Peluquería Sol".to_owned(), "es-MX".to_owned(), "America/Mexico_City".to_owned());
        Tenant {
            id,
            slug: format!("sol-{id}"),
            name,
            locale,
            timezone,
            stopped: crate::domain::suspension::Stopped::default(),
            facts: Arc::new(Facts::default()),
        }
    }

    fn put(&self, tenant: Tenant, id: InboxId, common: CommonSettings) {
        let (name, state) = ("Sol".to_owned(), InboxState::Active);
        let settings = serde_json::json!({});
        self.directory.put(Inbox {
            id,
            tenant: Arc::new(tenant),
            channel: self.kind,
            name,
            state,
            common,
            settings,
            hours: Arc::default(),
            survey: Arc::default(),
        });
    }

    async fn seed(&self, tenant: Tenant, inbox: InboxId, common: CommonSettings) -> Result<()> {
        use entities::tenant::Column as C;
        let now = Instant(self.clock.now().micros()).value(self.store.backend());
        let columns = [C::Id, C::Slug, C::Name, C::Locale, C::Timezone, C::CreatedAt];
        let texts = [&tenant.slug, &tenant.name, &tenant.locale, &tenant.timezone].map(|text| text.clone().into());
        let values = [tenant.id.0.into()].into_iter().chain(texts).chain([now]);
        self.insert(entities::tenant::Entity, columns, values.collect()).await?;
        self.insert_inbox(tenant.id, inbox).await?;
        self.put(tenant, inbox, common);
        Ok(())
    }

    async fn insert_inbox(&self, tenant: TenantId, inbox: InboxId) -> Result<()> {
        use entities::inbox::Column as C;
        let now = Instant(self.clock.now().micros()).value(self.store.backend());
        let columns = [C::TenantId, C::Id, C::Channel, C::Name, C::CreatedAt, C::UpdatedAt];
        let values = vec![tenant.0.into(), inbox.0.into(), self.kind.as_str().into(), "Sol".into(), now.clone(), now];
        self.insert(entities::inbox::Entity, columns, values).await
    }

    async fn insert<C, const N: usize>(&self, table: impl Iden + 'static, columns: [C; N], values: Vec<sea_orm::Value>) -> Result<()>
    where
        C: Iden + 'static,
    {
        let mut insert = Query::insert();
        insert.into_table(table).columns(columns);
        insert.values(values.into_iter().map(Into::into))?;
        self.store.solo(Role::Engine, move |tx| Box::pin(async move { tx.execute(&insert).await.map(drop) })).await?;
        Ok(())
    }

    fn number(&self) -> u64 {
        self.counter.fetch_add(1, Ordering::Relaxed)
    }
}

async fn sqlite() -> Result<(String, Option<Home>)> {
    let folder = std::env::temp_dir().join(format!("recado_rig_{}_{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed)));
    std::fs::create_dir_all(&folder)?;
    let url = format!("sqlite://{}?mode=rwc", folder.join("recado.db").display());
    let home = Home(folder);
    let connection = connect_for_migration(&url).await?;
    migration::up(&connection).await?;
    connection.close().await?;
    Ok((url, Some(home)))
}
