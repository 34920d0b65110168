//! What a step writes and what it wants done afterwards.

use crate::domain::booking::{Act, Actor, Proviso};
use crate::domain::content::Content;
use crate::domain::conversation::event::TimerKind;
use crate::domain::conversation::message::NewMessage;
use crate::domain::conversation::standing::{Human, Standing};
use crate::domain::conversation::stretch::{Stretch, Timing};
use crate::domain::conversation::turn::{Exchange, TurnId};
use crate::domain::ids::{AgentId, InboundId, TeamId};
use crate::domain::learnt::{Learnt, Work};
use crate::domain::survey::NewSurvey;
use crate::domain::time::Timestamp;
use crate::domain::tool::{HandoffReason, ToolCall};
use crate::domain::triage::{Difference, Triage};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Everything that one commit makes durable, besides the conversation's own row. Empty parts cost nothing.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Writes {
    /// New messages, in order.
    pub messages: Vec<NewMessage>,
    /// Changes of earlier messages.
    pub changes: Vec<MessageChange>,
    /// What must leave, in order.
    pub outbox: Vec<NewOutbox>,
    /// Cancels what the assistant wanted to send and has not begun to. The step's own rows of the outbox are never meant.
    pub cancel_assistant: bool,
    /// Cancels what was said by itself and has not begun to leave.
    pub cancel_automatic: bool,
    /// Rows of the queue that move on.
    pub inbound: Vec<InboundMove>,
    /// Rows of the queue that nobody reads any more and whose words go at once: what models made of a customer's.
    pub forgotten: Vec<InboundId>,
    /// Makes quarantined rows new again.
    pub release_quarantine: bool,
    /// Timers to set; one per kind.
    pub timers_set: Vec<(TimerKind, Timestamp)>,
    /// Timers to drop.
    pub timers_dropped: Vec<TimerKind>,
    /// Side effects of the turn.
    pub journal: Vec<JournalEntry>,
    /// An act on the book, decided inside this very transaction, whose outcome is journaled with it. A commit with one stands alone.
    pub booking: Option<Box<BookingWrite>>,
    /// The turn that ended.
    pub turn: Option<TurnRecord>,
    /// What people and streams see.
    pub timeline: Vec<TimelineKind>,
    /// What was used: kind and amount.
    pub usage: Vec<(&'static str, i64)>,
    /// What side jobs have found out, if that changed.
    pub learnt: Option<Learnt>,
    /// Stretches that changed, with their numbers.
    pub stretches: Vec<(i64, Stretch)>,
    /// How long things took that ended now.
    pub timings: Vec<Timing>,
    /// What it was sorted by before the step, if that changed.
    pub triage_before: Option<Box<Triage>>,
    /// That the customer is asked how they were served.
    pub survey: Option<Box<NewSurvey>>,
    /// What it does to the front desk.
    pub desk: DeskWrite,
}

/// What a step does to the front desk of the business.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct DeskWrite {
    /// A decision about who is given the conversation, by a picture that must still hold.
    pub routed: Option<Routed>,
    /// Who has one conversation less.
    pub freed: Option<AgentId>,
    /// Who has one more.
    pub taken: Option<AgentId>,
}

impl DeskWrite {
    /// Tells whether others may decide differently after it.
    #[must_use]
    pub fn moves(&self) -> bool {
        self.freed.is_some() || self.taken.is_some()
    }
}

/// Who was given a conversation by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Routed {
    /// The version of the desk by which it was decided.
    pub seen: i64,
    /// Who; `None`: nobody was free.
    pub to: Option<AgentId>,
}

/// A change of a message that is already in the thread, named by the provider's id.
#[derive(Clone, Debug, PartialEq)]
pub struct MessageChange {
    /// The provider's id.
    pub target: String,
    /// What changes.
    pub change: Change,
}

/// What changes.
#[derive(Clone, Debug, PartialEq)]
pub enum Change {
    /// New content.
    Edited(Content),
    /// Gone for everyone.
    Deleted,
    /// A reaction, or its end.
    Reacted(Option<String>),
}

/// The class of an outbox row: agents go before the assistant, the assistant before campaigns.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OutboxClass {
    /// A person wrote it.
    Agent,
    /// The assistant wrote it.
    Assistant,
    /// Campaigns and reminders.
    Bulk,
}

impl OutboxClass {
    /// Returns the stored spelling.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Agent => "agent",
            Self::Assistant => "assistant",
            Self::Bulk => "bulk",
        }
    }

    /// Reads the stored spelling.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Agent, Self::Assistant, Self::Bulk].into_iter().find(|class| class.as_str() == text)
    }
}

/// A message that must leave.
#[derive(Clone, Debug, PartialEq)]
pub struct NewOutbox {
    /// Its order in the conversation.
    pub ord: i64,
    /// The message that it carries.
    pub seq: i64,
    /// Who goes first.
    pub class: OutboxClass,
    /// What.
    pub content: Content,
    /// The provider's id of the customer's message that it answers.
    pub in_reply_to: Option<String>,
    /// The turn that wrote it.
    pub turn_no: Option<i64>,
    /// What must still be so when it leaves.
    pub proviso: Option<Proviso>,
}

/// A row of the queue that moves on.
#[derive(Clone, Debug, PartialEq)]
pub struct InboundMove {
    /// The row.
    pub id: InboundId,
    /// Where it must be now.
    pub from: InboundState,
    /// Where it goes.
    pub to: InboundState,
    /// Why, as a fixed word.
    pub reason: Option<&'static str>,
    /// What to tell the caller of a command; `None`: what the row says already stays.
    pub outcome: Option<CommandOutcome>,
}

/// The state of a row of the queue.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum InboundState {
    /// Durable, not yet in the thread.
    New,
    /// In the thread, owed an outcome.
    Recorded,
    /// Done.
    Settled,
    /// Given up; people must look.
    Dead,
}

impl InboundState {
    /// Returns the stored spelling.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Recorded => "recorded",
            Self::Settled => "settled",
            Self::Dead => "dead",
        }
    }
}

/// What a command did, as its caller hears it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum CommandOutcome {
    /// It was done.
    Done {
        /// False if it changed nothing.
        changed: bool,
        /// The message that it made.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        seq: Option<i64>,
    },
    /// It cannot be done in this state.
    Refused {
        /// A fixed word: `snooze_in_past`, `no_assistant`, `is_spam`.
        code: String,
        /// What to do instead.
        detail: String,
    },
}

/// One side effect of a turn.
#[derive(Clone, Debug, PartialEq)]
pub struct JournalEntry {
    /// The turn.
    pub turn_no: i64,
    /// Its place, from 0.
    pub ordinal: i64,
    /// Which of several equal calls it is, from 0.
    pub occurrence: u32,
    /// What was called and answered.
    pub exchange: Exchange,
}

/// An act on the book that a turn asked for.
#[derive(Clone, Debug, PartialEq)]
pub struct BookingWrite {
    /// Who acts.
    pub actor: Actor,
    /// What.
    pub act: Act,
    /// The turn.
    pub turn_no: i64,
    /// Its place in the turn's journal, from 0.
    pub ordinal: i64,
    /// Which of several equal calls it is, from 0.
    pub occurrence: u32,
    /// What was called; the [`Outcome`](crate::domain::booking::Outcome) as JSON becomes its result.
    pub call: ToolCall,
}

/// How a turn ended, for people and for figures.
#[derive(Clone, Debug, PartialEq)]
pub struct TurnRecord {
    /// Its number.
    pub turn_no: i64,
    /// `replied`, `handed_off`, `resolved`, `abandoned`.
    pub outcome: &'static str,
    /// Why, if not replied.
    pub reason: Option<&'static str>,
    /// What answered.
    pub model: String,
    /// The tools it used, its prompt's version, the guards' verdicts, its notes.
    pub trace: Value,
    /// The messages as the model was sent them, as JSON; `None`: not kept.
    pub messages: Option<String>,
    /// When it began.
    pub started_at: Timestamp,
}

/// What people and streams see, numbered by the store. The shell adds ids.
#[derive(Clone, Debug, PartialEq)]
pub enum TimelineKind {
    /// A message was added.
    MessageCreated {
        /// Which.
        seq: i64,
    },
    /// A message was changed by its writer.
    MessageChanged {
        /// The provider's id.
        target: String,
        /// `edited`, `deleted`, `reaction`.
        what: &'static str,
    },
    /// Status or speaker changed.
    StandingChanged {
        /// Before.
        from: Standing,
        /// After.
        to: Standing,
        /// Why: `customer_wrote`, `took_over`, `handed_off`, `handed_back`, `set_by_agent`, `timer`, `idle`, `assistant_resolved`,
        /// `group`, `poison`, `blocked`.
        cause: &'static str,
        /// Who, if a person.
        by: Option<Human>,
    },
    /// The assistant handed over.
    HandedOff {
        /// Why.
        reason: HandoffReason,
    },
    /// The assignee changed.
    AssigneeChanged {
        /// To whom.
        assignee: Option<AgentId>,
        /// From whom.
        from: Option<AgentId>,
        /// Who did it.
        by: Option<AgentId>,
    },
    /// What people sort it by changed.
    Triaged {
        /// Who did it; `None`: the hand-over.
        by: Option<AgentId>,
        /// What is different; never empty.
        differences: Vec<Difference>,
    },
    /// The team has changed.
    TeamChanged {
        /// To which.
        team: Option<TeamId>,
        /// From which: who sees only that one's conversations hears of it a last time.
        from: Option<TeamId>,
        /// Who did it.
        by: Option<AgentId>,
    },
    /// The customer was asked how they were served.
    SurveyAsked {
        /// In which stretch.
        cycle: i64,
        /// By which message.
        seq: i64,
    },
    /// A turn ended.
    TurnEnded {
        /// Its number.
        turn_no: i64,
        /// As in [`TurnRecord::outcome`].
        outcome: &'static str,
    },
}

/// What to do once the step is durable. Every one may happen twice; each carries its turn.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// Wait for the rest of a burst, in memory.
    Gather {
        /// Comes back with the event.
        token: u64,
        /// Until when.
        until: Timestamp,
    },
    /// Ask the model.
    CallLlm {
        /// The turn.
        turn: TurnId,
    },
    /// Run a tool.
    CallTool {
        /// The turn.
        turn: TurnId,
        /// The call.
        call: ToolCall,
    },
    /// Ask the tool what to tell now that its act stands.
    Tell {
        /// The turn.
        turn: TurnId,
        /// The call.
        call: ToolCall,
        /// What came of it.
        result: Value,
    },
    /// Ask a model for something beside the turns. It may be lost: then a later answer asks again.
    Learn {
        /// For what.
        work: Work,
    },
    /// Drop what is running for the turn: it only saves money, the fence is the guarantee.
    AbortTurn {
        /// The turn.
        turn: TurnId,
    },
}
