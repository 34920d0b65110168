//! `resolve`: closes a settled conversation and ends the turn.

use crate::domain::tool::{ToolEffect, ToolOutcome, ToolSpec};
use crate::ports::toolbox::ToolError;
use crate::toolbox::{arguments, optional, text};
use serde::Deserialize;
use serde_json::{Value, json};

/// The tool's name.
pub const NAME: &str = "resolve";

const MAX_NOTE: usize = 1_000;
const MAX_TEXT: usize = 1_000;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Arguments {
    note: String,
    text: Option<String>,
}

/// Returns what a model sees.
pub fn spec() -> ToolSpec {
    ToolSpec {
        name: NAME.to_owned(),
        description: "Closes the conversation and ends your turn. Only when the customer clearly says that everything is settled and you have answered before; \
             thanks alone are not enough."
            .to_owned(),
        parameters: json!({
            "type": "object",
            "additionalProperties": false,
            "required": ["note"],
            "properties": {
                "note": {"type": "string", "maxLength": MAX_NOTE, "description": "Why it is settled, for people."},
                "text": {"type": "string", "maxLength": MAX_TEXT, "description": "A short good-bye in the customer's language."},
            },
        }),
    }
}

/// Makes the effect.
pub fn call(given: &Value) -> Result<ToolOutcome, ToolError> {
    let Arguments { note, text: words } = arguments(given)?;
    let note = text("note", &note, MAX_NOTE)?;
    let words = optional("text", words.as_deref(), MAX_TEXT)?;
    Ok(ToolOutcome { result: json!({"resolved": true}), effect: ToolEffect::Resolve { text: words, note } })
}
