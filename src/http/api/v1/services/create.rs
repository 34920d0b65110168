//! `POST /api/v1/services`.

use crate::http::HttpState;
use crate::http::api::v1::booking::read;
use crate::http::api::v1::services::{ServiceBody, ServiceView};
use crate::http::auth::AgentPrincipal;
use crate::http::origin::Origin;
use crate::http::problem::Problem;
use actix_web::http::header::LOCATION;
use actix_web::web::{Data, Payload};
use actix_web::{HttpRequest, HttpResponse};
use uuid::Uuid;

/// Adds a service. It counts from now on.
///
/// # Errors
/// 422 naming a wrong field.
#[utoipa::path(post, path = "/api/v1/services", tag = "booking", request_body = ServiceBody,
    responses((status = 201, description = "The service", body = ServiceView)))]
pub async fn create_service(
    who: AgentPrincipal,
    origin: Origin,
    state: Data<HttpState>,
    request: HttpRequest,
    payload: Payload,
) -> Result<HttpResponse, Problem> {
    let body: ServiceBody = read(&state, &request, payload).await?;
    let made = origin.admin(&state, &who).add_service(who.tenant, body.offer(Uuid::nil().into())).await?;
    let at = (LOCATION, format!("/api/v1/services/{}", made.what.id));
    Ok(HttpResponse::Created().insert_header(at).json(ServiceView::from(made)))
}
