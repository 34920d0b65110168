//! `POST /api/v1/model-providers`.

use crate::http::HttpState;
use crate::http::api::v1::model_providers::{ModelProviderView, ProviderBody, show};
use crate::http::auth::AgentPrincipal;
use crate::http::origin::Origin;
use crate::http::problem::{Problem, ProblemDetails};
use actix_web::web::{Data, Payload};
use actix_web::{HttpRequest, HttpResponse};

/// Adds a model provider. It answers from now on: from its first use nobody else's key does, unless the settings allow it.
///
/// # Errors
/// 403 for somebody who does not see everything, 409 for a name that is taken, 422 naming a wrong field.
#[utoipa::path(post, path = "/api/v1/model-providers", tag = "models", request_body = ProviderBody,
    responses((status = 201, description = "The provider", body = ModelProviderView), (status = 409, description = "The name is taken", body = ProblemDetails, content_type = "application/problem+json")))]
pub async fn create_provider(
    who: AgentPrincipal,
    origin: Origin,
    state: Data<HttpState>,
    request: HttpRequest,
    payload: Payload,
) -> Result<HttpResponse, Problem> {
    // It says where the words of every customer go.
    who.sees_everything()?;
    let form = ProviderBody::read(&state, &request, payload).await?;
    let made = origin.admin(&state, &who).add_model_provider(who.tenant, form).await?;
    state.directory.refresh().await?;
    Ok(HttpResponse::Created().json(show(&state, &who, made)))
}
