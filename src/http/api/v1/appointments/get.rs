//! `GET /api/v1/appointments/{id}`.

use crate::http::HttpState;
use crate::http::api::v1::appointments::{AppointmentView, find};
use crate::http::auth::AgentPrincipal;
use crate::http::problem::Problem;
use actix_web::web::{Data, Json, Path};

/// Shows an appointment.
///
/// # Errors
/// 404 for an absent one or another tenant's.
#[utoipa::path(get, path = "/api/v1/appointments/{id}", tag = "booking", params(("id" = Uuid, Path)),
    responses((status = 200, description = "The appointment", body = AppointmentView)))]
pub async fn get_appointment(who: AgentPrincipal, state: Data<HttpState>, id: Path<String>) -> Result<Json<AppointmentView>, Problem> {
    Ok(Json(find(&state, &who, &id).await?.into()))
}
