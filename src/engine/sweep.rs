//! The safety net, the third ring of supervision: finds in the database what no hint has brought, and fires due timers.

use crate::domain::ids::{Partition, TenantId};
use crate::domain::time::Timestamp;
use crate::engine::guard::{Guarded, Site, spawn_guarded};
use crate::engine::imports;
use crate::engine::mail;
use crate::engine::notices;
use crate::engine::settings::ms;
use crate::engine::shared::{Lookers, Shared, Stats};
use crate::engine::{bulk, calendar, files};
use crate::engine::{waitlist, webhooks};
use crate::ports::store::StoreError;
use actix::{Actor, Addr, ArbiterHandle, Context, Supervised, Supervisor};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// Most rows of one kind in one look.
const PAGE: u32 = 10_000;
/// Most time for one look; the next one begins afresh.
const LONGEST: Duration = Duration::from_secs(30);
/// Looks between two heartbeats.
const HEARTBEAT_EVERY: u64 = 5;
/// Looks between two rounds of purging.
const PURGE_EVERY: u64 = 600;
/// Looks between two searches for conversations that wait although somebody is free.
const HAND_OUT_EVERY: u64 = 15;

/// Owns nothing but its count of looks. It only hints: it never changes a conversation or sends.
pub(crate) struct SweepActor {
    shared: Arc<Shared>,
    looks: u64,
    /// The first look takes everything: nothing is in memory yet.
    first: Arc<AtomicBool>,
    /// A look for jobs of outside calendars is under way.
    calendar: Lookers,
    /// As `calendar`, for mails.
    mail: Arc<mail::Look>,
    /// So is one for those who wait for a time.
    waitlist: Lookers,
    /// And one for what people must be told.
    notices: Lookers,
    /// As `mail`, for webhooks.
    webhooks: Arc<webhooks::Look>,
    /// One looks at tables of contacts.
    imports: Lookers,
    /// One at actions over many conversations.
    bulk: Lookers,
    /// And one for files that nobody uses.
    files: Lookers,
    /// After an outage: each tenant's work begins at a moment of its own.
    spread: Option<Spread>,
}

/// Work that fell due during an outage starts spread out, oldest first within a tenant.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Spread {
    /// When the engine started.
    pub from: Timestamp,
    /// Over how long.
    pub over: Duration,
}

impl Spread {
    /// Returns true if a tenant's overdue work may start at `now`.
    pub fn may_start(&self, tenant: TenantId, now: Timestamp) -> bool {
        let span = u64::try_from(self.over.as_millis()).unwrap_or(u64::MAX).max(1);
        let jitter = u64::try_from(tenant.0.as_u128() % u128::from(span)).unwrap_or(0);
        now >= self.from.after(Duration::from_millis(jitter))
    }
}

impl SweepActor {
    pub fn start(shared: &Arc<Shared>, arbiter: &ArbiterHandle, spread: Option<Spread>) -> Addr<Self> {
        let shared = Arc::clone(shared);
        Supervisor::start_in_arbiter(arbiter, move |_| Self {
            shared,
            looks: 0,
            first: Arc::new(AtomicBool::new(true)),
            calendar: Lookers::one(),
            mail: Arc::default(),
            waitlist: Lookers::one(),
            notices: Lookers::one(),
            webhooks: Arc::default(),
            imports: Lookers::one(),
            bulk: Lookers::one(),
            files: Lookers::one(),
            spread,
        })
    }

    fn schedule(&mut self, after: Duration, ctx: &mut Context<Self>) {
        let shared = Arc::clone(&self.shared);
        let (looks, first, spread) = (self.looks, Arc::clone(&self.first), self.spread);
        let (calendars, mails, lists) = (self.calendar.clone(), Arc::clone(&self.mail), self.waitlist.clone());
        let (notices, hooks) = (self.notices.clone(), Arc::clone(&self.webhooks));
        let (tables, bulks, unused) = (self.imports.clone(), self.bulk.clone(), self.files.clone());
        self.looks += 1;
        let until = shared.moment().after(after);
        let work = async move {
            shared.ports.clock.sleep_until(until).await;
            if !shared.running.load(Ordering::Acquire) {
                return;
            }
            shared.sites.enter(Site::Sweep);
            calendar::look(&shared, &calendars);
            mail::look(&shared, &mails);
            waitlist::look(&shared, &lists);
            notices::look(&shared, &notices);
            webhooks::look(&shared, &hooks);
            imports::look(&shared, &tables);
            bulk::look(&shared, &bulks);
            files::look(&shared, &unused);
            let late = shared.ports.clock.sleep_until(shared.moment().after(LONGEST));
            let swept = tokio::select! {
                swept = sweep(&shared, looks, first.load(Ordering::Acquire), spread) => swept,
                () = late => Err(StoreError::Unknown),
            };
            match swept {
                Ok(()) => first.store(false, Ordering::Release),
                Err(error) => tracing::warn!(error = %error, "the safety net could not read the database"),
            }
        };
        spawn_guarded(Site::Sweep, ctx, work, |(), actor: &mut Self, ctx| {
            let period = ms(actor.shared.settings.sweep_ms);
            actor.schedule(period, ctx);
        });
    }
}

/// Looks once.
pub(crate) async fn sweep(shared: &Arc<Shared>, looks: u64, first: bool, spread: Option<Spread>) -> Result<(), StoreError> {
    let now = shared.now();
    let parts = shared.epochs.owned();
    let store = &shared.ports.store;
    if let Err(error) = shared.ports.directory.refresh().await {
        tracing::warn!(error = %error, "the directory could not be refreshed");
    }
    if looks.is_multiple_of(HEARTBEAT_EVERY) {
        store.heartbeat(&shared.node, now).await?;
    }
    // Each part by itself: what one cannot read must not keep the others from what they can.
    let inbound = find_inbound(shared, &parts, first, spread).await;
    let outbox = find_outbox(shared, &parts, spread).await;
    let timers = match store.fire_timers(&parts, now, PAGE).await {
        Ok(keys) => {
            keys.into_iter().for_each(|key| shared.look(key));
            Ok(())
        }
        Err(error) => Err(error),
    };
    if looks.is_multiple_of(HAND_OUT_EVERY) {
        store.hand_out(now, PAGE).await?.into_iter().for_each(|key| shared.look(key));
    }
    if looks % PURGE_EVERY == PURGE_EVERY - 1 {
        let purged = store.purge(now).await?;
        tracing::debug!(rows = purged, "rows past their retention were deleted");
    }
    inbound.and(outbox).and(timers)
}

fn may_start(spread: Option<Spread>, tenant: TenantId, now: Timestamp) -> bool {
    spread.is_none_or(|spread| spread.may_start(tenant, now))
}

async fn find_inbound(shared: &Arc<Shared>, parts: &[Partition], first: bool, spread: Option<Spread>) -> Result<(), StoreError> {
    let now = shared.now();
    let old = |age: u64| if first { now.after(Duration::from_secs(1)) } else { now.before(ms(age)) };
    let (new_before, recorded_before) = (old(shared.settings.new_row_ms), old(shared.settings.recorded_row_ms));
    for key in shared.ports.store.open_conversations(parts, new_before, recorded_before, PAGE).await? {
        if may_start(spread, key.tenant, now) {
            Stats::count(&shared.stats.swept);
            shared.look(key);
        }
    }
    Ok(())
}

async fn find_outbox(shared: &Arc<Shared>, parts: &[Partition], spread: Option<Spread>) -> Result<(), StoreError> {
    let now = shared.now();
    let mut due = shared.ports.store.due_outbox(parts, now, PAGE).await?;
    due.retain(|row| may_start(spread, row.key.tenant, now));
    due.sort_by_key(|row| row.inbox);
    for rows in due.chunk_by(|one, other| one.inbox == other.inbox) {
        if let Some(inbox) = rows.first().map(|row| row.inbox) {
            shared.offer(inbox, rows.to_vec());
        }
    }
    Ok(())
}

impl Guarded for SweepActor {
    fn enter(&self, site: Site) {
        self.shared.sites.enter(site);
    }

    fn struck(&mut self, _site: Site) {
        Stats::count(&self.shared.stats.panics);
    }
}

impl Actor for SweepActor {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Context<Self>) {
        self.schedule(Duration::ZERO, ctx);
    }
}

impl Supervised for SweepActor {
    fn restarting(&mut self, ctx: &mut Context<Self>) {
        let period = ms(self.shared.settings.sweep_ms);
        self.schedule(period, ctx);
    }
}
