//! Models end to end: the real binary, a signed delivery, a model behind real HTTP; and the tables behind it on both databases.

use crate::support::database::TestDatabase;
use crate::support::driver::{Driver, Said, Wire};
use crate::support::fake_adapter::FakeAdapter;
use crate::support::process::Installation;
use anyhow::{Context, Result};
use entities::instant::Instant;
use recado::crypto::ids::SystemIds;
use recado::crypto::keyring::KeyRing;
use recado::domain::ids::TenantId;
use recado::domain::model::Spent;
use recado::domain::time::Timestamp;
use recado::net::clock::SystemClock;
use recado::ports::ids::IdSource;
use recado::ports::models::Models;
use recado::store::Store;
use recado::store::admin::Admin;
use recado::store::admin::model_settings::ModelSettings;
use recado::store::admin::models::{KeyChange, ProviderForm};
use recado::store::admin::tenants::NewTenant;
use recado::store::connect::StoreOptions;
use recado::testing::model_server::{KEY, MODEL, ModelServer, Play};
use reqwest::Client;
use sea_orm::ConnectionTrait;
use sea_orm::sea_query::Query;
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};
use std::sync::Arc;
use uuid::Uuid;

/// What the model says; nothing that a guard could object to.
const WORDS: &str = "Con mucho gusto le ayudo.";

/// A business with its channel, made by the commands.
struct Shop {
    adapter: FakeAdapter,
    driver: Driver,
    slug: &'static str,
}

impl Shop {
    async fn open(installation: &Installation, slug: &'static str) -> Result<Self> {
        let adapter = FakeAdapter::start().await?;
        installation.json(&["tenant", "create", "--slug", slug, "--name", slug])?;
        let config = adapter.config().to_string();
        let line = ["inbox", "create", "--tenant", slug, "--channel", "generic", "--name", "Chat", "--config", &config];
        let inbox = installation.json(&line)?;
        let inbox = inbox.get("id").and_then(Value::as_str).context("the inbox has no id")?.to_owned();
        let wire = Wire::Generic { inbox, secret: adapter.secret().clone() };
        Ok(Self { driver: Driver::new(&installation.base(), wire)?, adapter, slug })
    }

    fn add_model(&self, installation: &Installation, url: &str) -> Result<Value> {
        let line = ["model", "add", "--tenant", self.slug, "--name", "own", "--base-url", url, "--model", MODEL, "--api-key", KEY];
        installation.json(&line)
    }

    /// Says hello in a room and returns the answer.
    async fn answer(&self, room: &str) -> Result<String> {
        self.driver.deliver(&Said { room: room.to_owned(), id: format!("in-{room}"), text: "Hola, buenas tardes".to_owned() }).await?;
        let received = self.adapter.received(room, 1).await;
        Ok(received.first().context("nothing was received")?.text.clone())
    }
}

/// Reads something of the API.
async fn read(installation: &Installation, key: &str, path: &str) -> Result<Value> {
    let http = Client::builder().no_proxy().build()?;
    let answer = http.get(format!("{}/api/v1/{path}", installation.base())).bearer_auth(key).send().await?;
    Ok(serde_json::from_str(&answer.error_for_status()?.text().await?)?)
}

fn installation() -> Result<Installation> {
    let made = Installation::new()?.with("RECADO_ENGINE_GATHERING_MS", "0").with("RECADO_LOG", "debug");
    Ok(made.with("RECADO_ENGINE_TURN_DEADLINE_MS", "8000"))
}

/// Returns the attempts of the newest turn of the only conversation in a room.
async fn attempts(installation: &Installation, key: &str, room: &str) -> Result<Vec<Value>> {
    let all = read(installation, key, "conversations").await?;
    let named = |one: &&Value| one.pointer("/contact/name").and_then(Value::as_str) == Some(room);
    let id =
        all["data"].as_array().into_iter().flatten().find(named).context("no conversation")?["id"].as_str().context("no id")?.to_owned();
    let turns = read(installation, key, &format!("conversations/{id}/turns")).await?;
    Ok(turns.pointer("/data/0/trace/attempts").and_then(Value::as_array).context("no attempts in the trace")?.clone())
}

// A command that asks the model blocks the test's own thread.
#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn a_signed_delivery_is_answered_by_the_tenants_own_model_and_by_the_offline_assistant_when_that_fails() -> Result<()> {
    let model = ModelServer::start(Play::text(WORDS)).await?;
    let installation = installation()?;
    let (acme, other) = (Shop::open(&installation, "acme").await?, Shop::open(&installation, "other").await?);
    let added = acme.add_model(&installation, &model.url())?;
    assert_eq!((added["has_key"].as_bool(), added.to_string().contains(KEY)), (Some(true), false));
    assert_eq!(installation.json(&["model", "check", "--tenant", "acme"])?["ok"], true);
    let minted = installation.json(&["api-key", "create", "--tenant", "acme", "--name", "people"])?;
    let key = minted["key"].as_str().context("no key")?;
    let _server = installation.serve(&[]).await?;

    assert!(acme.answer("ana").await?.contains(WORDS));
    let asked = model.requests().len();
    assert!(model.requests().iter().all(|request| request.refused.is_none()));
    assert!(!other.answer("ben").await?.contains(WORDS), "another tenant's customer is not answered by it");
    assert_eq!(model.requests().len(), asked);

    model.play(Play::error(500, "boom"));
    let offline = acme.answer("eva").await?;
    assert!(!offline.is_empty() && !offline.contains(WORDS));
    assert!(model.requests().len() > asked, "it was asked first");
    let told = attempts(&installation, key, "eva").await?;
    let last = told.last().context("nobody was asked")?;
    assert_eq!((last["provider"].as_str(), told[0]["provider"].as_str()), (Some("offline"), Some("own")));
    assert!(told[0]["failure"].is_string() && last["failure"].is_null(), "{told:?}");

    let day = read(&installation, key, "model-settings").await?;
    assert_eq!(day["today"]["state"], "ok");
    assert!(!installation.log().contains(KEY), "the log holds the key");
    Ok(())
}

// A command that asks the model blocks the test's own thread.
#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn the_platforms_model_answers_those_who_bring_none_until_their_day_is_spent() -> Result<()> {
    let model = ModelServer::start(Play::text(WORDS)).await?;
    let own = ModelServer::start(Play::error(401, "no")).await?;
    let installation = installation()?
        .with("RECADO_LLM_BASE_URL", model.url())
        .with("RECADO_LLM_API_KEY", KEY)
        .with("RECADO_LLM_MODEL", MODEL)
        .with("RECADO_LLM_TENANT_TOKENS_PER_DAY", "1");
    let (acme, byok) = (Shop::open(&installation, "acme").await?, Shop::open(&installation, "byok").await?);
    byok.add_model(&installation, &own.url())?;
    let server = installation.serve(&[]).await?;
    assert!(acme.answer("ana").await?.contains(WORDS));
    let asked = model.requests().len();
    assert!(!acme.answer("eva").await?.contains(WORDS), "the operator's bound is spent");
    assert!(!byok.answer("ben").await?.contains(WORDS), "nobody has agreed");
    assert_eq!(model.requests().len(), asked);
    drop(server);
    let _again = installation.serve(&[]).await?;
    assert!(!acme.answer("leo").await?.contains(WORDS), "a restart does not refill it");
    assert_eq!(model.requests().len(), asked);
    installation.json(&["model", "limits", "--tenant", "byok", "--allow-platform-fallback", "true"])?;
    let agreed = async {
        for number in 0..200 {
            if byok.answer(&format!("zoe-{number}")).await?.contains(WORDS) {
                return Ok(());
            }
        }
        anyhow::bail!("the consent was never heard of")
    };
    tokio::time::timeout(std::time::Duration::from_secs(20), agreed).await??;
    Ok(())
}

async fn admin(database: &TestDatabase) -> Result<Admin> {
    let store = Store::open(&StoreOptions::new(database.url()), Arc::new(SystemClock::new()), Arc::new(SystemIds::new())).await?;
    let ring = KeyRing::parse(&SecretString::from("MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="), &[])?;
    Ok(Admin::new(store, Arc::new(ring)))
}

async fn use_up(database: &TestDatabase, tenant: TenantId, kind: &str, amount: i64, at: Timestamp) -> Result<()> {
    use entities::usage_fact::{Column as C, Entity};
    let tx = crate::support::states::as_engine(database.connection()).await?;
    let mut row = Query::insert();
    row.into_table(Entity).columns([C::TenantId, C::Id, C::Kind, C::Amount, C::At]).values_panic([
        tenant.0.into(),
        SystemIds::new().uuid().into(),
        kind.into(),
        amount.into(),
        Instant(at.micros()).value(database.backend()).into(),
    ]);
    tx.execute(&row).await?;
    Ok(tx.commit().await?)
}

#[tokio::test]
async fn providers_settings_and_sums_are_the_same_on_both_databases() -> Result<()> {
    for database in TestDatabase::both().await? {
        let admin = admin(&database).await?;
        let new = |slug: &str| NewTenant { slug: slug.into(), name: slug.into(), locale: "es-MX".into(), timezone: "UTC".into() };
        let (acme, other) = (admin.create_tenant(new("acme")).await?.id, admin.create_tenant(new("other")).await?.id);
        let api_key = KeyChange::Set(SecretString::from("sk-1"));
        let form = ProviderForm {
            name: "main".into(),
            kind: Some("groq".into()),
            model: "m".into(),
            api_key,
            enabled: true,
            ..Default::default()
        };
        let made = admin.add_model_provider(acme, form.clone()).await?;
        let changed = ProviderForm { api_key: KeyChange::Keep, model: "m-2".into(), parallel: Some(3), ..form };
        assert_eq!(admin.replace_model_provider(acme, made.id, changed).await?.revision, 2);
        let settings = ModelSettings { tokens_per_day: Some(100), ..ModelSettings::default() };
        admin.set_model_settings(acme, settings).await?;
        assert_eq!(admin.model_settings(acme).await?, settings);
        let directory = admin.directory().await?;
        let models = directory.of_tenant(acme).await?.context("there")?;
        let own = models.providers.first().context("one")?;
        assert_eq!((own.server.model.as_str(), own.server.parallel, models.budget.tokens), ("m-2", 3, Some(100)));
        assert_eq!(own.server.key.as_ref().map(|key| key.expose_secret().to_owned()).as_deref(), Some("sk-1"));
        let midnight = Timestamp::from_secs(1_790_000_000);
        for (tenant, kind, amount, at) in [
            (acme, "model_tokens", 5, midnight),
            (acme, "model_tokens", 7, Timestamp::from_secs(1_790_000_100)),
            (acme, "model_cost_micros", 11, midnight),
            (acme, "turn", 1, midnight),
            (acme, "model_tokens", 1_000, Timestamp::from_secs(1_789_999_999)),
            (other, "model_tokens", 500, midnight),
        ] {
            use_up(&database, tenant, kind, amount, at).await?;
        }
        assert_eq!(directory.spent_since(acme, midnight).await?, Spent { tokens: 12, cost_micros: 11 });
        assert_eq!(directory.spent_since(TenantId(Uuid::nil()), midnight).await?, Spent::default());
        admin.remove_model_provider(acme, made.id).await?;
        assert!(admin.list_model_providers(acme).await?.is_empty());
        assert_eq!(json!(admin.list_model_providers(other).await?), json!([]));
    }
    Ok(())
}
