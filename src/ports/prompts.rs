//! The prompts behind the assistant, as the engine asks for them: rendered, versioned, never a word of a customer.

use crate::domain::booking::Brief;
use crate::domain::prompt::{Prompt, PromptContext, SideJob};
use serde_json::Value;
use thiserror::Error;

/// Why a prompt could not be made. Ends a turn with people, never in silence.
#[derive(Debug, Error, Clone, PartialEq, Eq)]
#[error("the prompt {name} cannot be rendered: {why}")]
pub struct PromptError {
    /// Which.
    pub name: &'static str,
    /// What the renderer says: names of templates and variables only.
    pub why: String,
}

/// A prompt ready to be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rendered {
    /// The system message.
    pub system: String,
    /// What is remembered of it.
    pub prompt: Prompt,
}

/// A side job ready to be sent.
#[derive(Clone, Debug, PartialEq)]
pub struct RenderedJob {
    /// The system message.
    pub system: String,
    /// The name of the answer's shape.
    pub name: &'static str,
    /// The shape, as JSON Schema.
    pub schema: Value,
    /// The version of the prompt.
    pub version: String,
}

/// The library of prompts.
pub trait Prompts: Send + Sync {
    /// Renders the prompt of an answer.
    ///
    /// # Errors
    /// [`PromptError`]: a mistake in a template.
    fn reply(&self, context: &PromptContext<'_>) -> Result<Rendered, PromptError>;

    /// Renders what a model must know to book: the section that is added to the prompt of an answer.
    ///
    /// # Errors
    /// [`PromptError`]: a mistake in a template.
    fn booking(&self, brief: &Brief) -> Result<String, PromptError>;

    /// Renders the prompt of a side job. `language` is the one that people of the business read; `boundary` marks data.
    ///
    /// # Errors
    /// [`PromptError`]: a mistake in a template.
    fn side_job(&self, job: SideJob, language: crate::domain::language::Language, boundary: &str) -> Result<RenderedJob, PromptError>;
}
