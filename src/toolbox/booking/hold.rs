//! `hold_slot`: a time that was shown, and no other.

use super::Look;
use crate::domain::booking::act::Who;
use crate::domain::booking::{Act, Purpose, Shown};
use crate::domain::ids::{AppointmentId, ResourceId, ServiceId};
use crate::domain::time::Timestamp;
use crate::domain::tool::ToolOutcome;
use crate::ports::toolbox::ToolError;
use crate::toolbox::arguments;
use serde::Deserialize;
use serde_json::Value;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Arguments {
    slot: String,
}

pub fn call(look: &Look<'_>, given: &Value) -> Result<ToolOutcome, ToolError> {
    let Arguments { slot } = arguments(given)?;
    let wanted = slot.trim();
    let shown = look.desk.shown.iter().find(|one| one.purpose == Purpose::Take && one.handle.eq_ignore_ascii_case(wanted));
    Ok(match shown {
        Some(shown) => look.hold_shown(shown),
        None => Look::wrong(
            "unknown_slot",
            "That time was not shown to this customer. Use a handle of the times shown last, or call find_slots with the customer's words.",
        ),
    })
}

/// What is to be held.
pub struct Wish {
    pub service: ServiceId,
    pub start: Timestamp,
    pub resource: Option<ResourceId>,
    pub moves: Option<AppointmentId>,
}

impl Look<'_> {
    /// Holds what was shown.
    pub fn hold_shown(&self, shown: &Shown) -> ToolOutcome {
        self.hold(&Wish { service: shown.service, start: shown.span.start, resource: shown.resource, moves: shown.moves })
    }

    /// Holds a time.
    pub fn hold(&self, wish: &Wish) -> ToolOutcome {
        let customer = &self.context.customer;
        let moved = wish.moves.and_then(|id| self.desk.appointments.iter().find(|one| one.id == id));
        let name = moved.and_then(|one| one.name.clone()).or_else(|| customer.name.clone());
        // What was answered for the appointment that moves, or for the time that this one replaces, is not asked again.
        let before = moved.or(self.desk.hold.as_ref().filter(|hold| hold.service == wish.service));
        let answers = before.map(|one| one.answers.clone()).unwrap_or_default();
        let email = before.and_then(|one| one.email.clone());
        self.act(Act::Hold {
            id: AppointmentId(self.tools.ids.uuid()),
            service: wish.service,
            start: wish.start,
            resource: wish.resource,
            moves: wish.moves,
            who: Who {
                contact: Some(customer.contact),
                conversation: Some(customer.key.id),
                name,
                email,
                answers,
                language: customer.language,
                ..Who::default()
            },
            request_key: None,
        })
    }
}
