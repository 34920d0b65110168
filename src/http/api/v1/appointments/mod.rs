//! Appointments: read the book, and write in it as a person of the business.

pub mod approve;
pub mod cancel;
pub mod complete;
pub mod create;
pub mod get;
pub mod list;
pub mod moving;
pub mod no_show;

use crate::domain::booking::{Act, Appointment, Status};
use crate::domain::ids::{AppointmentId, ResourceId};
use crate::domain::time::Timestamp;
use crate::http::HttpState;
use crate::http::api::v1::booking::refusal::done;
use crate::http::api::v1::booking::{act, agenda, read};
use crate::http::auth::AgentPrincipal;
use crate::http::problem::Problem;
use actix_web::HttpRequest;
use actix_web::web::{Json, Payload};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::ToSchema;
use uuid::Uuid;

/// A seat that an appointment takes.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct SeatView {
    /// The resource.
    resource_id: Uuid,
    /// Which of its places, from 1.
    number: u16,
}

/// For whom an appointment is.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct CustomerView {
    /// The contact, if it was agreed in a conversation.
    id: Option<Uuid>,
    /// The name as given for it.
    name: Option<String>,
    /// The telephone as given for it.
    phone: Option<String>,
    /// The e-mail address as given for it.
    email: Option<String>,
}

/// An appointment, or the hold that may become one.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct AppointmentView {
    /// Its id.
    id: Uuid,
    /// Rises with every change: send it back to change only what you have seen.
    version: i64,
    /// `held`, `confirming`, `pending_owner`, `confirmed`, `cancelled`, `completed`, `no_show`, `expired`, `released` or `failed`.
    status: &'static str,
    /// What.
    service_id: Uuid,
    /// With whom: the resource of the service's first need.
    resource_id: Option<Uuid>,
    /// Every seat that it takes.
    seats: Vec<SeatView>,
    /// When it starts.
    #[schema(value_type = String, format = DateTime)]
    starts_at: Timestamp,
    /// When it ends.
    #[schema(value_type = String, format = DateTime)]
    ends_at: Timestamp,
    /// The start by the business's clock, as the customer was told it: `2026-11-23T09:00`.
    local: String,
    /// The time zone of that.
    zone: String,
    /// For whom.
    contact: CustomerView,
    /// Where it was agreed.
    conversation_id: Option<Uuid>,
    /// When a hold ends.
    #[schema(value_type = Option<String>, format = DateTime)]
    hold_expires_at: Option<Timestamp>,
    /// The appointment that a hold would move.
    moves: Option<Uuid>,
    /// Answers to the service's questions.
    answers: BTreeMap<String, String>,
    /// The customer's language.
    language: &'static str,
    /// Why it was cancelled or failed: a fixed word.
    reason: Option<String>,
    /// When it was made.
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// When it changed last.
    #[schema(value_type = String, format = DateTime)]
    updated_at: Timestamp,
}

impl From<Appointment> for AppointmentView {
    fn from(it: Appointment) -> Self {
        Self {
            id: it.id.0,
            version: it.version,
            status: it.status.as_str(),
            service_id: it.service.0,
            resource_id: it.seats.first().map(|seat| seat.resource.0),
            seats: it.seats.iter().map(|seat| SeatView { resource_id: seat.resource.0, number: seat.number }).collect(),
            starts_at: it.span.start,
            ends_at: it.span.end,
            local: it.local_start,
            zone: it.zone,
            contact: CustomerView { id: it.contact.map(|id| id.0), name: it.name, phone: it.phone, email: it.email },
            conversation_id: it.conversation.map(|id| id.0),
            hold_expires_at: it.hold_expires_at,
            moves: it.moves.map(|id| id.0),
            answers: it.answers,
            language: it.language.code(),
            reason: it.reason,
            created_at: it.created_at,
            updated_at: it.updated_at,
        }
    }
}

/// A body that says nothing: `{}`, or none at all.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NothingBody {}

/// Reads the id in a path; what is no id names nothing.
fn read_path(id: &str) -> Result<AppointmentId, Problem> {
    id.parse().ok().ok_or_else(Problem::not_found)
}

async fn find(state: &HttpState, who: &AgentPrincipal, id: &str) -> Result<Appointment, Problem> {
    find_by_id(state, who, read_path(id)?).await
}

/// Finds an appointment; that of a conversation which the caller does not see is absent.
async fn find_by_id(state: &HttpState, who: &AgentPrincipal, id: AppointmentId) -> Result<Appointment, Problem> {
    let found = who.scope(&state.store).appointment(id).await?.ok_or_else(Problem::not_found)?;
    match found.conversation {
        Some(conversation) if who.scope(&state.store).homes(vec![conversation]).await?.is_empty() => Err(Problem::not_found()),
        Some(_) | None => Ok(found),
    }
}

/// Does an act that names an appointment, and shows how it stands then.
async fn change(
    state: &HttpState,
    who: &AgentPrincipal,
    (id, wish): (AppointmentId, Act),
    resource: Option<ResourceId>,
) -> Result<Json<AppointmentView>, Problem> {
    if !who.visibility.is_everything() {
        find_by_id(state, who, id).await?;
    }
    let outcome = act(state, who, wish).await?;
    let agenda = agenda(state, who).await?;
    let (appointment, _) = done(outcome, agenda.as_deref(), resource)?;
    Ok(Json(appointment.into()))
}

/// Sets a status by an address of its own.
async fn set(
    state: &HttpState,
    who: &AgentPrincipal,
    id: &str,
    status: Status,
    (request, payload): (&HttpRequest, Payload),
) -> Result<Json<AppointmentView>, Problem> {
    let id = read_path(id)?;
    let NothingBody {} = read(state, request, payload).await?;
    change(state, who, (id, Act::Set { id, status, reason: None }), None).await
}
