//! A door for tests: real people's queries on SQLite, a scripted engine and queue behind it, a clock that stands still.

pub mod desk;
mod fakes;
pub mod test_members;

pub use fakes::{FakeDirectory, FakeEngine, FakeQueue};

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
use crate::ports::engine::Engine;
use crate::ports::store::*;
use crate::store::people::fixtures::{Base, NOW, Shop};
use actix_web::App;
use actix_web::http::Method;
use actix_web::test::{TestRequest, call_service, init_service, read_body};
use actix_web::web::Data;
use secrecy::SecretString;
use serde_json::{Value, json};
use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use tokio::sync::{Semaphore, broadcast};

/// The generic inbox's secret.
pub const ADAPTER_SECRET: &str = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3";
/// The shared app's secret at Meta.
pub const APP_SECRET: &str = "test-app-secret";

/// The account of an inbox that cannot be read.
pub const UNREADABLE: &str = "666";

/// The door with everything behind it.
pub struct Door {
    pub base: Base,
    pub state: HttpState,
    pub engine: Arc<FakeEngine>,
    pub queue: Arc<FakeQueue>,
    pub files: Arc<crate::testing::files::FlakyFiles>,
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
            meanwhile: Mutex::default(),
        });
        let files = Arc::new(crate::testing::files::FlakyFiles::default());
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
            accounts: desk::accounts(base.store.clone(), desk::settings()).await,
            keys: KeyCache::default(),
            metrics: HttpMetrics::register(&registry).unwrap(),
            registry,
            streams: Arc::new(Semaphore::new(2)),
            key_streams: crate::http::api::v1::events::KeyStreams::default(),
            watchers: crate::http::api::v1::conversations::watching::Watchers::default(),
            stream_cache: crate::http::api::v1::events::StreamCache::default(),
            links: desk::links(),
            files: crate::http::files::FileDoor {
                store: Arc::clone(&files) as Arc<dyn crate::ports::files::FileStore>,
                previews: Arc::new(crate::files::preview::SmallPictures::default()),
                links: desk::file_links(),
                places: crate::http::files::places::Places::default(),
            },
            visits: crate::http::appointments::Visits::default(),
        };
        Self { base, state, engine, queue, files, directory }
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
            hours: Arc::default(),
            survey: Arc::default(),
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
