//! `POST /api/v1/appointments/{id}/move`.

use crate::domain::booking::Act;
use crate::domain::ids::ResourceId;
use crate::http::HttpState;
use crate::http::api::v1::appointments::{AppointmentView, change, read_path};
use crate::http::api::v1::booking::moments::instant;
use crate::http::api::v1::booking::read;
use crate::http::auth::AgentPrincipal;
use crate::http::problem::{Problem, ProblemDetails};
use actix_web::HttpRequest;
use actix_web::web::{Data, Json, Path, Payload};
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;

/// Where to.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MoveBody {
    /// When it starts now (RFC 3339).
    #[schema(format = DateTime)]
    starts_at: String,
    /// With whom now; absent: with the same, else whoever is free.
    resource_id: Option<Uuid>,
    /// The version that you have seen; absent: whichever it is.
    version: Option<i64>,
}

/// Moves a confirmed appointment. A repeat is a success.
///
/// # Errors
/// 404 for an absent one or another tenant's, 409 if the time is taken or the version is another, 422 naming a wrong field.
#[utoipa::path(post, path = "/api/v1/appointments/{id}/move", tag = "booking", request_body = MoveBody, params(("id" = Uuid, Path)),
    responses((status = 200, description = "The appointment now", body = AppointmentView), (status = 409, description = "It cannot be moved there; see code and alternatives", body = ProblemDetails, content_type = "application/problem+json")))]
pub async fn move_appointment(
    who: AgentPrincipal,
    state: Data<HttpState>,
    id: Path<String>,
    request: HttpRequest,
    payload: Payload,
) -> Result<Json<AppointmentView>, Problem> {
    let id = read_path(&id)?;
    let MoveBody { starts_at, resource_id, version } = read(&state, &request, payload).await?;
    let (start, resource) = (instant("starts_at", &starts_at)?, resource_id.map(ResourceId));
    change(&state, &who, (id, Act::Move { id, version, start, resource }), resource).await
}
