//! `POST /api/v1/appointments/{id}/complete`.

use crate::domain::booking::Status;
use crate::http::HttpState;
use crate::http::api::v1::appointments::{AppointmentView, NothingBody, set};
use crate::http::auth::AgentPrincipal;
use crate::http::problem::{Problem, ProblemDetails};
use actix_web::HttpRequest;
use actix_web::web::{Data, Json, Path, Payload};

/// Notes that an appointment took place; possible from its start on. A repeat is a success.
///
/// # Errors
/// 404 for an absent one or another tenant's, 409 if it has not begun or stands otherwise.
#[utoipa::path(post, path = "/api/v1/appointments/{id}/complete", tag = "booking", request_body = Option<NothingBody>, params(("id" = Uuid, Path)),
    responses((status = 200, description = "The appointment now", body = AppointmentView), (status = 409, description = "Not in this state", body = ProblemDetails, content_type = "application/problem+json")))]
pub async fn complete_appointment(
    who: AgentPrincipal,
    state: Data<HttpState>,
    id: Path<String>,
    request: HttpRequest,
    payload: Payload,
) -> Result<Json<AppointmentView>, Problem> {
    set(&state, &who, &id, Status::Completed, (&request, payload)).await
}
