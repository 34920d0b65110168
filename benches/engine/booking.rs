//! What a booking costs: a hold and its confirmation, each durable, at the rate of a busy hour, over a book that is well filled.

use crate::figures::Setup;
use crate::load::Outcome;
use crate::server::{Answers, Site};
use crate::table::Better::Less;
use crate::table::{Figure, progress};
use anyhow::{Context, bail};
use recado::crypto::ids::SystemIds;
use recado::domain::booking::act::Who;
use recado::domain::booking::{Act, Actor, DayHours, Limits, Need, Outcome as Came, ResourceKind, Service, Span, Wanted, WeekHours};
use recado::domain::ids::{AgentId, AppointmentId, ResourceId, ServiceId, TenantId};
use recado::domain::time::Timestamp;
use recado::net::clock::SystemClock;
use recado::ports::bookings::Bookings;
use recado::ports::clock::Clock;
use recado::ports::ids::IdSource;
use recado::store::Store;
use recado::store::admin::Admin;
use recado::store::admin::bookings::{Offer, ResourceDefinition};
use recado::store::connect::StoreOptions;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, MissedTickBehavior, interval};
use uuid::Uuid;

/// Staff who give the service.
const STAFF: usize = 10;
/// Appointments that stand before the measuring.
const FILL: usize = 1_000;
/// Bookings measured, and how many begin in a second.
const BOOKINGS: usize = 300;
const RATE: u64 = 20;

/// Holds and confirms at a steady rate; then lists a week.
pub async fn booking(setup: &Setup) -> anyhow::Result<Vec<Figure>> {
    let site = Site::new("booking", setup.database.clone())?;
    // Makes the tenant.
    site.tenant("book", 9_999, Answers::Nobody)?;
    let tenant = site.tenant_id("book")?;
    let options = StoreOptions::new(site.database_url());
    let store = Store::open(&options, Arc::new(SystemClock::new()), Arc::new(SystemIds::new())).await?;
    let service = agenda(&store, tenant).await?;
    let desk = Desk { store, tenant, service };
    let free = desk.free(FILL + BOOKINGS).await?;
    let (fill, measured) = free.split_at_checked(FILL).context("too few free slots")?;
    for start in fill {
        desk.book(*start).await?;
    }
    progress(&format!("{FILL} appointments stand"))?;
    let outcome = desk.measure(measured).await?;
    let mut lists = Outcome::default();
    for _ in 0..50 {
        let began = Instant::now();
        desk.free(20).await?;
        lists.latencies.push(began.elapsed());
    }
    figures(setup, outcome, lists)
}

fn figures(setup: &Setup, mut outcome: Outcome, mut lists: Outcome) -> anyhow::Result<Vec<Figure>> {
    let name = if setup.database.is_some() { "hold + confirm p95 at 20/s (PostgreSQL)" } else { "hold + confirm p95 at 20/s (SQLite)" };
    Ok(vec![
        Figure::new(name, outcome.percentile(0.95), "ms", Less, 30.0),
        Figure::plain("  p50", outcome.percentile(0.5), "ms"),
        Figure::plain("  the next 20 free slots p50", lists.percentile(0.5), "ms"),
    ])
}

async fn agenda(store: &Store, tenant: TenantId) -> anyhow::Result<ServiceId> {
    let ring = recado::crypto::keyring::KeyRing::parse(&crate::server::secret_key(), &[])?;
    let admin = Admin::new(store.clone(), Arc::new(ring));
    let offer = |what| Offer { what, position: 0, active: true };
    let day = vec![DayHours { from: 8 * 60, to: 20 * 60 }];
    let mut staff = Vec::new();
    for number in 0..STAFF {
        let person = ResourceDefinition {
            name: format!("Person {number}"),
            aliases: vec![],
            kind: ResourceKind::Person,
            capacity: 1,
            zone: None,
            hours: WeekHours(std::array::from_fn(|_| day.clone())),
            exceptions: vec![],
            outside_calendar: false,
        };
        staff.push(admin.add_resource(tenant, Offer { what: person, position: 0, active: true }).await?);
    }
    Ok(admin.add_service(tenant, offer(service(staff))).await?.what.id)
}

fn service(staff: Vec<ResourceId>) -> Service {
    Service {
        id: ServiceId(Uuid::nil()),
        name: BTreeMap::from([("en".to_owned(), "Consultation".to_owned())]),
        aliases: vec![],
        duration: 30,
        step: None,
        buffer_before: 0,
        buffer_after: 0,
        min_notice: 60,
        max_advance_days: 60,
        price: None,
        needs: vec![Need { any_of: staff }],
        limits: Limits::default(),
        questions: vec![],
        approval: false,
    }
}

/// Who books.
struct Desk {
    store: Store,
    tenant: TenantId,
    service: ServiceId,
}

impl Desk {
    fn now() -> Timestamp {
        SystemClock::new().now()
    }

    /// Returns the next starts that are free, each as often as there is room.
    async fn free(&self, most: usize) -> anyhow::Result<Vec<Timestamp>> {
        let now = Self::now();
        let within = Span { start: now, end: now.after(Duration::from_hours(14 * 24)) };
        let wanted = Wanted { service: self.service, within, resource: None, moving: None, limit: most };
        let slots = self.store.slots(self.tenant, wanted, now).await?;
        let starts = slots.into_iter().flat_map(|slot| std::iter::repeat_n(slot.span.start, slot.capacity_left as usize));
        Ok(starts.take(most).collect())
    }

    async fn ask(&self, act: Act) -> anyhow::Result<AppointmentId> {
        let people = Actor::People { agent: AgentId(Uuid::nil()) };
        match self.store.act(self.tenant, people, act, Self::now()).await? {
            Came::Done { appointment, .. } => Ok(appointment.id),
            refused @ (Came::Refused { .. } | Came::Shown { .. } | Came::Waiting { .. }) => bail!("not booked: {refused:?}"),
        }
    }

    async fn book(&self, start: Timestamp) -> anyhow::Result<()> {
        let (id, service, who) = (AppointmentId(SystemIds::new().uuid()), self.service, Who::default());
        let held = self.ask(Act::Hold { id, service, start, resource: None, moves: None, who, request_key: None }).await?;
        self.ask(Act::Confirm { id: held, name: None }).await.map(drop)
    }

    async fn measure(&self, starts: &[Timestamp]) -> anyhow::Result<Outcome> {
        let mut outcome = Outcome::default();
        let mut ticks = interval(Duration::from_millis(1_000 / RATE));
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        for start in starts {
            ticks.tick().await;
            let began = Instant::now();
            self.book(*start).await?;
            outcome.latencies.push(began.elapsed());
        }
        Ok(outcome)
    }
}
