//! `PUT /api/v1/services/{id}`.

use crate::domain::ids::ServiceId;
use crate::http::HttpState;
use crate::http::api::v1::booking::read;
use crate::http::api::v1::services::{ServiceBody, ServiceView};
use crate::http::auth::AgentPrincipal;
use crate::http::origin::Origin;
use crate::http::problem::Problem;
use actix_web::HttpRequest;
use actix_web::web::{Data, Json, Path, Payload};

/// Replaces a service. Appointments that stand are kept, whatever it says now.
///
/// # Errors
/// 404 for an absent one or another tenant's, 422 naming a wrong field.
#[utoipa::path(put, path = "/api/v1/services/{id}", tag = "booking", request_body = ServiceBody, params(("id" = Uuid, Path)),
    responses((status = 200, description = "The service now", body = ServiceView)))]
pub async fn replace_service(
    who: AgentPrincipal,
    origin: Origin,
    state: Data<HttpState>,
    id: Path<String>,
    request: HttpRequest,
    payload: Payload,
) -> Result<Json<ServiceView>, Problem> {
    let id: ServiceId = id.parse().ok().ok_or_else(Problem::not_found)?;
    let body: ServiceBody = read(&state, &request, payload).await?;
    let changed = origin.admin(&state, &who).replace_service(who.tenant, body.offer(id)).await?;
    Ok(Json(changed.into()))
}
