//! What may happen to a conversation: rows of the queue, and results of what it asked for.

use crate::domain::booking::{News, Told};
use crate::domain::content::Content;
use crate::domain::conversation::books::Attempt;
use crate::domain::conversation::echo::EchoVerdict;
use crate::domain::conversation::standing::Status;
use crate::domain::conversation::turn::TurnId;
use crate::domain::delivery::Item;
use crate::domain::ids::{AgentId, AppointmentId, InboundId, TeamId};
use crate::domain::learnt::Learning;
use crate::domain::prompt::Asked;
use crate::domain::time::Timestamp;
use crate::domain::tool::{ToolCall, ToolOutcome};
use crate::domain::triage::TriageChange;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeSet;
use std::sync::Arc;

/// An event of the core.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// All *new* rows of the conversation, in order.
    InboundReceived {
        /// The rows.
        rows: Vec<InboundRow>,
    },
    /// The actor was rebuilt and rows are owed an outcome.
    Resumed,
    /// The burst is over.
    GatheringElapsed {
        /// The gathering that ended; an older one is dropped.
        token: u64,
    },
    /// The model answered.
    LlmReplied {
        /// The turn that asked.
        turn: TurnId,
        /// The answer.
        reply: Reply,
    },
    /// The model did not answer.
    LlmFailed {
        /// The turn that asked.
        turn: TurnId,
        /// Why, for the trace.
        failure: String,
    },
    /// A tool answered.
    ToolReturned {
        /// The turn that asked.
        turn: TurnId,
        /// The call.
        call_id: String,
        /// The answer.
        outcome: ToolOutcome,
    },
    /// The act on the book that a call asked for is committed and journaled.
    Booked {
        /// The turn that asked.
        turn: TurnId,
        /// The call.
        call_id: String,
        /// What came of it, as it stands in the journal.
        result: Value,
    },
    /// A tool did not answer.
    ToolFailed {
        /// The turn that asked.
        turn: TurnId,
        /// The call.
        call_id: String,
        /// Why.
        failure: ToolFailure,
    },
    /// These rows made the actor fail again and again: they are dead, people must look.
    RowsPoisoned {
        /// The rows.
        rows: Vec<InboundId>,
    },
}

/// What a model answered, as the core needs it.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Reply {
    /// Text for the customer.
    pub text: Option<String>,
    /// Tools to call.
    pub calls: Vec<ToolCall>,
    /// What answered.
    pub model: String,
    /// Its own note for the trace.
    pub note: Option<String>,
    /// Tokens in and out.
    pub tokens: (u32, u32),
    /// What it cost, in millionths of the provider's currency, where a price is known.
    pub cost_micros: Option<u64>,
    /// Every try of every provider up to this answer.
    pub attempts: Vec<Attempt>,
    /// What it was asked.
    pub asked: Option<Arc<Asked>>,
}

/// Why a tool gave no result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ToolFailure {
    /// Unknown tool or invalid arguments: the model is told once.
    Invalid(String),
    /// It broke or was out of time.
    Failed(String),
}

/// A row of the queue.
#[derive(Clone, Debug, PartialEq)]
pub struct InboundRow {
    /// The row.
    pub id: InboundId,
    /// What it says.
    pub happening: Happening,
    /// `min(event time, received)`: the first part of the order.
    pub occurred_at: Timestamp,
    /// The event's own time, where known: windows count from it.
    pub event_at: Option<Timestamp>,
    /// When we received it.
    pub received_at: Timestamp,
}

/// What a row of the queue says. Stored as JSON: one release reads its predecessor's.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Happening {
    /// Something from the channel.
    ItemArrived {
        /// What.
        item: Box<Item>,
        /// For an echo: whether it is our own send. Filled in by the shell when the row is read, never stored.
        #[serde(skip)]
        echo: EchoVerdict,
    },
    /// A person wrote: a public text takes over, a private one is a note.
    AgentReplied {
        /// Who.
        by: AgentId,
        /// What.
        content: Content,
        /// True for a note.
        private: bool,
    },
    /// A person was assigned, or nobody.
    AgentAssigned {
        /// Who did it.
        by: AgentId,
        /// To whom.
        assignee: Option<AgentId>,
    },
    /// A person gave it to a team.
    AgentSetTeam {
        /// Who did it.
        by: AgentId,
        /// To which team; `None`: to none.
        team: Option<TeamId>,
        /// To whom in it; `None`: to whoever has it, if he is of the team.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        person: Option<Assignee>,
    },
    /// A person took it, unless somebody has it.
    AgentClaimed {
        /// Who.
        by: AgentId,
    },
    /// Somebody has become free: it may be given to him, if it still waits.
    PlaceFreed,
    /// A person set the status.
    AgentSetStatus {
        /// Who.
        by: AgentId,
        /// The wish; `None` toggles.
        status: Option<Status>,
        /// With `snoozed`: until when.
        until: Option<Timestamp>,
        /// With `resolved`: ask the customer how they were served, or do not; `None`: as the inbox says.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        survey: Option<bool>,
    },
    /// A person set the status of many: of this one only if it stands in one of these.
    AgentSetStatusAmong {
        /// Who.
        by: AgentId,
        /// The wish.
        status: Status,
        /// With `snoozed`: until when.
        until: Option<Timestamp>,
        /// The statuses that it may be in.
        among: BTreeSet<Status>,
        /// With `resolved`: as in [`Happening::AgentSetStatus`].
        #[serde(default, skip_serializing_if = "Option::is_none")]
        survey: Option<bool>,
    },
    /// A person gave it back to the assistant.
    AgentHandedBack {
        /// Who.
        by: AgentId,
    },
    /// A person, or a program of the business, changed what it is sorted by.
    AgentTriaged {
        /// Who.
        by: AgentId,
        /// What, in this order; all or none.
        changes: Vec<TriageChange>,
    },
    /// A person blocked the customer.
    ContactBlocked {
        /// Who.
        by: AgentId,
    },
    /// A model has summed a hand-over up, for people.
    SummaryMade {
        /// The note.
        text: String,
        /// The tokens that it took.
        tokens: i64,
        /// What it cost, in millionths of the currency.
        #[serde(default)]
        cost_micros: i64,
        /// [`Learnt::changes`](crate::domain::learnt::Learnt::changes) when the model was asked. An earlier release did not say: nothing had
        /// been changed then.
        #[serde(default)]
        changes: i64,
    },
    /// A side job came back.
    Learnt(Learning),
    /// A timer fell due.
    TimerFired {
        /// Which.
        kind: TimerKind,
        /// When it was due.
        due_at: Timestamp,
    },
    /// The customer must hear of an appointment.
    BookingNews {
        /// Which.
        appointment: AppointmentId,
        /// The version that it is about.
        version: i64,
        /// What.
        news: News,
        /// What to tell, as the book stands when the row is read; `None`: nothing any more. Filled in by the shell, never stored.
        #[serde(skip)]
        told: Option<Box<Told>>,
    },
    /// What it said was deleted with the message that it made. Never queued: it stands in the place of the words of a row that is over.
    Forgotten,
    /// A message of ours will not arrive, or nobody knows whether it did.
    DeliveryFailed {
        /// The message.
        seq: Option<i64>,
        /// The channel's code.
        code: String,
        /// True if the outcome is unknown.
        uncertain: bool,
        /// True if the assistant wrote it.
        assistant: bool,
        /// True if it asked how the customer was served.
        #[serde(default)]
        survey: bool,
    },
}

/// To whom a conversation is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Assignee {
    /// A person, or nobody.
    pub id: Option<AgentId>,
}

/// Durable timers of a conversation.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TimerKind {
    /// Wakes a snoozed conversation.
    Snooze,
    /// Looks after a pending conversation that fell silent.
    IdleCheck,
    /// Resolves a pending conversation whose idle question stayed unanswered.
    IdleResolve,
    /// Resolves an open conversation that fell silent.
    AutoResolve,
    /// Gives a conversation back whose person fell silent.
    HandBack,
}

impl TimerKind {
    /// Returns the stored spelling.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Snooze => "snooze",
            Self::IdleCheck => "idle_check",
            Self::IdleResolve => "idle_resolve",
            Self::AutoResolve => "auto_resolve",
            Self::HandBack => "hand_back",
        }
    }

    /// Reads the stored spelling.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let all = [Self::Snooze, Self::IdleCheck, Self::IdleResolve, Self::AutoResolve, Self::HandBack];
        all.into_iter().find(|kind| kind.as_str() == text)
    }
}
