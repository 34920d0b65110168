//! One stretch of a conversation from open to resolved, and how long its parts took.
//!
//! Every time is the step's own: a later edit of a message changes none. Each stretch has its own clock for being resolved; a first answer
//! of a person exists once in a conversation's life.

use crate::domain::conversation::draft::Draft;
use crate::domain::conversation::standing::{Human, Standing, Status};
use crate::domain::ids::AgentId;
use crate::domain::time::Timestamp;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// How a stretch began.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Beginning {
    /// The first one.
    #[default]
    First,
    /// After the conversation had been resolved.
    Reopened,
}

/// Who ended a stretch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "by", content = "id", rename_all = "snake_case")]
pub enum Ender {
    /// The assistant said so, or nobody had anything to add to what it had said.
    Assistant,
    /// A person.
    Agent(AgentId),
    /// Silence, while people held it.
    Silence,
}

/// What is known of the current stretch. Part of the snapshot; kept as a row of its own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stretch {
    /// When it began; `None`: before this was kept, or it has not.
    pub began_at: Option<Timestamp>,
    /// How.
    #[serde(default)]
    pub began: Beginning,
    /// When people first held it.
    pub people_at: Option<Timestamp>,
    /// When the assistant handed it over.
    pub handed_off_at: Option<Timestamp>,
    /// When a person first answered in public, in Recado or at the business's own phone.
    pub human_at: Option<Timestamp>,
    /// When it was resolved.
    pub ended_at: Option<Timestamp>,
    /// By whom.
    pub ended_by: Option<Ender>,
}

/// What became of a stretch, for figures about the assistant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It goes on.
    Running,
    /// The assistant gave it to people: that beats everything that came after.
    HandedOff,
    /// It was resolved without any person.
    ResolvedByAssistant,
    /// It was resolved, and people had a part in it.
    ResolvedByPeople,
}

impl Verdict {
    /// Returns the stored spelling.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::HandedOff => "handed_off",
            Self::ResolvedByAssistant => "resolved_by_assistant",
            Self::ResolvedByPeople => "resolved_by_people",
        }
    }
}

impl Stretch {
    /// Tells what became of it.
    #[must_use]
    pub const fn verdict(&self) -> Verdict {
        match (self.handed_off_at, self.ended_at) {
            (Some(_), _) => Verdict::HandedOff,
            (None, None) => Verdict::Running,
            (None, Some(_)) if self.human_at.is_none() && self.people_at.is_none() => Verdict::ResolvedByAssistant,
            (None, Some(_)) => Verdict::ResolvedByPeople,
        }
    }
}

/// What was timed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TimingKind {
    /// From when people held it to the first answer of a person, once in a conversation's life.
    FirstReply,
    /// From the oldest message without an answer to a person's answer.
    Reply,
    /// From its beginning to the hand-over.
    HandedOff,
    /// From its beginning to its end.
    Resolved,
    /// The same, where no person had a part in it.
    ResolvedByAssistant,
    /// From the end of the stretch before to the beginning of this one.
    Reopened,
}

impl TimingKind {
    /// Returns the stored spelling.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::FirstReply => "first_reply",
            Self::Reply => "reply",
            Self::HandedOff => "handed_off",
            Self::Resolved => "resolved",
            Self::ResolvedByAssistant => "resolved_by_assistant",
            Self::Reopened => "reopened",
        }
    }
}

/// How long something took: a fact, written once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timing {
    /// What.
    pub kind: TimingKind,
    /// In which stretch.
    pub cycle: i64,
    /// From when.
    pub from: Timestamp,
    /// Until when.
    pub to: Timestamp,
    /// How much of it fell into business hours, where the inbox has any.
    pub business: Option<Duration>,
    /// The person whose deed it was.
    pub by: Option<Human>,
}

impl Draft<'_> {
    /// The first message of a conversation begins its first stretch; one that is born resolved has none.
    pub(super) fn begin_stretch(&mut self) {
        let state = &mut self.next.state;
        if state.standing.status() == Status::Resolved || state.stretch.began_at.is_some() {
            return;
        }
        state.stretch = Stretch { began_at: Some(self.at), ..Stretch::default() };
        if state.standing.status() == Status::Open {
            state.stretch.people_at = Some(self.at);
        }
        self.keep_stretch();
    }

    /// Keeps the stretch true when the standing has changed `from` something else; the number of the cycle is already the new one.
    pub(super) fn follow_standing(&mut self, from: Standing, resolved_at: Option<Timestamp>, cause: &'static str, by: Option<Human>) {
        let (at, to) = (self.at, self.next.state.standing.status());
        if from.status() == Status::Resolved {
            self.next.state.stretch = Stretch { began_at: Some(at), began: Beginning::Reopened, ..Stretch::default() };
            if let (Some(since), true) = (resolved_at, to != Status::Spam) {
                self.time(TimingKind::Reopened, since, by);
            }
        }
        match to {
            Status::Open => _ = self.next.state.stretch.people_at.get_or_insert(at),
            Status::Resolved => self.end_stretch(cause, by),
            Status::Pending | Status::Snoozed | Status::Spam => {}
        }
        self.keep_stretch();
    }

    fn end_stretch(&mut self, cause: &'static str, by: Option<Human>) {
        let ender = match (by, cause) {
            (Some(Human::Agent(agent)), _) => Ender::Agent(agent),
            (_, "timer") => Ender::Silence,
            _ => Ender::Assistant,
        };
        let stretch = &mut self.next.state.stretch;
        (stretch.ended_at, stretch.ended_by) = (Some(self.at), Some(ender));
        let stretch = *stretch;
        let Some(began) = stretch.began_at else { return };
        self.time(TimingKind::Resolved, began, by);
        if stretch.verdict() == Verdict::ResolvedByAssistant && self.policy.assistant {
            self.time(TimingKind::ResolvedByAssistant, began, None);
        }
    }

    /// The assistant has handed the conversation over.
    pub(super) fn handed_off(&mut self) {
        let at = self.at;
        let stretch = &mut self.next.state.stretch;
        if stretch.handed_off_at.is_some() {
            return;
        }
        stretch.handed_off_at = Some(at);
        if let Some(began) = stretch.began_at {
            self.time(TimingKind::HandedOff, began, None);
        }
        self.keep_stretch();
    }

    /// A person has answered in public: the customer waits no longer.
    pub(super) fn answered_by_human(&mut self, by: Human) {
        let at = self.at;
        if let Some(since) = self.next.state.waiting_since.take() {
            self.time(TimingKind::Reply, since, Some(by));
        }
        let first = self.next.state.first_reply_at.is_none();
        self.next.state.first_reply_at.get_or_insert(at);
        self.next.state.people_spoke_at = Some(at);
        self.person_is_due();
        let stretch = &mut self.next.state.stretch;
        if stretch.began_at.is_none() || stretch.ended_at.is_some() || stretch.human_at.is_some() {
            return;
        }
        stretch.human_at = Some(at);
        let since = stretch.handed_off_at.or(stretch.people_at).or(stretch.began_at);
        if let (true, Some(since)) = (first, since) {
            self.time(TimingKind::FirstReply, since, Some(by));
        }
        self.keep_stretch();
    }

    fn time(&mut self, kind: TimingKind, from: Timestamp, by: Option<Human>) {
        let cycle = self.next.state.cycle;
        let (from, to) = (from.min(self.at), self.at);
        let business = self.policy.hours.within(from, to);
        self.writes.timings.push(Timing { kind, cycle, from, to, business, by });
    }

    /// Writes the stretch with the step; of several words about one, the last holds.
    fn keep_stretch(&mut self) {
        let (cycle, stretch) = (self.next.state.cycle, self.next.state.stretch);
        self.writes.stretches.retain(|(number, _)| *number != cycle);
        self.writes.stretches.push((cycle, stretch));
    }
}
