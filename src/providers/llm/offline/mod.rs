//! The offline assistant: answers without any model, by fixed rules, in Spanish, English and Portuguese.
//!
//! It keeps no memory (the chat is its state), states no fact that a tool did not return, and meets every wish for a person with a hand-over.
//! `dialogue` reads the chat, `intent` the customer's words, `policy` decides, `texts` speaks. It says in its trace that it is no model.

mod booking;
mod dialogue;
mod intent;
mod lexicon;
mod name;
mod policy;
mod texts;

use crate::ports::llm::{ChatReply, ChatRequest, Llm, LlmError, Purpose};
use async_trait::async_trait;

/// How the assistant calls itself in traces.
pub const MODEL: &str = "offline";

/// The assistant that needs no model, no network and no key. Never fails.
#[derive(Clone, Copy, Debug, Default)]
pub struct OfflineAssistant;

#[async_trait]
impl Llm for OfflineAssistant {
    async fn complete(&self, request: ChatRequest) -> Result<ChatReply, LlmError> {
        match request.purpose {
            Purpose::Answer => Ok(policy::answer(&request)),
            // It has no judgement to give: what people see without it stays.
            Purpose::SideJob => Err(LlmError::Rejected("the offline assistant does no side jobs".to_owned())),
        }
    }
}

#[cfg(test)]
mod tests;
