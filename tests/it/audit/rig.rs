//! A tenant with an administration whose clock stands still, on a database of the test's own.

use crate::bookings::rig::{definition, offer};
use crate::support::database::TestDatabase;
use anyhow::{Context, Result};
use recado::crypto::ids::SystemIds;
use recado::crypto::keyring::KeyRing;
use recado::domain::audit::{Actor, Caller, Event};
use recado::domain::booking::Service;
use recado::domain::ids::{ContactId, ResourceId, TenantId};
use recado::domain::inbox::ChannelKind;
use recado::domain::time::Timestamp;
use recado::ports::clock::Clock;
use recado::ports::ids::IdSource;
use recado::store::Store;
use recado::store::admin::Admin;
use recado::store::admin::bookings::{Offer, ResourceDefinition};
use recado::store::admin::inboxes::NewInbox;
use recado::store::admin::tenants::NewTenant;
use recado::store::audit::AuditFilter;
use recado::store::connect::StoreOptions;
use recado::testing::clock::ManualClock;
use sea_orm::{ConnectionTrait, DbErr, TransactionTrait};
use secrecy::SecretString;
use serde_json::json;
use std::sync::Arc;

pub const ONE: &str = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=";
pub const TWO: &str = "YWJjZGVmMDEyMzQ1Njc4OTAxMjM0NTY3ODlhYmNkZWY=";

/// When every test begins: long past by the database's own clock, so that its triggers let a year pass.
pub const BEGIN: Timestamp = Timestamp::from_secs(1_600_000_000);

pub fn ring(current: &str, older: &[&str]) -> Result<Arc<KeyRing>> {
    let older: Vec<SecretString> = older.iter().map(|key| SecretString::from(*key)).collect();
    Ok(Arc::new(KeyRing::parse(&SecretString::from(current), &older)?))
}

pub struct Rig {
    pub database: TestDatabase,
    pub clock: Arc<ManualClock>,
    pub admin: Admin,
    pub tenant: TenantId,
}

impl Rig {
    pub async fn both() -> Result<Vec<Self>> {
        let mut rigs = Vec::new();
        for database in TestDatabase::both().await? {
            rigs.push(Self::on(database, BEGIN).await?);
        }
        Ok(rigs)
    }

    pub async fn on(database: TestDatabase, begin: Timestamp) -> Result<Self> {
        let clock = Arc::new(ManualClock::at(begin));
        let ids: Arc<dyn IdSource> = Arc::new(SystemIds::new());
        let store = Store::open(&StoreOptions::new(database.url()), Arc::clone(&clock) as Arc<dyn Clock>, ids).await?;
        let admin = Admin::new(store, ring(ONE, &[])?).acting(Caller::here(Actor::Operator));
        let tenant = admin.create_tenant(named("acme")).await?.id;
        Ok(Self { database, clock, admin, tenant })
    }

    /// Opens a second administration of the same database, as another process would.
    pub async fn beside(&self) -> Result<Admin> {
        let ids: Arc<dyn IdSource> = Arc::new(SystemIds::new());
        let store = Store::open(&StoreOptions::new(self.database.url()), Arc::clone(&self.clock) as Arc<dyn Clock>, ids).await?;
        Ok(Admin::new(store, ring(ONE, &[])?))
    }

    pub fn store(&self) -> &Store {
        self.admin.store()
    }

    /// The tenant's events, oldest first.
    pub async fn events(&self) -> Result<Vec<Event>> {
        let mut events = self.store().tenant(self.tenant).audit_events(AuditFilter::default(), 1_000).await?;
        events.reverse();
        Ok(events)
    }

    /// Runs a statement past the product, as the engine.
    pub async fn forge(&self, statement: &str) -> Result<u64, DbErr> {
        let tx =
            crate::migrations::isolation::engine(self.database.connection()).await.map_err(|error| DbErr::Custom(error.to_string()))?;
        let done = tx.execute_unprepared(statement).await?;
        tx.commit().await?;
        Ok(done.rows_affected())
    }

    /// Runs statements past the product with its triggers switched off, as whoever owns the database can.
    pub async fn overrule(&self, statements: &[&str]) -> Result<()> {
        let db = self.database.connection();
        let tx = db.begin().await?;
        if self.store().backend() == sea_orm::DbBackend::Postgres {
            for table in ["audit_event", "audit_head"] {
                tx.execute_unprepared(&format!("ALTER TABLE {table} DISABLE TRIGGER USER")).await?;
                tx.execute_unprepared(&format!("ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")).await?;
            }
        } else {
            for trigger in ["audit_event_keeps_on_update", "audit_event_keeps_on_delete", "audit_head_keeps_on_update"] {
                tx.execute_unprepared(&format!("DROP TRIGGER {trigger}")).await?;
            }
        }
        for statement in statements {
            let done = tx.execute_unprepared(statement).await.with_context(|| (*statement).to_owned())?;
            assert!(done.rows_affected() > 0, "{statement} hit nothing");
        }
        tx.commit().await?;
        Ok(())
    }
}

pub fn named(slug: &str) -> NewTenant {
    NewTenant { slug: slug.into(), name: slug.into(), locale: "es-MX".into(), timezone: "America/Hermosillo".into() }
}

pub fn generic(name: &str) -> NewInbox {
    NewInbox { channel: ChannelKind::Generic, name: name.into(), config: json!({"url": "https://adapter.example.com/a"}) }
}

pub fn resource() -> Offer<ResourceDefinition> {
    offer(definition("Ana", 1))
}

pub fn service(resource: ResourceId) -> Offer<Service> {
    offer(crate::bookings::rig::service(&[&[resource]]))
}

/// Makes a customer.
pub async fn contact(rig: &Rig) -> Result<ContactId> {
    let postgres = rig.store().backend() == sea_orm::DbBackend::Postgres;
    let id = SystemIds::new().uuid();
    let spell = |id: uuid::Uuid| if postgres { format!("'{id}'") } else { format!("x'{}'", id.simple()) };
    let at = if postgres { "now()" } else { "1" };
    let (tenant, contact) = (spell(rig.tenant.0), spell(id));
    rig.forge(&format!("INSERT INTO contact (tenant_id, id, created_at, updated_at) VALUES ({tenant}, {contact}, {at}, {at})")).await?;
    Ok(ContactId(id))
}
