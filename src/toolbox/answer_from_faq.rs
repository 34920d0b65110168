//! `answer_from_faq`: looks a question up in the tenant's facts. Only reads; never makes up an answer.

use crate::domain::facts_lookup::lookup;
use crate::domain::language::Language;
use crate::domain::tool::{ToolEffect, ToolOutcome, ToolSpec};
use crate::domain::topic::Topic;
use crate::ports::toolbox::{ToolContext, ToolError};
use crate::toolbox::{arguments, text};
use serde::Deserialize;
use serde_json::{Value, json};

/// The tool's name.
pub const NAME: &str = "answer_from_faq";

/// Longest question, in characters.
const MAX_QUESTION: usize = 1_000;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Arguments {
    question: String,
    #[serde(default)]
    topic: Topic,
    language: Option<Language>,
}

/// Returns what a model sees.
pub fn spec() -> ToolSpec {
    ToolSpec {
        name: NAME.to_owned(),
        description: "Looks a question up in what the business wants answered: opening hours, address, phone, website, payment, prices, questions and answers. \
             Use it before you state any fact about the business; state nothing that it did not return. If `found` is false, say that you do not know."
            .to_owned(),
        parameters: json!({
            "type": "object",
            "additionalProperties": false,
            "required": ["question"],
            "properties": {
                "question": {"type": "string", "maxLength": MAX_QUESTION, "description": "The question in the customer's own words."},
                "topic": {"type": "string", "enum": ["hours", "address", "phone", "website", "payment", "price", "faq", "auto"]},
                "language": {"type": "string", "enum": ["es", "en", "pt"], "description": "The customer's language."},
            },
        }),
    }
}

/// Looks the question up.
pub fn call(given: &Value, context: &ToolContext) -> Result<ToolOutcome, ToolError> {
    let Arguments { question, topic, language } = arguments(given)?;
    let question = text("question", &question, MAX_QUESTION)?;
    let language = language.unwrap_or(context.language);
    let result = match lookup(&context.facts, &question, topic, language, context.language) {
        Ok(found) => json!({"found": true, "topic": found.topic, "answer": found.answer}),
        Err(topic) => json!({"found": false, "topic": topic}),
    };
    Ok(ToolOutcome { result, effect: ToolEffect::None })
}
