//! `/appointments/{token}`: the public page of one appointment, at an address that is a secret. A customer says there that they come, asks for
//! another time, or cancels.
//!
//! Reading never changes anything, since scanners of mail follow every link; only a POST acts. No script, no other site, no telephone and no
//! address of the customer.

mod visits;
mod words;

pub use visits::Visits;

use crate::domain::booking::ics::method;
use crate::domain::booking::letters::{AppointmentLetter, Letterhead, customer_may_cancel};
use crate::domain::booking::{Act, Actor, Agenda, Appointment, Outcome, Refusal, Status};
use crate::domain::content::Content;
use crate::domain::conversation::event::Happening;
use crate::domain::conversation::standing::Status as Standing;
use crate::domain::ids::{AgentId, AppointmentId, TenantId};
use crate::domain::inbox::Tenant;
use crate::domain::mail::MailKind;
use crate::domain::suspension::Feature;
use crate::http::HttpState;
use crate::http::appointments::words::{Deed, Says, note, says, words};
use crate::http::body;
use crate::http::problem::Problem;
use crate::ports::bookings::Bookings;
use crate::ports::engine::CommandAnswer;
use crate::ports::mail::Links;
use crate::ports::store::NewCommand;
use actix_web::http::StatusCode;
use actix_web::http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_SECURITY_POLICY};
use actix_web::web::{Data, Path, Payload};
use actix_web::{HttpRequest, HttpResponse};
use minijinja::value::Serde;
use minijinja::{AutoEscape, Environment, UndefinedBehavior, context};
use std::sync::Arc;
use uuid::Uuid;

const PAGE: &str = include_str!("page.html.j2");
/// The page may send its own forms and nothing else.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";
/// A file does nothing at all, also where a browser shows it.
const FILE_POLICY: &str = "default-src 'none'; frame-ancestors 'none'; sandbox";
/// Most bytes of a form.
const MOST_FORM: usize = 1_024;
/// Who writes the notes that come from the page: no member of the business.
const PAGE_AGENT: AgentId = AgentId(Uuid::nil());

/// An appointment with what its page tells of it.
struct Seen {
    tenant: Arc<Tenant>,
    agenda: Arc<Agenda>,
    row: Appointment,
}

/// Shows the page.
///
/// # Errors
/// 404 for an address that is none, 429 for a page that was asked for too often.
pub(super) async fn show_appointment(state: Data<HttpState>, token: Path<String>) -> Result<HttpResponse, Problem> {
    let (tenant, id) = admit(&state, &token)?;
    let seen = see(&state, tenant, id).await?;
    seen.page(&state, None)
}

/// Hands over the calendar file of an appointment that stands, has been, or was called off: what mails carry, for who gave no address. A hold
/// and what came to nothing have none.
///
/// # Errors
/// As [`show_appointment`].
pub(super) async fn get_appointment_file(state: Data<HttpState>, token: Path<String>) -> Result<HttpResponse, Problem> {
    let (tenant, id) = admit(&state, &token)?;
    let seen = see(&state, tenant, id).await?;
    if !seen.has_file() {
        return Err(Problem::not_found());
    }
    let media = format!("text/calendar; method={}; charset=utf-8", method(seen.row.status));
    Ok(HttpResponse::Ok()
        .content_type(media)
        .insert_header((CONTENT_DISPOSITION, "inline; filename=\"appointment.ics\""))
        .insert_header((CONTENT_SECURITY_POLICY, FILE_POLICY))
        .insert_header((CACHE_CONTROL, "no-store"))
        .body(seen.letter().calendar(&seen.row, state.links.organizer())))
}

/// Does what a form of the page asks for, and shows the page again.
///
/// # Errors
/// As [`show_appointment`]; 422 for a form that is none of ours, 503 if it could not be done.
pub(super) async fn change_appointment(
    state: Data<HttpState>,
    token: Path<String>,
    request: HttpRequest,
    payload: Payload,
) -> Result<HttpResponse, Problem> {
    let (tenant, id) = admit(&state, &token)?;
    let bytes = body::read(&request, payload, state.limits.body(MOST_FORM), state.clock.as_ref()).await?;
    let (deed, version) = read_form(&bytes).ok_or_else(|| Problem::unprocessable("the form is none of this page"))?;
    let seen = see(&state, tenant, id).await?;
    if deed == Deed::Cancelled {
        return cancel(&state, seen, version).await;
    }
    if seen.row.version != version || !seen.may_answer(&state) {
        return seen.page(&state, Some(Says::Changed));
    }
    seen.tell(&state, deed).await?;
    seen.page(&state, Some(if deed == Deed::Comes { Says::Thanks } else { Says::Passed }))
}

fn admit(state: &HttpState, token: &str) -> Result<(TenantId, AppointmentId), Problem> {
    let (tenant, id) = state.links.read(token).ok_or_else(Problem::not_found)?;
    if state.visits.admit(id.0, state.clock.moment()) {
        Ok((tenant, id))
    } else {
        Err(Problem::new(StatusCode::TOO_MANY_REQUESTS, "this page was asked for too often; try again in a minute"))
    }
}

async fn see(state: &HttpState, tenant: TenantId, id: AppointmentId) -> Result<Seen, Problem> {
    let scope = state.store.tenant(tenant);
    let row = scope.appointment(id).await?.ok_or_else(Problem::not_found)?;
    let agenda = scope.agenda().await?.ok_or_else(Problem::not_found)?;
    let tenant =
        state.directory.tenant(tenant).await?.filter(|tenant| tenant.stopped.lets(Feature::Booking)).ok_or_else(Problem::not_found)?;
    Ok(Seen { tenant, agenda, row })
}

/// Reads what a form asks for and the version that it spoke of.
fn read_form(bytes: &[u8]) -> Option<(Deed, i64)> {
    let (mut deed, mut version) = (None, None);
    for (key, value) in url::form_urlencoded::parse(bytes) {
        match (key.as_ref(), value.as_ref()) {
            ("action", "come") => deed = Some(Deed::Comes),
            ("action", "move") => deed = Some(Deed::WantsOther),
            ("action", "cancel") => deed = Some(Deed::Cancelled),
            ("version", value) => version = value.parse().ok(),
            _ => return None,
        }
    }
    deed.zip(version)
}

/// Calls the appointment off by the same act as everywhere; the rules of changing hold for whoever has no conversation too.
async fn cancel(state: &HttpState, seen: Seen, version: i64) -> Result<HttpResponse, Problem> {
    let (tenant, id, now) = (seen.tenant.id, seen.row.id, state.clock.now());
    let actor = match (seen.row.contact, seen.row.conversation) {
        (Some(contact), Some(conversation)) => Actor::Contact { contact, conversation },
        (_, _) => Actor::System,
    };
    if seen.row.status != Status::Cancelled && !customer_may_cancel(&seen.row, &seen.agenda.rules, now) {
        return seen.page(state, Some(Says::TooLate));
    }
    let act = Act::Cancel { id, version: Some(version), reason: "customer".to_owned() };
    let outcome = state.store.act(tenant, actor, act, now).await?;
    let seen = see(state, tenant, id).await?;
    match outcome {
        Outcome::Done { .. } => {
            // The appointment is called off whatever comes of the note.
            if let Err(problem) = seen.tell(state, Deed::Cancelled).await {
                tracing::warn!(appointment.id = %id, status = problem.status().as_u16(), "no note of a cancelled appointment could be written");
            }
            seen.page(state, None)
        }
        Outcome::Refused { why: Refusal::TooLate | Refusal::Past, .. } => seen.page(state, Some(Says::TooLate)),
        Outcome::Refused { .. } | Outcome::Shown { .. } | Outcome::Waiting { .. } => seen.page(state, Some(Says::Changed)),
    }
}

impl Seen {
    /// Returns true if the customer can say something that people will read: it stands, and there is a conversation to note it in.
    fn may_answer(&self, state: &HttpState) -> bool {
        self.row.status == Status::Confirmed && self.row.span.start > state.clock.now() && self.row.conversation.is_some()
    }

    fn has_file(&self) -> bool {
        match self.row.status {
            Status::Confirming | Status::PendingOwner | Status::Confirmed | Status::Completed | Status::NoShow | Status::Cancelled => true,
            Status::Held | Status::Expired | Status::Released | Status::Failed => false,
        }
    }

    /// Notes a deed in the appointment's conversation, once for each version; who wants another time is handed to people.
    async fn tell(&self, state: &HttpState, deed: Deed) -> Result<(), Problem> {
        let Some(conversation) = self.row.conversation else { return Ok(()) };
        let scope = state.store.tenant(self.tenant.id);
        let Some(conversation) = scope.conversation(conversation).await? else { return Ok(()) };
        let letter = self.letter();
        let text = note(self.tenant.language(), deed, &format!("{}, {} ({})", letter.service, letter.when, letter.zone));
        let mut happenings = vec![("note", Happening::AgentReplied { by: PAGE_AGENT, content: Content::text(text), private: true })];
        if deed == Deed::WantsOther {
            happenings
                .push(("open", Happening::AgentSetStatus { by: PAGE_AGENT, status: Some(Standing::Open), until: None, survey: None }));
        }
        for (what, happening) in happenings {
            let external_id = format!("page:{}:{}:{}:{what}", self.row.id, self.row.version, deed.as_str());
            let command = NewCommand {
                key: conversation.key(),
                inbox: conversation.model.inbox_id.into(),
                fingerprint: external_id.clone(),
                external_id,
                happening,
                at: state.clock.now(),
            };
            match state.engine.command(command).await? {
                // Durable: it runs at once or a moment later. What spam refuses is refused for good.
                CommandAnswer::Done { .. } | CommandAnswer::Pending { .. } => {}
                CommandAnswer::Mismatch => return Err(Problem::internal()),
            }
        }
        Ok(())
    }

    fn letter(&self) -> AppointmentLetter {
        let address = &self.tenant.facts.address;
        let place = address.get(self.row.language.code()).or_else(|| address.values().next());
        let head = Letterhead { business: &self.tenant.name, place: place.map(String::as_str), link: None };
        AppointmentLetter::of(MailKind::AppointmentConfirmed, &self.row, &self.agenda, head)
    }

    /// Renders the page; `first` is said instead of how the appointment stands.
    fn page(&self, state: &HttpState, first: Option<Says>) -> Result<HttpResponse, Problem> {
        let (language, now) = (self.row.language, state.clock.now());
        let stands = self.row.span.start > now && matches!(self.row.status, Status::Confirmed | Status::Confirming | Status::PendingOwner);
        let standing = match self.row.status {
            Status::Cancelled => Says::Cancelled,
            Status::Confirmed if stands => Says::Stands,
            Status::Confirming | Status::PendingOwner | Status::Held if self.row.span.start > now => Says::Waits,
            Status::Held
            | Status::Confirming
            | Status::PendingOwner
            | Status::Confirmed
            | Status::Completed
            | Status::NoShow
            | Status::Expired
            | Status::Released
            | Status::Failed => Says::Over,
        };
        let first = first.unwrap_or(standing);
        let letter = self.letter();
        let values = context! {
            language => language.code(),
            words => Serde(words(language)),
            letter => Serde(AppointmentLetter { when: unbroken(&letter.when), ..letter }),
            says => says(language, first),
            version => self.row.version,
            stands => stands,
            file => stands.then(|| format!("{}.ics", state.links.token(self.tenant.id, self.row.id))),
            may_answer => self.may_answer(state) && !matches!(first, Says::Thanks | Says::Passed),
            may_cancel => customer_may_cancel(&self.row, &self.agenda.rules, now),
        };
        let mut pages = Environment::new();
        pages.set_undefined_behavior(UndefinedBehavior::Strict);
        pages.set_auto_escape_callback(|_| AutoEscape::Html);
        let html = pages.render_str(PAGE, values).map_err(|error| {
            tracing::error!(error = %error, "the page of an appointment could not be rendered");
            Problem::internal()
        })?;
        Ok(HttpResponse::Ok()
            .content_type("text/html; charset=utf-8")
            .insert_header((CONTENT_SECURITY_POLICY, POLICY))
            .insert_header((CACHE_CONTROL, "no-store"))
            .body(html))
    }
}

/// Keeps a time of day on one line.
fn unbroken(when: &str) -> String {
    let halves = [" a. m.", " p. m.", " a.m.", " p.m."];
    halves.into_iter().fold(when.to_owned(), |when, half| when.replace(half, &half.replace(' ', "\u{a0}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_not_torn_apart() {
        assert_eq!(unbroken("lunes 30 de noviembre a las 12:00 p. m."), "lunes 30 de noviembre a las 12:00\u{a0}p.\u{a0}m.");
        assert_eq!(unbroken("Monday at 9:00 a.m."), "Monday at 9:00\u{a0}a.m.");
        assert_eq!(unbroken("segunda-feira às 14:15"), "segunda-feira às 14:15");
    }

    #[test]
    fn only_a_form_of_the_page_is_read() {
        assert_eq!(read_form(b"version=3&action=cancel"), Some((Deed::Cancelled, 3)));
        assert_eq!(read_form(b"action=come&version=1"), Some((Deed::Comes, 1)));
        for form in ["", "action=cancel", "version=1", "version=x&action=come", "action=delete&version=1", "action=come&version=1&x=1"] {
            assert_eq!(read_form(form.as_bytes()), None, "{form}");
        }
    }
}
