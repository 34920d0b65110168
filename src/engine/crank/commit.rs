//! One step of the core made real: committed under its fence and deadline, then told to whoever waits for it.
//!
//! Never performs an effect: it gathers them, and the crank's caller performs what stands.

use crate::domain::booking::Outcome;
use crate::domain::conversation::booked::journal_result;
use crate::domain::conversation::effect::{TimelineKind, Writes};
use crate::domain::conversation::event::Event;
use crate::domain::conversation::policy::Gathering;
use crate::domain::conversation::{Conversation, Phase, Step, Tick, step};
use crate::domain::delivery::Address;
use crate::domain::ids::StepId;
use crate::domain::time::Timestamp;
use crate::engine::crank::{Crank, Stop};
use crate::engine::desks::DeskTurn;
use crate::engine::settings::ms;
use crate::engine::shared::Stats;
use crate::engine::side_jobs::summarise;
use crate::ports::channel::{Capabilities, TextUnit};
use crate::ports::store::{CommitError, CommitStep, StoreError};
use std::sync::Arc;
use std::time::Duration;

/// How often a step is decided anew because the front desk has moved meanwhile.
const DESK_TRIES: u32 = 16;

impl Crank {
    /// Steps the core, commits, then takes the new state and what is to be done.
    pub(super) async fn advance(&mut self, event: Event) -> Result<(), Stop> {
        let mut event = Some(event);
        while let Some(next) = event.take() {
            event = self.advance_once(next).await?;
        }
        Ok(())
    }

    /// One step. An act on the book that it commits comes back as the next event, before anything else can happen.
    async fn advance_once(&mut self, event: Event) -> Result<Option<Event>, Stop> {
        // Whoever decides by the desk keeps other conversations of the business from deciding at the same time; the fence keeps other nodes.
        let mut turn = None;
        for _ in 0..DESK_TRIES {
            match self.try_once(event.clone(), &mut turn).await {
                Err(Stop::Desk) => {}
                done => return done,
            }
        }
        Err(Stop::Desk)
    }

    async fn try_once(&mut self, event: Event, desk: &mut Option<DeskTurn>) -> Result<Option<Event>, Stop> {
        let Some(held) = self.held.as_mut() else { return Ok(None) };
        let channel = self.shared.ports.senders.get(&held.entry.inbox.channel);
        let capabilities = channel.map(|sender| sender.capabilities(&held.entry.account));
        let (max_text, window) = capabilities.as_ref().map_or((4096, None), |can| (characters(can), can.window));
        let mut policy = held.entry.inbox.policy(held.blocked, max_text, window);
        policy.window_margin = ms(self.shared.settings.window_margin_ms);
        policy.templates = capabilities.as_ref().is_some_and(|can| can.templates);
        policy.media = capabilities.map_or_else(Arc::default, |can| Arc::new(can.media));
        if held.group {
            // A link into a room would be anybody's.
            policy.survey = None;
        }
        if policy.survey.is_some() {
            // Every stretch's address is as long as any other's.
            policy.address_chars = self.shared.ports.links.survey(self.key.tenant, self.key.id, 1).chars().count();
        }
        policy.binding = self.shared.ports.toolbox.binding();
        if let (Gathering::Adaptive, Some(wait)) = (policy.gathering, self.shared.settings.gathering_ms) {
            policy.gathering = Gathering::Fixed(Duration::from_millis(wait));
        }
        let tick = Tick { at: self.shared.now(), attempt: self.shared.next_attempt() };
        let mut done = step(&held.conversation, event.clone(), tick, &policy);
        if done.wants_desk {
            if desk.is_none() {
                *desk = Some(self.shared.desks.enter(self.key.tenant).await);
            }
            let picture = self.shared.ports.store.front_desk(self.key.tenant, held.conversation.inbox, done.next.state.team).await?;
            policy.desk = Some(Arc::new(picture));
            done = step(&held.conversation, event, tick, &policy);
        }
        let Step { next, writes, effects, dropped, .. } = done;
        if let Some(reason) = dropped {
            tracing::debug!(conversation.id = %self.key.id, reason, "an event no longer applied");
        }
        let mut booked = None;
        if let Some(writes) = writes {
            let before = held.conversation.version;
            let to = held.to.clone();
            booked = self.commit(before, to, &next, writes, tick.at).await?;
            self.progressed = true;
        }
        let follows = booked.and_then(|outcome| booked_event(&next.phase, &outcome));
        if let Some(held) = self.held.as_mut() {
            held.conversation = next;
        }
        self.effects.extend(effects);
        Ok(follows)
    }

    async fn commit(
        &self,
        before: i64,
        to: Address,
        next: &Conversation,
        writes: Box<Writes>,
        at: Timestamp,
    ) -> Result<Option<Box<Outcome>>, Stop> {
        let shared = &self.shared;
        let epoch = shared.epochs.of(self.key.part).ok_or(Stop::Gone)?;
        let outcomes: Vec<_> = writes.inbound.iter().filter_map(|row| row.outcome.clone().map(|outcome| (row.id, outcome))).collect();
        let recalls = writes.cancel_assistant;
        let handed_off = writes.timeline.iter().any(|event| matches!(event, TimelineKind::HandedOff { .. }));
        let ended = writes.turn.as_ref().map(|turn| (turn.outcome, at.since(turn.started_at)));
        let committed = shared.ports.store.commit(CommitStep {
            step: StepId(shared.ports.ids.uuid()),
            key: self.key,
            inbox: next.inbox,
            to,
            epoch,
            expected_version: before,
            state: next.state.clone(),
            writes,
            at,
        });
        let late = shared.ports.clock.sleep_until(shared.moment().after(ms(shared.settings.commit_deadline_ms)));
        let committed = tokio::select! {
            committed = committed => committed,
            // Whether it was committed is unknown: forget everything and read it again.
            () = late => Err(CommitError::Store(StoreError::Unknown)),
        };
        let committed = committed.map_err(|error| match error {
            CommitError::Stale => {
                Stats::count(&shared.stats.stale);
                Stop::Reload
            }
            CommitError::DeskMoved => Stop::Desk,
            CommitError::Fenced => {
                Stats::count(&shared.stats.fenced);
                shared.epochs.lose(self.key.part, epoch);
                Stop::Gone
            }
            CommitError::Store(StoreError::Refused(_)) => Stop::Refused,
            CommitError::Store(error) => error.into(),
        })?;
        if handed_off {
            Stats::count(&shared.stats.handoffs);
            if let Some(held) = &self.held {
                summarise(shared, next, &held.entry.inbox);
            }
        }
        if let Some((outcome, spent)) = ended {
            shared.stats.measure(|meters| meters.turn_ended(outcome, spent));
        }
        for (id, outcome) in outcomes {
            shared.waiters.answer(id, &(outcome, committed.may_still_arrive.clone()));
        }
        if recalls {
            shared.lanes.recall(next.inbox, self.key.id);
        }
        shared.offer(next.inbox, committed.outbox);
        committed.waiting.into_iter().for_each(|key| shared.look(key));
        Ok(committed.booked)
    }
}

/// What the core hears of its act on the book: the words of the journal.
fn booked_event(phase: &Phase, outcome: &Outcome) -> Option<Event> {
    let Phase::UsingTools { turn, call, .. } = phase else { return None };
    Some(Event::Booked { turn: turn.id, call_id: call.id.clone(), result: journal_result(outcome) })
}

/// Returns how many characters fit into one message for sure, whatever they are.
fn characters(can: &Capabilities) -> usize {
    match can.text_unit {
        TextUnit::Chars => can.max_text,
        TextUnit::Bytes => (can.max_text / 4).max(1),
        TextUnit::Utf16 => (can.max_text / 2).max(1),
    }
}
