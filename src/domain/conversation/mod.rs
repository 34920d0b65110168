//! The conversation: what it is, how one event moves it on.
//!
//! Pure: no I/O, no clock, no randomness, no panic. Neighbours: `engine` orders, commits and performs; `store` keeps.
//!
//! ```text
//!                     customer writes                 hand_off / person writes / assigned
//!   (new) ──assistant──► Pending/assistant ─────────────────────────► Open/human|nobody
//!     └───no assistant──► Open/nobody   ◄───────── handback ─────────────┘   │   ▲
//!                                                                     snooze ▼   │ time, customer
//!   Spam ◄── anything            Resolved ◄── resolve ── anything       Snoozed/human|nobody
//!     └─ not spam ─► Open           └─ customer writes ─► Pending (assistant) or Open
//! ```
//!
//! While it is Pending the assistant works in a *phase*: idle → gathering → thinking ⇄ using tools → (commit) → idle.

mod answer;
mod away;
pub mod booked;
mod books;
mod bounds;
mod commands;
pub mod draft;
pub mod echo;
pub mod effect;
pub mod event;
pub mod gather;
pub mod handoff;
mod inbound;
mod learning;
pub mod message;
mod news;
pub mod policy;
mod routing;
pub mod standing;
pub mod stretch;
mod survey;
mod timer;
mod tools;
mod triage;
mod turn;

#[cfg(test)]
mod tests;

use crate::domain::ids::{AgentId, ContactId, ConversationKey, InboundId, InboxId, TeamId, ThreadId};
use crate::domain::learnt::Learnt;
use crate::domain::time::Timestamp;
use crate::domain::triage::Triage;
use draft::Draft;
use effect::{Effect, Writes};
use event::Event;
use message::Recent;
use policy::Policy;
use serde::{Deserialize, Serialize};
use standing::Standing;
use stretch::Stretch;

pub use books::Attempt;
pub use turn::{Exchange, Phase, Turn, TurnId};

/// A conversation as its actor holds it: the durable snapshot, the rows still owed an outcome, and the phase (memory only).
#[derive(Clone, Debug, PartialEq)]
pub struct Conversation {
    /// Where it is.
    pub key: ConversationKey,
    /// The inbox.
    pub inbox: InboxId,
    /// The outside address.
    pub thread: ThreadId,
    /// The customer.
    pub contact: ContactId,
    /// Rises with every step; guards against another writer.
    pub version: i64,
    /// What is kept in the snapshot column.
    pub state: State,
    /// Recorded rows that are owed an outcome, oldest first.
    pub owed: Vec<Owed>,
    /// Side effects of the unfinished turn that are already committed, in order.
    pub journal: Vec<Journaled>,
    /// What the assistant is doing.
    pub phase: Phase,
    /// Which side jobs were asked for. Memory only.
    pub aside: Aside,
}

/// Up to which message side jobs were asked for: one that failed is not asked for again at once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Aside {
    /// For the memory.
    pub memory: i64,
    /// For language and mood.
    pub reading: i64,
}

/// The durable part: bounded, versioned, rebuildable from rows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct State {
    /// Status and speaker.
    pub standing: Standing,
    /// The person it is assigned to.
    pub assignee: Option<AgentId>,
    /// The team that it belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub team: Option<TeamId>,
    /// The open–resolved stretch, from 1.
    pub cycle: i64,
    /// Number of the newest message.
    pub last_seq: i64,
    /// Number of the newest settled turn.
    pub last_turn: i64,
    /// Order number of the newest outbox row.
    pub last_ord: i64,
    /// Since when the customer waits.
    pub waiting_since: Option<Timestamp>,
    /// First public answer of a person, ever.
    pub first_reply_at: Option<Timestamp>,
    /// Newest public answer of a person.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub people_spoke_at: Option<Timestamp>,
    /// When the customer was last told that nobody is there. A rebuilt snapshot knows only of away texts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub away_told_at: Option<Timestamp>,
    /// Newest message of any kind.
    pub last_activity_at: Timestamp,
    /// The event time of the customer's newest message: windows count from here.
    pub last_inbound_at: Option<Timestamp>,
    /// When it was resolved, while it is.
    pub resolved_at: Option<Timestamp>,
    /// True once the idle check has asked its question in this stretch of silence.
    pub idle_asked: bool,
    /// The newest stretch in which the assistant has spoken; 0: none. Its first words in a stretch say who it is.
    #[serde(default)]
    pub spoke_in: i64,
    /// The newest stretch in which the customer has spoken; 0: none, or the snapshot is of a release that did not say.
    #[serde(default)]
    pub heard_in: i64,
    /// The newest instant a step was taken at: `at` never goes backwards.
    pub clock: Timestamp,
    /// A call that binds, for which the assistant's newest answer asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proposed: Option<Proposed>,
    /// The current stretch; lost with a snapshot of an earlier release.
    #[serde(default)]
    pub stretch: Stretch,
    /// What side jobs have found out. Kept in a column of its own.
    #[serde(skip)]
    pub learnt: Learnt,
    /// What people sort it by. Kept in columns of its own.
    #[serde(skip)]
    pub triage: Triage,
    /// The newest messages, oldest first: at most [`message::MAX_RECENT`] and [`message::MAX_RECENT_BYTES`].
    pub recent: Vec<Recent>,
}

/// A call that binds and waits for the customer's yes. Lost with a rebuilt snapshot: then the assistant asks again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Proposed {
    /// The call's fingerprint.
    pub call: u64,
    /// The turn that asked.
    pub turn_no: i64,
    /// The message that asked.
    pub seq: i64,
}

/// A row of the queue that is in the thread and still owed an outcome.
#[derive(Clone, Debug, PartialEq)]
pub struct Owed {
    /// The row.
    pub id: InboundId,
    /// Its message, if it made one.
    pub seq: Option<i64>,
    /// When it was received: the oldest one limits restarts.
    pub received_at: Timestamp,
    /// True if it brought a file.
    pub media: bool,
}

/// One journaled side effect.
#[derive(Clone, Debug, PartialEq)]
pub struct Journaled {
    /// The turn.
    pub turn_no: i64,
    /// Its place in the turn, from 0.
    pub ordinal: i64,
    /// What was called and answered.
    pub exchange: Exchange,
}

/// The time of a step and what the core may not make itself.
#[derive(Clone, Copy, Debug)]
pub struct Tick {
    /// Now.
    pub at: Timestamp,
    /// A number never used before in this process: the name of the attempt, if this step starts one.
    pub attempt: u64,
}

/// What one event did.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// The conversation afterwards. Its version is already raised if there is something to commit.
    pub next: Conversation,
    /// What must be committed before anything is performed; `None`: nothing durable changed.
    pub writes: Option<Box<Writes>>,
    /// What to do once that is durable.
    pub effects: Vec<Effect>,
    /// Why the event changed nothing, if so.
    pub dropped: Option<&'static str>,
    /// It needs to know who is at the front desk: read that, of the team that `next` has, and step anew from the same state.
    pub wants_desk: bool,
}

impl State {
    /// Returns true if the assistant has not yet spoken in this stretch.
    #[must_use]
    pub fn first_answer(&self) -> bool {
        let spoke = |message: &Recent| message.cycle == self.cycle && message.author == message::Author::Assistant;
        self.spoke_in != self.cycle && !self.recent.iter().any(spoke)
    }

    /// Returns true if the customer has spoken in this stretch. A snapshot of an earlier release shows only what it remembers.
    #[must_use]
    pub fn heard(&self) -> bool {
        let heard = |message: &Recent| message.cycle == self.cycle && message.author == message::Author::Contact;
        self.heard_in == self.cycle || self.recent.iter().any(heard)
    }

    /// Forgets a message whose words are deleted, with what may rest on it. `nobody_waits`: no answer is owed to anything any more.
    pub fn forget(&mut self, seq: i64, nobody_waits: bool) {
        self.recent.retain(|message| message.seq != seq);
        self.learnt = self.learnt.without(Some(seq));
        if nobody_waits && self.standing == Standing::Pending {
            self.waiting_since = None;
        }
    }
}

impl Conversation {
    /// Makes the state of a new conversation: pending where the inbox has an assistant and the thread is a direct one, else open;
    /// resolved for a blocked contact.
    #[must_use]
    pub fn begin(assistant: bool, group: bool, blocked: bool, at: Timestamp) -> State {
        let standing = match (blocked, assistant && !group) {
            (true, _) => Standing::Resolved,
            (false, true) => Standing::Pending,
            (false, false) => Standing::Open(None),
        };
        State {
            resolved_at: (standing == Standing::Resolved).then_some(at),
            standing,
            assignee: None,
            team: None,
            cycle: 1,
            last_seq: 0,
            last_turn: 0,
            last_ord: 0,
            waiting_since: None,
            first_reply_at: None,
            people_spoke_at: None,
            away_told_at: None,
            last_activity_at: at,
            last_inbound_at: None,
            idle_asked: false,
            spoke_in: 0,
            heard_in: 0,
            clock: at,
            proposed: None,
            stretch: Stretch::default(),
            learnt: Learnt::default(),
            triage: Triage::default(),
            recent: Vec::new(),
        }
    }
}

/// Moves a conversation on by one event.
///
/// Total: an event that no longer applies (a late reply, a duplicate) yields a step with no effects and a reason, never an error. The
/// caller commits the step, *then* performs it.
#[must_use]
pub fn step(now: &Conversation, event: Event, tick: Tick, policy: &Policy) -> Step {
    let mut draft = Draft::new(now, tick, policy);
    match event {
        Event::InboundReceived { rows } => inbound::record(&mut draft, rows),
        Event::Resumed => turn::resume(&mut draft),
        Event::GatheringElapsed { token } => turn::gathering_elapsed(&mut draft, token),
        Event::LlmReplied { turn, reply } => turn::replied(&mut draft, turn, reply),
        Event::LlmFailed { turn, failure } => turn::failed(&mut draft, turn, failure),
        Event::ToolReturned { turn, call_id, outcome } => tools::tool_returned(&mut draft, turn, &call_id, outcome),
        Event::Booked { turn, call_id, result } => booked::booked(&mut draft, turn, &call_id, result),
        Event::ToolFailed { turn, call_id, failure } => tools::tool_failed(&mut draft, turn, &call_id, &failure),
        Event::RowsPoisoned { rows } => handoff::poisoned(&mut draft, &rows),
    }
    draft.finish()
}

/// Tells what must run for this state after a restart, instead of a saved to-do list: `Some(event)` to step with, or nothing.
#[must_use]
pub fn resume(now: &Conversation) -> Option<Event> {
    let idle = matches!(now.phase, Phase::Idle);
    (idle && !now.owed.is_empty()).then_some(Event::Resumed)
}
