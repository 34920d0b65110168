//! `GET /api/v1/model-providers`.

use crate::http::HttpState;
use crate::http::api::v1::model_providers::{ModelProviderView, show};
use crate::http::auth::AgentPrincipal;
use crate::http::pagination::Page;
use crate::http::problem::Problem;
use actix_web::web::{Data, Json};

/// Lists the tenant's model providers in the order in which they are asked; there are at most 20, so it is one page.
///
/// # Errors
/// 401 without a key.
#[utoipa::path(get, path = "/api/v1/model-providers", tag = "models",
    responses((status = 200, description = "All of them", body = Page<ModelProviderView>)))]
pub async fn list_providers(who: AgentPrincipal, state: Data<HttpState>) -> Result<Json<Page<ModelProviderView>>, Problem> {
    let rows = state.models.admin.list_model_providers(who.tenant).await?;
    Ok(Json(Page { data: rows.into_iter().map(|row| show(&state, &who, row)).collect(), next: None }))
}
