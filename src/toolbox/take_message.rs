//! `take_message`: leaves a private note for the people of the business. Does not hand over: that is `hand_off`.

use crate::domain::tool::{ToolEffect, ToolOutcome, ToolSpec};
use crate::ports::toolbox::ToolError;
use crate::toolbox::{arguments, optional, text};
use serde::Deserialize;
use serde_json::{Value, json};

/// The tool's name.
pub const NAME: &str = "take_message";

const MAX_NAME: usize = 120;
const MAX_REASON: usize = 2_000;
const MAX_CONTACT: usize = 200;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Arguments {
    name: String,
    reason: String,
    contact: Option<String>,
}

/// Returns what a model sees.
pub fn spec() -> ToolSpec {
    ToolSpec {
        name: NAME.to_owned(),
        description: "Leaves a message for the people of the business as a private note. Ask the customer for name and reason first; never make them up. \
             Then call hand_off with reason message_taken so that people see it."
            .to_owned(),
        parameters: json!({
            "type": "object",
            "additionalProperties": false,
            "required": ["name", "reason"],
            "properties": {
                "name": {"type": "string", "maxLength": MAX_NAME},
                "reason": {"type": "string", "maxLength": MAX_REASON, "description": "What it is about, in the customer's words."},
                "contact": {"type": "string", "maxLength": MAX_CONTACT, "description": "Only if the customer gave one."},
            },
        }),
    }
}

/// Makes the note.
pub fn call(given: &Value) -> Result<ToolOutcome, ToolError> {
    let Arguments { name, reason, contact } = arguments(given)?;
    let name = text("name", &name, MAX_NAME)?;
    let reason = text("reason", &reason, MAX_REASON)?;
    let contact = optional("contact", contact.as_deref(), MAX_CONTACT)?;
    let contact = contact.map(|contact| format!(" ({contact})")).unwrap_or_default();
    Ok(ToolOutcome { result: json!({"saved": true}), effect: ToolEffect::Note { text: format!("{name}{contact}: {reason}") } })
}
