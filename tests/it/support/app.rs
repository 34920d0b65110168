//! The whole product inside the test's process: real HTTP on a free port, a real database, fakes only for the world outside.
//!
//! [`TestApp::settle`] runs until nothing is left to do. A test that ends with work left over fails, unless it said that it would; so does
//! one whose calls broke a partner's contract.

use crate::support::database::{TestDatabase, connect};
use crate::support::fake_adapter::{FakeAdapter, Manner};
use crate::support::fake_graph::{APP_SECRET, FakeGraph};
use crate::support::states::States;
use crate::support::tenant::TestTenant;
use anyhow::{Context, Result, bail};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use recado::app::{App, Core, Parts};
use recado::config::Config;
use recado::crypto::keyring::KeyRing;
use recado::engine::EngineHandle;
use recado::net::guard::AllowList;
use recado::ports::clock::Clock;
use recado::ports::directory::Directory;
use recado::ports::llm::Llm;
use recado::store::admin::Admin;
use recado::store::admin::tenants::NewTenant;
use recado::testing::clock::ManualClock;
use sea_orm::DatabaseConnection;
use secrecy::SecretString;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

/// How long [`TestApp::settle`] waits before it gives up.
const SETTLE: Duration = Duration::from_secs(20);
/// How often it looks.
const LOOK: Duration = Duration::from_millis(5);
/// The WhatsApp number of every application under test.
pub const PHONE_NUMBER_ID: &str = "106540352242922";

/// What is to be different before an application starts.
pub struct Setup {
    database: TestDatabase,
    parts: Parts,
    clock: Option<Arc<ManualClock>>,
    variables: Vec<(String, String)>,
}

impl Setup {
    /// Uses another model than the offline assistant.
    #[must_use]
    pub fn model(mut self, llm: Arc<dyn Llm>) -> Self {
        self.parts.llm = Some(llm);
        self
    }

    /// Uses a clock that the test turns. Deliveries are signed by the real one: set it to about now.
    #[must_use]
    pub fn clock(mut self, clock: &Arc<ManualClock>) -> Self {
        self.parts.clock = Arc::clone(clock) as Arc<dyn Clock>;
        self.clock = Some(Arc::clone(clock));
        self
    }

    /// Sets a variable of the configuration.
    #[must_use]
    pub fn set(mut self, name: &str, value: &str) -> Self {
        self.variables.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Starts it. Must be called inside an actix system.
    pub async fn start(self) -> Result<TestApp> {
        let graph = FakeGraph::start(PHONE_NUMBER_ID).await?;
        let key = STANDARD.encode([7_u8; 31].into_iter().chain([9]).collect::<Vec<u8>>());
        let mut variables = vec![
            ("RECADO_LISTEN".to_owned(), "127.0.0.1:0".to_owned()),
            ("RECADO_DATABASE_URL".to_owned(), self.database.url().to_owned()),
            ("RECADO_OUTBOUND_ALLOW".to_owned(), "127.0.0.0/8".to_owned()),
            ("RECADO_META_GRAPH_URL".to_owned(), graph.url()),
            ("RECADO_META_APP_SECRET".to_owned(), APP_SECRET.to_owned()),
            ("RECADO_ENGINE_GATHERING_MS".to_owned(), "0".to_owned()),
            ("RECADO_ENGINE_SWEEP_MS".to_owned(), "50".to_owned()),
            ("RECADO_BCRYPT_COST".to_owned(), "4".to_owned()),
            ("RECADO_SIGN_UP".to_owned(), "open".to_owned()),
            ("RECADO_ENGINE_SEND_DEADLINE_MS".to_owned(), "1000".to_owned()),
            ("RECADO_ENGINE_UNCERTAIN_WAIT_MS".to_owned(), "200".to_owned()),
            ("RECADO_ENGINE_RETRY_SCHEDULE_MS".to_owned(), "50,50,50".to_owned()),
            ("RECADO_ENGINE_DRAIN_MS".to_owned(), "20".to_owned()),
        ];
        variables.extend(self.variables);
        let config = Config::from_layers(None, variables)?;
        let ring = Arc::new(KeyRing::parse(&SecretString::from(key), &[])?);
        let core = Core::build(&config, Arc::clone(&ring), self.parts).await?;
        let admin = Admin::new(core.store.clone(), ring).allowing(AllowList::new(config.outbound_allow.clone(), &[]));
        let watch = connect(self.database.url()).await?;
        let (app, server) = App::open(core, &config, None)?;
        actix::spawn(server);
        let adapter = FakeAdapter::with(Manner { timeless: self.clock.is_some(), ..Manner::default() }).await?;
        Ok(TestApp { app, admin, adapter, graph, watch, database: self.database, clock: self.clock, leaves_work: false })
    }
}

/// A running application.
pub struct TestApp {
    /// What was built.
    pub app: App,
    /// The door to administration.
    pub admin: Admin,
    /// The adapter of every generic inbox.
    pub adapter: FakeAdapter,
    /// The Graph API of every WhatsApp inbox.
    pub graph: FakeGraph,
    watch: DatabaseConnection,
    database: TestDatabase,
    clock: Option<Arc<ManualClock>>,
    leaves_work: bool,
}

impl TestApp {
    /// Prepares an application on a database.
    pub fn on(database: TestDatabase) -> Setup {
        Setup { database, parts: Parts::default(), clock: None, variables: Vec::new() }
    }

    /// Starts an application on SQLite with the offline assistant.
    pub async fn sqlite() -> Result<Self> {
        Self::on(TestDatabase::sqlite().await?).start().await
    }

    /// Returns its base URL.
    pub fn base(&self) -> String {
        format!("http://{}", self.app.address)
    }

    /// Makes a business with a key for its people.
    pub async fn tenant(&self, slug: &str) -> Result<TestTenant<'_>> {
        let new = NewTenant {
            slug: slug.to_owned(),
            name: slug.to_owned(),
            locale: "es-MX".to_owned(),
            timezone: "America/Hermosillo".to_owned(),
        };
        let tenant = self.admin.create_tenant(new).await?;
        let key = self.admin.mint_api_key(tenant.id, "people").await?.key;
        self.app.core.directory.refresh().await?;
        TestTenant::new(self, tenant.id, key)
    }

    /// Counts the rows of the queue.
    pub async fn states(&self) -> Result<States> {
        States::read(&self.watch).await
    }

    /// Waits until no row of the queue is open.
    pub async fn settle(&self) -> Result<()> {
        let until = Instant::now() + SETTLE;
        loop {
            let states = self.states().await?;
            if states.quiet() {
                return Ok(());
            }
            if Instant::now() > until {
                bail!("it does not settle:{states}");
            }
            tokio::time::sleep(LOOK).await;
        }
    }

    /// Declares that the test ends with work left over.
    pub fn leave_work(&mut self) {
        self.leaves_work = true;
    }
}

impl Drop for TestApp {
    fn drop(&mut self) {
        // The server ends with the test's system, which owns its future.
        let left = end(self.app.core.engine.clone(), self.database.url().to_owned(), self.clock.clone());
        if std::thread::panicking() {
            return;
        }
        assert_eq!(self.adapter.complaints(), Vec::<String>::new(), "we broke the adapter's contract");
        assert_eq!(self.graph.complaints(), Vec::<String>::new(), "we broke the Graph API's rules");
        let left = left.expect("the database can be read at the end");
        assert!(self.leaves_work || left.quiet(), "the test left work over:{left}");
    }
}

/// A clock that stands still would let the end wait for ever.
async fn turn(clock: Option<Arc<ManualClock>>) {
    let Some(clock) = clock else { return std::future::pending().await };
    loop {
        clock.advance(LOOK);
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

/// Counts what is left and ends the actors' threads, on a thread with a runtime of its own: a drop cannot wait on the test's.
fn end(engine: EngineHandle, url: String, clock: Option<Arc<ManualClock>>) -> Result<States> {
    let work = async move {
        let connection = connect(&url).await?;
        let states = States::read(&connection).await?;
        connection.close().await?;
        tokio::select! {
            () = engine.drain() => {}
            () = turn(clock) => {}
        }
        Ok(states)
    };
    let thread = std::thread::spawn(move || tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(work));
    thread.join().ok().context("the end of the application panicked")?
}
