//! `POST /api/v1/webhooks/{id}/secret`.

use crate::http::HttpState;
use crate::http::api::v1::webhooks::{WebhookSecretView, find};
use crate::http::auth::AgentPrincipal;
use crate::http::origin::Origin;
use crate::http::problem::Problem;
use actix_web::web::{Data, Json, Path};
use secrecy::ExposeSecret;

/// Gives an endpoint another secret, shown once. For 24 hours both sign, with two signatures, so that nothing is refused meanwhile.
///
/// # Errors
/// 404 for an absent one or another tenant's.
#[utoipa::path(post, path = "/api/v1/webhooks/{id}/secret", tag = "webhooks", params(("id" = Uuid, Path)),
    responses((status = 200, description = "The endpoint with its new secret", body = WebhookSecretView)))]
pub async fn rotate_webhook_secret(
    who: AgentPrincipal,
    origin: Origin,
    state: Data<HttpState>,
    id: Path<String>,
) -> Result<Json<WebhookSecretView>, Problem> {
    let known = find(&state, &who, &id).await?;
    let new = origin.admin(&state, &who).rotate_webhook_secret(who.tenant, known.id).await?;
    let secret = new.secret.expose_secret().to_owned();
    Ok(Json(WebhookSecretView { webhook: new.view.into(), secret }))
}
