//! One call of a tool: known, fitting its schema, then run.

use crate::domain::conversation::TurnId;
use crate::domain::conversation::event::{Event, ToolFailure};
use crate::domain::schema::mistake;
use crate::domain::tool::{ToolCall, ToolOutcome};
use crate::ports::toolbox::{ToolContext, ToolError, Toolbox};

/// Runs a call, if there is such a tool and the arguments fit its schema.
pub(crate) async fn run(toolbox: &dyn Toolbox, call: &ToolCall, context: &ToolContext) -> Result<ToolOutcome, ToolError> {
    let (always, more) = (toolbox.specs(), toolbox.more_specs());
    let mut specs = always.iter().chain(more.iter());
    let Some(spec) = specs.find(|spec| spec.name == call.name) else {
        let names: Vec<&str> = always.iter().chain(more.iter()).map(|spec| spec.name.as_str()).collect();
        let name = crate::domain::content::truncate(&call.name, 64);
        return Err(ToolError::Unknown(format!("{name}; there are: {}", names.join(", "))));
    };
    if let Some(mistake) = mistake(&spec.parameters, &call.arguments) {
        return Err(ToolError::Invalid(mistake));
    }
    toolbox.call(call, context).await
}

/// Hands the outcome to the core.
pub(crate) fn event(turn: TurnId, call_id: String, outcome: Result<ToolOutcome, ToolError>) -> Event {
    match outcome {
        Ok(outcome) => Event::ToolReturned { turn, call_id, outcome },
        Err(ToolError::Failed(why)) => Event::ToolFailed { turn, call_id, failure: ToolFailure::Failed(why) },
        Err(error @ (ToolError::Unknown(_) | ToolError::Invalid(_))) => {
            Event::ToolFailed { turn, call_id, failure: ToolFailure::Invalid(error.to_string()) }
        }
    }
}
