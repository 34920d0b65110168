//! `DELETE /api/v1/model-providers/{id}`.

use crate::http::HttpState;
use crate::http::api::v1::model_providers::read_id;
use crate::http::auth::AgentPrincipal;
use crate::http::origin::Origin;
use crate::http::problem::Problem;
use actix_web::HttpResponse;
use actix_web::web::{Data, Path};

/// Forgets a model provider with its key.
///
/// # Errors
/// 404 for an absent one or another tenant's.
#[utoipa::path(delete, path = "/api/v1/model-providers/{id}", tag = "models", params(("id" = Uuid, Path)),
    responses((status = 204, description = "It is gone")))]
pub async fn remove_provider(
    who: AgentPrincipal,
    origin: Origin,
    state: Data<HttpState>,
    id: Path<String>,
) -> Result<HttpResponse, Problem> {
    origin.admin(&state, &who).remove_model_provider(who.tenant, read_id(&id)?).await?;
    state.directory.refresh().await?;
    Ok(HttpResponse::NoContent().finish())
}
