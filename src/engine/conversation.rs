//! The actor of one conversation.

use crate::domain::conversation::effect::Effect;
use crate::domain::conversation::event::Event;
use crate::domain::conversation::gather::LONGEST;
use crate::domain::conversation::{Phase, Turn, TurnId};
use crate::domain::ids::ConversationKey;
use crate::domain::suspension::Feature;
use crate::domain::tool::ToolCall;
use crate::engine::calling;
use crate::engine::context::{Asking, add_prepared, chat_request, core_reply, customer_of, prepare, understood};
use crate::engine::crank::{Cranked, Held, Trigger, crank, receipt_of};
use crate::engine::drafts::{drafts, withdraw};
use crate::engine::gate::Pass;
use crate::engine::guard::{Guarded, Site, guarded, guarded_future, spawn_guarded};
use crate::engine::settings::ms;
use crate::engine::shared::{Shared, Stats};
use crate::engine::side_jobs::learn;
use crate::ports::engine::LiveEvent;
use crate::ports::faults;
use crate::ports::llm::LlmError;
use crate::ports::spans::TARGET;
use crate::ports::toolbox::{ToolContext, ToolError};
use actix::{Actor, AsyncContext, Context, Handler, Message, SpawnHandle, Supervised};
use serde_json::Value;
use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tracing::Instrument;

/// Panics on the same rows until these are given up.
const MAX_PANICS: u8 = 3;
/// Refusals by the database on the same rows until these are given up.
const MAX_REFUSALS: u8 = 5;

/// Owns one conversation in memory: the snapshot, the phase, the call under way. It is a cache with a mailbox: it may die at any moment, the
/// next hint rebuilds it. It never sends, never waits for a model with its mailbox stopped, and never holds its own address.
pub(crate) struct ConversationActor {
    key: ConversationKey,
    shared: Arc<Shared>,
    held: Option<Box<Held>>,
    /// The model or tool call under way.
    call: Option<(TurnId, SpawnHandle)>,
    /// A draft of the open turn was shown.
    drafted: Arc<AtomicBool>,
    panics: u8,
    refusals: u8,
    /// The crank turns: what comes meanwhile waits in `later`. `ctx.wait` does not keep it out by itself: a future of the actor's own that
    /// is ready runs once more before the wait takes effect, and would find nothing in memory.
    cranking: bool,
    /// The wait for another look, and how many of them in a row came to nothing.
    again: Option<SpawnHandle>,
    delays: u32,
    later: VecDeque<(Site, Trigger)>,
    /// Read by the registry: an actor with an open phase stays.
    busy: Arc<AtomicBool>,
}

impl ConversationActor {
    pub fn new(key: ConversationKey, shared: Arc<Shared>, busy: Arc<AtomicBool>) -> Self {
        Self {
            key,
            shared,
            held: None,
            call: None,
            drafted: Arc::default(),
            panics: 0,
            refusals: 0,
            cranking: false,
            again: None,
            delays: 0,
            later: VecDeque::new(),
            busy,
        }
    }

    /// Turns the crank with the mailbox stopped: nothing else is handled until the commit is answered.
    fn turn_crank(&mut self, site: Site, trigger: Trigger, pass: Option<Pass>, ctx: &mut Context<Self>) {
        self.busy.store(true, Ordering::Release);
        if self.cranking {
            // Any number of hints is one.
            let known = matches!(trigger, Trigger::Look) && self.later.iter().any(|(_, waiting)| matches!(waiting, Trigger::Look));
            if !known {
                self.later.push_back((site, trigger));
            }
            return;
        }
        self.cranking = true;
        let shared = Arc::clone(&self.shared);
        let (key, held) = (self.key, self.held.take());
        let work = async move {
            shared.sites.enter(site);
            let late = shared.ports.clock.sleep_until(shared.moment().after(ms(shared.settings.crank_deadline_ms)));
            let work = crank(Arc::clone(&shared), key, held, trigger);
            let cranked = tokio::select! {
                cranked = work => cranked,
                // The database does not answer: forget everything, and let go of the mailbox.
                () = late => Cranked { again: Some(ms(1_000)), failed: true, ..Cranked::default() },
            };
            drop(pass);
            cranked
        };
        ctx.wait(guarded_future(site, work, move |cranked, actor: &mut Self, ctx| actor.cranked(cranked, ctx)));
    }

    fn cranked(&mut self, cranked: Cranked, ctx: &mut Context<Self>) {
        self.cranking = false;
        self.shared.sites.enter(Site::ConversationPerform);
        self.held = cranked.held;
        if self.held.is_none()
            && let Some((turn, call)) = self.call.take()
        {
            // Nobody would hear what it comes to.
            ctx.cancel_future(call);
            withdraw(&self.shared, self.key, turn.turn_no, &self.drafted);
        }
        if cranked.progressed {
            (self.panics, self.refusals) = (0, 0);
        }
        if cranked.refused {
            self.refusals = self.refusals.saturating_add(1);
        }
        self.delays = if cranked.failed { self.delays.saturating_add(1) } else { 0 };
        if let Some(after) = cranked.again {
            self.look_after(after, ctx);
        }
        let acted = !cranked.effects.is_empty();
        for effect in cranked.effects {
            self.perform(effect, ctx);
        }
        self.note_phase(acted);
        if let Some((site, trigger)) = self.later.pop_front() {
            self.turn_crank(site, trigger, None, ctx);
        }
    }

    /// Looks again later: one wait at a time, longer each time that nothing comes of it.
    fn look_after(&mut self, after: Duration, ctx: &mut Context<Self>) {
        if let Some(waiting) = self.again.take() {
            ctx.cancel_future(waiting);
        }
        let after = after.saturating_mul(1 << self.delays.saturating_sub(1).min(6));
        let clock = Arc::clone(&self.shared.ports.clock);
        let until = clock.moment().after(after);
        let wait = async move { clock.sleep_until(until).await };
        self.again = Some(spawn_guarded(Site::ConversationPerform, ctx, wait, |(), actor: &mut Self, ctx| {
            actor.again = None;
            ctx.notify(Look(None));
        }));
    }

    fn phase(&self) -> &Phase {
        self.held.as_ref().map_or(&Phase::Idle, |held| &held.conversation.phase)
    }

    fn note_phase(&self, changed: bool) {
        let phase = self.phase();
        self.busy.store(*phase != Phase::Idle, Ordering::Release);
        if changed {
            let turn_no = phase.turn().map(|turn| turn.id.turn_no);
            let event = LiveEvent::Phase { conversation: self.key.id, phase: phase.name(), turn_no, at: self.shared.now() };
            self.shared.feed.send(self.key.tenant, event);
        }
    }

    fn perform(&mut self, effect: Effect, ctx: &mut Context<Self>) {
        match effect {
            Effect::Gather { token, until } => {
                faults::hit("c6_gathering");
                let clock = Arc::clone(&self.shared.ports.clock);
                // A clock that was set back must not make a customer wait for the time it had shown.
                let until = clock.moment().after(until.since(clock.now()).min(LONGEST));
                let wait = async move { clock.sleep_until(until).await };
                spawn_guarded(Site::ConversationPerform, ctx, wait, move |(), _, ctx| {
                    ctx.notify(Advance(Event::GatheringElapsed { token }));
                });
            }
            Effect::CallLlm { turn } => self.call_llm(turn, ctx),
            Effect::CallTool { turn, call } => self.call_tool(turn, call, None, ctx),
            Effect::Tell { turn, call, result } => self.call_tool(turn, call, Some(result), ctx),
            Effect::Learn { work } => {
                if let Some(held) = &self.held {
                    learn(&self.shared, &held.conversation, &held.entry.inbox, work);
                }
            }
            Effect::AbortTurn { turn } => {
                if let Some((_, handle)) = self.call.take_if(|(running, _)| *running == turn) {
                    ctx.cancel_future(handle);
                }
                withdraw(&self.shared, self.key, turn.turn_no, &self.drafted);
            }
        }
    }

    /// Returns the turn if it is the open one, with the time that is left for it.
    fn open_turn(&self, id: TurnId) -> Option<(&Held, &Turn, Duration)> {
        let held = self.held.as_ref()?;
        let turn = held.conversation.phase.turn().filter(|turn| turn.id == id)?;
        let spent = self.shared.now().since(turn.started_at);
        Some((held, turn, ms(self.shared.settings.turn_deadline_ms).saturating_sub(spent)))
    }

    fn call_llm(&mut self, id: TurnId, ctx: &mut Context<Self>) {
        let shared = Arc::clone(&self.shared);
        let Some((held, turn, deadline)) = self.open_turn(id) else { return };
        Stats::count(&shared.stats.turns);
        faults::hit("c7_turn");
        if turn.rounds <= 1 {
            let receipt = receipt_of(&held.conversation);
            shared.lanes.courtesy(&shared, held, receipt);
        }
        let asked = chat_request(Asking {
            now: &held.conversation,
            turn,
            inbox: &held.entry.inbox,
            name: held.name.as_deref(),
            tools: shared.ports.toolbox.specs(),
            prompts: shared.ports.prompts.as_ref(),
            seed: &shared.ports.ids.uuid().simple().to_string(),
            at: shared.now(),
            budget: shared.settings.context_tokens,
            deadline,
            drafts: drafts(&shared, self.key, id.turn_no, &self.drafted),
        });
        let span =
            tracing::trace_span!(target: TARGET, "model call", otel.kind = "client", conversation.id = %self.key.id, turn.no = id.turn_no);
        let context = self.tool_context(held, turn);
        let first = turn.exchanges.is_empty() && turn.held == 0;
        let work = async move {
            shared.sites.enter(Site::ModelCall);
            let prepared = prepare(shared.ports.toolbox.as_ref(), &context).await;
            if let Some(call) = prepared.call.clone().filter(|_| first) {
                return Event::LlmReplied { turn: id, reply: understood(call) };
            }
            let asked = asked.and_then(|(mut request, mut prompt)| {
                add_prepared(&mut request, &prepared, shared.ports.prompts.as_ref())?;
                prompt.book.clone_from(&prepared.booking);
                Ok((request, prompt))
            });
            let (request, prompt) = match asked {
                Ok(asked) => asked,
                Err(error) => return Event::LlmFailed { turn: id, failure: error.to_string() },
            };
            let keep = shared.settings.trace_bytes;
            let messages = Arc::clone(&request.messages);
            let end = shared.moment().after(deadline);
            let late = shared.ports.clock.sleep_until(end);
            let reply = tokio::select! {
                reply = shared.ports.llm.complete(request).instrument(span) => reply,
                () = late => Err(LlmError::Deadline),
            };
            match reply {
                Ok(reply) => Event::LlmReplied { turn: id, reply: core_reply(reply, prompt, &messages, keep) },
                Err(error) => Event::LlmFailed { turn: id, failure: error.to_string() },
            }
        };
        let handle = spawn_guarded(Site::ModelCall, ctx, work, move |event, _, ctx| ctx.notify(Advance(event)));
        self.call = Some((id, handle));
    }

    /// What tools may know of an open turn.
    fn tool_context(&self, held: &Held, turn: &Turn) -> ToolContext {
        let tenant = &held.entry.inbox.tenant;
        let customer = customer_of(&held.conversation, turn, held.name.as_deref(), tenant.language());
        ToolContext {
            facts: Arc::clone(&tenant.facts),
            language: tenant.language(),
            booking: tenant.stopped.lets(Feature::Booking),
            customer,
            at: self.shared.now(),
        }
    }

    /// Runs a tool, or asks it what to tell of its act that stands.
    fn call_tool(&mut self, id: TurnId, call: ToolCall, stands: Option<Value>, ctx: &mut Context<Self>) {
        let shared = Arc::clone(&self.shared);
        let Some((held, turn, left)) = self.open_turn(id) else { return };
        let context = self.tool_context(held, turn);
        let call_id = call.id.clone();
        let work = async move {
            shared.sites.enter(Site::ToolCall);
            let end = shared.moment().after(left.min(ms(shared.settings.tool_deadline_ms)));
            let late = shared.ports.clock.sleep_until(end);
            let work = async {
                match &stands {
                    Some(result) => shared.ports.toolbox.tell(&call, result, &context).await,
                    None => calling::run(shared.ports.toolbox.as_ref(), &call, &context).await,
                }
            };
            tokio::select! {
                outcome = work => outcome,
                () = late => Err(ToolError::Failed("out of time".into())),
            }
        };
        let handle = spawn_guarded(Site::ToolCall, ctx, work, move |outcome, _, ctx| {
            ctx.notify(Advance(calling::event(id, call_id, outcome)));
        });
        self.call = Some((id, handle));
    }
}

impl Guarded for ConversationActor {
    fn enter(&self, site: Site) {
        self.shared.sites.enter(site);
    }

    fn struck(&mut self, _site: Site) {
        Stats::count(&self.shared.stats.panics);
        self.panics = self.panics.saturating_add(1);
        self.held = None;
        self.call = None;
        self.cranking = false;
        self.later.clear();
    }
}

/// Look at the database: there may be new rows. Any number of these may be lost or doubled. With the tenant's right to do so, if asked for.
#[derive(Message)]
#[rtype(result = "()")]
pub(crate) struct Look(pub Option<Pass>);

/// A result of something that the conversation asked for.
#[derive(Message)]
#[rtype(result = "()")]
pub(crate) struct Advance(pub Event);

/// A small picture of an actor, for tests and the admin page.
#[derive(Message)]
#[rtype(result = "Observed")]
pub(crate) struct Observe;

/// What an actor shows of itself.
#[derive(Clone, Debug, PartialEq, Eq, actix::MessageResponse)]
pub struct Observed {
    /// Its phase, `None` while it holds nothing.
    pub phase: Option<&'static str>,
    /// Its version.
    pub version: i64,
    /// Rows owed an outcome.
    pub owed: usize,
}

impl Actor for ConversationActor {
    type Context = Context<Self>;
}

impl Supervised for ConversationActor {
    fn restarting(&mut self, ctx: &mut Context<Self>) {
        self.held = None;
        self.call = None;
        ctx.notify(Look(None));
    }
}

impl Handler<Look> for ConversationActor {
    type Result = ();

    fn handle(&mut self, Look(pass): Look, ctx: &mut Context<Self>) {
        guarded(Site::ConversationLook, self, ctx, |actor, ctx| {
            let poisoned = actor.panics >= MAX_PANICS || actor.refusals >= MAX_REFUSALS;
            let trigger = if poisoned { Trigger::Poison } else { Trigger::Look };
            actor.turn_crank(Site::ConversationLook, trigger, pass, ctx);
        });
    }
}

impl Handler<Advance> for ConversationActor {
    type Result = ();

    fn handle(&mut self, Advance(event): Advance, ctx: &mut Context<Self>) {
        guarded(Site::ConversationAdvance, self, ctx, |actor, ctx| {
            actor.turn_crank(Site::ConversationAdvance, Trigger::Result(Box::new(event)), None, ctx);
        });
    }
}

impl Handler<Observe> for ConversationActor {
    type Result = Observed;

    fn handle(&mut self, _: Observe, _: &mut Context<Self>) -> Observed {
        let held = self.held.as_ref();
        Observed {
            phase: held.map(|held| held.conversation.phase.name()),
            version: held.map_or(0, |held| held.conversation.version),
            owed: held.map_or(0, |held| held.conversation.owed.len()),
        }
    }
}
