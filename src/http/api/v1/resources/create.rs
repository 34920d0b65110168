//! `POST /api/v1/resources`.

use crate::http::HttpState;
use crate::http::api::v1::booking::read;
use crate::http::api::v1::resources::{ResourceBody, ResourceView};
use crate::http::auth::AgentPrincipal;
use crate::http::origin::Origin;
use crate::http::problem::Problem;
use actix_web::http::header::LOCATION;
use actix_web::web::{Data, Payload};
use actix_web::{HttpRequest, HttpResponse};

/// Adds a resource. It counts from now on.
///
/// # Errors
/// 422 naming a wrong field.
#[utoipa::path(post, path = "/api/v1/resources", tag = "booking", request_body = ResourceBody,
    responses((status = 201, description = "The resource", body = ResourceView)))]
pub async fn create_resource(
    who: AgentPrincipal,
    origin: Origin,
    state: Data<HttpState>,
    request: HttpRequest,
    payload: Payload,
) -> Result<HttpResponse, Problem> {
    let body: ResourceBody = read(&state, &request, payload).await?;
    let offer = body.offer()?;
    let id = origin.admin(&state, &who).add_resource(who.tenant, offer.clone()).await?;
    let at = (LOCATION, format!("/api/v1/resources/{id}"));
    Ok(HttpResponse::Created().insert_header(at).json(ResourceView::from((id, offer))))
}
