//! The registry of a shard: which conversation is in memory, and where. The second ring of supervision.

use crate::domain::ids::{ConversationId, ConversationKey};
use crate::engine::conversation::{ConversationActor, Look, Observe, Observed};
use crate::engine::gate::Pass;
use crate::engine::guard::{Guarded, Site, guarded, spawn_guarded};
use crate::engine::settings::ms;
use crate::engine::shared::{Shared, Stats};
use crate::ports::clock::Moment;
use crate::ports::faults;
use actix::prelude::SendError;
use actix::{Actor, Addr, ArbiterHandle, Context, Handler, Message, ResponseFuture, Supervised, Supervisor};
use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

/// Owns the only address of every conversation actor of its shard. It activates, routes, passivates and revives; it never looks inside.
pub(crate) struct RegistryActor {
    shared: Arc<Shared>,
    slots: HashMap<ConversationId, Slot>,
    most: usize,
    /// What this shard has added to the count of live conversations.
    counted: i64,
}

struct Slot {
    addr: Addr<ConversationActor>,
    busy: Arc<AtomicBool>,
    used: Moment,
}

impl RegistryActor {
    pub fn start(shared: &Arc<Shared>, arbiter: &ArbiterHandle, shards: usize) -> Addr<Self> {
        let shared = Arc::clone(shared);
        let most = (shared.settings.max_live / shards.max(1)).max(1);
        Supervisor::start_in_arbiter(arbiter, move |ctx: &mut Context<Self>| {
            ctx.set_mailbox_capacity(65_536);
            Self { shared, slots: HashMap::new(), most, counted: 0 }
        })
    }

    /// Routes a hint: to the actor in memory, to a new one if there is none or its address is closed.
    fn look(&mut self, key: ConversationKey, pass: Option<Pass>) {
        let now = self.shared.moment();
        let known = self.slots.get(&key.id).is_some_and(|slot| slot.addr.connected());
        if !known && !self.activate(key, now) {
            return;
        }
        if let Some(slot) = self.slots.get_mut(&key.id) {
            slot.used = now;
            // A full mailbox holds hints that are not read yet: one of them will see this row too. A closed one is replaced at the next hint.
            let _full = slot.addr.try_send(Look(pass));
        }
    }

    /// Makes an actor. Returns false if there is no room: the row stays in the queue and the safety net comes back to it.
    fn activate(&mut self, key: ConversationKey, now: Moment) -> bool {
        if self.slots.len() >= self.most && !self.slots.contains_key(&key.id) {
            self.passivate_one();
        }
        if self.slots.len() >= self.most && !self.slots.contains_key(&key.id) {
            return false;
        }
        let busy = Arc::new(AtomicBool::new(false));
        let actor = ConversationActor::new(key, Arc::clone(&self.shared), Arc::clone(&busy));
        let addr = Supervisor::start(move |_| actor);
        self.slots.insert(key.id, Slot { addr, busy, used: now });
        self.count();
        true
    }

    fn passivate_one(&mut self) {
        let idle = self.slots.iter().filter(|(_, slot)| !slot.busy.load(Ordering::Acquire));
        let oldest = idle.min_by_key(|(_, slot)| slot.used).map(|(id, _)| *id);
        if let Some(id) = oldest {
            self.slots.remove(&id);
            self.count();
        }
    }

    fn passivate(&mut self) {
        let limit = ms(self.shared.settings.passivate_after_ms);
        let now = self.shared.moment();
        self.slots.retain(|_, slot| slot.busy.load(Ordering::Acquire) || slot.used.after(limit) > now);
        self.count();
    }

    /// Adds what has changed since the last time: every shard counts into the same number.
    fn count(&mut self) {
        let now = i64::try_from(self.slots.len()).unwrap_or(i64::MAX);
        self.shared.stats.live.fetch_add(now - self.counted, Ordering::Relaxed);
        self.counted = now;
    }

    /// Waits for the next round of passivation.
    fn schedule(&self, ctx: &mut Context<Self>) {
        let clock = Arc::clone(&self.shared.ports.clock);
        let until = clock.moment().after(ms(self.shared.settings.sweep_ms.max(100)));
        let wait = async move { clock.sleep_until(until).await };
        spawn_guarded(Site::RegistryPassivate, ctx, wait, |(), actor: &mut Self, ctx| {
            actor.enter(Site::RegistryPassivate);
            actor.passivate();
            actor.schedule(ctx);
        });
    }
}

impl Guarded for RegistryActor {
    fn enter(&self, site: Site) {
        self.shared.sites.enter(site);
    }

    fn struck(&mut self, _site: Site) {
        Stats::count(&self.shared.stats.panics);
    }
}

/// A hint for a conversation, with the right to act on it.
#[derive(Message)]
#[rtype(result = "()")]
pub(crate) struct Route(pub ConversationKey, pub Option<Pass>);

/// Asks what a conversation's actor shows, if it is in memory.
#[derive(Message)]
#[rtype(result = "Option<Observed>")]
pub(crate) struct ObserveConversation(pub ConversationId);

impl Actor for RegistryActor {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Context<Self>) {
        self.schedule(ctx);
    }
}

impl Supervised for RegistryActor {
    /// The slots stay: they only hold addresses, and a closed one is replaced.
    fn restarting(&mut self, ctx: &mut Context<Self>) {
        self.schedule(ctx);
    }
}

impl Handler<Route> for RegistryActor {
    type Result = ();

    fn handle(&mut self, Route(key, pass): Route, ctx: &mut Context<Self>) {
        guarded(Site::RegistryRoute, self, ctx, |actor, _| actor.look(key, pass));
    }
}

impl Handler<ObserveConversation> for RegistryActor {
    type Result = ResponseFuture<Option<Observed>>;

    fn handle(&mut self, ObserveConversation(id): ObserveConversation, _: &mut Context<Self>) -> Self::Result {
        let addr = self.slots.get(&id).map(|slot| slot.addr.clone());
        Box::pin(async move {
            match addr {
                Some(addr) => addr.send(Observe).await.ok(),
                None => None,
            }
        })
    }
}

/// The registries, one per shard, by the conversation's id.
#[derive(Default)]
pub(crate) struct Shards(OnceLock<Vec<Addr<RegistryActor>>>);

impl Shards {
    pub fn set(&self, registries: Vec<Addr<RegistryActor>>) {
        // Set once, when the engine starts.
        let _again = self.0.set(registries);
    }

    fn of(&self, id: ConversationId) -> Option<&Addr<RegistryActor>> {
        let registries = self.0.get()?;
        let place = usize::try_from(id.0.as_u128() % (registries.len() as u128).max(1)).unwrap_or(0);
        registries.get(place)
    }

    /// Drops a hint; a full registry loses it and the safety net finds the row, but the pass comes back.
    pub fn look(&self, key: ConversationKey, pass: Option<Pass>) -> Option<Pass> {
        if faults::broken("single_actor") {
            self.look_everywhere(key);
            return pass;
        }
        let Some(registry) = self.of(key.id) else { return pass };
        match registry.try_send(Route(key, pass)) {
            Ok(()) => None,
            Err(SendError::Full(Route(_, pass)) | SendError::Closed(Route(_, pass))) => pass,
        }
    }

    /// Gives every conversation an actor in each shard, to prove that the version decides and not the registry.
    fn look_everywhere(&self, key: ConversationKey) {
        for registry in self.0.get().into_iter().flatten() {
            let _lost = registry.try_send(Route(key, None));
        }
    }

    pub async fn observe(&self, id: ConversationId) -> Option<Observed> {
        let registry = self.of(id)?.clone();
        registry.send(ObserveConversation(id)).await.ok().flatten()
    }
}
