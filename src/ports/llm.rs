//! The model behind the assistant: chat in, text or tool calls out. Any OpenAI-compatible endpoint, or the offline assistant.

use crate::domain::booking::Brief;
use crate::domain::conversation::Attempt;
use crate::domain::ids::{ConversationId, InboxId, TenantId};
use crate::domain::language::Language;
use crate::domain::time::Timestamp;
use crate::domain::tool::{ToolCall, ToolSpec};
use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;
use thiserror::Error;

/// One message of the chat that a model sees. Personal data is already cut down to the allow-list.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "role", rename_all = "snake_case")]
pub enum ChatMessage {
    /// Instructions; never the customer's words.
    System {
        /// The text.
        text: String,
    },
    /// The customer.
    User {
        /// The text; for a tapped button its title.
        text: String,
        /// When it was written.
        at: Timestamp,
    },
    /// The assistant, or a person of the business (`human`), as the customer saw it.
    Assistant {
        /// The text; may be empty when only tools were called.
        text: String,
        /// The calls made.
        calls: Vec<ToolCall>,
        /// True if a person wrote it.
        human: bool,
    },
    /// What a tool answered.
    Tool {
        /// The call that it answers.
        call_id: String,
        /// The tool.
        name: String,
        /// Its result as JSON.
        result: serde_json::Value,
    },
}

/// Whose request it is: chooses the provider, the key and the limits. Never shown to a model.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Origin {
    /// The business.
    pub tenant: TenantId,
    /// Its inbox.
    pub inbox: InboxId,
    /// The conversation.
    pub conversation: ConversationId,
}

/// What an answer is for.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum Purpose {
    /// A turn: words for the customer, or calls of tools.
    #[default]
    Answer,
    /// A side job with structured output, such as a summary: never seen by the customer, and it may fail without harm.
    SideJob,
}

/// The shape that a structured answer must have.
#[derive(Clone, Debug, PartialEq)]
pub struct Format {
    /// Its name: letters, digits and `_`.
    pub name: String,
    /// JSON Schema in the strict subset: every property required, `additionalProperties: false`.
    pub schema: serde_json::Value,
}

/// Looks at a draft.
type Look = dyn Fn(&str) + Send + Sync;

/// Where the words go while they are written: people of the business see them, customers never.
#[derive(Clone, Default)]
pub struct Drafts(Option<Arc<Look>>);

impl Drafts {
    /// Nobody looks.
    #[must_use]
    pub const fn none() -> Self {
        Self(None)
    }

    /// Shows each draft to `look`, which must return at once.
    #[must_use]
    pub fn to(look: impl Fn(&str) + Send + Sync + 'static) -> Self {
        Self(Some(Arc::new(look)))
    }

    /// Returns true if somebody looks: worth a stream.
    #[must_use]
    pub const fn wanted(&self) -> bool {
        self.0.is_some()
    }

    /// Shows the whole text as it stands; an empty one takes the draft back.
    pub fn show(&self, text: &str) {
        if let Some(look) = &self.0 {
            look(text);
        }
    }
}

impl fmt::Debug for Drafts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.wanted() { "Drafts(wanted)" } else { "Drafts(none)" })
    }
}

/// One request to a model.
#[derive(Clone, Debug)]
pub struct ChatRequest {
    /// Whose request it is.
    pub origin: Origin,
    /// What the answer is for.
    pub purpose: Purpose,
    /// The tenant's default language; the customer's words may say otherwise.
    pub language: Language,
    /// The business's name, for greetings.
    pub business: String,
    /// True if this answer is the first of the assistant in this cycle.
    pub first_answer: bool,
    /// True if a first answer says that it is automatic. The core sees to it whatever a model answers.
    pub disclose: bool,
    /// The chat, oldest first, this cycle only. Shared: each link of a chain and the trace look at the same one.
    pub messages: Arc<Vec<ChatMessage>>,
    /// The tools allowed now.
    pub tools: Arc<[ToolSpec]>,
    /// The shape of a structured answer; `None`: words.
    pub format: Option<Format>,
    /// What can be booked, and where the customer stands; the prompt says the same in words.
    pub booking: Option<Arc<Brief>>,
    /// Time left for this turn, fallbacks included.
    pub deadline: Duration,
    /// Where the words go while they are written.
    pub drafts: Drafts,
}

#[cfg(test)]
impl ChatRequest {
    /// A question of nobody's customer, for tests to change where it matters to them.
    pub(crate) fn for_tests(messages: Vec<ChatMessage>, deadline: Duration) -> Self {
        let nobody = uuid::Uuid::nil();
        Self {
            origin: Origin { tenant: nobody.into(), inbox: nobody.into(), conversation: nobody.into() },
            purpose: Purpose::Answer,
            language: Language::Es,
            business: "Bar Pepe".to_owned(),
            first_answer: true,
            disclose: true,
            messages: Arc::new(messages),
            tools: Arc::default(),
            format: None,
            booking: None,
            deadline,
            drafts: Drafts::none(),
        }
    }
}

/// What a model answered. Either a text, or calls, or (a protocol error that the core answers with a hand-off) nothing.
#[derive(Clone, Debug, PartialEq, Default, Serialize, Deserialize)]
pub struct ChatReply {
    /// The text for the customer.
    pub text: Option<String>,
    /// The tools to call, in order.
    pub calls: Vec<ToolCall>,
    /// What answered, such as `offline` or a model's name; shown in the trace.
    pub model: String,
    /// Why, in a few words, where the partner can tell (the offline assistant's intent); shown in the trace.
    pub note: Option<String>,
    /// Tokens in and out; zero for the offline assistant.
    pub tokens: (u32, u32),
    /// What it cost, in millionths of the provider's currency; `None`: no price is known.
    #[serde(default)]
    pub cost_micros: Option<u64>,
    /// Every try up to this answer, oldest first.
    #[serde(default)]
    pub attempts: Vec<Attempt>,
}

/// Why there is no answer. The texts name no key, no address and nothing of what was said.
#[derive(Debug, Error, Clone, PartialEq, Eq)]
pub enum LlmError {
    /// Nobody there: refused, reset, no such host, no route.
    #[error("the model cannot be reached ({0})")]
    Unreachable(String),
    /// Too many requests, or overloaded.
    #[error("the model is busy ({status})")]
    Busy {
        /// The HTTP status, or the one inside the body.
        status: u16,
        /// When to come back, if it said so.
        retry_after: Option<Duration>,
    },
    /// It failed, or what it sent is no whole answer: a 5xx, a page, a cut stream, nothing at all.
    #[error("the model gave no usable answer ({0})")]
    Broken(String),
    /// It will not take this request: no such model, too long, a parameter that it does not know.
    #[error("the model refused the request ({0})")]
    Rejected(String),
    /// The key is wrong, or has no right to this model.
    #[error("the model's key was refused ({0})")]
    Credentials(u16),
    /// Nothing is left: the provider's quota, or the tenant's own budget.
    #[error("the budget is spent ({0})")]
    Spent(String),
    /// It will not talk about this: a content filter.
    #[error("the model declined to answer")]
    Declined,
    /// The time is up.
    #[error("the model did not answer in time")]
    Deadline,
}

impl LlmError {
    /// Returns true if the same provider may answer the same request soon.
    #[must_use]
    pub const fn may_pass(&self) -> bool {
        match self {
            Self::Unreachable(_) | Self::Busy { .. } | Self::Broken(_) => true,
            Self::Rejected(_) | Self::Credentials(_) | Self::Spent(_) | Self::Declined | Self::Deadline => false,
        }
    }

    /// Returns true if it says something about the provider's health, not about this one request.
    #[must_use]
    pub const fn is_ill(&self) -> bool {
        match self {
            Self::Unreachable(_) | Self::Busy { .. } | Self::Broken(_) | Self::Deadline | Self::Credentials(_) => true,
            Self::Rejected(_) | Self::Spent(_) | Self::Declined => false,
        }
    }
}

/// A partner that answers.
#[async_trait]
pub trait Llm: Send + Sync {
    /// Answers one request. Cancelling is dropping the future.
    ///
    /// # Errors
    /// [`LlmError`]; every one of them ends in a hand-off, never in silence.
    async fn complete(&self, request: ChatRequest) -> Result<ChatReply, LlmError>;
}
