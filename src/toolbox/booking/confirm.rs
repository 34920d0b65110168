//! `confirm_booking`: only what is held, and only after the customer has said yes in words that are understood here.

use super::Look;
use crate::domain::assent::{agrees, confirms, hedges};
use crate::domain::booking::voice::{LastAsked, Tapped, last_asked, reminds, tapped};
use crate::domain::booking::waiting::offered_to;
use crate::domain::booking::{Act, Appointment};
use crate::domain::content::Content;
use crate::domain::tool::ToolOutcome;
use crate::domain::when::leaves_unread;
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
    if look.voice().pending(hold).is_some() {
        return Ok(super::answer::call(look));
    }
    if look.agreed(hold) && (hold.name.is_some() || name.is_none()) {
        return Ok(match hold.name {
            Some(_) => look.act(Act::Confirm { id: hold.id, name: None }),
            None => look.say(look.told_abroad(Content::text(look.voice().ask_name()), &[hold.span.start])),
        });
    }
    match name.filter(|name| look.gave_name(name, hold)) {
        Some(name) if hold.name.is_none() => Ok(look.act(Act::Confirm { id: hold.id, name: Some(name) })),
        // A yes to words of a model's own: the fixed question is asked, and its answer counts.
        Some(_) | None if agrees(&look.said()) && hold.protects_at(look.context.at) => {
            let from = look.desk.appointments.iter().find(|one| Some(one.id) == hold.moves).map(|one| one.span);
            Ok(look.say(look.told_abroad(look.voice().held(hold, from), &[hold.span.start])))
        }
        Some(_) | None => Ok(Look::wrong(
            "not_agreed",
            "The customer has not clearly said yes to the time that is held. Answer what they wrote, or call find_slots for another time.",
        )),
    }
}

impl Look<'_> {
    /// The customer's newest words agree to this hold: its button, or a plain yes to its question, with no other time in it.
    pub fn agreed(&self, hold: &Appointment) -> bool {
        if let Some(Tapped::Yes(id)) = self.tapped().and_then(tapped) {
            return id == hold.id;
        }
        let moved = hold.moves.and_then(|id| self.desk.appointments.iter().find(|one| one.id == id));
        let from = moved.map(|one| one.span);
        let said = self.said();
        let named = confirms(&said) && self.can_only_mean(hold);
        // "Sí, la de la próxima": nobody agrees to this day with words about another that were not understood.
        let plain = !leaves_unread(&said, self.context.customer.language);
        (self.agreed_to(|voice| voice.held(hold, from)) || named) && plain && self.names_the_time(&said, hold)
    }

    /// "Confirm it" without the hold's own question before it can mean nothing else: it is live, the customer asked for it themselves, and what
    /// was asked last is not about something else.
    fn can_only_mean(&self, hold: &Appointment) -> bool {
        let asked = self.context.customer.asked.as_deref();
        let elsewhere = self.agreed_to_cancel().is_some() || self.agreed_to_wait().is_some();
        hold.protects_at(self.context.at) && offered_to(hold).is_none() && asked.is_some_and(|asked| !reminds(asked)) && !elsewhere
    }

    /// The customer was asked for whom it is, and answered with this name and no other time: nobody else's word counts.
    fn gave_name(&self, name: &str, hold: &Appointment) -> bool {
        let customer = &self.context.customer;
        let asked = customer.asked.as_deref().and_then(last_asked) == Some(LastAsked::Name);
        let (said, name) = (self.said().to_lowercase(), name.to_lowercase());
        // A name may be the word for a day or a month: what is said besides must be no other time.
        let besides = said.replacen(&name, " ", 1);
        let plain = !name.chars().any(char::is_numeric);
        asked && !hedges(&said) && said.contains(&name) && plain && self.names_the_time(&besides, hold)
    }
}
