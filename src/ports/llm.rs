//! The model behind the assistant: chat in, text or tool calls out. Any OpenAI-compatible endpoint, or the offline assistant.

use crate::domain::language::Language;
use crate::domain::time::Timestamp;
use crate::domain::tool::{ToolCall, ToolSpec};
use async_trait::async_trait;
use serde::{Deserialize, Serialize};
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

/// One request to a model.
#[derive(Clone, Debug)]
pub struct ChatRequest {
    /// The tenant's default language; the customer's words may say otherwise.
    pub language: Language,
    /// The business's name, for greetings.
    pub business: String,
    /// True if this answer is the first of the assistant in this cycle (it then says that it is automatic).
    pub first_answer: bool,
    /// The chat, oldest first, this cycle only.
    pub messages: Vec<ChatMessage>,
    /// The tools allowed now.
    pub tools: Vec<ToolSpec>,
    /// Time left for this turn.
    pub deadline: Duration,
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
}

/// Why there is no answer.
#[derive(Debug, Error, Clone, PartialEq, Eq)]
pub enum LlmError {
    /// May work later; the core hands over when the turn's time is up.
    #[error("the model is not available now ({0})")]
    Retry(String),
    /// Will not work.
    #[error("the model refused the request ({0})")]
    Fail(String),
    /// The turn's time is up.
    #[error("the model did not answer in time")]
    Deadline,
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
