//! The actors: they order, commit and perform; what is to be done is decided by `domain`.
//!
//! The engine knows traits only: never a table, a vendor or a wire format. [`EngineHandle`] is the one type that others see.

mod bulk;
pub mod calendar;
mod calling;
pub(crate) mod context;
mod conversation;
pub(crate) mod crank;
mod desks;
mod drafts;
mod feed;
pub mod files;
mod gate;
pub mod guard;
mod imports;
mod lane;
pub mod mail;
mod notices;
pub mod placement;
mod registry;
pub mod rehearsal;
pub mod settings;
mod shared;
mod side_jobs;
mod sweep;
pub mod waitlist;
pub mod webhooks;

#[cfg(all(test, feature = "testing"))]
mod tests;

pub use conversation::Observed;
pub use shared::{EnginePorts, Stats};

use crate::domain::ids::{ConversationId, ConversationKey, InboundId, InboxId, MessageId, TenantId};
use crate::engine::registry::RegistryActor;
use crate::engine::settings::{EngineSettings, ms};
use crate::engine::shared::Shared;
use crate::engine::sweep::{Spread, SweepActor};
use crate::ports::engine::{CommandAnswer, Engine, LiveEvent};
use crate::ports::metrics::Totals;
use crate::ports::store::{CommandAccepted, NewCommand, Published, StoreError};
use actix::{Addr, Arbiter, ArbiterHandle};
use async_trait::async_trait;
use placement::Placement;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::sync::broadcast;

/// The running engine. Cheap to clone.
#[derive(Clone)]
pub struct EngineHandle {
    shared: Arc<Shared>,
    arbiters: Arc<Vec<Arbiter>>,
    _sweep: Addr<SweepActor>,
}

/// On which threads the actors live.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Threads {
    /// Threads of their own, one per shard.
    Own,
    /// The caller's arbiter: tests, where everything is to happen in one place.
    Current,
}

impl EngineHandle {
    /// Claims the partitions and starts the actors. Must be called inside an actix system.
    ///
    /// # Errors
    /// [`StoreError`] if the partitions could not be claimed.
    pub async fn start(
        ports: EnginePorts,
        settings: EngineSettings,
        node: String,
        placement: &dyn Placement,
        threads: Threads,
    ) -> Result<Self, StoreError> {
        let shared = Arc::new(Shared::new(ports, settings, node, placement.predecessor_dead()));
        let spread = outage(&shared).await?;
        for (part, epoch) in placement.claim(shared.ports.store.as_ref(), &shared.node).await? {
            shared.epochs.set(part, epoch);
        }
        let arbiters = match threads {
            Threads::Own => (0..shard_count(&shared.settings)).map(|_| Arbiter::new()).collect(),
            Threads::Current => Vec::new(),
        };
        let mut handles: Vec<ArbiterHandle> = arbiters.iter().map(Arbiter::handle).collect();
        if handles.is_empty() {
            handles.push(Arbiter::current());
        }
        shared.lanes.set_arbiters(handles.clone());
        let registries = handles.iter().map(|arbiter| RegistryActor::start(&shared, arbiter, handles.len())).collect();
        shared.shards.set(registries);
        shared.running.store(true, Ordering::Release);
        let first = handles.first().cloned().unwrap_or_else(Arbiter::current);
        let sweep = SweepActor::start(&shared, &first, spread);
        Ok(Self { shared, arbiters: Arc::new(arbiters), _sweep: sweep })
    }

    /// Returns the counters.
    #[must_use]
    pub fn stats(&self) -> &Stats {
        &self.shared.stats
    }

    /// Returns the counters for the metrics.
    #[must_use]
    pub fn totals(&self) -> Totals {
        let stats = self.stats();
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        let (lane_rows, lane_longest) = self.shared.lanes.lengths();
        Totals {
            live: stats.live.load(Ordering::Relaxed),
            lane_rows,
            lane_longest,
            activations: read(&stats.activations),
            turns: read(&stats.turns),
            handoffs: read(&stats.handoffs),
            sent: read(&stats.sent),
            swept: read(&stats.swept),
            stale: read(&stats.stale),
            fenced: read(&stats.fenced),
            panics: read(&stats.panics),
        }
    }

    /// Shows what a conversation's actor holds; `None` if it is not in memory.
    pub async fn observe(&self, id: ConversationId) -> Option<Observed> {
        self.shared.shards.observe(id).await
    }

    /// Lets the next passings of a guarded site panic.
    #[cfg(feature = "testing")]
    pub fn arm(&self, site: guard::Site, strikes: u32) {
        self.shared.sites.arm(site, strikes);
    }

    /// Returns how often a guarded site was passed.
    #[cfg(feature = "testing")]
    #[must_use]
    pub fn passed(&self, site: guard::Site) -> u64 {
        self.shared.sites.passed(site)
    }

    /// Looks at the database once, as the safety net does each second: for tests with a clock that stands still.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn sweep_now(&self, everything: bool) -> Result<(), StoreError> {
        sweep::sweep(&self.shared, 0, everything, None).await
    }

    /// Ends every stream of live events; their readers come back to another node, or later.
    pub fn end_streams(&self) {
        self.shared.feed.end();
    }

    /// Stops looking for work, gives what is under way some time, then ends the actors' threads. What is left is in the database.
    pub async fn drain(&self) {
        self.shared.running.store(false, Ordering::Release);
        let until = self.shared.moment().after(ms(self.shared.settings.drain_ms));
        self.shared
            .ports
            .clock
            .sleep_until(self.shared.moment().after(Duration::from_millis(100).min(ms(self.shared.settings.drain_ms))))
            .await;
        while self.shared.lanes.under_way() && self.shared.moment() < until {
            let next = self.shared.moment().after(Duration::from_millis(50));
            self.shared.ports.clock.sleep_until(next).await;
        }
        self.abort();
    }

    /// Stops at once: another process may be at work already, so that nothing under way is waited for. What is left is in the database.
    pub fn abort(&self) {
        self.shared.running.store(false, Ordering::Release);
        for arbiter in self.arbiters.iter() {
            arbiter.stop();
        }
    }
}

/// Notes that this node lives and tells whether work that fell due meanwhile must start spread out.
async fn outage(shared: &Shared) -> Result<Option<Spread>, StoreError> {
    let now = shared.now();
    let last = shared.ports.store.heartbeat(&shared.node, now).await?;
    let settings = &shared.settings;
    let long = last.is_some_and(|last| now.since(last) > ms(settings.outage_ms));
    Ok(long.then(|| Spread { from: now, over: ms(settings.outage_spread_ms) }))
}

fn shard_count(settings: &EngineSettings) -> usize {
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    if settings.shards == 0 { cores } else { settings.shards }
}

#[async_trait]
impl Engine for EngineHandle {
    fn hint(&self, key: ConversationKey) {
        self.shared.look(key);
    }

    fn outbox_hint(&self, key: ConversationKey) {
        let shared = Arc::clone(&self.shared);
        tokio::spawn(async move {
            match shared.ports.store.unsent(key).await {
                Ok(rows) => {
                    if let Some(inbox) = rows.first().map(|row| row.inbox) {
                        shared.offer(inbox, rows);
                    }
                }
                Err(error) => tracing::debug!(error = %error, "a hint was lost; the safety net finds the rows"),
            }
        });
    }

    fn publish(&self, events: Vec<Arc<Published>>) {
        self.shared.feed.publish(events);
    }

    fn arrived(&self, inbox: InboxId, messages: Vec<(ConversationId, MessageId)>) {
        if !messages.is_empty() {
            self.shared.lanes.arrived(inbox, messages);
        }
    }

    async fn command(&self, command: NewCommand) -> Result<CommandAnswer, StoreError> {
        let (key, tenant) = (command.key, command.key.tenant);
        let none = Vec::new;
        let (id, repeat) = match self.shared.ports.store.add_command(command).await? {
            CommandAccepted::Mismatch => return Ok(CommandAnswer::Mismatch),
            CommandAccepted::Repeat { id, outcome: Some(outcome) } => {
                return Ok(CommandAnswer::Done { id, outcome, repeat: true, may_still_arrive: none() });
            }
            CommandAccepted::Repeat { id, outcome: None } => (id, true),
            CommandAccepted::New(id) => (id, false),
        };
        // Dropped after the receiver, also when the caller goes away in the middle.
        let _tidy = Tidy { shared: &self.shared, id };
        let heard = self.shared.waiters.wait(id);
        self.shared.look_now(key);
        let until = self.shared.moment().after(ms(self.shared.settings.command_wait_ms));
        let late = self.shared.ports.clock.sleep_until(until);
        let answer = tokio::select! {
            heard = heard => heard.ok(),
            () = late => None,
        };
        if let Some((outcome, may_still_arrive)) = answer {
            return Ok(CommandAnswer::Done { id, outcome, repeat, may_still_arrive });
        }
        // Another node's actor may have run it, or ours before we listened.
        Ok(match self.shared.ports.store.command_outcome(tenant, id).await? {
            Some(outcome) => CommandAnswer::Done { id, outcome, repeat, may_still_arrive: none() },
            None => CommandAnswer::Pending { id, repeat },
        })
    }

    fn tell(&self, tenant: TenantId, event: LiveEvent) {
        self.shared.feed.send(tenant, event);
    }

    fn subscribe(&self, tenant: TenantId) -> broadcast::Receiver<LiveEvent> {
        self.shared.feed.subscribe(tenant)
    }

    fn ready(&self) -> bool {
        self.shared.running.load(Ordering::Acquire)
    }
}

/// Forgets a caller who waits for a command no more, however that came about.
struct Tidy<'a> {
    shared: &'a Shared,
    id: InboundId,
}

impl Drop for Tidy<'_> {
    fn drop(&mut self) {
        self.shared.waiters.forget_gone(self.id);
    }
}
