//! A business that takes appointments, and short ways to ask it for one.

use crate::store::rig::Rig;
use crate::support::database::TestDatabase;
use anyhow::{Context, Result, bail};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use recado::crypto::ids::SystemIds;
use recado::crypto::keyring::KeyRing;
use recado::crypto::random::random_bytes;
use recado::domain::booking::act::Who;
use recado::domain::booking::{
    Act, Actor, Appointment, DayHours, Limits, Need, Outcome, Refusal, ResourceKind, Rules, Service, Slot, Span, Wanted, WeekHours,
};
use recado::domain::ids::{AgentId, AppointmentId, ContactId, ConversationId, ResourceId, ServiceId, TenantId};
use recado::domain::time::Timestamp;
use recado::ports::bookings::Bookings;
use recado::ports::ids::IdSource;
use recado::store::Store;
use recado::store::admin::Admin;
use recado::store::admin::bookings::{Offer, ResourceDefinition};
use sea_orm::DbBackend;
use secrecy::SecretString;
use std::collections::BTreeMap;
use std::sync::Arc;
use uuid::Uuid;

/// Six in the morning of a Monday in Mexico City.
pub const EARLY: &str = "2027-03-15T12:00:00Z";
/// Nine o'clock there.
pub const NINE: &str = "2027-03-15T15:00:00Z";

/// Reads an instant.
pub fn at(text: &str) -> Timestamp {
    Timestamp::parse(text).unwrap()
}

/// A rig with a business in Mexico City.
pub struct Office {
    pub rig: Rig,
    pub admin: Admin,
    pub tenant: TenantId,
}

impl Office {
    /// One on each database.
    pub async fn both() -> Result<[Self; 2]> {
        let [sqlite, postgres] = TestDatabase::both().await?;
        Ok([Self::on(sqlite).await?, Self::on(postgres).await?])
    }

    pub async fn on(database: TestDatabase) -> Result<Self> {
        let rig = Rig::on(database).await?;
        rig.sql("UPDATE tenant SET timezone = 'America/Mexico_City'".to_owned()).await?;
        let admin = Admin::new(rig.store.clone(), ring()?);
        let office = Self { tenant: rig.tenant, admin, rig };
        for customer in 1..=9 {
            office.customer(customer).await?;
        }
        Ok(office)
    }

    pub const fn store(&self) -> &Store {
        &self.rig.store
    }

    /// Makes a customer of the business, with a conversation of the same number.
    pub async fn customer(&self, number: u128) -> Result<()> {
        let at = if self.rig.database.backend() == DbBackend::Postgres { "now()" } else { "1" };
        let (tenant, id) = (self.rig.id(self.tenant.0), self.rig.id(Uuid::from_u128(number)));
        let (inbox, no) = (self.rig.id(self.rig.inbox.0), 100_000 + number);
        for text in [
            format!("INSERT INTO contact (tenant_id, id, created_at, updated_at) VALUES ({tenant}, {id}, {at}, {at})"),
            format!(
                "INSERT INTO thread (tenant_id, id, inbox_id, contact_id, kind, part, reply_kind, reply_to, conversation_id, created_at)
                 VALUES ({tenant}, {id}, {inbox}, {id}, 'direct', 0, 'external', 'c{no}', {id}, {at})"
            ),
            format!(
                "INSERT INTO conversation (tenant_id, id, number, thread_id, inbox_id, contact_id, part, status, speaker, cycle,
                 last_activity_at, version, format, snapshot, created_at)
                 VALUES ({tenant}, {id}, {no}, {id}, {inbox}, {id}, 0, 'open', 'nobody', 1, {at}, 1, 1, '{{}}', {at})"
            ),
        ] {
            self.rig.sql(text).await?;
        }
        Ok(())
    }

    /// Adds a resource that is open from nine to six on weekdays and from ten to two on Saturdays.
    pub async fn resource(&self, name: &str, capacity: u16) -> Result<ResourceId> {
        Ok(self.admin.add_resource(self.tenant, offer(definition(name, capacity))).await?)
    }

    /// Adds a service of half an hour for which one of each list is needed.
    pub async fn service(&self, needs: &[&[ResourceId]]) -> Result<Service> {
        self.service_like(needs, |service| service).await
    }

    pub async fn service_like(&self, needs: &[&[ResourceId]], like: impl FnOnce(Service) -> Service) -> Result<Service> {
        Ok(self.admin.add_service(self.tenant, offer(like(service(needs)))).await?.what)
    }

    /// One service of one resource of so many seats.
    pub async fn simple(&self, capacity: u16) -> Result<Service> {
        let resource = self.resource("Ana", capacity).await?;
        self.service(&[&[resource]]).await
    }

    /// Asks as a customer in a conversation of the same number.
    pub async fn ask(&self, customer: u128, act: Act, now: &str) -> Result<Outcome> {
        Ok(self.store().act(self.tenant, from(customer), act, at(now)).await?)
    }

    /// Asks as people of the business.
    pub async fn people(&self, act: Act, now: &str) -> Result<Outcome> {
        Ok(self.store().act(self.tenant, PEOPLE, act, at(now)).await?)
    }

    /// Holds a slot for a customer.
    pub async fn hold(&self, customer: u128, service: ServiceId, start: &str, now: &str) -> Result<Outcome> {
        self.ask(customer, hold(service, at(start)), now).await
    }

    /// Holds a slot and says yes.
    pub async fn book(&self, customer: u128, service: ServiceId, start: &str, now: &str) -> Result<Appointment> {
        let held = done(self.hold(customer, service, start, now).await?)?;
        done(self.ask(customer, Act::Confirm { id: held.id, name: None }, now).await?)
    }

    /// Lists the free starts of a day.
    pub async fn starts(&self, service: ServiceId, from: &str, to: &str, now: &str) -> Result<Vec<Timestamp>> {
        Ok(self.slots(service, from, to, now).await?.into_iter().map(|slot| slot.span.start).collect())
    }

    pub async fn slots(&self, service: ServiceId, from: &str, to: &str, now: &str) -> Result<Vec<Slot>> {
        let within = Span { start: at(from), end: at(to) };
        let wanted = Wanted { service, within, resource: None, moving: None, limit: 100 };
        Ok(self.store().slots(self.tenant, wanted, at(now)).await?)
    }

    /// Reads an appointment as it is stored.
    pub async fn stored(&self, id: AppointmentId) -> Result<Appointment> {
        self.store().appointment(self.tenant, id).await?.context("no appointment")
    }
}

/// People of the business.
pub const PEOPLE: Actor = Actor::People { agent: AgentId(Uuid::from_u128(77)) };

/// A customer with a conversation of the same number.
pub const fn from(customer: u128) -> Actor {
    Actor::Contact { contact: ContactId(Uuid::from_u128(customer)), conversation: ConversationId(Uuid::from_u128(customer)) }
}

pub fn new_id() -> AppointmentId {
    AppointmentId(SystemIds::new().uuid())
}

pub fn hold(service: ServiceId, start: Timestamp) -> Act {
    Act::Hold { id: new_id(), service, start, resource: None, moves: None, who: Who::default(), request_key: None }
}

pub fn ring() -> Result<Arc<KeyRing>> {
    Ok(Arc::new(KeyRing::parse(&SecretString::from(STANDARD.encode(random_bytes::<32>()?)), &[])?))
}

pub const fn offer<T>(what: T) -> Offer<T> {
    Offer { what, position: 0, active: true }
}

pub fn definition(name: &str, capacity: u16) -> ResourceDefinition {
    let day = vec![DayHours { from: 9 * 60, to: 18 * 60 }];
    let saturday = vec![DayHours { from: 10 * 60, to: 14 * 60 }];
    let hours = WeekHours([day.clone(), day.clone(), day.clone(), day.clone(), day, saturday, Vec::new()]);
    let (name, kind) = (name.to_owned(), ResourceKind::Person);
    ResourceDefinition { name, aliases: vec![], kind, capacity, zone: None, hours, exceptions: vec![], outside_calendar: false }
}

pub fn service(needs: &[&[ResourceId]]) -> Service {
    Service {
        id: ServiceId(Uuid::nil()),
        name: BTreeMap::from([("es".to_owned(), "Consulta".to_owned())]),
        aliases: vec![],
        duration: 30,
        step: None,
        buffer_before: 0,
        buffer_after: 0,
        min_notice: 120,
        max_advance_days: 60,
        price: None,
        needs: needs.iter().map(|any_of| Need { any_of: any_of.to_vec() }).collect(),
        limits: Limits::default(),
        questions: vec![],
        approval: false,
    }
}

/// Rules under which nobody runs out of holds.
pub fn generous() -> Rules {
    Rules { holds_per_day: 1_000, ..Rules::default() }
}

/// Returns what was done.
pub fn done(outcome: Outcome) -> Result<Appointment> {
    match outcome {
        Outcome::Done { appointment, .. } => Ok(*appointment),
        Outcome::Refused { .. } | Outcome::Shown { .. } | Outcome::Waiting { .. } => bail!("not done: {outcome:?}"),
    }
}

/// Returns why it was refused.
pub fn why(outcome: &Outcome) -> Option<Refusal> {
    match outcome {
        Outcome::Refused { why, .. } => Some(*why),
        Outcome::Done { .. } | Outcome::Shown { .. } | Outcome::Waiting { .. } => None,
    }
}

/// Returns whether anything changed.
pub fn changed(outcome: &Outcome) -> bool {
    matches!(outcome, Outcome::Done { changed: true, .. })
}
