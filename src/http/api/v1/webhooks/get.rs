//! `GET /api/v1/webhooks/{id}`.

use crate::http::HttpState;
use crate::http::api::v1::webhooks::{WebhookView, find};
use crate::http::auth::AgentPrincipal;
use crate::http::problem::Problem;
use actix_web::web::{Data, Json, Path};

/// Shows an endpoint and how it stands.
///
/// # Errors
/// 404 for an absent one or another tenant's.
#[utoipa::path(get, path = "/api/v1/webhooks/{id}", tag = "webhooks", params(("id" = Uuid, Path)),
    responses((status = 200, description = "The endpoint", body = WebhookView)))]
pub async fn get_webhook(who: AgentPrincipal, state: Data<HttpState>, id: Path<String>) -> Result<Json<WebhookView>, Problem> {
    Ok(Json(find(&state, &who, &id).await?.into()))
}
