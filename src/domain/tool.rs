//! Tools that the assistant may call: what they are called, what they take, what they do to the conversation.

use crate::domain::booking::{Act, Actor};
use crate::domain::content::Content;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A tool as a model sees it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ToolSpec {
    /// Its name: a verb and a noun in snake case.
    pub name: String,
    /// What it does and when to use it, in English.
    pub description: String,
    /// JSON Schema of its arguments; an object with `additionalProperties: false`.
    pub parameters: Value,
}

/// One call that a model asked for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ToolCall {
    /// The model's id of the call; unique within a turn.
    pub id: String,
    /// The tool.
    pub name: String,
    /// The arguments as parsed JSON; a string if they were not JSON, which no tool takes.
    pub arguments: Value,
    /// What its provider wants to see again with the call, such as a signature; nobody else reads it. Lost in the journal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub extra: Option<Value>,
}

/// Why a conversation goes to people. Stable words: they stand in notes, events and metrics.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HandoffReason {
    /// The customer asked for a person.
    CustomerAsked,
    /// The customer is upset.
    CustomerUpset,
    /// The assistant does not know the answer.
    Unknown,
    /// A message was taken for the people of the business.
    MessageTaken,
    /// The matter needs a person (a rule of the tenant, an unreadable message).
    NeedsPerson,
    /// The assistant promised a person without handing over: repaired.
    PromiseRepaired,
    /// What the assistant wanted to say had no ground, twice.
    AnswerHeldBack,
    /// The model failed, was out of time, or answered nothing usable.
    AssistantFailed,
    /// A tool failed.
    ToolFailed,
    /// Too many steps in one turn.
    TooManySteps,
    /// A message could not be processed several times.
    Poison,
    /// A message to the customer could not be delivered.
    DeliveryFailed,
    /// It is unknown whether a message arrived.
    DeliveryUncertain,
    /// The customer's message was hours old when it came.
    LateMessage,
    /// The operator has stopped the assistant.
    Suspended,
    /// The idle check could not tell whether the matter is settled.
    IdleUnclear,
}

impl HandoffReason {
    /// Returns the stored spelling.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::CustomerAsked => "customer_asked",
            Self::CustomerUpset => "customer_upset",
            Self::Unknown => "unknown",
            Self::MessageTaken => "message_taken",
            Self::NeedsPerson => "needs_person",
            Self::PromiseRepaired => "promise_repaired",
            Self::AnswerHeldBack => "answer_held_back",
            Self::AssistantFailed => "assistant_failed",
            Self::ToolFailed => "tool_failed",
            Self::TooManySteps => "too_many_steps",
            Self::Poison => "poison",
            Self::DeliveryFailed => "delivery_failed",
            Self::DeliveryUncertain => "delivery_uncertain",
            Self::LateMessage => "late_message",
            Self::Suspended => "suspended",
            Self::IdleUnclear => "idle_unclear",
        }
    }
}

/// What a tool does to the conversation, carried out by the core in the commit that journals the call.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "effect", rename_all = "snake_case")]
pub enum ToolEffect {
    /// Only looked something up. Not journaled: it may be repeated.
    None,
    /// Leaves a private note for people (`take_message`). Journaled; kept if the turn is cancelled.
    Note {
        /// The note.
        text: String,
    },
    /// Acts on the book: decided, written and journaled in one commit. Then the tool is asked what to tell.
    Book {
        /// Who acts.
        actor: Actor,
        /// What.
        act: Box<Act>,
    },
    /// Ends the turn with words of the product, made from rows that stand: no model has written them, so no guard looks at them.
    Say {
        /// What the customer reads.
        content: Box<Content>,
        /// What people read besides, in a private note; not left again while the conversation still remembers it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        note: Option<String>,
    },
    /// Ends the turn: the conversation goes to people.
    HandOff {
        /// Why.
        reason: HandoffReason,
        /// What the customer reads; the core has a text of its own if this is empty.
        text: Option<String>,
        /// For the people who take it.
        summary: Option<String>,
    },
    /// Ends the turn: the matter is settled.
    Resolve {
        /// What the customer reads, if anything.
        text: Option<String>,
        /// Why, for people.
        note: String,
    },
}

/// What a tool answered.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ToolOutcome {
    /// For the model, as JSON.
    pub result: Value,
    /// For the conversation.
    pub effect: ToolEffect,
}
