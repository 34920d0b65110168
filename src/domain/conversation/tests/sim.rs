//! Plays a conversation against the core and keeps a model of the rows that the store would hold. Every step is judged by `laws`.

use super::laws;
use crate::domain::booking::{Act, Outcome};
use crate::domain::content::Content;
use crate::domain::conversation::booked::journal_result;
use crate::domain::conversation::echo::EchoVerdict;
use crate::domain::conversation::effect::{CommandOutcome, Effect, InboundState, NewOutbox, OutboxClass, TimelineKind, TurnRecord, Writes};
use crate::domain::conversation::event::{Event, Happening, InboundRow, Reply, TimerKind, ToolFailure};
use crate::domain::conversation::message::{Author, NewMessage};
use crate::domain::conversation::policy::Policy;
use crate::domain::conversation::standing::{Standing, Status};
use crate::domain::conversation::stretch::{Stretch, Timing};
use crate::domain::conversation::{Aside, Conversation, Owed, Phase, State, Step, Tick, TurnId, resume, step};
use crate::domain::delivery::{Item, ItemBody, Peer};
use crate::domain::ids::{AgentId, ContactId, ConversationId, ConversationKey, InboundId, InboxId, Partition, TenantId, ThreadId};
use crate::domain::survey::NewSurvey;
use crate::domain::time::Timestamp;
use crate::domain::tool::{HandoffReason, ToolCall, ToolEffect, ToolOutcome};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use uuid::Uuid;

/// A row of the queue as the store holds it.
#[derive(Clone, Debug)]
pub struct Row {
    pub row: InboundRow,
    pub state: InboundState,
    pub reason: Option<&'static str>,
    pub outcome: Option<CommandOutcome>,
}

/// What became of a row of the outbox.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    Pending,
    Sending,
    Sent,
    Cancelled,
}

/// A conversation with everything that the store would know about it.
#[derive(Clone, Debug)]
pub struct Sim {
    pub now: Conversation,
    pub policy: Policy,
    pub at: Timestamp,
    pub attempt: u64,
    pub names: u128,
    pub group: bool,
    pub rows: BTreeMap<InboundId, Row>,
    pub messages: Vec<NewMessage>,
    pub outbox: Vec<(NewOutbox, Fate)>,
    pub timers: BTreeMap<TimerKind, Timestamp>,
    pub timeline: Vec<TimelineKind>,
    pub turns: Vec<TurnRecord>,
    pub usage: Vec<(&'static str, i64)>,
    pub changes: usize,
    pub timings: Vec<Timing>,
    pub stretches: BTreeMap<i64, Stretch>,
    /// Of whom the customer was asked.
    pub surveys: Vec<NewSurvey>,
    /// What was done to the book.
    pub acts: Vec<Act>,
    /// What comes of the next act on the book.
    pub outcome: Outcome,
    pub last: Option<Step>,
}

pub const ANA: AgentId = AgentId(Uuid::from_u128(0xA1));
pub const BEA: AgentId = AgentId(Uuid::from_u128(0xB2));

pub fn start() -> Timestamp {
    Timestamp::parse("2026-03-02T15:00:00Z").unwrap()
}

pub fn call(name: &str, arguments: Value) -> ToolCall {
    ToolCall { id: "call_0".into(), name: name.into(), arguments, extra: None }
}

pub fn outcome(effect: ToolEffect) -> ToolOutcome {
    ToolOutcome { result: json!({ "ok": true }), effect }
}

impl Sim {
    pub fn new() -> Self {
        Self::with(Policy::default())
    }

    pub fn with(policy: Policy) -> Self {
        Self::made(policy, false)
    }

    pub fn group() -> Self {
        Self::made_group(Policy::default())
    }

    pub fn made_group(policy: Policy) -> Self {
        Self::made(policy, true)
    }

    fn made(mut policy: Policy, group: bool) -> Self {
        // What the scripts' assistant says must have a ground.
        let facts = json!({ "address": { "es": "calle Mayor 3" }, "hours": { "es": "hasta las 18 h" }, "payment": { "es": "650 pesos" } });
        policy.facts = Arc::new(serde_json::from_value(facts).unwrap());
        let id = Uuid::from_u128;
        let key = ConversationKey { tenant: TenantId(id(1)), id: ConversationId(id(2)), part: Partition(3) };
        let now = Conversation {
            key,
            inbox: InboxId(id(4)),
            thread: ThreadId(id(5)),
            contact: ContactId(id(6)),
            version: 1,
            state: Conversation::begin(policy.assistant, group, policy.blocked, start()),
            owed: Vec::new(),
            journal: Vec::new(),
            phase: Phase::Idle,
            aside: Aside::default(),
        };
        Self {
            now,
            policy,
            at: start(),
            attempt: 0,
            names: 1000,
            group,
            rows: BTreeMap::new(),
            messages: Vec::new(),
            outbox: Vec::new(),
            timers: BTreeMap::new(),
            timeline: Vec::new(),
            turns: Vec::new(),
            usage: Vec::new(),
            changes: 0,
            timings: Vec::new(),
            stretches: BTreeMap::new(),
            surveys: Vec::new(),
            acts: Vec::new(),
            outcome: Outcome::Shown { shown: Vec::new() },
            last: None,
        }
    }

    pub fn item(&self, external_id: &str, body: ItemBody, echo: EchoVerdict) -> Happening {
        let peer = Peer { group: self.group, ..Peer::default() };
        let item = Item { external_id: external_id.into(), message_id: None, occurred_at: Some(self.at), peer, body, raw: None };
        Happening::ItemArrived { item: Box::new(item), echo }
    }

    /// Makes a row that happened `ago`.
    pub fn row(&mut self, happening: Happening, ago: Duration) -> InboundRow {
        self.names += 1;
        let occurred_at = self.at.before(ago);
        let id = InboundId(Uuid::from_u128(self.names));
        InboundRow { id, happening, occurred_at, event_at: Some(occurred_at), received_at: self.at }
    }

    pub fn words(&self, external_id: &str, text: &str) -> Happening {
        self.item(external_id, ItemBody::Message { content: Content::text(text) }, EchoVerdict::Foreign)
    }

    pub fn arrive(&mut self, happening: Happening) -> &mut Self {
        let row = self.row(happening, Duration::ZERO);
        self.record(vec![row])
    }

    pub fn all(&mut self, happenings: Vec<Happening>) -> &mut Self {
        let rows = happenings.into_iter().map(|happening| self.row(happening, Duration::ZERO)).collect();
        self.record(rows)
    }

    pub fn ingest(&mut self, row: &InboundRow) {
        self.rows.entry(row.id).or_insert(Row { row: row.clone(), state: InboundState::New, reason: None, outcome: None });
    }

    pub fn record(&mut self, rows: Vec<InboundRow>) -> &mut Self {
        rows.iter().for_each(|row| self.ingest(row));
        self.event(Event::InboundReceived { rows })
    }

    pub fn customer(&mut self, text: &str) -> &mut Self {
        let id = format!("m{}", self.names + 1);
        self.arrive(self.words(&id, text))
    }

    pub fn late_customer(&mut self, text: &str, ago: Duration) -> &mut Self {
        let happening = self.words("late", text);
        let row = self.row(happening, ago);
        self.record(vec![row])
    }

    pub fn echo(&mut self, text: &str, verdict: EchoVerdict) -> &mut Self {
        self.arrive(self.item("e1", ItemBody::Echo { content: Content::text(text), reference: None }, verdict))
    }

    pub fn edit(&mut self, target: &str, text: &str) -> &mut Self {
        self.arrive(self.item("x1", ItemBody::Edited { target: target.into(), content: Content::text(text) }, EchoVerdict::Foreign))
    }

    pub fn delete(&mut self, target: &str) -> &mut Self {
        self.arrive(self.item("x2", ItemBody::Deleted { target: target.into() }, EchoVerdict::Foreign))
    }

    pub fn agent_replies(&mut self, text: &str) -> &mut Self {
        self.arrive(says(ANA, text))
    }

    pub fn agent_notes(&mut self, text: &str) -> &mut Self {
        self.arrive(Happening::AgentReplied { by: ANA, content: Content::text(text), private: true })
    }

    pub fn status(&mut self, status: Option<Status>, until: Option<Timestamp>) -> &mut Self {
        self.arrive(Happening::AgentSetStatus { by: ANA, status, until, survey: None })
    }

    pub fn resolve(&mut self) -> &mut Self {
        self.status(Some(Status::Resolved), None)
    }

    pub fn snooze(&mut self, time: Duration) -> &mut Self {
        self.status(Some(Status::Snoozed), Some(self.at.after(time)))
    }

    pub fn assign(&mut self, assignee: Option<AgentId>) -> &mut Self {
        self.arrive(Happening::AgentAssigned { by: BEA, assignee })
    }

    pub fn hand_back(&mut self) -> &mut Self {
        self.arrive(Happening::AgentHandedBack { by: ANA })
    }

    pub fn delivery_fails(&mut self, uncertain: bool) -> &mut Self {
        self.arrive(Happening::DeliveryFailed { seq: Some(2), code: "131026".into(), uncertain, assistant: true, survey: false })
    }

    /// The turn that the phase has open, or one that never was.
    pub fn turn(&self) -> TurnId {
        self.now.phase.turn().map_or(TurnId { turn_no: 0, attempt: 0 }, |turn| turn.id)
    }

    pub fn reply(&mut self, text: &str) -> &mut Self {
        let reply = Reply { text: Some(text.into()), model: "model-1".into(), tokens: (10, 5), ..Reply::default() };
        self.event(Event::LlmReplied { turn: self.turn(), reply })
    }

    pub fn calls(&mut self, calls: Vec<ToolCall>) -> &mut Self {
        let reply = Reply { calls, model: "model-1".into(), tokens: (10, 5), ..Reply::default() };
        self.event(Event::LlmReplied { turn: self.turn(), reply })
    }

    pub fn llm_fails(&mut self) -> &mut Self {
        self.event(Event::LlmFailed { turn: self.turn(), failure: "timed out".into() })
    }

    pub fn tool(&mut self, effect: ToolEffect) -> &mut Self {
        self.event(Event::ToolReturned { turn: self.turn(), call_id: "call_0".into(), outcome: outcome(effect) })
    }

    pub fn tool_notes(&mut self, text: &str) -> &mut Self {
        self.tool(ToolEffect::Note { text: text.into() })
    }

    pub fn tool_hands_off(&mut self, text: Option<&str>) -> &mut Self {
        let text = text.map(Into::into);
        self.tool(ToolEffect::HandOff { reason: HandoffReason::CustomerAsked, text, summary: Some("wants a person".into()) })
    }

    pub fn tool_fails(&mut self, failure: ToolFailure) -> &mut Self {
        self.event(Event::ToolFailed { turn: self.turn(), call_id: "call_0".into(), failure })
    }

    pub fn poisoned(&mut self, rows: Vec<InboundId>) -> &mut Self {
        self.event(Event::RowsPoisoned { rows })
    }

    pub fn gathered(&mut self) -> &mut Self {
        let Phase::Gathering { until, token, .. } = self.now.phase else { panic!("not gathering: {:?}", self.now.phase) };
        self.at = self.at.max(until);
        self.event(Event::GatheringElapsed { token })
    }

    /// Lets time pass; due timers fire, oldest first, and a gathering ends.
    pub fn tick(&mut self, time: Duration) -> &mut Self {
        let end = self.at.after(time);
        loop {
            if let Phase::Gathering { until, .. } = self.now.phase
                && until <= end
            {
                self.gathered();
                continue;
            }
            let next = self.timers.iter().map(|(kind, due)| (*due, *kind)).min();
            let Some((due, kind)) = next.filter(|(due, _)| *due <= end) else { break };
            self.at = self.at.max(due);
            self.timers.remove(&kind);
            self.arrive(Happening::TimerFired { kind, due_at: due });
        }
        self.at = end;
        self
    }

    /// The process dies: what is in memory is gone, what is owed goes on.
    pub fn crash(&mut self) -> &mut Self {
        self.reload();
        match resume(&self.now) {
            Some(event) => self.event(event),
            None => self,
        }
    }

    /// Rebuilds the actor from what the store holds.
    pub fn reload(&mut self) {
        let text = serde_json::to_string(&self.now.state).unwrap();
        let (learnt, triage) = (self.now.state.learnt.clone(), self.now.state.triage.clone());
        self.now.state = State { learnt, triage, ..serde_json::from_str(&text).unwrap() };
        self.now.aside = Aside::default();
        self.now.phase = Phase::Idle;
        let recorded = self.rows.values().filter(|row| row.state == InboundState::Recorded);
        let seq_of = |id| self.messages.iter().find(|message| message.inbound == Some(id)).map(|message| message.seq);
        let owed = recorded.map(|row| Owed { id: row.row.id, seq: seq_of(row.row.id), received_at: row.row.received_at, media: false });
        self.now.owed = owed.collect();
    }

    pub fn tick_of(&mut self) -> Tick {
        self.attempt += 1;
        Tick { at: self.at, attempt: self.attempt }
    }

    pub fn event(&mut self, event: Event) -> &mut Self {
        let tick = self.tick_of();
        let step = step(&self.now, event.clone(), tick, &self.policy);
        laws::judge(self, &event, tick, &step);
        self.commit(step);
        self
    }

    pub fn commit(&mut self, step: Step) {
        if let Some(writes) = &step.writes {
            self.apply(writes);
        }
        self.now = step.next.clone();
        let booked = step.writes.as_ref().and_then(|writes| writes.booking.clone());
        self.last = Some(step);
        laws::hold(self);
        if let Some(write) = booked {
            self.acts.push(write.act.clone());
            let turn = self.now.phase.turn().expect("the turn that books stays open").id;
            let result = journal_result(&self.outcome);
            self.event(Event::Booked { turn, call_id: write.call.id, result });
        }
    }

    fn apply(&mut self, writes: &Writes) {
        self.timings.extend(&writes.timings);
        self.stretches.extend(writes.stretches.iter().copied());
        self.surveys.extend(writes.survey.as_deref().cloned());
        for change in &writes.inbound {
            let row = self.rows.get_mut(&change.id).unwrap_or_else(|| panic!("unknown row {change:?}"));
            assert_eq!(row.state, change.from, "row {:?} moves from where it is not", change.id);
            row.state = change.to;
            row.reason = change.reason.or(row.reason);
            row.outcome = change.outcome.clone().or(row.outcome.take());
        }
        for id in &writes.forgotten {
            let row = self.rows.get_mut(id).unwrap_or_else(|| panic!("unknown row {id:?}"));
            assert_eq!(row.state, InboundState::Settled, "what is still to be read keeps its words");
            row.row.happening = Happening::Forgotten;
        }
        if writes.cancel_assistant {
            let theirs = self.outbox.iter_mut().filter(|(row, state)| row.class == OutboxClass::Assistant && *state == Fate::Pending);
            theirs.for_each(|(_, state)| *state = Fate::Cancelled);
        }
        if writes.cancel_automatic {
            let by_itself: Vec<i64> =
                self.messages.iter().filter(|message| message.author == Author::Automatic).map(|message| message.seq).collect();
            let theirs = self.outbox.iter_mut().filter(|(row, state)| by_itself.contains(&row.seq) && *state == Fate::Pending);
            theirs.for_each(|(_, state)| *state = Fate::Cancelled);
        }
        self.messages.extend(writes.messages.iter().cloned());
        self.outbox.extend(writes.outbox.iter().map(|row| (row.clone(), Fate::Pending)));
        self.timers.retain(|kind, _| !writes.timers_dropped.contains(kind));
        self.timers.extend(writes.timers_set.iter().copied());
        self.timeline.extend(writes.timeline.iter().cloned());
        self.turns.extend(writes.turn.clone());
        self.usage.extend(writes.usage.iter().copied());
        self.changes += writes.changes.len();
        if writes.release_quarantine {
            let kept = self.rows.values_mut().filter(|row| row.reason == Some("quarantined"));
            kept.for_each(|row| (row.state, row.reason) = (InboundState::New, None));
        }
    }

    /// Records the rows that a release has made new again.
    pub fn replay(&mut self) -> &mut Self {
        let new = self.rows.values().filter(|row| row.state == InboundState::New);
        let rows = new.map(|row| row.row.clone()).collect();
        self.event(Event::InboundReceived { rows })
    }

    pub fn standing(&self) -> Standing {
        self.now.state.standing
    }

    /// The texts that were queued for the customer, without the cancelled ones.
    pub fn to_customer(&self) -> Vec<&str> {
        self.outbox.iter().filter(|(_, state)| *state != Fate::Cancelled).map(|(row, _)| row.content.text.as_str()).collect()
    }

    pub fn effects(&self) -> &[Effect] {
        self.last.as_ref().map_or(&[], |step| &step.effects)
    }

    pub fn dropped(&self) -> Option<&'static str> {
        self.last.as_ref().and_then(|step| step.dropped)
    }

    /// Why the newest row was settled, or `None` while it is owed.
    pub fn reason(&self) -> Option<&'static str> {
        self.rows.values().next_back().and_then(|row| row.reason)
    }

    pub fn outcome(&self) -> Option<CommandOutcome> {
        self.rows.values().next_back().and_then(|row| row.outcome.clone())
    }

    pub fn reasons(&self) -> Vec<Option<&'static str>> {
        self.rows.values().map(|row| row.reason).collect()
    }

    pub fn handoffs(&self) -> usize {
        self.timeline.iter().filter(|kind| matches!(kind, TimelineKind::HandedOff { .. })).count()
    }
}

pub fn says(by: AgentId, text: &str) -> Happening {
    Happening::AgentReplied { by, content: Content::text(text), private: false }
}

pub const fn secs(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}
