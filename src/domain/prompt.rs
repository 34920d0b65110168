//! What a model is told before it is asked: the values of a prompt, and what is remembered of it. Rendering is the room `prompting`.

use crate::domain::booking::Brief;
use crate::domain::guard::leak::Rules;
use crate::domain::language::Language;
use crate::domain::time::Timestamp;
use serde::Serialize;
use std::sync::Arc;

/// The values that the prompt of an answer is made of. Everything here is the business's own or fixed: never a word of a customer.
#[derive(Clone, Debug, PartialEq)]
pub struct PromptContext<'a> {
    /// The business's name.
    pub business: &'a str,
    /// Its IANA zone.
    pub timezone: &'a str,
    /// Its BCP 47 tag.
    pub locale: &'a str,
    /// What it wants answered.
    pub facts: &'a Arc<crate::domain::facts::Facts>,
    /// Now.
    pub now: Timestamp,
    /// The language to answer in.
    pub language: Language,
    /// True if the answer must say that it is automatic: it is the first of this stretch, and the business wants it said.
    pub first_answer: bool,
    /// The channel's name.
    pub channel: &'a str,
    /// Longest answer wanted, in characters.
    pub max_chars: Option<usize>,
    /// The mark around data of this request.
    pub boundary: &'a str,
    /// What was wrong with the last draft, in our own words.
    pub advice: &'a [&'static str],
    /// True once the model has called enough tools.
    pub enough: bool,
}

/// What is remembered of a prompt: for the guards of the answer, and for the trace.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Prompt {
    /// Its name, such as `reply`.
    pub name: &'static str,
    /// The short hash of its templates.
    pub version: String,
    /// A mark that no answer may hold.
    pub canary: String,
    /// Our rules, to be recognised in an answer.
    pub rules: Arc<Rules>,
    /// What changes with each request: date, time, opening hours. An answer may rest on it.
    pub moment: String,
    /// The number of the first message that was shown with it; `None`: none was, or nobody counted.
    pub shown_from: Option<i64>,
    /// What stood in the book for this customer; `None`: there is no book, or it could not be read. An answer may rest on it.
    pub book: Option<Arc<Brief>>,
}

impl Prompt {
    /// Returns true if a text gives the prompt away.
    #[must_use]
    pub fn leaks_into(&self, text: &str) -> bool {
        (!self.canary.is_empty() && text.contains(&self.canary)) || self.rules.leak_into(text)
    }
}

/// A prompt and the messages that went with it, as sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// The prompt.
    pub prompt: Prompt,
    /// The messages as JSON, cut to the size that the trace takes; `None`: not kept.
    pub messages: Option<String>,
}

/// A side job: what is asked of a model for the people of the business.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum SideJob {
    /// The summary for whoever takes the conversation.
    HandoffSummary,
    /// The rolling summary of what no longer fits into the context.
    RollingSummary,
    /// The customer's language and mood.
    Reading,
}
