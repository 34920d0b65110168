//! `GET /api/v1/resources/{id}`.

use crate::http::HttpState;
use crate::http::api::v1::resources::{ResourceView, find};
use crate::http::auth::AgentPrincipal;
use crate::http::problem::Problem;
use actix_web::web::{Data, Json, Path};

/// Shows a resource.
///
/// # Errors
/// 404 for an absent one or another tenant's.
#[utoipa::path(get, path = "/api/v1/resources/{id}", tag = "booking", params(("id" = Uuid, Path)),
    responses((status = 200, description = "The resource", body = ResourceView)))]
pub async fn get_resource(who: AgentPrincipal, state: Data<HttpState>, id: Path<String>) -> Result<Json<ResourceView>, Problem> {
    Ok(Json(find(&state, &who, &id).await?.into()))
}
