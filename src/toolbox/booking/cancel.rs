//! `cancel_booking` and `reschedule_booking`: only the customer's own appointments; nothing is called off before they have said so.

use super::{Look, find};
use crate::domain::booking::choice::by_place;
use crate::domain::booking::voice::{Tapped, Wish, tapped};
use crate::domain::booking::{Act, Appointment, Purpose, Shown};
use crate::domain::tool::ToolOutcome;
use crate::ports::toolbox::ToolError;
use crate::toolbox::arguments;
use serde::Deserialize;
use serde_json::Value;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Arguments {
    appointment: Option<String>,
}

pub fn call(look: &Look<'_>, given: &Value) -> Result<ToolOutcome, ToolError> {
    let Arguments { appointment } = arguments(given)?;
    let wanted = appointment.as_deref().filter(|reference| !reference.trim().is_empty());
    if let Some(agreed) = look.agreed_to_cancel() {
        return Ok(look.act(Act::Cancel { id: agreed.id, version: Some(agreed.version), reason: "customer".to_owned() }));
    }
    let chosen = look.chosen(Purpose::Cancel).and_then(|shown| look.named_by(shown));
    Ok(match (chosen.or_else(|| look.appointment(wanted)), look.desk.appointments.as_slice()) {
        (Some(one), _) => look.act(Act::Show { shown: vec![look.shown_appointment(0, one, Purpose::Cancel)] }),
        (None, []) => look.say(crate::domain::content::Content::text(look.voice().none_here())),
        (None, all) => look.act(Act::Show { shown: look.shown_appointments(all, Purpose::Cancel) }),
    })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct MoveArguments {
    appointment: Option<String>,
    when: String,
    with: Option<String>,
}

pub async fn reschedule(look: &Look<'_>, given: &Value) -> Result<ToolOutcome, ToolError> {
    let MoveArguments { appointment, when, with } = arguments(given)?;
    let wanted = appointment.as_deref().filter(|reference| !reference.trim().is_empty());
    let chosen = look.chosen(Purpose::Move).and_then(|shown| look.named_by(shown));
    let underway = || look.moving().and_then(|id| look.desk.appointments.iter().find(|one| one.id == id));
    match (look.appointment(wanted).or(chosen).or_else(underway), look.desk.appointments.as_slice()) {
        (Some(one), _) if look.agenda.service(one.service).is_none() => Ok(look.say(look.voice().not_offered(one))),
        (Some(one), _) => {
            let service =
                look.agenda.service(one.service).map(|service| service.name_in(look.context.customer.language)).unwrap_or_default();
            let given = serde_json::json!({"service": service, "when": when, "with": with});
            find::call(look, &given, Some(one.id)).await
        }
        (None, []) => Ok(look.say(crate::domain::content::Content::text(look.voice().none_here()))),
        (None, all) => Ok(look.act(Act::Show { shown: look.shown_appointments(all, Purpose::Move) })),
    }
}

impl Look<'_> {
    fn shown_appointments(&self, all: &[Appointment], purpose: Purpose) -> Vec<Shown> {
        all.iter().enumerate().map(|(at, one)| self.shown_appointment(at, one, purpose)).collect()
    }

    fn shown_appointment(&self, at: usize, one: &Appointment, purpose: Purpose) -> Shown {
        Shown {
            handle: self.handle(at),
            service: one.service,
            span: one.span,
            resource: one.seats.first().map(|seat| seat.resource),
            moves: Some(one.id),
            purpose,
        }
    }

    /// The appointment that the customer has just agreed to cancel: the only one that was asked about, or a reminder's button.
    pub fn agreed_to_cancel(&self) -> Option<&Appointment> {
        if let Some(Tapped::Reminded { id, version, wish: Wish::Cancel }) = self.tapped().and_then(tapped) {
            return self.desk.appointments.iter().find(|one| one.id == id && one.version == version);
        }
        let asked: Vec<&Shown> = self.desk.shown.iter().filter(|one| one.purpose == Purpose::Cancel).collect();
        let [only] = asked.as_slice() else { return None };
        let picked = matches!(self.tapped().and_then(tapped), Some(Tapped::Pick(handle)) if handle == only.handle);
        let agreed = picked || self.agreed_to(|voice| voice.which_appointment(std::slice::from_ref(only)));
        // The row that was asked about, at its time: people may have moved it meanwhile.
        self.named_by(only).filter(|one| agreed && one.span == only.span)
    }

    /// What the customer has picked of what was shown for a purpose: by its button, or by its place in the list.
    pub fn chosen(&self, purpose: Purpose) -> Option<&Shown> {
        let fits = |one: &&Shown| one.purpose == purpose;
        if let Some(button) = self.tapped() {
            let Some(Tapped::Pick(handle)) = tapped(button) else { return None };
            return self.desk.shown.iter().find(|one| one.handle == handle).filter(fits);
        }
        let newest = self.context.customer.said.last()?;
        by_place(&newest.text, self.context.customer.language, &self.desk.shown).filter(fits)
    }

    fn named_by(&self, shown: &Shown) -> Option<&Appointment> {
        self.desk.appointments.iter().find(|one| Some(one.id) == shown.moves)
    }
}
