//! What a model sees of the tools of booking.

use crate::domain::tool::ToolSpec;
use crate::ports::bookings::Desk;
use serde_json::{Value, json};

/// Looks for free times and shows them, or holds the very time that was asked for.
pub const FIND: &str = "find_slots";
/// Holds a time that was shown.
pub const HOLD: &str = "hold_slot";
/// Notes the answer to a question of the service.
pub const ANSWER: &str = "answer_question";
/// Confirms the hold.
pub const CONFIRM: &str = "confirm_booking";
/// Looks for another time for an appointment.
pub const MOVE: &str = "reschedule_booking";
/// Cancels an appointment.
pub const CANCEL: &str = "cancel_booking";
/// Lists the customer's appointments.
pub const LIST: &str = "list_my_bookings";

/// Puts the customer on the waiting list.
pub const JOIN: &str = "join_waitlist";
/// Takes the customer off the waiting list.
pub const LEAVE: &str = "leave_waitlist";

/// Longest words for a time, a service or a person, in characters.
pub const MAX_WORDS: usize = 400;

fn tool(name: &str, description: &str, required: &[&str], properties: &Value) -> ToolSpec {
    ToolSpec {
        name: name.to_owned(),
        description: description.to_owned(),
        parameters: json!({"type": "object", "additionalProperties": false, "required": required, "properties": properties}),
    }
}

fn words(description: &str) -> Value {
    json!({"type": "string", "maxLength": MAX_WORDS, "description": description})
}

/// Returns every tool.
pub fn all() -> Vec<ToolSpec> {
    let when = words(
        "The customer's own words for day and time, such as \"mañana a las 5\" or \"next Tuesday afternoon\". Never a date that you worked out. Empty for the earliest.",
    );
    let waits = words("The customer's own words for the days and times that they would wait for. Empty for what was not free just now.");
    let with = words("The person whom the customer asked for by name. Leave it out otherwise.");
    let appointment = words("The six letters of the appointment, as listed. Leave it out if the customer has only one.");
    vec![
        tool(
            FIND,
            "Looks for free times for a service. If the very time that the customer asked for is free, it is held and the customer is asked to confirm; otherwise free times are shown. The customer is told by the system.",
            &["service", "when"],
            &json!({"service": words("The service, in the customer's words. Empty if not said."), "when": when, "with": with}),
        ),
        tool(
            HOLD,
            "Holds a time that the customer was shown and has chosen, and asks the customer to confirm it.",
            &["slot"],
            &json!({"slot": {"type": "string", "maxLength": 8, "description": "The handle of the time, such as A2."}}),
        ),
        tool(
            ANSWER,
            "Notes the customer's newest words as the answer to the question that the system has asked for the service. The system reads the words itself, asks the next question or asks again, and tells the customer.",
            &[],
            &json!({}),
        ),
        tool(
            CONFIRM,
            "Confirms the time that is held, once the customer has clearly said yes to it. The system checks the customer's words.",
            &[],
            &json!({"name": {"type": "string", "maxLength": 120, "description": "For whom, if the customer has just said it."}}),
        ),
        tool(
            MOVE,
            "Looks for another time for an appointment of this customer. The old time stays until the customer has confirmed the new one.",
            &["when"],
            &json!({"appointment": appointment, "when": when, "with": with}),
        ),
        tool(
            CANCEL,
            "Cancels an appointment of this customer. The first call asks the customer; it is cancelled once they have said yes.",
            &[],
            &json!({"appointment": appointment}),
        ),
        tool(LIST, "Tells the customer which appointments they have, and what they wait for.", &[], &json!({})),
        tool(
            JOIN,
            "Puts the customer on the waiting list, when what they want is not free and they want to hear if it becomes free. The system keeps such a time for them and tells them; never promise that without this tool.",
            &[],
            &json!({"service": words("The service, in the customer's words. Empty if not said."), "when": waits, "with": with}),
        ),
        tool(
            LEAVE,
            "Takes the customer off the waiting list.",
            &[],
            &json!({"service": words("The service, in the customer's words. Empty if they wait for one only.")}),
        ),
    ]
}

/// Returns the tools that make sense now: nothing is confirmed without a hold, nothing chosen that was not shown.
///
/// `offers`: the business still offers something; `asks`: a question of the service is open.
pub fn offered(all: &[ToolSpec], desk: &Desk, offers: bool, asks: bool) -> Vec<ToolSpec> {
    let fits = |spec: &ToolSpec| match spec.name.as_str() {
        FIND | HOLD | ANSWER | CONFIRM | MOVE | JOIN if !offers => false,
        HOLD => !desk.shown.is_empty(),
        ANSWER => asks,
        CONFIRM => desk.hold.is_some() && !asks,
        MOVE | CANCEL => !desk.appointments.is_empty(),
        LEAVE => !desk.waiting.is_empty(),
        _ => true,
    };
    all.iter().filter(|spec| fits(spec)).cloned().collect()
}
