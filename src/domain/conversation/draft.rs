//! A step in the making: the next state, and what must be written for it. Used only inside the core.

use crate::domain::booking::Proviso;
use crate::domain::content::{Content, MessageKind};
use crate::domain::conversation::effect::{
    CommandOutcome, Effect, InboundMove, InboundState, NewOutbox, OutboxClass, TimelineKind, Writes,
};
use crate::domain::conversation::event::TimerKind;
use crate::domain::conversation::message::{Author, NewMessage, Recent, bound};
use crate::domain::conversation::policy::Policy;
use crate::domain::conversation::standing::{Human, Standing, Status};
use crate::domain::conversation::{Conversation, Owed, Step, Tick, away, routing, survey};
use crate::domain::disclosure::disclosed;
use crate::domain::file::Media;
use crate::domain::ids::{AgentId, InboundId};
use crate::domain::language::Language;
use crate::domain::learnt::Learnt;
use crate::domain::routing::Picture;
use crate::domain::survey::Ended;
use crate::domain::time::Timestamp;
use std::time::Duration;

/// The next state and its writes.
pub(super) struct Draft<'a> {
    /// The conversation before the step.
    pub before: &'a Conversation,
    pub next: Conversation,
    pub writes: Writes,
    pub effects: Vec<Effect>,
    pub policy: &'a Policy,
    /// Never earlier than the step before.
    pub at: Timestamp,
    /// What the clock says, which may be earlier: how late a message is counts from here.
    pub now: Timestamp,
    pub attempt: u64,
    /// True once this step made a row owed an answer, or changed what an open turn answers.
    pub fresh: bool,
    /// A customer's message came that people hold, and that is young enough to be answered by itself.
    pub people_wanted: bool,
    /// Somebody has become free to whom it may be given.
    pub place_freed: bool,
    /// The stretch that this step has ended, unless the customer is already back.
    pub ended: Option<Ended>,
    wants_desk: bool,
    dropped: Option<&'static str>,
}

/// What a message is besides its author and content.
#[derive(Default)]
pub(super) struct Origin {
    pub external_id: Option<String>,
    pub inbound: Option<InboundId>,
    pub turn_no: Option<i64>,
    pub late: bool,
    pub occurred_at: Option<Timestamp>,
    /// The newest customer's message that it answers, where it is not simply the newest one.
    pub answers: Option<i64>,
    /// What must still be so when it leaves.
    pub proviso: Option<Proviso>,
}

impl<'a> Draft<'a> {
    pub fn new(now: &'a Conversation, tick: Tick, policy: &'a Policy) -> Self {
        Self {
            before: now,
            next: now.clone(),
            writes: Writes::default(),
            effects: Vec::new(),
            policy,
            at: tick.at.max(now.state.clock),
            now: tick.at,
            attempt: tick.attempt,
            fresh: false,
            people_wanted: false,
            place_freed: false,
            ended: None,
            wants_desk: false,
            dropped: None,
        }
    }

    /// Returns who is at the front desk; where that was not read, asks for it.
    pub fn desk(&mut self) -> Option<&'a Picture> {
        let policy: &'a Policy = self.policy;
        self.wants_desk |= policy.desk.is_none();
        policy.desk.as_deref()
    }

    /// Says that the event changed nothing, and why.
    pub fn drop_event(&mut self, reason: &'static str) {
        self.dropped = Some(reason);
    }

    pub fn finish(mut self) -> Step {
        survey::ask(&mut self);
        routing::settle(&mut self);
        if let Some(newest) = self.writes.messages.iter().rfind(|message| message.author == Author::Assistant) {
            self.next.state.spoke_in = newest.cycle;
        }
        let writes = (self.writes != Writes::default()).then(|| Box::new(self.writes));
        if writes.is_some() {
            self.next.version += 1;
            self.next.state.clock = self.at;
        }
        let Self { next, effects, dropped, wants_desk, .. } = self;
        Step { next, writes, effects, dropped, wants_desk }
    }

    /// Adds a message to the thread and returns its number.
    pub fn add_message(&mut self, author: Author, content: Content, origin: Origin) -> i64 {
        if self.next.state.last_seq == 0 {
            self.begin_stretch();
            self.arm_silence_timer(self.next.state.standing.status());
        }
        let state = &mut self.next.state;
        state.last_seq += 1;
        let message = NewMessage {
            seq: state.last_seq,
            cycle: state.cycle,
            author,
            content,
            external_id: origin.external_id,
            inbound: origin.inbound,
            turn_no: origin.turn_no,
            late: origin.late,
            occurred_at: origin.occurred_at.unwrap_or(self.at),
            at: self.at,
        };
        state.last_activity_at = self.at;
        if author == Author::Contact {
            state.heard_in = state.cycle;
        }
        state.recent.push(Recent::of(&message));
        bound(&mut state.recent);
        self.writes.timeline.push(TimelineKind::MessageCreated { seq: message.seq });
        let seq = message.seq;
        self.writes.messages.push(message);
        seq
    }

    /// Adds messages of ours, split to what the channel takes, each with its outbox row. Returns the first number.
    pub fn send(&mut self, author: Author, content: Content, class: OutboxClass, origin: Origin) -> i64 {
        let in_reply_to = self.newest_inbound_reference(origin.answers);
        let content = if author == Author::Assistant { self.disclosed(content) } else { content };
        let mut first = None;
        for part in split(content, self.policy.max_text, &self.policy.media) {
            let (turn_no, proviso) = (origin.turn_no, origin.proviso);
            let origin = Origin { inbound: origin.inbound, turn_no, ..Origin::default() };
            let seq = self.add_message(author, part.clone(), origin);
            self.next.state.last_ord += 1;
            let ord = self.next.state.last_ord;
            self.writes.outbox.push(NewOutbox { ord, seq, class, content: part, in_reply_to: in_reply_to.clone(), turn_no, proviso });
            first.get_or_insert(seq);
        }
        first.unwrap_or(self.next.state.last_seq)
    }

    /// The assistant's first words of a stretch say that a machine wrote them, whoever chose them: a model, a tool or we ourselves.
    pub fn disclosed(&self, content: Content) -> Content {
        match &self.policy.disclosure {
            Some(business) if self.next.state.first_answer() => {
                Content { text: disclosed(&content.text, self.customer_language(), business), ..content }
            }
            Some(_) | None => content,
        }
    }

    fn newest_inbound_reference(&self, answers: Option<i64>) -> Option<String> {
        self.next
            .state
            .recent
            .iter()
            .rev()
            .find(|message| message.author == Author::Contact && answers.is_none_or(|newest| message.seq <= newest))
            .and_then(|message| message.external_id.clone())
    }

    /// Settles a *new* row.
    pub fn settle_new(&mut self, id: InboundId, reason: &'static str, outcome: Option<CommandOutcome>) {
        self.writes.inbound.push(InboundMove { id, from: InboundState::New, to: InboundState::Settled, reason: Some(reason), outcome });
    }

    /// Keeps a *new* row as owed an outcome.
    pub fn owe(&mut self, owed: Owed) {
        self.writes.inbound.push(InboundMove {
            id: owed.id,
            from: InboundState::New,
            to: InboundState::Recorded,
            reason: None,
            outcome: None,
        });
        self.fresh = true;
        self.next.owed.push(owed);
    }

    /// Settles the first `count` owed rows, or all.
    pub fn settle_owed(&mut self, count: Option<usize>, reason: &'static str) {
        let count = count.unwrap_or(self.next.owed.len()).min(self.next.owed.len());
        let settled: Vec<Owed> = self.next.owed.drain(..count).collect();
        settled.iter().for_each(|owed| self.settle_one(owed.id, reason));
    }

    /// Settles a row that was owed, also one that this very step made so.
    pub fn settle_one(&mut self, id: InboundId, reason: &'static str) {
        match self.writes.inbound.iter_mut().find(|row| row.id == id) {
            Some(row) => (row.to, row.reason) = (InboundState::Settled, Some(reason)),
            None => self.writes.inbound.push(InboundMove {
                id,
                from: InboundState::Recorded,
                to: InboundState::Settled,
                reason: Some(reason),
                outcome: None,
            }),
        }
    }

    /// Moves to another standing: keeps the clocks and timers that hang on it true. No-op if it is the same.
    pub fn stand(&mut self, to: Standing, cause: &'static str, by: Option<Human>) {
        let from = self.next.state.standing;
        if from == to {
            return;
        }
        if from.status() == Status::Snoozed {
            self.drop_timer(TimerKind::Snooze);
        }
        if let Standing::Snoozed { until: Some(until), .. } = to {
            self.set_timer(TimerKind::Snooze, until);
        }
        let state = &mut self.next.state;
        let resolved_at = state.resolved_at;
        state.standing = to;
        if to.status() == Status::Resolved {
            state.resolved_at = Some(self.at);
            state.waiting_since = None;
        } else {
            state.resolved_at = None;
        }
        if to == Standing::Pending {
            away::take_back(self);
        }
        self.ended = if to.status() == Status::Resolved { survey::ended(self, from, cause, by) } else { None };
        let state = &mut self.next.state;
        let forgotten = Learnt { changes: state.learnt.changes, ..Learnt::default() };
        if matches!(to.status(), Status::Resolved | Status::Spam) && state.learnt != forgotten {
            self.learn(forgotten);
        }
        let state = &mut self.next.state;
        if from.status() == Status::Resolved {
            state.cycle += 1;
            state.idle_asked = false;
        }
        self.writes.timeline.push(TimelineKind::StandingChanged { from, to, cause, by });
        self.follow_standing(from, resolved_at, cause, by);
        self.keep_silence_timers(from, to);
    }

    fn keep_silence_timers(&mut self, from: Standing, to: Standing) {
        if from.status() == to.status() {
            return;
        }
        match from.status() {
            Status::Pending => {
                self.drop_timer(TimerKind::IdleCheck);
                if self.next.state.idle_asked {
                    self.drop_timer(TimerKind::IdleResolve);
                }
                self.next.state.idle_asked = false;
            }
            Status::Open => {
                if self.policy.auto_resolve_after.is_some() {
                    self.drop_timer(TimerKind::AutoResolve);
                }
                if self.policy.handback_after.is_some() {
                    self.drop_timer(TimerKind::HandBack);
                }
            }
            Status::Snoozed | Status::Resolved | Status::Spam => {}
        }
        self.arm_silence_timer(to.status());
    }

    /// Sets the timer that looks after silence in `status`, if the inbox wants one.
    pub fn arm_silence_timer(&mut self, status: Status) {
        match status {
            Status::Pending => {
                if let Some(idle) = self.policy.idle_after {
                    self.set_timer(TimerKind::IdleCheck, self.at.after(idle));
                }
            }
            Status::Open => {
                if let Some(after) = self.policy.auto_resolve_after {
                    self.set_timer(TimerKind::AutoResolve, self.at.after(after));
                }
            }
            Status::Snoozed | Status::Resolved | Status::Spam => {}
        }
    }

    /// Sets a timer; a later word in the same step wins.
    pub fn set_timer(&mut self, kind: TimerKind, due: Timestamp) {
        self.writes.timers_dropped.retain(|dropped| *dropped != kind);
        self.writes.timers_set.retain(|(set, _)| *set != kind);
        self.writes.timers_set.push((kind, due));
    }

    /// Drops a timer; a later word in the same step wins.
    pub fn drop_timer(&mut self, kind: TimerKind) {
        self.writes.timers_set.retain(|(set, _)| *set != kind);
        if !self.writes.timers_dropped.contains(&kind) {
            self.writes.timers_dropped.push(kind);
        }
    }

    /// Keeps what is known after a side job.
    pub fn learn(&mut self, learnt: Learnt) {
        self.writes.learnt = Some(learnt.clone());
        self.next.state.learnt = learnt;
    }

    /// Assigns a person, or nobody, and says so if that is a change.
    pub fn assign(&mut self, assignee: Option<AgentId>, by: Option<AgentId>) {
        let from = self.next.state.assignee;
        if from != assignee {
            self.next.state.assignee = assignee;
            self.writes.timeline.push(TimelineKind::AssigneeChanged { assignee, from, by });
        }
    }

    /// Cancels what the assistant has not begun to send, and takes back what this very step wanted to send for it.
    pub fn cancel_assistant(&mut self) {
        self.writes.cancel_assistant = true;
        let taken_back: Vec<i64> = self.writes.outbox.iter().filter(|row| row.class == OutboxClass::Assistant).map(|row| row.seq).collect();
        self.writes.outbox.retain(|row| row.class != OutboxClass::Assistant);
        self.writes.messages.retain(|message| !taken_back.contains(&message.seq));
        self.next.state.recent.retain(|message| !taken_back.contains(&message.seq));
        self.writes.timeline.retain(|entry| !matches!(entry, TimelineKind::MessageCreated { seq } if taken_back.contains(seq)));
    }

    /// Returns true if the channel takes words of ours now.
    pub fn inside_window(&self) -> bool {
        self.inside_window_after(Duration::ZERO)
    }

    /// Returns true if the channel still takes words of ours after so long a wait in which the customer says nothing.
    pub fn inside_window_after(&self, wait: Duration) -> bool {
        match (self.policy.window, self.next.state.last_inbound_at) {
            (None, _) => true,
            (Some(_), None) => false,
            (Some(window), Some(last)) => self.at.after(wait).since(last) < window.saturating_sub(self.policy.window_margin),
        }
    }

    /// Returns the language of the customer's own words in this stretch, else the tenant's.
    pub fn customer_language(&self) -> Language {
        self.next.state.customer_language(self.policy.language)
    }

    /// A person has spoken or is to speak: the assistant comes back after so long a silence, if the inbox wants it.
    pub fn person_is_due(&mut self) {
        let open = matches!(self.next.state.standing, Standing::Open(Some(_)));
        if let Some(silence) = self.policy.handback_after.filter(|_| open && self.policy.assistant) {
            self.set_timer(TimerKind::HandBack, self.at.after(silence));
        }
    }
}

/// Splits what is too much for one message of the channel: a text at paragraphs, sentences or words, then the files. Buttons, and the first
/// of the files, stay with the last part of the text where it may stand beside them.
fn split(content: Content, max: usize, media: &Media) -> Vec<Content> {
    let mut contents = split_text(content, max);
    let Some(mut last) = contents.pop() else { return contents };
    let files = std::mem::take(&mut last.attachments);
    let mut groups = files.chunks(media.per_message.max(1)).map(<[_]>::to_vec);
    let Some(first) = groups.next() else {
        contents.push(last);
        return contents;
    };
    let file_message = |files| Content { reply_to: last.reply_to.clone(), ..Content::files("", files) };
    let mut after: Vec<Content> = groups.map(file_message).collect();
    if media.captions(&last.text, &first) {
        contents.push(Content { attachments: first, ..last });
    } else {
        after.insert(0, file_message(first));
        contents.push(Content { kind: MessageKind::Text, ..last });
    }
    contents.extend(after);
    contents
}

/// Splits a text that is too long; buttons and files stay with the last part. The words of a template are the provider's: ours do not leave.
fn split_text(content: Content, max: usize) -> Vec<Content> {
    if max == 0 || content.kind == MessageKind::Template || content.text.chars().count() <= max {
        return vec![content];
    }
    let mut parts: Vec<String> = Vec::new();
    let mut rest = content.text.as_str();
    while rest.chars().count() > max {
        let limit = rest.char_indices().nth(max).map_or(rest.len(), |(at, _)| at);
        let head = rest.get(..limit).unwrap_or(rest);
        let cut = ["\n\n", "\n", ". ", " "]
            .iter()
            .find_map(|mark| head.rfind(mark).filter(|at| *at > limit / 2).map(|at| at + mark.len()))
            .unwrap_or(limit);
        let (part, tail) = rest.split_at(cut);
        parts.push(part.trim_end().to_owned());
        rest = tail.trim_start();
    }
    parts.push(rest.to_owned());
    parts.retain(|text| !text.is_empty());
    let last = Content { text: parts.pop().unwrap_or_default(), ..content };
    let mut contents: Vec<Content> =
        parts.into_iter().map(|text| Content { reply_to: last.reply_to.clone(), ..Content::text(text) }).collect();
    contents.push(last);
    contents
}
