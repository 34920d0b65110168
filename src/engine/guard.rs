//! The panic guard: the first ring of supervision.
//!
//! actix's `Supervisor` restarts an actor after `ctx.stop()`, keeping its mailbox, but not after a panic. So every handler body and every
//! spawned future runs in `catch_unwind` and a panic becomes a stop. `restarting()` then throws the state away and the next message
//! reloads. Relies on `panic = "unwind"`; `stopping` and `stopped` stay empty, since a panic there aborts.

use actix::{Actor, ActorContext, ActorFutureExt, AsyncContext, Context, ResponseActFuture};
use futures::FutureExt;
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Where guarded code runs. Every guarded body names its site, so a test can walk them all.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Site {
    /// A conversation reads its new rows and commits.
    ConversationLook,
    /// A conversation steps by a result and commits.
    ConversationAdvance,
    /// A conversation carries out an effect.
    ConversationPerform,
    /// The model call.
    ModelCall,
    /// The tool call.
    ToolCall,
    /// The registry routes a hint.
    RegistryRoute,
    /// The registry drops idle conversations.
    RegistryPassivate,
    /// A lane takes rows in.
    LaneAccept,
    /// A lane chooses what goes next.
    LanePump,
    /// A lane makes a call.
    LaneDeliver,
    /// The safety net looks for forgotten work.
    Sweep,
}

impl Site {
    /// Every site.
    pub const ALL: [Self; 11] = [
        Self::ConversationLook,
        Self::ConversationAdvance,
        Self::ConversationPerform,
        Self::ModelCall,
        Self::ToolCall,
        Self::RegistryRoute,
        Self::RegistryPassivate,
        Self::LaneAccept,
        Self::LanePump,
        Self::LaneDeliver,
        Self::Sweep,
    ];
}

/// An actor that survives panics.
pub trait Guarded: Actor<Context = Context<Self>> {
    /// Called at a site before its body; tests let it panic.
    fn enter(&self, site: Site);

    /// Called after a panic, before the actor stops to be restarted: counts, forgets what may be half-done.
    fn struck(&mut self, site: Site);
}

/// Runs a handler's body; a panic stops the actor, its supervisor restarts it with the mailbox kept.
pub fn guarded<A: Guarded>(site: Site, actor: &mut A, ctx: &mut Context<A>, body: impl FnOnce(&mut A, &mut Context<A>)) {
    let outcome = catch_unwind(AssertUnwindSafe(|| {
        actor.enter(site);
        body(actor, ctx);
    }));
    if outcome.is_err() {
        strike(site, actor, ctx);
    }
}

/// Guards a future and what follows it: both may panic.
pub fn guarded_future<A, F, T>(site: Site, future: F, then: impl FnOnce(T, &mut A, &mut Context<A>) + 'static) -> ResponseActFuture<A, ()>
where
    A: Guarded,
    F: Future<Output = T> + 'static,
    T: 'static,
{
    let future = actix::fut::wrap_future::<_, A>(AssertUnwindSafe(future).catch_unwind());
    Box::pin(future.map(move |outcome, actor: &mut A, ctx: &mut Context<A>| match outcome {
        Ok(value) => {
            let followed = catch_unwind(AssertUnwindSafe(|| then(value, actor, ctx)));
            if followed.is_err() {
                strike(site, actor, ctx);
            }
        }
        Err(_) => strike(site, actor, ctx),
    }))
}

fn strike<A: Guarded>(site: Site, actor: &mut A, ctx: &mut Context<A>) {
    tracing::error!(site = ?site, "an actor panicked; it restarts from the database");
    actor.struck(site);
    ctx.stop();
}

/// Spawns a guarded future whose result the actor does not wait for.
pub fn spawn_guarded<A, F, T>(
    site: Site,
    ctx: &mut Context<A>,
    future: F,
    then: impl FnOnce(T, &mut A, &mut Context<A>) + 'static,
) -> actix::SpawnHandle
where
    A: Guarded,
    F: Future<Output = T> + 'static,
    T: 'static,
{
    ctx.spawn(guarded_future(site, future, then))
}
