//! `GET /api/v1/model-settings`.

use crate::http::HttpState;
use crate::http::api::v1::model_settings::{ModelSettingsView, shown};
use crate::http::auth::AgentPrincipal;
use crate::http::problem::Problem;
use actix_web::web::{Data, Json};

/// Shows the tenant's settings for models, and how far its day is.
///
/// # Errors
/// 401 without a key.
#[utoipa::path(get, path = "/api/v1/model-settings", tag = "models",
    responses((status = 200, description = "The settings", body = ModelSettingsView)))]
pub async fn get_settings(who: AgentPrincipal, state: Data<HttpState>) -> Result<Json<ModelSettingsView>, Problem> {
    shown(&state, &who).await.map(Json)
}
