//! `PUT /api/v1/resources/{id}`.

use crate::domain::ids::ResourceId;
use crate::http::HttpState;
use crate::http::api::v1::booking::read;
use crate::http::api::v1::resources::{ResourceBody, ResourceView};
use crate::http::auth::AgentPrincipal;
use crate::http::origin::Origin;
use crate::http::problem::Problem;
use actix_web::HttpRequest;
use actix_web::web::{Data, Json, Path, Payload};

/// Replaces a resource. Appointments that stand are kept, whatever it says now.
///
/// # Errors
/// 404 for an absent one or another tenant's, 422 naming a wrong field.
#[utoipa::path(put, path = "/api/v1/resources/{id}", tag = "booking", request_body = ResourceBody, params(("id" = Uuid, Path)),
    responses((status = 200, description = "The resource now", body = ResourceView)))]
pub async fn replace_resource(
    who: AgentPrincipal,
    origin: Origin,
    state: Data<HttpState>,
    id: Path<String>,
    request: HttpRequest,
    payload: Payload,
) -> Result<Json<ResourceView>, Problem> {
    let id: ResourceId = id.parse().ok().ok_or_else(Problem::not_found)?;
    let body: ResourceBody = read(&state, &request, payload).await?;
    let offer = body.offer()?;
    origin.admin(&state, &who).replace_resource(who.tenant, id, offer.clone()).await?;
    Ok(Json((id, offer).into()))
}
