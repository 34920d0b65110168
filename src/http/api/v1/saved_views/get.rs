//! `GET /api/v1/views/{id}`.

use crate::http::HttpState;
use crate::http::api::v1::saved_views::{SavedView, find};
use crate::http::auth::AgentPrincipal;
use crate::http::problem::Problem;
use actix_web::web::{Data, Json, Path};

/// Shows a saved view: your own, or a shared one.
///
/// # Errors
/// 404 for an absent one, another member's or another tenant's.
#[utoipa::path(get, path = "/api/v1/views/{id}", tag = "views", params(("id" = Uuid, Path)),
    responses((status = 200, description = "The view", body = SavedView)))]
pub async fn get_view(who: AgentPrincipal, state: Data<HttpState>, id: Path<String>) -> Result<Json<SavedView>, Problem> {
    Ok(Json(find(&state, &who, &id).await?.into()))
}
