//! `PUT /api/v1/model-settings`.

use crate::http::api::v1::model_settings::{ModelSettingsView, SettingsBody, shown};
use crate::http::auth::AgentPrincipal;
use crate::http::origin::Origin;
use crate::http::problem::Problem;
use crate::http::{HttpState, body};
use actix_web::HttpRequest;
use actix_web::web::{Data, Json, Payload};

/// Replaces the tenant's settings for models.
///
/// # Errors
/// 422 naming a wrong field.
#[utoipa::path(put, path = "/api/v1/model-settings", tag = "models", request_body = SettingsBody,
    responses((status = 200, description = "The settings now", body = ModelSettingsView)))]
pub async fn replace_settings(
    who: AgentPrincipal,
    origin: Origin,
    state: Data<HttpState>,
    request: HttpRequest,
    payload: Payload,
) -> Result<Json<ModelSettingsView>, Problem> {
    body::require_json(&request)?;
    let bytes = body::read(&request, payload, state.limits.body(state.limits.api_bytes), state.clock.as_ref()).await?;
    let settings: SettingsBody = body::json(&bytes)?;
    origin.admin(&state, &who).set_model_settings(who.tenant, settings.into()).await?;
    state.directory.refresh().await?;
    shown(&state, &who).await.map(Json)
}
