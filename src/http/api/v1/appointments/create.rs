//! `POST /api/v1/appointments`: books at once.

use crate::channels::whatsapp::numbers::variants;
use crate::domain::account::{Email, phone};
use crate::domain::booking::act::Who;
use crate::domain::booking::questions::{QuestionKind, answer_of, checked};
use crate::domain::booking::{Act, Agenda, Appointment, Outcome, Refusal};
use crate::domain::ids::{AppointmentId, ContactId, ResourceId, ServiceId};
use crate::domain::language::Language;
use crate::domain::mail::Address;
use crate::http::HttpState;
use crate::http::api::v1::appointments::AppointmentView;
use crate::http::api::v1::booking::moments::instant;
use crate::http::api::v1::booking::refusal::{done, problem};
use crate::http::api::v1::booking::{act, agenda, one_line, read};
use crate::http::api::v1::command::key_of;
use crate::http::auth::AgentPrincipal;
use crate::http::problem::{Problem, ProblemDetails};
use actix_web::http::header::LOCATION;
use actix_web::web::{Data, Payload};
use actix_web::{HttpRequest, HttpResponse};
use serde::Deserialize;
use std::collections::BTreeMap;
use utoipa::ToSchema;
use uuid::Uuid;

/// Most answers, and the longest one.
const MOST_ANSWERS: usize = 10;
const LONGEST_ANSWER: usize = 500;

/// For whom.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CustomerBody {
    /// Your customer of a conversation (`contact.id` there), if it is one: their limits count, and the assistant knows the appointment. Absent:
    /// the one contact that has this telephone (with its country, in any regional spelling) or e-mail address; nobody if several have.
    id: Option<Uuid>,
    /// The name: 1 to 100 characters.
    name: String,
    /// The telephone; absent: what the service's question for one was answered with.
    phone: Option<String>,
    /// The e-mail address; absent: what the service's question for one was answered with, else the contact's own.
    email: Option<String>,
}

/// What to book.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AppointmentBody {
    /// The service.
    service_id: Uuid,
    /// With whom; absent: whoever is free.
    resource_id: Option<Uuid>,
    /// When it starts (RFC 3339): one of `GET /api/v1/slots`.
    #[schema(format = DateTime)]
    starts_at: String,
    /// For whom.
    contact: CustomerBody,
    /// Answers to the service's questions, by key.
    #[serde(default)]
    answers: BTreeMap<String, String>,
    /// The customer's language: `es`, `en` or `pt`; absent: the business's.
    language: Option<String>,
}

impl AppointmentBody {
    fn who(&self, agenda: Option<&Agenda>) -> Result<Who, Problem> {
        let CustomerBody { id, name, phone, email } = &self.contact;
        let language = match self.language.as_deref() {
            Some(code) => Language::of_locale(code).ok_or_else(|| Problem::field("language", "must be es, en or pt"))?,
            None => agenda.and_then(|agenda| Language::of_locale(&agenda.locale)).unwrap_or_default(),
        };
        let answers = self.answers(agenda)?;
        let questions = agenda.and_then(|agenda| agenda.service(ServiceId(self.service_id))).map(|service| service.questions.as_slice());
        let answer = |kind| answer_of(kind, questions.unwrap_or_default(), &answers);
        let email = email.as_deref().map(|text| one_line("contact.email", text, 254)).transpose()?;
        if email.as_deref().is_some_and(|text| Address::parse(text).is_err()) {
            return Err(Problem::field("contact.email", "must be an e-mail address"));
        }
        Ok(Who {
            contact: id.map(ContactId),
            name: Some(one_line("contact.name", name, 100)?),
            phone: phone.as_deref().map(|text| one_line("contact.phone", text, 40)).transpose()?.or_else(|| answer(QuestionKind::Phone)),
            email: email.or_else(|| answer(QuestionKind::Email)),
            answers,
            language,
            ..Who::default()
        })
    }

    fn answers(&self, agenda: Option<&Agenda>) -> Result<BTreeMap<String, String>, Problem> {
        if self.answers.len() > MOST_ANSWERS {
            return Err(Problem::field("answers", format!("must hold at most {MOST_ANSWERS} answers")));
        }
        let one = |(key, text): (&String, &String)| Ok((one_line("answers", key, 40)?, one_line("answers", text, LONGEST_ANSWER)?));
        let answers = self.answers.iter().map(one).collect::<Result<BTreeMap<String, String>, Problem>>()?;
        let service = agenda.and_then(|agenda| agenda.service(ServiceId(self.service_id)));
        // A service that is not offered is told by the book.
        let Some(service) = service else { return Ok(answers) };
        checked(&service.questions, &answers).map_err(|(key, wrong)| Problem::field(format!("answers.{key}"), wrong))
    }
}

/// Books a time for a customer. Send an `Idempotency-Key`, and a repeat finds the appointment that the first request made.
///
/// # Errors
/// 409 if the time is taken, with alternatives; 422 naming a wrong field.
#[utoipa::path(post, path = "/api/v1/appointments", tag = "booking", request_body = AppointmentBody,
    params(("Idempotency-Key" = Option<String>, Header, description = "1 to 255 printable ASCII characters; the same key books once")),
    responses((status = 201, description = "The appointment", body = AppointmentView), (status = 409, description = "The time cannot be had; see code and alternatives", body = ProblemDetails, content_type = "application/problem+json")))]
pub async fn create_appointment(
    who: AgentPrincipal,
    state: Data<HttpState>,
    request: HttpRequest,
    payload: Payload,
) -> Result<HttpResponse, Problem> {
    let key = key_of(&request)?.map(|key| format!("api:{}:{key}", who.agent()));
    let body: AppointmentBody = read(&state, &request, payload).await?;
    let agenda = agenda(&state, &who).await?;
    let mut customer = body.who(agenda.as_deref())?;
    let named = customer.contact.is_some();
    if let Some(contact) = customer.contact
        && !who.scope(&state.store).has_contact(contact).await?
    {
        return Err(Problem::field("contact.id", "is no contact of yours"));
    }
    if !named {
        customer.contact = known(&state, &who, &customer).await?;
    }
    if let Some(contact) = customer.contact {
        // Where they are reminded, and told if it is moved or called off.
        customer.conversation = who.scope(&state.store).newest_conversation_of(contact).await?;
    }
    let resource = body.resource_id.map(ResourceId);
    let start = instant("starts_at", &body.starts_at)?;
    let wish = |customer: Who| Act::Book {
        id: AppointmentId(state.ids.uuid()),
        service: ServiceId(body.service_id),
        start,
        resource,
        who: customer,
        request_key: key.clone(),
    };
    let mut outcome = act(&state, &who, wish(customer.clone())).await?;
    if !named && customer.contact.is_some() && matches!(outcome, Outcome::Refused { why: Refusal::KeyReused, .. }) {
        // The first request was made before the contact was known by this number.
        outcome = act(&state, &who, wish(Who { contact: None, conversation: None, ..customer.clone() })).await?;
    }
    let (made, changed) = done(outcome, agenda.as_deref(), resource)?;
    if !changed && !is_for(&made, &customer) {
        return Err(problem(Refusal::KeyReused));
    }
    let mut response = HttpResponse::Created();
    response.insert_header((LOCATION, format!("/api/v1/appointments/{}", made.id)));
    if !changed {
        response.insert_header(("idempotent-replayed", "true"));
    }
    Ok(response.json(AppointmentView::from(made)))
}

/// Returns the one contact to whom the telephone or the address belongs: who is booked for by name is reminded, and known to the assistant, as
/// whoever books in the chat. Of several nobody is guessed.
async fn known(state: &HttpState, who: &AgentPrincipal, customer: &Who) -> Result<Option<ContactId>, Problem> {
    let number = customer.phone.as_deref().and_then(international);
    let others = number.as_deref().and_then(|number| number.strip_prefix('+')).map(variants).unwrap_or_default();
    let phones = number.into_iter().chain(others.into_iter().map(|digits| format!("+{digits}"))).collect();
    let email = customer.email.as_deref().and_then(Email::parse).map(|email| email.as_str().to_owned());
    Ok(who.scope(&state.store).contact_known_as(phones, email).await?)
}

/// Reads a number with its country, also behind the `00` that is dialled; without one it may be anybody's.
fn international(text: &str) -> Option<String> {
    phone(text).or_else(|| phone(&format!("+{}", text.trim().strip_prefix("00")?)))
}

/// Returns true if an appointment was made for this very customer.
fn is_for(made: &Appointment, who: &Who) -> bool {
    (&made.name, &made.phone, &made.email) == (&who.name, &who.phone, &who.email)
}
