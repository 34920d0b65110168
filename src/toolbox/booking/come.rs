//! "Confirm" below a reminder: people read that the customer comes, as they do when it is said on the page of a mail. Else what stands is
//! listed.

use super::Look;
use crate::domain::booking::voice::{Tapped, Voice, Wish, tapped};
use crate::domain::booking::{Appointment, Status};
use crate::domain::tool::{ToolEffect, ToolOutcome};
use serde_json::json;

pub fn call(look: &Look<'_>) -> ToolOutcome {
    let Some(appointment) = look.comes() else { return look.mine() };
    let people = Voice { agenda: &look.agenda, language: look.context.language };
    let content = look.told_abroad(look.voice().thanks(appointment), &[appointment.span.start]);
    ToolOutcome {
        result: json!({"told": content.text}),
        effect: ToolEffect::Say { content: Box::new(content), note: Some(people.comes(appointment)) },
    }
}

impl Look<'_> {
    /// The appointment to which the customer has just said that they come, as it stood when they were reminded.
    fn comes(&self) -> Option<&Appointment> {
        let Some(Tapped::Reminded { id, version, wish: Wish::Come }) = self.tapped().and_then(tapped) else { return None };
        let stands = |one: &&Appointment| one.status == Status::Confirmed && one.span.start > self.context.at;
        self.desk.appointments.iter().find(|one| one.id == id && one.version == version).filter(stands)
    }
}
