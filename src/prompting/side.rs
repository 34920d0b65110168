//! The side jobs: their templates and the shapes of their answers, in the strict subset of JSON Schema.

use crate::domain::prompt::SideJob;
use serde_json::{Value, json};

const HANDOFF: &str = include_str!("../../prompts/side/handoff_summary.md.j2");
const ROLLING: &str = include_str!("../../prompts/side/rolling_summary.md.j2");
const READING: &str = include_str!("../../prompts/side/reading.md.j2");

/// The templates by name.
pub(super) const TEMPLATES: [(&str, &str); 3] =
    [("side/handoff_summary", HANDOFF), ("side/rolling_summary", ROLLING), ("side/reading", READING)];

/// Returns a job's template: its name and text.
pub(super) const fn template(job: SideJob) -> (&'static str, &'static str) {
    match job {
        SideJob::HandoffSummary => ("side/handoff_summary", HANDOFF),
        SideJob::RollingSummary => ("side/rolling_summary", ROLLING),
        SideJob::Reading => ("side/reading", READING),
    }
}

/// Returns the name of a job's shape.
pub(super) const fn name(job: SideJob) -> &'static str {
    match job {
        SideJob::HandoffSummary => "handoff_summary",
        SideJob::RollingSummary => "rolling_summary",
        SideJob::Reading => "reading",
    }
}

/// Returns the shape of a job's answer.
pub(super) fn schema(job: SideJob) -> Value {
    let text = json!({ "type": "string" });
    let lines = json!({ "type": "array", "items": text });
    let language = json!({ "type": "string", "enum": ["es", "en", "pt", "other"] });
    let sentiment = json!({ "type": "string", "enum": ["positive", "neutral", "negative", "angry"] });
    let fields = match job {
        SideJob::HandoffSummary => json!({
            "reason": text, "done": text, "promised": text, "next_step": text,
            "language": language, "sentiment": sentiment, "evidence": text,
        }),
        SideJob::Reading => json!({ "language": language, "sentiment": sentiment, "evidence": text }),
        SideJob::RollingSummary => json!({ "facts": lines, "open_requests": lines, "promises": lines }),
    };
    let required: Vec<&String> = fields.as_object().into_iter().flat_map(|fields| fields.keys()).collect();
    json!({ "type": "object", "additionalProperties": false, "required": required, "properties": fields })
}
