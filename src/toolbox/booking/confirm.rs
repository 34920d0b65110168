//! `confirm_booking`: only what is held, and only after the customer has said yes in words that are understood here.

use super::Look;
use crate::domain::assent::{agrees, refuses};
use crate::domain::booking::voice::{Tapped, tapped};
use crate::domain::booking::{Act, Appointment};
use crate::domain::tool::ToolOutcome;
use crate::ports::toolbox::ToolError;
use crate::toolbox::{arguments, optional};
use serde::Deserialize;
use serde_json::Value;

/// Longest name, in characters.
const MAX_NAME: usize = 120;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Arguments {
    name: Option<String>,
}

pub fn call(look: &Look<'_>, given: &Value) -> Result<ToolOutcome, ToolError> {
    let Arguments { name } = arguments(given)?;
    let name = optional("name", name.as_deref(), MAX_NAME)?;
    let Some(hold) = &look.desk.hold else {
        return Ok(Look::wrong("nothing_held", "Nothing is held for this customer. Call find_slots with their words for the time."));
    };
    if hold.name.is_none() && name.is_none() {
        return Ok(look.say(crate::domain::content::Content::text(look.voice().ask_name())));
    }
    // Whoever answers "for whom?" with a name agrees; a model may not make one up.
    let named = hold.name.is_none() && name.as_deref().is_some_and(|name| look.said().to_lowercase().contains(&name.to_lowercase()));
    let refused = look.context.customer.said.iter().any(|said| refuses(&said.text));
    if refused || !(named || look.agreed(hold)) {
        return Ok(Look::wrong(
            "not_agreed",
            "The customer has not clearly said yes to the time that is held. Answer what they wrote, or call find_slots for another time.",
        ));
    }
    Ok(look.act(Act::Confirm { id: hold.id, name }))
}

impl Look<'_> {
    /// The customer's newest words agree to this hold: a tapped button, a plain yes, or a yes that names the very time.
    pub fn agreed(&self, hold: &Appointment) -> bool {
        if let Some(Tapped::Yes(id)) = self.tapped().and_then(tapped) {
            return id == hold.id;
        }
        let asked_first = self.context.customer.asked_at.is_some_and(|asked| asked >= hold.created_at);
        let Some(newest) = self.context.customer.said.last() else { return false };
        asked_first && agrees(&newest.text) && self.names_the_time(&newest.text, hold)
    }
}
