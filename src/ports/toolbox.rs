//! The tools behind the assistant, as the engine calls them.

use crate::domain::facts::Facts;
use crate::domain::language::Language;
use crate::domain::tool::{ToolCall, ToolOutcome, ToolSpec};
use async_trait::async_trait;
use std::sync::Arc;
use thiserror::Error;

/// What a tool may know besides its arguments.
#[derive(Clone, Debug)]
pub struct ToolContext {
    /// What the business wants answered.
    pub facts: Arc<Facts>,
    /// The tenant's default language.
    pub language: Language,
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

/// The catalogue.
#[async_trait]
pub trait Toolbox: Send + Sync {
    /// Returns the tools a model may be offered: the same ones each time, made once.
    fn specs(&self) -> Arc<[ToolSpec]>;

    /// Returns the names of the tools that bind a customer: such a call runs only after the customer has answered the assistant's question.
    fn binding(&self) -> Arc<[String]> {
        Arc::default()
    }

    /// Runs one call. Side effects are *returned* ([`ToolOutcome::effect`]) and carried out by the core, in the commit that journals the call.
    ///
    /// # Errors
    /// [`ToolError`].
    async fn call(&self, call: &ToolCall, context: &ToolContext) -> Result<ToolOutcome, ToolError>;
}
