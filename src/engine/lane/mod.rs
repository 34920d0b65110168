//! Lanes: how messages leave. One actor per channel account.

pub(crate) mod bucket;
mod deliver;
mod lanes;
pub(crate) mod outcome;
pub(crate) mod queue;

pub(crate) use lanes::Lanes;

use crate::domain::delivery::Address;
use crate::domain::ids::{ConversationId, ConversationKey, InboxId, MessageId};
use crate::domain::inbox::ChannelKind;
use crate::domain::time::Timestamp;
use crate::engine::guard::{Guarded, Site, guarded, spawn_guarded};
use crate::engine::shared::{Shared, Stats};
use crate::ports::directory::InboxEntry;
use crate::ports::store::OutboxRow;
use actix::{Actor, ArbiterHandle, AsyncContext, Context, Handler, Message, Supervised, Supervisor};
use bucket::{Bucket, Rate};
use deliver::{Delivered, deliver};
use lanes::{CallUnderWay, Lane};
use queue::Queue;
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

/// Owns what waits to leave by one account, its buckets, and the calls under way. It never decides what is said, never touches a
/// conversation, and sends nothing before the row is marked *sending*.
pub(crate) struct LaneActor {
    inbox: InboxId,
    shared: Arc<Shared>,
    queue: Queue,
    account: Bucket,
    recipients: HashMap<Address, Bucket>,
    under_way: usize,
    /// The account rests until then.
    rest_until: Timestamp,
    /// The next wake-up that is already arranged.
    wake_at: Option<Timestamp>,
    /// A look at what may leave is already on its way: one is as good as many.
    pumping: bool,
    /// Where the length of the queue is shown.
    length: Arc<AtomicUsize>,
}

impl LaneActor {
    fn start(shared: &Arc<Shared>, inbox: InboxId, arbiter: &ArbiterHandle) -> Lane {
        let (shared, length) = (Arc::clone(shared), Arc::new(AtomicUsize::new(0)));
        let shown = Arc::clone(&length);
        let actor = Supervisor::start_in_arbiter(arbiter, move |ctx: &mut Context<Self>| {
            ctx.set_mailbox_capacity(65_536);
            let account = Bucket::full(shared.moment());
            let rest_until = Timestamp::default();
            Self {
                inbox,
                shared,
                queue: Queue::default(),
                account,
                recipients: HashMap::new(),
                under_way: 0,
                rest_until,
                wake_at: None,
                pumping: false,
                length,
            }
        });
        Lane { actor, length: shown }
    }

    /// Looks at what may leave, once for everything that has happened until then.
    fn look(&mut self, ctx: &mut Context<Self>) {
        self.length.store(self.queue.len(), Ordering::Relaxed);
        if !std::mem::replace(&mut self.pumping, true) {
            ctx.notify(Pump);
        }
    }

    /// Starts as many calls as the account's limits allow.
    fn pump(&mut self, entry: &Arc<InboxEntry>, ctx: &mut Context<Self>) {
        let now = self.shared.now();
        if !self.shared.running.load(Ordering::Acquire) {
            return;
        }
        if !entry.inbox.sends() {
            return self.wake(now.after(Duration::from_secs(5)), ctx);
        }
        if self.rest_until > now {
            return self.wake(self.rest_until, ctx);
        }
        while self.under_way < self.shared.settings.lane_parallel {
            let Some(row) = self.queue.next(now) else { break };
            let fresh = row.sending_since.is_none();
            match if fresh { self.may_send(entry.inbox.channel, &row.to) } else { Ok(()) } {
                Ok(()) => {}
                Err(Limit::Recipient(wait)) => {
                    let due_at = row.due_at.max(now.after(wait));
                    self.queue.again(OutboxRow { due_at, ..row });
                    continue;
                }
                Err(Limit::Account(wait)) => {
                    self.queue.again(row);
                    return self.wake(now.after(wait.max(Duration::from_millis(5))), ctx);
                }
            }
            self.start_delivery(Arc::clone(entry), row, ctx);
        }
        if let Some(due) = self.queue.next_due().filter(|due| *due > now) {
            self.wake(due, ctx);
        }
    }

    /// Takes a token of the recipient and of the account, or tells how long to wait.
    fn may_send(&mut self, channel: ChannelKind, to: &Address) -> Result<(), Limit> {
        let now = self.shared.moment();
        match channel {
            ChannelKind::Generic => Ok(()),
            ChannelKind::Whatsapp => {
                let recipient = self.recipients.entry(to.clone()).or_insert_with(|| Bucket::full(now));
                let before = *recipient;
                recipient.take(Rate::WHATSAPP_PAIR, now).map_err(Limit::Recipient)?;
                let account = self.account.take(Rate::WHATSAPP_ACCOUNT, now);
                if account.is_err() {
                    *recipient = before;
                }
                account.map_err(Limit::Account)
            }
        }
    }

    fn start_delivery(&mut self, entry: Arc<InboxEntry>, row: OutboxRow, ctx: &mut Context<Self>) {
        self.under_way += 1;
        let shared = Arc::clone(&self.shared);
        let again = row.clone();
        let work = async move {
            shared.lanes.calls.fetch_add(1, Ordering::AcqRel);
            let _call = CallUnderWay(&shared.lanes.calls);
            shared.sites.enter(Site::LaneDeliver);
            deliver(&shared, &entry, row).await
        };
        // A panic in a call must not cost the place in `under_way`: it is caught here, the row stays *sending* and is judged again.
        let work = futures::FutureExt::catch_unwind(std::panic::AssertUnwindSafe(work));
        spawn_guarded(Site::LaneDeliver, ctx, work, move |delivered, actor: &mut Self, ctx| {
            let delivered = delivered.unwrap_or_else(|_| {
                actor.struck(Site::LaneDeliver);
                Delivered::AskDatabase { key: again.key, rest: Duration::from_millis(200) }
            });
            actor.delivered(delivered, ctx);
        });
    }

    fn delivered(&mut self, delivered: Delivered, ctx: &mut Context<Self>) {
        self.under_way = self.under_way.saturating_sub(1);
        match delivered {
            Delivered::Settled { id, ord, not_before } => self.queue.settled(id, ord, not_before),
            Delivered::Again(row) => self.queue.again(*row),
            Delivered::AgainAndRest(row, until) => {
                self.rest_until = self.rest_until.max(until);
                self.queue.again(*row);
            }
            Delivered::Reload { id, rows } => self.queue.replace(id, rows),
            Delivered::AskDatabase { key, rest } => self.ask_database(key, rest, ctx),
        }
        self.look(ctx);
    }

    /// Replaces what is known of a conversation by what the database says. Rows that it does not give now come back by the safety net.
    fn ask_database(&self, key: ConversationKey, rest: Duration, ctx: &mut Context<Self>) {
        let shared = Arc::clone(&self.shared);
        let until = shared.moment().after(rest);
        let work = async move {
            shared.ports.clock.sleep_until(until).await;
            shared.ports.store.unsent(key).await.unwrap_or_default()
        };
        spawn_guarded(Site::LanePump, ctx, work, move |rows, actor: &mut Self, ctx| {
            actor.queue.replace(key.id, rows);
            actor.look(ctx);
        });
    }

    /// Arranges to pump again at `at`.
    fn wake(&mut self, at: Timestamp, ctx: &mut Context<Self>) {
        if self.wake_at.is_some_and(|arranged| arranged <= at && arranged > self.shared.now()) {
            return;
        }
        self.wake_at = Some(at);
        let clock = Arc::clone(&self.shared.ports.clock);
        let until = clock.moment().after(at.since(clock.now()));
        let wait = async move { clock.sleep_until(until).await };
        spawn_guarded(Site::LanePump, ctx, wait, |(), actor: &mut Self, ctx| {
            actor.wake_at = None;
            actor.look(ctx);
        });
    }

    fn forget_full_buckets(&mut self) {
        if self.recipients.len() > 10_000 {
            let now = self.shared.moment();
            self.recipients.retain(|_, bucket| !bucket.is_full(now));
        }
    }
}

impl Guarded for LaneActor {
    fn enter(&self, site: Site) {
        self.shared.sites.enter(site);
    }

    fn struck(&mut self, _site: Site) {
        Stats::count(&self.shared.stats.panics);
    }
}

/// Which limit says no, and for how long.
enum Limit {
    /// This recipient's: others may be written to.
    Recipient(Duration),
    /// The account's: nobody may.
    Account(Duration),
}

/// Rows that must leave. Hints with content: the claim decides whether each may still go.
#[derive(Message)]
#[rtype(result = "()")]
pub(crate) struct OutboxReady(pub Vec<OutboxRow>);

/// A person has taken the conversation over.
#[derive(Message)]
#[rtype(result = "()")]
struct Recall(ConversationId);

/// The channel has said where these messages are.
#[derive(Message)]
#[rtype(result = "()")]
struct Arrived(Vec<(ConversationId, MessageId)>);

/// Look what may leave now.
#[derive(Message)]
#[rtype(result = "()")]
struct Pump;

impl Actor for LaneActor {
    type Context = Context<Self>;
}

impl Supervised for LaneActor {
    /// Calls under way are lost with the old context; their rows are *sending* in the database and come back by the safety net.
    fn restarting(&mut self, _: &mut Context<Self>) {
        self.queue = Queue::default();
        self.length.store(0, Ordering::Relaxed);
        self.under_way = 0;
        self.wake_at = None;
        self.pumping = false;
    }
}

impl Handler<OutboxReady> for LaneActor {
    type Result = ();

    fn handle(&mut self, OutboxReady(rows): OutboxReady, ctx: &mut Context<Self>) {
        guarded(Site::LaneAccept, self, ctx, |lane, ctx| {
            let keys: Vec<_> = rows.iter().map(|row| row.key).collect();
            lane.queue.accept(rows);
            let now = lane.shared.now();
            for key in keys {
                // What stands before it may have been settled without us: the database knows.
                if lane.queue.held_up(key.id, now) {
                    lane.ask_database(key, Duration::ZERO, ctx);
                }
            }
            lane.look(ctx);
        });
    }
}

impl Handler<Recall> for LaneActor {
    type Result = ();

    fn handle(&mut self, Recall(id): Recall, ctx: &mut Context<Self>) {
        guarded(Site::LaneAccept, self, ctx, |lane, ctx| {
            lane.queue.recall(id);
            lane.look(ctx);
        });
    }
}

impl Handler<Arrived> for LaneActor {
    type Result = ();

    fn handle(&mut self, Arrived(messages): Arrived, ctx: &mut Context<Self>) {
        guarded(Site::LaneAccept, self, ctx, |lane, ctx| {
            messages.into_iter().for_each(|(id, message)| lane.queue.arrived(id, message));
            lane.look(ctx);
        });
    }
}

impl Handler<Pump> for LaneActor {
    type Result = ();

    fn handle(&mut self, _: Pump, ctx: &mut Context<Self>) {
        let shared = Arc::clone(&self.shared);
        let inbox = self.inbox;
        let entry = async move { shared.ports.directory.inbox(inbox).await };
        spawn_guarded(Site::LanePump, ctx, entry, |entry, lane: &mut Self, ctx| {
            lane.pumping = false;
            lane.enter(Site::LanePump);
            match entry {
                Ok(Some(entry)) => {
                    lane.forget_full_buckets();
                    lane.pump(&entry, ctx);
                }
                Ok(None) | Err(_) => lane.wake(lane.shared.now().after(Duration::from_secs(1)), ctx),
            }
        });
    }
}
