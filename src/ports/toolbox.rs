//! The tools behind the assistant, as the engine calls them.

use crate::domain::booking::{Brief, News, Told};
use crate::domain::facts::Facts;
use crate::domain::ids::{AppointmentId, ContactId, ConversationKey};
use crate::domain::language::Language;
use crate::domain::time::Timestamp;
use crate::domain::tool::{ToolCall, ToolOutcome, ToolSpec};
use async_trait::async_trait;
use serde_json::Value;
use std::sync::Arc;
use thiserror::Error;

/// What a tool may know besides its arguments.
#[derive(Clone, Debug)]
pub struct ToolContext {
    /// What the business wants answered.
    pub facts: Arc<Facts>,
    /// The tenant's default language.
    pub language: Language,
    /// False while the operator has stopped booking: there are no tools for it.
    pub booking: bool,
    /// Who writes, and what.
    pub customer: Customer,
    /// Now.
    pub at: Timestamp,
}

#[cfg(test)]
impl ToolContext {
    /// Nobody's turn, for tests to change where it matters to them.
    pub(crate) fn for_tests(facts: Arc<Facts>, language: Language) -> Self {
        let nobody = uuid::Uuid::nil();
        let key = ConversationKey { tenant: nobody.into(), id: nobody.into(), part: crate::domain::ids::Partition(0) };
        let customer = Customer { key, contact: nobody.into(), name: None, language, said: Vec::new(), asked: None };
        Self { facts, language, booking: true, customer, at: Timestamp::default() }
    }
}

/// The customer of a conversation, as far as tools may know.
#[derive(Clone, Debug)]
pub struct Customer {
    /// The conversation.
    pub key: ConversationKey,
    /// The contact.
    pub contact: ContactId,
    /// The name in the profile.
    pub name: Option<String>,
    /// The language of the customer's words.
    pub language: Language,
    /// The messages that the turn answers, oldest first.
    pub said: Vec<Said>,
    /// What the assistant said last before them; `None` if a person did, or nobody.
    pub asked: Option<String>,
}

/// A message of the customer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said {
    /// Its text.
    pub text: String,
    /// The id of the button that was tapped.
    pub button: Option<String>,
}

/// What a turn may do, beyond the tools that are always there.
#[derive(Clone, Debug, Default)]
pub struct Prepared {
    /// More tools.
    pub tools: Vec<ToolSpec>,
    /// What can be booked, and where the customer stands.
    pub booking: Option<Arc<Brief>>,
    /// What the customer wants beyond doubt, such as a tapped button or a yes to a hold: no model needs to be asked.
    pub call: Option<ToolCall>,
}

/// Why a tool gave no result.
#[derive(Debug, Error, Clone, PartialEq, Eq)]
pub enum ToolError {
    /// No such tool, or not allowed now.
    #[error("there is no tool named {0}")]
    Unknown(String),
    /// The arguments do not fit; told to the model once, then a failure.
    #[error("invalid arguments: {0}")]
    Invalid(String),
    /// It broke.
    #[error("the tool failed: {0}")]
    Failed(String),
}

/// News of an appointment.
#[derive(Clone, Copy, Debug)]
pub struct About<'a> {
    /// Which.
    pub appointment: AppointmentId,
    /// The version that it is about.
    pub version: i64,
    /// What.
    pub news: &'a News,
}

/// The catalogue.
#[async_trait]
pub trait Toolbox: Send + Sync {
    /// Returns the tools a model may be offered: the same ones each time, made once.
    fn specs(&self) -> Arc<[ToolSpec]>;

    /// Returns the tools that only some turns are offered: arguments are held against them all the same.
    fn more_specs(&self) -> Arc<[ToolSpec]> {
        Arc::default()
    }

    /// Returns the names of the tools that bind a customer: such a call runs only after the customer has answered the assistant's question.
    fn binding(&self) -> Arc<[String]> {
        Arc::default()
    }

    /// Looks where the customer stands, before a turn's first question to a model.
    ///
    /// # Errors
    /// [`ToolError::Failed`]: the book cannot be read; the turn goes on without it.
    async fn prepare(&self, _context: &ToolContext) -> Result<Prepared, ToolError> {
        Ok(Prepared::default())
    }

    /// Says what to tell of an act that stands: words that end the turn, or a result for the model.
    ///
    /// # Errors
    /// [`ToolError`].
    async fn tell(&self, call: &ToolCall, _result: &Value, _context: &ToolContext) -> Result<ToolOutcome, ToolError> {
        Err(ToolError::Unknown(call.name.clone()))
    }

    /// Says what to tell a conversation's customer of an appointment, as the book stands at `now`; `None`: nothing any more.
    ///
    /// # Errors
    /// [`ToolError::Failed`]: the book cannot be read; ask again.
    async fn news(&self, _key: ConversationKey, _about: About<'_>, _now: Timestamp) -> Result<Option<Box<Told>>, ToolError> {
        Ok(None)
    }

    /// Runs one call. Side effects are *returned* ([`ToolOutcome::effect`]) and carried out by the core, in the commit that journals the call.
    ///
    /// # Errors
    /// [`ToolError`].
    async fn call(&self, call: &ToolCall, context: &ToolContext) -> Result<ToolOutcome, ToolError>;
}
