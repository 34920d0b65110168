//! What every actor of the engine shares: the ports, the settings, who owns which partition, who waits for what.

use crate::domain::conversation::effect::CommandOutcome;
use crate::domain::ids::{ConversationId, ConversationKey, Epoch, InboundId, InboxId, PARTITIONS, Partition};
use crate::domain::inbox::ChannelKind;
use crate::domain::time::Timestamp;
use crate::engine::calendar::CalendarPorts;
use crate::engine::desks::Desks;
use crate::engine::feed::Feed;
use crate::engine::files::FilePorts;
use crate::engine::gate::Gate;
use crate::engine::guard::Site;
use crate::engine::lane::Lanes;
use crate::engine::mail::MailPorts;
use crate::engine::registry::Shards;
use crate::engine::settings::EngineSettings;
use crate::engine::waitlist::WaitlistPorts;
use crate::engine::webhooks::WebhookPorts;
use crate::ports::bulk::BulkActions;
use crate::ports::channel::ChannelSender;
use crate::ports::clock::{Clock, Moment};
use crate::ports::directory::Directory;
use crate::ports::ids::IdSource;
use crate::ports::imports::Imports;
use crate::ports::llm::Llm;
use crate::ports::mail::Links;
use crate::ports::metrics::EngineMeters;
use crate::ports::notices::Notices;
use crate::ports::prompts::Prompts;
use crate::ports::store::{EngineStore, OutboxRow};
use crate::ports::toolbox::Toolbox;
use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};

/// The outside world as the engine needs it.
#[derive(Clone)]
pub struct EnginePorts {
    /// The database.
    pub store: Arc<dyn EngineStore>,
    /// Tenants and inboxes.
    pub directory: Arc<dyn Directory>,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Ids and jitter.
    pub ids: Arc<dyn IdSource>,
    /// The model.
    pub llm: Arc<dyn Llm>,
    /// The prompts.
    pub prompts: Arc<dyn Prompts>,
    /// The tools.
    pub toolbox: Arc<dyn Toolbox>,
    /// Outside calendars, if there are any.
    pub calendar: Option<CalendarPorts>,
    /// How mails leave.
    pub mail: Option<MailPorts>,
    /// The waiting lists, if there is a book.
    pub waitlist: Option<WaitlistPorts>,
    /// What people are told, if anybody is.
    pub notices: Option<Arc<dyn Notices>>,
    /// What businesses' own systems are told.
    pub webhooks: Option<WebhookPorts>,
    /// Tables of contacts that are taken in, if any are.
    pub imports: Option<Arc<dyn Imports>>,
    /// Actions over many conversations, if any are worked off.
    pub bulk: Option<Arc<dyn BulkActions>>,
    /// Files that people attach, if there is a place for them.
    pub files: Option<FilePorts>,
    /// The addresses of public pages.
    pub links: Arc<dyn Links>,
    /// How messages leave, by channel.
    pub senders: HashMap<ChannelKind, Arc<dyn ChannelSender>>,
}

/// Shared by all actors of one engine.
pub(crate) struct Shared {
    pub ports: EnginePorts,
    pub settings: EngineSettings,
    pub node: String,
    pub epochs: Epochs,
    pub feed: Feed,
    pub waiters: Waiters,
    pub shards: Arc<Shards>,
    pub gate: Gate,
    pub lanes: Lanes,
    pub stats: Stats,
    pub parked: Parked,
    pub desks: Desks,
    pub sites: Sites,
    /// True once partitions are claimed, until the drain begins.
    pub running: AtomicBool,
    /// The old owner of a *sending* row is proved dead: no need to wait for its deadline.
    pub predecessor_dead: bool,
    attempts: AtomicU64,
}

impl Shared {
    pub fn new(ports: EnginePorts, settings: EngineSettings, node: String, predecessor_dead: bool) -> Self {
        let shards = Arc::new(Shards::default());
        Self {
            ports,
            node,
            epochs: Epochs::default(),
            feed: Feed::default(),
            waiters: Waiters::default(),
            gate: Gate::new(Arc::clone(&shards), settings.tenant_parallel),
            shards,
            settings,
            lanes: Lanes::default(),
            stats: Stats::default(),
            parked: Parked::default(),
            desks: Desks::default(),
            sites: Sites::default(),
            running: AtomicBool::new(false),
            predecessor_dead,
            attempts: AtomicU64::new(0),
        }
    }

    /// Draws a number never used before in this process.
    pub fn next_attempt(&self) -> u64 {
        self.attempts.fetch_add(1, Ordering::Relaxed) + 1
    }

    pub fn now(&self) -> Timestamp {
        self.ports.clock.now()
    }

    pub fn moment(&self) -> Moment {
        self.ports.clock.moment()
    }

    /// Hints the owner of a conversation, if that is us.
    pub fn look(&self, key: ConversationKey) {
        if self.epochs.of(key.part).is_some() {
            self.gate.look(key);
        }
    }

    /// Hints the owner of a conversation although its tenant may have much under way: people wait for the answer.
    pub fn look_now(&self, key: ConversationKey) {
        if self.epochs.of(key.part).is_some() {
            self.gate.look_now(key);
        }
    }

    /// Lookers rows to the lane of their account.
    pub fn offer(self: &Arc<Self>, inbox: InboxId, rows: Vec<OutboxRow>) {
        if !rows.is_empty() {
            self.lanes.offer(self, inbox, rows);
        }
    }
}

/// The epochs of our partitions; a partition that is not ours has none.
pub(crate) struct Epochs(Vec<AtomicI64>);

impl Default for Epochs {
    fn default() -> Self {
        Self((0..PARTITIONS).map(|_| AtomicI64::new(-1)).collect())
    }
}

impl Epochs {
    pub fn of(&self, part: Partition) -> Option<Epoch> {
        let epoch = self.0.get(usize::from(part.0))?.load(Ordering::Acquire);
        (epoch >= 0).then_some(Epoch(epoch))
    }

    pub fn set(&self, part: Partition, epoch: Epoch) {
        if let Some(slot) = self.0.get(usize::from(part.0)) {
            slot.store(epoch.0, Ordering::Release);
        }
    }

    /// Gives up a partition that another node has taken, unless we have taken it again since.
    pub fn lose(&self, part: Partition, seen: Epoch) {
        if let Some(slot) = self.0.get(usize::from(part.0)) {
            // Losing the race means that somebody else has already noted it.
            let _already = slot.compare_exchange(seen.0, -1, Ordering::AcqRel, Ordering::Acquire);
        }
    }

    pub fn owned(&self) -> Vec<Partition> {
        (0..PARTITIONS).map(Partition).filter(|part| self.of(*part).is_some()).collect()
    }
}

/// What a waiting caller hears: the outcome, and texts of the assistant that were already leaving and may still arrive.
pub(crate) type Heard = (CommandOutcome, Vec<String>);

/// Callers who wait for the outcome of their command.
#[derive(Default)]
pub(crate) struct Waiters(Mutex<HashMap<InboundId, Vec<oneshot::Sender<Heard>>>>);

impl Waiters {
    pub fn wait(&self, id: InboundId) -> oneshot::Receiver<Heard> {
        let (sender, receiver) = oneshot::channel();
        self.0.lock().unwrap_or_else(PoisonError::into_inner).entry(id).or_default().push(sender);
        receiver
    }

    pub fn answer(&self, id: InboundId, heard: &Heard) {
        let waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&id);
        for sender in waiting.into_iter().flatten() {
            // A caller who has stopped waiting reads the row later.
            let _gone = sender.send(heard.clone());
        }
    }

    /// Forgets the callers who have stopped waiting for a command.
    pub fn forget_gone(&self, id: InboundId) {
        let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(senders) = waiting.get_mut(&id) {
            senders.retain(|sender| !sender.is_closed());
            if senders.is_empty() {
                waiting.remove(&id);
            }
        }
    }
}

/// Conversations in which an echo waits for a send to settle: the mark of the send hints them. Forgotten ones look again by themselves.
#[derive(Default)]
pub(crate) struct Parked(Mutex<HashSet<ConversationId>>);

impl Parked {
    pub fn note(&self, id: ConversationId, waits: bool) {
        let mut parked = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if waits {
            parked.insert(id);
        } else {
            parked.remove(&id);
        }
    }

    pub fn holds(&self, id: ConversationId) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).contains(&id)
    }
}

/// Lookers that look at one queue, each at most once at a time. A hand is free again when its permit is dropped, also by a panic.
#[derive(Clone)]
pub(crate) struct Lookers(Arc<Semaphore>);

impl Lookers {
    /// One hand: a look begins when the one before has ended.
    pub(crate) fn one() -> Self {
        Self::some(1)
    }

    /// So many hands.
    pub(crate) fn some(count: usize) -> Self {
        Self(Arc::new(Semaphore::new(count)))
    }

    /// Takes a hand; `None`: all are busy.
    pub(crate) fn take(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.0).try_acquire_owned().ok()
    }
}

/// Counters that tests, health checks and metrics read.
#[derive(Default, Debug)]
pub struct Stats {
    /// Conversations in memory.
    pub live: AtomicI64,
    /// Loads from the database.
    pub activations: AtomicU64,
    /// Commits that another writer had overtaken.
    pub stale: AtomicU64,
    /// Commits refused because a partition was lost.
    pub fenced: AtomicU64,
    /// Panics caught.
    pub panics: AtomicU64,
    /// Turns asked of a model.
    pub turns: AtomicU64,
    /// Hand-offs committed.
    pub handoffs: AtomicU64,
    /// Messages that left.
    pub sent: AtomicU64,
    /// Rows found by the safety net that no hint had brought.
    pub swept: AtomicU64,
    /// Looks at queues beside the conversations (mails, waiting lists, notices, calendars) that are under way.
    pub looking: AtomicI64,
    /// Where durations and outcomes go; an engine without meters counts none.
    pub meters: OnceLock<EngineMeters>,
}

/// One look at a queue; counted until it is dropped.
pub(crate) struct Looking<'a>(&'a Stats);

impl Drop for Looking<'_> {
    fn drop(&mut self) {
        self.0.looking.fetch_sub(1, Ordering::AcqRel);
    }
}

impl Stats {
    /// Counts a look at a queue for as long as what is returned lives.
    pub(crate) fn look(&self) -> Looking<'_> {
        self.looking.fetch_add(1, Ordering::AcqRel);
        Looking(self)
    }

    pub(crate) fn count(counter: &AtomicU64) {
        counter.fetch_add(1, Ordering::Relaxed);
    }

    /// Measures something, if there are meters.
    pub(crate) fn measure(&self, what: impl FnOnce(&EngineMeters)) {
        if let Some(meters) = self.meters.get() {
            what(meters);
        }
    }
}

/// Where tests let guarded code panic. Empty in the product.
#[derive(Default)]
pub(crate) struct Sites {
    #[cfg(feature = "testing")]
    armed: Mutex<HashMap<Site, u32>>,
    #[cfg(feature = "testing")]
    passed: Mutex<HashMap<Site, u64>>,
}

impl Sites {
    /// Passes a site.
    #[cfg(not(feature = "testing"))]
    #[expect(clippy::unused_self, reason = "tests arm sites here")]
    pub const fn enter(&self, _site: Site) {}

    /// Passes a site; panics if a test has armed it.
    #[cfg(feature = "testing")]
    #[expect(clippy::panic, reason = "the fault that tests ask for")]
    pub fn enter(&self, site: Site) {
        *self.passed.lock().unwrap_or_else(PoisonError::into_inner).entry(site).or_default() += 1;
        let mut armed = self.armed.lock().unwrap_or_else(PoisonError::into_inner);
        let strikes = armed.get_mut(&site).filter(|strikes| **strikes > 0);
        if let Some(strikes) = strikes {
            *strikes -= 1;
            drop(armed);
            panic!("a test asked for a panic at {site:?}");
        }
    }

    /// Lets the next `strikes` passings of a site panic.
    #[cfg(feature = "testing")]
    pub fn arm(&self, site: Site, strikes: u32) {
        self.armed.lock().unwrap_or_else(PoisonError::into_inner).insert(site, strikes);
    }

    /// Returns how often a site was passed.
    #[cfg(feature = "testing")]
    pub fn passed(&self, site: Site) -> u64 {
        self.passed.lock().unwrap_or_else(PoisonError::into_inner).get(&site).copied().unwrap_or_default()
    }
}
