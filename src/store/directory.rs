//! Who is who, from the database through a cache: the [`Directory`] of the running server.
//!
//! Entries are kept under the `config_version` at which their reading began, so that a change during the reading can never be hidden by
//! what the reading brings: after [`StoreDirectory::refresh`] has seen the new version, nothing older is looked at again. Absence is kept
//! briefly, bounded like everything else: a flood of made-up ids costs one query each at most.

pub(in crate::store) mod models;
mod rules;

use crate::crypto::keyring::KeyRing;
use crate::domain::audit::{Action, Caller, Deed};
use crate::domain::facts::Facts;
use crate::domain::ids::{InboxId, TenantId};
use crate::domain::inbox::{ChannelKind, CommonSettings, Inbox, InboxState, Tenant};
use crate::domain::notice::cause::of_inbox;
use crate::domain::suspension::{Feature, Stopped, Suspension, next_change};
use crate::domain::time::Timestamp;
use crate::ports::channel::Account;
use crate::ports::directory::{Directory, InboxEntry};
use crate::ports::models::TenantModels;
use crate::ports::store::StoreError;
use crate::store::Store;
use crate::store::admin::{bump, data_keys, suspensions};
use crate::store::audit;
use crate::store::directory::rules::RuleRows;
use crate::store::notices::raise;
use crate::store::rows::Tx;
use crate::store::scope::{Role, read_as};
use crate::store::time::instant;
use async_trait::async_trait;
use entities::{account_route, config_version, data_key, inbox, tenant};
use moka::future::Cache;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, DatabaseTransaction, DbErr, EntityTrait, QueryFilter};
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::collections::BTreeMap;
use std::hash::Hash;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

/// Most entries of each cache.
const CAPACITY: u64 = 20_000;
/// How long an entry is believed although nobody spoke of a change: a net below `config_version`.
const KEEP: Duration = Duration::from_mins(5);
/// How long absence is believed.
const KEEP_ABSENT: Duration = Duration::from_secs(2);

/// The version of the settings, and how often a suspension has begun or ended by itself since.
type Stamp = (i64, i64);

/// A cache whose keys carry the version at which their entry was read.
#[derive(Clone)]
struct Versioned<K, V> {
    present: Cache<(Stamp, K), V>,
    absent: Cache<(Stamp, K), ()>,
}

impl<K: Hash + Eq + Clone + Send + Sync + 'static, V: Clone + Send + Sync + 'static> Versioned<K, V> {
    fn new() -> Self {
        Self {
            present: Cache::builder().max_capacity(CAPACITY).time_to_live(KEEP).build(),
            absent: Cache::builder().max_capacity(CAPACITY).time_to_live(KEEP_ABSENT).build(),
        }
    }

    /// Returns the entry; reads it where it is not known.
    async fn get<F>(&self, stamp: Stamp, key: K, read: F) -> Result<Option<V>, StoreError>
    where
        F: Future<Output = Result<Option<V>, StoreError>> + Send,
    {
        let key = (stamp, key);
        if let Some(value) = self.present.get(&key).await {
            return Ok(Some(value));
        }
        if self.absent.get(&key).await.is_some() {
            return Ok(None);
        }
        let read = read.await?;
        match &read {
            Some(value) => self.present.insert(key, value.clone()).await,
            None => self.absent.insert(key, ()).await,
        }
        Ok(read)
    }

    fn forget(&self) {
        self.present.invalidate_all();
        self.absent.invalidate_all();
    }
}

/// The directory over the store. Cheap to clone: clones share their caches.
#[derive(Clone)]
pub struct StoreDirectory {
    store: Store,
    ring: Arc<KeyRing>,
    version: Arc<AtomicI64>,
    era: Arc<AtomicI64>,
    /// When a suspension that was read begins or ends by itself, in microseconds.
    boundary: Arc<AtomicI64>,
    inboxes: Versioned<InboxId, Arc<InboxEntry>>,
    accounts: Versioned<(ChannelKind, String), InboxId>,
    tenants: Versioned<TenantId, Arc<Tenant>>,
    models: Versioned<TenantId, Arc<TenantModels>>,
}

impl StoreDirectory {
    /// Opens the directory. `ring` opens the inboxes' secrets.
    ///
    /// # Errors
    /// [`StoreError`] if the version of the settings cannot be read.
    pub async fn open(store: Store, ring: Arc<KeyRing>) -> Result<Self, StoreError> {
        let version = Arc::new(AtomicI64::new(read_version(&store).await?));
        let (inboxes, accounts, tenants, models) = (Versioned::new(), Versioned::new(), Versioned::new(), Versioned::new());
        let (era, boundary) = (Arc::default(), Arc::new(AtomicI64::new(i64::MAX)));
        Ok(Self { store, ring, version, era, boundary, inboxes, accounts, tenants, models })
    }

    /// Returns the version of the settings that it knows: rises with every change of tenants, inboxes and keys.
    #[must_use]
    pub fn version(&self) -> i64 {
        self.version.load(Ordering::Acquire)
    }

    fn stamp(&self) -> Stamp {
        (self.version(), self.era.load(Ordering::Acquire))
    }

    /// Remembers when the first of these begins or ends by itself; returns now.
    fn watch(&self, suspensions: &[Suspension]) -> Timestamp {
        let now = self.store.inner.clock.now();
        if let Some(next) = next_change(now, suspensions) {
            self.boundary.fetch_min(next.micros(), Ordering::AcqRel);
        }
        now
    }

    fn forget(&self) {
        self.inboxes.forget();
        self.accounts.forget();
        self.tenants.forget();
        self.models.forget();
    }

    async fn read_inbox(&self, id: InboxId) -> Result<Option<Arc<InboxEntry>>, StoreError> {
        let now = instant(self.store.inner.clock.now());
        let Some(rows) = read_as(&self.store, Role::Engine, |tx| Box::pin(inbox_rows(tx, id, now))).await? else {
            return Ok(None);
        };
        let now = self.watch(&rows.suspensions);
        entry(&self.ring, rows, now).map(Arc::new).map(Some)
    }

    async fn read_account(&self, channel: ChannelKind, account: &str) -> Result<Option<InboxId>, StoreError> {
        let query = account_route::Entity::find_by_id((channel.as_str().to_owned(), account.to_owned()));
        let route = read_as(&self.store, Role::Engine, |tx| Box::pin(query.one(tx))).await?;
        Ok(route.map(|route| InboxId(route.inbox_id)))
    }

    async fn read_tenant(&self, id: TenantId) -> Result<Option<Arc<Tenant>>, StoreError> {
        let now = instant(self.store.inner.clock.now());
        let read = read_as(&self.store, Role::Engine, move |tx| {
            Box::pin(async move {
                let row = tenant::Entity::find_by_id(id.0).one(tx).await?;
                Ok((row, suspensions_of(tx, id, now).await?))
            })
        });
        let (row, suspensions) = read.await?;
        let now = self.watch(&suspensions);
        Ok(row.map(|row| Arc::new(tenant_of(row, &suspensions, now))))
    }
}

#[async_trait]
impl Directory for StoreDirectory {
    async fn inbox(&self, id: InboxId) -> Result<Option<Arc<InboxEntry>>, StoreError> {
        self.inboxes.get(self.stamp(), id, self.read_inbox(id)).await
    }

    async fn by_account(&self, channel: ChannelKind, account: &str) -> Result<Option<Arc<InboxEntry>>, StoreError> {
        let key = (channel, account.to_owned());
        match self.accounts.get(self.stamp(), key, self.read_account(channel, account)).await? {
            Some(id) => self.inbox(id).await,
            None => Ok(None),
        }
    }

    async fn tenant(&self, id: TenantId) -> Result<Option<Arc<Tenant>>, StoreError> {
        self.tenants.get(self.stamp(), id, self.read_tenant(id)).await
    }

    async fn refresh(&self) -> Result<(), StoreError> {
        let version = read_version(&self.store).await?;
        if self.version.swap(version, Ordering::AcqRel) != version {
            self.forget();
        }
        // A suspension begins or ends by itself: nobody has raised the version. What is read from now on is read anew.
        if self.store.inner.clock.now().micros() >= self.boundary.load(Ordering::Acquire) {
            self.boundary.store(i64::MAX, Ordering::Release);
            self.era.fetch_add(1, Ordering::AcqRel);
            self.forget();
        }
        Ok(())
    }

    async fn pause(&self, tenant: TenantId, id: InboxId, reason: &str) -> Result<(), StoreError> {
        let now = self.store.inner.clock.now();
        let at = instant(now);
        let reason: String = reason.chars().filter(|char| !char.is_control()).take(500).collect();
        let ids = Arc::clone(&self.store.inner.ids);
        let paused = self.store.solo(Role::Engine, move |tx| {
            Box::pin(async move {
                let paused = pause_inbox(tx, tenant, id, reason, at).await?;
                if paused {
                    let deed = Deed::new(Action::InboxPaused, id).before("state", "active").after("state", "paused");
                    audit::record(tx, tenant, &Caller::default(), now, &deed).await?;
                    raise(Tx::new(tx, &*ids), &[(tenant, of_inbox(id, now), now)]).await?;
                }
                Ok(paused)
            })
        });
        if paused.await? {
            // The reason stands in the database: it may be the provider's words.
            tracing::error!(inbox.id = %id, tenant.id = %tenant, "an inbox was paused: nothing leaves by it until `recado inbox resume`");
        }
        self.refresh().await
    }
}

async fn read_version(store: &Store) -> Result<i64, StoreError> {
    let row = read_as(store, Role::Engine, |tx| Box::pin(config_version::Entity::find_by_id(1_i16).one(tx))).await?;
    row.map(|row| row.version).ok_or_else(|| StoreError::Refused("config_version".to_owned()))
}

/// An inbox with what belongs to it.
struct Rows {
    inbox: inbox::Model,
    tenant: tenant::Model,
    keys: Vec<data_key::Model>,
    suspensions: Vec<Suspension>,
    rules: RuleRows,
}

async fn inbox_rows(tx: &DatabaseTransaction, id: InboxId, now: entities::instant::Instant) -> Result<Option<Rows>, DbErr> {
    let query = inbox::Entity::find().filter(inbox::Column::Id.eq(id.0)).find_also_related(tenant::Entity);
    let Some((inbox, Some(tenant))) = query.one(tx).await? else {
        return Ok(None);
    };
    let keys = data_key::Entity::find().filter(data_key::Column::TenantId.eq(inbox.tenant_id)).all(tx).await?;
    let suspensions = suspensions_of(tx, TenantId(inbox.tenant_id), now).await?;
    let rules = RuleRows::read(tx, &inbox).await?;
    Ok(Some(Rows { inbox, tenant, keys, suspensions, rules }))
}

async fn suspensions_of(tx: &DatabaseTransaction, id: TenantId, now: entities::instant::Instant) -> Result<Vec<Suspension>, DbErr> {
    let open = suspensions::open(id, now.value(sea_orm::ConnectionTrait::get_database_backend(tx)));
    Ok(open.all(tx).await?.into_iter().map(suspensions::suspension).collect())
}

/// Returns whether it was active.
async fn pause_inbox(
    tx: &DatabaseTransaction,
    tenant: TenantId,
    id: InboxId,
    reason: String,
    at: entities::instant::Instant,
) -> Result<bool, DbErr> {
    use inbox::Column as C;
    bump(tx).await?;
    let update = inbox::Entity::update_many()
        .col_expr(C::State, Expr::val(InboxState::Paused.as_str()))
        .col_expr(C::StateReason, Expr::val(reason))
        .col_expr(C::UpdatedAt, Expr::val(at.value(sea_orm::ConnectionTrait::get_database_backend(tx))))
        .filter(C::TenantId.eq(tenant.0))
        .filter(C::Id.eq(id.0))
        .filter(C::State.eq(InboxState::Active.as_str()));
    Ok(update.exec(tx).await?.rows_affected > 0)
}

/// Parses the rows and opens the secrets.
fn entry(ring: &KeyRing, rows: Rows, now: Timestamp) -> Result<InboxEntry, StoreError> {
    let Rows { inbox: row, tenant, keys, suspensions, rules } = rows;
    let id = InboxId(row.id);
    let broken = |what: &str| {
        tracing::error!(inbox.id = %id, what, "an inbox cannot be read");
        StoreError::Refused(format!("inbox {what}"))
    };
    let channel = ChannelKind::parse(&row.channel).ok_or_else(|| broken("channel"))?;
    let state = InboxState::parse(&row.state).ok_or_else(|| broken("state"))?;
    let survey = Arc::new(rules.survey().ok_or_else(|| broken("survey"))?);
    let hours = Arc::new(rules.hours(&tenant).ok_or_else(|| broken("hours"))?);
    let settings: Value = read_json(&row.settings).ok_or_else(|| broken("settings"))?;
    let common: CommonSettings = read_json(&row.settings).ok_or_else(|| broken("settings"))?;
    let secrets = match &row.secrets {
        Some(sealed) => open(ring, &keys, id, sealed).ok_or_else(|| broken("secrets"))?,
        None => BTreeMap::new(),
    };
    let account = Account { tenant: TenantId(row.tenant_id), inbox: id, settings: settings.clone(), secrets };
    let tenant = Arc::new(tenant_of(tenant, &suspensions, now));
    let inbox = Inbox { id, tenant, channel, name: row.name, state, common, settings, hours, survey };
    Ok(InboxEntry { inbox: Arc::new(inbox), account })
}

/// Opens sealed secrets with the data key whose number they carry.
fn open(ring: &KeyRing, keys: &[data_key::Model], inbox: InboxId, sealed: &[u8]) -> Option<BTreeMap<String, secrecy::SecretString>> {
    let dek_id = crate::crypto::envelope::dek_id_of(sealed).ok()?;
    let key = keys.iter().find(|key| key.dek_id == i64::from(dek_id))?;
    data_keys::open_secrets(ring, key, inbox, sealed).ok()
}

/// Parses a tenant. Facts that cannot be read become none: its assistant then says less, its customers are still served.
fn tenant_of(row: tenant::Model, suspensions: &[Suspension], now: Timestamp) -> Tenant {
    let facts = read_json::<Facts>(&row.facts).unwrap_or_else(|| {
        tracing::error!(tenant.id = %row.id, "the facts of a tenant cannot be read");
        Facts::default()
    });
    let tenant::Model { id, slug, name, locale, timezone, state, .. } = row;
    let held = Stopped::at(now, suspensions);
    // A state of the row itself stops everything too; nothing of this release writes one.
    let stopped = if state == "active" { held } else { held.with(Feature::All, "suspended by the operator") };
    Tenant { id: TenantId(id), slug, name, locale, timezone, stopped, facts: Arc::new(facts) }
}

fn read_json<T: DeserializeOwned>(text: &str) -> Option<T> {
    serde_json::from_str(text).ok()
}
