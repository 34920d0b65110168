//! `GET /api/v1/services/{id}`.

use crate::http::HttpState;
use crate::http::api::v1::services::{ServiceView, find};
use crate::http::auth::AgentPrincipal;
use crate::http::problem::Problem;
use actix_web::web::{Data, Json, Path};

/// Shows a service.
///
/// # Errors
/// 404 for an absent one or another tenant's.
#[utoipa::path(get, path = "/api/v1/services/{id}", tag = "booking", params(("id" = Uuid, Path)),
    responses((status = 200, description = "The service", body = ServiceView)))]
pub async fn get_service(who: AgentPrincipal, state: Data<HttpState>, id: Path<String>) -> Result<Json<ServiceView>, Problem> {
    Ok(Json(find(&state, &who, &id).await?.into()))
}
