//! `PUT /api/v1/model-providers/{id}`.

use crate::http::HttpState;
use crate::http::api::v1::model_providers::{ModelProviderView, ProviderBody, read_id, show};
use crate::http::auth::AgentPrincipal;
use crate::http::origin::Origin;
use crate::http::problem::{Problem, ProblemDetails};
use actix_web::HttpRequest;
use actix_web::web::{Data, Json, Path, Payload};

/// Replaces a model provider; the key stays if it is left out. What was held against the old one is forgotten.
///
/// # Errors
/// 403 for somebody who does not see everything, 404 for an absent one or another tenant's, 409 for a name that is taken, 422 naming a wrong field.
#[utoipa::path(put, path = "/api/v1/model-providers/{id}", tag = "models", request_body = ProviderBody, params(("id" = Uuid, Path)),
    responses((status = 200, description = "The provider now", body = ModelProviderView), (status = 409, description = "The name is taken", body = ProblemDetails, content_type = "application/problem+json")))]
pub async fn replace_provider(
    who: AgentPrincipal,
    origin: Origin,
    state: Data<HttpState>,
    id: Path<String>,
    request: HttpRequest,
    payload: Payload,
) -> Result<Json<ModelProviderView>, Problem> {
    let id = read_id(&id)?;
    // It says where the words of every customer go.
    who.sees_everything()?;
    let form = ProviderBody::read(&state, &request, payload).await?;
    let changed = origin.admin(&state, &who).replace_model_provider(who.tenant, id, form).await?;
    state.directory.refresh().await?;
    Ok(Json(show(&state, &who, changed)))
}
