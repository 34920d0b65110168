//! `hand_off`: gives the conversation to people and ends the turn.

use crate::domain::tool::{HandoffReason, ToolEffect, ToolOutcome, ToolSpec};
use crate::ports::toolbox::ToolError;
use crate::toolbox::{arguments, optional};
use serde::Deserialize;
use serde_json::{Value, json};

/// The tool's name.
pub const NAME: &str = "hand_off";

const MAX_TEXT: usize = 1_000;
const MAX_SUMMARY: usize = 2_000;

/// The reasons a model may give; the core has more of its own.
#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Reason {
    CustomerAsked,
    CustomerUpset,
    Unknown,
    NeedsPerson,
    MessageTaken,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Arguments {
    reason: Reason,
    text: Option<String>,
    summary: Option<String>,
}

/// Returns what a model sees.
pub fn spec() -> ToolSpec {
    ToolSpec {
        name: NAME.to_owned(),
        description: "Gives the conversation to the people of the business and ends your turn. Always call it when the customer asks for a person in any words, \
             is upset, reports an emergency, or needs something that you do not know or may not do. Never promise a person without calling it."
            .to_owned(),
        parameters: json!({
            "type": "object",
            "additionalProperties": false,
            "required": ["reason"],
            "properties": {
                "reason": {"type": "string", "enum": ["customer_asked", "customer_upset", "unknown", "needs_person", "message_taken"]},
                "text": {"type": "string", "maxLength": MAX_TEXT, "description": "What the customer reads, in the customer's language; a standard text if absent."},
                "summary": {"type": "string", "maxLength": MAX_SUMMARY, "description": "For the people who take over: what is wanted, what was tried."},
            },
        }),
    }
}

/// Makes the effect.
pub fn call(given: &Value) -> Result<ToolOutcome, ToolError> {
    let Arguments { reason, text, summary } = arguments(given)?;
    let text = optional("text", text.as_deref(), MAX_TEXT)?;
    let summary = optional("summary", summary.as_deref(), MAX_SUMMARY)?;
    let reason = match reason {
        Reason::CustomerAsked => HandoffReason::CustomerAsked,
        Reason::CustomerUpset => HandoffReason::CustomerUpset,
        Reason::Unknown => HandoffReason::Unknown,
        Reason::NeedsPerson => HandoffReason::NeedsPerson,
        Reason::MessageTaken => HandoffReason::MessageTaken,
    };
    Ok(ToolOutcome { result: json!({"handed_off": true}), effect: ToolEffect::HandOff { reason, text, summary } })
}
