//! The tools of booking: they read the book, understand the customer's words by tested code, and return acts; the commit decides and writes.
//!
//! Never writes, never tells a customer anything that no row says, and never lets a model's word stand for a customer's yes.

mod abroad;
mod answer;
mod cancel;
mod come;
mod confirm;
mod find;
mod hold;
mod news;
mod prepare;
mod specs;
mod tell;
mod waiting;
mod wish;

#[cfg(test)]
mod tests;

use crate::domain::assent::{agrees, hedges};
use crate::domain::booking::voice::Voice;
use crate::domain::booking::{Act, Actor, Agenda, Appointment, Status};
use crate::domain::content::Content;
use crate::domain::ids::TenantId;
use crate::domain::language::Language;
use crate::domain::tool::{ToolCall, ToolEffect, ToolOutcome, ToolSpec};
use crate::ports::bookings::{Bookings, Desk};
use crate::ports::ids::IdSource;
use crate::ports::mail::Links;
use crate::ports::toolbox::{Prepared, ToolContext, ToolError};
use chrono_tz::Tz;
use serde_json::{Value, json};
use std::sync::Arc;

/// The tools of booking.
#[derive(Clone)]
pub struct BookingTools {
    book: Arc<dyn Bookings>,
    ids: Arc<dyn IdSource>,
    specs: Arc<[ToolSpec]>,
    links: Option<Arc<dyn Links>>,
}

/// What every tool looks at.
struct Look<'a> {
    tools: &'a BookingTools,
    context: &'a ToolContext,
    agenda: Arc<Agenda>,
    desk: Desk,
    /// The zone that the customer thinks in, if they named another than the business's.
    abroad: Option<Tz>,
}

impl BookingTools {
    /// Makes the tools of a book.
    #[must_use]
    pub fn new(book: Arc<dyn Bookings>, ids: Arc<dyn IdSource>) -> Self {
        Self { book, ids, specs: specs::all().into(), links: None }
    }

    /// Adds the pages that what is told may link to.
    #[must_use]
    pub fn with_links(self, links: Arc<dyn Links>) -> Self {
        Self { links: Some(links), ..self }
    }

    /// Adds the address of its calendar file to what is told of an appointment that stands now; for a mail it would be an attachment.
    fn with_file(&self, tenant: TenantId, voice: &Voice<'_>, row: &Appointment, said: Content) -> Content {
        match &self.links {
            Some(links) if row.status == Status::Confirmed => {
                let file = voice.calendar_file(&links.calendar_file(tenant, row.id));
                Content { text: format!("{}\n{file}", said.text), ..said }
            }
            Some(_) | None => said,
        }
    }

    async fn look<'a>(&'a self, context: &'a ToolContext) -> Result<Option<Look<'a>>, ToolError> {
        let away = |error: crate::ports::store::StoreError| ToolError::Failed(error.to_string());
        if !context.booking {
            return Ok(None);
        }
        let Some(agenda) = self.book.agenda(context.customer.key.tenant).await.map_err(away)? else { return Ok(None) };
        let desk = self.book.desk(context.customer.key, context.at).await.map_err(away)?;
        let abroad = abroad::named(context, agenda.zone);
        Ok(Some(Look { tools: self, context, agenda, desk, abroad }))
    }

    /// Looks where the customer stands; nothing for a business that offers nothing.
    pub async fn prepare(&self, context: &ToolContext) -> Result<Prepared, ToolError> {
        let Some(look) = self.look(context).await?.filter(Look::is_open) else { return Ok(Prepared::default()) };
        Ok(Prepared {
            tools: specs::offered(
                &self.specs,
                &look.desk,
                !look.agenda.services.is_empty(),
                look.desk.hold.as_ref().is_some_and(|hold| look.voice().pending(hold).is_some()),
            ),
            booking: Some(Arc::new(prepare::brief(&look))),
            call: prepare::beyond_doubt(&look),
        })
    }

    /// Returns the specs of all tools: arguments are held against them.
    pub fn specs(&self) -> Arc<[ToolSpec]> {
        Arc::clone(&self.specs)
    }

    /// Runs one call.
    pub async fn call(&self, call: &ToolCall, context: &ToolContext) -> Result<ToolOutcome, ToolError> {
        let Some(look) = self.look(context).await?.filter(Look::is_open) else { return Err(ToolError::Unknown(call.name.clone())) };
        let look = look.heard(call);
        match call.name.as_str() {
            specs::FIND => find::call(&look, &call.arguments, None).await,
            specs::HOLD => hold::call(&look, &call.arguments),
            specs::ANSWER => Ok(answer::call(&look)),
            specs::CONFIRM => confirm::call(&look, &call.arguments),
            specs::MOVE => cancel::reschedule(&look, &call.arguments).await,
            specs::CANCEL => cancel::call(&look, &call.arguments),
            specs::LIST => Ok(come::call(&look)),
            specs::JOIN => waiting::join(&look, &call.arguments).await,
            specs::LEAVE => waiting::leave(&look, &call.arguments),
            other => Err(ToolError::Unknown(other.to_owned())),
        }
    }

    /// Tells what came of an act.
    pub async fn tell(&self, call: &ToolCall, result: &Value, context: &ToolContext) -> Result<ToolOutcome, ToolError> {
        let Some(look) = self.look(context).await? else { return Err(ToolError::Failed("the book is gone".to_owned())) };
        tell::told(&look.heard(call), call, result)
    }
}

impl Look<'_> {
    /// Returns true if there is anything to do: who offers nothing any more still answers for what stands.
    fn is_open(&self) -> bool {
        !self.agenda.services.is_empty() || !self.desk.appointments.is_empty() || !self.desk.waiting.is_empty()
    }

    fn voice(&self) -> Voice<'_> {
        Voice { agenda: &self.agenda, language: self.context.customer.language }
    }

    /// What the customer wrote, as one text.
    fn said(&self) -> String {
        let texts: Vec<&str> = self.context.customer.said.iter().map(|said| said.text.as_str()).collect();
        texts.join("\n")
    }

    /// The button that was tapped, if nothing was written after it.
    fn tapped(&self) -> Option<&str> {
        self.context.customer.said.last().and_then(|said| said.button.as_deref())
    }

    /// A plain yes to the very question that the assistant asked last: in any of our languages, since a short answer may change ours.
    fn agreed_to(&self, question: impl Fn(Voice<'_>) -> Content) -> bool {
        let customer = &self.context.customer;
        let Some((newest, before)) = customer.said.split_last() else { return false };
        if !agrees(&newest.text) || before.iter().any(|said| hedges(&said.text)) {
            return false;
        }
        let Some(asked) = &customer.asked else { return false };
        let voices = [Language::Es, Language::En, Language::Pt].map(|language| Voice { agenda: &self.agenda, language });
        voices.into_iter().any(|voice| asked.contains(question(voice).text.as_str()))
    }

    fn actor(&self) -> Actor {
        Actor::Contact { contact: self.context.customer.contact, conversation: self.context.customer.key.id }
    }

    /// Ends the turn with these words.
    fn say(&self, content: Content) -> ToolOutcome {
        ToolOutcome { result: json!({"told": content.text}), effect: ToolEffect::Say { content: Box::new(content), note: None } }
    }

    /// Acts on the book.
    fn act(&self, act: Act) -> ToolOutcome {
        ToolOutcome { result: Value::Null, effect: ToolEffect::Book { actor: self.actor(), act: Box::new(act) } }
    }

    /// Tells the model what is wrong; nothing happens.
    fn wrong(error: &str, message: &str) -> ToolOutcome {
        ToolOutcome { result: json!({"error": error, "message": message}), effect: ToolEffect::None }
    }

    /// Finds one of the customer's appointments by its reference; the only one if none is named.
    fn appointment(&self, reference: Option<&str>) -> Option<&Appointment> {
        match (reference, self.desk.appointments.as_slice()) {
            (Some(wanted), all) => all.iter().find(|one| reference_of(one) == wanted.trim().to_ascii_lowercase()),
            (None, [only]) => Some(only),
            (None, _) => None,
        }
    }
}

/// Names an appointment in tools: the last six letters of its id.
fn reference_of(appointment: &Appointment) -> String {
    let id = appointment.id.0.simple().to_string();
    id.chars().skip(id.len().saturating_sub(6)).collect()
}
