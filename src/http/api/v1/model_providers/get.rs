//! `GET /api/v1/model-providers/{id}`.

use crate::http::HttpState;
use crate::http::api::v1::model_providers::{ModelProviderView, read_id, show};
use crate::http::auth::AgentPrincipal;
use crate::http::problem::Problem;
use actix_web::web::{Data, Json, Path};

/// Shows a model provider.
///
/// # Errors
/// 404 for an absent one or another tenant's.
#[utoipa::path(get, path = "/api/v1/model-providers/{id}", tag = "models", params(("id" = Uuid, Path)),
    responses((status = 200, description = "The provider", body = ModelProviderView)))]
pub async fn get_provider(who: AgentPrincipal, state: Data<HttpState>, id: Path<String>) -> Result<Json<ModelProviderView>, Problem> {
    let found = state.models.admin.find_model_provider(who.tenant, read_id(&id)?).await?;
    Ok(Json(show(&state, &who, found.ok_or_else(Problem::not_found)?)))
}
